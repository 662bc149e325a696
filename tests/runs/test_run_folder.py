"""The folder of runs: what appears is read once, told to the engine as time past, or said and put aside."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from brokers import until
from run_files import END, fit, gpx, tcx

from firmware_host.clock import ManualClock, SystemClock
from firmware_host.coaching.inputs import Command
from firmware_host.messaging.commands import Refusal, decode
from firmware_host.runs.delivery import NobodyThere, deliver
from firmware_host.runs.folder import POLL_S, RunFolder


class Watched:
    """A folder with an engine behind it that takes everything, or refuses with `engine_why`."""

    def __init__(self, folder: Path, wall: datetime) -> None:
        self.path = folder
        self.path.mkdir(exist_ok=True)
        self.clock = Wall(wall)
        self.given: list[Command] = []
        self.engine_why = ""
        self.run_t: float | None = None
        self.runs = self.made()

    def made(self) -> RunFolder:
        memory = self.path.parent / "runs-read.json"
        return RunFolder(self.path, memory, self.clock, self._decode, self._take, lambda: self.run_t)

    def _decode(self, payload: bytes) -> Command | str:
        request = decode("run_finished", payload, self.clock.now(), self.clock.wall())
        assert isinstance(request, Command | Refusal)
        return request.why if isinstance(request, Refusal) else request

    def _take(self, command: Command) -> None:
        self.given.append(command)
        if not self.engine_why:
            assert command.ago_s is not None
            self.run_t = command.t - command.ago_s
        self.runs.answered(command, self.engine_why)

    def drop(self, name: str, content: bytes, age: timedelta = timedelta()) -> Path:
        """A file that was written now (on this folder's clock), or `age` before."""
        path = self.path / name
        path.write_bytes(content)
        at = (self.clock.wall() - age).timestamp()
        os.utime(path, (at, at))
        return path

    def look(self, times: int = 2) -> None:
        for _ in range(times):
            self.runs.poll()
            self.clock.sleep(POLL_S)

    @property
    def ago_s(self) -> list[float]:
        return [command.ago_s for command in self.given if command.ago_s is not None]


class Wall(ManualClock):
    """A clock whose wall can jump."""

    def jump(self, by: timedelta) -> None:
        self._started_at += by


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "runs", END + timedelta(hours=3))


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    caplog.set_level(logging.INFO, "slowroll.runs")
    return lambda: caplog.text


@pytest.mark.parametrize("content", [fit(), gpx(), tcx()], ids=["fit", "gpx", "tcx"])
def test_a_file_says_how_long_ago_the_run_ended_once(watched: Watched, content: bytes, said: Callable[[], str]) -> None:
    path = watched.drop("lunch", content)
    watched.look(4)
    (ago_s,) = watched.ago_s
    assert ago_s == pytest.approx(3 * 3600 + POLL_S)
    assert "the run ended 3 h ago" in said()
    assert path.exists()


def test_it_is_read_once_over_restarts_and_again_when_it_changes(watched: Watched) -> None:
    watched.drop("lunch.fit", fit())
    watched.look()
    watched.runs = watched.made()
    watched.look(3)
    assert len(watched.given) == 1
    watched.drop("lunch.fit", fit(END + timedelta(hours=1), records=9))
    watched.look(3)
    assert len(watched.given) == 2


def test_a_file_that_arrived_while_nobody_looked_is_read(watched: Watched) -> None:
    watched.drop("lunch.fit", fit(), age=timedelta(hours=2))
    watched.look()
    assert len(watched.given) == 1


def test_a_file_still_being_written_waits(watched: Watched) -> None:
    whole = gpx()
    for part in (100, 200, 300):
        watched.drop("lunch.gpx", whole[:part])
        watched.look(1)
    watched.drop("lunch.gpx", whole)
    watched.look(1)
    assert watched.given == []
    watched.look(1)
    assert len(watched.given) == 1
    assert not (watched.path / "refused").exists()


