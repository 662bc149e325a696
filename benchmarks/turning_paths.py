"""Motions of turning tools, as truth: rollers, sticks, wheels, pendulums and hands, every millisecond.

Frames: the world's z is up; the tool's x is its axis; tool to world is Rz(yaw) Ry(tilt) Rx(angle).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Random = np.random.Generator

G = 9.80665
STEP_S = 0.001
ROLLER_M, STICK_M, STROKE_M = 0.075, 0.02, 0.28
EDGE = 100
"""Steps cut off both ends of a smoothed path, where the smoothing has no neighbours."""


@dataclass(frozen=True)
class Path:
    """What the tool did: (n,) rad, (n,) rad, (n,) rad, (n, 3) m in the world, 3 m from the axis in the tool."""

    angle: Array
    tilt: Array
    yaw: Array
    centre: Array
    lever: tuple[float, float, float]


def roller(
    stroke_s: tuple[float, float], seconds: float = 90.0, lever_m: float = 0.014, rest_s: float = 3.0
) -> Callable[[Random], Path]:
    """To and fro on a foam roller whose axis swings by a few degrees."""

    def path(random: Random) -> Path:
        angle = _strokes(random, seconds, stroke_s, (0.05, 0.5), ROLLER_M, rest_s)
        return Path(
            angle,
            np.zeros_like(angle),
            _sway(random, angle, np.radians(2), 0.4),
            _rolled(angle, 0.96 * ROLLER_M),
            _lever(random, 0.01, lever_m),
        )

    return path


def stick(random: Random) -> Path:
    """A massage stick in two hands: tilted, swinging, shaken by 6 mm; its radius is a quarter of a roller's."""
    angle = _strokes(random, 90.0, (1.5, 3.5), (0.05, 0.4), STICK_M, 2.0)
    shaken = np.stack([_sway(random, angle, 0.006, 2.0) for _ in range(3)], -1)
    tilt = np.radians(random.uniform(-15, 15)) + _sway(random, angle, np.radians(5), 0.5)
    yaw = _sway(random, angle, np.radians(8), 0.5)
    return Path(angle, tilt, yaw, _rolled(angle, STICK_M) + shaken, (0.05, 0.004, 0.003))


def wheel(
    dps: tuple[float, float], lever_m: tuple[float, float], seconds: float = 150.0, turns: tuple[float, float] = (0, 0)
) -> Callable[[Random], Path]:
    """A wheel from rest to rest, turning in place or rolling; `turns`, where given, instead of a speed."""

    def path(random: Random) -> Path:
        t = np.arange(round(seconds / STEP_S)) * STEP_S
        even = 1 + 0.25 * np.sin(2 * np.pi * t / random.uniform(8, 20))
        rate = np.clip((t - 3) / 4, 0, 1) * np.clip((seconds - 4 - t) / 4, 0, 1) * even
        rate = _smooth(rate, 301)
        if turns[1]:
            rate *= 2 * np.pi * random.uniform(*turns) * random.choice([-1, 1]) / (np.sum(rate) * STEP_S)
        else:
            rate *= np.radians(random.uniform(*dps)) * random.choice([-1, 1])
        angle = np.cumsum(rate) * STEP_S + random.uniform(-3, 3)
        lever = random.uniform(*lever_m)
        rolls = random.random() < 0.5
        centre = _rolled(angle, max(lever, 0.05) if rolls else 0.0)
        return Path(angle, np.zeros_like(angle), np.zeros_like(angle), centre, _lever(random, 0.01, lever))

    return path


def pendulum(random: Random) -> Path:
    """A rod that swings out slowly from 25-60 degrees, the sensor 0.3-1 m below its axis."""
    n, held = 90_000, 3_000
    length = random.uniform(0.3, 1.0)
    reduced = length * random.uniform(1.0, 1.2)  # a rod swings like a shorter or longer string
    angle, rate = np.radians(random.uniform(25, 60)), 0.0
    out = np.empty(n)
    for i in range(n):
        if i > held:
            rate += (-G / reduced * np.sin(angle) - 0.02 * rate) * STEP_S
            angle += rate * STEP_S
        out[i] = angle
    swung = _smooth(out, 41)[EDGE:-EDGE]
    lever = (random.uniform(-0.02, 0.02), 0.0, -length)
    return Path(swung, np.zeros_like(swung), np.zeros_like(swung), np.zeros((len(swung), 3)), lever)


