"""A massage ball under the body: it rolls both ways, spins about the vertical, and tumbles as these add up.

World frame: z up. Turning about x rolls its centre towards -y, turning about y towards +x; the third turn is the
spin. The body frame is wherever all of that has taken it: the rotation vector has no simple integral, so the
attitude is carried along in steps of a millisecond.
"""

from __future__ import annotations

from math import cos, hypot, pi, sin, sqrt

from firmware_host.coaching.inputs import Vector
from firmware_host.simulator.plan import KEPT_S, Plan, Roller, Segment
from firmware_host.simulator.tools import BREATH_S, BREATH_SHARE, Felt, G, Lever, Motion, lever_force

STEP_S = 0.001
KEPT_STEPS = round(KEPT_S / STEP_S)

Quaternion = tuple[float, float, float, float]
"""w, x, y, z of the turn from body to world."""


class MassageBall:
    """A ball between floor and body, from the attitude `start` at t = 0. Not to be asked from two threads at once."""

    def __init__(self, plan: Plan, rolling: Roller, breath_phase: float, lever: Lever, start: Quaternion) -> None:
        self._plan = plan
        self._rolling = rolling
        self._breath_phase = breath_phase
        self._lever = lever
        self._attitudes: list[Quaternion] = [start] * KEPT_STEPS
        self._steps = 0
        """The newest of them is that at `_steps` x `STEP_S`, in the place of that number modulo `KEPT_STEPS`."""
        self._stepping: Segment = plan.oldest

    def motion(self, t: float) -> Motion:
        segment = self._plan.segment(t)
        angle, rate, acceleration = segment.turn(t)
        radius_m = self._rolling.radius_m
        speed = radius_m * hypot(rate, segment.across(t)[1])
        return Motion(angle, rate, acceleration, self._force_n(segment.share(t), t), radius_m, speed, speed)

    def load(self, t: float) -> tuple[float, float]:
        segment = self._plan.segment(t)
        return self._force_n(segment.share(t), t), segment.turn(t)[0]

    def path(self, t: float) -> tuple[float, float, float, float]:
        """Where on the body it is at `t`, as (x, y) in m in its two directions, and its speeds in them in m/s."""
        segment = self._plan.segment(t)
        radius_m = self._rolling.radius_m
        (x, vx, _), (y, vy, _) = segment.turn(t), segment.across(t)
        return radius_m * x, radius_m * y, radius_m * vx, radius_m * vy

    def _force_n(self, share: float, t: float) -> float:
        if share == 0.0:
            return 0.0
        return share * self._rolling.load_n * (1.0 + BREATH_SHARE * sin(2 * pi / BREATH_S * t + self._breath_phase))

    def felt(self, t: float) -> Felt:
        segment = self._plan.segment(t)
        to_body = _to_body(self.attitude(t))
        (_, wx, bx), (_, wy, by), (_, wz, bz) = segment.turn(t), segment.across(t), segment.twist(t)
        radius_m = self._rolling.radius_m
        ax, ay, az = _turned(to_body, (radius_m * by, -radius_m * bx, G))
        w = _turned(to_body, (wx, wy, wz))
        lever = lever_force(w, _turned(to_body, (bx, by, bz)), self._lever)
        return ax + lever[0], ay + lever[1], az + lever[2], *w

    def attitude(self, t: float) -> Quaternion:
        """The turn from body to world at `t`. Raises `ValueError` for times over 5 s before the latest asked."""
        step = int(t / STEP_S)
        while self._steps < step:
            self._take_step()
        if step <= self._steps - KEPT_STEPS:
            raise ValueError(
                f"the ball's attitude is kept for {KEPT_S:g} s and was asked for t={t:.3f}, when "
                f"{self._steps * STEP_S:.3f} was known; ask in order of time, or make a new World with the same seed"
            )
        start = self._attitudes[step % KEPT_STEPS]
        rest_s = t - step * STEP_S
        segment = self._plan.segment(t)
        return start if segment.quiet else _carried(start, _rates(segment, t - rest_s / 2), rest_s)

    def _take_step(self) -> None:
        middle = (self._steps + 0.5) * STEP_S
        segment = self._stepping
        while middle >= segment.end:
            if segment.next is None:
                self._plan.segment(middle)
            assert segment.next is not None  # the plan reaches beyond `middle` now
            segment = segment.next
        self._stepping = segment
        newest = self._attitudes[self._steps % KEPT_STEPS]
        self._steps += 1
        self._attitudes[self._steps % KEPT_STEPS] = (
            newest if segment.quiet else _carried(newest, _rates(segment, middle), STEP_S)
        )


def _rates(segment: Segment, t: float) -> Vector:
    return segment.turn(t)[1], segment.across(t)[1], segment.twist(t)[1]


def _carried(q: Quaternion, rates: Vector, seconds: float) -> Quaternion:
    """`q` turned on with world `rates` (rad/s) held for `seconds`."""
    x, y, z = rates
    rate = sqrt(x * x + y * y + z * z)
    if rate == 0.0:
        return q
    half = rate * seconds / 2
    s = sin(half) / rate
    w, x, y, z = cos(half), s * x, s * y, s * z
    qw, qx, qy, qz = q
    return (
        w * qw - x * qx - y * qy - z * qz,
        w * qx + x * qw + y * qz - z * qy,
        w * qy - x * qz + y * qw + z * qx,
        w * qz + x * qy - y * qx + z * qw,
    )


def _to_body(q: Quaternion) -> tuple[Vector, Vector, Vector]:
    """The rows of the matrix that takes a vector from world to body axes."""
    w, x, y, z = q
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)),
        (2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)),
        (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)),
    )


def _turned(rows: tuple[Vector, Vector, Vector], v: Vector) -> Vector:
    x, y, z = v
    a, b, c = rows
    return a[0] * x + a[1] * y + a[2] * z, b[0] * x + b[1] * y + b[2] * z, c[0] * x + c[1] * y + c[2] * z
