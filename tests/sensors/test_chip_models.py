"""The models answer as the data sheets say, where drivers are known to get it wrong."""

from __future__ import annotations

import errno
import math
import struct

import pytest

from sensors.chips.mprls import COUNTS_AT_FULL, COUNTS_AT_ZERO, FULL_SCALE_PA, MprlsChip
from sensors.chips.mpu6050 import Mpu6050Chip
from sensors.conformance.bench import BenchIo
from sensors.driver import STANDARD_GRAVITY, SensorFault
from sensors.pressure.mprls import Mprls

Vector = tuple[float, float, float]


class Bench:
    """A model with its own time, and motion that a test sets."""

    def __init__(self, who_am_i: int = 0x68, *, noise: float = 0.0, odr_error: float = 0.0) -> None:
        self.t = 0.0
        self.accel: Vector = (0.0, 0.0, STANDARD_GRAVITY)
        self.gyro: Vector = (0.0, 0.0, 0.0)
        self.asked = 0
        self.chip = Mpu6050Chip(
            lambda: self.t, self._imu, who_am_i=who_am_i, noise=noise, odr_error=odr_error, oversample=1
        )
        self.t = 0.2

    def _imu(self, _t: float) -> tuple[Vector, Vector]:
        self.asked += 1
        return self.accel, self.gyro

    def write(self, register: int, *values: int) -> None:
        self.chip.transfer(bytes([register, *values]), 0)

    def read(self, register: int, count: int = 1) -> bytes:
        return self.chip.transfer(bytes([register]), count)

    def count(self) -> int:
        return int.from_bytes(self.read(0x72, 2), "big")

    def run_fifo(self, sources: int = 0xF8) -> None:
        for register, value in ((0x6B, 0x01), (0x1A, 3), (0x19, 9), (0x1B, 0x18), (0x1C, 0x10), (0x38, 0x11)):
            self.write(register, value)
        self.t += 0.1
        for register, value in ((0x23, sources), (0x6A, 0x04), (0x6A, 0x40)):
            self.write(register, value)
        self.read(0x3A)

    def sample(self) -> tuple[int, ...]:
        return struct.unpack(">7h", self.read(0x3B, 14))


@pytest.mark.parametrize(("who_am_i", "reset_value"), [(0x68, 0x40), (0x70, 0x01), (0x98, 0x40), (0x12, 0x41)])
def test_reset_state_and_identity(who_am_i: int, reset_value: int) -> None:
    bench = Bench(who_am_i)
    assert bench.read(0x75)[0] == who_am_i
    assert bench.read(0x6B)[0] == reset_value
    assert bench.read(0x19, 4) == bytes(4)


def test_asleep_it_samples_nothing() -> None:
    bench = Bench()
    bench.write(0x23, 0xF8)
    bench.write(0x6A, 0x40)
    bench.t += 1.0
    assert bench.count() == 0
    assert bench.asked == 0


def test_writes_just_after_a_reset_are_lost() -> None:
    bench = Bench()
    bench.write(0x6B, 0x80)
    bench.t += 0.01
    bench.write(0x1B, 0x18)
    assert bench.read(0x1B)[0] == 0
    bench.t += 0.1
    bench.write(0x1B, 0x18)
    assert bench.read(0x1B)[0] == 0x18


@pytest.mark.parametrize(("divider", "odr_error", "expected"), [(9, 0.0, 1000), (4, 0.0, 2000), (9, 0.01, 1010)])
def test_the_divider_and_the_oscillator_set_the_rate(divider: int, odr_error: float, expected: int) -> None:
    bench = Bench(odr_error=odr_error)
    bench.run_fifo()
    bench.write(0x19, divider)
    samples = 0
    for _ in range(200):
        bench.t += 0.05
        samples += len(bench.read(0x74, bench.count())) // 14 if bench.count() else 0
    assert samples == pytest.approx(expected, abs=2)


