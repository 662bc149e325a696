"""Sets, sessions and the plan: when they begin, go on and end.

1. No session begins before the checklist was read; after a pain stop nothing begins until the person starts again.
2. A plan moves on when its step's time is over and the tool was off the body for a second (without a force sensor: at
   rest for four); by hand, when the time is over. Lifting off before is a break.
3. A plan that was left off goes on within the hour, with the next contact or `start`.
4. Each leg, and the session, is told once that it is done.
"""

from __future__ import annotations

from firmware_host.coaching.events import Ended, Reason
from firmware_host.coaching.findings import Finding
from firmware_host.coaching.floor import Floor
from firmware_host.coaching.flow import RESUMES_S
from firmware_host.coaching.guidance import GRAVITY
from firmware_host.coaching.inputs import ToolKind
from firmware_host.coaching.routine import HANDS, Step
from firmware_host.coaching.safety import Word
from firmware_host.coaching.session import OpenSession, OpenSet, rounded
from firmware_host.coaching.techniques import card_for, named
from firmware_host.coaching.track import ToolTrack

OFF_S = 1.0
"""Off the body for this long after a set's time: the person moves on. A slip is shorter."""
RESTED_S = 4.0
"""At rest for this long, where no force sensor can tell a lift-off: longer than a hold takes to be recognised."""


BEFORE = "Drink something first, and make yourself comfortable."
AFTERWARDS = "Afterwards: drink, and mind sleep, protein and some stretching or mobility. None of it is measured."
"""What the article asks for besides rolling (guidance G11, C1 to C4): said, not seen."""


