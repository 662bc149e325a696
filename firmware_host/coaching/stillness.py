"""Is the roller truly still? Then what the gyroscope shows is its bias.

A slow, even roll looks almost like rest to a gyroscope, so spread alone is not proof: with an accelerometer,
gravity must stay where it is; without one, the mean must be small enough to be a bias.
"""

from __future__ import annotations

from math import sqrt

from firmware_host.coaching.inputs import Vector

WINDOW_S = 0.5
NEEDED = 2
"""Quiet windows in a row: one second, the shortest pause that is not a turning point."""
GYRO_RANGE_RAD_S = 0.035
"""Largest peak-to-peak rate in a quiet window, each axis: 2 dps, an MPU-6050's noise and a bit."""
ACCEL_SHIFT = 0.0025
"""Largest shift of gravity's direction between two windows, rad: slower than 0.3 dps."""
ALONE_RAD_S = 0.12
"""Without an accelerometer only means below 7 dps are taken for bias: faster is a slow roll (0.9 cm/s)."""
MEAN_VARIANCE = 4e-7
"""(rad/s)^2 of a window's mean as a reading of the bias."""


class Stillness:
    """Feed it every sample; `bias` is the gyroscope's mean over the last second whenever that was still."""

    __slots__ = ("_a", "_above", "_below", "_end", "_g", "_gravity", "_n", "_na", "_quiet", "bias")

    def __init__(self) -> None:
        self._g = [0.0, 0.0, 0.0]
        self._a = [0.0, 0.0, 0.0]
        self._below = [0.0, 0.0, 0.0]
        self._above = [0.0, 0.0, 0.0]
        self._n = self._na = 0
        self._end: float | None = None
        self._quiet = 0
        self._gravity: Vector | None = None
        self.bias: Vector | None = None

    def restart(self) -> None:
        """Data were missed or shaken: begin a new window."""
        self._end = None
        self._quiet = 0
        self._gravity = None

    def update(self, t: float, gyro: Vector, accel: Vector | None) -> Vector | None:
        """One sample; the bias vector (rad/s) at the end of a window that proves rest, else None."""
        if self._end is None:
            self._begin(t, gyro)
        g, below, above = self._g, self._below, self._above
        for i in (0, 1, 2):
            value = gyro[i]
            g[i] += value
            if value < below[i]:
                below[i] = value
            elif value > above[i]:
                above[i] = value
        self._n += 1
        if accel is not None:
            a = self._a
            a[0] += accel[0]
            a[1] += accel[1]
            a[2] += accel[2]
            self._na += 1
        if self._end is None or t < self._end or self._n < 5:
            return None
        return self._close(t)

    def _begin(self, t: float, gyro: Vector) -> None:
        self._end = t + WINDOW_S
        self._g = [0.0, 0.0, 0.0]
        self._a = [0.0, 0.0, 0.0]
        self._below = list(gyro)
        self._above = list(gyro)
        self._n = self._na = 0

    def _close(self, t: float) -> Vector | None:
        n = self._n
        mean = (self._g[0] / n, self._g[1] / n, self._g[2] / n)
        quiet = all(self._above[i] - self._below[i] < GYRO_RANGE_RAD_S for i in (0, 1, 2))
        if self._na:
            x, y, z = self._a
            length = sqrt(x * x + y * y + z * z) or 1.0
            gravity = (x / length, y / length, z / length)
            before = self._gravity
            self._gravity = gravity
            quiet = quiet and before is not None and _apart(gravity, before) < ACCEL_SHIFT
        else:
            quiet = quiet and max(abs(c) for c in mean) < ALONE_RAD_S
        self._quiet = self._quiet + 1 if quiet else 0
        self._end = None
        if self._quiet < NEEDED:
            return None
        self.bias = mean
        return mean


def _apart(a: Vector, b: Vector) -> float:
    return sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2)
