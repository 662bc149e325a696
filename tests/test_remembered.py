"""What is remembered over a restart: clocks that jump, files that are rubbish, disks that say no."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import Command, DeviceFault
from firmware_host.remembered import (
    ACKNOWLEDGED,
    OLDEST,
    RUN,
    STEP_S,
    Remembered,
    Run,
    RunMemory,
    Soreness,
    acknowledge,
    acknowledged,
    load,
    save,
)

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
HOUR = 3600.0


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


# --- the run and the clocks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ended_s", "ago_s"),
    [
        (-2 * HOUR, 2 * HOUR),
        (0.0, 0.0),
        (59.0, 0.0),
        (61.0, None),
        (86400.0 * 365, None),
        (-OLDEST.total_seconds(), OLDEST.total_seconds()),
        (-OLDEST.total_seconds() - 1, None),
    ],
)
def test_the_run_of_the_file(ended_s: float, ago_s: float | None) -> None:
    assert RunMemory(Run(ended_at=later(ended_s))).restore(5.0, NOON) == ago_s


def test_without_a_file_nothing_is_known() -> None:
    assert RunMemory().restore(5.0, NOON) is None
    assert RunMemory().soreness(5.0, NOON) is None


def test_a_clock_that_was_never_set_knows_nothing_and_once_it_is_set_it_does() -> None:
    """A Pi without a network believes in 1970; the run that it was told of then is from a 1970 of another start."""
    start = datetime(1970, 1, 1, tzinfo=UTC)
    memory = RunMemory(Run(ended_at=start - timedelta(hours=1)))
    assert memory.restore(0.0, start) is None
    memory = RunMemory(Run(ended_at=later(-HOUR)))
    assert memory.restore(0.0, start) is None
    assert memory.look(1.0, start + timedelta(seconds=1)) is None
    assert memory.look(2.0, later(2.0)) == HOUR + 2.0
    assert memory.look(3.0, later(3.0)) is None, "told once"


def test_a_jump_moves_no_run_that_was_told_and_the_file_is_put_right() -> None:
    memory = RunMemory()
    memory.restore(0.0, NOON)
    memory.told(10.0, later(10.0), 1800.0, 6)
    memory.sore(20.0, later(20.0), 3)
    assert memory.run == Run(ended_at=later(-1790.0), effort=6, soreness=Soreness(value=3, at=later(20.0)))
    year = 365 * 86400.0
    assert memory.look(100.0, later(100.0 + year)) is None
    assert memory.run == Run(ended_at=later(year - 1790.0), effort=6, soreness=Soreness(value=3, at=later(year + 20.0)))
    assert memory.soreness(100.0, later(100.0 + year)) == (3, 80.0)


def test_a_run_of_the_file_gets_older_with_the_clock() -> None:
    """It started with the time of the last shutdown; then the network came up."""
    memory = RunMemory(Run(ended_at=later(-HOUR)))
    assert memory.restore(0.0, NOON) == HOUR
    assert memory.look(1.0, later(1.0)) is None
    assert memory.look(2.0, later(3 * 86400.0)) == HOUR + 3 * 86400.0
    assert memory.look(3.0, later(60 * 86400.0)) == HOUR + 60 * 86400.0, "what was handed on can't be taken back"
    assert memory.look(4.0, later(-2 * HOUR)) is None, "before the run: this clock knows nothing better"
    assert memory.look(5.0, later(0.0)) == HOUR


def test_small_steps_are_noticed_once_they_add_up() -> None:
    memory = RunMemory(Run(ended_at=later(-HOUR)))
    memory.restore(0.0, NOON)
    assert memory.look(1.0, later(31.0)) is None
    assert memory.look(2.0, later(62.0)) is None
    assert memory.look(3.0, later(93.0)) == HOUR + 93.0


def test_soreness_from_before_the_run_is_over() -> None:
    sore = Soreness(value=5, at=later(-2 * HOUR))
    assert RunMemory(Run(soreness=sore, ended_at=later(-3 * HOUR))).soreness(0.0, NOON) == (5, 2 * HOUR)
    assert RunMemory(Run(soreness=sore)).soreness(0.0, NOON) == (5, 2 * HOUR)
    assert RunMemory(Run(soreness=sore, ended_at=later(-HOUR))).soreness(0.0, NOON) is None


YEARS = 20 * 365 * 86400.0
jumps = st.lists(
    st.tuples(st.floats(0.0, 7200.0), st.one_of(st.just(0.0), st.floats(-90, 90), st.floats(-YEARS, YEARS)))
)


@given(jumps, st.floats(0, 30 * 86400.0))
def test_whatever_the_clock_does_a_run_that_was_told_keeps_its_age(
    steps: list[tuple[float, float]], ago_s: float
) -> None:
    memory, now, wall = RunMemory(), 3.0, NOON
    memory.restore(now, wall)
    memory.told(now, wall, ago_s)
    for passes_s, jump_s in steps:
        now, wall = now + passes_s, _moved(wall, passes_s + jump_s)
        assert memory.look(now, wall) is None, "the phase does not change"
        assert memory.run.ended_at is not None
        written_s = (wall - memory.run.ended_at).total_seconds()
        assert abs(written_s - (now - 3.0 + ago_s)) <= STEP_S + 1.0


@given(jumps, st.floats(-86400.0, 40 * 86400.0))
def test_whatever_the_clock_does_a_run_of_the_file_is_as_old_as_the_clock_says(
    steps: list[tuple[float, float]], ago_s: float
) -> None:
    """Within what counts as no jump. After a jump to before the run that clock is not believed, and the age that is
    known goes on by itself, until the next jump."""
    ended_at = later(-ago_s)
    memory, now, wall = RunMemory(Run(ended_at=ended_at)), 0.0, NOON
    known = memory.restore(now, wall)
    believed = True
    offset_s = wall.timestamp() - now
    for passes_s, jump_s in steps:
        now, wall = now + passes_s, _moved(wall, passes_s + jump_s)
        age_s = (wall - ended_at).total_seconds()
        if abs(wall.timestamp() - now - offset_s) > STEP_S:
            offset_s = wall.timestamp() - now
            believed = wall.year >= 2024 and age_s >= -STEP_S
        known = None if known is None else known + passes_s
        news = memory.look(now, wall)
        assert news is None or age_s >= -STEP_S
        known = known if news is None else news
        if believed and 0 <= age_s <= OLDEST.total_seconds():
            assert known is not None
            assert abs(known - age_s) <= 2 * STEP_S + 1.0, "what counts as no jump, and as no future"
        assert known is None or known >= 0
    assert memory.run.ended_at == ended_at


def _moved(wall: datetime, seconds: float) -> datetime:
    """Within what a machine's clock can show."""
    low, high = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    return min(high, max(low, wall + timedelta(seconds=seconds)))


