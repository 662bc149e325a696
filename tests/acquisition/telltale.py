"""Any shipped chips on one bus, each of whose readings tells by itself when it was taken.

Every quantity is a ramp of 16 s, so a reading gives back its time: a repeated, reordered, torn or wrongly scaled
sample shows, whatever its stamp says.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from acquisition_doubles import Vector
from smbus2 import i2c_msg

from firmware_host.acquisition.devices import DEFAULT_RATE_HZ, Device
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import ForceSample, ImuSample, Input
from firmware_host.simulator.bus import I2C_M_RD, SimBus
from sensors.catalog import Catalog
from sensors.chips.model import ChipModel
from sensors.chips.specimens import SPECIMENS
from sensors.driver import STANDARD_GRAVITY, I2CDriver

RAMP_S = 16.0
TRANSFER_S = 0.0003
STUCK_S = 0.025
"""What a transfer on a held line takes before Linux gives it up."""


def phase(t: float) -> float:
    return t % RAMP_S / RAMP_S


class Ramps:
    """The truth all chips feel."""

    def imu(self, t: float) -> tuple[Vector, Vector]:
        ramp = 32.0 * phase(t) - 16.0
        return (ramp, 0.0, STANDARD_GRAVITY), (ramp, 0.0, 0.0)

    def pressure(self, t: float) -> tuple[float, float]:
        return 80_000.0 + 60_000.0 * phase(t), 25.0

    def bridge(self, t: float) -> float:
        return 4e-3 * phase(t) - 2e-3

    def conductances(self, t: float) -> tuple[float, ...]:
        return (1e-4 + 8e-4 * phase(t),) * 4


def taken_t(sample: ImuSample | ForceSample) -> tuple[float, ...]:
    """When it was taken, by each of its numbers that tells; the whole ramps are taken from its stamp."""
    phases: list[float]
    if isinstance(sample, ImuSample):
        assert sample.accel is not None
        assert sample.gyro is not None
        assert abs(sample.accel[2] - STANDARD_GRAVITY) < 0.1, sample
        phases = [(sample.gyro[0] + 16.0) / 32.0, (sample.accel[0] + 16.0) / 32.0]
    elif sample.unit == "pressure":
        phases = [(float(sample.value) - 80_000.0) / 60_000.0]  # type: ignore[arg-type]
    elif sample.unit == "bridge":
        phases = [(float(sample.value) + 2e-3) / 4e-3]  # type: ignore[arg-type]
    else:
        assert isinstance(sample.value, tuple)
        phases = [(value - 0.1) / 0.8 for value in sample.value]
    return tuple(sample.t + ((one - phase(sample.t) + 0.5) % 1.0 - 0.5) * RAMP_S for one in phases)


class BadWire:
    """A bus whose transfers fail as `fault` says: "nack", "reply lost", "torn" (the reply ends half way), "stuck"."""

    def __init__(self, chips: list[ChipModel], clock: ManualClock) -> None:
        self._inner = SimBus(chips)
        self._clock = clock
        self.fault: Callable[[], str] = lambda: ""

    def i2c_rdwr(self, *messages: Any) -> None:
        kind = self.fault()
        self._clock.sleep(STUCK_S if kind == "stuck" else TRANSFER_S)
        if kind == "nack":
            raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
        if kind == "torn":
            messages = tuple(
                i2c_msg.read(message.addr, message.len // 2) if message.flags & I2C_M_RD else message
                for message in messages
            )
        if kind != "stuck":
            self._inner.i2c_rdwr(*messages)
        if kind:
            raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))

    def close(self) -> None:
        """Nothing to give back."""


def made(name: str) -> I2CDriver:
    """A shipped driver, with what it gets from outside the repository made up."""
    driver = Catalog().get(name)
    stand_ins = dict(SPECIMENS[name].stand_ins)
    return type(driver.__name__, (driver,), {**stand_ins, "__module__": driver.__module__})() if stand_ins else driver()


class Telltale:
    """Devices `(tool, driver's name)` on one bus, polled as `simulate` does."""

    def __init__(self, *wanted: tuple[str, str]) -> None:
        self.clock = ManualClock()
        self.inputs: list[Input] = []
        self.chips: dict[str, ChipModel] = {}
        self.devices: dict[str, Device] = {}
        for tool, name in wanted:
            driver, specimen = made(name), SPECIMENS[name]
            chip = specimen.build(self.clock.now, Ramps(), specimen.identities[0])
            while any(other.address == chip.address for other in self.chips.values()):
                chip.address = driver.addresses[driver.addresses.index(chip.address) + 1]
            rate = min(driver.rates, key=lambda rate: abs(rate - DEFAULT_RATE_HZ[driver.role]))
            device = Device(tool, driver.role, driver, chip.address, rate)
            self.chips[device.name], self.devices[device.name] = chip, device
        self.wire = BadWire(list(self.chips.values()), self.clock)
        self.bus = I2CBus("7", lambda: self.wire, self.devices.values(), self.clock, self.inputs.extend)
        self.clock.sleep(1.0)

    def run(self, seconds: float, each: Callable[[], None] = lambda: None) -> None:
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            each()
            due = self.bus.poll()
            self.clock.sleep(max(0.0, min(due, end, self.clock.now() + 0.25) - self.clock.now()))

    def take(self) -> list[Input]:
        taken = list(self.inputs)
        self.inputs.clear()
        return taken


def near_the_seam(t: float) -> bool:
    """Where the ramp falls back: a low-pass filter makes of it what tells no time."""
    return not 0.4 < t % RAMP_S < RAMP_S - 0.1
