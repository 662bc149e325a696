"""A bus of real chip models on a manual clock, with faults by the transfer."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import DeviceFault, ForceSample, ImuSample, Input, StreamGap
from firmware_host.simulator.bus import I2C_M_RD, SimBus
from sensors.chips.mprls import MprlsChip
from sensors.chips.mpu6050 import Mpu6050Chip
from sensors.driver import STANDARD_GRAVITY
from sensors.imu.mpu6050 import Mpu6050
from sensors.pressure.mprls import Mprls

Vector = tuple[float, float, float]


def rocking(t: float) -> tuple[Vector, Vector]:
    """Half a roll a second: the rate about x tells the time of a sample."""
    return (0.0, 0.0, STANDARD_GRAVITY), (5.0 * math.sin(math.pi * t), 0.0, 0.0)


def breathing(t: float) -> tuple[float, float]:
    return 105_000.0 + 1000.0 * math.sin(t), 25.0


class FaultyBus:
    """SimBus with a fault for some transfers: "nack" before the chip hears it, "reply lost" after."""

    def __init__(self, inner: SimBus, clock: ManualClock, transfer_s: float = 0.0003) -> None:
        self._inner = inner
        self._clock = clock
        self._transfer_s = transfer_s
        self.fault: Callable[[], str] = lambda: ""
        self.closed = 0

    def i2c_rdwr(self, *messages: Any) -> None:
        self._clock.sleep(self._transfer_s)
        kind = self.fault()
        if kind == "nack":
            raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
        self._inner.i2c_rdwr(*messages)
        if kind == "reply lost":
            raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))

    def close(self) -> None:
        self.closed += 1


class TimedBus:
    """SimBus on which every bit takes its time; `busy_s` is how long the bus was in use."""

    def __init__(self, inner: SimBus, clock: ManualClock, bus_hz: float) -> None:
        self._inner = inner
        self._clock = clock
        self._bus_hz = bus_hz
        self.busy_s = 0.0

    def i2c_rdwr(self, *messages: Any) -> None:
        assert all(message.len <= 252 or not message.flags & I2C_M_RD for message in messages)
        took_s = (1 + sum(10 + 9 * message.len for message in messages)) / self._bus_hz
        self.busy_s += took_s
        self._clock.sleep(took_s)
        self._inner.i2c_rdwr(*messages)

    def close(self) -> None:
        """It stays what it is."""


class Bench:
    """One IMU and, if asked for, one pressure sensor on bus "7"."""

    def __init__(
        self,
        *,
        who_am_i: int = 0x68,
        odr_error: float = 0.0,
        noise: float = 1.0,
        force: bool = False,
        imu: Callable[[float], tuple[Vector, Vector]] = rocking,
        pressure: Callable[[float], tuple[float, float]] = breathing,
        address: int | None = None,
        sysfs: Path = Path("/nonexistent"),
    ) -> None:
        self.clock = ManualClock()
        self.imu = Mpu6050Chip(self.clock.now, imu, who_am_i=who_am_i, odr_error=odr_error, noise=noise)
        self.bladder = MprlsChip(self.clock.now, pressure)
        self.wire = FaultyBus(SimBus([self.imu, self.bladder]), self.clock)
        self.opening: OSError | None = None
        self.opened = 0
        self.inputs: list[Input] = []
        devices = [Device("roller", "imu", Mpu6050(), address, 100)]
        if force:
            devices.append(Device("roller", "force", Mprls(), None, 50))
        self.bus = I2CBus("7", self._open, devices, self.clock, self.inputs.extend, sysfs)
        self.clock.sleep(1.0)

    def _open(self) -> FaultyBus:
        if self.opening is not None:
            raise self.opening
        self.opened += 1
        return self.wire

    def run(self, seconds: float, each: Callable[[], None] = lambda: None) -> None:
        """Poll as `simulate` does, for so long."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            each()
            due = self.bus.poll()
            self.clock.sleep(min(due, end, self.clock.now() + 0.25) - self.clock.now())

    def take(self) -> list[Input]:
        """What was emitted since the last call."""
        taken = list(self.inputs)
        self.inputs.clear()
        return taken


def imu_samples(inputs: list[Input]) -> list[ImuSample]:
    return [item for item in inputs if isinstance(item, ImuSample)]


def force_samples(inputs: list[Input]) -> list[ForceSample]:
    return [item for item in inputs if isinstance(item, ForceSample)]


def faults(inputs: list[Input]) -> list[DeviceFault]:
    return [item for item in inputs if isinstance(item, DeviceFault)]


def gaps(inputs: list[Input]) -> list[StreamGap]:
    return [item for item in inputs if isinstance(item, StreamGap)]


def errno_error(name: str) -> OSError:
    number = getattr(errno, name)
    return OSError(number, os.strerror(number))