# --- the files ------------------------------------------------------------------------------------------------------


def test_files_come_back_as_they_were_written(tmp_path: Path) -> None:
    run = Run(ended_at=NOON, effort=6, soreness=Soreness(value=3, at=later(60.0)))
    save(tmp_path / "new" / RUN, run)
    assert load(tmp_path / "new" / RUN, Run) == run
    assert '"ended_at": "2026-08-01T12:00:00Z"' in (tmp_path / "new" / RUN).read_text()
    assert [path.name for path in (tmp_path / "new").iterdir()] == [RUN]


def test_acknowledged_once_for_all(tmp_path: Path) -> None:
    assert not acknowledged(tmp_path)
    acknowledge(tmp_path, NOON)
    assert acknowledged(tmp_path)
    assert '"2026-08-01T12:00:00Z"' in (tmp_path / ACKNOWLEDGED).read_text()


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"\x00\xff\xfe",
        b"[]",
        b'{"ended_at": "yesterday"}',
        b'{"ended_at": "2026-08-01T12:00:00"}',
        b'{"effort": 11}',
        b'{"version": 2}',
        b'{"colour": "blue"}',
        b'{"ended_at": "2026-08-01T1',
        b"[" * 100_000,
    ],
)
def test_rubbish_is_moved_aside_and_said_once(tmp_path: Path, rubbish: bytes, caplog: pytest.LogCaptureFixture) -> None:
    for name in (RUN, ACKNOWLEDGED):
        (tmp_path / name).write_bytes(rubbish)
    with caplog.at_level(logging.WARNING):
        station = Station(tmp_path)
        station.pass_time(100)
    assert station.remembered.carried.run_end_t is None
    assert not station.remembered.acknowledged
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{ACKNOWLEDGED}.unreadable", f"{RUN}.unreadable"]
    assert (tmp_path / f"{RUN}.unreadable").read_bytes() == rubbish
    assert len([record for record in caplog.records if "can't be used" in record.message]) == 2


# --- with a daemon around it ----------------------------------------------------------------------------------------


class JumpingClock(ManualClock):
    """Time stands until it is slept on; the wall may be moved."""

    ahead_s = 0.0

    def wall(self) -> datetime:
        return super().wall() + timedelta(seconds=self.ahead_s)


