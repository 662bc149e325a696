"""What a person said: ratings, pain stops and spots, kept, found again, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from history_doubles import (
    MONDAY,
    cue,
    done_session,
    done_set,
    feed,
    pain,
    rating,
    small_session,
    soreness,
    spot,
    stroke,
)

from firmware_host.history.store import Store

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    made = Store(path, {"roller": "foam_roller"})
    made.open()
    yield made
    made.close()


def test_ratings_find_their_session(store: Store) -> None:
    store.add(rating(1.0, 7, "before"), MONDAY - 2 * HOUR)
    store.add(rating(90.0, 6, "before"), MONDAY - 60 * SECOND)
    events = small_session(100.0)
    feed(store, events[:4])
    store.add(soreness(108.0, 5), MONDAY + 8 * SECOND)
    feed(store, events[4:], MONDAY + 10 * SECOND)
    store.add(rating(160.0, 3), MONDAY + 120 * SECOND)
    store.add(rating(9000.0, 1), MONDAY + 3 * HOUR)
    said = [(one.kind, one.value, one.moment) for one in store.session(1).ratings]
    assert said == [("rate", 6, "before"), ("soreness", 5, "before"), ("rate", 3, "after")]
    assert [row["session_id"] for row in store.rows("ratings")] == [None, 1, 1, 1, None]


def test_a_rating_from_a_clock_that_ran_ahead_belongs_to_no_session_of_today(store: Store) -> None:
    """The wall was a year ahead, then put right: neither takes what is the other's."""
    year = timedelta(days=365)
    store.add(rating(90.0, 6, "before"), MONDAY + year)
    feed(store, small_session(100.0))
    assert store.session(1).ratings == ()
    feed(store, small_session(300.0), MONDAY + year)
    store.add(rating(500.0, 2), MONDAY + 2 * HOUR)
    assert [one.value for one in store.session(2).ratings] == [6]
    assert [row["session_id"] for row in store.rows("ratings")] == [2, None]


def test_a_rating_taken_back_is_gone_and_no_other(store: Store) -> None:
    store.add(rating(1.0, 4), MONDAY)
    store.add(rating(2.0, 4, side="right"), MONDAY)
    store.add(rating(3.0, 4), MONDAY)
    store.add(rating(5.0, 4, removed=True), MONDAY)
    assert [(row["side"], row["t_s"]) for row in store.rows("ratings")] == [("left", 1.0), ("right", 2.0)]
    store.add(rating(6.0, 9, removed=True), MONDAY)
    assert len(list(store.rows("ratings"))) == 2


def test_a_rating_of_an_earlier_run_is_never_taken_back(store: Store, path: Path) -> None:
    store.add(rating(1.0, 4), MONDAY)
    later = Store(path)
    later.open()
    later.add(rating(1.0, 4, removed=True), MONDAY)
    assert len(list(later.rows("ratings"))) == 1
    later.close()


def test_a_rating_taken_back_is_taken_back_from_its_spot(store: Store) -> None:
    feed(store, [stroke(4.0), spot(5.0), spot(6.0, 0.3)])
    feed(store, [spot(8.0, 0.3, rating=7), rating(8.0, 7), rating(9.0, 7, removed=True)], MONDAY + 8 * SECOND)
    assert [(one.position_m, one.rating) for one in store.session(1).spots] == [(0.12, None), (0.3, None)]
    feed(store, [spot(10.0, 0.3, rating=6), spot(11.0, 0.3)], MONDAY + 10 * SECOND)
    assert [(one.position_m, one.rating) for one in store.session(1).spots] == [(0.12, None), (0.3, None)]


def test_a_spot_then_has_the_rating_before_again(store: Store) -> None:
    """As the engine says it: rating and rated spot at one moment, and of what is taken back the rating alone."""
    feed(store, [stroke(4.0), rating(5.0, 9), spot(6.0, 0.3), rating(7.0, 2, "before"), rating(7.5, 3, side="right")])
    for t, value in ((8.0, 7), (9.0, 5)):
        feed(store, [rating(t, value), spot(t, 0.3, rating=value)], MONDAY + (t - 4) * SECOND)
    taken = [(9.5, 5, 7), (9.7, 7, None)]
    for t, value, left in taken:
        store.add(rating(t, value, removed=True), MONDAY + (t - 4) * SECOND)
        assert [one.rating for one in store.session(1).spots] == [left]


