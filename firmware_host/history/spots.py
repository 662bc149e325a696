"""Tender spots: marks gathered into places, their trend over weeks, and what the next session is told of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from math import hypot
from typing import Literal

from msgspec import Struct

from firmware_host.coaching.setup import KnownSpot
from firmware_host.coaching.tender import SAME_SPOT_M
from firmware_host.history.trends import Trend, monday, trend

RATING_STEP = 1.0
"""Less than one point of the 0-10 scale is no trend."""
WEEKS = 8
"""A spot's trend is told over this many weeks with a mark."""
KNOWN_FOR = timedelta(weeks=4)
"""A spot not marked for so long is no longer announced: this project's choice [drv]."""
EASED = 1
"""A spot last rated this or less is no longer announced: this project's choice [drv]."""
BETWEEN_SESSIONS_M = 0.03
"""How much less sure a place is in another session: it counts from where the set began, and nobody begins at the very
same place. As much as a lift-off costs (docs/engine.md) [drv], in quadrature."""


class SpotMark(Struct, frozen=True, kw_only=True):
    """A tender spot, marked once."""

    at: str
    muscle: str | None
    side: str | None
    position_m: float
    position_sd_m: float
    rating: int | None
    by: Literal["person", "hold"] = "person"


class SpotWeek(Struct, frozen=True, kw_only=True):
    """A spot in one week."""

    since: str
    """The week's Monday."""
    marks: int
    rating: float | None
    """Mean of its ratings."""


class TenderSpot(Struct, frozen=True, kw_only=True):
    muscle: str | None
    side: str | None
    position_m: float
    position_sd_m: float
    count: int
    """How often it was marked."""
    last_marked: str
    last_rating: int | None
    trend: Trend | None
    """Of the ratings; "better" is a lower one."""
    by: Literal["person", "hold"]
    """hold: nobody has marked it, only holds of 20 s and more."""
    weeks: tuple[SpotWeek, ...]
    """The weeks in which it was marked, oldest first, at most the last `WEEKS`."""


class SpotMap(Struct, frozen=True, kw_only=True):
    """`spots`: tender spots by muscle, side and position."""

    spots: tuple[TenderSpot, ...]


def spot_map(marks: Iterable[SpotMark], zone: tzinfo | None = UTC) -> SpotMap:
    """Marks (oldest first) gathered into spots, most recently marked first; weeks are those of `zone`.

    A mark joins the nearest spot of its muscle and side that is within `SAME_SPOT_M` or twice the uncertainty of
    both; positions are averaged with the inverse of their variance as weight.
    """
    clusters: dict[tuple[str | None, str | None], list[_Cluster]] = {}
    for mark in marks:
        near = clusters.setdefault((mark.muscle, mark.side), [])
        fitting = [cluster for cluster in near if cluster.takes(mark)]
        if fitting:
            min(fitting, key=lambda cluster: abs(cluster.position_m - mark.position_m)).add(mark)
        else:
            near.append(_Cluster(mark))
    spots = [cluster.spot(zone) for near in clusters.values() for cluster in near]
    return SpotMap(spots=tuple(sorted(spots, key=lambda spot: spot.last_marked, reverse=True)))


class _Cluster:
    """Marks of one spot."""

    def __init__(self, mark: SpotMark) -> None:
        self.marks: list[SpotMark] = []
        self.position_m = 0.0
        self.weight = 0.0
        self.add(mark)

    @property
    def sd_m(self) -> float:
        return float(self.weight**-0.5)

    def takes(self, mark: SpotMark) -> bool:
        reach = max(SAME_SPOT_M, 2 * hypot(self.sd_m, mark.position_sd_m))
        return abs(mark.position_m - self.position_m) <= reach

    def add(self, mark: SpotMark) -> None:
        weight = max(mark.position_sd_m, 0.001) ** -2  # nothing is known better than to a millimetre
        self.position_m += (mark.position_m - self.position_m) * weight / (self.weight + weight)
        self.weight += weight
        self.marks.append(mark)

    def spot(self, zone: tzinfo | None) -> TenderSpot:
        last = self.marks[-1]
        ratings = [mark.rating for mark in self.marks if mark.rating is not None]
        return TenderSpot(
            muscle=last.muscle,
            side=last.side,
            position_m=round(self.position_m, 4),
            position_sd_m=round(self.sd_m, 4),
            count=len(self.marks),
            last_marked=last.at,
            last_rating=ratings[-1] if ratings else None,
            trend=trend(ratings, RATING_STEP, "worse", "better"),
            by="person" if any(mark.by == "person" for mark in self.marks) else "hold",
            weeks=_weeks(self.marks, zone),
        )


def _weeks(marks: Sequence[SpotMark], zone: tzinfo | None) -> tuple[SpotWeek, ...]:
    by_week: dict[date, list[SpotMark]] = {}
    for mark in marks:
        by_week.setdefault(monday(datetime.fromisoformat(mark.at).astimezone(zone).date()), []).append(mark)
    weeks = []
    for since, inside in sorted(by_week.items()):
        ratings = [mark.rating for mark in inside if mark.rating is not None]
        mean = round(sum(ratings) / len(ratings), 2) if ratings else None
        weeks.append(SpotWeek(since=since.isoformat(), marks=len(inside), rating=mean))
    return tuple(weeks[-WEEKS:])


def known_spots(spots: SpotMap, now: datetime) -> tuple[KnownSpot, ...]:
    """The spots that a next session is told of, most recently marked first.

    Left out are those not marked for `KNOWN_FOR` (a place that is not found any more is no news) and those last rated
    `EASED` or less (the person says that it is gone); and those of no muscle, as nothing tells where they are.
    """
    since = now - KNOWN_FOR
    return tuple(
        KnownSpot(
            muscle=spot.muscle,
            side=spot.side,
            position_m=spot.position_m,
            position_sd_m=round(hypot(spot.position_sd_m, BETWEEN_SESSIONS_M), 4),
            rating=spot.last_rating,
            count=spot.count,
        )
        for spot in spots.spots
        if spot.muscle is not None
        and datetime.fromisoformat(spot.last_marked) >= since
        and (spot.last_rating is None or spot.last_rating > EASED)
    )
