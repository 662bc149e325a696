"""Holds of a ball: staying within 3 cm of path extent on the body for 3 s or more, small circles included.

As holds.py, in two dimensions: the extent is the largest of those in four directions, 45 degrees apart (a circle's is
its diameter; a straight way's is at most 8 % too small).

1. A hold may start at contact, and wherever the speed along the path falls below the edge speed.
2. It is recognised once the place has kept within the window for 3 s. The earliest start that keeps it counts.
3. It ends where the movement that leaves the window starts: at the last rise through the edge speed. A ball that left
   by ever wider circles never rested since 3 s into the hold: then, where the window ends.
"""

from __future__ import annotations

from collections import deque
from math import hypot, sqrt

from firmware_host.coaching.ball import BallMotion, Place
from firmware_host.coaching.holds import BALL_WINDOW_M, HOLD_S, Change, HoldSpan, HoldTracker, Segment

HALF = sqrt(0.5)


class Extent:
    """The smallest and largest of places seen in four directions."""

    __slots__ = ("_high", "_low")

    def __init__(self, place: Place) -> None:
        self._low = self._high = _seen(place)

    def copy(self) -> Extent:
        twin = Extent((0.0, 0.0))
        twin._low, twin._high = self._low, self._high
        return twin

    def add(self, place: Place) -> None:
        here = _seen(place)
        self._low = tuple(map(min, self._low, here))
        self._high = tuple(map(max, self._high, here))

    @property
    def size_m(self) -> float:
        return max(high - low for low, high in zip(self._low, self._high, strict=True))

    @property
    def middle(self) -> Place:
        return (self._low[0] + self._high[0]) / 2, (self._low[1] + self._high[1]) / 2


def _seen(place: Place) -> tuple[float, ...]:
    x, y = place
    return x, y, HALF * (x + y), HALF * (x - y)


class SpotSpan(HoldSpan):
    """A hold of a ball; its middle is told as the distance from `origin`, where the set began."""

    __slots__ = ("extent", "origin")

    def __init__(self, start: float, end: float, extent: Extent, origin: Place) -> None:
        super().__init__(start, end, 0.0, 0.0)
        self.extent = extent
        self.origin = origin

    @property
    def middle_m(self) -> float:
        x, y = self.extent.middle
        return hypot(x - self.origin[0], y - self.origin[1])

    @property
    def excursion_m(self) -> float:
        return self.extent.size_m


class SpotSegment(Segment):
    """A place where a hold may start, with the extent of the places since."""

    __slots__ = ("extent",)

    def __init__(self, start: float, extent: Extent) -> None:
        super().__init__(start, 0.0, 0.0, False)
        self.extent = extent


class SpotTracker(HoldTracker):
    """A `HoldTracker` that goes by the ball's places instead of the positions it is given."""

    __slots__ = ("_motion", "_starts", "origin")

    def __init__(self, motion: BallMotion) -> None:
        super().__init__(BALL_WINDOW_M)
        self._motion = motion
        self._starts: list[SpotSegment] = []
        self.origin: Place = (0.0, 0.0)
        """Where the set began."""

    def _keep(self, starts: list[SpotSegment]) -> None:
        self._starts = starts
        self.segments = deque(starts)

    def touch(self, t: float, position: float) -> None:
        self._keep([])
        self.open(t, position, position)

    def open(self, start: float, lowest: float, highest: float, provisional: bool = False) -> None:
        """The ball came onto the body, or slowed down, at `start`."""
        if self.running is not None:
            return
        extent = Extent(self._motion.place_at(start))
        for place in self._motion.places_since(start):
            extent.add(place)
        if extent.size_m <= self._window:
            self._keep([*self._starts, SpotSegment(start, extent)])

    def update(self, t: float, position: float) -> Change | None:
        place = self._motion.place_at(t)
        for segment in self._starts:
            segment.extent.add(place)
        running = self.running
        if running is None:
            if any(segment.extent.size_m > self._window for segment in self._starts):
                self._keep([segment for segment in self._starts if segment.extent.size_m <= self._window])
            if self._starts and t - self._starts[0].start >= HOLD_S:
                first = self._starts[0]
                self.running = SpotSpan(first.start, t, first.extent.copy(), self.origin)
                self._keep([first])
                return Change.BEGUN
            return None
        if self._starts[0].extent.size_m > self._window:
            return Change.LEFT
        running.end = t
        return None

    def settle(self) -> None:
        if isinstance(self.running, SpotSpan):
            self.running.extent = self._starts[0].extent.copy()

    def leave(self, end: float) -> HoldSpan | None:
        """The window was left: a running hold ends at `end`, where the speed last rose, or where the window ends."""
        running = self.running
        if running is None:
            return None
        return self._end(end if end >= running.start + HOLD_S else running.end)

    def lift(self, t: float) -> HoldSpan | None:
        self.settle()
        return self._end(t)

    def _end(self, t: float) -> HoldSpan | None:
        ended, self.running = self.running, None
        self._keep([])
        if ended is None:
            return None
        ended.end = t
        return ended if ended.duration_s >= HOLD_S else None
