"""What to tell the person, when, and how often.

1. At most one cue in a second, stop_pain apart; of those waiting the one of highest priority is given.
2. While the motor runs and 0.5 s after, no cue begins: those that still hold then follow.
3. A cue that was given comes back after a pause it states, which doubles each time it is not heeded.
4. A cue that was heeded starts afresh with the shortest pause.
5. What is not given in time is dropped: a word that comes too late confuses.
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
    repeats: bool
    """It can go unheeded, and then comes back after a growing pause."""


CUES: dict[str, CueKind] = {
    # Highest priority first: the order is docs/contract.md's.
    "stop_pain": CueKind("Stop. Rest this muscle; if the pain stays, ask a professional.", False),
    "no_signal": CueKind("No signal from the roller.", True),
    "ease_off": CueKind("Ease off: less pressure.", True),
    "slow_down": CueKind("Slow down.", True),
    "hold_on": CueKind("Stay a little longer on a tender spot: 20 seconds.", True),
    "hold_done": CueKind("20 seconds: roll on, or stay up to 30.", False),
    "spot_found": CueKind("Holding. Breathe slowly.", False),
    "lean_in": CueKind("A little more pressure, if it feels good.", True),
    "move_on": CueKind("Time for the next muscle.", True),
}
PRIORITY = {name: rank for rank, name in enumerate(CUES)}


class Waiting(NamedTuple):
    tool: str | None
    reason: Reason
    until: float


class Given(NamedTuple):
    name: str
    tool: str | None
    reason: Reason
    repeat_after_s: float


class CueDesk:
    """Cues are raised here; `next_cue` says which one, if any, is given now."""

    __slots__ = ("_again", "_last", "_longest", "_pause", "_pauses", "muted_until", "waiting")

    def __init__(self, pause_s: float, longest_pause_s: float) -> None:
        self._pause = pause_s
        self._longest = longest_pause_s
        self.waiting: dict[str, Waiting] = {}
        self._again: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
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

    def once(self, name: str, now: float, tool: str | None, reason: Reason) -> None:
        """Something happened: worth a word for the next two seconds."""
        if now >= self._again.get(name, float("-inf")):
            self.waiting[name] = Waiting(tool, reason, max(now, self.muted_until) + EDGE_VALID_S)

    def while_(self, name: str, now: float, tool: str | None, reason: Reason) -> None:
        """Something goes on: worth a word as long as it does."""
        if now >= self._again.get(name, float("-inf")):
            self.waiting[name] = Waiting(tool, reason, max(now, self.muted_until) + LEVEL_VALID_S)

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
        return Given(name, tool, reason, 0.0)

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
        return Given(name, item.tool, item.reason, pause)
