"""A cue's buzz the whole way with a motor driver on I2C: the daemon's own wiring, a model at the end of the bus."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty

import pytest
from brokers import until

from firmware_host.clock import SystemClock
from firmware_host.coaching.events import Cue, Reason
from firmware_host.coaching.inputs import DeviceFault, HapticRan, Input
from firmware_host.daemon import Daemon
from firmware_host.profiles import load_profile
from firmware_host.settings import parse
from firmware_host.simulator.bus import SimBus
from sensors.chips.drv2605 import Drv2605Chip

TEXT = """
[pins]
factory = "mock"
motor_level = 0.8
[haptic]
driver = "drv2605"
bus = 7
[mqtt]
broker = ""
[page]
enabled = false
[[tools]]
"""
BUZZ = Cue(
    t=0.0,
    cue="spot_found",
    reason=Reason(value=None, limit=None, unit="", source=""),
    pattern="spot_found",
    words="",
    repeat_after_s=1.0,
)


class Bench:
    def __init__(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = SystemClock()
        self.chip = Drv2605Chip(self.clock.now)
        monkeypatch.setattr("firmware_host.daemon.open_linux_bus", lambda _name: SimBus([self.chip]))
        self.daemon = Daemon(parse(TEXT, "test"), load_profile("article"), self.clock, state)
        self.inputs: list[Input] = []

    def take(self) -> list[Input]:
        """Everything that has come into the engine's inbox."""
        while True:
            try:
                batch = self.daemon._inbox.get_nowait()
            except Empty:
                return self.inputs
            assert isinstance(batch, list)
            self.inputs += batch

    def found(self) -> bool:
        return all(told.running for bus in self.daemon.buses for told in bus.diagnostics())

    def haptics(self) -> list[HapticRan]:
        return [given for given in self.take() if isinstance(given, HapticRan)]


def test_a_cue_buzzes_on_the_bus_and_the_engine_hears_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path, monkeypatch)
    bench.daemon.start()
    try:
        until(bench.found, "the chip is found")
        asked = bench.clock.now()
        bench.daemon.feedback.show(BUZZ)
        until(lambda: bool(bench.haptics()), "the burst is told")
        until(lambda: bench.chip.level() == 0.0, "it ends")
        (ran,) = bench.haptics()
        assert ran.tool == "roller"
        assert ran.t >= asked
        assert ran.seconds == pytest.approx(0.08, abs=0.001)
    finally:
        bench.daemon.shut_down()
    assert bench.chip.transfer(b"\x01", 1) == b"\x40"


def test_without_its_chip_the_coach_starts_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path, monkeypatch)
    bench.chip.unplugged = True
    bench.daemon.start()
    try:
        until(lambda: any(isinstance(given, DeviceFault) for given in bench.take()), "the fault is told")
        bench.daemon.feedback.show(BUZZ)
        bench.chip.unplugged = False
        until(lambda: any(isinstance(given, DeviceFault) and given.ok for given in bench.take()), "it is back")
        assert bench.haptics() == []
    finally:
        bench.daemon.shut_down()


def test_a_dying_thread_leaves_the_motor_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path, monkeypatch)
    bench.daemon.start()
    try:
        until(bench.found, "the chip is found")
        bench.daemon.feedback.show(BUZZ)
        until(lambda: bench.chip.level() > 0 or bool(bench.haptics()), "it runs")
        died = RuntimeError("a bug of ours")
        bench.daemon._thread_died(threading.ExceptHookArgs((RuntimeError, died, None, None)))
        until(lambda: bench.chip.level() == 0.0, "it is off")
    finally:
        bench.daemon.shut_down()
    assert bench.chip.transfer(b"\x01", 1) == b"\x40"
