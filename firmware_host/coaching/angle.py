"""The roller's angle about its axis: causal, drift-free, from gyroscope and gravity.

Every sample is one trapezoid; pairs of samples are turned back by the angle and summed, and once in 0.1 to 0.5 s the
sums correct the state (gravity.py). docs/engine.md has the equations.
"""

from __future__ import annotations

from math import cos, sin, sqrt

from firmware_host.coaching.axis import basis_about
from firmware_host.coaching.gravity import (
    BIAS,
    BIAS_SD,
    BLOCK_S,
    EARLY_BLOCK_S,
    LOST_RAD,
    SEARCH_S,
    STEEP,
    GravityFilter,
)
from firmware_host.coaching.inputs import Vector

LEAST_STEP_S = 5e-4
"""A shorter step says nothing about angular acceleration."""
EMPTY = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
"""A block's sums: down, side, along, arm1, arm2, push, cos, sin, and of how many pairs."""


class AngleFilter(GravityFilter):
    """One axis, one sensor. `step` every sample; read `angle` (rad) and `rate` (rad/s) after it."""

    __slots__ = (
        "_frame",
        "_leak",
        "_pair",
        "_pair_s",
        "_sums",
        "axis",
    )

    def __init__(self, axis: Vector, radius_m: float, bias: Vector | None = None, bias_sd: float = BIAS_SD) -> None:
        """`bias`: the gyroscope's, rad/s in sensor axes, if anything is known of it, good to `bias_sd`."""
        super().__init__(radius_m, bias_sd)
        self.axis, e1, e2 = basis_about(axis)
        self._frame = (*self.axis, *e1, *e2)
        known = bias or (0.0, 0.0, 0.0)
        self.bias = _dot(self.axis, known)
        self._across1, self._across2 = _dot(e1, known), _dot(e2, known)  # gyroscope bias across the axis
        self._pair: Vector | None = None  # accelerometer reading that waits for its second
        self._leak = 0.0  # of turning across the axis into turning about it, rad/s
        self._pair_s = 0.0
        self._sums = EMPTY

    def turn_axis(self, axis: Vector) -> None:
        """Take a better axis; the frame turns as little as it can, so that the angle stands."""
        _, _, _, x, y, z, *_ = self._frame
        self.axis, e1, e2 = basis_about(axis)
        u = self.axis
        along = x * u[0] + y * u[1] + z * u[2]
        x, y, z = x - along * u[0], y - along * u[1], z - along * u[2]
        length = sqrt(x * x + y * y + z * z)
        if length > 0.1:
            e1 = (x / length, y / length, z / length)
            e2 = (u[1] * e1[2] - u[2] * e1[1], u[2] * e1[0] - u[0] * e1[2], u[0] * e1[1] - u[1] * e1[0])
        self._frame = (*u, *e1, *e2)
        self._begin_block()

    def step(self, gyro: Vector, accel: Vector | None, dt: float) -> float:
        """One sample `dt` seconds after the last; `accel` None where it may not be trusted. Returns the rate."""
        gx, gy, gz = gyro
        ux, uy, uz, px, py, pz, qx, qy, qz = self._frame
        raw = ux * gx + uy * gy + uz * gz
        rate = raw * self._gain - self.bias - self._leak
        last = self.rate
        self.rate = rate
        turn = 0.5 * (last + rate) * dt
        self.angle += turn
        self._turned += raw * dt
        span = self._span + dt
        self._span = span
        other = self._pair
        if other is None and accel is not None:
            self._pair = accel
            self._pair_s = dt
            return rate
        # Every second sample: what is slow, and the accelerometer, for both.
        place = self.angle + self.datum - 0.5 * turn
        c = cos(place)
        s = sin(place)
        tilt = self._tilt
        if -STEEP < tilt < STEEP:
            # Turning about gravity's own direction shows in a tilted axis, and turns nothing against gravity.
            w1 = px * gx + py * gy + pz * gz - self._across1
            w2 = qx * gx + qy * gy + qz * gz - self._across2
            self._leak = tilt * (w1 * c - w2 * s)
            self._tilt = tilt + (1.0 + tilt * tilt) * (w1 * s + w2 * c) * (dt + self._pair_s)
        else:
            self._leak = 0.0
        self._pair = None
        self._pair_s = 0.0
        if accel is None or other is None:
            if span >= BLOCK_S:
                self._close_block()
            return rate
        push = (rate - last) / dt if dt > LEAST_STEP_S else 0.0
        x, y, z = accel
        ox, oy, oz = other
        x += ox
        y += oy
        z += oz
        f1 = px * x + py * y + pz * z
        f2 = qx * x + qy * y + qz * z
        spin = last + rate
        spin *= 0.25 * spin
        down, side, along, arm1, arm2, pushes, cs, ss, n = self._sums
        self._sums = (
            down + c * f1 - s * f2,
            side + s * f1 + c * f2,
            along + ux * x + uy * y + uz * z,
            arm1 - spin * c - push * s,
            arm2 + spin * s - push * c,
            pushes + push,
            cs + c,
            ss + s,
            n + 1,
        )
        if span >= self._block_s:
            self._close_block()
        return rate

    def lost(self) -> None:
        """Nothing is known of what happened since the last sample: gravity has to say where it is now."""
        self._spread()
        self._begin_block()
        self.unsettle(LOST_RAD * LOST_RAD)
        self._search_s = SEARCH_S

    def clipped(self, dt: float) -> None:
        """The gyroscope was at its end for `dt` seconds: it turned further than it said."""
        self._clipped_s += dt
        self._block_s = EARLY_BLOCK_S

    def still(self, gyro: Vector, variance: float) -> None:
        """The roller is truly still and the gyroscope shows `gyro` (rad/s): that is its bias."""
        gx, gy, gz = gyro
        ux, uy, uz, px, py, pz, qx, qy, qz = self._frame
        self._across1 = px * gx + py * gy + pz * gz
        self._across2 = qx * gx + qy * gy + qz * gz
        self._spread()
        cov = self._cov
        column = cov[BIAS]
        total = column[BIAS] + variance
        off = (ux * gx + uy * gy + uz * gz) * self._gain - self.bias
        self._cov = [
            [old - a * b for old, b in zip(olds, column)] for olds, a in zip(cov, [value / total for value in column])
        ]
        self._move([off / total * value for value in column])

    def _begin_block(self) -> None:
        self._sums = EMPTY
        self._pair = None
        self._pair_s = 0.0

    def _close_block(self) -> None:
        """Hand the means of this block on, and begin another one."""
        span, turned = self._span, self._turned
        down, side, along, arm1, arm2, push, c, s, n = self._sums
        self._spread()
        if n == 0:
            return
        self._begin_block()
        # Readings were summed in twos.
        down, side, along = 0.5 * down / n, 0.5 * side / n, 0.5 * along / n
        arm1, arm2, push, c, s = arm1 / n, arm2 / n, push / n, c / n, s / n
        self._learn(down, side, along, (arm1, arm2), push, c, s, span, turned)


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
