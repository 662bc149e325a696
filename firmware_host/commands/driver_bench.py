"""A bench without hardware: the driver's chip model, and somebody who does as they are told (`--live --bus sim`)."""

from __future__ import annotations

import math
import random
import sys

from firmware_host.clock import ManualClock
from firmware_host.commands import CommandError
from firmware_host.simulator.bus import SimBus
from sensors.chips.model import Vector
from sensors.conformance import specimen_of
from sensors.conformance.bench import BenchTruth
from sensors.conformance.live import TURNS
from sensors.driver import STANDARD_GRAVITY, I2CDriver

ACCEL_NOISE_M_S2 = 0.03
GYRO_NOISE_RAD_S = 0.002
PRESSURE_NOISE_PA = 8.0
BIAS: Vector = (0.01, -0.006, 0.004)
TURN_S = 18.0
DELAY_S = 1.0
PA_A_KG = 900.0
BRIDGE_V_V_A_KG = 2e-3 / 50
BRIDGE_NOISE_V_V = 1e-7
SIEMENS_A_KG = 2e-5
MASS_KG = 5.0


class SimulatedBench(BenchTruth):
    """Truth, hands and bus in one; `driver` is the one to try.

    `turns` is how far they really turn it, about `axis` of the sensor.
    """

    def __init__(
        self, driver: I2CDriver, address: int | None = None, turns: float = TURNS, axis: int = 0, seed: int = 1
    ) -> None:
        super().__init__()
        specimen = specimen_of(type(driver))
        if specimen is None:
            raise CommandError(
                f"there is no model of {driver.name}'s chip to put on a simulated bus: try a real one with --bus 1",
                exit_code=1,
            )
        kind = type(driver)
        if specimen.stand_ins:  # what the driver gets from outside this repository, and of the chip
            own = {**specimen.stand_ins, "__module__": kind.__module__}
            driver = type(kind.__name__, (kind,), own)()
        self.driver = driver
        self.clock = ManualClock()
        self.turns = turns
        self.turn_s = TURN_S
        self._axis = axis
        self._random = random.Random(seed)
        self._began: float | None = None
        self._step = ""
        self.mass_kg: float | None = None
        self.said: list[str] = []
        self.chip = specimen.build(self.clock.now, self, specimen.identities[0])
        self.chip.address = driver.addresses[0] if address is None else address
        self.clock.sleep(1.0)

    def open_bus(self) -> SimBus:
        return SimBus([self.chip])

    # --- what the chip feels

    def imu(self, t: float) -> tuple[Vector, Vector]:
        angle, rate = self._turned(t)
        first, second = (self._axis + 1) % 3, (self._axis + 2) % 3
        accel, gyro = [0.0] * 3, list(BIAS)
        accel[first] = STANDARD_GRAVITY * math.sin(angle)
        accel[second] = STANDARD_GRAVITY * math.cos(angle)
        gyro[self._axis] += rate
        noise = self._random.gauss
        ax, ay, az = (value + noise(0, ACCEL_NOISE_M_S2) for value in accel)
        gx, gy, gz = (value + noise(0, GYRO_NOISE_RAD_S) for value in gyro)
        return (ax, ay, az), (gx, gy, gz)

    def pressure(self, t: float) -> tuple[float, float]:
        load = self.mass_kg * PA_A_KG if self.mass_kg is not None else 0.0
        return self.pascal + load + self._random.gauss(0, PRESSURE_NOISE_PA), 25.0

    def bridge(self, _t: float) -> float:
        """A 50 kg cell of 2 mV/V."""
        return (self.mass_kg or 0.0) * BRIDGE_V_V_A_KG + self._random.gauss(0, BRIDGE_NOISE_V_V)

    def conductances(self, _t: float) -> tuple[float, ...]:
        """Four strips with the mass on the second: nothing at rest, as the real ones."""
        load = (self.mass_kg or 0.0) * SIEMENS_A_KG
        return 0.0, max(0.0, load + self._random.gauss(0, load / 500)), 0.0, 0.0

    def _turned(self, t: float) -> tuple[float, float]:
        """Angle and rate of a calm hand: it speeds up and slows down evenly (minimum jerk)."""
        if self._began is None:
            return 0.0, 0.0
        full = 2 * math.pi * self.turns
        share = min(1.0, max(0.0, (t - self._began) / self.turn_s))
        angle = full * share**3 * (10 - 15 * share + 6 * share**2)
        return angle, full * 30 * share**2 * (1 - share) ** 2 / self.turn_s

    # --- hands

    def told(self, step: str, words: str) -> None:
        self.say(words)
        self._step = step
        self._began = self.clock.now() + DELAY_S if step == "turn" else None

    def answer(self) -> str | None:
        if self._step == "turn":
            assert self._began is not None
            return "" if self.clock.now() > self._began + self.turn_s + DELAY_S else None
        self.mass_kg = MASS_KG
        return f"{MASS_KG:g}"

    def progress(self, words: str) -> None:
        """Nobody looks on."""

    def say(self, words: str) -> None:
        self.said.append(words)
        sys.stderr.write(f"{words}\n")
