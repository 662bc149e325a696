"""One time on the body, looked at as a whole: the movements in it and the holds (truth.py has the rules)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

BEGIN_M_S = 0.015
END_M_S = 0.008
END_AFTER_S = 0.7
REVERSAL_M = 0.010
HOLD_S = 3.0
SETTLED_M = 0.02
MARGIN = 0.05
"""Events within this share of a threshold count neither way in scoring."""


class Trace(Struct, frozen=True):
    """The true motion, evenly and densely sampled."""

    t: Sequence[float]
    speed_m_s: Sequence[float]
    """Along the muscle, positive with the rate about the axis; of a ball in the first of its two directions."""
    force_n: Sequence[float]
    across_m_s: Sequence[float] = ()
    """Of a ball in the second direction; empty: it rolls one way only."""


class Movement(Struct, frozen=True):
    """What the contract calls a movement, before its length is judged."""

    start: float
    end: float
    start_m: float
    end_m: float
    peak_speed_m_s: float

    @property
    def length_m(self) -> float:
        return abs(self.end_m - self.start_m)


class Stretch(Struct, frozen=True):
    """One time on the body: the samples in it, and when it began and ended, interpolated."""

    first: int
    last: int
    on: float
    off: float


class Hold(Struct, frozen=True):
    start: float
    end: float
    duration_s: float
    position_m: float | None
    """Mean place; None for a ball, whose places are not on a line."""
    excursion_m: float
    """Peak to peak."""
    mean_force_n: float
    muscle: str | None
    near_threshold: bool


class NearMiss(Struct, frozen=True):
    """What falls short of an event by less than 5 %: a coach that reports it is not wrong."""

    kind: str
    start: float
    end: float


def crossing(t0: float, y0: float, t1: float, y1: float, level: float) -> float:
    """When a straight line from (t0, y0) to (t1, y1) meets `level`."""
    return t0 if y1 == y0 else t0 + (level - y0) / (y1 - y0) * (t1 - t0)


def near(value: float, limit: float) -> bool:
    return abs(value - limit) <= MARGIN * limit


class Path:
    """One time on the body, looked at as a whole."""

    def __init__(self, trace: Trace, place: Sequence[float], stretch: Stretch) -> None:
        self._t = trace.t
        self._v = trace.speed_m_s
        self._force = trace.force_n
        self._place = place
        self._stretch = stretch

    def place_at(self, t: float) -> float:
        """Position at `t`, linear between samples."""
        i = bisect_left(self._t, t, self._stretch.first, self._stretch.last)
        if i == self._stretch.first or self._t[i] <= t:
            return self._place[i]
        share = (t - self._t[i - 1]) / (self._t[i] - self._t[i - 1])
        return self._place[i - 1] + share * (self._place[i] - self._place[i - 1])

    def _within(self, start: float, end: float) -> range:
        """Samples from `start` to `end`, at least one."""
        first, last = self._stretch.first, self._stretch.last
        low = bisect_left(self._t, start, first, last)
        high = bisect_left(self._t, end, low, last + 1)
        return range(low, max(high, low + 1))

    def mean_force_n(self, start: float, end: float) -> float:
        inside = self._within(start, end)
        return sum(self._force[i] for i in inside) / len(inside)

    # --- movements

    def movements(self) -> list[Movement]:
        """All of them, in order, of whatever length."""
        found: list[Movement] = []
        i = self._stretch.first
        while True:
            bounds = self._next_restless(i)
            if bounds is None:
                return found
            found += self._split_at_turns(*bounds)
            i = bounds[1] + 1

    def _next_restless(self, i: int) -> tuple[int, int] | None:
        """The next samples (first, last) from a 0.8 cm/s crossing, over 1.5 cm/s, to the next long rest or the end."""
        v, last = self._v, self._stretch.last
        while i <= last and abs(v[i]) <= BEGIN_M_S:
            i += 1
        if i > last:
            return None
        first = i
        while first > self._stretch.first and abs(v[first - 1]) >= END_M_S:
            first -= 1
        end = i
        while i <= last:
            if abs(v[i]) >= END_M_S:
                end = i
            elif self._t[i] - self._t[end] > END_AFTER_S:
                break
            i += 1
        return first, end

    def _leg(self, first: int, last: int, over: float) -> list[Movement]:
        """The movements of one way between turns: one, unless it came to stay on the way, circling too quickly for a
        rest. A hold is a hold "at whatever speed" (docs/decisions.md): the movement ends where it begins, and what
        leaves it is another one. `over`: when it shows that this way has ended.
        """
        t, v = self._t, self._v
        for i in range(first + 1, last + 1):
            if over - t[i] < HOLD_S:
                break
            if abs(v[i]) < END_M_S <= abs(v[i - 1]):
                left = self._left_window(i)
                if t[left] - t[i] >= HOLD_S:
                    return [*self._movement(first, i - 1), *self._leg(i, last, over)]
        return self._movement(first, last)

    def _left_window(self, i: int) -> int:
        """The first sample after `i` at which the position has left the hold window, or the last on the body."""
        low = high = self._place[i]
        for j in range(i, self._stretch.last + 1):
            low, high = min(low, self._place[j]), max(high, self._place[j])
            if high - low > SETTLED_M:
                return j
        return self._stretch.last

    def _split_at_turns(self, first: int, last: int) -> list[Movement]:
        """One movement for each direction; `last` is the last sample at 0.8 cm/s or more."""
        legs: list[tuple[int, int, float]] = []
        direction = self._first_direction(first, last)
        start = furthest = first
        for i in range(first, last + 1):
            if (self._place[i] - self._place[furthest]) * direction >= 0:
                furthest = i
            elif (self._place[furthest] - self._place[i]) * direction >= REVERSAL_M:
                legs.append((start, furthest, self._t[i]))
                start, furthest, direction = furthest, i, -direction
        legs.append((start, last, self._t[last] + END_AFTER_S))
        return [movement for leg in legs for movement in self._leg(*leg)]

    def _first_direction(self, first: int, last: int) -> int:
        """The way it goes where it first exceeds 1.5 cm/s."""
        fast = next(i for i in range(first, last + 1) if abs(self._v[i]) > BEGIN_M_S)
        return 1 if self._v[fast] > 0 else -1

    def _movement(self, first: int, last: int) -> list[Movement]:
        """From turning point to turning point, cut to the crossings of 0.8 cm/s; none if it never exceeded 1.5."""
        v = self._v
        direction = 1 if self._place[last] > self._place[first] else -1
        low, high = first, last
        while low <= high and v[low] * direction <= BEGIN_M_S:
            low += 1
        while low > first and v[low - 1] * direction >= END_M_S:
            low -= 1
        while high >= low and v[high] * direction < END_M_S:
            high -= 1
        if low > high or not any(abs(v[i]) > BEGIN_M_S for i in range(low, high + 1)):
            return []
        start, end = self._edge(low, -1, direction), self._edge(high, 1, direction)
        peak = max(v[i] * direction for i in range(low, high + 1))
        return [Movement(start, end, self.place_at(start), self.place_at(end), peak)]

    def _edge(self, i: int, step: int, direction: int) -> float:
        """When the speed crossed 0.8 cm/s between sample `i` and its neighbour, or contact began or ended there."""
        j = i + step
        if j < self._stretch.first:
            return self._stretch.on
        if j > self._stretch.last:
            return self._stretch.off
        t, v = self._t, self._v
        return crossing(t[i], v[i] * direction, t[j], v[j] * direction, END_M_S)

    # --- holds

    def holds(
        self, movements: Sequence[Movement], window_m: float, muscle: Callable[[float], str | None]
    ) -> tuple[list[Hold], list[NearMiss]]:
        """Stretches of 3 s and more within the window, and those just too short."""
        found: list[Hold] = []
        misses: list[NearMiss] = []
        starts = [self._stretch.on, *(movement.end for movement in movements)]
        done = self._stretch.on
        while starts:
            start = starts.pop(0)
            if start < done:
                continue
            end, left = self._stays_until(start, movements, window_m)
            if end == left and end < self._stretch.off:  # it crept out
                starts = sorted({*starts, end})
            if end - start >= HOLD_S:
                hold = self._hold(start, end, window_m, muscle(start))
                # Circling faster than a rest and less than a reversal: which circle began the movement that in the end
                # leaves the window is anybody's reading.
                circled = left - end > window_m / BEGIN_M_S
                found.append(msgspec.structs.replace(hold, near_threshold=hold.near_threshold or circled))
                done = end
            elif end - start >= HOLD_S * (1 - MARGIN):
                misses.append(NearMiss("hold", start, end))
        return found, misses

    def _stays_until(self, start: float, movements: Sequence[Movement], window_m: float) -> tuple[float, float]:
        """Until when it holds from `start` on, and when position is out of the window: the same if it creeps out."""
        low = high = self.place_at(start)
        left: float | None = None
        for i in range(bisect_left(self._t, start, self._stretch.first, self._stretch.last), self._stretch.last + 1):
            low, high = min(low, self._place[i]), max(high, self._place[i])
            if high - low > window_m:
                left = self._t[i]
                break
        if left is None:
            return self._stretch.off, self._stretch.off
        for movement in movements:
            if movement.start <= left <= movement.end:
                return movement.start, left
        return left, left

    def _hold(self, start: float, end: float, window_m: float, muscle: str | None) -> Hold:
        places = [self._place[i] for i in self._within(start, end)]
        excursion_m = max(places) - min(places)
        return Hold(
            start=start,
            end=end,
            duration_s=end - start,
            position_m=sum(places) / len(places),
            excursion_m=excursion_m,
            mean_force_n=self.mean_force_n(start, end),
            muscle=muscle,
            near_threshold=near(end - start, HOLD_S) or excursion_m >= window_m * (1 - MARGIN),
        )
