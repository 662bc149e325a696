"""Frames of every kind of driver become the right input, after whatever was said before."""

from __future__ import annotations

import struct
from typing import ClassVar

import pytest

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.stream import Stream
from firmware_host.coaching.inputs import ForceSample, ImuSample, StreamGap
from sensors.driver import Channel, I2CDriver, Role, xyz
from sensors.imu.mpu6050 import Mpu6050


class Cell(I2CDriver):
    name: ClassVar[str] = "cell"
    role: ClassVar[Role] = "force"
    addresses: ClassVar[tuple[int, ...]] = (0x2A,)
    frame: ClassVar[str] = "<h"
    rates: ClassVar[tuple[float, ...]] = (50,)

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (Channel("force", 0.5, -10.0),)


class Bridge(Cell):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (Channel("bridge", 0.5),)


class Strips(Cell):
    frame: ClassVar[str] = "<2B"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return Channel("strip_0", 1 / 255), Channel("strip_1", 1 / 255)


class GyroOnly(Cell):
    role: ClassVar[Role] = "imu"
    frame: ClassVar[str] = "<3h"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return xyz("gyro", 0.001)


def stream_of(driver: I2CDriver) -> Stream:
    stream = Stream(Device("roller", driver.role, driver, None, driver.rates[0]))
    stream.begin("", driver.rates[0], 1.0)
    return stream


def test_a_reading_that_is_only_late_is_not_lost() -> None:
    stream = stream_of(Cell())
    for turn in range(100):
        stream.take(struct.pack("<h", 1), 2.0 + turn * 0.02 + (0.014 if turn % 5 == 0 else 0.0), 5.0)
    assert stream.lost == 0
    for t in (4.0, 4.02, 4.06, 4.08, 4.20):  # one is missing, then five
        stream.take(struct.pack("<h", 1), t, 5.0)
    assert stream.lost == 6


@pytest.mark.parametrize(
    ("driver", "data", "expected"),
    [
        (Cell(), struct.pack("<h", 100), ForceSample(2.0, "roller", "force", 40.0)),
        (Bridge(), struct.pack("<h", -100), ForceSample(2.0, "roller", "bridge", -50.0)),
        (Strips(), bytes((255, 51)), ForceSample(2.0, "roller", "strips", (1.0, 0.2))),
        (GyroOnly(), struct.pack("<3h", 1000, -2000, 0), ImuSample(2.0, "roller", None, (1.0, -2.0, 0.0))),
    ],
    ids=["force", "bridge", "strips", "gyro only"],
)
def test_each_kind_of_channel(driver: I2CDriver, data: bytes, expected: object) -> None:
    assert stream_of(driver).take(data, 2.0, 2.001) == [expected]


def test_a_driver_without_fifo_gives_the_newest_only() -> None:
    (sample,) = stream_of(Cell()).take(struct.pack("<2h", 100, 120), 2.0, 2.001)
    assert isinstance(sample, ForceSample)
    assert sample.value == 50.0


def test_nothing_after_a_gap_lies_before_it() -> None:
    """Even if the chip hands out more samples than the time since its start has room for."""
    stream = stream_of(Mpu6050())
    frame = struct.pack(">7h", 1, 2, 3, 4, 5, 6, 7)
    before = stream.take(frame * 5, 1.05, 1.051)
    (gap,) = stream.gap(1.06, "i2c")
    stream.begin("", 100.0, 1.06)
    after = stream.take(frame * 30, 1.1, 1.101)
    assert isinstance(gap, StreamGap)
    times = [item.t for item in (*before, gap, *after)]
    assert times == sorted(set(times))
    assert len(times) == 36


def test_a_gap_is_said_once_and_not_before_the_first_sample() -> None:
    stream = stream_of(Cell())
    assert stream.gap(1.5, "i2c") == []
    stream.take(struct.pack("<h", 1), 2.0, 2.001)
    assert len(stream.gap(2.5, "i2c")) == 1
    assert stream.gap(2.6, "i2c") == []
    assert stream.gaps == 1
