"""Is the roller truly still? Then what the gyroscope shows is its bias.

A slow, even roll looks almost like rest to a gyroscope, so spread alone is not proof: with an accelerometer, gravity
must stay where it is; what turns about gravity itself, or without an accelerometer, must be slow enough to be a bias.
"""

from __future__ import annotations

from math import sqrt

from firmware_host.coaching.inputs import Vector

WINDOW_S = 0.5
NEEDED = 2
"""Quiet windows in a row: one second, the shortest pause that is not a turning point."""
LEAST_SAMPLES = 5
QUIET_RAD_S = 0.025
"""How far a rate may be from the window's first, each axis: 1.4 dps, an MPU-6050's noise and a bit."""
ACCEL_SHIFT = 0.0025
"""Largest shift of gravity's direction between two windows, rad: slower than 0.3 dps."""
STEADY_RAD_S = 0.004
"""A bias does not change by more (0.2 dps) from one window to the next; a slow start does."""
ALONE_RAD_S = 0.12
"""Where gravity can't testify only means below 7 dps are taken for bias: faster is a slow roll (0.9 cm/s)."""
MEAN_VARIANCE = 1e-6
"""(rad/s)^2 of a window's mean as a reading of the bias."""


class Stillness:
    """Feed it every sample; at the end of each window that proves rest it returns the gyroscope's mean."""

    __slots__ = ("_accel", "_end", "_first", "_gravity", "_gyro", "_mean", "_n", "_n_accel", "_quiet")

    def __init__(self) -> None:
        self._first: Vector = (0.0, 0.0, 0.0)
        self._gyro = [0.0, 0.0, 0.0]
        self._accel = [0.0, 0.0, 0.0]
        self._n = self._n_accel = 0
        self._end: float | None = None
        self._quiet = 0
        self._gravity: Vector | None = None
        self._mean: Vector | None = None

    def restart(self) -> None:
        """Data were missed or shaken: begin a new window."""
        self._end = None
        self._quiet = 0
        self._gravity = None
        self._mean = None

    def update(self, t: float, gyro: Vector, accel: Vector | None) -> Vector | None:
        """One sample; the bias vector (rad/s) at the end of a window that proves rest, else None."""
        end = self._end
        if end is None:
            self._begin(t, gyro)
            return None
        x, y, z = gyro
        first = self._first
        x -= first[0]
        y -= first[1]
        z -= first[2]
        if not (-QUIET_RAD_S < x < QUIET_RAD_S and -QUIET_RAD_S < y < QUIET_RAD_S and -QUIET_RAD_S < z < QUIET_RAD_S):
            self._first = gyro
            self._end = t + WINDOW_S
            if self._n:
                self._quiet = 0
                self._gravity = None
                self._mean = None
                self._empty()
            return None
        total = self._gyro
        total[0] += x
        total[1] += y
        total[2] += z
        self._n += 1
        if accel is not None:
            felt = self._accel
            felt[0] += accel[0]
            felt[1] += accel[1]
            felt[2] += accel[2]
            self._n_accel += 1
        if t < end or self._n < LEAST_SAMPLES:
            return None
        return self._close()

    def _empty(self) -> None:
        self._gyro = [0.0, 0.0, 0.0]
        self._accel = [0.0, 0.0, 0.0]
        self._n = self._n_accel = 0

    def _begin(self, t: float, gyro: Vector) -> None:
        self._first = gyro
        self._end = t + WINDOW_S
        self._empty()

    def _close(self) -> Vector | None:
        n, first, total = self._n, self._first, self._gyro
        mean = (first[0] + total[0] / n, first[1] + total[1] / n, first[2] + total[2] / n)
        self._end = None
        last, self._mean = self._mean, mean
        steady = last is None or max(map(abs, _minus(mean, last))) < STEADY_RAD_S
        if self._n_accel:
            before, gravity = self._gravity, _direction(self._accel)
            self._gravity = gravity
            # About gravity itself it may turn unseen: there the mean must be small enough to be a bias.
            about = mean[0] * gravity[0] + mean[1] * gravity[1] + mean[2] * gravity[2]
            moved = before is not None and _apart(gravity, before) > ACCEL_SHIFT
            quiet = steady and not moved and abs(about) < ALONE_RAD_S
        else:
            quiet = steady and max(map(abs, mean)) < ALONE_RAD_S
        self._quiet = self._quiet + 1 if quiet else 0
        return mean if self._quiet >= NEEDED else None


def _direction(sums: list[float]) -> Vector:
    x, y, z = sums
    length = sqrt(x * x + y * y + z * z) or 1.0
    return x / length, y / length, z / length


def _apart(a: Vector, b: Vector) -> float:
    x, y, z = _minus(a, b)
    return sqrt(x * x + y * y + z * z)


def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]
