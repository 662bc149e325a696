"""Samples of a tool that turns about x, from its angle as a function of time: a rigid body's formulas, no filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import cos, degrees, pi, radians, sin, sqrt
from random import Random

from firmware_host.coaching.inputs import ImuSample, Tool, Vector
from firmware_host.coaching.motion import Motion

G = 9.80665
X: Vector = (1.0, 0.0, 0.0)
TOOL = Tool(name="roller", kind="foam_roller", axis=X)
NO_BIAS: Vector = (0.0, 0.0, 0.0)
Way = Callable[[float], float]


def resting(_t: float) -> float:
    return 0.0


def turning(turns: float, seconds: float, rest_s: float = 3.0) -> Way:
    """From rest to rest in `seconds`; the fastest is twice the mean. Rad."""

    def angle(t: float) -> float:
        u = min(max((t - rest_s) / seconds, 0.0), 1.0)
        return 2 * pi * turns * (u - sin(2 * pi * u) / (2 * pi))

    return angle


def strokes(reach_rad: float, stroke_s: float, begin: float = 0.0) -> Way:
    """To and fro as a sine, `begin` (0..2 pi) into it at t = 0, without a stop."""

    def angle(t: float) -> float:
        return 0.5 * reach_rad * sin(pi * t / stroke_s + begin)

    return angle


def turned(
    angle: Way,
    seconds: float,
    *,
    tilt: Way = resting,
    lever_m: tuple[float, float] = (0.0, 0.0),
    rolls_m: float = 0.0,
    scale: float = 0.0,
    bias: Vector = NO_BIAS,
    noise: float = 1.0,
    hz: float = 100.0,
) -> list[ImuSample]:
    """Samples at `hz`: the sensor `lever_m` from the axis along y and z, the axis moving `rolls_m` for a radian.

    `tilt` lifts the axis (rad; pi/2: upright); then lever and rolling must be 0. `scale` and `bias` (rad/s) are the
    gyroscope's errors, `noise` 1 is a cheap sensor's: 0.05 dps and 0.04 m/s2.
    """
    random = Random(7)
    samples = []
    for i in range(round(seconds * hz)):
        t = i / hz
        at, rate, push = _derived(angle, t)
        lean, lean_rate, _ = _derived(tilt, t)
        c, s = cos(at), sin(at)
        ly, lz = lever_m
        side, up = -rolls_m * push, G * cos(lean)
        accel = (
            -G * sin(lean),
            side * c + up * s - push * lz - rate * rate * ly,
            up * c - side * s + push * ly - rate * rate * lz,
        )
        gyro = (rate * (1 + scale) + bias[0], lean_rate * c + bias[1], -lean_rate * s + bias[2])
        samples.append(
            ImuSample(
                t,
                TOOL.name,
                tuple(value + random.gauss(0.0, 0.04) * noise for value in accel),  # type: ignore[arg-type]
                tuple(value + random.gauss(0.0, radians(0.05)) * noise for value in gyro),  # type: ignore[arg-type]
            )
        )
    return samples


def _derived(way: Way, t: float) -> tuple[float, float, float]:
    """Value, rate and acceleration, by central differences good to 1e-5 of each."""
    h = 1e-3
    before, here, after = way(t - h), way(t), way(t + h)
    return here, (after - before) / (2 * h), (after - 2 * here + before) / (h * h)


def follow(motion: Motion, samples: Iterable[ImuSample], masked: bool = False) -> list[tuple[float, float]]:
    """(t, angle) after each sample that was taken, on the body."""
    return [(sample.t, motion.angle) for sample in samples if motion.update(sample, None, masked, True)]


def errors_deg(angles: Iterable[tuple[float, float]], truth: Way, since: float = 0.0) -> list[float]:
    """Against the truth since t = 0, from `since` on."""
    return [degrees(angle - (truth(t) - truth(0.0))) for t, angle in angles if t >= since]


def rms(values: list[float]) -> float:
    return sqrt(sum(value * value for value in values) / len(values))