def hand(seconds: float, turned: Callable[[Random, Array], Array]) -> Callable[[Random], Path]:
    """Held in a hand: while it turns, the axis wanders (tilt by degrees, heading freely) and moves by centimetres."""

    def path(random: Random) -> Path:
        t = np.arange(round(seconds / STEP_S)) * STEP_S
        rate = _smooth(turned(random, t), 301)
        moving = _smooth((np.abs(rate) > 1e-3).astype(float), 301)
        tilt = np.radians(random.uniform(-10, 10)) + np.cumsum(_sway(random, t, np.radians(4), 0.3) * moving) * STEP_S
        yaw = np.cumsum(_sway(random, t, np.radians(10), 0.3) * moving) * STEP_S
        centre = np.stack([_sway(random, t, 0.02, 0.5) * moving for _ in range(3)], -1)
        return Path(np.cumsum(rate) * STEP_S + random.uniform(-3, 3), tilt, yaw, centre, (0.02, 0.01, 0.02))

    return path


def slow_turns(random: Random, t: Array) -> Array:
    """To and fro below 50 dps, with rests."""
    rate = np.clip(_sway(random, t, 1.0, 0.15), -0.9, 0.9)
    return np.where(np.abs(_sway(random, t, 1.0, 0.05)) < 0.5, 0.0, rate) * np.clip(t - 3, 0, 1)


def two_turns(random: Random, t: Array) -> Array:
    """Twice round, grip by grip and never evenly, from the first sample on; then 4 s of rest."""
    grips = np.abs(_sway(random, t, 1.0, 1.5)) + 0.1
    rate = np.where(t < t[-1] - 4.0, grips, 0.0)
    return rate * 4 * np.pi / (np.sum(rate) * STEP_S) * random.choice([-1, 1])


def _strokes(
    random: Random,
    seconds: float,
    stroke_s: tuple[float, float],
    pause_s: tuple[float, float],
    radius_m: float,
    rest_s: float,
) -> Array:
    """Angle of a tool rolled to and fro: half sines, minimum jerk and trapezoids, with a tremor in the pauses."""
    pieces = [np.zeros(round(rest_s / STEP_S))]
    here, way, passed = 0.0, 1.0, rest_s
    while passed < seconds:
        stroke, pause = random.uniform(*stroke_s), random.uniform(*pause_s)
        length = STROKE_M * random.uniform(0.85, 1.0) / radius_m * way
        steps = round(stroke / STEP_S)
        u = np.arange(steps) / steps
        pieces.append(here + length * _shape(int(random.integers(3)), u))
        here, way, passed = here + length, -way, passed + stroke + pause
        rest = np.arange(round(pause / STEP_S)) * STEP_S
        pieces.append(here + 2e-3 * np.sin(2 * np.pi * 9 * rest))
    angle = np.concatenate(pieces)[: round(seconds / STEP_S)]
    return _smooth(angle, 61)[EDGE:-EDGE] + random.uniform(-3, 3)


def _shape(kind: int, u: Array) -> Array:
    """Way of one stroke, 0 to 1 over 0 to 1."""
    if kind == 0:
        return (1 - np.cos(np.pi * u)) / 2
    if kind == 1:
        return u**3 * (10 - u * (15 - 6 * u))
    ramp = 0.2
    top = 1 / (1 - ramp)
    late = np.where(u < 1 - ramp, top * (u - ramp / 2), 1 - top * (1 - u) ** 2 / 2 / ramp)
    return np.where(u < ramp, top * u * u / 2 / ramp, late)


def _sway(random: Random, like: Array, deviation: float, hz: float) -> Array:
    """Six sines below `hz`, together of this standard deviation."""
    t = np.arange(len(like)) * STEP_S
    waves = [np.sin(2 * np.pi * random.uniform(0.2, 1) * hz * t + random.uniform(0, 2 * np.pi)) for _ in range(6)]
    return np.sum(waves, 0) * deviation / np.sqrt(3.0)


def _smooth(x: Array, steps: int) -> Array:
    window = np.hanning(steps)
    return np.convolve(x, window / window.sum(), "same")


def _rolled(angle: Array, radius_m: float) -> Array:
    """Turning positively about x on the floor leads towards -y."""
    way = np.zeros((len(angle), 3))
    way[:, 1] = -radius_m * angle
    return way


def _lever(random: Random, along_m: float, out_m: float) -> tuple[float, float, float]:
    way = random.uniform(0, 2 * np.pi)
    return along_m, float(out_m * np.cos(way)), float(out_m * np.sin(way))
