"""A clock at a sensor's address is never taken for one, and never written to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import pytest

from sensors.chips import bmi160
from sensors.chips.bmi270 import SPECIMEN, Bmi270Chip
from sensors.chips.ds3231 import Ds3231Chip
from sensors.conformance.bench import BenchIo, BenchTruth
from sensors.driver import I2CDriver, Ident, SensorFault
from sensors.imu.bmi160 import Bmi160
from sensors.imu.bmi270 import Bmi270
from sensors.imu.mpu6050 import Mpu6050
from sensors.probe import is_clock, probe

NOON = datetime(2026, 2, 28, 12, 0, 0)


class OfFive(Bmi270):
    """Another chip whose id (that of a QMI8658) is a second of the clock too."""

    ident: ClassVar[Ident | None] = Ident(0x00, {0x05: "QMI8658"})


def bench_with(clock: datetime, *, twelve_hours: bool = False) -> tuple[BenchIo, Ds3231Chip]:
    io = BenchIo(lambda data, count: chip.transfer(data, count))
    chip = Ds3231Chip(lambda: io.t, clock, twelve_hours=twelve_hours)
    return io, chip


def test_the_clock_counts_in_bcd() -> None:
    io, _ = bench_with(datetime(2026, 12, 31, 23, 59, 58))
    assert io.read(0x00, 7).hex(" ") == "58 59 23 04 31 12 26"
    io.sleep(2.5)
    assert io.read(0x00, 7).hex(" ") == "00 00 00 05 01 01 27"
    assert io.read(0x11, 4)[:3].hex(" ") == "19 00 00"  # temperature, then round to the seconds
    io, _ = bench_with(datetime(2101, 1, 1, 0, 7, 0), twelve_hours=True)
    assert io.read(0x00, 7).hex(" ") == "00 07 52 06 01 81 01"


@pytest.mark.parametrize("twelve_hours", [False, True])
@pytest.mark.parametrize("driver", [Bmi270, OfFive])
def test_no_second_of_a_clock_is_a_sensor(driver: type[I2CDriver], twelve_hours: bool) -> None:
    for second in range(24 * 3600, 0, -977):
        io, chip = bench_with(NOON + timedelta(seconds=second), twelve_hours=twelve_hours)
        with pytest.raises(SensorFault, match="clock") as caught:
            probe(io, driver())
        assert "other address" in caught.value.hint
        assert chip.written == []


def test_at_second_24_it_has_a_bmi270s_id() -> None:
    io, chip = bench_with(NOON.replace(second=24))
    assert io.read(0x00, 1) == b"\x24"
    with pytest.raises(SensorFault, match="a clock"):
        probe(io, Bmi270())
    io.t += 0.9999  # the second turns between the two looks
    with pytest.raises(SensorFault, match="a clock"):
        probe(io, Bmi270())
    assert chip.written == []


@pytest.mark.parametrize(("seconds", "driver"), [(0xD1, Bmi160), (0xD3, Bmi160), (0x24, Bmi270)])
def test_a_clock_that_stands_still_is_none_either(seconds: int, driver: type[I2CDriver]) -> None:
    time = bytes((seconds, 0x30, 0x12, 0x04, 0x28, 0x02, 0x26)) + bytes(64)
    io = BenchIo(lambda data, count: time[data[0] :][:count])
    with pytest.raises(SensorFault, match="a clock"):
        probe(io, driver())
    assert io.writes() == []


def test_a_real_bmi160_is_taken_asleep_and_running() -> None:
    io = BenchIo(lambda data, count: chip.transfer(data, count))
    chip = bmi160.SPECIMEN.build(lambda: io.t, BenchTruth(), 0xD1)
    io.sleep(0.1)
    assert probe(io, Bmi160()) == "BMI160"
    Bmi160().start(io, 100, "BMI160")
    assert probe(io, Bmi160()) == "BMI160"


def test_a_real_bmi270_is_taken_asleep_and_running() -> None:
    io = BenchIo(lambda data, count: chip.transfer(data, count))
    chip = SPECIMEN.build(lambda: io.t, BenchTruth(), 0x24)
    assert isinstance(chip, Bmi270Chip)
    io.sleep(0.1)
    assert probe(io, Bmi270()) == "BMI270"
    io.write(0x7C, 0x00)
    assert probe(io, Bmi270()) == "BMI270"
    assert len(io.writes()) == 1


@pytest.mark.parametrize(
    ("registers", "clock"),
    [
        ("24 30 12 04 28 02 26", True),
        ("a4 30 12 04 28 02 26", True),  # a DS1307 that stands still
        ("00 00 00 01 01 01 00", True),  # a clock that was never set
        ("24 30 72 04 28 02 26", True),  # 12 in the afternoon
        ("24 30 24 04 28 02 26", False),
        ("24 30 52 08 28 02 26", False),
        ("24 00 00 10 00 00 00", False),  # a BMI270
        ("24 60 12 04 28 02 26", False),
        ("24 30 12 04 00 02 26", False),
        ("24 30 12 04 28 13 26", False),
        ("24 30 12 04 28 02 2a", False),
        ("24 24 24 24 24 24 24", False),
    ],
)
def test_what_a_clock_looks_like(registers: str, clock: bool) -> None:
    assert is_clock(bytes.fromhex(registers)) is clock


def test_a_driver_that_asks_elsewhere_is_not_slowed_down() -> None:
    io, _ = bench_with(NOON)
    with pytest.raises(SensorFault):
        probe(io, Mpu6050())
    assert len(io.log) == 1
