"""What the rows add up to: totals, streaks, trends and the spot map."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from history_doubles import MONDAY, done_session, done_set, feed, small_session, spot
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_host.history.spots import SpotMark, spot_map
from firmware_host.history.store import Store
from firmware_host.history.trends import streaks, trend

DAY = timedelta(days=1)
TODAY = date(2026, 11, 18)  # a Wednesday


def days(*ago: int) -> list[date]:
    return [TODAY - n * DAY for n in ago]


@pytest.mark.parametrize(
    ("ago", "in_days", "in_weeks"),
    [
        ((), 0, 0),
        ((0,), 1, 1),
        ((0, 0), 1, 1),
        ((1,), 1, 1),
        ((2,), 0, 1),
        ((0, 1, 2, 3), 4, 2),
        ((1, 2, 4), 2, 2),
        ((3,), 0, 1),  # Sunday: last week
        ((9, 16), 0, 2),
        ((10,), 0, 0),  # two weeks ago
        ((-1, -8), 0, 0),  # a clock that had jumped ahead
        ((0, 7, 14, 28), 1, 3),
    ],
)
def test_streaks_by_table(ago: tuple[int, ...], in_days: int, in_weeks: int) -> None:
    assert streaks(days(*ago), TODAY) == (in_days, in_weeks)


@given(st.sets(st.integers(0, 60)))
def test_streaks_never_exceed_what_was_done(ago: set[int]) -> None:
    in_days, in_weeks = streaks(days(*ago), TODAY)
    assert in_days <= len(ago)
    assert in_weeks <= len(ago)
    assert all(n in ago or n + 1 in ago for n in range(in_days))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], None),
        ([0.5], None),
        ([0.5, 0.6], "better"),
        ([0.6, 0.5], "worse"),
        ([0.5, 0.54], "same"),
        ([0.0, 0.8, 0.8, 0.8, 0.8], "same"),
        ([0.2, 0.4, 0.6, 0.5], "better"),
    ],
)
def test_trends_by_table(values: list[float], said: str | None) -> None:
    assert trend(values, 0.05, "better", "worse") == said


def store_in(folder: str) -> Store:
    store = Store(Path(folder) / "history.sqlite3")
    store.open()
    return store


SETS = st.tuples(
    st.sampled_from(["calves", "hamstrings", None]),
    st.sampled_from(["left", "right", None]),
    st.floats(3, 300),
    st.floats(0, 1),
    st.integers(0, 40),
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.lists(SETS, min_size=1, max_size=4)), max_size=6))
def test_totals_are_the_sum_of_the_sets(
    sessions: list[tuple[int, list[tuple[str | None, str | None, float, float, int]]]],
) -> None:
    now = MONDAY + timedelta(days=3)
    with tempfile.TemporaryDirectory() as folder:
        store = store_in(folder)
        for ago, sets in sessions:
            t, made = 0.0, []
            for muscle, side, work_s, in_guidance, passes in sets:
                made.append(
                    done_set(
                        t, t + work_s, muscle=muscle, side=side, work_s=work_s, in_guidance=in_guidance, passes=passes
                    )
                )
                t += work_s
            feed(store, [*made, done_session(0.0, t, *made)], now - timedelta(days=ago, hours=1))
        summary = store.summary(now)
        assert summary.total_sessions == len(summary.sessions) == len(sessions)
        works = [sum(one[2] for one in sets) for _, sets in sessions]
        assert summary.total_work_s == pytest.approx(sum(works))
        assert sum(one.work_s for one in summary.sessions) == pytest.approx(sum(works))
        assert sum(one.passes for one in summary.sessions) == sum(one[4] for _, sets in sessions for one in sets)
        assert sum(one.sets for one in summary.sessions) == sum(len(sets) for _, sets in sessions)
        this_week = [work for (ago, _), work in zip(sessions, works, strict=True) if ago <= 3]
        assert summary.week_sessions == len(this_week)
        assert summary.week_minutes == pytest.approx(sum(this_week) / 60)
        muscles = {(one[0], one[1]) for _, sets in sessions for one in sets if one[0] is not None}
        assert {(one.muscle, one.side) for one in summary.muscles} == muscles
        for history in summary.muscles:
            worked = [
                [one for one in sets if (one[0], one[1]) == (history.muscle, history.side)] for _, sets in sessions
            ]
            assert history.sessions == sum(bool(sets) for sets in worked)
        assert [one.started_at for one in summary.sessions] == sorted(
            (one.started_at for one in summary.sessions), reverse=True
        )
        store.close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_in(str(tmp_path))


def test_no_history_is_a_summary_too(store: Store) -> None:
    summary = store.summary(MONDAY)
    assert (summary.sessions, summary.muscles, summary.streak_weeks, summary.week_minutes) == ((), (), 0, 0)
    assert store.spots().spots == ()
    assert store.last_session() is None


def test_only_the_last_thirty_sessions_are_told_but_all_are_counted(store: Store) -> None:
    for day in range(35):
        feed(store, small_session(), MONDAY + day * DAY)
    summary = store.summary(MONDAY + 34 * DAY)
    assert [one.id for one in summary.sessions] == list(range(35, 5, -1))
    assert (summary.total_sessions, summary.streak_days, summary.streak_weeks) == (35, 35, 5)
    last = store.last_session()
    assert last is not None
    assert last.totals.id == 35


def test_days_and_weeks_are_those_of_the_person(store: Store) -> None:
    """Sunday 23:30 in New York is Monday in UTC."""
    new_york = timezone(timedelta(hours=-5))
    sunday = datetime(2026, 11, 15, 23, 30, tzinfo=new_york)
    feed(store, small_session(), sunday)
    assert store.summary(datetime(2026, 11, 16, 9, 0, tzinfo=new_york)).week_sessions == 0
    assert store.summary(datetime(2026, 11, 16, 14, 0, tzinfo=UTC)).week_sessions == 1


def test_a_muscle_tells_its_last_time_and_trend(store: Store) -> None:
    for day, share in enumerate((0.5, 0.5, 0.9)):
        feed(store, small_session(in_guidance=share), MONDAY + day * DAY)
    feed(store, small_session(muscle="glutes", side=None), MONDAY + 3 * DAY)
    glutes, calves = store.summary(MONDAY + 4 * DAY).muscles
    assert (glutes.muscle, glutes.side, glutes.sessions, glutes.trend) == ("glutes", None, 1, None)
    assert (calves.muscle, calves.sessions, calves.in_guidance, calves.trend) == ("calves", 3, 0.9, "better")
    assert calves.last_done.startswith("2026-11-18T18:00:4")


def mark(
    position_m: float, rating: int | None = None, at: str = "2026-11-16T18:00:00.000Z", sd_m: float = 0.004
) -> SpotMark:
    return SpotMark(at=at, muscle="calves", side="left", position_m=position_m, position_sd_m=sd_m, rating=rating)


def test_marks_of_one_place_are_one_spot() -> None:
    spots = spot_map(
        [mark(0.10, 8), mark(0.11, 7, sd_m=0.008), mark(0.30, 4), mark(0.105, 5, "2026-11-18T18:00:00.000Z")]
    )
    first, second = spots.spots
    assert (first.count, first.last_rating, first.trend) == (3, 5, "better")
    assert 0.10 < first.position_m < 0.1051
    assert first.last_marked == "2026-11-18T18:00:00.000Z"
    assert (second.count, second.position_m, second.trend) == (1, 0.3, None)


def test_marks_on_different_muscles_or_sides_are_different_spots(store: Store) -> None:
    feed(store, [spot(1.0), spot(2.0, side="right"), spot(3.0, muscle="glutes"), spot(4.0, muscle=None, side=None)])
    assert [one.count for one in store.spots().spots] == [1, 1, 1, 1]


def test_an_uncertain_mark_joins_from_further_away() -> None:
    assert len(spot_map([mark(0.10), mark(0.16)]).spots) == 2
    assert len(spot_map([mark(0.10), mark(0.16, sd_m=0.04)]).spots) == 1


def test_a_rising_rating_is_worse() -> None:
    assert spot_map([mark(0.1, 3), mark(0.1, 6)]).spots[0].trend == "worse"


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 0.2), st.none() | st.integers(0, 10))))
def test_every_mark_is_in_exactly_one_spot(marks: list[tuple[float, float, int | None]]) -> None:
    spots = spot_map([mark(position, rating, sd_m=sd) for position, sd, rating in marks]).spots
    assert sum(one.count for one in spots) == len(marks)
    if marks:
        low, high = min(m[0] for m in marks), max(m[0] for m in marks)
        assert all(low - 1e-4 <= one.position_m <= high + 1e-4 for one in spots)
