"""Force sensors of every kind, and what their careful owner knows of them: from newtons to what the sensor says.

Each sensor here is without its electronics' noise: a bladder's is made by its chip's model, the others' by `noisy`.
Figures without a source are this project's estimate of an ordinary build.
"""

from __future__ import annotations

import random
from math import exp, pi, sin
from typing import Protocol

from firmware_host.coaching.inputs import ForceUnit, PressureKind, ToolKind
from firmware_host.simulator.tools import G

Reading = float | tuple[float, ...]
Points = tuple[tuple[float, float], ...]

STANDARD_ATMOSPHERE_PA = 101_325.0
BLADDER_YIELD_PER_N = (1 - STANDARD_ATMOSPHERE_PA / (STANDARD_ATMOSPHERE_PA + 60_000)) / 450
"""Share of its volume that a sealed bladder loses per newton: 60 kPa above ambient at 450 N (guidance 2.1, S7)."""
MOST_YIELD = 0.9
ROOM_K = 295.0
WARMING_K = 1.5
WARMING_S = 400.0
WEATHER_PA = 15.0
WEATHER_S = 700.0
SCALE_KG = (5.0, 10.0, 20.0, 30.0, 45.0)
"""What an owner presses on the bathroom scale while calibrating."""

CELL_NOISE_N = 0.4
CELL_DRIFT_N = 1.0
CELL_DRIFT_S = (240.0, 500.0)
CELL_GAIN = 0.01
CELL_ZERO_N = 8.0

STRIP_UP_RAD = 25 * pi / 180
STRIP_EDGE_RAD = 10 * pi / 180
"""A strip feels all of the load within 25 degrees of pointing up, nothing from 35 degrees on. Six of them, 60
degrees apart, hand over to each other without a hole."""
STRIP_HALF_N = 500.0
"""Force at which a strip's conductance is half of its largest."""
STRIP_GAIN = 0.04
"""Strips differ from part to part by up to this (S35: 2 % to 6 %)."""
STRIP_NOISE = 0.0015

PAD_HALF_N = {"foam_roller": 45.0, "massage_stick": 10.0, "massage_ball": 18.0, "hands": 10.0}
"""Force at which a contact pad says 0.5."""
PAD_NOISE = 0.004


class ForceSensor(Protocol):
    """One tool's force sensor."""

    unit: ForceUnit
    noise: float
    """Standard deviation of one reading, in its unit."""

    def reading(self, force_n: float, angle: float, t: float) -> Reading:
        """What it says under `force_n` at time `t`, the tool turned by `angle` (rad)."""

    def points(self, rng: random.Random) -> Points:
        """The owner's calibration: readings above zero and newtons; none if it can't be calibrated."""

    def zero(self, rng: random.Random) -> float | None:
        """What the owner took for the unloaded reading."""


def sensor_of(kind: PressureKind, tool: ToolKind, strips: int, seed: int, rng: random.Random) -> ForceSensor | None:
    """The sensor of that kind in that tool, made by `seed`; None for "none". `rng` is the roller's own."""
    own = random.Random(f"{seed}:{kind}")
    if kind == "bladder":
        return Bladder(rng)
    if kind == "force":
        return LoadCell(own)
    if kind == "strips":
        return Strips(strips, own)
    return ContactPad(PAD_HALF_N[tool]) if kind == "contact" else None


def noisy(sensor: ForceSensor, reading: Reading, rng: random.Random) -> Reading:
    """`reading` as the electronics pass it on."""
    if isinstance(reading, tuple):
        return tuple(round(min(1.0, max(0.0, value + rng.gauss(0, sensor.noise))), 5) for value in reading)
    return round(reading + rng.gauss(0, sensor.noise), 3)