def test_a_spot_taken_back_is_gone(store: Store) -> None:
    feed(store, [spot(1.0), spot(2.0, by="hold"), spot(3.0, 0.3, rating=6)])
    feed(store, [spot(4.0, removed=True), spot(5.0, 0.3, rating=6, removed=True), spot(6.0, 0.5, removed=True)])
    assert [(one.position_m, one.by) for one in store.session(1).spots] == [(0.12, "person")]


def test_a_spot_taken_back_opens_no_session(store: Store) -> None:
    store.add(spot(1.0, removed=True), MONDAY)
    assert store.sessions() == []


def test_a_session_whose_only_spot_was_taken_back_leaves_no_row(store: Store) -> None:
    feed(store, [spot(1.0), spot(2.0, removed=True), done_session(0.0, 3.0)])
    assert store.sessions() == []


# --- pain stops -----------------------------------------------------------------------------------------------------


def test_a_pain_stop_is_remembered_with_no_session(store: Store) -> None:
    store.add(pain(1.0), MONDAY)
    store.add(cue(2.0), MONDAY)
    assert [(row["session_id"], row["muscle"], row["side"]) for row in store.rows("pains")] == [
        (None, "calves", "left")
    ]
    assert store.sessions() == []


def test_a_pain_stop_outlives_a_session_that_kept_no_set(store: Store) -> None:
    feed(store, [rating(3.0, 8), stroke(4.0), rating(4.5, 9), pain(5.0), done_session(0.0, 5.0, ended="pain")])
    assert store.sessions() == []
    assert [(row["session_id"], row["t_s"]) for row in store.rows("pains")] == [(None, 5.0)]
    assert [(row["session_id"], row["value"]) for row in store.rows("ratings")] == [(None, 8), (None, 9)]


def test_forget_takes_the_sessions_pain_stops_also_one_before_the_first_pass(store: Store) -> None:
    """A set by hand has no pass: its pain stop comes while no row is open."""
    store.add(pain(50.0), MONDAY - HOUR)
    hands = done_set(100.0, 130.0, tool="hands", passes=0, holds=0, work_source="declared")
    feed(store, [pain(130.0), hands, done_session(100.0, 130.0, hands, ended="pain")])
    feed(store, [*small_session(200.0)[:-2], pain(239.0), *small_session(200.0)[-2:]], MONDAY + HOUR)
    assert [row["session_id"] for row in store.rows("pains")] == [None, 1, 2]
    assert [one.muscle for one in store.session(1).pains] == ["calves"]
    store.forget(1)
    assert [row["session_id"] for row in store.rows("pains")] == [None, 2]


def test_a_pain_stop_of_an_earlier_run_is_not_taken_in(store: Store, path: Path) -> None:
    """Each run's `t` begins at 0."""
    store.add(pain(10.0), MONDAY)
    later = Store(path)
    later.open()
    feed(later, small_session(5.0), MONDAY + timedelta(days=3))
    assert [row["session_id"] for row in later.rows("pains")] == [None]
    later.close()


# --- sets -----------------------------------------------------------------------------------------------------------


def test_a_set_keeps_what_it_was_prompted_and_which_kind_of_tool_it_was(store: Store) -> None:
    feed(
        store,
        [
            done_set(0.0, 40.0, prompted=("inward",), belly_share=0.7, stacked=False),
            done_set(50.0, 90.0, tool="hands", work_source="declared"),
            done_set(100.0, 140.0, tool="stick"),
        ],
    )
    roller, hands, stick = store.session(1).sets
    assert (roller.prompted, roller.belly_share, roller.stacked) == (("inward",), 0.7, False)
    assert [one.tool_kind for one in (roller, hands, stick)] == ["foam_roller", "hands", None]
    assert (hands.work_source, hands.stacked) == ("declared", None)


def test_a_set_cut_short_has_its_kind_too(store: Store, path: Path) -> None:
    feed(store, [stroke(4.0), stroke(8.0)])
    store.close()
    again = Store(path, {"roller": "foam_roller"})
    again.open()
    again.close_interrupted()
    assert [one.tool_kind for one in again.session(1).sets] == ["foam_roller"]
    again.close()
