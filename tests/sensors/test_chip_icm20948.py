"""The ICM-20948: its model answers as the data sheet says, and the driver neither repeats nor mixes samples."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from itertools import pairwise

import pytest

from sensors.chips.icm20948 import SPECIMEN, Icm20948Chip
from sensors.chips.model import Vector, no_answer
from sensors.conformance.bench import BenchIo
from sensors.driver import STANDARD_GRAVITY, SensorFault
from sensors.imu.icm20948 import Icm20948
from sensors.probe import probe

LEVEL: Vector = (0.0, 0.0, STANDARD_GRAVITY)


class Bench:
    """A chip on a bus whose time passes as on a 400 kHz bus, and motion that a test sets."""

    def __init__(self, *, who_am_i: int = 0xEA, noise: float = 0.0, odr_error: float = 0.0) -> None:
        self.accel: Callable[[float], Vector] = lambda _t: LEVEL
        self.gyro: Callable[[float], Vector] = lambda _t: (0.0, 0.0, 0.0)
        self.asked = 0
        self.io = BenchIo(lambda data, count: self.chip.transfer(data, count))
        self.chip = Icm20948Chip(
            lambda: self.io.t, self._imu, who_am_i=who_am_i, noise=noise, odr_error=odr_error, oversample=1
        )
        self.io.sleep(0.2)

    def _imu(self, t: float) -> tuple[Vector, Vector]:
        self.asked += 1
        return self.accel(t), self.gyro(t)

    def wake(self, gyro_config: int = 0x1F, accel_config: int = 0x1D, divider: int = 4) -> None:
        self.io.write(0x06, 0x01)
        self.io.write(0x7F, 0x20)
        self.io.write(0x00, divider, gyro_config)
        self.io.write(0x10, 0x00, divider)
        self.io.write(0x14, accel_config)
        self.io.write(0x7F, 0x00)
        self.io.write(0x11, 0x01)
        self.io.sleep(0.2)

    def sample(self) -> tuple[int, ...]:
        return struct.unpack(">7h", self.io.read(0x2D, 14))

    def ready(self) -> bool:
        return bool(self.io.read(0x1A, 1)[0] & 0x01)


def test_reset_state_and_identity() -> None:
    bench = Bench()
    assert bench.io.read(0x00, 1) == b"\xea"
    assert bench.io.read(0x06, 2) == b"\x41\x00"
    bench.io.sleep(1.0)
    assert not bench.ready()
    assert bench.asked == 0  # asleep it samples nothing


def test_in_another_bank_the_identity_is_the_dividers_register() -> None:
    bench = Bench()
    bench.wake()
    bench.io.write(0x7F, 0x20)
    assert bench.io.read(0x00, 1) == b"\x04"
    assert bench.io.read(0x7F, 1) == b"\x20"
    bench.io.write(0x7F, 0x00)
    assert bench.io.read(0x00, 1) == b"\xea"


def test_writes_just_after_a_reset_are_lost_and_a_reset_sleeps() -> None:
    bench = Bench()
    bench.wake()
    bench.io.write(0x06, 0x80)
    bench.io.sleep(0.01)
    bench.io.write(0x06, 0x01)
    assert bench.io.read(0x06, 1) == b"\x41"
    bench.io.sleep(0.1)
    bench.io.write(0x06, 0x01)
    assert bench.io.read(0x06, 1) == b"\x01"


@pytest.mark.parametrize(("odr_error", "expected"), [(0.0, 220), (0.01, 222)])
def test_ready_comes_at_the_slower_sensors_rate_and_reading_clears_it(odr_error: float, expected: int) -> None:
    bench = Bench(odr_error=odr_error)
    bench.wake(divider=4)
    bench.ready()
    begin, seen = bench.io.t, 0
    while bench.io.t < begin + 1.0:
        seen += bench.ready()
        bench.io.sleep(0.0005)
    assert seen == pytest.approx(expected, abs=2)


def test_a_flag_that_is_not_enabled_never_shows() -> None:
    bench = Bench()
    bench.wake()
    bench.io.write(0x11, 0x00)
    bench.ready()
    bench.io.sleep(0.1)
    assert not bench.ready()


def test_the_burst_is_accel_gyro_temperature() -> None:
    bench = Bench()
    bench.gyro = lambda _t: (0.0, math.radians(100), 0.0)
    bench.wake()
    assert bench.sample() == (0, 0, 4096, 0, 1640, 0, round((25 - 21) * 333.87))


def test_ranges_scale_and_clip() -> None:
    bench = Bench()
    bench.accel = lambda _t: (0.0, 0.0, 3 * STANDARD_GRAVITY)
    bench.gyro = lambda _t: (math.radians(300), 0.0, 0.0)
    bench.wake(gyro_config=0x19, accel_config=0x19)
    assert bench.sample()[2:4] == (32767, 32767)
    bench.wake()
    assert bench.sample()[2:4] == (3 * 4096, 300 * 16.4)


@pytest.mark.parametrize(("dlpf", "corner_hz"), [(3, 51.2), (5, 11.6), (6, 5.7)])
def test_the_low_pass_has_its_corner(dlpf: int, corner_hz: float) -> None:
    """After a step the filter has gone 63 % of the way in 1 / (2 pi corner) seconds."""
    bench = Bench()
    bench.wake(gyro_config=dlpf << 3 | 0x07, divider=0)
    step_t = bench.io.t
    bench.gyro = lambda t: (1.0 if t > step_t else 0.0, 0.0, 0.0)
    while bench.sample()[3] < 0.632 * math.degrees(1.0) * 16.4:
        bench.io.sleep(0.0002)
        assert bench.io.t < step_t + 1.0
    assert bench.io.t - step_t == pytest.approx(1 / (2 * math.pi * corner_hz), abs=0.002)


def test_without_fchoice_there_is_neither_filter_nor_divider() -> None:
    bench = Bench()
    bench.wake(gyro_config=0x1E, accel_config=0x1C, divider=99)
    step_t = bench.io.t
    bench.gyro = lambda t: (1.0 if t > step_t else 0.0, 0.0, 0.0)
    bench.io.sleep(0.002)
    assert bench.sample()[3] > 0.99 * math.degrees(1.0) * 16.4


def test_a_long_pause_costs_little() -> None:
    bench = Bench()
    bench.wake()
    bench.io.sleep(3600.0)
    bench.asked = 0
    bench.sample()
    assert bench.asked < 250


def test_noise_is_the_data_sheets_and_repeats_with_its_seed() -> None:
    runs = []
    for _ in range(2):
        bench = Bench(noise=1.0)
        bench.wake()
        values = []
        for _ in range(1000):
            bench.io.sleep(0.01)
            values.append(bench.sample()[0])
        runs.append(values)
    assert runs[0] == runs[1]
    spread = math.sqrt(sum(v * v for v in runs[0]) / len(runs[0]))
    assert spread == pytest.approx(230e-6 * math.sqrt(50.4 * math.pi / 2) * 4096, rel=0.15)


# --- the driver on it


def running(bench: Bench, rate: float = 100) -> Icm20948:
    driver = Icm20948()
    driver.start(bench.io, rate, "ICM-20948")
    return driver


def turning(t: float) -> Vector:
    """A rate that is never twice the same, so that a repeated sample shows."""
    return t, 0.0, 0.0


@pytest.mark.parametrize("rate", [50, 100])
def test_read_in_time_every_read_finds_a_new_sample(rate: float) -> None:
    """Whatever the chip's clock is off by: it samples twice as fast as it is read."""
    for odr_error in (-0.05, 0.0, 0.05):
        bench = Bench(odr_error=odr_error)
        bench.gyro = turning
        driver = running(bench, rate)
        frames = []
        for i in range(200):
            bench.io.t = 1.0 + i / rate
            frames.append(driver.read(bench.io))
        assert all(len(frame) == 14 for frame in frames)
        assert len(set(frames)) == len(frames)


