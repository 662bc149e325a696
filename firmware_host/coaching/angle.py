"""The roller's angle about its axis: causal, drift-free, from gyroscope and gravity.

The gyroscope carries the angle from sample to sample. Gravity, seen in the plane across the axis, gives its
absolute value up to an unknown constant, because the axis stays near horizontal. A small Kalman filter ties the
two together; its state is

    angle   since the first sample, exactly 0 there
    datum   where gravity was at the first sample
    bias    of the gyroscope about the axis, rad/s
    scale   error of the gyroscope about the axis

Prediction runs at every sample, correction once in `BLOCK` samples with the mean difference of that block.
Gravity counts less while the roller accelerates or spins (docs/engine.md has the equations and constants).
"""

from __future__ import annotations

from math import atan2, pi, sqrt

from firmware_host.coaching.axis import basis_about
from firmware_host.coaching.inputs import Vector

G = 9.80665
BLOCK = 5
"""Samples between corrections: 20 Hz at 100 Hz, ten times above what bias and scale can do."""

GYRO_NOISE = 2e-4
"""rad/s/sqrt(Hz): twice the MPU-6050's typical 0.005 dps/sqrt(Hz), for mounts and hands."""
BIAS_WALK = 8e-4
"""rad/s/sqrt(s): a bias that wanders 0.6 dps in three minutes, several when it warms up."""
SCALE_WALK = 2e-5
BIAS_SD = 0.2
"""rad/s at the start: the MPU-6050's +-20 dps zero-rate offset is within two of these."""
SCALE_SD = 0.015
GRAVITY_SD = 0.02
"""rad, in a still block: accelerometer noise and mounting flex."""
RUMBLE_LEVER_M = 0.09
"""Lever by which angular acceleration shows up as tilt: the centre's over the floor, plus off-axis mounting."""
SPIN_LEVER_M = 0.02
"""Lever of the centripetal load: how far off the axis a sensor is commonly mounted."""
LEAST_GRAVITY = 0.3
"""Share of g across the axis below which gravity says nothing about the angle (axis near vertical)."""


