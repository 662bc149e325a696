"""A model of one of ST's LSM6DS chips with its own time, motion that a test sets, and its driver."""

from __future__ import annotations

import struct
from collections.abc import Callable

from sensors.chips.lsm6ds import Lsm6dsChip
from sensors.chips.lsm6ds3 import Lsm6ds3Chip
from sensors.chips.lsm6dso import Lsm6dsoChip
from sensors.conformance.bench import BenchIo
from sensors.driver import STANDARD_GRAVITY
from sensors.imu.lsm6ds import Lsm6ds
from sensors.imu.lsm6ds3 import Lsm6ds3
from sensors.imu.lsm6dso import Lsm6dso

Vector = tuple[float, float, float]
ALL = (0x6A, 0x69, 0x6C, 0x6B)


class Bench:
    """A model with its own time, motion that a test sets, and the driver that belongs to it."""

    def __init__(self, who_am_i: int = 0x6C, *, noise: float = 0.0, freq_fine: int = 0, oversample: int = 1) -> None:
        self.accel: Callable[[float], Vector] = lambda _t: (0.0, 0.0, STANDARD_GRAVITY)
        self.gyro: Callable[[float], Vector] = lambda _t: (0.0, 0.0, 0.0)
        self.asked = 0
        self.answer: Callable[[bytes, int], bytes] = lambda data, count: self.chip.transfer(data, count)
        self.io = BenchIo(lambda data, count: self.answer(data, count))
        self.chip: Lsm6dsChip
        self.driver: Lsm6ds
        if who_am_i in (0x6A, 0x69):
            self.chip = Lsm6ds3Chip(self.now, self._imu, who_am_i=who_am_i, noise=noise, oversample=oversample)
            self.driver = Lsm6ds3()
        else:
            self.chip = Lsm6dsoChip(
                self.now, self._imu, who_am_i=who_am_i, noise=noise, freq_fine=freq_fine, oversample=oversample
            )
            self.driver = Lsm6dso()
        self.wait(0.2)

    def now(self) -> float:
        return self.io.t

    def _imu(self, t: float) -> tuple[Vector, Vector]:
        self.asked += 1
        return self.accel(t), self.gyro(t)

    def wait(self, seconds: float) -> None:
        self.io.sleep(seconds)

    def configure(self, accel: int = 0x4C, gyro: int = 0x4C) -> None:
        self.io.write(0x12, 0x44)
        self.io.write(0x10, accel)
        self.io.write(0x11, gyro)
        self.wait(0.15)

    def run_fifo(self) -> None:
        """As the driver does, at 104 Hz."""
        self.configure()
        if isinstance(self.chip, Lsm6ds3Chip):
            self.io.write(0x08, 0x09)
            self.io.write(0x0A, 0x26)
        else:
            self.io.write(0x09, 0x44)
            self.io.write(0x0A, 0x06)

    def output(self) -> tuple[int, ...]:
        """Gyroscope and accelerometer from the output registers."""
        return struct.unpack("<6h", self.io.read(0x22, 12))

    def peek(self, register: int, count: int) -> bytes:
        """As `io.read`, but no time passes."""
        return self.chip.transfer(bytes([register]), count)

    def status(self, count: int = 2) -> bytes:
        return self.peek(0x3A, count)

    def start(self, rate: float = 104) -> float:
        assert self.driver.ident is not None
        return self.driver.start(self.io, rate, self.driver.ident.chips[self.chip.who_am_i])

    def frames(self) -> list[tuple[int, ...]]:
        got = self.driver.read(self.io)
        assert isinstance(got, bytes)
        return list(struct.iter_unpack(self.driver.frame, got))

    def run(self, seconds: float, every_s: float = 0.05) -> list[tuple[int, ...]]:
        found = []
        end = self.io.t + seconds
        while self.io.t < end:
            self.wait(every_s)
            found += self.frames()
        return found
