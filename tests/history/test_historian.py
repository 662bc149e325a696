"""The historian's thread: recordings and rows, kills, full disks, questions."""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from history_doubles import MONDAY, done_set, rating, small_session, stroke, until

from firmware_host.clock import SystemClock
from firmware_host.coaching.inputs import Command, DeviceFault, Input, Person, Tick, Tool
from firmware_host.history import historian as module
from firmware_host.history.database import StoreError
from firmware_host.history.historian import DATABASE, RECORDINGS, Historian
from firmware_host.history.reader import Reader, UnknownSession
from firmware_host.history.recording import encode, encode_header, new_header, open_recording
from firmware_host.history.store import Store
from firmware_host.settings import HistorySettings

HEADER = new_header("test", "2026-11-16T18:00:00.000Z", Person(), (Tool(name="roller", kind="foam_roller"),), None)
NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


class WallClock(SystemClock):
    """Monotonic time as it is; a wall clock that stands at a given moment."""

    def __init__(self, speed: float = 20.0) -> None:
        super().__init__(speed)
        self.at = NOON

    def wall(self) -> datetime:
        return self.at


class Bench:
    def __init__(self, folder: Path, settings: HistorySettings | None = None, clock: WallClock | None = None) -> None:
        self.folder = folder
        self.recordings = folder / RECORDINGS
        self.faults: list[DeviceFault] = []
        self.clock = clock or WallClock()
        self.historian = Historian(folder, self.clock, settings or HistorySettings(), self.faults.append)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.recordings.iterdir()) if self.recordings.is_dir() else []

    def read(self, name: str) -> list[Input]:
        recording, file = open_recording(self.recordings / name)
        inputs = list(recording.inputs())
        file.close()
        assert recording.warnings() == []
        return inputs

    def session(self, **changes: Any) -> None:
        for event in small_session(**changes):
            self.historian.event(event, MONDAY)

    def told(self, device: str) -> list[bool]:
        return [fault.ok for fault in self.faults if fault.device == device]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.historian.stop()
    assert [thread for thread in threading.enumerate() if thread.name == "historian"] == []


def lines(*times: float) -> list[bytes]:
    return [encode(Tick(t)) for t in times]


def test_a_session_is_recorded_and_kept(bench: Bench) -> None:
    bench.historian.start()
    bench.historian.line(b"before any session\n")
    bench.historian.begin(HEADER, lines(1.0, 2.0))
    for line in lines(3.0, 4.0):
        bench.historian.line(line)
    bench.session()
    bench.historian.finish()
    bench.historian.line(b"after it\n")
    until(lambda: bench.names() == ["20261116T120000Z.jsonl.gz"], "compressed")
    assert bench.read("20261116T120000Z.jsonl.gz") == [Tick(1.0), Tick(2.0), Tick(3.0), Tick(4.0)]
    detail = bench.historian.ask(lambda store: store.session(1)).result(5)
    assert detail.totals.recording == "20261116T120000Z"
    assert detail.totals.passes == 2
    assert bench.historian.dropped() == {"recording": 0, "history": 0}
    assert bench.faults == []


def test_the_recording_on_disk_follows_while_it_runs(bench: Bench) -> None:
    bench.historian.start()
    bench.historian.begin(HEADER, [])
    bench.historian.line(lines(1.0)[0])
    path = bench.recordings / "20261116T120000Z.jsonl"
    until(lambda: path.exists() and path.read_bytes().endswith(lines(1.0)[0]), "flushed")
    assert path.read_bytes() == encode_header(HEADER) + lines(1.0)[0]


def test_events_after_the_recordings_end_still_name_it(bench: Bench) -> None:
    """The engine closes the recording, then hands out the events of the last input."""
    bench.historian.start()
    bench.historian.begin(HEADER, [])
    bench.historian.finish()
    bench.session()
    assert bench.historian.ask(lambda store: store.sessions()[0].recording).result(5) == "20261116T120000Z"


def test_stop_writes_what_is_queued_and_the_next_start_compresses(bench: Bench) -> None:
    bench.historian.start()
    bench.historian.begin(HEADER, lines(1.0))
    bench.historian.line(lines(2.0)[0])
    bench.session()
    bench.historian.stop()
    bench.historian.stop()
    assert bench.names() == ["20261116T120000Z.jsonl"]
    assert bench.read("20261116T120000Z.jsonl") == [Tick(1.0), Tick(2.0)]
    again = Bench(bench.folder)
    again.historian.start()
    until(lambda: again.names() == ["20261116T120000Z.jsonl.gz"], "compressed at the next start")
    assert len(again.historian.ask(lambda store: store.sessions()).result(5)) == 1
    again.historian.stop()


def test_nothing_is_recorded_where_the_owner_does_not_want_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, HistorySettings(record=False))
    bench.historian.start()
    bench.historian.begin(HEADER, lines(1.0))
    bench.historian.line(lines(2.0)[0])
    bench.session()
    bench.historian.finish()
    assert bench.historian.ask(lambda store: store.sessions()[0].recording).result(5) is None
    bench.historian.stop()
    assert bench.names() == []