class AngleFilter:
    """One axis, one sensor. `predict` every sample, `gravity` where an accelerometer reading may be trusted."""

    __slots__ = (
        "_e1",
        "_e2",
        "_moved",
        "_n",
        "_p",
        "_rate_change",
        "_span",
        "_sum",
        "_sum_var",
        "angle",
        "axis",
        "bias",
        "datum",
        "rate",
        "scale",
    )

    def __init__(self, axis: Vector, bias: float = 0.0, bias_sd: float = BIAS_SD) -> None:
        self.axis, self._e1, self._e2 = basis_about(axis)
        self.angle = 0.0
        self.datum: float | None = None
        self.bias = bias
        self.scale = 0.0
        self.rate = 0.0
        # Covariance, upper triangle: aa ad ab as | dd db ds | bb bs | ss
        self._p = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, bias_sd * bias_sd, 0.0, SCALE_SD * SCALE_SD]
        self._rate_change = 0.0
        self._moved = 0.0  # turned by the raw gyroscope since the last correction
        self._span = 0.0  # seconds since the last correction
        self._n = 0
        self._sum = 0.0
        self._sum_var = 0.0

    @property
    def angle_sd(self) -> float:
        """Standard deviation of `angle` in rad, as the filter believes."""
        return sqrt(max(self._p[0], 0.0))

    def turn_axis(self, axis: Vector) -> None:
        """Take a better axis; the angle stands, the datum is looked at again."""
        self.axis, self._e1, self._e2 = basis_about(axis)
        if self.datum is not None:
            self.datum = None
            p = self._p
            p[1] = p[4] = p[5] = p[6] = 0.0
        self._n = 0
        self._sum = self._sum_var = 0.0

    def predict(self, gx: float, gy: float, gz: float, dt: float) -> float:
        """Carry the angle over `dt` seconds with one gyroscope reading (rad/s); returns the rate about the axis."""
        u = self.axis
        raw = u[0] * gx + u[1] * gy + u[2] * gz
        rate = raw + raw * self.scale - self.bias
        if dt > 0.0:
            last = self.rate
            self.angle += 0.5 * (last + rate) * dt
            self._moved += raw * dt
            self._span += dt
            # Angular acceleration, lightly smoothed: says how far to trust gravity just now.
            self._rate_change += (min(1.0, dt * 12.0)) * ((rate - last) / dt - self._rate_change)
        self.rate = rate
        return rate

    def gravity(self, ax: float, ay: float, az: float) -> None:
        """Compare with one accelerometer reading (m/s2) at the angle just predicted."""
        e1, e2 = self._e1, self._e2
        across = ax * e1[0] + ay * e1[1] + az * e1[2]
        along = ax * e2[0] + ay * e2[1] + az * e2[2]
        square = across * across + along * along
        if square < (LEAST_GRAVITY * G) ** 2:
            return
        seen = -atan2(along, across)
        if self.datum is None:
            self.datum = seen - self.angle
            p = self._p
            p[1] = -p[0]  # the datum takes over the angle's error exactly, and adds gravity's own
            p[4] = p[0] + GRAVITY_SD * GRAVITY_SD + self._disturbance(ax, ay, az)
            p[5] = -p[2]
            p[6] = -p[3]
            return
        off = seen - self.angle - self.datum
        off -= 2 * pi * round(off / (2 * pi))
        self._sum += off
        self._sum_var += GRAVITY_SD * GRAVITY_SD + self._disturbance(ax, ay, az)
        self._n += 1
        if self._n >= BLOCK:
            self._correct(self._sum / self._n, self._sum_var / self._n)

    def _disturbance(self, ax: float, ay: float, az: float) -> float:
        """Variance (rad^2) that acceleration and spin add to gravity's direction."""
        rate = self.rate
        rumble = self._rate_change * RUMBLE_LEVER_M / G
        spin = rate * rate * SPIN_LEVER_M / G
        excess = sqrt(ax * ax + ay * ay + az * az) / G - 1.0
        # Several blocks in a row are wrong by the same amount during one stroke: hence the factor.
        return 6.0 * (rumble * rumble + spin * spin) + 4.0 * excess * excess

    def unsettle(self, variance: float) -> None:
        """Something was missed (clipped, lost): the angle may be off by this many rad^2 more."""
        self._p[0] += variance

    def still(self, mean_rate: float, variance: float) -> None:
        """The roller is truly still and the gyroscope shows `mean_rate` about the axis: that is its bias."""
        self._spread()
        off = mean_rate * (1.0 + self.scale) - self.bias
        p = self._p
        total = p[7] + variance
        ka, kd, kb, ks = p[2] / total, p[5] / total, p[7] / total, p[8] / total
        self._apply(off, ka, kd, kb, ks)
        hb = (p[2], p[5], p[7], p[8])
        self._shrink((ka, kd, kb, ks), hb)

    def _spread(self) -> None:
        """Carry the covariance over the time and turn since the last correction."""
        p = self._p
        span, moved = self._span, self._moved
        if span <= 0.0:
            return
        aa, ad, ab, as_, dd, db, ds, bb, bs, ss = p
        aa += -2 * span * ab + 2 * moved * as_ + span * span * bb - 2 * span * moved * bs + moved * moved * ss
        p[0] = aa + GYRO_NOISE * GYRO_NOISE * span
        p[1] = ad - span * db + moved * ds
        p[2] = ab - span * bb + moved * bs
        p[3] = as_ - span * bs + moved * ss
        p[4] = dd
        p[7] = bb + BIAS_WALK * BIAS_WALK * span
        p[9] = min(ss + SCALE_WALK * SCALE_WALK * span, SCALE_SD * SCALE_SD)
        self._span = self._moved = 0.0

    def _correct(self, off: float, variance: float) -> None:
        self._n = 0
        self._sum = self._sum_var = 0.0
        self._spread()
        p = self._p
        ha = p[0] + p[1]
        hd = p[1] + p[4]
        hb = p[2] + p[5]
        hs = p[3] + p[6]
        total = ha + hd + variance
        # A difference far outside what both sides admit is a knock or a jump: take it, but slowly.
        if off * off > 9.0 * total:
            total = off * off / 9.0
        k = (ha / total, hd / total, hb / total, hs / total)
        self._apply(off, *k)
        self._shrink(k, (ha, hd, hb, hs))

    def _apply(self, off: float, ka: float, kd: float, kb: float, ks: float) -> None:
        self.angle += ka * off
        if self.datum is not None:
            self.datum += kd * off
        self.bias += kb * off
        self.scale += ks * off

    def _shrink(self, k: tuple[float, float, float, float], h: tuple[float, float, float, float]) -> None:
        p = self._p
        ka, kd, kb, ks = k
        ha, hd, hb, hs = h
        p[0] = max(p[0] - ka * ha, 1e-12)
        p[1] -= ka * hd
        p[2] -= ka * hb
        p[3] -= ka * hs
        p[4] = max(p[4] - kd * hd, 1e-12)
        p[5] -= kd * hb
        p[6] -= kd * hs
        p[7] = max(p[7] - kb * hb, 1e-12)
        p[8] -= kb * hs
        p[9] = max(p[9] - ks * hs, 1e-12)
