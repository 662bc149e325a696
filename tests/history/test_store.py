"""Events to rows and back, errors of the file, and what a killed program leaves."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from history_doubles import (
    MONDAY,
    done_session,
    done_set,
    feed,
    hold,
    small_session,
    spot,
    stroke,
)

from firmware_host.clock import rfc3339
from firmware_host.coaching.events import Contact, Fault, Rejected, SetDone
from firmware_host.history import database
from firmware_host.history.database import CorruptStore, StoreError, move_aside
from firmware_host.history.reader import Reader, UnknownSession
from firmware_host.history.schema import MIGRATIONS
from firmware_host.history.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    made = Store(path)
    made.open()
    yield made
    made.close()


def test_a_session_comes_back_as_it_was(store: Store) -> None:
    events = small_session(100.0)
    feed(store, events, recording="20261116T180000Z")
    detail = store.session(1)
    totals = detail.totals
    assert totals.started_at == rfc3339(MONDAY)
    assert totals.ended_at == rfc3339(MONDAY + timedelta(seconds=41))
    assert (totals.phase, totals.profile, totals.ended) == ("light", "article", "person")
    assert (totals.sets, totals.passes, totals.short_passes, totals.holds) == (1, 2, 1, 1)
    assert (totals.work_s, totals.hold_s, totals.distance_m, totals.in_guidance) == (38.0, 20.0, 0.6, 0.75)
    assert totals.recording == "20261116T180000Z"
    assert detail.per_leg_s == {"left": 38.0}
    assert detail.advice == ("Drink something.",)
    assert detail.cues == {"slow_down": 1}
    assert [(mark.position_m, mark.rating) for mark in detail.spots] == [(0.12, 6)]
    given = next(event for event in events if isinstance(event, SetDone))
    names = set(SetDone.__struct_fields__) - {"t", "start", "end"}
    assert {name: getattr(detail.sets[0], name) for name in names} == {name: getattr(given, name) for name in names}
    assert (detail.sets[0].start_s, detail.sets[0].end_s) == (given.start, given.end)


def test_passes_and_holds_come_back_with_every_field(store: Store) -> None:
    events = small_session(100.0)
    feed(store, events)
    kept = list(store.rows("passes", 1)) + list(store.rows("holds", 1))
    given = [event for event in events if type(event).__name__ in ("Pass", "ShortPass", "Hold")]
    assert len(kept) == len(given) == 4
    for row, event in zip(kept, given, strict=True):
        for name in event.__struct_fields__:
            column = {"t": "t_s", "start": "start_s", "end": "end_s"}.get(name, name)
            value = getattr(event, name)
            assert row[column] == (" ".join(value) if name == "flags" else value), name
        assert row["set_id"] == 1
        assert row["session_id"] == 1
    assert [row["kind"] for row in kept[:3]] == ["pass", "pass", "short_pass"]


def test_strokes_belong_to_the_set_of_their_tool_and_time(store: Store) -> None:
    """A set too short to be kept leaves its strokes without a set; the next set does not take them."""
    feed(
        store,
        [
            stroke(104.0),  # of a set that was not kept
            stroke(120.0),
            stroke(121.0, tool="stick", start=117.5, end=119.0),
            done_set(115.0, 130.0),
            done_set(115.0, 130.0, tool="stick", muscle="quadriceps"),
        ],
    )
    assert [row["set_id"] for row in store.rows("passes")] == [None, 1, 2]


def test_what_recordings_have_is_not_kept(store: Store) -> None:
    for event in (
        Contact(t=1.0, tool="roller", on=True),
        Fault(t=1.0, device="roller imu", what="gone", hint=""),
        Rejected(t=1.0, input="select", why="no such muscle"),
        done_session(0.0, 2.0),
    ):
        store.add(event, MONDAY)
    assert store.sessions() == []


def test_a_session_without_a_set_or_spot_leaves_no_row(store: Store) -> None:
    feed(store, [stroke(4.0), done_session(0.0, 5.0)])
    assert store.sessions() == []
    assert list(store.rows("passes")) == []
    feed(store, [stroke(4.0), spot(4.5), done_session(0.0, 5.0)])
    assert [one.sets for one in store.sessions()] == [0]


def test_sets_that_were_lost_on_the_way_come_from_the_sessions_event(store: Store) -> None:
    store.add(done_session(0.0, 100.0, done_set(0.0, 40.0), done_set(50.0, 90.0)), MONDAY)
    assert [row.start_s for row in store.session(1).sets] == [0.0, 50.0]


def test_ids_are_never_used_again(store: Store) -> None:
    feed(store, small_session())
    assert store.forget(1) is None
    feed(store, small_session())
    assert [one.id for one in store.sessions()] == [2]


def test_forget_takes_everything_of_the_session_and_nothing_else(store: Store) -> None:
    feed(store, small_session(), recording="one")
    feed(store, small_session(), MONDAY + timedelta(days=1), recording="two")
    assert store.forget(1) == "one"
    for table in ("sets", "passes", "holds", "spots", "cues"):
        assert {row["session_id"] for row in store.rows(table)} == {2}, table  # type: ignore[arg-type]
    with pytest.raises(UnknownSession, match="no session 1; the nearest is 2"):
        store.forget(1)


def test_a_recording_that_two_sessions_share_is_kept_until_the_last_goes(store: Store) -> None:
    feed(store, small_session(), recording="one")
    feed(store, small_session(), MONDAY + timedelta(hours=1), recording="one")
    assert store.forget(1) is None
    assert store.forget(2) == "one"


def test_the_running_session_is_shown_and_not_forgotten(store: Store) -> None:
    feed(store, small_session()[:-1])
    assert store.sessions()[0].ended is None
    assert store.sessions(ended_only=True) == []
    assert store.summary(MONDAY).total_sessions == 0
    assert store.last_session() is None
    with pytest.raises(StoreError, match="still running"):
        store.forget(1)


def test_unknown_ids_name_the_nearest(store: Store) -> None:
    with pytest.raises(UnknownSession, match="no sessions yet"):
        store.session(7)
    feed(store, small_session())
    with pytest.raises(UnknownSession, match="the nearest is 1"):
        store.session(7)


def test_any_number_and_any_moment_may_be_asked_for(store: Store) -> None:
    """They come over MQTT: none may be an error of the program."""
    feed(store, small_session())
    for number in (10**60, -(10**60), 2**63, 0, -1):
        with pytest.raises(UnknownSession, match="the nearest is 1"):
            store.forget(number)
    east, west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    first, last = datetime.min.replace(tzinfo=east), datetime.max.replace(tzinfo=west)
    assert len(store.sessions_between(first, last)) == 1
    assert store.sessions_between(last, first) == []


def test_rating_a_spot_does_not_mark_it_again(store: Store) -> None:
    feed(
        store, [spot(1.0), spot(2.0, 0.3), spot(3.0, 0.3, rating=7), spot(4.0, 0.3, rating=5), spot(5.0, 0.5, rating=2)]
    )
    feed(store, [spot(6.0, 0.3, side="right", rating=9)])
    kept = [(mark.position_m, mark.side, mark.rating) for mark in store.session(1).spots]
    assert kept == [(0.12, "left", None), (0.3, "left", 5), (0.5, "left", 2), (0.3, "right", 9)]


def test_sessions_between_two_moments(store: Store) -> None:
    for day in range(3):
        feed(store, small_session(), MONDAY + timedelta(days=day))
    tuesday = MONDAY + timedelta(days=1)
    assert [one.id for one in store.sessions_between(tuesday, tuesday + timedelta(days=1))] == [2]
    assert [one.id for one in store.sessions_between(tuesday, None)] == [3, 2]
    assert [one.id for one in store.sessions_between(None, tuesday)] == [1]
    assert len(store.sessions_between(None, None)) == 3


# --- killed, full, locked, damaged ----------------------------------------------------------------------------------

WRITER = """
import os, sys, signal
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from history_doubles import MONDAY, done_set, feed, hold, stroke
from firmware_host.history.store import Store

