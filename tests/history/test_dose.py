"""What kept sets add up to: doses, balance, weeks, lengths, and what is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from history_doubles import MONDAY, feed, pain, rating, small_session
from history_weeks import KINDS, fill
from hypothesis import given
from hypothesis import strategies as st

from firmware_host.clock import rfc3339
from firmware_host.coaching.guidance import Profile
from firmware_host.history.dose import (
    SetWork,
    balances,
    days_between,
    dose,
    due,
    lengths,
    muscle_doses,
    standing,
    weeks,
)
from firmware_host.history.store import Store
from firmware_host.profiles import load_profile

DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "history.sqlite3", KINDS)
    made.open()
    return made


def work(at: datetime = MONDAY, **changes: Any) -> SetWork:
    fields: dict[str, Any] = {
        "session": 1,
        "at": at,
        "text": rfc3339(at),
        "muscle": "calves",
        "side": "left",
        "work_s": 40.0,
        "passes": 10,
        "holds": 1,
        "hold_s": 20.0,
        "distance_m": 2.0,
        "mean_speed_m_s": 0.1,
        "in_guidance": 0.5,
        "mean_force_n": 200.0,
        "force_source": "measured",
        "work_source": "measured",
    }
    return SetWork(**{**fields, **changes})


BY_HAND: dict[str, Any] = {
    "work_source": "declared",
    "force_source": "not_measured",
    "mean_force_n": None,
    "passes": 0,
    "distance_m": 0.0,
    "mean_speed_m_s": 0.0,
    "in_guidance": 0.0,
}


def test_means_are_weighted_by_work_and_distance() -> None:
    one = dose([work(), work(session=2, work_s=120.0, in_guidance=0.9, mean_force_n=240.0, distance_m=2.0)])
    assert (one.sessions, one.sets, one.work_s, one.passes, one.hold_s) == (2, 2, 160.0, 20, 40.0)
    assert one.in_guidance == pytest.approx(0.8)
    assert one.mean_force_n == pytest.approx(230)
    assert one.mean_speed_m_s == pytest.approx(0.1)
    slow_and_fast = dose([work(distance_m=1.0, mean_speed_m_s=0.05), work(distance_m=1.0, mean_speed_m_s=0.2)])
    assert slow_and_fast.mean_speed_m_s == pytest.approx(2.0 / (20 + 5)), "way over time, not the mean of speeds"


def test_work_by_hand_is_time_and_nothing_else() -> None:
    one = dose([work(), work(**BY_HAND)])
    assert (one.work_s, one.declared_s) == (80.0, 40.0)
    assert (one.in_guidance, one.mean_force_n, one.force_s) == (0.5, 200.0, 40.0)
    alone = dose([work(**BY_HAND)])
    assert (alone.in_guidance, alone.mean_speed_m_s, alone.mean_force_n) == (None, None, None)
    assert alone.force_source == "not_measured"


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (("measured",), "measured"),
        (("not_measured",), "not_measured"),
        (("uncalibrated",), "uncalibrated"),
        (("not_measured", "uncalibrated"), "uncalibrated"),
        (("uncalibrated", "measured"), "measured"),
    ],
)
def test_a_force_that_is_not_there_says_why(sources: tuple[str, ...], said: str) -> None:
    sets = [work(force_source=one, mean_force_n=200.0 if one == "measured" else None) for one in sources]
    found = dose(sets)
    assert found.force_source == said
    assert (found.mean_force_n is None) == (said != "measured")


WORKS = st.builds(
    work,
    at=st.integers(0, 60 * 24).map(lambda hours: MONDAY - timedelta(hours=hours)),
    session=st.integers(1, 5),
    muscle=st.sampled_from(["calves", "glutes", None]),
    side=st.sampled_from(["left", "right", None]),
    work_s=st.floats(0, 1e4),
    holds=st.integers(0, 9),
    hold_s=st.floats(0, 1e3),
    distance_m=st.floats(0, 1e3),
    mean_speed_m_s=st.just(0.0) | st.floats(0.001, 1),
    in_guidance=st.none() | st.floats(0, 1),
    mean_force_n=st.none() | st.floats(0, 600),
    work_source=st.sampled_from(["measured", "declared"]),
)


@pytest.mark.slow
@given(st.lists(WORKS, max_size=20))
def test_doses_agree_with_their_sets(sets: list[SetWork]) -> None:
    one = dose(sets)
    assert one.work_s == pytest.approx(sum(each.work_s for each in sets))
    assert 0 <= one.declared_s <= one.work_s * (1 + 1e-9)
    assert 0 <= one.force_s <= one.work_s * (1 + 1e-9)
    for value, low, high in ((one.in_guidance, 0, 1), (one.mean_force_n, 0, 600), (one.mean_speed_m_s, 0, 1.000001)):
        assert value is None or low <= value <= high
    sets.sort(key=lambda each: each.at)
    doses = muscle_doses(sets, sets, MONDAY)
    named = [each for each in sets if each.muscle is not None]
    assert sum(each.last.work_s for each in doses) == pytest.approx(sum(each.work_s for each in named))
    assert all(each.days_since >= 0 and each.recent == each.last for each in doses)
    assert [each.last_done for each in doses] == sorted((each.last_done for each in doses), reverse=True)


@pytest.mark.slow
@given(st.lists(WORKS, max_size=20))
def test_left_and_right_are_all_there_is(sets: list[SetWork]) -> None:
    found = balances(sets)
    assert bool(found) == bool(sets)
    for one in found:
        mine = [each for each in sets if one.muscle in (None, each.muscle)]
        assert one.left_s + one.right_s + one.unsaid_s == pytest.approx(sum(each.work_s for each in mine))
        assert min(one.left_s, one.right_s, one.unsaid_s) >= 0
        assert one.left_share is None or 0 <= one.left_share <= 1
    assert len({one.muscle for one in found}) == len(found)


@pytest.mark.parametrize(
    ("left_s", "right_s", "said"), [(60, 40, "left"), (40, 60, "right"), (54, 46, "even"), (0, 0, None), (9, 0, "left")]
)
def test_which_side_got_more(left_s: float, right_s: float, said: str | None) -> None:
    (one, *_) = balances([work(work_s=left_s), work(work_s=right_s, side="right"), work(work_s=1, side=None)])
    assert standing(one) == said


@given(st.lists(st.tuples(st.integers(-30, 80), st.floats(0, 1e4)), max_size=20))
def test_weeks_have_every_session_of_theirs_once(sessions: list[tuple[int, float]]) -> None:
    now = MONDAY + 2 * DAY
    given_ = [(now - ago * DAY, work_s) for ago, work_s in sessions]
    found = weeks(given_, now)
    assert [datetime.fromisoformat(b.since) - datetime.fromisoformat(a.since) for a, b in pairwise(found)] == [
        7 * DAY
    ] * 7
    assert found[-1].since == "2026-11-16"
    inside = [work_s for ago, work_s in sessions if 0 <= ago < 7 * 7 + 3]
    assert sum(one.sessions for one in found) == len(inside)
    assert sum(one.work_s for one in found) == pytest.approx(sum(inside))


def test_weeks_are_those_of_the_person() -> None:
    new_york = timezone(timedelta(hours=-5))
    sunday = datetime(2026, 11, 15, 23, 30, tzinfo=new_york)
    now = datetime(2026, 11, 16, 9, 0, tzinfo=new_york)
    assert [one.sessions for one in weeks([(sunday, 60.0)], now)][-2:] == [1, 0]
    assert days_between(sunday.astimezone(UTC), now) == 1


def test_lengths_count_those_within_the_articles_span() -> None:
    one = lengths([299.0, 300.0, 420.0, 600.0, 601.0], 300.0, 600.0)
    assert (one.sessions, one.median_s, one.within) == (5, 420.0, 3)
    assert lengths([], 300.0, 600.0).median_s is None


def test_due_is_what_waits_longest() -> None:
    def since(days: int, muscle: str) -> SetWork:
        return work(MONDAY - days * DAY, muscle=muscle, session=days)

    sets = [since(70, "hip_flexors"), since(20, "it_band"), since(9, "glutes"), since(5, "calves"), since(4, "tfl")]
    sets += [since(3, "quadriceps"), since(1, "hamstrings")]
    sets += [since(5, "calves")._replace(side="right"), since(3, "tfl")._replace(side="right")]
    found = due(muscle_doses(sets, [], MONDAY), {"it_band"})
    assert [(one.muscle, one.side, one.days_since) for one in found] == [
        ("glutes", None, 9),
        ("calves", None, 5),
        ("tfl", "left", 4),
    ]
    only = due(muscle_doses([since(2, "glutes"), since(1, "calves")], [], MONDAY), ())
    assert [one.muscle for one in only] == ["glutes"]


# --- through the store ----------------------------------------------------------------------------------------------


def article() -> Profile:
    return load_profile("article", None, "test")


def test_the_summary_agrees_with_the_rows(store: Store) -> None:
    now = MONDAY + 40 * DAY
    count = fill(store, now, weeks=5)
    summary = store.summary(now, article(), days=14)
    rows = [row for row in store.rows("sets") if row["at"] >= rfc3339(now - 14 * DAY)]
    everything = summary.balance[0]
    assert everything.left_s + everything.right_s == pytest.approx(sum(row["work_s"] for row in rows))
    for one in summary.doses:
        mine = [row for row in rows if (row["muscle"], row["side"]) == (one.muscle, one.side)]
        assert (one.recent.work_s if one.recent else 0) == pytest.approx(sum(row["work_s"] for row in mine))
        ever = [row for row in store.rows("sets") if (row["muscle"], row["side"]) == (one.muscle, one.side)]
        newest = max(row["at"] for row in ever)
        assert one.last_done == newest
        session = next(row["session_id"] for row in ever if row["at"] == newest)
        assert one.last.work_s == pytest.approx(sum(row["work_s"] for row in ever if row["session_id"] == session))
    assert sum(one.sessions for one in summary.weeks) == count == summary.total_sessions
    assert summary.lengths.sessions == count
    assert (summary.week_goal, summary.days, summary.days_since) == (3, 14, 1)


def test_what_lies_in_the_future_is_left_out(store: Store) -> None:
    """The clock was a year ahead for a session, then was put right."""
    feed(store, small_session(), MONDAY - DAY)
    before = store.summary(MONDAY)
    feed(store, [rating(1.0, 9, "before"), *small_session(), rating(200.0, 1), pain(201.0)], MONDAY + 365 * DAY)
    after = store.summary(MONDAY)
    for name in ("days_since", "weeks", "lengths", "balance", "doses", "helped", "troubles", "due", "streak_weeks"):
        assert getattr(after, name) == getattr(before, name), name


def test_what_rests_or_is_better_left_is_not_suggested(store: Store) -> None:
    for muscle in ("calves", "glutes", "hamstrings", "it_band"):
        feed(store, small_session(muscle=muscle), MONDAY - 5 * DAY)
    assert {one.muscle for one in store.summary(MONDAY, article()).due} == {"calves", "glutes", "hamstrings"}
    store.add(pain(9000.0, "glutes"), MONDAY - timedelta(hours=23))
    for hours in (100, 200, 300):
        store.add(pain(9001.0, "hamstrings"), MONDAY - timedelta(hours=hours))
    assert [one.muscle for one in store.summary(MONDAY, article()).due] == ["calves"]
    assert {one.muscle for one in store.summary(MONDAY + DAY, article()).due} == {"calves", "glutes"}


def test_no_history_has_a_summary(store: Store) -> None:
    summary = store.summary(MONDAY, article())
    assert (summary.balance, summary.doses, summary.helped, summary.troubles, summary.due) == ((), (), (), (), ())
    assert [one.sessions for one in summary.weeks] == [0] * 8
    assert (summary.days_since, summary.lengths.median_s) == (None, None)
