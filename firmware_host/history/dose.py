"""How much, how often, how evenly: kept sets and ended sessions added up. Pure.

Means are weighted by the work they stand for. What was not measured stays unknown: work by hand counts as time and
nothing else, and a force is the mean of the work in which there was one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Literal, NamedTuple

from msgspec import Struct

from firmware_host.coaching.events import ForceSource, How
from firmware_host.history.trends import monday

WEEKS = 8
"""How far back weekly consistency is told."""
DUE_MOST = 3
"""More suggestions at once would be a list, not a suggestion."""
DUE_FROM = 2
"""Days: what was worked yesterday is not overdue at three sessions a week."""


class SetWork(NamedTuple):
    """What of a kept set is added up."""

    session: int
    at: datetime
    text: str
    """`at` as the rows have it."""
    muscle: str | None
    side: str | None
    work_s: float
    passes: int
    holds: int
    hold_s: float
    distance_m: float
    mean_speed_m_s: float
    in_guidance: float | None
    mean_force_n: float | None
    force_source: ForceSource
    work_source: How


class Dose(Struct, frozen=True, kw_only=True):
    """How long, how hard, how fast."""

    sessions: int
    sets: int
    work_s: float
    declared_s: float
    """Of `work_s`: by hand, timed from begin to end."""
    passes: int
    holds: int
    hold_s: float
    mean_speed_m_s: float | None
    """Over all distance rolled; null where there was none."""
    in_guidance: float | None
    """Share of the measured work; null where nothing is known of any."""
    mean_force_n: float | None
    force_source: ForceSource
    """measured if any of it was; else why there is no force."""
    force_s: float
    """The work that `mean_force_n` is of."""


class MuscleDose(Struct, frozen=True, kw_only=True):
    """One muscle and side."""

    muscle: str
    side: str | None
    last_done: str
    days_since: int
    """Calendar days."""
    last: Dose
    """In the last session that had it."""
    recent: Dose | None
    """In the last `days` of the summary; null if it was not worked then."""


class Balance(Struct, frozen=True, kw_only=True):
    """Left and right over the last `days` of the summary; which side it was is what the person said."""

    muscle: str | None
    """Null: everything."""
    left_s: float
    right_s: float
    unsaid_s: float
    """Work of which nobody said the side."""
    left_share: float | None
    """Of left and right; null where there is neither."""


class Week(Struct, frozen=True, kw_only=True):
    since: str
    """The week's Monday."""
    sessions: int
    work_s: float


class Lengths(Struct, frozen=True, kw_only=True):
    """How long sessions are: the work in them, rolling or holding."""

    sessions: int
    median_s: float | None
    within: int
    """Sessions from `low_s` to `high_s`."""
    low_s: float
    high_s: float


class Due(Struct, frozen=True, kw_only=True):
    """A muscle that was not worked for longest."""

    muscle: str
    side: str | None
    """The side that waits longer; null where none does."""
    days_since: int


def dose(sets: Collection[SetWork]) -> Dose:
    """What `sets` add up to."""
    measured = [one for one in sets if one.work_source == "measured"]
    moving_s = sum(one.distance_m / one.mean_speed_m_s for one in measured if one.mean_speed_m_s > 0)
    distance_m = sum(one.distance_m for one in measured if one.mean_speed_m_s > 0)
    shares = [(one.in_guidance, one.work_s) for one in measured if one.in_guidance is not None]
    forces = [(one.mean_force_n, one.work_s) for one in measured if one.mean_force_n is not None]
    sources = {one.force_source for one in sets}
    source: ForceSource = "uncalibrated" if "uncalibrated" in sources else "not_measured"
    return Dose(
        sessions=len({one.session for one in sets}),
        sets=len(sets),
        work_s=sum(one.work_s for one in sets),
        declared_s=sum(one.work_s for one in sets if one.work_source == "declared"),
        passes=sum(one.passes for one in sets),
        holds=sum(one.holds for one in sets),
        hold_s=sum(one.hold_s for one in sets),
        mean_speed_m_s=distance_m / moving_s if moving_s > 0 else None,
        in_guidance=_mean(shares),
        mean_force_n=_mean(forces),
        force_source="measured" if forces else source,
        force_s=sum(work_s for _, work_s in forces),
    )


def _mean(weighted: Sequence[tuple[float, float]]) -> float | None:
    total = sum(weight for _, weight in weighted)
    if total <= 0:
        return None
    # Rounding must not take a mean beyond what it is the mean of.
    mean = sum(value * (weight / total) for value, weight in weighted)
    return min(max(mean, min(value for value, _ in weighted)), max(value for value, _ in weighted))


