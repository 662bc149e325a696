"""A file that an older version wrote is brought up to date with all its rows.

The rows are given as that version wrote them; the events of today could not.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from history_doubles import MONDAY, small_session

from firmware_host.history.schema import MIGRATIONS
from firmware_host.history.store import Store

AT = "2026-11-16T18:00:00.000Z"
VERSION_1 = f"""
INSERT INTO sessions (id, started_at, ended_at, phase, profile, ended, work_s, in_guidance)
    VALUES (1, '{AT}', '{AT}', 'deep', 'article', 'pain', 38.0, 0.75);
INSERT INTO sets (session_id, at, t_s, tool, muscle, side, start_s, end_s, duration_s, work_s, passes, short_passes,
    holds, hold_s, distance_m, mean_speed_m_s, in_guidance, force_source, verdicts)
    VALUES (1, '{AT}', 40, 'roller', 'calves', 'left', 0, 40, 40, 38, 2, 0, 0, 0, 0.5, 0.08, 0.75, 'measured', '[]');
INSERT INTO spots (session_id, at, t_s, tool, muscle, side, position_m, position_sd_m, rating)
    VALUES (1, '{AT}', 20, 'roller', 'calves', 'left', 0.12, 0.004, 6);
INSERT INTO cues (session_id, at, t_s, tool, muscle, side, cue, unit, source)
    VALUES (1, '{AT}', 30, 'roller', 'calves', 'left', 'slow_down', 'm/s', 'profile'),
           (1, '{AT}', 40, 'roller', 'calves', 'left', 'stop_pain', '', 'the article');
INSERT INTO ratings (session_id, at, t_s, muscle, side, kind, value, moment)
    VALUES (1, '{AT}', 41, 'calves', 'left', 'rate', 7, 'after'), (NULL, '{AT}', 42, NULL, NULL, 'soreness', 5, NULL);
PRAGMA user_version = 1;
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "history.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript(MIGRATIONS[0] + VERSION_1)
    connection.close()
    return path


def test_version_1_is_brought_up_with_its_rows(old: Path) -> None:
    store = Store(old)
    store.open()
    detail = store.session(1)
    assert detail.totals.work_s == 38.0
    (one,) = detail.sets
    assert (one.work_source, one.prompted, one.belly_share, one.stacked, one.tool_kind) == (
        "measured",
        (),
        None,
        None,
        None,
    )
    assert [(mark.position_m, mark.rating, mark.by) for mark in detail.spots] == [(0.12, 6, "person")]
    assert [(said.kind, said.value) for said in detail.ratings] == [("rate", 7)]
    assert [row["kind"] for row in store.rows("ratings")] == ["rate", "soreness"]
    assert [(stop.at, stop.muscle, stop.side) for stop in detail.pains] == [(AT, "calves", "left")]
    assert store.summary(MONDAY).total_sessions == 1
    for event in small_session():
        store.add(event, MONDAY)
    assert {row.id for row in store.sessions()} == {1, 2}
    store.close()


def test_it_is_brought_up_once(old: Path) -> None:
    for _ in range(2):
        store = Store(old)
        store.open()
        assert len(list(store.rows("pains"))) == 1
        store.close()


def test_the_released_step_is_as_it_was_released() -> None:
    """Files out there have these columns: a step that is edited would no longer lead to them."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(MIGRATIONS[0])
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    columns = {
        table: len(list(connection.execute(f"PRAGMA table_info({table})")))
        for table in tables
        if table != "sqlite_sequence"
    }
    connection.close()
    assert columns == {"cues": 12, "holds": 16, "passes": 20, "ratings": 10, "sessions": 12, "sets": 22, "spots": 10}
