"""One time on the body with a ball: the holds in its two-dimensional path. A ball has no passes.

- The window is the path's extent, the largest of those in the directions of 0, 45, 90 and 135 degrees: 3 cm at most.
- A hold may start at contact and wherever the path's speed falls below 0.8 cm/s. They are looked for from left to
  right; the first stretch of 3 s or more counts, as far as the window goes, and the search goes on at its end.
- It ends where the movement that leaves the window starts: where the speed last rose through 0.8 cm/s before. Where
  the ball creeps out more slowly, the stretch ends there and the next may start there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from math import hypot, sqrt

from firmware_host.simulator.path import (
    END_M_S,
    HOLD_S,
    MARGIN,
    Hold,
    NearMiss,
    Stretch,
    Trace,
    crossing,
    near,
)


class Spots:
    """One time on the body, looked at as a whole. `x` and `y` are the ball's places in m, sample by sample."""

    def __init__(self, trace: Trace, x: Sequence[float], y: Sequence[float], stretch: Stretch) -> None:
        self._t = trace.t
        self._force = trace.force_n
        self._stretch = stretch
        slow = range(stretch.first, stretch.last + 1)
        across = trace.across_m_s or [0.0] * len(trace.t)
        self._speed = {i: hypot(trace.speed_m_s[i], across[i]) for i in slow}
        # The four directions: along, across, and half way between.
        self._seen = {i: (x[i], y[i], (x[i] + y[i]) / sqrt(2), (x[i] - y[i]) / sqrt(2)) for i in slow}

    def holds(self, window_m: float, muscle: Callable[[float], str | None]) -> tuple[list[Hold], list[NearMiss]]:
        """Stretches of 3 s and more within the window, and those just too short."""
        found: list[Hold] = []
        misses: list[NearMiss] = []
        starts = [self._stretch.on, *self._turns(falling=True)]
        rises = self._turns(falling=False)
        done = self._stretch.on
        while starts:
            start = starts.pop(0)
            if start < done:
                continue
            end, crept = self._stays_until(start, rises, window_m)
            if crept:
                starts = sorted({*starts, end})
            if end - start >= HOLD_S:
                found.append(self._hold(start, end, window_m, muscle(start)))
                done = end
            elif end - start >= HOLD_S * (1 - MARGIN):
                misses.append(NearMiss("hold", start, end))
        return found, misses

    def _turns(self, falling: bool) -> list[float]:
        """When the speed falls (or rises) through 0.8 cm/s."""
        t, v = self._t, self._speed
        found: list[float] = []
        for i in range(self._stretch.first + 1, self._stretch.last + 1):
            if (v[i - 1] >= END_M_S) is falling and (v[i] < END_M_S) is falling:
                found.append(crossing(t[i - 1], v[i - 1], t[i], v[i], END_M_S))
        return found

    def _from(self, start: float) -> int:
        """The first sample at or after `start`."""
        return bisect_left(self._t, start, self._stretch.first, self._stretch.last)

    def _stays_until(self, start: float, rises: Sequence[float], window_m: float) -> tuple[float, bool]:
        """Until when the path stays in the window from `start` on, and whether it crept out of it."""
        first = self._from(start)
        low = high = self._seen[first]
        for i in range(first, self._stretch.last + 1):
            here = self._seen[i]
            low, high = _least(low, here), _most(high, here)
            if _extent(low, high) > window_m:
                if self._speed[i] < END_M_S:
                    return self._t[i], True
                # No rise since the start: it was moving all the time, from contact on.
                return max((rise for rise in rises if start <= rise <= self._t[i]), default=start), False
        return self._stretch.off, False

    def _hold(self, start: float, end: float, window_m: float, muscle: str | None) -> Hold:
        first = self._from(start)
        inside = range(first, max(first + 1, bisect_left(self._t, end, first, self._stretch.last + 1)))
        low = high = self._seen[first]
        for i in inside:
            low, high = _least(low, self._seen[i]), _most(high, self._seen[i])
        excursion_m = _extent(low, high)
        return Hold(
            start=start,
            end=end,
            duration_s=end - start,
            position_m=None,
            excursion_m=excursion_m,
            mean_force_n=sum(self._force[i] for i in inside) / len(inside),
            muscle=muscle,
            near_threshold=near(end - start, HOLD_S) or excursion_m >= window_m * (1 - MARGIN),
        )


Seen = tuple[float, float, float, float]


def _least(a: Seen, b: Seen) -> Seen:
    return min(a[0], b[0]), min(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def _most(a: Seen, b: Seen) -> Seen:
    return max(a[0], b[0]), max(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _extent(low: Seen, high: Seen) -> float:
    return max(high[0] - low[0], high[1] - low[1], high[2] - low[2], high[3] - low[3])