def muscle_doses(last: Iterable[SetWork], recent: Iterable[SetWork], now: datetime) -> tuple[MuscleDose, ...]:
    """Per muscle and side, longest ago last. `last` has each one's sets of its last session, `recent` all of the
    last days; both oldest first."""
    of_last, of_recent = _by_muscle(last), _by_muscle(recent)
    doses = [
        MuscleDose(
            muscle=muscle,
            side=side,
            last_done=sets[-1].text,
            days_since=days_between(sets[-1].at, now),
            last=dose(sets),
            recent=dose(of_recent[muscle, side]) if (muscle, side) in of_recent else None,
        )
        for (muscle, side), sets in of_last.items()
    ]
    return tuple(sorted(doses, key=lambda one: one.last_done, reverse=True))


def _by_muscle(sets: Iterable[SetWork]) -> dict[tuple[str, str | None], list[SetWork]]:
    grouped: dict[tuple[str, str | None], list[SetWork]] = {}
    for one in sets:
        if one.muscle is not None:
            grouped.setdefault((one.muscle, one.side), []).append(one)
    return grouped


def days_between(then: datetime, now: datetime) -> int:
    """Calendar days in now's time zone; 0 for the future."""
    return max(0, (now.date() - then.astimezone(now.tzinfo).date()).days)


def balances(sets: Collection[SetWork]) -> tuple[Balance, ...]:
    """Of everything, then by muscle, the most work first; nothing without sets."""
    if not sets:
        return ()
    muscles: dict[str, float] = {}
    for one in sets:
        if one.muscle is not None:
            muscles[one.muscle] = muscles.get(one.muscle, 0.0) + one.work_s
    ordered = sorted(muscles, key=lambda muscle: (-muscles[muscle], muscle))
    return (
        _balance(None, sets),
        *(_balance(muscle, [one for one in sets if one.muscle == muscle]) for muscle in ordered),
    )


def _balance(muscle: str | None, sets: Collection[SetWork]) -> Balance:
    left_s, right_s = (sum(one.work_s for one in sets if one.side == side) for side in ("left", "right"))
    return Balance(
        muscle=muscle,
        left_s=left_s,
        right_s=right_s,
        unsaid_s=sum(one.work_s for one in sets if one.side not in ("left", "right")),
        left_share=left_s / (left_s + right_s) if left_s + right_s > 0 else None,
    )


def weeks(sessions: Iterable[tuple[datetime, float]], now: datetime, count: int = WEEKS) -> tuple[Week, ...]:
    """The last `count` weeks, oldest first, this one last; `sessions` as (started, work_s) in now's zone. What lies
    in the future (a clock that jumped) is left out."""
    this = monday(now.date())
    works: dict[int, list[float]] = {}
    for started, work_s in sessions:
        if started <= now:
            works.setdefault((this - monday(started.date())).days // 7, []).append(work_s)
    return tuple(
        Week(
            since=(this - timedelta(weeks=ago)).isoformat(),
            sessions=len(works.get(ago, ())),
            work_s=sum(works.get(ago, ())),
        )
        for ago in reversed(range(count))
    )


def lengths(works: Sequence[float], low_s: float, high_s: float) -> Lengths:
    """`works` are the sessions' work_s."""
    return Lengths(
        sessions=len(works),
        median_s=median(works) if works else None,
        within=sum(low_s <= work_s <= high_s for work_s in works),
        low_s=low_s,
        high_s=high_s,
    )


def due(doses: Iterable[MuscleDose], left_out: Collection[str | None]) -> tuple[Due, ...]:
    """What was not worked for longest, of what was worked in the last `WEEKS`: at most `DUE_MOST` muscles, none of
    today or yesterday.

    What nobody rolls any more is not brought up, nor are the muscles `left_out`: those that rest after a pain stop, or
    are better rolled by others.
    """
    sides: dict[str, list[MuscleDose]] = {}
    for one in doses:
        if one.days_since <= 7 * WEEKS and one.muscle not in left_out:
            sides.setdefault(one.muscle, []).append(one)
    waiting = []
    for muscle, group in sides.items():
        days = max(one.days_since for one in group)
        longest = [one.side for one in group if one.days_since == days]
        if days >= DUE_FROM:
            side = longest[0] if len(longest) < len(group) else None
            waiting.append(Due(muscle=muscle, side=side, days_since=days))
    return tuple(sorted(waiting, key=lambda one: (-one.days_since, one.muscle))[:DUE_MOST])


Standing = Literal["left", "right", "even"]
EVEN = 0.05
"""Within five points of half and half, left and right are called even: this project's choice [drv]."""


def standing(balance: Balance) -> Standing | None:
    """Which side got more; None where neither is known."""
    if balance.left_share is None:
        return None
    if abs(balance.left_share - 0.5) <= EVEN:
        return "even"
    return "left" if balance.left_share > 0.5 else "right"
