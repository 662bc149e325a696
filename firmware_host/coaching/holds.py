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

HOLD_S = 3.0
WINDOW_M = 0.02
BALL_WINDOW_M = 0.03


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

    __slots__ = ("_highest", "_lowest", "_segments", "_window", "running")

    def __init__(self, window_m: float = WINDOW_M) -> None:
        self._window = window_m
        self._segments: deque[Segment] = deque()
        self._lowest = self._highest = 0.0
        self.running: HoldSpan | None = None

    @property
    def since(self) -> float | None:
        """Where a hold would start if the window is kept from now on."""
        return self._segments[0].start if self._segments else None

    def touch(self, t: float, position: float) -> None:
        self._segments.clear()
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
        self._segments.append(Segment(start, lowest, highest, provisional))
        self._union()
        self._shrink()

    def update(self, t: float, position: float, moving: bool, left_from: float | None) -> tuple[HoldSpan | None, bool]:
        """One sample on the body.

        `moving`: a movement is open. `left_from`: when it, or what may become one, started. Returns the hold that this
        sample ended, and whether one was recognised just now.
        """
        segments = self._segments
        if not segments:
            if not moving:
                self.open(t, position, position)
            return None, False
        last = segments[-1]
        if position < last.lowest:
            last.lowest = position
        elif position > last.highest:
            last.highest = position
        lowest, highest = self._lowest, self._highest
        if position < lowest or position > highest:
            lowest, highest = min(lowest, position), max(highest, position)
            if highest - lowest > self._window:
                ended = self._leave(t if left_from is None else left_from)
                self._union()
                self._shrink()
                if not segments and not moving:
                    self.open(t, position, position)
                return ended, False
            self._lowest, self._highest = lowest, highest
        running = self.running
        if running is not None:
            running.end = t
            running.lowest, running.highest = lowest, highest
            return None, False
        start = segments[0].start
        if t - start >= HOLD_S:
            self.running = HoldSpan(start, t, lowest, highest)
            return None, True
        return None, False

    def lift(self, t: float) -> HoldSpan | None:
        """Off the body: a running hold ends at `t`."""
        ended = self._leave(t)
        self._segments.clear()
        return ended

    def _leave(self, end: float) -> HoldSpan | None:
        ended, self.running = self.running, None
        if ended is None:
            return None
        self._segments.clear()  # what comes after starts after the leaving movement
        ended.end = end
        return ended if ended.duration_s >= HOLD_S else None

    def _drop_provisional(self) -> None:
        """The movement ended later than at these: their extents stay with the start before them, if any."""
        kept: deque[Segment] = deque()
        for segment in self._segments:
            if not segment.provisional:
                kept.append(segment)
            elif kept:
                kept[-1].lowest = min(kept[-1].lowest, segment.lowest)
                kept[-1].highest = max(kept[-1].highest, segment.highest)
        self._segments = kept

    def _union(self) -> None:
        if self._segments:
            self._lowest = min(segment.lowest for segment in self._segments)
            self._highest = max(segment.highest for segment in self._segments)

    def _shrink(self) -> None:
        """Give up starts from which the window was not kept."""
        while self._segments and self._highest - self._lowest > self._window:
            self._segments.popleft()
            self._union()