class Station:
    """A `Remembered` as the daemon has it; what it hands to the other thread is done at once."""

    def __init__(self, state: Path, ahead_s: float = 0.0) -> None:
        self.clock = JumpingClock(NOON)
        self.clock.ahead_s = ahead_s
        self.faults: list[DeviceFault] = []
        self.writes: list[Callable[[], object]] = []
        self.remembered = Remembered(state, self.clock, self.faults.append, self.do)
        self.known = self.remembered.carried
        """What an engine would know; tests of a real one are in test_daemon_remembers.py."""

    def do(self, work: Callable[[], object]) -> None:
        self.writes.append(work)
        work()

    def took(self, command: Command, **known: Any) -> None:
        self.known = replace(self.known, now=self.clock.now(), **known)
        self.remembered.took(command, self.known)

    def run_finished(self, ago_s: float, effort: int | None = None) -> None:
        said = Command(t=self.clock.now(), command="run_finished", ago_s=ago_s, effort=effort)
        self.took(said, run_end_t=said.t - ago_s, effort=effort)

    def sore(self, value: int | None) -> None:
        now = self.clock.now()
        self.took(Command(t=now, command="soreness", value=value), soreness=value, soreness_t=now)

    def pass_time(self, seconds: int) -> list[Command]:
        """Ten looks a second."""
        said: list[Command] = []
        for _ in range(seconds * 10):
            self.clock.sleep(0.1)
            said += self.remembered.look()
        return said


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    first = Station(tmp_path)
    assert first.remembered.carried.acknowledged is False
    assert first.remembered.carried.run_end_t is None
    first.pass_time(60)
    first.took(Command(t=60.0, command="acknowledge"), acknowledged=True)
    first.run_finished(1800.0, 7)
    first.pass_time(60)
    first.sore(4)
    again = Station(tmp_path, ahead_s=HOUR)
    assert again.remembered.carried.acknowledged
    assert again.remembered.carried.run_end_t == pytest.approx(-(HOUR + 1800.0 - 60.0))
    assert again.remembered.carried.effort == 7
    assert again.remembered.carried.soreness == 4
    assert again.remembered.carried.soreness_t == pytest.approx(-(HOUR - 120.0))
    assert again.pass_time(100) == []
    assert again.writes == [], "nothing is news"


def test_after_a_jump_the_engine_is_told_the_new_age_once_and_the_run_stays(tmp_path: Path) -> None:
    first = Station(tmp_path)
    first.run_finished(1800.0, 7)
    first.pass_time(10)
    first.sore(4)
    again = Station(tmp_path, ahead_s=60.0)
    again.pass_time(5)
    again.clock.ahead_s += 2 * 86400.0
    (run,) = again.pass_time(5)
    assert (run.command, run.effort) == ("run_finished", 7)
    assert run.ago_s == pytest.approx(2 * 86400.0 + 60.0 + 1800.0 + 6.0, abs=1.1)
    before = load(tmp_path / RUN, Run)
    assert before is not None
    again.took(run, run_end_t=run.t - (run.ago_s or 0.0), soreness=None)
    assert load(tmp_path / RUN, Run) == replace(before, soreness=None), "the engine has forgotten how sore, no more"
    again.clock.ahead_s -= 86400.0
    assert [command.command for command in again.pass_time(5)] == ["run_finished"]


def test_what_is_taken_back_is_not_remembered(tmp_path: Path) -> None:
    station = Station(tmp_path)
    station.sore(4)
    assert Station(tmp_path).remembered.carried.soreness == 4
    station.took(Command(t=0.0, command="undo"), soreness=None)
    assert Station(tmp_path).remembered.carried.soreness is None


def test_a_command_about_something_else_writes_nothing(tmp_path: Path) -> None:
    station = Station(tmp_path)
    station.run_finished(1800.0)
    written = len(station.writes)
    station.took(Command(t=0.0, command="select", muscle="calves"))
    assert len(station.writes) == written


def test_the_file_follows_a_jump_after_which_it_was_wrong(tmp_path: Path) -> None:
    station = Station(tmp_path, ahead_s=-400 * 86400.0)
    station.run_finished(1800.0)
    station.pass_time(5)
    station.clock.ahead_s = 0.0
    assert station.pass_time(5) == []
    again = Station(tmp_path, ahead_s=HOUR)
    assert again.remembered.carried.run_end_t == pytest.approx(-(HOUR + 1800.0), abs=1.0)


def test_slowroll_acknowledge_is_noticed_within_a_second(tmp_path: Path) -> None:
    station = Station(tmp_path)
    assert station.pass_time(5) == []
    acknowledge(tmp_path, NOON)
    (said,) = station.pass_time(1)
    assert said.command == "acknowledge"
    station.took(said, acknowledged=True)
    assert station.pass_time(5) == []
    assert station.writes == []


def test_a_full_disk_is_a_fault_said_once_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    station = Station(tmp_path)

    def full(path: Path, value: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("firmware_host.remembered.save", full)
        station.took(Command(t=0.0, command="acknowledge"), acknowledged=True)
        station.run_finished(60.0)
        station.pass_time(65)
    (fault,) = station.faults
    assert (fault.device, fault.ok) == ("state", False)
    assert "No space left" in fault.what
    assert RUN in fault.what or ACKNOWLEDGED in fault.what
    assert not (tmp_path / RUN).exists()
    station.pass_time(31)
    assert [fault.ok for fault in station.faults] == [False, True]
    assert acknowledged(tmp_path)
    assert load(tmp_path / RUN, Run) is not None
    written = len(station.writes)
    station.pass_time(65)
    assert len(station.writes) == written


def test_a_folder_that_can_not_be_read_is_a_fault_and_the_coach_goes_on(tmp_path: Path) -> None:
    (tmp_path / RUN).mkdir()
    (tmp_path / ACKNOWLEDGED).mkdir()
    station = Station(tmp_path)
    assert not station.remembered.acknowledged
    station.pass_time(5)
    assert [fault.device for fault in station.faults] == ["state"]
    station.run_finished(60.0)
    assert len(station.faults) == 1