class Sets(Floor):
    """The floor with what is done on it."""

    # --- sets --------------------------------------------------------------------------------------------------

    @property
    def may_begin(self) -> bool:
        return self.acknowledged and not self.pain

    def begin_session(self) -> OpenSession:
        if self.session is None:
            self.session = OpenSession(self.now)
            self.safety.begin_session()
            self.take_limits()
            self.notes = {topic: note for topic, note in self.notes.items() if topic in ("seek_help", "rest_muscle")}
            for note in self.notes.values():
                self.session.advise(note.words)
        return self.session

    def begin_set(self, track: ToolTrack, t: float) -> None:
        """Work begins on `track`, dated `t`."""
        if not self.may_begin:
            return
        self._resume_if_left()
        session = self.begin_session()
        session.start = min(session.start, t)
        self.armed = False
        self.off_t = None
        track.begin_set(self.now - t if track.force.always_on else 0.0)
        self.set = OpenSet(t, track, self.selection.muscle, self.selection.side, track.watch.limits)
        self._prepare(track, track.tool.kind)
        self.warn_tool(track)

    def begin_by_hand(self) -> None:
        """A set by hand begins now: nothing can tell its contact."""
        session = self.begin_session()
        session.last_t = self.now
        self.armed = False
        self.set = OpenSet(self.now, None, self.selection.muscle, self.selection.side, self.limits_by_hand())
        self._prepare(None, "hands")

    def _prepare(self, track: ToolTrack | None, kind: ToolKind) -> None:
        """The cues' part of a set's beginning."""
        chosen = self.selection
        card = self.card(kind)
        spots = tuple(self.spots.of((chosen.muscle, chosen.side)))
        self.advice.begin_set(track, card.lanes if card is not None else (), spots, chosen.muscle)
        for read in ("plan", "resume"):
            self.notes.pop(read, None)
        self.advice.after_set = self._after_set()

    def _after_set(self) -> str:
        """What is said once the set has its time: where to go next."""
        flow = self.flow
        if self.step is None or flow is None:
            return ""
        later = [step for step, state in zip(flow.plan.steps, flow.states, strict=True) if state == "next"]
        if len(later) < 2:
            return "That was the last one: lift off."
        after = [step for i, step in enumerate(flow.plan.steps) if flow.states[i] == "next" and i > flow.at]
        step = after[0] if after else later[0]
        return f"Lift off. Next: {named(self.setup.techniques, step.muscle, step.side)}."

    def begin_set_if_on_body(self) -> None:
        """The person said what is on the roller now: no new contact need be waited for."""
        chosen = self.selection.tool
        if chosen == HANDS:
            self.begin_by_hand()
            return
        for name, track in self.tracks.items():
            if track.on_body and not track.force.always_on and chosen in (None, name):
                self.begin_set(track, self.now)
                return

    def leave_set(self) -> None:
        """Close the open set, if any; its step is not over, and what was worked counts once it goes on."""
        step = self.step
        worked_s = self.end_set()
        if step is not None and self.flow is not None:
            self.flow.worked_s += worked_s

    def end_set(self) -> float:
        """Close the open set, if any; its seconds of work, 0 if there is none that is kept."""
        open_set, self.set = self.set, None
        self.off_t = None
        if open_set is None:
            return 0.0
        if open_set.track is None:
            open_set.pass_by_hand(self.now)
        advice = self.advice
        stacked = advice.stacked(self.setup.person.mass_kg * GRAVITY) if open_set.track is not None else None
        done = open_set.done(
            self.now,
            min(open_set.last_t, self.now),
            tuple(advice.prompted),
            advice.places.belly_share(),
            stacked,
        )
        if open_set.track is not None:
            open_set.track.watch.clear()
        self.last_place, self.last_place_t = (open_set.muscle, open_set.side), self.now
        self.marks_m.clear()
        self.spots.set_over(self.last_place)
        if done is None:
            return 0.0
        self._events.append(done)
        if self.session is not None:
            self.session.add(done)
            self._legs_done()
        return done.work_s

    def _legs_done(self) -> None:
        """Without a plan, a leg is done once it had its minutes, and the session likewise."""
        session, guide = self.session, self.profile.session
        if session is None or self.following:
            return
        for side, work_s in session.per_leg_s.items():
            if work_s >= guide.leg_high_s:
                self.tell_once("leg_done", side, work_s, guide.leg_high_s)
        if session.work_s >= guide.high_s:
            self.tell_once("session_done", "", session.work_s, guide.high_s)

    def tell_once(self, cue: str, side: str, value: float, limit: float) -> None:
        """leg_done or session_done, once a session."""
        session = self.session
        if session is None or f"{cue} {side}" in session.told:
            return
        session.told.add(f"{cue} {side}")
        reason = Reason(value=round(value, 1), limit=round(limit, 1), unit="s", source=self.profile.session.source)
        words = f"{side.capitalize()} leg done: {value / 60:.1f} minutes." if side else ""
        self.desk.once(cue, self.now, None, reason, words)

    def end_session(self, ended: Ended, end: float) -> None:
        self.leave_set()
        session, self.session = self.session, None
        self.armed = True
        if self.flow is not None:
            self.flow.t = self.now
            if ended in ("person", "pain") or self.flow.step is None:
                self.flow = None
            self.following = False
        if session is None:
            return
        if session.sets:
            self.session_t = end
            if ended in ("person", "time-out") and session.work_s >= self.profile.session.muscle_low_s:
                session.advise(AFTERWARDS)
        if session.sets or ended in ("person", "pain"):
            routine = self.routine
            self._events.append(session.done(self.now, end, self.phase, self.profile.name, routine, ended))
        self.routine = None
        self.desk.clear()
        self.last_spot = None
        self.direct.clear()
        if ended != "shutdown":
            self.selection.clear()
            self.take_limits()

    # --- the plan ----------------------------------------------------------------------------------------------

    def enter_step(self) -> None:
        """The plan's step becomes what is worked on; the plan may also be over."""
        step = self.step
        self.armed = True
        if step is None:
            self._plan_over()
            return
        before = self.selection.muscle, self.selection.side, self.selection.tool
        self.selection.muscle, self.selection.side, self.selection.tool = step.muscle, step.side, step.tool
        self.take_limits()
        self._announce(step, before)
        if step.tool == HANDS:
            self.begin_by_hand()

    def _announce(self, step: Step, before: tuple[str | None, str | None, str | None]) -> None:
        """Say what comes next, and where."""
        assert self.flow is not None
        other_side = before[0] == step.muscle and before[1] not in (None, step.side) and before[2] == step.tool
        name = named(self.setup.techniques, step.muscle, step.side)
        reason = Reason(value=None, limit=rounded(step.set_s), unit="s", source=f"the plan {self.flow.plan.title}")
        if other_side:
            self.desk.once("other_side", self.now, step.tool, reason, f"Other side: {name}.")
            return
        card = card_for(self.setup.techniques, step.muscle, step.side, step.kind, self.phase == "deep")
        words = f"Next: {name}, {step.set_s:.0f} s."
        if card is not None:
            words += f" {card.position} From {card.start} to {card.end}."
        self.desk.once("next_up", self.now, step.tool, reason, words)

    def move_on(self) -> None:
        """The step is over: its set ends, and the next one comes."""
        flow = self.flow
        if flow is None or flow.step is None:
            return
        side = flow.step.side
        self.desk.clear()  # what was to be said of the last step; its reminders are heeded
        worked_s = self.end_set() + flow.worked_s
        flow.over(worked_s > 0)
        self.leg_if_over(side)
        self.enter_step()

    def leg_if_over(self, side: str) -> None:
        flow, session = self.flow, self.session
        if flow is not None and session is not None and flow.leg_over(side):
            planned = flow.plan.per_leg_s.get(side, 0.0)
            self.tell_once("leg_done", side, session.per_leg_s.get(side, 0.0), planned)

    def _plan_over(self) -> None:
        if self.flow is not None and self.session is not None:
            self.tell_once("session_done", "", self.session.work_s, self.flow.plan.total_s)
        self.flow, self.following = None, False
        self.selection.clear()
        self.take_limits()

    def _resume_if_left(self) -> None:
        """A plan that was left off within the hour goes on where it was."""
        if self.flow is not None and not self.following and self.session is None and self.selection.muscle is None:
            self.resume()

    def resume(self) -> bool:
        """Take up the plan that was left off; whether there was one."""
        flow = self.flow
        if flow is None or flow.step is None or self.now - flow.t > RESUMES_S:
            self.flow = None
            return False
        self.begin_session()
        self.following = True
        self.routine = flow.plan.routine
        step = flow.step
        self.selection.muscle, self.selection.side, self.selection.tool = step.muscle, step.side, step.tool
        self.take_limits()
        name = named(self.setup.techniques, step.muscle, step.side)
        self.advise(Word("resume", f"{flow.plan.title} goes on: {name}.", "this project's choice"))
        return True

    def off_for(self, track: ToolTrack) -> None:
        """A tick in a set: whether the person has moved on."""
        open_set, step = self.set, self.step
        if open_set is None or step is None:
            return
        resting = track.movements.movement is None if track.force.always_on else not track.on_body
        if not resting:
            self.off_t = None
            return
        if self.off_t is None:
            self.off_t = self.now
        wait_s = RESTED_S if track.force.always_on else OFF_S
        if open_set.tally.work_s >= open_set.limits.set_s and self.now - self.off_t >= wait_s:
            self.finish_all()
            self.move_on()

    def finish_all(self) -> None:
        """Close the movements and holds that are on: they belong to what is now ending."""
        for track in self.tracks.values():
            self.all_found(track, track.end(self.now))

    def all_found(self, track: ToolTrack, found: list[Finding]) -> None:
        """What a track found out; the engine's to understand."""
        raise NotImplementedError