def test_read_too_early_it_has_nothing_to_say() -> None:
    bench = Bench()
    bench.gyro = turning
    driver = running(bench)
    bench.io.sleep(0.1)
    assert driver.read(bench.io) != b""
    assert driver.read(bench.io) == b""


def test_no_sample_is_given_twice_however_reads_fall() -> None:
    """Also where one comes between the flag and the data of a late read, and the next read is early."""
    bench = Bench()
    bench.gyro = turning
    driver = running(bench)
    pauses = random.Random(1)
    gyros = []
    for _ in range(3000):
        bench.io.sleep(pauses.uniform(0.0001, 0.009))
        got = driver.read(bench.io)
        assert isinstance(got, bytes)
        gyros += [gyro_x for (gyro_x,) in struct.iter_unpack(">6x h 6x", got)]
    assert len(gyros) > 1000
    assert [pair for pair in pairwise(gyros) if pair[0] == pair[1]] == []


def test_a_start_cut_off_anywhere_leaves_a_chip_that_can_still_say_what_it_is() -> None:
    """In bank 2 register 0x00 is a divider, and the chip would be a stranger until its power goes."""
    reference = Bench()
    running(reference)
    for index in range(len(reference.io.log)):
        bench = Bench()
        bench.io.fail_at = index
        with pytest.raises(OSError, match="Remote I/O"):
            running(bench)
        assert probe(bench.io, Icm20948()) == "ICM-20948"


