"""Exports: JSON that has everything, CSV that any program reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from history_doubles import MONDAY, feed, pain, rating, small_session, stroke

from firmware_host.history.export import CsvTable, write_csv, write_json
from firmware_host.history.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "history.sqlite3")
    made.open()
    yield made
    made.close()


def two_sessions(store: Store) -> None:
    feed(store, small_session(), recording="one")
    store.add(rating(150.0, 4), MONDAY + timedelta(minutes=5))
    feed(store, small_session(mean_force_n=None, force_source="not_measured"), MONDAY + timedelta(days=1))


def test_json_has_everything_oldest_first(store: Store) -> None:
    two_sessions(store)
    out = io.StringIO()
    assert write_json(store, out) == 2
    first, second = json.loads(out.getvalue())
    assert (first["id"], second["id"]) == (1, 2)
    assert first["sets"][0]["verdicts"] == [{"rule": "time", "is": "ok", "value": 38.0, "limit": 30.0}]
    assert first["sets"][0]["work_s"] == 38.0
    assert [one["kind"] for one in first["passes"]] == ["pass", "pass", "short_pass"]
    assert first["passes"][0]["flags"] == ["too_fast", "too_light"]
    assert first["passes"][1]["flags"] == []
    assert first["holds"][0]["duration_s"] == 20.0
    assert first["spots"][0]["rating"] == 6
    assert first["cues"][0]["cue"] == "slow_down"
    assert first["ratings"][0]["value"] == 4
    assert first["recording"] == "one"
    assert first["spots"][0]["marked_by"] == "person"
    assert second["sets"][0]["mean_force_n"] is None
    assert out.getvalue().count("\n") == 4, "one session a line"


def test_json_of_nothing_is_an_empty_array(store: Store) -> None:
    out = io.StringIO()
    assert write_json(store, out) == 0
    assert json.loads(out.getvalue()) == []


@pytest.mark.parametrize(
    ("table", "count", "number"), [("sets", 2, "set_id"), ("passes", 6, "pass_id"), ("holds", 2, "hold_id")]
)
def test_csv_has_one_row_each(store: Store, table: CsvTable, count: int, number: str) -> None:
    two_sessions(store)
    out = io.StringIO()
    assert write_csv(store, table, out) == count
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert len(rows) == count
    assert [row[number] for row in rows] == [str(n) for n in range(1, count + 1)]
    assert {row["session_id"] for row in rows} == {"1", "2"}
    assert rows[0]["session_started_at"] == "2026-11-16T18:00:00.000Z"
    assert rows[0]["phase"] == "light"
    assert len(set(rows[0])) == len(next(csv.reader(io.StringIO(out.getvalue())))), "no column twice"


def test_ratings_and_pain_stops_need_no_session(store: Store) -> None:
    feed(store, [*small_session()[:-2], pain(139.0), *small_session()[-2:]])
    store.add(pain(9000.0, "glutes", None), MONDAY + timedelta(days=1))
    assert json.loads(_json(store))[0]["pains"][0]["muscle"] == "calves"
    out = io.StringIO()
    assert write_csv(store, "pains", out) == 2
    first, second = csv.DictReader(io.StringIO(out.getvalue()))
    assert (first["session_id"], first["phase"], first["pain_id"]) == ("1", "light", "1")
    assert (second["session_id"], second["phase"], second["muscle"], second["side"]) == ("", "", "glutes", "")


def _json(store: Store) -> str:
    out = io.StringIO()
    write_json(store, out)
    return out.getvalue()


def test_csv_values_are_those_of_the_events(store: Store) -> None:
    feed(store, small_session())
    out = io.StringIO()
    write_csv(store, "sets", out)
    row = next(csv.DictReader(io.StringIO(out.getvalue())))
    assert (float(row["work_s"]), float(row["mean_speed_m_s"]), int(row["passes"])) == (38.0, 0.08, 2)
    assert json.loads(row["verdicts"])[0]["rule"] == "time"
    out = io.StringIO()
    write_csv(store, "passes", out)
    row = next(csv.DictReader(io.StringIO(out.getvalue())))
    assert float(row["length_m"]) == stroke(0.0).length_m
    assert row["flags"] == "too_fast too_light"
    assert row["coverage"] == ""