def test_old_recordings_go_and_their_statistics_stay(tmp_path: Path) -> None:
    folder = tmp_path / RECORDINGS
    folder.mkdir()
    (folder / "20260101T000000Z.jsonl.gz").write_bytes(gzip.compress(b"old\n"))
    (folder / "20261110T000000Z.jsonl.gz").write_bytes(gzip.compress(b"new\n"))
    bench = Bench(tmp_path, HistorySettings(keep_days=30))
    bench.historian.start()
    bench.session()
    assert bench.historian.ask(lambda store: len(store.sessions())).result(5) == 1
    assert bench.names() == ["20261110T000000Z.jsonl.gz"]
    bench.clock.at = datetime(2027, 1, 1, tzinfo=UTC)
    bench.historian.begin(HEADER, [])
    bench.historian.finish()
    until(lambda: bench.names() == ["20270101T000000Z.jsonl.gz"], "pruned after a session")
    bench.historian.stop()


WRITER = """
import os, sys, signal, time
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from history_doubles import MONDAY, stroke
from test_historian import HEADER, Bench, lines

bench = Bench(Path(sys.argv[1]))
bench.historian.start()
bench.historian.begin(HEADER, lines(1.0))
for t in range(2, 12):
    bench.historian.line(lines(float(t))[0])
bench.historian.event(stroke(10.0), MONDAY)
path = bench.recordings / "20261116T120000Z.jsonl"
deadline = time.monotonic() + 10
while not (path.exists() and path.read_bytes().endswith(lines(11.0)[0])) and time.monotonic() < deadline:
    time.sleep(0.01)
bench.historian.ask(lambda store: store.sessions()).result(10)
with path.open("ab") as file:
    file.write(b'{"t":12.0,"to')  # killed in the middle of a line
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_program_leaves_a_recording_and_an_interrupted_session(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", WRITER, str(tmp_path), str(Path(__file__).parent)], check=False)
    assert ended.returncode == -9
    bench = Bench(tmp_path)
    bench.historian.start()
    until(lambda: bench.names() == ["20261116T120000Z.jsonl.gz"], "compressed")
    recording, file = open_recording(bench.recordings / "20261116T120000Z.jsonl.gz")
    assert list(recording.inputs()) == [Tick(float(t)) for t in range(1, 12)]
    assert recording.cut_off
    file.close()
    session = bench.historian.ask(lambda store: store.sessions()[0]).result(5)
    assert (session.ended, session.passes, session.recording) == ("interrupted", 1, "20261116T120000Z")
    bench.historian.stop()


# --- disks that say no ----------------------------------------------------------------------------------------------


@pytest.fixture
def full_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Until undone every recording is written to /dev/full, which fails as a full disk does."""

    def create(stamp: str) -> Any:
        return open("/dev/full", "wb"), stamp

    monkeypatch.setattr(bench.historian._recorder, "_create", create)
    return monkeypatch


def test_a_full_disk_stops_the_recording_alone_and_is_said_once(bench: Bench, full_disk: pytest.MonkeyPatch) -> None:
    bench.historian.start()
    for number in range(3):
        bench.historian.begin(HEADER, lines(1.0))
        for t in range(50):
            bench.historian.line(lines(float(t))[0])
        bench.session(t=100.0 + number)
        bench.historian.finish()
    assert bench.historian.ask(lambda store: len(store.sessions())).result(5) == 3
    assert bench.told("recording") == [False]
    assert "No space left" in bench.faults[0].what
    assert "disk is full" in bench.faults[0].hint
    full_disk.undo()
    bench.historian.begin(HEADER, lines(1.0))
    bench.historian.finish()
    until(lambda: bench.names() == ["20261116T120000Z.jsonl.gz"], "recording again")
    assert bench.told("recording") == [False, True]
    assert bench.historian.dropped() == {"recording": 0, "history": 0}


def test_a_disk_that_fills_up_in_mid_session(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.historian.start()
    bench.historian.begin(HEADER, lines(1.0))
    until(lambda: bench.names() == ["20261116T120000Z.jsonl"], "begun")
    recorder = bench.historian._recorder
    flushed = recorder.flush

    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder, "flush", full)
    bench.historian.line(lines(2.0)[0])
    until(lambda: bench.told("recording") == [False], "said")
    monkeypatch.setattr(recorder, "flush", flushed)
    for t in range(3, 100):
        bench.historian.line(lines(float(t))[0])
    bench.historian.finish()
    assert bench.historian.ask(lambda store: store.sessions()).result(5) == []
    recording, file = open_recording(bench.recordings / "20261116T120000Z.jsonl")
    assert list(recording.inputs())[:1] == [Tick(1.0)]
    assert Tick(99.0) not in list(recording.inputs())
    file.close()
    assert bench.historian.dropped()["recording"] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system takes root")
