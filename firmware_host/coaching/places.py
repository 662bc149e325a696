"""Where along the muscle the tool is in a set: near a joint, near a tender spot, in the belly of the muscle.

1. A calibrated span has a length and no place: its ends are found from the strokes themselves. Moving outward, the
   joint is near once the tool is within the margin of a whole span from the contact's other extreme.
2. A tender spot is ahead while the tool moves towards it within its reach, and passed once it lies behind.
3. The belly is the middle of the span; time there shows once the set is over and its extremes are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from firmware_host.coaching.guidance import JointGuide, SpotGuide
from firmware_host.coaching.setup import KnownSpot

BIN_M = 0.01
"""Time is kept by centimetre."""


def _half_m(spot: KnownSpot) -> float:
    """Half of what counts as the spot itself."""
    return max(0.01, spot.position_sd_m)


class Near(NamedTuple):
    """A tender spot that the tool moves towards."""

    spot: KnownSpot
    ahead_m: float


class Places:
    """One set's. Positions are in metres from where the set began; speeds signed, m/s."""

    __slots__ = ("_high", "_joint", "_low", "_over", "_span_m", "_spot", "_spots", "_stroke", "_time", "wanted")

    def __init__(self, span_m: float | None, joint: JointGuide, spot: SpotGuide, spots: Sequence[KnownSpot]) -> None:
        self._span_m = span_m
        self._joint = joint
        self._spot = spot
        self._spots: tuple[KnownSpot, ...] = ()
        self._low = self._high = 0.0
        self._time: dict[int, float] = {}
        self._over: dict[KnownSpot, bool] = {}
        """Spots that the stroke was on, and whether too fast."""
        self._stroke = (inf, -inf)
        """From where to where the stroke went."""
        self.wanted = False
        """There is anything to look for: a sample need not be told otherwise."""
        self.know(spots)

    def know(self, spots: Sequence[KnownSpot]) -> None:
        """These are the spots from now on."""
        self._spots = tuple(spot for spot in spots if 2 * spot.position_sd_m <= self._reach_m(self._spot.widest_m))
        self.wanted = self._span_m is not None or bool(self._spots)

    def _reach_m(self, widest_m: float) -> float:
        return max(widest_m, self._spot.near_m)

    def touch(self, position_m: float) -> None:
        """A new contact: where the last one's ends were is not sure enough."""
        self._low = self._high = position_m

    def sample(self, position_m: float, speed_m_s: float, dt: float, limit_m_s: float) -> None:
        """One sample at work; `limit_m_s` is the mean speed limit."""
        self._low = min(self._low, position_m)
        self._high = max(self._high, position_m)
        if self._span_m is not None:
            bin_ = int(position_m // BIN_M)
            self._time[bin_] = self._time.get(bin_, 0.0) + dt
        if not self._spots:
            return
        start, end = self._stroke
        self._stroke = min(start, position_m), max(end, position_m)
        for spot in self._spots:
            if abs(position_m - spot.position_m) <= _half_m(spot):
                fast = abs(speed_m_s) > self._spot.slow_share * limit_m_s
                self._over[spot] = fast or self._over.get(spot, False)

    def near_joint(self, position_m: float, speed_m_s: float, limit_m_s: float) -> float | None:
        """Metres left to the joint, if it is near and the tool moves towards it at speed; negative: beyond."""
        span_m = self._span_m
        if span_m is None or abs(speed_m_s) <= self._joint.speed_share * limit_m_s:
            return None
        travelled = position_m - self._low if speed_m_s > 0 else self._high - position_m
        left = span_m - travelled
        return left if left <= self._joint.margin_m else None

    def near_spot(self, position_m: float, speed_m_s: float, limit_m_s: float) -> Near | None:
        """The tender spot ahead, if the tool moves towards it faster than slowly."""
        if abs(speed_m_s) <= self._spot.slow_share * limit_m_s:
            return None
        sign = 1.0 if speed_m_s > 0 else -1.0
        for spot in self._spots:
            ahead_m = (spot.position_m - position_m) * sign
            if 0 <= ahead_m <= max(self._spot.near_m, 2 * spot.position_sd_m):
                return Near(spot, ahead_m)
        return None

    def slowly_over(self) -> bool:
        """Whether the stroke that ends now went over a tender spot, from one side to the other, and slowly; begins to
        watch the next."""
        start, end = self._stroke
        slowly = any(
            not fast and start < spot.position_m - _half_m(spot) and end > spot.position_m + _half_m(spot)
            for spot, fast in self._over.items()
        )
        self._over.clear()
        self._stroke = inf, -inf
        return slowly

    def belly_share(self) -> float | None:
        """Share of the work in the middle of the span; None without a span or work."""
        whole = sum(self._time.values())
        if self._span_m is None or whole <= 0:
            return None
        bins = sorted(self._time)
        middle = (bins[0] + bins[-1] + 1) / 2 * BIN_M
        half = self._joint.belly_share * self._span_m / 2
        inside = sum(dt for bin_, dt in self._time.items() if abs((bin_ + 0.5) * BIN_M - middle) <= half)
        return inside / whole
