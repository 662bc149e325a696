"""Holds: staying within the hold window on the body for 3 s or more, at whatever speed.

1. A hold may start at the end of a movement, at contact, or (creeping too slowly to be a movement) at the first
   sample from which on the window is kept.
   Small circles too quick for 0.7 s of rest keep a movement open: then the crossing downward after which the
   window is kept counts as its end, provisionally until 3 s are over (docs/decisions.md).
2. It is recognised once the position has kept within the window, peak to peak, for 3 s.
3. It ends where the movement that leaves the window starts, or at lift-off; creeping out, where the window ends.
4. Of the possible starts the earliest that still keeps the window counts: a hold is maximal.

Each possible start opens a segment with its own extent; the extent since a start is the union of the segments
from there on, so a sample touches only the last segment and the running union.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

HOLD_S = 3.0
WINDOW_M = 0.02
BALL_WINDOW_M = 0.03


class Change(Enum):
    BEGUN = 1
    LEFT = 2


class Segment:
    __slots__ = ("highest", "lowest", "provisional", "start")

    def __init__(self, start: float, lowest: float, highest: float, provisional: bool) -> None:
        self.start = start
        self.provisional = provisional
        self.lowest = lowest
        self.highest = highest


class HoldSpan:
    """A closed or running hold: seconds, and the extent of its positions in metres."""

    __slots__ = ("end", "highest", "lowest", "start")

    def __init__(self, start: float, end: float, lowest: float, highest: float) -> None:
        self.start = start
        self.end = end
        self.lowest = lowest
        self.highest = highest

    @property
    def duration_s(self) -> float:
        return self.end - self.start

    @property
    def middle_m(self) -> float:
        return (self.lowest + self.highest) / 2

    @property
    def excursion_m(self) -> float:
        return self.highest - self.lowest


class HoldTracker:
    """Feed it (t, position) while on the body; `running` is the hold that is on, if any."""

    __slots__ = ("_highest", "_lowest", "_since", "_window", "running", "segments")

    def __init__(self, window_m: float = WINDOW_M) -> None:
        self._window = window_m
        self.segments: deque[Segment] = deque()
        """Where a hold may start, the earliest first; none while rolling far from any."""
        self._since = 0.0  # start of the first of them
        self._lowest = self._highest = 0.0  # of all of them
        self.running: HoldSpan | None = None

    def touch(self, t: float, position: float) -> None:
        self.segments.clear()
        self.open(t, position, position)

    def open(self, start: float, lowest: float, highest: float, provisional: bool = False) -> None:
        """A movement ended (or contact began) at `start`; the extent is that of the positions since then.

        `provisional`: it has not ended yet, but fell below the edge speed there. Its real end takes the place of
        such starts.
        """
        if self.running is not None:
            return  # a movement inside the window belongs to the hold
        if not provisional:
            self._drop_provisional()
        self.segments.append(Segment(start, lowest, highest, provisional))
        self._shrink()

    def update(self, t: float, position: float) -> Change | None:
        """One sample on the body, with at least one segment open; what it changed, if anything.

        `Change.LEFT` asks for a call of `leave`; `Change.BEGUN` says that a hold was recognised just now.
        """
        last = self.segments[-1]
        running = self.running
        if position < last.lowest or position > last.highest:
            last.lowest, last.highest = min(last.lowest, position), max(last.highest, position)
            lowest, highest = min(self._lowest, position), max(self._highest, position)
            if highest - lowest > self._window:
                return Change.LEFT
            self._lowest, self._highest = lowest, highest
        if running is not None:
            running.end = t
        elif t - self._since >= HOLD_S:
            self.running = HoldSpan(self._since, t, self._lowest, self._highest)
            return Change.BEGUN
        return None

    def settle(self) -> None:
        """What has been seen belongs to the running hold, and not to the movement that leaves it."""
        running = self.running
        if running is not None:
            running.lowest, running.highest = self._lowest, self._highest

    def leave(self, end: float) -> HoldSpan | None:
        """The window was left: a running hold ends at `end`, and starts from which it was not kept are given up."""
        ended = self._end(end)
        self._shrink()
        return ended

    def lift(self, t: float) -> HoldSpan | None:
        """Off the body: a running hold ends at `t`."""
        self.settle()
        ended = self._end(t)
        self.segments.clear()
        return ended

    def _end(self, end: float) -> HoldSpan | None:
        ended, self.running = self.running, None
        if ended is None:
            return None
        self.segments.clear()  # what comes after starts after the leaving movement
        ended.end = end
        return ended if ended.duration_s >= HOLD_S else None

    def _drop_provisional(self) -> None:
        """The movement ended later than at these: their extents stay with the start before them, if any."""
        kept: deque[Segment] = deque()
        for segment in self.segments:
            if not segment.provisional:
                kept.append(segment)
            elif kept:
                kept[-1].lowest = min(kept[-1].lowest, segment.lowest)
                kept[-1].highest = max(kept[-1].highest, segment.highest)
        self.segments = kept

    def _shrink(self) -> None:
        """Take the union of the segments, giving up starts from which the window was not kept."""
        segments = self.segments
        while segments:
            self._since = segments[0].start
            self._lowest = min(segment.lowest for segment in segments)
            self._highest = max(segment.highest for segment in segments)
            if self._highest - self._lowest <= self._window:
                return
            segments.popleft()
