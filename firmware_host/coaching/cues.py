"""What to tell the person, when, and how often.

1. At most one cue in a second, stop_pain apart; of those waiting the one of highest priority is given.
2. While the motor runs and 0.5 s after, no cue begins: those that still hold then follow.
3. A cue that was given comes back after a pause it states, which doubles each time it is not heeded.
4. A cue that was heeded starts afresh with the shortest pause.
5. What is not given in time is dropped: a word that comes too late confuses.
6. Thinning out (a setting, as the evidence on fading feedback is mixed): of the cues that only accompany, each is
   left out once after it was given, then twice, then four times, until something has to be corrected.
"""

from __future__ import annotations

from typing import NamedTuple

from firmware_host.coaching.events import Reason

SPACING_S = 1.001
"""One second, and what rounding times to microseconds may take off."""
EDGE_VALID_S = 2.0
"""How long the word about something that happened once may wait for its turn."""
LEVEL_VALID_S = 0.3
"""How long the word about something that goes on outlives its last sighting."""


class CueKind(NamedTuple):
    words: str
    repeats: bool = False
    """It can go unheeded, and then comes back after a growing pause."""
    thins: bool = False
    """It may be left out more and more while all is well (rule 6)."""
    corrects: bool = False
    """It says that something is not well."""


CUES: dict[str, CueKind] = {
    # Highest priority first: the order is docs/contract.md's. Words may be made more exact where a cue is raised.
    "stop_pain": CueKind("Stop. Rest this muscle; if the pain stays, ask a professional."),
    "no_signal": CueKind("No signal from the roller.", repeats=True),
    "read_first": CueKind("Before the first use: read the checklist, on the page or with slowroll acknowledge.", True),
    "ease_off": CueKind("Ease off: less pressure.", repeats=True, corrects=True),
    "near_joint": CueKind("Turn back: near the joint.", repeats=True, corrects=True),
    "slow_down": CueKind("Slow down.", repeats=True, corrects=True),
    "spot_near": CueKind("Tender spot ahead: slowly over it, or hold it.", repeats=True),
    "smooth_out": CueKind("Smoothly: no jerks.", repeats=True, corrects=True),
    "rest_muscle": CueKind("This muscle was stopped for pain: rest it for a day."),
    "change_tool": CueKind("Another tool suits this muscle better."),
    "start_lighter": CueKind("Lighter first: build up slowly.", repeats=True, corrects=True),
    "hold_on": CueKind("Stay a little longer on a tender spot: 20 seconds.", repeats=True),
    "hold_done": CueKind("20 seconds: roll on, or stay up to 30.", thins=True),
    "hold_enough": CueKind("30 seconds: enough here, roll on."),
    "spot_found": CueKind("Holding. Breathe slowly.", thins=True),
    "lean_in": CueKind("A little more pressure, if it feels good.", repeats=True),
    "move_on": CueKind("Time for the next muscle.", repeats=True),
    "set_overtime": CueKind("Long enough on this muscle: move on.", repeats=True),
    "other_side": CueKind("Other side."),
    "next_up": CueKind("Next muscle."),
    "switch_to_tfl": CueKind("Rather roll the muscles that attach to the IT band: TFL and glutes."),
    "rotate_leg": CueKind("Turn the leg a little.", thins=True),
    "breathe": CueKind("Breathe: slowly in, slowly out.", thins=True),
    "leg_done": CueKind("This leg is done."),
    "session_done": CueKind("All done. Drink something."),
    "take_a_break": CueKind("20 minutes: take a break.", repeats=True),
}
PRIORITY = {name: rank for rank, name in enumerate(CUES)}


class Waiting(NamedTuple):
    tool: str | None
    reason: Reason
    until: float
    words: str


class Given(NamedTuple):
    name: str
    tool: str | None
    reason: Reason
    repeat_after_s: float
    words: str


class CueDesk:
    """Cues are raised here; `next_cue` says which one, if any, is given now."""

    __slots__ = ("_again", "_last", "_left_out", "_longest", "_pause", "_pauses", "_thin", "muted_until", "waiting")

    def __init__(self, pause_s: float, longest_pause_s: float, thin_out: bool = False) -> None:
        self._pause = pause_s
        self._longest = longest_pause_s
        self._thin = thin_out
        self.waiting: dict[str, Waiting] = {}
        self._again: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self._left_out: dict[str, tuple[int, int]] = {}
        """Of a cue that thins out: how often it is to be left out still, and how often after the next time."""
        self._last = float("-inf")
        self.muted_until = float("-inf")
        """No cue begins before: the motor runs or has just run."""

    def take_pauses(self, pause_s: float, longest_pause_s: float) -> None:
        """Another profile's pauses; no cue waits for one any more, nor for its turn."""
        self._pause = pause_s
        self._longest = longest_pause_s
        self.clear()

    def ready(self, name: str, now: float) -> bool:
        """Whether raising `name` could lead to a cue: it isn't waiting and its pause is over."""
        return name not in self.waiting and now >= self._again.get(name, float("-inf"))

    def once(self, name: str, now: float, tool: str | None, reason: Reason, words: str = "") -> None:
        """Something happened: worth a word for the next two seconds. `words` take the place of the cue's own."""
        self._raise(name, now, tool, reason, EDGE_VALID_S, words)

    def while_(self, name: str, now: float, tool: str | None, reason: Reason, words: str = "") -> None:
        """Something goes on: worth a word as long as it does."""
        self._raise(name, now, tool, reason, LEVEL_VALID_S, words)

    def _raise(self, name: str, now: float, tool: str | None, reason: Reason, valid_s: float, words: str) -> None:
        if now < self._again.get(name, float("-inf")) or (name not in self.waiting and self._thinned(name)):
            return
        until = max(now, self.muted_until) + valid_s
        self.waiting[name] = Waiting(tool, reason, until, words or CUES[name].words)

    def _thinned(self, name: str) -> bool:
        """Whether rule 6 leaves it out this time."""
        if not self._thin:
            return False
        kind = CUES[name]
        if kind.corrects:
            self._left_out.clear()
        if not kind.thins:
            return False
        still, then = self._left_out.get(name, (0, 1))
        self._left_out[name] = (still - 1, then) if still else (then, min(2 * then, 8))
        return still > 0

    def heeded(self, name: str) -> None:
        """The person did what `name` asked: forget the growing pause, and what was about to be said."""
        self._pauses.pop(name, None)
        self.waiting.pop(name, None)

    def clear(self) -> None:
        """A set or session ended: nothing that waits is of interest any more."""
        self.waiting.clear()
        self._again.clear()
        self._pauses.clear()

    def at_once(self, name: str, now: float, tool: str | None, reason: Reason) -> Given:
        """A cue that waits for nothing (stop_pain)."""
        self._last = now
        self.waiting.clear()
        return Given(name, tool, reason, 0.0, CUES[name].words)

    def next_cue(self, now: float) -> Given | None:
        """The cue to give now, if any."""
        waiting = self.waiting
        if not waiting:
            return None
        for name in [name for name, item in waiting.items() if item.until < now]:
            del waiting[name]
        if not waiting or now < self.muted_until or now - self._last < SPACING_S:
            return None
        name = min(waiting, key=PRIORITY.__getitem__)
        item = waiting.pop(name)
        self._last = now
        pause = 0.0
        if CUES[name].repeats:
            pause = self._pauses.get(name, self._pause)
            self._pauses[name] = min(pause * 2, self._longest)
            self._again[name] = now + pause
        return Given(name, item.tool, item.reason, pause, item.words)
