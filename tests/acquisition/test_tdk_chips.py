"""The newer InvenSense chips on a bus that is as slow as it really is, with all that a loose wire does to it."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from acquisition_doubles import errno_error, faults, gaps, imu_samples, rocking

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import Input
from firmware_host.simulator.bus import I2C_M_RD, SimBus
from sensors.chips.icm20948 import Icm20948Chip
from sensors.chips.icm42688 import Icm42688Chip
from sensors.driver import I2CDriver
from sensors.imu.icm20948 import Icm20948
from sensors.imu.icm42688 import Icm42688

CASES: list[tuple[type[I2CDriver], type[Icm20948Chip] | type[Icm42688Chip]]] = [
    (Icm20948, Icm20948Chip),
    (Icm42688, Icm42688Chip),
]
BOTH = pytest.mark.parametrize(("driver", "chip_class"), CASES, ids=["icm20948", "icm42688"])
"""A Raspberry Pi's two real speeds when it is told 100 and 400 kHz."""
SPEEDS = pytest.mark.parametrize("bus_hz", [62_500, 250_000])


class TimedBus:
    """SimBus on which every bit takes its time; `fault` may lose a transfer before or after the chip hears it."""

    def __init__(self, inner: SimBus, clock: ManualClock, bus_hz: float) -> None:
        self._inner = inner
        self._clock = clock
        self._bus_hz = bus_hz
        self.busy_s = 0.0
        self.fault: Callable[[], str] = lambda: ""

    def i2c_rdwr(self, *messages: Any) -> None:
        bits = 1 + sum(10 + 9 * message.len for message in messages)
        self.busy_s += bits / self._bus_hz
        self._clock.sleep(bits / self._bus_hz)
        kind = self.fault()
        if kind == "nack":
            raise errno_error("EREMOTEIO")
        if kind == "reply lost" and not messages[-1].flags & I2C_M_RD:
            kind = ""
        self._inner.i2c_rdwr(*messages)
        if kind == "reply lost":
            raise errno_error("ETIMEDOUT")

    def close(self) -> None:
        """It stays what it is."""


class Bench:
    def __init__(
        self, driver: type[I2CDriver], chip_class: type[Icm20948Chip] | type[Icm42688Chip], bus_hz: float = 250_000
    ) -> None:
        self.clock = ManualClock()
        self.chip = chip_class(self.clock.now, rocking, odr_error=0.01)
        self.wire = TimedBus(SimBus([self.chip]), self.clock, bus_hz)
        self.inputs: list[Input] = []
        device = Device("roller", "imu", driver(), None, 100)
        self.bus = I2CBus("sim", lambda: self.wire, [device], self.clock, self.inputs.extend)
        self.clock.sleep(1.0)

    def run(self, seconds: float, each: Callable[[], None] = lambda: None) -> list[Input]:
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            each()
            self.clock.sleep(min(self.bus.poll(), end) - self.clock.now())
        taken = list(self.inputs)
        self.inputs.clear()
        return taken


@SPEEDS
@BOTH
def test_a_hundred_samples_a_second_under_half_of_the_bus(
    driver: type[I2CDriver], chip_class: type[Icm20948Chip] | type[Icm42688Chip], bus_hz: float
) -> None:
    bench = Bench(driver, chip_class, bus_hz)
    bench.run(2.0)
    before_s, before_t = bench.wire.busy_s, bench.clock.now()
    samples = imu_samples(bench.run(30.0))
    assert (bench.wire.busy_s - before_s) / (bench.clock.now() - before_t) < 0.5
    (told,) = bench.bus.diagnostics()
    assert (told.lost, told.gaps, told.faults) == (0, 0, 0)
    assert len(samples) == pytest.approx(3030 if driver.fifo else 3000, abs=5)
    late = [sample.t - true_t(sample.t, sample.gyro[0]) for sample in samples if sample.gyro]
    assert statistics.stdev(late) < 0.002
    assert -0.001 < statistics.fmean(late) < 0.015  # the low-pass, and what waits in the chip


@pytest.mark.slow
@BOTH
def test_faults_by_the_hundred_leave_no_repeat_and_no_dead_sensor(
    driver: type[I2CDriver], chip_class: type[Icm20948Chip] | type[Icm42688Chip]
) -> None:
    chance = random.Random(7)
    bench = Bench(driver, chip_class, 62_500)

    back_t = 0.0

    def fault() -> str:
        return chance.choices(("", "nack", "reply lost"), (0.99, 0.005, 0.005))[0]

    def each() -> None:
        nonlocal back_t
        if chance.random() < 0.0005:
            bench.chip.power_cycle()
        if chance.random() < 0.0005:
            back_t = bench.clock.now() + chance.uniform(0.01, 1.0)
        bench.chip.unplugged = bench.clock.now() < back_t

    bench.wire.fault = fault
    taken = bench.run(300.0, each)
    samples = imu_samples(taken)
    assert len(samples) > 15_000
    assert all(a.t < b.t for a, b in pairwise(samples))
    assert all(a.accel != b.accel or a.gyro != b.gyro for a, b in pairwise(samples))
    assert gaps(taken)
    bench.wire.fault = lambda: ""
    bench.chip.unplugged = False
    bench.run(6.0)
    assert len(imu_samples(bench.run(1.0))) >= 99


def test_a_gyroscope_that_stays_without_samples_is_a_fault_with_a_hint() -> None:
    bench = Bench(Icm42688, Icm42688Chip)
    bench.run(2.0)
    assert isinstance(bench.chip, Icm42688Chip)
    bench.chip.gyro_invalid = True
    fault = faults(bench.run(2.0))[0]
    assert "no more samples" in fault.what
    assert fault.hint


def true_t(near: float, gyro_x: float) -> float:
    """When `rocking` last turned at `gyro_x` in the direction it had at `near`; `near` itself by its crests."""
    phase = math.pi * near % (2 * math.pi)
    if abs(gyro_x) > 3.5:
        return near
    rising = math.asin(gyro_x / 5.0)
    best = min((rising, math.pi - rising, rising + 2 * math.pi), key=lambda angle: abs(angle - phase))
    return near + (best - phase) / math.pi
