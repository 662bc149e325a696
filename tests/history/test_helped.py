"""Ratings before and after: which are pairs, and what is said of how many."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest
from history_doubles import MONDAY, done_session, done_set, feed, rating
from hypothesis import given
from hypothesis import strategies as st

from firmware_host.history.helped import Change, Rated, Used, changes, helped
from firmware_host.history.store import Store

USED = [Used(1, "calves", "left", "foam_roller", "deep")]


def rated(*values: tuple[str, int], session: int = 1, side: str | None = "left") -> list[Rated]:
    return [Rated(session, "calves", side, moment, value) for moment, value in values]


@pytest.mark.parametrize(
    ("ratings", "found"),
    [
        (rated(("before", 6), ("after", 3)), [(6, 3)]),
        (rated(("after", 3), ("before", 6)), [(6, 3)]),
        (rated(("before", 6), ("before", 2), ("after", 4), ("after", 3)), [(6, 3)]),
        (rated(("before", 6)), []),
        (rated(("after", 6)), []),
        (rated(("before", 6), ("after", 3), side="right"), []),  # not worked
        (rated(("before", 6)) + rated(("after", 3), side=None), []),
        (rated(("before", 6)) + rated(("after", 3), session=2), []),
    ],
)
def test_pairs_by_table(ratings: list[Rated], found: list[tuple[int, int]]) -> None:
    assert [(one.before, one.after) for one in changes(ratings, USED)] == found


def test_several_tools_are_no_tool() -> None:
    used = [*USED, Used(1, "calves", "left", "massage_stick", "deep")]
    assert [one.tool for one in changes(rated(("before", 6), ("after", 3)), used)] == ["several"]


CHANGES = st.lists(
    st.builds(
        Change,
        muscle=st.sampled_from(["calves", "glutes"]),
        tool=st.sampled_from(["foam_roller", "hands"]),
        phase=st.sampled_from(["deep", "light", "unknown"]),
        before=st.integers(0, 10),
        after=st.integers(0, 10),
    ),
    max_size=40,
)


@given(CHANGES)
def test_every_pair_is_counted_once_in_each_way(found: list[Change]) -> None:
    rows = helped(found)
    for by in ("all", "muscle", "tool", "phase", "together"):
        assert sum(row.n for row in rows if row.by == by) == len(found)
    for row in rows:
        known = {row.before is None, row.after is None, row.change is None}
        assert known == {row.n < 5}, "too few say nothing, enough say all"
        mine = [
            one for one in found if (row.muscle or one.muscle, row.tool or one.tool, row.phase or one.phase) == one[:3]
        ]
        assert len(mine) == row.n
        if row.change is not None:
            assert row.change == median(one.after - one.before for one in mine)
            assert -10 <= row.change <= 10


def test_they_come_from_ratings_and_sets(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.sqlite3", {"roller": "foam_roller"})
    store.open()
    for day in range(5):
        one = done_set(100.0, 140.0)
        events = [rating(90.0, 6, "before"), one, rating(141.0, 4), done_session(100.0, 142.0, one, phase="deep")]
        feed(store, [*events, rating(150.0, 3)], MONDAY + timedelta(days=day))
    rows = store.summary(MONDAY + timedelta(days=9)).helped
    assert [(row.by, row.n, row.before, row.after, row.change) for row in rows] == [
        (by, 5, 6.0, 3.0, -3.0) for by in ("all", "muscle", "tool", "phase", "together")
    ]
    assert (rows[-1].muscle, rows[-1].tool, rows[-1].phase) == ("calves", "foam_roller", "deep")
    store.close()
