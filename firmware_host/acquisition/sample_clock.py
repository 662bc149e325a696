"""When each sample of a FIFO was taken: a decayed regression of host time on the count of samples.

A read happens late by whatever the scheduler likes, but the chip's oscillator is steady. A straight line of
host time over samples counted, which slowly forgets, has the true sample rate as its slope and is several times
quieter than the time of the read. (The idea is that of Klipper's `ClockSyncRegression` and Linux's
`inv_sensors_timestamp`.)
"""

from __future__ import annotations

import math

MEMORY_S = 10.0
"""Time constant of forgetting: a chip's rate drifts with temperature, over minutes."""
KNOWN_AFTER_S = 2.0
"""From here on the slope says more than the nominal rate does."""
LOST_AT_LEAST = 3
"""So many samples behind the line is a loss (a reply that never arrived), not jitter."""


class SampleClock:
    """Time stamps for one FIFO stream since its start.

    Stamps rise strictly, never lie after the end of the read that brought them, and run on evenly when reads
    come late. After a gap make a new one: the count begins again.
    """

    def __init__(self, nominal_hz: float, not_before: float) -> None:
        """`nominal_hz`: what the driver says; `not_before`: time in s that every stamp must lie after."""
        self._nominal_s = 1.0 / nominal_hz
        self._last_t = not_before
        self._count = 0
        self._weight = 0.0
        self._mean_count = 0.0
        self._mean_t = 0.0
        # The nominal rate enters as one observation a second away, and is forgotten like every other.
        self._spread = nominal_hz * nominal_hz
        self._slope_sum = self._nominal_s * self._spread
        self._first_t: float | None = None
        self._seen_t = 0.0

    @property
    def rate_hz(self) -> float | None:
        """The chip's true sample rate, or None until two seconds have been seen."""
        if self._first_t is None or self._seen_t - self._first_t < KNOWN_AFTER_S:
            return None
        return self._spread / self._slope_sum

    def stamp(self, count: int, before: float, after: float) -> list[float]:
        """Times of the `count` samples that a read begun at `before` and ended at `after` brought, oldest first.

        The newest sample waiting when the read began was on average half a sample old.
        """
        if count == 0:
            return []
        self._count += count
        if self.rate_hz is not None:
            missing = round((before - self._taken_t()) * self.rate_hz - 0.5)
            self._count += missing if missing >= LOST_AT_LEAST else 0
        self._observe(before)
        period = self._slope_sum / self._spread
        newest = min(max(self._taken_t(), before - period), after)
        first = newest - (count - 1) * period
        if first <= self._last_t:  # squeezed against the samples before: spread what room there is
            newest = max(newest, self._last_t + count * 1e-6)
            period = (newest - self._last_t) / count
            first = self._last_t + period
        stamps = [first + i * period for i in range(count)]
        self._last_t = stamps[-1]
        return stamps

    def _taken_t(self) -> float:
        """Where the line puts the newest sample counted."""
        period = self._slope_sum / self._spread
        return self._mean_t + period * (self._count - self._mean_count - 0.5)

    def _observe(self, t: float) -> None:
        """One more point of the line (West's weighted update, with forgetting)."""
        elapsed = 0.0 if self._first_t is None else t - self._seen_t
        if self._first_t is None:
            self._first_t = t
        self._seen_t = t
        keep = max(1e-6, math.exp(-elapsed / MEMORY_S))
        self._weight = self._weight * keep + 1.0
        self._spread *= keep
        self._slope_sum *= keep
        from_mean = self._count - self._mean_count
        self._mean_count += from_mean / self._weight
        self._slope_sum += from_mean * (1 - 1 / self._weight) * (t - self._mean_t)
        self._spread += from_mean * (self._count - self._mean_count)
        self._mean_t += (t - self._mean_t) / self._weight
