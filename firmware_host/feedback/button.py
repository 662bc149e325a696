"""The one button: edges with times in, gestures out. Pure; the pins and the thread are elsewhere.

Debouncing: an edge counts once the level has stayed for 20 ms, and then from when it first changed.

| state    | what happens                      | next     | said   |
|----------|-----------------------------------|----------|--------|
| idle     | pressed                           | first    |        |
| first    | released                          | waiting  |        |
| first    | 0.8 s since it was pressed        | held     | held   |
| waiting  | pressed                           | second   |        |
| waiting  | 0.35 s since it was released      | idle     | short  |
| second   | released                          | idle     | double |
| second   | 0.8 s since it was pressed        | held     | held   |
| held     | released                          | idle     |        |

A second press that is held says `held` alone: stopping for pain wins over marking a spot.
"""

from __future__ import annotations

from typing import Literal

Gesture = Literal["short", "double", "held"]

BOUNCE_S = 0.02
"""Contacts of a small push button settle within 10 ms; twice that is still far below what a finger can
do."""
HELD_S = 0.8
DOUBLE_S = 0.35


class Gestures:
    """Recognises gestures. Feed `edge` as edges come and `advance` when `due` has passed; both return what
    was recognised, in order. Times are seconds on one clock; one that runs back counts as no time having
    passed.
    """

    def __init__(self) -> None:
        self._state: Literal["idle", "first", "waiting", "second", "held"] = "idle"
        self._now = 0.0
        self._raw = False
        self._raw_since = 0.0
        self._pressed = False
        self._since = 0.0

    def edge(self, t: float, pressed: bool) -> list[Gesture]:
        """The contact closed (`pressed`) or opened at `t`, bounces and all."""
        said = self.advance(t)
        if pressed != self._raw:
            self._raw = pressed
            self._raw_since = self._now
        return said

    def advance(self, t: float) -> list[Gesture]:
        """Time is now `t`: decide everything that was due by then."""
        self._now = max(self._now, t)
        said: list[Gesture] = []
        while (due := self.due()) is not None and due <= self._now:
            gesture = self._step()
            if gesture is not None:
                said.append(gesture)
        return said

    def due(self) -> float | None:
        """When the next decision falls, or None if it takes an edge first."""
        if self._raw != self._pressed:
            return self._raw_since + BOUNCE_S
        if self._state in ("first", "second"):
            return self._since + HELD_S
        if self._state == "waiting":
            return self._since + DOUBLE_S
        return None

    def _step(self) -> Gesture | None:
        """Take the one transition that `due` announced."""
        if self._raw != self._pressed:
            self._pressed = self._raw
            if not self._raw:
                return self._release(self._raw_since)
            self._press(self._raw_since)
            return None
        if self._state == "waiting":
            self._state = "idle"
            return "short"
        self._state = "held"
        return "held"

    def _press(self, t: float) -> None:
        self._state = "second" if self._state == "waiting" else "first"
        self._since = t

    def _release(self, t: float) -> Gesture | None:
        if self._state == "first":
            self._state = "waiting"
            self._since = t
            return None
        said: Gesture | None = "double" if self._state == "second" else None
        self._state = "idle"
        return said
