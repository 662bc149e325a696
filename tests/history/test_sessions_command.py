"""`slowroll sessions`, as a person and as a program see it."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from history_doubles import MONDAY, done_session, done_set, feed, pain, rating, small_session, soreness, spot

from firmware_host.commands import CommandError, sessions
from firmware_host.history.store import Store

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")

    def run_it(*words: str) -> int:
        parser = argparse.ArgumentParser()
        sessions.add(parser.add_subparsers())
        args = parser.parse_args(["sessions", *words])
        code: int = args.func(args)
        return code

    return run_it


@pytest.fixture
def filled(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.sqlite3")
    store.open()
    feed(store, small_session(), recording="20261116T180000Z")
    store.add(rating(150.0, 4), MONDAY + timedelta(minutes=5))
    feed(store, small_session(mean_force_n=None, force_source="not_measured"), MONDAY + timedelta(days=1))
    feed(store, small_session()[:-1], MONDAY + timedelta(days=2))
    store.close()


@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("export",), ("export", "--format", "csv")])
def test_no_sessions_is_a_sentence_and_fine(
    run: Run, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 0
    said = capsys.readouterr()
    assert "No sessions yet" in said.err
    assert said.out == ""


def test_an_empty_history_is_a_sentence_too(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(tmp_path / "history.sqlite3")
    store.open()
    store.close()
    assert run("list") == 0
    assert "No sessions yet" in capsys.readouterr().err


@pytest.mark.usefixtures("filled")
def test_list_is_a_table_newest_first(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["id", "started", "work"]
    assert [row.split()[0] for row in rows] == ["3", "2", "1"]
    assert rows[0].endswith("running")
    assert "0:38 min" in rows[2]
    assert "75 %" in rows[2]
    column = head.index("passes")
    assert all(row[column].isdigit() for row in rows)


@pytest.mark.usefixtures("filled")
def test_list_for_programs(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["id"] for row in rows] == [3, 2, 1]
    assert rows[2]["work_s"] == 38.0
    assert rows[0]["ended"] is None


@pytest.mark.usefixtures("filled")
def test_show_tells_one_session(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "1") == 0
    said = capsys.readouterr().out
    for words in (
        "Session 1,",
        "phase light, profile article, 0:38 min of work, 75 % in guidance",
        "Recording 20261116T180000Z",
        "185 N",
        "2 passes, on average 25 cm at 8.3 cm/s; 1 too fast; 1 short ones besides",
        "Tender spot: left calves at 12 cm, rated 6 of 10",
        "Rated after: 4 of 10 (left calves)",
        "Cues: slow_down 1 x",
        "Advice: Drink something.",
    ):
        assert words in said
    assert run("show", "2") == 0
    assert "not measured" in capsys.readouterr().out
    assert run("show", "3") == 0
    assert "not known in guidance" in capsys.readouterr().out


def test_show_tells_what_was_said_and_what_was_done_by_hand(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "history.sqlite3")
    store.open()
    one = done_set(0.0, 40.0, prompted=("inward", "outward"), belly_share=0.8, stacked=True)
    hands = done_set(50.0, 80.0, tool="hands", work_source="declared", mean_force_n=None, force_source="not_measured")
    events = [spot(30.0, by="hold"), one, hands, pain(81.0), soreness(81.5, 6), done_session(0.0, 82.0, one, hands)]
    feed(store, events)
    store.close()
    assert run("show", "1") == 0
    said = capsys.readouterr().out
    assert "Set 1: prompted (not measured): inward, outward" in said
    assert "Set 1: 80 % in the middle of the muscle" in said
    assert "Set 1: pressure stepped up for good" in said
    assert "Set 2" not in said
    assert next(line for line in said.splitlines() if " hands " in line).split()[-4:] == [*["not", "measured"] * 2]
    assert "Tender spot: left calves at 12 cm, marked by a long hold" in said
    assert "Stopped for pain: left calves, Mon 2026-11-16 18:0" in said
    assert "Soreness before: 6 of 10 (the legs)" in said


@pytest.mark.usefixtures("filled")
def test_show_for_programs(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["totals"]["passes"] == 2


@pytest.mark.usefixtures("filled")
def test_an_unknown_id_is_wrong_use_and_names_the_nearest(run: Run) -> None:
    with pytest.raises(CommandError, match="no session 9; the nearest is 3") as caught:
        run("show", "9")
    assert caught.value.exit_code == 2


def test_an_unknown_id_without_any_session(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no sessions yet") as caught:
        run("show", "9")
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == [], "reading makes no file"


@pytest.mark.usefixtures("filled")
def test_export_to_stdout_and_to_a_file(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export") == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == [1, 2, 3]
    out = tmp_path / "sets.csv"
    assert run("export", "--format", "csv", "--out", str(out)) == 0
    assert len(list(csv.DictReader(io.StringIO(out.read_text())))) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "3 sets" in said.err
    assert run("export", "--format", "csv", "--what", "passes") == 0
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 9


@pytest.mark.usefixtures("filled")
def test_what_goes_with_csv_alone(run: Run) -> None:
    with pytest.raises(CommandError, match="--format csv"):
        run("export", "--what", "passes")


@pytest.mark.usefixtures("filled")
def test_a_file_that_cannot_be_written_is_said(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        run("export", "--out", str(tmp_path / "no" / "where.json"))
    with pytest.raises(CommandError, match="No space left"):
        run("export", "--out", "/dev/full")


def test_a_history_that_cannot_be_read_is_a_finding(run: Run, tmp_path: Path) -> None:
    (tmp_path / "history.sqlite3").write_bytes(b"rubbish" * 1000)
    with pytest.raises(CommandError, match="damaged") as caught:
        run("list")
    assert caught.value.exit_code == 1


@pytest.mark.usefixtures("filled")
def test_reading_changes_no_file(run: Run, tmp_path: Path) -> None:
    before = (tmp_path / "history.sqlite3").read_bytes()
    assert run("list") == 0
    assert (tmp_path / "history.sqlite3").read_bytes() == before
