"""What the rows add up to, as it goes to `history`, `spots`, the terminal and exports. Pure.

Days and weeks are those of the time zone of the `now` that is given. A *streak* is the number of days (weeks) in
a row with at least one session, counted back from today (this week); a day (week) that is not over yet does not
break it, so it may end yesterday (last week). The guidance asks for several sessions a week, not one a day, so
the week's streak is the one to show first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from math import hypot
from typing import Literal, NamedTuple

from msgspec import Struct

from firmware_host.coaching.events import ForceSource, How, Verdict

Trend = Literal["better", "same", "worse"]

RECENT_SESSIONS = 30
TREND_OVER = 3
"""A trend compares the newest with the mean of up to this many before it."""
SHARE_STEP = 0.05
"""Less than this much of in_guidance is no trend."""
RATING_STEP = 1.0
"""Less than one point of the 0-10 scale is no trend."""
SAME_SPOT_M = 0.03
"""Marks closer than this, or than their own uncertainty, are the same tender spot: about a thumb's width."""


class SessionTotals(Struct, frozen=True, kw_only=True):
    id: int
    started_at: str
    ended_at: str
    phase: str
    profile: str | None
    routine: str | None
    ended: str | None
    """person, time-out, pain, shutdown; "interrupted" if the program was killed; None while it runs."""
    sets: int
    passes: int
    short_passes: int
    holds: int
    hold_s: float
    distance_m: float
    work_s: float
    in_guidance: float | None
    """None where it isn't known, as for an interrupted session."""
    recording: str | None


class SetRow(Struct, frozen=True, kw_only=True):
    """A kept set; fields as in the `set` event."""

    id: int
    session_id: int
    at: str
    tool: str | None
    muscle: str | None
    side: str | None
    start_s: float
    end_s: float
    duration_s: float
    work_s: float
    passes: int
    short_passes: int
    holds: int
    hold_s: float
    distance_m: float
    mean_speed_m_s: float
    in_guidance: float | None
    mean_force_n: float | None
    peak_force_n: float | None
    force_source: ForceSource
    verdicts: tuple[Verdict, ...]
    tool_kind: str | None
    """None where it was not kept: sets of older versions."""
    work_source: How
    prompted: tuple[str, ...]
    belly_share: float | None
    stacked: bool | None


class PainStop(Struct, frozen=True, kw_only=True):
    """The person stopped for pain."""

    at: str
    muscle: str | None
    side: str | None


class Rating(Struct, frozen=True, kw_only=True):
    """What the person said of it, 0-10."""

    at: str
    kind: Literal["rate", "soreness"]
    value: int
    moment: str | None
    muscle: str | None
    side: str | None


class SpotMark(Struct, frozen=True, kw_only=True):
    """A tender spot, marked once."""

    at: str
    muscle: str | None
    side: str | None
    position_m: float
    position_sd_m: float
    rating: int | None
    by: Literal["person", "hold"] = "person"


class SessionDetail(Struct, frozen=True, kw_only=True):
    """`session/last`, `slowroll sessions show`: one session and all that belongs to it but its single passes."""

    totals: SessionTotals
    per_leg_s: dict[str, float]
    advice: tuple[str, ...]
    sets: tuple[SetRow, ...]
    spots: tuple[SpotMark, ...]
    ratings: tuple[Rating, ...]
    pains: tuple[PainStop, ...]
    cues: dict[str, int]
    """How often each cue was given."""


class MuscleHistory(Struct, frozen=True, kw_only=True):
    muscle: str
    side: str | None
    last_done: str
    sessions: int
    """In how many sessions it was worked, ever."""
    work_s: float
    """In the last of them."""
    in_guidance: float | None
    """In the last of them."""
    trend: Trend | None
    """Of in_guidance: the last session against up to three before it; None with nothing to compare."""


class HistorySummary(Struct, frozen=True, kw_only=True):
    """`history`: the newest sessions first, and what they add up to."""

    sessions: tuple[SessionTotals, ...]
    """The last 30 that have ended."""
    total_sessions: int
    total_work_s: float
    streak_days: int
    streak_weeks: int
    week_sessions: int
    week_minutes: float
    """Work since Monday, 0:00."""
    muscles: tuple[MuscleHistory, ...]


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


class SpotMap(Struct, frozen=True, kw_only=True):
    """`spots`: tender spots by muscle, side and position."""

    spots: tuple[TenderSpot, ...]


class Worked(NamedTuple):
    """One muscle in one session, oldest first where there are several."""

    muscle: str
    side: str | None
    at: str
    work_s: float
    in_guidance: float | None


def streaks(days: Iterable[date], today: date) -> tuple[int, int]:
    """(days in a row, weeks in a row) with a session; days after `today` (a clock that jumped) are left out."""
    worked = {day for day in days if day <= today}
    weeks = {monday(day) for day in worked}
    return _run(worked, today, timedelta(days=1)), _run(weeks, monday(today), timedelta(weeks=1))


def _run(worked: set[date], now: date, step: timedelta) -> int:
    at = now if now in worked else now - step
    count = 0
    while at in worked:
        count += 1
        at -= step
    return count


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def trend(values: Sequence[float], step: float, up: Trend, down: Trend) -> Trend | None:
    """The newest of `values` (oldest first) against the mean of up to three before it."""
    if len(values) < 2:
        return None
    before = values[-1 - TREND_OVER : -1]
    change = values[-1] - sum(before) / len(before)
    if abs(change) < step:
        return "same"
    return up if change > 0 else down


def muscle_histories(worked: Iterable[Worked]) -> tuple[MuscleHistory, ...]:
    """Per muscle and side, most recently worked first. `worked` is oldest first."""
    grouped: dict[tuple[str, str | None], list[Worked]] = {}
    for one in worked:
        grouped.setdefault((one.muscle, one.side), []).append(one)
    histories = [
        MuscleHistory(
            muscle=muscle,
            side=side,
            last_done=group[-1].at,
            sessions=len(group),
            work_s=group[-1].work_s,
            in_guidance=group[-1].in_guidance,
            trend=trend([w.in_guidance for w in group if w.in_guidance is not None], SHARE_STEP, "better", "worse"),
        )
        for (muscle, side), group in grouped.items()
    ]
    return tuple(sorted(histories, key=lambda history: history.last_done, reverse=True))


def week_work(sessions: Iterable[tuple[datetime, float]], now: datetime) -> tuple[int, float]:
    """(sessions, minutes of work) that began since Monday, 0:00; `sessions` as (started, work_s) in now's zone."""
    since = monday(now.date())
    works = [work_s for started, work_s in sessions if since <= started.date() <= now.date()]
    return len(works), sum(works) / 60


def spot_map(marks: Iterable[SpotMark]) -> SpotMap:
    """Marks (oldest first) gathered into spots, most recently marked first.

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
    spots = [cluster.spot() for near in clusters.values() for cluster in near]
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

    def spot(self) -> TenderSpot:
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
        )
