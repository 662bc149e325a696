"""Which way the roller's axis points in the sensor, when nobody said: the principal direction of its rotation.

A roller can turn freely about one axis only, so the rotation's second moment has one large eigenvalue and the
axis is its eigenvector (docs/engine.md). It is signed so that its largest component is positive.
"""

from __future__ import annotations

from math import atan2, cos, hypot, sin, sqrt

from firmware_host.coaching.inputs import Vector

MOVING_RAD_S = 0.25
"""Slower rotation is left out: there bias and steering weigh more than rolling (about 2 cm/s on a roller)."""
FOUND_AFTER_RAD = 0.8
"""Path turned before the axis is believed when the motion is clearly about one axis."""
GIVE_IN_AFTER_RAD = 6.0
"""Path after which the best axis is taken even if the motion wobbles; it keeps being refined."""
CLEAR_RATIO = 0.05
"""Second over first eigenvalue (power) below which the motion is clearly about one axis."""
SETTLED_AFTER_RAD = 60.0


class AxisFinder:
    """Feed it rotation rates; `axis` is None until found, and then refined as the path doubles."""

    __slots__ = ("_check_at", "_m", "axis", "path_rad")

    def __init__(self) -> None:
        self._m = [0.0] * 6  # xx, yy, zz, xy, xz, yz of the rate's second moment
        self.path_rad = 0.0
        self._check_at = FOUND_AFTER_RAD
        self.axis: Vector | None = None

    @property
    def settled(self) -> bool:
        """Nothing is refined any more."""
        return self.path_rad > SETTLED_AFTER_RAD

    def update(self, x: float, y: float, z: float, dt: float) -> bool:
        """One bias-free rate in rad/s held for `dt` seconds; True when `axis` was just found or refined."""
        rate = sqrt(x * x + y * y + z * z)
        if rate < MOVING_RAD_S:
            return False
        m = self._m
        m[0] += x * x * dt
        m[1] += y * y * dt
        m[2] += z * z * dt
        m[3] += x * y * dt
        m[4] += x * z * dt
        m[5] += y * z * dt
        self.path_rad += rate * dt
        if self.path_rad < self._check_at:
            return False
        axis, ratio = principal_axis(*m)
        if self.axis is None and ratio > CLEAR_RATIO and self.path_rad < GIVE_IN_AFTER_RAD:
            self._check_at = self.path_rad + 0.2
            return False
        self._check_at = self.path_rad * 2
        self.axis = axis
        return True


def principal_axis(xx: float, yy: float, zz: float, xy: float, xz: float, yz: float) -> tuple[Vector, float]:
    """Unit eigenvector of the largest eigenvalue of a symmetric 3x3 matrix, and the second's share of it.

    Cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, 8.5); four sweeps reach rounding error.
    """
    a = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]
    v = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    for _ in range(4):
        for p, q in ((0, 1), (0, 2), (1, 2)):
            angle = 0.5 * atan2(2 * a[p][q], a[q][q] - a[p][p])
            c, s = cos(angle), sin(angle)
            for k in range(3):
                a[k][p], a[k][q] = c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]
            for k in range(3):
                a[p][k], a[q][k] = c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]
            for k in range(3):
                v[k][p], v[k][q] = c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]
    order = sorted(range(3), key=lambda i: -a[i][i])
    first = order[0]
    vector = (v[0][first], v[1][first], v[2][first])
    if max(vector, key=abs) < 0:
        vector = (-vector[0], -vector[1], -vector[2])
    total = a[first][first]
    return vector, (max(a[order[1]][order[1]], 0.0) / total if total > 0 else 1.0)


def basis_about(axis: Vector) -> tuple[Vector, Vector, Vector]:
    """`axis` at length 1, and two directions that make it a right-handed frame (e1 x e2 = axis)."""
    x, y, z = axis
    length = sqrt(x * x + y * y + z * z)
    x, y, z = x / length, y / length, z / length
    # The sensor axis furthest from the rolling axis makes the best-conditioned first direction.
    if abs(x) <= abs(y) and abs(x) <= abs(z):
        norm = hypot(y, z)
        e1 = (0.0, z / norm, -y / norm)
    elif abs(y) <= abs(z):
        norm = hypot(x, z)
        e1 = (-z / norm, 0.0, x / norm)
    else:
        norm = hypot(x, y)
        e1 = (y / norm, -x / norm, 0.0)
    e2 = (y * e1[2] - z * e1[1], z * e1[0] - x * e1[2], x * e1[1] - y * e1[0])
    return (x, y, z), e1, e2