def test_a_really_full_file_system(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(small)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let us mount")
    try:
        bench = Bench(small)
        bench.historian.start()
        bench.session()
        assert bench.historian.ask(lambda store: len(store.sessions())).result(5) == 1
        bench.historian.begin(HEADER, [])
        filler = encode(Command(t=1.0, command="select", id="x" * 1000))
        deadline = 2000
        while not bench.told("recording") and deadline:
            bench.historian.line(filler)
            deadline -= 1
            if deadline % 50 == 0:
                bench.historian.ask(lambda store: None).result(5)
        assert bench.told("recording") == [False]
        bench.session(t=200.0)
        for path in bench.recordings.iterdir():
            path.unlink()
        bench.clock.at = datetime(2026, 11, 17, tzinfo=UTC)
        bench.historian.finish()
        bench.historian.begin(HEADER, lines(1.0))
        bench.historian.finish()
        until(lambda: bench.told("recording") == [False, True], "recording again")
        until(lambda: "20261117T000000Z.jsonl.gz" in bench.names(), "compressed")
        until(lambda: not bench.historian._rows and bench.historian._down is None, "every row written, at last")
        assert bench.historian.ask(lambda store: len(store.sessions())).result(5) == 2
        bench.historian.stop()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_rows_wait_for_a_locked_store(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", 2.0)
    bench.historian.start()
    bench.historian.ask(lambda store: None).result(5)
    other = sqlite3.connect(bench.folder / DATABASE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    bench.session()
    until(lambda: bench.told("history") == [False], "said")
    with pytest.raises(StoreError, match="locked"):
        bench.historian.ask(lambda store: store.sessions()).result(5)
    other.execute("ROLLBACK")
    other.close()
    until(lambda: bench.told("history") == [False, True], "written after all")
    assert bench.historian.ask(lambda store: store.sessions()[0].passes).result(5) == 2
    assert bench.told("history") == [False, True]


def test_a_damaged_history_is_moved_aside_and_a_new_one_started(bench: Bench) -> None:
    (bench.folder / DATABASE).write_bytes(b"rubbish" * 1000)
    bench.historian.start()
    bench.session()
    assert bench.historian.ask(lambda store: len(store.sessions())).result(5) == 1
    aside = [path.name for path in bench.folder.iterdir() if "damaged" in path.name]
    assert aside == [f"{DATABASE}.damaged-20261116T120000Z"]
    assert bench.told("history") == [False, True]
    assert aside[0] in bench.faults[0].hint


def test_a_history_of_a_newer_version_is_left_alone_and_recording_goes_on(bench: Bench) -> None:
    connection = sqlite3.connect(bench.folder / DATABASE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    bench.historian.start()
    bench.session()
    bench.historian.begin(HEADER, lines(1.0))
    bench.historian.finish()
    until(lambda: bench.names() == ["20261116T120000Z.jsonl.gz"], "recorded")
    assert bench.told("history") == [False]
    assert "newer slowroll" in bench.faults[0].what


# --- the queue and questions ----------------------------------------------------------------------------------------


def test_what_the_disk_cannot_follow_is_dropped_and_counted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINE_LIMIT", 10)
    monkeypatch.setattr(module, "ROW_LIMIT", 5)
    bench.historian.begin(HEADER, [])  # not started: as slow as a disk can be
    for t in range(20):
        bench.historian.line(lines(float(t))[0])
    for t in range(20):
        bench.historian.event(stroke(100.0 + t), MONDAY)
    assert bench.historian.dropped() == {"recording": 11, "history": 15}
    bench.historian.start()
    assert bench.historian.ask(lambda store: len(list(store.rows("passes")))).result(5) == 5


def test_forget_takes_the_recording_too(bench: Bench) -> None:
    bench.historian.start()
    bench.historian.begin(HEADER, lines(1.0))
    bench.session()
    bench.historian.finish()
    until(lambda: bench.names() == ["20261116T120000Z.jsonl.gz"], "compressed")
    assert bench.historian.forget(1).result(5) is None
    assert bench.names() == []
    with pytest.raises(UnknownSession):
        bench.historian.forget(1).result(5)


def test_ratings_are_kept(bench: Bench) -> None:
    bench.historian.start()
    bench.session()
    bench.historian.event(rating(150.0, 4), MONDAY)
    assert [one.value for one in bench.historian.ask(lambda store: store.session(1).ratings).result(5)] == [4]


def test_questions_after_the_end_are_told_so(bench: Bench) -> None:
    bench.historian.start()
    bench.historian.stop()
    with pytest.raises(StoreError, match="closed"):
        bench.historian.ask(lambda store: store.sessions()).result(5)


def test_a_bug_in_a_question_ends_the_thread_and_nobody_waits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    died: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    bench.historian.start()

    def buggy(store: Store) -> None:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        bench.historian.ask(buggy).result(5)
    until(lambda: died != [], "the thread's end")
    with pytest.raises(StoreError, match="closed"):
        bench.historian.ask(lambda store: None).result(5)


def test_another_program_reads_meanwhile(bench: Bench) -> None:
    bench.historian.start()
    bench.historian.event(stroke(5.0), MONDAY)
    bench.historian.event(done_set(0.0, 10.0), MONDAY)
    bench.historian.ask(lambda store: None).result(5)
    reader = Reader(bench.folder / DATABASE)
    reader.open()
    assert [one.ended for one in reader.sessions()] == [None]
    reader.close()