def test_ranges_scale_and_clip() -> None:
    bench = Bench()
    bench.run_fifo()
    bench.gyro = (math.radians(250), 0.0, 0.0)
    bench.accel = (0.0, 0.0, 3 * STANDARD_GRAVITY)
    bench.t += 1.0
    wide = bench.sample()
    assert wide[4] == pytest.approx(250 * 16.4, abs=3)
    assert wide[2] == pytest.approx(3 * 4096, abs=1)
    bench.write(0x1B, 0x00)
    bench.write(0x1C, 0x00)
    bench.gyro = (math.radians(300), 0.0, 0.0)
    bench.t += 1.0
    narrow = bench.sample()
    assert narrow[4] == 32767
    assert narrow[2] == 32767


def test_the_temperature_formula_differs_by_variant() -> None:
    for who_am_i, expected in ((0x68, (30 - 36.53) * 340), (0x70, (30 - 21) * 333.87), (0xAF, (30 - 25) * 326.8)):
        bench = Bench(who_am_i)
        bench.chip.temperature_degc = 30.0
        bench.run_fifo()
        bench.t += 0.1
        assert bench.sample()[3] == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(("choice", "expected"), [(3, 44.0), (5, 10.0), (6, 5.0)])
def test_the_low_pass_has_its_corner(choice: int, expected: float) -> None:
    """After a step the filter has gone 63 % of the way in 1 / (2 pi corner) seconds."""
    bench = Bench()
    bench.run_fifo()
    bench.write(0x1A, choice)
    bench.write(0x19, 0)
    bench.t += 1.0
    bench.read(0x3B)
    bench.gyro = (1.0, 0.0, 0.0)
    start = bench.t
    top = round(math.degrees(1.0) * 16.4)
    while bench.sample()[4] < 0.632 * top:
        bench.t += 0.001
        assert bench.t < start + 1.0
    assert bench.t - start == pytest.approx(1 / (2 * math.pi * expected), abs=0.0015)


def test_the_6500_has_an_accelerometer_filter_of_its_own() -> None:
    settled = {}
    for choice in (0, 6):
        bench = Bench(0x70)
        bench.run_fifo()
        bench.write(0x1D, choice)
        bench.t += 1.0
        bench.read(0x3B)
        bench.accel = (STANDARD_GRAVITY, 0.0, 0.0)
        bench.t += 0.021
        settled[choice] = bench.sample()[0] / 4096
    assert settled[0] > 0.99
    assert settled[6] < 0.7


@pytest.mark.parametrize(("who_am_i", "capacity"), [(0x68, 1024), (0x70, 512), (0x72, 512), (0xAF, 512)])
def test_overflow_keeps_the_newest_bytes_and_shifts_the_frames(who_am_i: int, capacity: int) -> None:
    bench = Bench(who_am_i)
    bench.run_fifo()
    bench.accel = (0.0, 0.0, STANDARD_GRAVITY)
    bench.t += 3.003
    assert bench.read(0x3A)[0] & 0x10
    assert bench.read(0x3A)[0] & 0x10 == 0  # reading clears it
    assert bench.count() == capacity
    data = bench.read(0x74, capacity)
    aligned = data[capacity % 14 :]
    assert struct.unpack(">7h", aligned[:14])[2] == 4096
    assert struct.unpack(">7h", data[:14])[2] != 4096


def test_a_long_pause_costs_no_more_than_the_fifo_holds() -> None:
    bench = Bench()
    bench.run_fifo()
    bench.t += 3600.0
    bench.asked = 0
    assert bench.count() == 1024
    assert bench.asked <= 80


def test_the_fifo_is_emptied_only_while_it_is_off() -> None:
    bench = Bench()
    bench.run_fifo()
    bench.t += 0.1
    filled = bench.count()
    assert filled >= 9 * 14
    bench.write(0x6A, 0x44)
    assert bench.count() == filled
    bench.write(0x6A, 0x04)
    assert bench.count() == filled  # it was still on when the reset came
    bench.write(0x6A, 0x00)
    bench.write(0x6A, 0x04)
    assert bench.count() == 0


def test_fifo_sources_come_in_register_order() -> None:
    bench = Bench()
    bench.gyro = (0.0, math.radians(100), 0.0)
    bench.run_fifo(sources=0x28)  # accel and gyro y
    bench.t += 0.1
    assert bench.count() % 8 == 0
    assert struct.unpack(">4h", bench.read(0x74, 8)) == (0, 0, 4096, 1640)


