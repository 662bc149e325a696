"""What is going on: the muscle chosen, the set and session that are on, the phase and its limits; and saying things.

The phase follows from the time since the run and, from 24 to 48 h, from soreness; limits follow from it at once.
sets.py adds what becomes of sets, sessions and the plan, engine.py what comes in, requests.py what people ask for.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import structs

from firmware_host.coaching import flow, guidance
from firmware_host.coaching.advice import Advisor
from firmware_host.coaching.ball_track import track_for
from firmware_host.coaching.cues import CueDesk, Given
from firmware_host.coaching.events import (
    Advice,
    Cue,
    Event,
    EventBase,
    PhaseChanged,
    Rating,
    Reason,
    Rejected,
    Spot,
)
from firmware_host.coaching.flow import Flow
from firmware_host.coaching.guidance import Limits, Profile
from firmware_host.coaching.inputs import Tool, ToolKind
from firmware_host.coaching.phases import phase_words
from firmware_host.coaching.routine import HANDS, Step
from firmware_host.coaching.safety import Felt, Place, Safety, Word
from firmware_host.coaching.session import OpenSession, OpenSet, rounded
from firmware_host.coaching.setup import Carried, KnownSpot, Setup
from firmware_host.coaching.techniques import Card, card_for, named
from firmware_host.coaching.tender import TenderSpots
from firmware_host.coaching.timing import significant
from firmware_host.coaching.track import ToolTrack

READ_FIRST = "first read the checklist before use: on the page, or with `slowroll acknowledge`"
LAST_PLACE_S = 3600.0
"""So long after a set what is said of pain is about its muscle."""


class Selection:
    """What the person said they are working on."""

    __slots__ = ("muscle", "side", "tool")

    def __init__(self) -> None:
        self.muscle: str | None = None
        self.side: str | None = None
        self.tool: str | None = None

    def clear(self) -> None:
        self.muscle = self.side = self.tool = None

    @property
    def now(self) -> tuple[str | None, str | None, str | None]:
        return self.muscle, self.side, self.tool


class Marked(NamedTuple):
    """A spot was marked; these were known before, and this one marked last."""

    spot: Spot
    before: tuple[KnownSpot, ...]
    last: Spot | None


class Sored(NamedTuple):
    """Soreness was told; this was known of it before, and since when."""

    rating: Rating
    before: int | None
    before_t: float


class Rated(NamedTuple):
    """A muscle was rated, and with it perhaps a spot; what was so before, and what was advised because of it."""

    rating: Rating
    felt: Felt
    notes: dict[str, Advice]
    spot: Spot | None
    spot_rating: int | None
    advised: tuple[str, ...]


class Moved(NamedTuple):
    """The plan stood there before, and this muscle, side and tool were chosen."""

    flow: Flow
    place: flow.Place
    chosen: tuple[str | None, str | None, str | None]


Undoable = Marked | Sored | Rated | Moved


class Floor:
    """One station's state between inputs."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.profile = setup.profile
        carried = setup.carried
        self.now = carried.now
        self.selection = Selection()
        self.run_end_t = carried.run_end_t
        self.effort = carried.effort
        self.session_t = carried.session_t
        self.safety = Safety(self.profile.safety, carried.troubles, carried.soreness, carried.soreness_t)
        self.spots = TenderSpots(carried.spots)
        self.flow = Flow.resumed(carried.progress) if carried.progress is not None else None
        self.following = False
        """The plan is being followed; otherwise it waits to be taken up again."""
        self.phase = self.phase_now()
        self._next_window_s = guidance.next_window_s(self.profile, self.since_run_s())
        self.tracks: dict[str, ToolTrack] = {}
        cues = self.profile.cues
        for tool in setup.tools:
            self.tracks[tool.name] = track_for(
                tool, setup.person, self.limits_for(tool), cues.too_fast_s, cues.ease_off_s
            )
        self.desk = CueDesk(cues.pause_s, cues.longest_pause_s, setup.thin_out)
        self.advice = Advisor(self.profile, self.desk)
        self.session: OpenSession | None = None
        self.set: OpenSet | None = None
        self.armed = True
        """The next contact begins a set."""
        self.pain = carried.pain
        self.quiet = carried.quiet
        self.acknowledged = carried.acknowledged
        self.last_cue: Cue | None = None
        self.last_spot: Spot | None = None
        """The one marked last, in this session."""
        self.last_place: Place = (carried.last_muscle, carried.last_side)
        """Muscle and side of the newest set, also after its session."""
        self.last_place_t = carried.now
        """When it ended."""
        self.marks_m: list[float] = []
        """Where spots were marked in this set."""
        self.warned: tuple[str | None, ToolKind] | None = None
        """The muscle and kind of tool that change_tool was said of."""
        self.routine: str | None = None
        """The routine that this session follows, or has followed."""
        self.direct: set[str] = set()
        """Muscles chosen once more although others are better rolled instead."""
        self.faults = dict(carried.faults)
        self.notes: dict[str, Advice] = {note.topic: note for note in carried.notes}
        """Advice that holds at this moment, by topic."""
        self.off_t: float | None = None
        """Since when the tool of the set is off the body, or at rest without a force sensor."""
        self.undoable: Undoable | None = None
        """What `undo` takes back."""
        self._events: list[Event] = []

    # --- phase and limits --------------------------------------------------------------------------------------

    def since_run_s(self) -> float | None:
        return None if self.run_end_t is None else self.now - self.run_end_t

    def phase_now(self) -> str:
        return guidance.phase_of(self.profile, self.since_run_s(), self.safety.is_sore(self.now))

    @property
    def ask_soreness(self) -> bool:
        """Soreness decides in this window, and nobody has said yet."""
        window = guidance.phase_of(self.profile, self.since_run_s())
        return bool(self.profile.phases[window].unless_sore) and self.safety.is_sore(self.now) is None

    @property
    def due(self) -> bool:
        """A run that asks for a session ended within two days, and none has followed."""
        return self.not_followed and significant(self.profile, self.effort)

    @property
    def not_followed(self) -> bool:
        """No session has followed a run that ended within two days."""
        run_end_t, since = self.run_end_t, self.since_run_s()
        if run_end_t is None or since is None or not 0 <= since < self.profile.session.due_s:
            return False
        followed = self.session is not None or (self.session_t is not None and self.session_t >= run_end_t)
        return not followed

    def enter_phase_now(self) -> None:
        """The recovery phase of this moment, with its limits; said if it is another one."""
        phase, before = self.phase_now(), self.phase
        self._next_window_s = guidance.next_window_s(self.profile, self.since_run_s())
        if phase == before:
            return
        self.phase = phase
        self.take_limits()
        since = self.since_run_s()
        guide = self.profile.phases[phase]
        self.emit(
            PhaseChanged,
            None,
            phase=phase,
            before=before,
            since_run_s=None if since is None else rounded(since),
            words=phase_words(phase, guide, self.profile, since),
            source=guide.source,
        )

    def limits_for(self, tool: Tool) -> Limits:
        """What holds for a tool now: the profile's, less after a high rating, and the plan's own set time."""
        chosen = self.selection
        held = guidance.limits(self.profile, self.setup.person, tool, chosen.muscle, self.phase)
        factor = self.safety.force_factor((chosen.muscle, chosen.side))
        if factor != 1.0 and held.force_low_n is not None and held.force_high_n is not None:
            held = structs.replace(held, force_low_n=held.force_low_n * factor, force_high_n=held.force_high_n * factor)
        step = self.step
        if step is not None and self.flow is not None:
            left = max(0.0, step.set_s - self.flow.worked_s)
            held = structs.replace(
                held,
                set_s=left,
                set_low_s=min(held.set_low_s, left),
                overtime_s=left + self.profile.session.overtime_s,
                set_source=f"the plan {self.flow.plan.title}; {held.set_source}",
            )
        return held

    @property
    def step(self) -> Step | None:
        """The plan's step that is on or comes next; None without a plan, and in what is not in it."""
        return self.flow.step if self.following and self.flow is not None and not self.flow.aside else None

    def take_limits(self) -> None:
        """The muscle, profile, phase or rating changed: what is measured against changes at once."""
        for track in self.tracks.values():
            track.watch.take_limits(self.limits_for(track.tool))
        place = self.selection.muscle, self.selection.side
        self.advice.no_holds = self.safety.no_holds(place, self.profile.phases[self.phase])
        open_set = self.set
        if open_set is not None:
            open_set.limits = self.limits_by_hand() if open_set.track is None else open_set.track.watch.limits

    def limits_by_hand(self) -> Limits:
        return self.limits_for(Tool(name=HANDS, kind="hands"))

    def take_profile(self, profile: Profile) -> None:
        """Go by another profile from now on; the set that is open must have been ended."""
        self.profile = profile
        cues = profile.cues
        self.desk.take_pauses(cues.pause_s, cues.longest_pause_s)
        self.advice = Advisor(profile, self.desk)
        self.safety.take_guide(profile.safety)
        for track in self.tracks.values():
            track.watch.take_times(cues.too_fast_s, cues.ease_off_s)
        self.enter_phase_now()
        self.take_limits()

    # --- words -------------------------------------------------------------------------------------------------

    def card(self, kind: ToolKind) -> Card | None:
        """How to roll the chosen muscle with such a tool."""
        chosen = self.selection
        return card_for(self.setup.techniques, chosen.muscle, chosen.side, kind, self.phase == "deep")

    def kind_in_use(self) -> ToolKind | None:
        """The kind of tool that is, or will be, used; None if several could be."""
        name = self.set.tool if self.set is not None else self.selection.tool
        if name == HANDS:
            return "hands"
        if name in self.tracks:
            return self.tracks[name].tool.kind
        kinds = {track.tool.kind for track in self.tracks.values()}
        return next(iter(kinds)) if len(kinds) == 1 else None

    def warn_tool(self, track: ToolTrack | None) -> None:
        """The tool does not suit the muscle: warned, never blocked."""
        chosen = self.selection
        kind = track.tool.kind if track is not None else self.kind_in_use()
        guide = self.profile.muscles.get(chosen.muscle or "")
        if kind is None or guide is None or not guide.tools or kind in guide.tools:
            return
        if self.warned == (chosen.muscle, kind):
            return
        self.warned = (chosen.muscle, kind)
        suits = ", ".join(one.replace("_", " ") for one in guide.tools)
        words = f"For the {named(self.setup.techniques, chosen.muscle, None)} rather: {suits}."
        reason = Reason(value=None, limit=None, unit="", source=f"tools by muscle: {guide.source}")
        self.desk.once("change_tool", self.now, track.tool.name if track is not None else chosen.tool, reason, words)

    def advise(self, word: Word) -> None:
        """An advice is due: as an event, in the session's summary, and on the page while it holds."""
        self.emit(Advice, None, topic=word.topic, words=word.words, source=word.source)
        note = self._events[-1]
        assert isinstance(note, Advice)
        self.notes.pop(word.topic, None)
        self.notes[word.topic] = note
        if self.session is not None and word.topic not in ("plan", "resume", "timing"):
            self.session.advise(word.words)

    def standing_notes(self) -> tuple[Advice, ...]:
        """Advice that still holds; none of it for longer than a muscle rests."""
        rest_s = self.profile.safety.rest_s
        return tuple(note for note in self.notes.values() if self.now - note.t < rest_s)

    def say(self, given: Given, place: Place | None = None) -> None:
        """Emit a cue; `place` is the muscle and side it is about, where that is not what is chosen."""
        self.emit(
            Cue,
            given.tool,
            cue=given.name,
            reason=given.reason,
            pattern=given.name,
            words=given.words,
            repeat_after_s=given.repeat_after_s,
        )
        cue = self._events[-1]
        assert isinstance(cue, Cue)
        if place is not None:
            cue = self._events[-1] = structs.replace(cue, muscle=place[0], side=place[1])
        self.last_cue = cue

    def emit(self, kind: type[EventBase], tool: str | None, **fields: object) -> None:
        """Append an event with what every event carries."""
        event = kind(t=rounded(self.now), tool=tool, muscle=self.selection.muscle, side=self.selection.side, **fields)
        self._events.append(event)  # type: ignore[arg-type]

    def add_event(self, event: Event) -> None:
        self._events.append(event)

    def mark_spot(
        self, tool: str, place_m: float, sd_m: float, rating: int | None, by: Literal["person", "hold"]
    ) -> None:
        """There is a tender spot `place_m` from where the set began."""
        before = tuple(self.spots.known)
        self.marks_m.append(rounded(place_m))
        self.emit(Spot, tool, position_m=rounded(place_m), position_sd_m=rounded(sd_m), rating=rating, by=by)
        marked = self._events[-1]
        assert isinstance(marked, Spot)
        self.undoable = Marked(marked, before, self.last_spot)
        self.last_spot = marked
        self.spots.mark((marked.muscle, marked.side), marked.position_m, marked.position_sd_m, rating)
        self.know_spots()

    def know_spots(self) -> None:
        """The set's own cues go by what is known now."""
        if self.set is not None:
            self.advice.places.know(self.spots.of((self.set.muscle, self.set.side)))

    def reject(self, what: str, why: str, given_id: str | None = None) -> None:
        self.emit(Rejected, None, input=what, why=why, id=given_id)

    # --- handing over ------------------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Nothing is on: no session, no tool on the body (or, without a force sensor, none that rolls)."""
        return self.session is None and all(
            track.movements.movement is None if track.force.always_on else not track.on_body
            for track in self.tracks.values()
        )

    def successor(self) -> Setup:
        """What a new engine needs to go on where this one stands, between sessions."""
        recent = self.now - self.last_place_t < LAST_PLACE_S
        last_muscle, last_side = self.last_place if recent else (None, None)
        return structs.replace(
            self.setup,
            profile=self.profile,
            profiles={**self.setup.profiles, self.setup.profile.name: self.setup.profile},
            tools=tuple(track.learned() for track in self.tracks.values()),
            carried=Carried(
                now=self.now,
                run_end_t=self.run_end_t,
                effort=self.effort,
                quiet=self.quiet,
                pain=self.pain,
                faults=dict(self.faults),
                acknowledged=self.acknowledged,
                soreness=self.safety.soreness,
                soreness_t=self.safety.soreness_t,
                troubles=self.safety.recent(self.now),
                spots=tuple(self.spots.known),
                progress=self.flow.progress() if self.flow is not None else None,
                session_t=self.session_t,
                notes=self.standing_notes(),
                last_muscle=last_muscle,
                last_side=last_side,
            ),
        )
