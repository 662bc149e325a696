"""Days, weeks and trends: arithmetic on moments and values. Pure.

Days and weeks are those of the time zone of the `now` that is given. A *streak* is the number of days (weeks) in
a row with at least one session, counted back from today (this week); a day (week) that is not over yet does not
break it, so it may end yesterday (last week). The guidance asks for several sessions a week, not one a day, so
the week's streak is the one to show first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

Trend = Literal["better", "same", "worse"]

TREND_OVER = 3
"""A trend compares the newest with the mean of up to this many before it."""


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


def week_work(sessions: Iterable[tuple[datetime, float]], now: datetime) -> tuple[int, float]:
    """(sessions, minutes of work) that began since Monday, 0:00; `sessions` as (started, work_s) in now's zone."""
    since = monday(now.date())
    works = [work_s for started, work_s in sessions if since <= started.date() <= now.date()]
    return len(works), sum(works) / 60
