"""Tender spots that are known: where they are along which muscle and side, and how surely.

Positions count from where the set began, which is as sure as a person lies down in the same place; a mark that
fits one that is known makes it surer, as in history/summary.py.
"""

from __future__ import annotations

from math import hypot

from msgspec import structs

from firmware_host.coaching.safety import Place
from firmware_host.coaching.setup import KnownSpot

SAME_SPOT_M = 0.03
"""Marks closer than this, or than twice their uncertainty, are the same spot: about a thumb's width."""
SET_SD_M = 0.03
"""Between two sets people lie down a few centimetres apart: what is known from an earlier one is less sure by this."""
LEAST_SD_M = 0.001


class TenderSpots:
    """What is known, for all muscles; `of` gives those of one."""

    __slots__ = ("known",)

    def __init__(self, known: tuple[KnownSpot, ...]) -> None:
        self.known = list(known)

    def of(self, place: Place) -> list[KnownSpot]:
        """Those of a muscle and side; none where no muscle is chosen."""
        return [spot for spot in self.known if (spot.muscle, spot.side) == place]

    def places(self) -> set[tuple[str, str | None]]:
        """Muscles and sides that have one."""
        return {(spot.muscle, spot.side) for spot in self.known}

    def mark(self, place: Place, position_m: float, sd_m: float, rating: int | None) -> None:
        """A spot was marked or rated; without a muscle it can't be kept beyond the set."""
        muscle, side = place
        if muscle is None:
            return
        sd_m = max(sd_m, LEAST_SD_M)
        fitting = [
            spot
            for spot in self.of(place)
            if abs(spot.position_m - position_m) <= max(SAME_SPOT_M, 2 * hypot(sd_m, spot.position_sd_m))
        ]
        if not fitting:
            self.known.append(
                KnownSpot(muscle=muscle, side=side, position_m=position_m, position_sd_m=sd_m, rating=rating)
            )
            return
        spot = min(fitting, key=lambda one: abs(one.position_m - position_m))
        weight, old = sd_m**-2, max(spot.position_sd_m, LEAST_SD_M) ** -2
        self.known[self.known.index(spot)] = structs.replace(
            spot,
            position_m=spot.position_m + (position_m - spot.position_m) * weight / (weight + old),
            position_sd_m=(weight + old) ** -0.5,
            rating=spot.rating if rating is None else rating,
            count=spot.count + 1,
        )

    def rate(self, place: Place, position_m: float, rating: int | None) -> int | None:
        """The spot nearest to there hurts so much; how much it was said to before."""
        spots = self.of(place)
        if not spots:
            return None
        spot = min(spots, key=lambda one: abs(one.position_m - position_m))
        self.known[self.known.index(spot)] = structs.replace(spot, rating=rating)
        return spot.rating

    def set_over(self, place: Place) -> None:
        """The next set begins anew: where its spots lie is less sure."""
        for spot in self.of(place):
            self.known[self.known.index(spot)] = structs.replace(
                spot, position_sd_m=hypot(spot.position_sd_m, SET_SD_M)
            )