@pytest.mark.parametrize("name", [".lunch.fit", "lunch.fit.part", "lunch.fit.tmp", "lunch.crdownload"])
def test_unfinished_names_links_and_folders_are_left_alone(watched: Watched, name: str, tmp_path: Path) -> None:
    watched.drop(name, fit())
    (watched.path / "2026").mkdir()
    (tmp_path / "elsewhere.fit").write_bytes(fit())
    (watched.path / "link.fit").symlink_to(tmp_path / "elsewhere.fit")
    os.mkfifo(watched.path / "pipe.fit")
    watched.look(3)
    assert watched.given == []
    assert (watched.path / name).exists()


def test_a_name_that_can_not_be_printed_is_said_and_harms_nothing(watched: Watched, said: Callable[[], str]) -> None:
    for name in (b"\xff.fit", b"two\nlines.fit"):
        (watched.path / os.fsdecode(name)).write_bytes(fit())
    watched.drop("läuft gut.fit", fit())
    watched.look(3)
    assert len(watched.given) == 1
    assert said().count("can't be printed") == 2


def test_what_can_not_be_read_is_put_aside_with_the_reason(watched: Watched, said: Callable[[], str]) -> None:
    watched.drop("photo.fit", b"not a run")
    watched.drop("lunch.gpx", gpx())
    watched.look()
    assert len(watched.given) == 1
    assert not (watched.path / "photo.fit").exists()
    assert (watched.path / "refused" / "photo.fit").read_bytes() == b"not a run"
    assert "neither FIT" in (watched.path / "refused" / "photo.fit.why.txt").read_text()
    assert "neither FIT" in said()


@pytest.mark.parametrize(
    ("end", "word"), [(timedelta(hours=4), "future"), (timedelta(days=-20), "14 days")], ids=["future", "old"]
)
def test_a_run_in_the_future_or_long_ago_is_said_once_and_stays_the_owners(
    watched: Watched, end: timedelta, word: str, said: Callable[[], str]
) -> None:
    path = watched.drop("lunch.fit", fit(END + end))
    watched.look(5)
    assert watched.given == []
    assert said().count(word) == 1
    assert path.exists()


def test_the_last_run_counts_in_whatever_order_files_arrive(watched: Watched, said: Callable[[], str]) -> None:
    for name, hours in (("b", 0), ("a", -24), ("c", -48)):
        watched.drop(f"{name}.fit", fit(END + timedelta(hours=hours)))
        watched.look()
    assert [round(ago / 3600) for ago in watched.ago_s] == [3]
    assert "1 d before the one already known" in said()


def test_the_same_run_from_watch_and_phone_is_no_older_run(watched: Watched) -> None:
    watched.drop("watch.fit", fit())
    watched.look()
    watched.drop("phone.gpx", gpx(END - timedelta(seconds=20)))
    watched.look()
    assert len(watched.given) == 2


def test_a_year_of_runs_is_passed_over_without_being_read(watched: Watched, said: Callable[[], str]) -> None:
    for day in range(20, 60):
        watched.drop(f"{day}.fit", b"would be refused if it were read", age=timedelta(days=day))
    watched.drop("lunch.fit", fit())
    watched.look(3)
    assert len(watched.given) == 1
    assert "40 files" in said()
    assert not (watched.path / "refused").exists()


def test_files_wait_until_the_clock_is_set_and_count_from_then(watched: Watched, said: Callable[[], str]) -> None:
    right = watched.clock.wall()
    watched.clock.jump(datetime(1970, 1, 1, tzinfo=UTC) - right)
    watched.drop("lunch.fit", fit())
    watched.look(4)
    assert watched.given == []
    assert said().count("clock has not been set") == 1
    watched.clock.jump(right - watched.clock.wall())
    watched.look(1)
    assert watched.ago_s == [pytest.approx(3 * 3600)]


def test_a_wall_clock_that_jumps_afterwards_changes_nothing(watched: Watched) -> None:
    watched.drop("lunch.fit", fit())
    watched.look()
    run_t = watched.run_t
    for jump in (timedelta(days=400), timedelta(days=-800), timedelta(hours=1)):
        watched.clock.jump(jump)
        watched.look()
    assert watched.run_t == run_t
    assert len(watched.given) == 1


def test_a_request_is_taken_and_removed(watched: Watched) -> None:
    path = watched.drop("ask.json", b'{"minutes_ago": 90, "effort": 7}')
    watched.look()
    (command,) = watched.given
    assert (command.ago_s, command.effort) == (5400, 7)
    assert not path.exists()


