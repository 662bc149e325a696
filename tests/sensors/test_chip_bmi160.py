"""The BMI160's model where it differs from the BMI270's, and its driver."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

import pytest

from sensors.chips.bmi160 import SPECIMEN, Bmi160Chip
from sensors.chips.model import Vector
from sensors.conformance import signal, wire
from sensors.conformance.bench import BenchIo, Trial, Wrong
from sensors.driver import STANDARD_GRAVITY, Gap, I2CIo, SensorFault
from sensors.imu.bmi160 import Bmi160


class Bench:
    """A model with its own time, and motion that a test sets."""

    def __init__(self) -> None:
        self.accel: Vector = (0.0, 0.0, STANDARD_GRAVITY)
        self.gyro: Vector = (0.0, 0.0, 0.0)
        self.io = BenchIo(lambda data, count: self.chip.transfer(data, count))
        self.chip = Bmi160Chip(lambda: self.io.t, lambda _t: (self.accel, self.gyro), noise=0.0)
        self.io.sleep(0.2)

    def slowly(self, *writes: tuple[int, int]) -> None:
        for register, value in writes:
            self.io.write(register, value)
            self.io.sleep(0.001)

    def run(self) -> None:
        """Both sensors at the reset settings, in a FIFO with headers."""
        self.slowly((0x41, 0x08), (0x47, 0xD0), (0x7E, 0x11))
        self.io.sleep(0.01)
        self.io.write(0x7E, 0x15)
        self.io.sleep(0.1)
        self.io.write(0x7E, 0xB0)

    def count(self) -> int:
        return int.from_bytes(self.io.read(0x22, 2), "little")

    def started(self) -> Bmi160:
        driver = Bmi160()
        driver.start(self.io, 100, "BMI160")
        return driver


# --- the model


def test_reset_state() -> None:
    bench = Bench()
    assert bench.io.read(0x00, 1) == b"\xd1"
    assert bench.io.read(0x03, 1) == b"\x00"  # both sensors suspended
    assert bench.io.read(0x40, 4) == b"\x28\x03\x28\x00"
    bench.io.sleep(1.0)
    assert bench.count() == 0


def test_suspended_it_takes_one_register_at_a_time() -> None:
    bench = Bench()
    bench.io.write(0x41, 0x08, 0x29)
    assert bench.io.read(0x41, 2) == b"\x08\x28"
    bench.io.write(0x43, 0x01)  # within the 450 us
    assert bench.io.read(0x43, 1) == b"\x00"
    bench.io.sleep(0.001)
    bench.io.write(0x43, 0x01)
    assert bench.io.read(0x43, 1) == b"\x01"


def test_a_command_that_comes_too_early_is_dropped() -> None:
    bench = Bench()
    bench.io.write(0x7E, 0x11)
    bench.io.sleep(0.002)
    bench.io.write(0x7E, 0x15)
    bench.io.sleep(0.2)
    assert bench.io.read(0x03, 1) == b"\x10"  # the gyroscope still sleeps
    bench.io.write(0x7E, 0x15)
    bench.io.sleep(0.07)
    assert bench.io.read(0x03, 1) == b"\x10"
    bench.io.sleep(0.02)
    assert bench.io.read(0x03, 1) == b"\x14"


def test_data_registers_and_fifo_have_the_gyroscope_first() -> None:
    bench = Bench()
    bench.gyro = (math.radians(100), 0.0, 0.0)
    bench.run()
    bench.io.sleep(0.5)
    expected = (round(100 * 32768 / 2000), 0, 0, 0, 0, 4096)
    assert struct.unpack("<6h", bench.io.read(0x0C, 12)) == expected
    bench.io.write(0x7E, 0xB0)
    bench.io.sleep(0.0101)
    frame = bench.io.read(0x24, 13)
    assert frame[0] == 0x8C
    assert struct.unpack("<6h", frame[1:]) == expected


def test_temperature() -> None:
    assert Bench().io.read(0x20, 2) == struct.pack("<h", 2 * 512)


@pytest.mark.parametrize(("acc_range", "g"), [(0x03, 2), (0x05, 4), (0x08, 8), (0x0C, 16)])
def test_ranges(acc_range: int, g: int) -> None:
    bench = Bench()
    bench.run()
    bench.io.write(0x41, acc_range)
    bench.io.sleep(0.5)
    assert struct.unpack("<h", bench.io.read(0x16, 2))[0] == 32768 // g


def test_an_overflow_keeps_the_newest_of_1024_bytes() -> None:
    bench = Bench()
    bench.run()
    bench.io.sleep(3.0)
    assert bench.count() == 1024 // 13 * 13
    assert bench.io.read(0x24, 3)[0] == 0x40


# --- the driver


def test_start_and_read() -> None:
    bench = Bench()
    driver = bench.started()
    bench.io.sleep(0.1)
    got = driver.read(bench.io)
    assert isinstance(got, bytes)
    assert len(got) // 12 in (9, 10, 11)
    assert set(struct.iter_unpack("<6h", got)) == {(0, 0, 0, 0, 0, 4096)}


def test_an_overflow_is_one_gap() -> None:
    bench = Bench()
    driver = bench.started()
    bench.io.sleep(3.0)
    assert driver.read(bench.io) == Gap("fifo overflow")
    bench.io.sleep(0.05)
    assert isinstance(driver.read(bench.io), bytes)


def test_a_gyroscope_that_does_not_wake_is_a_fault() -> None:
    class Broken(Bmi160Chip):
        def _command(self, command: int, t: float) -> None:
            if command != 0x15:
                super()._command(command, t)

    bench = Bench()
    bench.chip = Broken(lambda: bench.io.t, lambda _t: (bench.accel, bench.gyro))
    with pytest.raises(SensorFault, match="PMU_STATUS 0x10"):
        bench.started()


class Hasty:
    """An io that does not wait."""

    def __init__(self, io: I2CIo) -> None:
        self.read, self.write, self.transfer = io.read, io.write, io.transfer

    def sleep(self, seconds: float) -> None:
        """Not at all."""


class DoesNotWait(Bmi160):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        return super().start(Hasty(io), rate, chip)


class LeftAt2G(Bmi160):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        told = super().start(io, rate, chip)
        io.write(0x41, 0x02)  # a BMI270's value for 8 g
        return told


def test_not_waiting_is_found() -> None:
    trial = Trial(DoesNotWait, SPECIMEN, 0xD1)
    with pytest.raises(SensorFault, match="did not keep its configuration"):
        trial.driver.start(trial.io, 100, "BMI160")


@pytest.mark.parametrize("check", [signal.gravity_axes, wire.start_transcript])
def test_the_range_of_its_brother_is_found(check: Callable[[wire.NewTrial], None]) -> None:
    with pytest.raises(Wrong):
        check(lambda: Trial(LeftAt2G, SPECIMEN, 0xD1))