class Bladder:
    """A sealed bladder of air in the roller, its pressure in Pa: the day's air, the room's warmth, the load.

    Noise is that of the pressure chip's model.
    """

    unit: ForceUnit = "pressure"
    noise = 0.0

    def __init__(self, rng: random.Random) -> None:
        self._ambient_pa = STANDARD_ATMOSPHERE_PA + rng.uniform(-900, 900)
        self._weather_phase = rng.uniform(0, 2 * pi)
        self._warming_k = rng.uniform(0.3, 1.0) * WARMING_K

    def warmth_k(self, t: float) -> float:
        """How much warmer it has become since it was filled."""
        return self._warming_k * (1.0 - exp(-t / WARMING_S))

    def pascal(self, force_n: float, t: float) -> float:
        """Boyle: convex over force. Warmth raises the enclosed air by 0.34 %/K, the weather the whole of it."""
        weather = WEATHER_PA * sin(2 * pi / WEATHER_S * t + self._weather_phase)
        enclosed = self._ambient_pa * (1.0 + self.warmth_k(t) / ROOM_K) + weather
        return enclosed / (1.0 - min(MOST_YIELD, BLADDER_YIELD_PER_N * force_n))

    def reading(self, force_n: float, angle: float, t: float) -> Reading:
        return self.pascal(force_n, t)

    def points(self, rng: random.Random) -> Points:
        """Taken with a bathroom scale good to 1 %."""
        zero = self.pascal(0.0, 0.0)
        return tuple(
            (round(self.pascal(kg * G * rng.gauss(1, 0.01), 0.0) - zero, 1), round(kg * G, 2)) for kg in SCALE_KG
        )

    def zero(self, rng: random.Random) -> float | None:
        return round(self.pascal(0.0, 0.0) + rng.uniform(-60, 60), 1)


class LoadCell:
    """A load cell: newtons, from wherever its zero lies, with a gain good to 1 % and a zero that wanders."""

    unit: ForceUnit = "force"
    noise = CELL_NOISE_N

    def __init__(self, rng: random.Random) -> None:
        self._gain = 1.0 + rng.uniform(-CELL_GAIN, CELL_GAIN)
        self._zero_n = rng.uniform(-CELL_ZERO_N, CELL_ZERO_N)
        self._rate = 2 * pi / rng.uniform(*CELL_DRIFT_S)
        self._way = rng.choice((-1, 1))

    def reading(self, force_n: float, angle: float, t: float) -> Reading:
        return self._zero_n + self._gain * force_n + self._way * CELL_DRIFT_N * sin(self._rate * t)

    def points(self, rng: random.Random) -> Points:
        """It says newtons already."""
        return ()

    def zero(self, rng: random.Random) -> float | None:
        return round(self._zero_n + rng.uniform(-0.2, 0.2), 3)


class Strips:
    """Resistive strips evenly around the skin, 0..1 each; they turn with it, and only the upper one is pressed."""

    unit: ForceUnit = "strips"
    noise = STRIP_NOISE

    def __init__(self, count: int, rng: random.Random) -> None:
        first = rng.uniform(0, 2 * pi)
        self._strips = tuple(
            (first + k * 2 * pi / count, 1.0 + rng.uniform(-STRIP_GAIN, STRIP_GAIN)) for k in range(count)
        )

    def reading(self, force_n: float, angle: float, t: float) -> Reading:
        pressed = force_n / (force_n + STRIP_HALF_N)
        return tuple(gain * pressed * _felt(place + angle) for place, gain in self._strips)

    def points(self, rng: random.Random) -> Points:
        """The sum over all strips. One strip alone can't be calibrated: most of the time it feels nothing."""
        if len(self._strips) == 1:
            return ()
        forces = [kg * G * rng.gauss(1, 0.01) for kg in SCALE_KG]
        return tuple(
            (round(force_n / (force_n + STRIP_HALF_N), 5), round(kg * G, 2))
            for force_n, kg in zip(forces, SCALE_KG, strict=True)
        )

    def zero(self, rng: random.Random) -> float | None:
        return 0.0


def _felt(off_rad: float) -> float:
    """Share of the load that a strip feels which points so far off the vertical."""
    off = abs((off_rad + pi) % (2 * pi) - pi) - STRIP_UP_RAD
    if off <= 0.0:
        return 1.0
    u = 1.0 - off / STRIP_EDGE_RAD
    return u * u * (3 - 2 * u) if u > 0.0 else 0.0


class ContactPad:
    """Tells pressed from not pressed, 0..1; soon saturated."""

    unit: ForceUnit = "strips"
    noise = PAD_NOISE

    def __init__(self, half_n: float) -> None:
        self._half_n = half_n

    def reading(self, force_n: float, angle: float, t: float) -> Reading:
        square = force_n * force_n
        return (square / (square + self._half_n * self._half_n),)

    def points(self, rng: random.Random) -> Points:
        return ()

    def zero(self, rng: random.Random) -> float | None:
        return 0.0