store = Store(Path(sys.argv[1]))
store.open()
feed(store, [stroke(4.0), stroke(8.0), done_set(0.0, 10.0, passes=2, short_passes=0, holds=0, hold_s=0.0)])
feed(store, [stroke(20.0), stroke(24.0, short=True), hold(50.0, 20.0)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_program_loses_nothing_that_was_added(path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", WRITER, str(path), str(Path(__file__).parent)], check=False)
    assert ended.returncode == -9
    store = Store(path)
    store.open()
    assert store.sessions()[0].ended is None
    assert store.close_interrupted() == 1
    assert store.close_interrupted() == 0
    detail = store.session(1)
    assert detail.totals.ended == "interrupted"
    assert detail.totals.phase == "unknown"
    assert detail.totals.in_guidance is None
    kept, cut = detail.sets
    assert (kept.passes, kept.work_s) == (2, 8.0)
    assert (cut.passes, cut.short_passes, cut.holds, cut.hold_s) == (1, 1, 1, 20.0)
    assert cut.work_s == pytest.approx(3 + 3 + 20)
    assert cut.distance_m == pytest.approx(0.5)
    assert cut.mean_speed_m_s == pytest.approx(0.5 / 6)
    assert cut.in_guidance is None
    assert cut.mean_force_n == pytest.approx((180 * 6 + 200 * 20) / 26)
    assert detail.totals.work_s == pytest.approx(8 + 26)
    assert [row["set_id"] for row in store.rows("passes")] == [1, 1, 2, 2]
    feed(store, small_session())
    assert {one.id for one in store.sessions()} == {1, 2}, "the next session is a new one"
    store.close()


def test_an_interrupted_session_of_nothing_leaves_no_row(path: Path) -> None:
    store = Store(path)
    store.open()
    feed(store, [stroke(2.0, start=0.0, end=1.0)])
    store.close()
    again = Store(path)
    again.open()
    assert again.close_interrupted() == 1
    assert again.sessions() == []
    again.close()


def test_a_store_opened_again_goes_on_with_its_session(store: Store) -> None:
    events = small_session()
    feed(store, events[:4])
    store.close()
    store.open()
    feed(store, events[4:], MONDAY + timedelta(seconds=10))
    assert len(store.sessions()) == 1
    assert store.sessions()[0].passes == 2


def test_a_full_disk_is_said_and_the_event_can_be_added_later(store: Store) -> None:
    events = small_session()
    feed(store, events[:2])
    connection = store._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite then says what it says on a full disk
    added = 0
    with pytest.raises(StoreError, match="full") as caught:  # noqa: PT012
        for number in range(10_000):
            store.add(hold(200.0 + number, 3.0), MONDAY)
            added += 1
    assert "Free some space" in caught.value.hint
    assert len(list(store.rows("holds"))) == added, "nothing is half done"
    connection.execute("PRAGMA max_page_count = 1000000")
    store.add(hold(9999.0, 3.0), MONDAY)
    assert len(list(store.rows("holds"))) == added + 1
    assert len(store.sessions()) == 1


def test_the_first_event_of_a_session_is_not_lost_to_an_error(store: Store, path: Path) -> None:
    """Opening the session's row and adding the event are one: after an error neither is there."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"locked.*second slowroll"):
        store.add(stroke(4.0), MONDAY)
    other.execute("ROLLBACK")
    other.close()
    feed(store, small_session())
    assert [one.passes for one in store.sessions()] == [2]


def test_a_reader_reads_while_the_store_writes(store: Store, path: Path) -> None:
    feed(store, small_session())
    reader = Reader(path)
    reader.open()
    store.add(stroke(500.0), MONDAY)
    assert len(reader.sessions()) == 2
    reader.close()


@pytest.mark.parametrize("damage", ["rubbish", "middle"])
def test_a_damaged_file_is_said_and_moved_aside(path: Path, damage: str) -> None:
    store = Store(path)
    store.open()
    for day in range(40):
        feed(store, small_session(), MONDAY + timedelta(days=day))
    store.close()
    content = bytearray(path.read_bytes())
    if damage == "rubbish":
        content[:] = b"this is not a database" * 100
    else:
        content[4096 * 2 : 4096 * 6] = b"\xff" * (4096 * 4)
    path.write_bytes(content)
    for broken in (Store(path), Reader(path)):
        with pytest.raises(CorruptStore, match=r"damaged.*\.recover"):
            broken.open()
    aside = move_aside(path, MONDAY)
    assert aside.name == "history.sqlite3.damaged-20261116T180000Z"
    assert aside.read_bytes() == bytes(content)
    store.open()
    assert store.sessions() == []
    feed(store, small_session())
    store.close()


def test_a_newer_file_is_left_alone(path: Path) -> None:
    store = Store(path)
    store.open()
    store.close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    before = path.read_bytes()
    for one in (Store(path), Reader(path)):
        with pytest.raises(StoreError, match=r"newer slowroll.*Update slowroll") as caught:
            one.open()
        assert not isinstance(caught.value, CorruptStore)
    assert path.read_bytes() == before


def test_an_older_file_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(path)
    store.open()
    feed(store, small_session())
    store.close()
    step = "-- a comment; with a semicolon\nALTER TABLE sessions ADD COLUMN mood TEXT;\nCREATE TABLE more (a);\n"
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, step))
    reader = Reader(path)
    with pytest.raises(StoreError, match="older slowroll"):
        reader.open()
    store.open()
    assert "mood" in store.columns("sessions")  # type: ignore[arg-type]
    assert store.sessions()[0].passes == 2
    reader.open()
    reader.close()
    store.close()


def test_a_step_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(path)
    store.open()
    store.close()
    step = "CREATE TABLE more (a);\nCREATE TABLE more (a);\n"
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, step))
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        store.open()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'more'").fetchone()[0] == 0
    connection.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "history.sqlite3")
    with pytest.raises(StoreError, match="can't make this folder"):
        store.open()


def test_a_path_that_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="another user"):
        Store(tmp_path).open()
    with pytest.raises(StoreError):
        Reader(tmp_path / "nothing").open()
    assert not (tmp_path / "nothing").exists()


def test_a_store_that_is_not_open_is_a_bug(path: Path) -> None:
    with pytest.raises(RuntimeError, match="before open"):
        Store(path).sessions()