def test_the_icm_20602_has_one_bit_for_its_gyroscope_and_none_for_its_temperature() -> None:
    for sources, size in ((0x18, 14), (0xF8, 14), (0x08, 8), (0x10, 8), (0xE0, 0)):
        bench = Bench(0x12)
        bench.run_fifo(sources)
        bench.t += 0.105
        assert bench.count() == 10 * size


def test_the_icm_20602_overflows_into_whole_frames() -> None:
    bench = Bench(0x12)
    bench.run_fifo(0x18)
    bench.t += 3.0
    assert bench.read(0x3A)[0] & 0x10
    assert bench.count() == 1008 == 72 * 14
    assert struct.unpack(">7h", bench.read(0x74, 14))[2] == 4096


def test_an_empty_fifo_repeats_its_last_byte() -> None:
    bench = Bench()
    bench.run_fifo()
    bench.t += 0.015
    data = bench.read(0x74, bench.count())
    assert bench.read(0x74, 2) == data[-1:] * 2


def test_the_count_leaves_out_the_half_written_sample_only_when_torn() -> None:
    bench = Bench()
    bench.run_fifo()
    seen = set()
    for torn in (False, True):
        bench.chip.torn = torn
        for _ in range(100):
            bench.t += 0.0001
            seen.add((torn, bench.count() % 14))
    assert seen == {(False, 0), (True, 0), (True, 7)}


def test_unplugged_and_power_cycled() -> None:
    bench = Bench()
    bench.run_fifo()
    bench.chip.unplugged = True
    with pytest.raises(OSError, match="Remote I/O") as caught:
        bench.read(0x75)
    assert caught.value.errno == errno.EREMOTEIO
    bench.chip.unplugged = False
    bench.chip.power_cycle()
    assert bench.read(0x6B)[0] == 0x40
    bench.t += 1.0
    assert bench.count() == 0


def test_noise_is_the_data_sheets_and_repeats_with_its_seed() -> None:
    runs = []
    for _ in range(2):
        bench = Bench(noise=1.0)
        bench.run_fifo()
        bench.read(0x3B)
        values = []
        for _ in range(1000):
            bench.t += 0.01
            values.append(bench.sample()[0])
        runs.append(values)
    assert runs[0] == runs[1]
    spread = math.sqrt(sum(v * v for v in runs[0]) / len(runs[0]))
    assert spread == pytest.approx(400e-6 * math.sqrt(44 * math.pi / 2) * 4096, rel=0.15)


class Bladder:
    def __init__(self) -> None:
        self.t = 0.0
        self.pascal = 101_325.0
        self.chip = MprlsChip(lambda: self.t, lambda _t: (self.pascal, 25.0), noise=0.0)

    def measure(self, wait_s: float = 0.006) -> tuple[int, int]:
        self.chip.transfer(b"\xaa\x00\x00", 0)
        self.t += wait_s
        answer = self.chip.transfer(b"", 4)
        return answer[0], int.from_bytes(answer[1:], "big")


def test_mprls_is_busy_for_five_milliseconds() -> None:
    bladder = Bladder()
    assert bladder.measure(0.004) == (0x60, 0)
    bladder.t += 0.002
    assert bladder.chip.transfer(b"", 1)[0] == 0x40


def test_mprls_transfer_function_and_saturation() -> None:
    bladder = Bladder()
    bladder.pascal = FULL_SCALE_PA / 2
    assert bladder.measure() == (0x40, (COUNTS_AT_ZERO + COUNTS_AT_FULL + 1) // 2)
    bladder.pascal = FULL_SCALE_PA * 1.1
    assert bladder.measure() == (0x41, COUNTS_AT_FULL)


def test_mprls_faults() -> None:
    bladder = Bladder()
    bladder.chip.integrity_failed = True
    assert bladder.measure()[0] == 0x44
    bladder.chip.power_cycle()
    assert bladder.chip.transfer(b"", 4)[1:] == bytes(3)
    bladder.chip.unplugged = True
    with pytest.raises(OSError, match="Remote I/O"):
        bladder.measure()


def test_mprls_without_power_is_a_fault_and_no_vacuum() -> None:
    """Every byte 0: a supply that is gone while the pull-ups of another board still answer."""
    with pytest.raises(SensorFault, match="no power") as caught:
        Mprls().read(BenchIo(lambda _data, count: bytes(count)))
    assert caught.value.hint
