"""Turning with truth: what a gyroscope and an accelerometer on a turning tool show, and the angle it really turned.

A case is a motion (`turning_paths.py`) seen by a sensor (`Sensor`: errors as data sheets give them). Rates and
accelerations follow from the path by the formulas of a rigid body, so no filter under test has a share in the truth.
The sensor's axes are the tool's, renamed by seed, so that each of x, y and z comes up as the axis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from turning_paths import STEP_S, Array, G, Path, Random, hand, pendulum, roller, slow_turns, stick, two_turns, wheel


@dataclass(frozen=True)
class Sensor:
    """One unit of a make: each error is drawn up to, or as, the value given."""

    bias_dps: float
    """Gyroscope at rest: each axis even within this."""
    accel_bias: float
    """m/s2, each axis even within this."""
    scale: float
    """The gyroscope shows so much more."""
    misaligned_deg: float = 2.0
    drift_dps_per_min: float = 0.0
    """Warming up: each axis wanders up to so much, and 0.3 dps about that."""
    gyro_noise_dps: float = 0.05
    accel_noise: float = 0.04
    accel_scale: float = 0.0
    lag_s: float = 0.0
    """The accelerometer's filter is behind the gyroscope's by this."""
    range_dps: float = 2000.0
    declared: bool = False
    """Whether the recording says the range."""
    period_s: float = 0.01
    stamps: str = "even"
    """`even`; `uneven`: 3 ms standard deviation; `bursts`: six come together, 2 ms apart."""
    lost: float = 0.0
    """Share of samples that never arrive."""


CHEAP = Sensor(bias_dps=4.0, accel_bias=0.15, scale=0.01)
"""An MPU-6050 as it comes, and mounted by hand."""
GOOD = Sensor(bias_dps=0.3, accel_bias=0.03, scale=0.002)
"""A better one, or calibrated."""


@dataclass(frozen=True)
class Turning:
    """What arrives: seconds, m/s2 and rad/s in sensor axes; `angle` (rad, 0 at the first sample) is the truth."""

    t: Array
    accel: Array
    gyro: Array
    angle: Array
    axis: tuple[float, float, float]
    full_scale_rad_s: float | None


@dataclass(frozen=True)
class Case:
    """`turn(seed)` makes one run. The bars are beside the comparison with vqf, which holds for every case."""

    name: str
    what: str
    path: Callable[[Random], Path]
    sensor: Sensor
    better: bool = False
    """vqf must be beaten, not only equalled: off-axis mounting and bad starts."""
    turns_percent: float | None = None
    """Largest error of the turns counted, from rest to rest."""
    rms_deg: float | None = None
    """Largest error in absolute terms."""

    def turn(self, seed: int) -> Turning:
        return _measure(self.path(np.random.default_rng(seed)), self.sensor, np.random.default_rng((seed, 1)), seed)


# --- what the sensor shows --------------------------------------------------------------------------------------------


def _measure(path: Path, sensor: Sensor, random: Random, seed: int) -> Turning:
    gyro, accel = _rigid_body(path)
    gyro, accel = _mounted(random, sensor, gyro, accel)
    every = round(sensor.period_s / STEP_S)
    seen = np.arange(5 * every, len(path.angle) - 5, every)
    late = round(sensor.lag_s / STEP_S)
    t = (seen - seen[0]) * STEP_S
    gyro, accel, angle = gyro[seen], accel[seen - late], path.angle[seen]
    gyro = gyro * (1.0 + sensor.scale) + np.radians(random.uniform(-sensor.bias_dps, sensor.bias_dps, 3))
    if sensor.drift_dps_per_min:
        slope = sensor.drift_dps_per_min / 60.0 * random.choice([-1.0, 1.0], 3) * random.uniform(1 / 3, 1, 3)
        gyro = gyro + np.radians(np.outer(t, slope) + 0.3 * np.sin(t / 20.0)[:, None])
    gyro = gyro + np.radians(sensor.gyro_noise_dps) * random.normal(size=gyro.shape)
    accel = accel * (1.0 + sensor.accel_scale * random.uniform(-1, 1, 3))
    accel = accel + random.uniform(-sensor.accel_bias, sensor.accel_bias, 3)
    accel = accel + sensor.accel_noise * random.normal(size=accel.shape)
    gyro = _digits(gyro, np.radians(sensor.range_dps))
    accel = _digits(accel, 4 * G)
    t, kept = _arrivals(random, sensor, t)
    axis = np.roll((1.0, 0.0, 0.0), seed % 3)
    return Turning(
        t[kept],
        np.roll(accel[kept], seed % 3, axis=1),
        np.roll(gyro[kept], seed % 3, axis=1),
        angle[kept] - angle[kept][0],
        (float(axis[0]), float(axis[1]), float(axis[2])),
        float(np.radians(sensor.range_dps)) if sensor.declared else None,
    )


def _rigid_body(path: Path) -> tuple[Array, Array]:
    """Rates (rad/s) and specific force (m/s2) in tool axes, at the sensor."""
    turned, tilted, yawed = (_rate(x) for x in (path.angle, path.tilt, path.yaw))
    sin_angle, cos_angle = np.sin(path.angle), np.cos(path.angle)
    sin_tilt, cos_tilt = np.sin(path.tilt), np.cos(path.tilt)
    gyro = np.stack(
        [
            turned - yawed * sin_tilt,
            tilted * cos_angle + yawed * cos_tilt * sin_angle,
            -tilted * sin_angle + yawed * cos_tilt * cos_angle,
        ],
        -1,
    )
    force = np.stack([_rate(_rate(path.centre[:, i])) for i in range(3)], -1) + np.array([0.0, 0.0, G])
    x, y, z = force.T
    x, y = x * np.cos(path.yaw) + y * np.sin(path.yaw), y * np.cos(path.yaw) - x * np.sin(path.yaw)
    x, z = x * cos_tilt - z * sin_tilt, z * cos_tilt + x * sin_tilt
    y, z = y * cos_angle + z * sin_angle, z * cos_angle - y * sin_angle
    lever = np.broadcast_to(np.array(path.lever), gyro.shape)
    spun = np.cross(np.stack([_rate(gyro[:, i]) for i in range(3)], -1), lever)
    thrown = np.cross(gyro, np.cross(gyro, lever))
    return gyro, np.stack([x, y, z], -1) + spun + thrown


def _rate(x: Array) -> Array:
    return np.gradient(x, STEP_S)


def _mounted(random: Random, sensor: Sensor, gyro: Array, accel: Array) -> tuple[Array, Array]:
    """Turned by the misalignment, about a direction across the axis (Rodrigues' formula)."""
    way = random.uniform(0, 2 * np.pi)
    _, y, z = 0.0, np.cos(way), np.sin(way)
    cross = np.array([[0.0, -z, y], [z, 0.0, 0.0], [-y, 0.0, 0.0]])
    off = np.radians(sensor.misaligned_deg)
    turn = np.eye(3) + np.sin(off) * cross + (1 - np.cos(off)) * cross @ cross
    return gyro @ turn.T, accel @ turn.T


def _digits(values: Array, full_scale: float) -> Array:
    """As 16-bit counts can say it."""
    count = full_scale / 32768
    return np.clip(np.round(values / count), -32768, 32767) * count


def _arrivals(random: Random, sensor: Sensor, t: Array) -> tuple[Array, NDArray[np.bool_]]:
    kept = random.random(len(t)) >= sensor.lost
    kept[0] = True
    if sensor.stamps == "uneven":
        t = np.maximum.accumulate(t + 0.003 * random.normal(size=len(t)))
    elif sensor.stamps == "bursts":
        last = np.minimum(np.arange(len(t)) // 6 * 6 + 5, len(t) - 1)
        late = np.repeat(random.uniform(0, 0.01, len(t) // 6 + 1), 6)[: len(t)]
        t = t[last] + late + 0.002 * (np.arange(len(t)) % 6)
    return t - t[0] + np.arange(len(t)) * 1e-6, kept


# --- the cases --------------------------------------------------------------------------------------------------------

CALM, FAST, OFF_AXIS = roller((3, 5)), roller((1, 1.8)), roller((1.8, 3.5), lever_m=0.05)
BAD_START = roller((2, 4), rest_s=0.0)
WHEEL = wheel((60, 500), (0.02, 0.3))
FAST_WHEEL = wheel((700, 1500), (0.005, 0.03), seconds=120.0)
LONG_WHEEL = wheel((0, 0), (0.01, 0.05), turns=(100, 300))
SLOW_HAND, TWO_TURNS = hand(120.0, slow_turns), hand(14.0, two_turns)

_MOTIONS: tuple[Case, ...] = (
    Case("calm", "strokes of 3-5 s on a roller", CALM, CHEAP),
    Case("fast", "strokes of 1-1.8 s", FAST, CHEAP),
    Case("off axis", "the sensor 5 cm from the axis", OFF_AXIS, CHEAP, better=True),
    Case("bad start", "begins in motion", BAD_START, replace(CHEAP, bias_dps=15.0), better=True),
    Case("wheel", "60-500 dps, the sensor 2-30 cm out", WHEEL, replace(CHEAP, scale=0.02)),
    Case("fast wheel", "700-1500 dps", FAST_WHEEL, replace(CHEAP, scale=0.02)),
    Case("long wheel", "100-300 turns", LONG_WHEEL, replace(CHEAP, scale=0.02), turns_percent=0.02),
    Case("pendulum", "the sensor 0.3-1 m below the axis", pendulum, CHEAP),
    Case("stick", "a massage stick in two hands", stick, CHEAP),
    Case("slow hand", "turned by hand below 50 dps", SLOW_HAND, CHEAP, rms_deg=0.5),
    Case("two turns", "720 degrees by hand, then rest", TWO_TURNS, CHEAP),
)
_BY_NAME = {case.name: case for case in _MOTIONS}


def _seen(variant: str, names: tuple[str, ...], **changes: object) -> tuple[Case, ...]:
    """Motions from above as another sensor shows them."""
    made = []
    for name in names:
        case = _BY_NAME[name]
        made.append(replace(case, name=f"{name}, {variant}", sensor=replace(GOOD, **changes)))  # type: ignore[arg-type]
    return tuple(made)


CASES: tuple[Case, ...] = (
    *_MOTIONS,
    Case("drift", "warming up by 1-3 dps a minute", roller((3, 5), 150.0), replace(CHEAP, drift_dps_per_min=3.0)),
    Case("rough mount", "scale +2 %, 4 degrees askew", CALM, replace(CHEAP, scale=0.02, misaligned_deg=4.0)),
    Case("clipped", "250 dps range, declared", FAST, replace(CHEAP, range_dps=250.0, declared=True)),
    Case("clipped unsaid", "250 dps range, not declared", FAST, replace(CHEAP, range_dps=250.0)),
    *_seen("good", tuple(_BY_NAME)),
    *_seen("lag 5 ms", ("calm", "fast", "wheel", "fast wheel", "pendulum"), lag_s=0.005),
    *_seen("uneven", ("calm", "fast", "wheel", "fast wheel", "pendulum"), stamps="uneven"),
    *_seen("bursts", ("calm", "wheel", "pendulum", "two turns"), stamps="bursts"),
    *_seen("lost 4 %", ("calm", "fast", "off axis", "wheel", "fast wheel", "pendulum"), lost=0.04),
    *_seen("accel 2 %", ("calm", "wheel", "fast wheel", "pendulum"), accel_scale=0.02),
)