def test_a_start_that_fails_tells_the_bus_error_not_that_of_the_way_back() -> None:
    bench = Bench()
    driver = Icm20948()
    answer = bench.chip.transfer
    gone = False

    def transfer(data: bytes, count: int) -> bytes:
        nonlocal gone
        gone = gone or data[:2] == b"\x10\x00"  # from the accelerometer's divider on
        if gone:
            raise no_answer()
        return answer(data, count)

    io = BenchIo(transfer)
    with pytest.raises(OSError, match="Remote I/O"):
        driver.start(io, 100, "ICM-20948")
    assert [entry.written for entry in io.log[-2:]] == [b"\x7f\x00", b"\x7f\x00"]


def test_a_configuration_that_was_not_kept_is_a_fault_with_a_hint() -> None:
    bench = Bench()
    answer = bench.chip.transfer
    io = BenchIo(lambda data, count: b"" if data[:1] == b"\x14" and not count else answer(data, count))
    with pytest.raises(SensorFault, match="did not keep") as caught:
        Icm20948().start(io, 100, "ICM-20948")
    assert "VCC" in caught.value.hint
    assert answer(b"\x00", 1) == b"\xea"


def test_a_chip_that_lost_its_power_goes_silent() -> None:
    bench = Bench()
    driver = running(bench)
    bench.io.sleep(0.1)
    assert driver.read(bench.io)
    bench.chip.power_cycle()
    for _ in range(100):
        bench.io.sleep(0.01)
        assert driver.read(bench.io) == b""


@pytest.mark.parametrize("bank", [0x10, 0x20, 0x30])
def test_a_chip_that_another_program_left_in_another_bank_is_told_apart_by_reading(bank: int) -> None:
    bench = Bench()
    bench.io.write(0x7F, bank)
    written = len(bench.io.writes())
    with pytest.raises(SensorFault, match="another bank") as caught:
        probe(bench.io, Icm20948())
    assert "take its power away" in caught.value.hint
    assert len(bench.io.writes()) == written


@pytest.mark.parametrize("degc", [0.0, 40.0])
def test_temperature(degc: float) -> None:
    bench = Bench()
    bench.chip.temperature_degc = degc
    driver = running(bench)
    bench.io.sleep(0.1)
    got = driver.read(bench.io)
    assert isinstance(got, bytes)
    (raw,) = struct.unpack(">12xh", got)
    temperature = driver.channels("ICM-20948")[6]
    assert raw * temperature.scale + temperature.offset == pytest.approx(degc, abs=0.01)


@pytest.mark.parametrize(("who_am_i", "says"), [(0xE1, "ICM-20649"), (0x24, "BMI270")])
def test_a_relative_is_named_and_not_driven(who_am_i: int, says: str) -> None:
    with pytest.raises(SensorFault) as caught:
        probe(Bench(who_am_i=who_am_i).io, Icm20948())
    assert says in caught.value.hint
    assert who_am_i in SPECIMEN.foreign