def test_a_request_counts_even_if_a_later_run_is_known(watched: Watched) -> None:
    watched.run_t = -60.0
    watched.drop("ask.json", b'{"minutes_ago": 90}')
    watched.look()
    assert watched.ago_s == [5400]


def test_a_request_needs_no_wall_clock(watched: Watched) -> None:
    watched.clock.jump(datetime(1970, 1, 2, tzinfo=UTC) - watched.clock.wall())
    watched.drop("ask.json", b'{"minutes_ago": 90}')
    watched.look()
    assert watched.ago_s == [5400]


@pytest.mark.parametrize(
    ("content", "age", "word"),
    [
        (b'{"minutes_ago": 90}', timedelta(minutes=10), "not written just now"),
        (b'{"minutes_ago": 90}', timedelta(minutes=-10), "not written just now"),
        (b'{"minutes_ago": -1}', timedelta(), "minutes_ago"),
        (b'{"at": "2036-08-01T07:30:00Z"}', timedelta(), "future"),
        (b'{"minute_ago": 5}', timedelta(), "did you mean 'minutes_ago'"),
        (b"{}", timedelta(), "say when the run ended"),
        (b"{not json", timedelta(), "not JSON"),
        (b"{" * 50, timedelta(), "nested"),
    ],
)
def test_a_wrong_request_is_put_aside_with_the_reason(
    watched: Watched, content: bytes, age: timedelta, word: str
) -> None:
    watched.drop("ask.json", content, age)
    watched.look()
    assert watched.given == []
    assert word in (watched.path / "refused" / "ask.json.why.txt").read_text()


def test_what_the_engine_refuses_is_refused(watched: Watched) -> None:
    watched.engine_why = "not today"
    watched.drop("ask.json", b'{"minutes_ago": 90}')
    watched.look()
    assert "not today" in (watched.path / "refused" / "ask.json.why.txt").read_text()


def test_a_folder_that_is_not_there_yet_is_waited_for(watched: Watched, said: Callable[[], str]) -> None:
    watched.path.rmdir()
    watched.look(3)
    assert said().count("can't be used") == 1
    watched.path.mkdir()
    watched.drop("lunch.fit", fit())
    watched.look()
    assert len(watched.given) == 1


def test_a_memory_that_is_spoilt_only_reads_once_more(watched: Watched, said: Callable[[], str]) -> None:
    (watched.path.parent / "runs-read.json").write_bytes(b"[1, \xff")
    watched.drop("lunch.fit", fit())
    watched.look()
    assert len(watched.given) == 1
    assert "read once more" in said()


@pytest.fixture
def live(tmp_path: Path) -> Watched:
    """On the machine's own clock, sped up, with its thread."""
    watched = Watched(tmp_path / "runs", END)
    watched.clock = SystemClock(speed=20.0)  # type: ignore[assignment]
    watched.runs = watched.made()
    return watched


def test_its_thread_delivers_what_is_dropped_and_ends_at_once(live: Watched) -> None:
    live.runs.start()
    try:
        (live.path / "lunch.gpx").write_bytes(gpx(datetime.now(UTC) - timedelta(hours=2)))
        until(lambda: live.given, "the run is told")
    finally:
        live.runs.stop()
        live.runs.stop()
    assert live.ago_s[0] == pytest.approx(7200, abs=30)


def test_a_delivered_request_comes_back_taken_or_with_its_reason(live: Watched) -> None:
    live.runs.start()
    try:
        assert deliver(live.path, b'{"minutes_ago": 30}') == ""
        assert live.ago_s == [1800]
        assert "say when the run ended" in deliver(live.path, b"{}")
    finally:
        live.runs.stop()
    assert list(live.path.iterdir()) == [live.path / "refused"]
    assert not list((live.path / "refused").iterdir())


def test_a_request_that_nobody_takes_is_taken_back(tmp_path: Path) -> None:
    with pytest.raises(NobodyThere, match="nobody took"):
        deliver(tmp_path, b'{"minutes_ago": 30}', wait_s=0.2)
    assert not list(tmp_path.iterdir())
    with pytest.raises(NobodyThere, match="no folder"):
        deliver(tmp_path / "none", b"{}")
