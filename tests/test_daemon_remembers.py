"""What a restarted daemon still knows, with its real engine and historian; sensors and services stay off."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from brokers import until

from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import Command, Tick
from firmware_host.coaching.snapshot import Snapshot
from firmware_host.commands.run import Tell
from firmware_host.daemon import Daemon
from firmware_host.profiles import load_profile
from firmware_host.remembered import ACKNOWLEDGED, RUN, Run, acknowledge, acknowledged, load
from firmware_host.settings import parse

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
TEXT = """
[mqtt]
broker = ""
[page]
enabled = false
[[tools]]
imu = { driver = "mpu6050", bus = "%s" }
axis = [1, 0, 0]
"""


class Clock(ManualClock):
    ahead_s = 0.0

    def wall(self) -> datetime:
        return super().wall() + timedelta(seconds=self.ahead_s)


class Bench:
    """A daemon fed by hand."""

    def __init__(self, state: Path, ahead_s: float, bus: str) -> None:
        self.clock = Clock(NOON)
        self.clock.ahead_s = ahead_s
        self.said: list[Any] = []
        self.daemon = Daemon(
            parse(TEXT % bus, "test"),
            load_profile("article"),
            self.clock,
            state,
            lambda _, events: self.said.extend(events),
        )
        self.daemon.historian.start()

    def say(self, command: str, **fields: Any) -> None:
        self.daemon._take(Command(t=self.clock.now(), command=command, **fields))

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds * 10):
            self.clock.sleep(0.1)
            self.daemon._take(Tick(round(self.clock.now(), 6)))

    @property
    def shown(self) -> Snapshot:
        return self.daemon.station.snapshot()


def kept(state: Path) -> Run:
    return load(state / RUN, Run) or Run()


Begin = Callable[..., Bench]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    begun: list[Bench] = []

    def start(ahead_s: float = 0.0, bus: str = "/dev/i2c-1") -> Bench:
        if begun:
            begun[-1].daemon.historian.stop()
        begun.append(Bench(tmp_path, ahead_s, bus))
        return begun[-1]

    yield start
    for bench in begun:
        bench.daemon.historian.stop()


def test_until_the_checklist_was_read_no_session_begins_and_then_it_is_remembered(begin: Begin, tmp_path: Path) -> None:
    bench = begin()
    assert not bench.shown.acknowledged
    bench.say("start")
    assert "checklist" in bench.said[-1].why
    bench.say("acknowledge")
    bench.say("start")
    assert bench.shown.session is not None
    until(lambda: acknowledged(tmp_path), "the file is written")
    assert begin().shown.acknowledged


def test_slowroll_acknowledge_beside_a_running_daemon_is_noticed(begin: Begin, tmp_path: Path) -> None:
    bench = begin()
    bench.pass_time(2)
    assert not bench.shown.acknowledged
    acknowledge(tmp_path, NOON)
    bench.pass_time(2)
    assert bench.shown.acknowledged


def test_a_simulated_person_has_read_it_first_of_all(begin: Begin) -> None:
    bench = begin(bus="sim")
    bench.pass_time(1)
    assert bench.shown.acknowledged
    assert [event.why for event in bench.said if event.__class__.__name__ == "Rejected"] == []


def test_run_effort_and_soreness_live_on_over_a_restart(begin: Begin, tmp_path: Path) -> None:
    bench = begin()
    bench.say("run_finished", ago_s=23 * 3600.0, effort=7)
    bench.say("soreness", value=2)
    until(lambda: kept(tmp_path).soreness is not None, "the file is written")
    again = begin(ahead_s=2 * 3600.0)
    assert again.shown.run_ago_s == pytest.approx(25 * 3600.0, abs=60)
    assert again.shown.phase == "maintenance", "25 h ago, and not sore"
    assert again.shown.sore is False
    assert again.daemon.station.engine.effort == 7


def test_a_jump_moves_a_run_of_the_file_and_none_that_was_told(begin: Begin, tmp_path: Path) -> None:
    bench = begin()
    bench.say("run_finished", ago_s=1800.0)
    bench.pass_time(2)
    bench.clock.ahead_s = 400 * 86400.0
    bench.pass_time(2)
    assert bench.shown.phase == "light"
    until(lambda: (kept(tmp_path).ended_at or NOON) > NOON + timedelta(days=399), "it is put right")
    again = begin(ahead_s=400 * 86400.0 + 60.0)
    assert again.shown.phase == "light"
    again.clock.ahead_s += 3 * 3600.0
    again.pass_time(2)
    assert again.shown.phase == "deep"
    told = kept(tmp_path)
    again.pass_time(3)
    assert kept(tmp_path) == told, "the age that a jump gave it is no news for the file"


def test_a_state_folder_that_takes_nothing_stops_nobody(begin: Begin, tmp_path: Path) -> None:
    bench = begin()
    (tmp_path / ACKNOWLEDGED).with_suffix(".tmp").mkdir()
    bench.say("acknowledge")
    bench.say("start")
    assert bench.shown.session is not None
    given: list[Any] = []

    def reported() -> bool:
        while not bench.daemon._inbox.empty():
            given.extend(bench.daemon._inbox.get())  # type: ignore[arg-type]
        return any(getattr(one, "device", "") == "state" for one in given)

    until(reported, "the fault is told")
    assert not acknowledged(tmp_path)


def test_the_log_says_that_the_checklist_waits(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    bench = begin()
    with caplog.at_level(logging.INFO):
        Tell()(bench.daemon, [])
        assert "slowroll acknowledge" in caplog.text
        caplog.clear()
        bench.say("acknowledge")
        Tell()(bench.daemon, [])
        assert "Slowroll runs" in caplog.text
        assert "slowroll acknowledge" not in caplog.text
