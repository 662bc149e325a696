"""How unevenly something is done: the standard deviation of its lateness, slowly forgetting."""

from __future__ import annotations

import math

MEMORY_S = 10.0
KNOWN_AFTER = 10


class Jitter:
    """Tell it how late each turn was; `every_s` is the time from one to the next."""

    def __init__(self, every_s: float) -> None:
        self._share = min(1.0, every_s / MEMORY_S)
        self._count = 0
        self._mean = 0.0
        self._variance = 0.0

    @property
    def sd_s(self) -> float | None:
        """Standard deviation in s, or None until enough turns were seen."""
        return math.sqrt(self._variance) if self._count >= KNOWN_AFTER else None

    def add(self, late_s: float) -> None:
        self._count += 1
        share = max(self._share, 1.0 / self._count)  # a plain mean at first: nothing is remembered of before
        off = late_s - self._mean
        self._mean += share * off
        self._variance = (1.0 - share) * (self._variance + share * off * off)
