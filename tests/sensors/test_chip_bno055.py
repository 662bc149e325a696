"""The BNO055's model, and its driver where only this chip can go wrong."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

import pytest

from sensors.chips.bno055 import SPECIMEN, Bno055Chip
from sensors.chips.model import Vector
from sensors.conformance import signal, wire
from sensors.conformance.bench import BenchIo, Trial, Wrong
from sensors.driver import STANDARD_GRAVITY, Gap, I2CIo, SensorFault
from sensors.imu.bno055 import Bno055
from sensors.probe import probe

Write = tuple[int, ...]
"""Register, and the values written to it and those that follow."""


class Bench:
    """A model with its own time, and motion that a test sets."""

    def __init__(self) -> None:
        self.accel: Vector = (0.0, 0.0, STANDARD_GRAVITY)
        self.gyro: Vector = (0.0, 0.0, 0.0)
        self.io = BenchIo(lambda data, count: self.chip.transfer(data, count))
        self.chip = Bno055Chip(lambda: self.io.t, lambda _t: (self.accel, self.gyro), noise=0.0)
        self.io.sleep(0.5)

    def ranges(self, accel: int, gyro: int) -> None:
        self.io.write(0x07, 1)
        self.io.write(0x08, accel, 0x6D, gyro)
        self.io.write(0x07, 0)

    def mode(self, mode: int) -> None:
        self.io.write(0x3D, mode)
        self.io.sleep(0.02)

    def data(self, wait_s: float = 0.3) -> tuple[int, ...]:
        self.io.sleep(wait_s)
        return struct.unpack("<9h", self.io.read(0x08, 18))

    def started(self) -> Bno055:
        driver = Bno055()
        driver.start(self.io, 100, "BNO055")
        return driver


# --- the model


def test_reset_state() -> None:
    bench = Bench()
    assert bench.io.read(0x00, 4).hex(" ") == "a0 fb 32 0f"
    assert bench.io.read(0x3B, 1) == b"\x80"
    assert bench.io.read(0x3D, 1) == b"\x00"
    assert bench.data() == (0,) * 9
    bench.io.write(0x07, 1)
    assert bench.io.read(0x08, 3).hex(" ") == "0d 6d 38"  # 4 g, 62.5 Hz; 2000 deg/s, 32 Hz


def test_it_does_not_answer_while_it_starts() -> None:
    bench = Bench()
    with pytest.raises(OSError, match="Remote I/O"):
        bench.io.write(0x3F, 0x20)  # it is gone before it could acknowledge
    bench.io.sleep(0.64)
    with pytest.raises(OSError, match="Remote I/O"):
        bench.io.read(0x00, 1)
    bench.io.sleep(0.02)
    assert bench.io.read(0x00, 1) == b"\xa0"
    bench.chip.power_cycle()
    bench.io.sleep(0.39)
    with pytest.raises(OSError, match="Remote I/O"):
        bench.io.read(0x00, 1)
    bench.io.sleep(0.02)
    assert bench.io.read(0x00, 1) == b"\xa0"


def test_page_1_has_no_id() -> None:
    bench = Bench()
    bench.io.write(0x07, 1)
    assert bench.io.read(0x00, 1) == b"\x00"
    assert bench.io.read(0x07, 1) == b"\x01"


def test_settings_are_taken_in_config_mode_only() -> None:
    bench = Bench()
    bench.mode(0x05)
    bench.ranges(0x0E, 0x18)
    bench.io.write(0x3B, 0x00)
    assert bench.io.read(0x3B, 1) == b"\x80"
    bench.io.write(0x07, 1)
    assert bench.io.read(0x08, 1) == b"\x0d"


def test_a_mode_is_left_through_config_mode_and_that_takes_time() -> None:
    bench = Bench()
    bench.mode(0x05)
    bench.io.write(0x3D, 0x07)
    assert bench.io.read(0x3D, 1) == b"\x05"
    bench.io.write(0x3D, 0x00)
    with pytest.raises(OSError, match="Remote I/O"):
        bench.io.read(0x3D, 1)
    bench.io.sleep(0.02)
    assert bench.data() == (0,) * 9


@pytest.mark.parametrize(
    ("mode", "accel", "gyro"), [(0x01, True, False), (0x03, False, True), (0x05, True, True), (0x07, True, True)]
)
def test_a_mode_has_its_sensors(mode: int, accel: bool, gyro: bool) -> None:
    bench = Bench()
    bench.gyro = (math.radians(100), 0.0, 0.0)
    bench.mode(mode)
    values = bench.data()
    assert values[2] == (981 if accel else 0)
    assert values[6] == (1600 if gyro else 0)


def test_units() -> None:
    bench = Bench()
    bench.gyro = (1.0, 0.0, 0.0)
    bench.io.write(0x3B, 0x03)
    bench.mode(0x05)
    values = bench.data()
    assert values[2] == 1000  # mg
    assert values[6] == 900  # rad/s


@pytest.mark.parametrize(("choice", "g"), [(0, 2), (1, 4), (2, 8), (3, 16)])
def test_ranges_clip_and_units_stay(choice: int, g: int) -> None:
    bench = Bench()
    bench.accel = (6 * STANDARD_GRAVITY, 0.0, 0.0)
    bench.ranges(0x0C | choice, 0x18)
    bench.mode(0x05)
    assert bench.data()[0] == pytest.approx(min(6, g) * 980.665, abs=1)


def test_fusion_takes_the_ranges_back() -> None:
    bench = Bench()
    bench.ranges(0x0E, 0x18)
    bench.mode(0x08)
    bench.io.write(0x07, 1)
    assert bench.io.read(0x08, 3).hex(" ") == "0d 6d 38"


def test_its_data_changes_100_times_a_second() -> None:
    bench = Bench()
    bench.mode(0x05)
    seen = set()
    begins = bench.io.t
    while bench.io.t < begins + 1.0:
        bench.gyro = (bench.io.t - begins, 0.0, 0.0)
        seen.add(bench.data(0.001)[6])
    assert len(seen) == pytest.approx(100, abs=3)


@pytest.mark.parametrize(("gyro", "hz"), [(0x18, 47.0), (0x28, 12.0), (0x20, 23.0)])
def test_the_low_pass_has_its_corner(gyro: int, hz: float) -> None:
    bench = Bench()
    bench.ranges(0x0E, gyro)
    bench.mode(0x05)
    bench.data()
    bench.gyro = (1.0, 0.0, 0.0)
    updates = 0
    while bench.data(0.01)[6] < 0.632 * 16 * math.degrees(1):
        updates += 1
    assert updates == pytest.approx(100 / (2 * math.pi * hz), abs=1)


def test_a_long_pause_is_not_gone_through() -> None:
    bench = Bench()
    bench.mode(0x05)
    before = bench.io.t
    bench.io.sleep(3600.0)
    assert bench.data()[2] == 981
    assert bench.io.t - before > 3600


# --- the driver


def values(data: bytes | Gap) -> tuple[int, ...]:
    assert isinstance(data, bytes)
    return struct.unpack("<6h", data)


def test_start_and_read() -> None:
    bench = Bench()
    bench.gyro = (0.0, math.radians(-50), 0.0)
    driver = bench.started()
    bench.io.sleep(0.3)
    assert values(driver.read(bench.io)) == (0, 0, 981, 0, -800, 0)
    bench.io.write(0x07, 1)
    assert bench.io.read(0x08, 3).hex(" ") == "0e 6d 18"


def test_whatever_it_was_set_to_before_it_starts_without_a_reset() -> None:
    bench = Bench()
    for register, value in ((0x3B, 0x03), (0x3E, 0x01), (0x41, 0x21), (0x42, 0x07)):
        bench.io.write(register, value)
    bench.ranges(0x00, 0x04)
    bench.mode(0x0C)
    bench.io.write(0x07, 1)
    begins = bench.io.t
    driver = bench.started()
    assert bench.io.t - begins < 0.1
    assert bench.io.read(0x3B, 1) + bench.io.read(0x3E, 1) + bench.io.read(0x41, 2) == b"\x00\x00\x24\x00"
    bench.io.sleep(0.3)
    assert values(driver.read(bench.io))[2] == 981


def test_a_repeat_is_passed_on() -> None:
    bench = Bench()
    driver = bench.started()
    bench.io.sleep(0.1)
    assert driver.read(bench.io) == driver.read(bench.io) != b""


def test_one_read_is_one_transfer() -> None:
    bench = Bench()
    driver = bench.started()
    mark = len(bench.io.log)
    driver.read(bench.io)
    assert [transfer.read_count for transfer in bench.io.log[mark:]] == [18]


def test_a_flipped_top_bit_is_a_fault_that_names_the_trap() -> None:
    bench = Bench()
    driver = bench.started()
    bench.io.sleep(0.1)
    bench.chip.stretched = b"\x00\x00\x00\x80"
    with pytest.raises(SensorFault, match="more than its range of 8 g") as caught:
        driver.read(bench.io)
    assert "i2c-gpio" in caught.value.hint
    assert "docs/sensors.md" in caught.value.hint
    assert values(driver.read(bench.io))[2] == 981


def test_the_hardest_knock_it_can_measure_is_no_fault() -> None:
    bench = Bench()
    bench.accel = (20 * STANDARD_GRAVITY, -20 * STANDARD_GRAVITY, 0.0)
    driver = bench.started()
    bench.io.sleep(0.3)
    assert values(driver.read(bench.io))[:2] == (7845, -7845)


def test_ids_that_don_t_agree_are_a_fault_that_names_the_trap() -> None:
    bench = Bench()
    answer = bench.chip.transfer
    io = BenchIo(lambda data, count: answer(data, count).replace(b"\xfb", b"\xff"))
    bench.io = io
    io.sleep(0.5)
    with pytest.raises(SensorFault, match="a0 ff 32 0f came") as caught:
        Bno055().start(io, 100, "BNO055")
    assert "clock stretching" in caught.value.hint


@pytest.mark.parametrize("self_test", [0x0B, 0x0E, 0x07])
def test_a_failed_self_test_is_a_fault(self_test: int) -> None:
    bench = Bench()
    bench.chip.self_test = self_test
    with pytest.raises(SensorFault, match=f"self test 0x{self_test:02x}"):
        bench.started()


def test_a_broken_magnetometer_is_none() -> None:
    bench = Bench()
    bench.chip.self_test = 0x0D
    bench.started()


def test_wherever_a_transfer_fails_the_chip_can_be_found_again() -> None:
    """On page 1 it has no id; only losing the way back itself leaves it there, and the next start gets it out."""
    reference = Bench()
    reference.started()
    hidden = 0
    for index in range(len(reference.io.log)):
        bench = Bench()
        bench.io.fail_at = index
        with pytest.raises(OSError, match="Remote I/O"):
            bench.started()
        bench.io.sleep(1.0)
        try:
            assert probe(bench.io, Bno055()) == "BNO055"
        except SensorFault:
            hidden += 1
        bench.started()
    assert hidden == 1


# --- the kit on this chip


def trial_of(driver: type[Bno055]) -> Callable[[], Trial]:
    return lambda: Trial(driver, SPECIMEN, 0xA0)


class Tapped:
    """An io on which one write is another."""

    def __init__(self, io: I2CIo, before: Write, after: Write) -> None:
        self._io = io
        self._before, self._after = before, after
        self.read, self.transfer, self.sleep = io.read, io.transfer, io.sleep

    def write(self, register: int, *values: int) -> None:
        self._io.write(*(self._after if (register, *values) == self._before else (register, *values)))


def rewritten(before: Write, after: Write) -> type[Bno055]:
    """The real driver, but one of the things it writes is another."""

    class Mistaken(Bno055):
        def start(self, io: I2CIo, rate: float, chip: str) -> float:
            return super().start(Tapped(io, before, after), rate, chip)

    return Mistaken


RANGES = (0x08, 0x0E, 0x6D, 0x18)
AT_4_G = rewritten(RANGES, (0x08, 0x0D, 0x6D, 0x18))


@pytest.mark.parametrize(
    ("driver", "check", "says"),
    [
        pytest.param(rewritten((0x3D, 0x05), (0x3D, 0x08)), signal.still, "gravity is 9.81", id="fusion"),
        pytest.param(rewritten((0x3D, 0x05), (0x3D, 0x00)), signal.still, "gravity is 9.81", id="left in config mode"),
        pytest.param(AT_4_G, signal.gravity_axes, "accel_x is", id="4 g"),
        pytest.param(AT_4_G, wire.start_transcript, "table 3-8", id="4 g by the transcript"),
        pytest.param(rewritten(RANGES, (*RANGES[:3], 0x00)), signal.low_pass, "190 Hz vibration", id="523 Hz"),
        # Both are off by less than the 3 % and 2 % that the signal checks allow.
        pytest.param(rewritten((0x3B, 0x00), (0x3B, 0x01)), wire.start_transcript, "UNIT_SEL", id="mg"),
        pytest.param(rewritten((0x3B, 0x00), (0x3B, 0x02)), wire.start_transcript, "UNIT_SEL", id="rad/s"),
    ],
)
def test_a_mistake_is_found(driver: type[Bno055], check: Callable[[wire.NewTrial], None], says: str) -> None:
    with pytest.raises(Wrong, match=says):
        check(trial_of(driver))
