"""Uneven time stamps of samples that were taken evenly.

A chip samples by its own clock; a link delivers in bunches and stamps what it delivers late. Where that shows, time is
dealt out again in even steps, and the stamps only keep it from drifting. A stream whose steps are merely longer now and
then has lost samples and is believed.
"""

from __future__ import annotations

from math import inf

UNEVEN = (0.6, 1.6)
"""Steps outside of these shares of the mean step are looked at."""
SHORT = 0.2
"""Of those, so many that are too short (no lost sample makes a step shorter) say that the stamps are uneven."""
REMEMBERED = 20
FORGOTTEN_AFTER = 200
"""Even steps in a row after which what was seen counts no more."""
FOLLOWS = 0.002
"""Share by which each uneven step moves the mean."""
REPAID = 0.1
"""Share of the difference between stamps and even steps that each step makes up for."""
LOST = 3.0
"""A step so many times as long as those between bunches is no later bunch: samples were lost in it."""
LEAST = 0.2
"""Share of the mean step that a step lasts at least."""
SETTLED = 50
"""Samples before which the mean step is not known well enough."""


class EvenSteps:
    """A step longer than `low` and shorter than `high` is what it seems; of any other ask `step` how long it lasted."""

    __slots__ = ("_count", "_debt", "_even_since", "_gap", "_mean", "_short", "_uneven", "high", "low")

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A hole: what comes after may come at another pace. At first, every step is asked about."""
        self.low = self.high = 0.0
        self._count = 0
        self._mean = 0.0
        self._even_since = -inf  # when a step was last odd
        self._short = 0.0
        self._debt = 0.0
        self._gap = 0.0  # between bunches, on the mean
        self._uneven = False

    def step(self, t: float, dt: float) -> float:
        """Seconds that the step up to `t` lasted, whose stamps are `dt` apart."""
        count = self._count
        if count < SETTLED:
            self._count = count + 1
            self._mean += (dt - self._mean) / (count + 1)
            if count + 1 == SETTLED:
                self._believe()
            return dt
        mean = self._mean
        if not UNEVEN[0] * mean < dt < UNEVEN[1] * mean:
            forgotten = (t - self._even_since) / (FORGOTTEN_AFTER * mean)
            self._even_since = t
            short = self._short * max(0.0, 1.0 - forgotten)
            self._short = short + ((dt < mean) - short) / REMEMBERED
            if self._short > SHORT:
                self._uneven = True
                self.low = self.high = 0.0
        elif self._uneven and t - self._even_since > FORGOTTEN_AFTER * mean:
            self._uneven = False
            self._believe()
            left, self._debt = self._debt, 0.0
            return dt + left
        return self._dealt(dt) if self._uneven else dt

    def _believe(self) -> None:
        self.low, self.high = UNEVEN[0] * self._mean, UNEVEN[1] * self._mean

    def _dealt(self, dt: float) -> float:
        """An even step, and a part of what the stamps are ahead or behind; of samples that were lost, their time."""
        mean, lost = self._mean, 0.0
        if dt > UNEVEN[1] * mean:
            gap = self._gap or LOST * mean
            if dt > LOST * gap:
                lost, dt = dt - gap, gap
            self._gap = gap + (dt - gap) / REMEMBERED
        self._mean = mean = mean + (dt - mean) * FOLLOWS
        owed = self._debt + dt
        lasted = max(LEAST * mean, mean + REPAID * (owed - mean))
        self._debt = owed - lasted
        return lasted + lost
