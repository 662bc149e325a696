"""Tools that roll about one axis, a foam roller and a massage stick: how they move, and what is felt inside them.

World frame: x along the axis, z up. Body frame: turned from the world by the tool's angle about x; a positive rate
about x rolls its centre towards -y. Figures without a source are this project's estimate of an ordinary build.
"""

from __future__ import annotations

import random
from math import cos, inf, pi, radians, sin
from typing import NamedTuple, Protocol

from msgspec import Struct

from firmware_host.coaching.inputs import PressureKind, ToolKind
from firmware_host.simulator.plan import Plan, Roller
from firmware_host.simulator.profiles import Profile, Ripple, rippled, still

G = 9.80665
RADIUS_M = 0.075
STIFFNESS_N_M = 20_000.0
"""12.5 mm of sag under 250 N (guidance 2.5)."""
STICK_RADIUS_M = 0.02
BALL_RADIUS_M = 0.032
"""Guidance 2.3."""
HAND_N = 100.0
"""A share of 1 on a stick or a ball: people press 60-200 N (guidance 2.3)."""

BREATH_SHARE = 0.035
BREATH_S = 4.2
UNEVEN_SHARE = 0.03
UNEVEN_PER_TURN = 3
"""The roller's pattern and the leg's shape make the force ripple as it turns."""
STEER_RAD_S = radians(1.5)
"""Rotation about the vertical with which a person keeps the roller on course."""

PRESS_SHARE = 0.03
PRESS_HZ = 0.7
"""Hands press less evenly than a body's weight."""
TILT_RAD = radians(6)
"""How far from the horizontal a stick is held, at most."""
WANDER_RAD = (radians(0.8), radians(2))
WANDER_HZ = (0.1, 0.45)
"""Two sines in these ranges: the stick's tilt wanders by some degrees while it is worked with."""
HAND_M_S2 = (0.2, 0.45)
HAND_HZ = (1.0, 3.0)
"""Hand and leg shake along each axis, two sines in these ranges: 0.3-0.8 m/s2 in all."""
TAKEN_S, TAKING_S = 1.8, 1.0
"""The stick is taken from the table so long after the beginning, and is in the hand so much later."""

LYING = ((0.0, 0.0, 0.0),) * 3

PITCH_STROKE_M = 0.28
SLIP_EVERY_S = 7.3


class Build(Struct, frozen=True):
    """A tool as it is made."""

    name: str
    radius_m: float
    stiffness_n_m: float | None
    pressure: PressureKind
    lever_m: tuple[float, float]
    """How far off the middle its sensor may sit."""


BUILDS: dict[ToolKind, Build] = {
    "foam_roller": Build("roller", RADIUS_M, STIFFNESS_N_M, "bladder", (0.008, 0.020)),
    "massage_stick": Build("stick", STICK_RADIUS_M, None, "force", (0.002, 0.005)),
    "massage_ball": Build("ball", BALL_RADIUS_M, None, "force", (0.002, 0.006)),
}


def rolling_of(kind: ToolKind, body_weight_n: float) -> Roller:
    """What turns a person's moves into turns of that tool."""
    build = BUILDS[kind]
    return Roller(build.radius_m, build.stiffness_n_m or inf, body_weight_n if kind == "foam_roller" else HAND_N)


class Motion(NamedTuple):
    """What is really so at one moment."""

    angle_rad: float
    """About the tool's axis; of a ball about the first of its two directions."""
    rate_rad_s: float
    acceleration_rad_s2: float
    force_n: float
    effective_radius_m: float
    speed_m_s: float
    """The tool's own travel: `effective_radius_m * rate_rad_s`; of a ball the speed of its path, never negative."""
    muscle_speed_m_s: float
    """Along the muscle: the same, unless the limb pitches or the skin slips."""


Felt = tuple[float, float, float, float, float, float]
"""Specific force (m/s2) and angular rate (rad/s) in body axes."""
Lever = tuple[float, float]
"""Where the sensor sits in the body frame, y and z in m."""


class Mechanics(Protocol):
    """A tool that does what the plan says."""

    def motion(self, t: float) -> Motion:
        """What is really so at `t`."""

    def load(self, t: float) -> tuple[float, float]:
        """Force on the tool (N) and its angle (rad)."""

    def felt(self, t: float) -> Felt:
        """What a perfect sensor at the lever feels."""


class Grip:
    """How much of the roller's travel is travel along the muscle.

    The limb's pitch goes with the roller's turn, so contact moves by r (rate - pitch rate) (guidance 3); what slips
    is lost, now more, now less.
    """

    def __init__(self, pitch_deg: float, slip: float, radius_m: float, seed: int) -> None:
        self._kept = 1.0 - radians(pitch_deg) * radius_m / PITCH_STROKE_M
        self._slip = slip
        self._phase = random.Random(f"{seed}:slip").uniform(0, 2 * pi)

    def share(self, t: float) -> float:
        """Of the tool's speed at `t`."""
        return self._kept * (1.0 - self._slip * (1.0 + sin(2 * pi / SLIP_EVERY_S * t + self._phase)))


class FoamRoller:
    """A roller between floor and body."""

    def __init__(
        self, plan: Plan, rolling: Roller, phases: tuple[float, float, float], lever: Lever, grip: Grip | None
    ) -> None:
        self._plan = plan
        self._rolling = rolling
        self._breath_phase, self._uneven_phase, self._steer_phase = phases
        self._lever_y, self._lever_z = lever
        self._grip = grip

    def motion(self, t: float) -> Motion:
        segment = self._plan.segment(t)
        angle, rate, acceleration = segment.turn(t)
        force_n = self._force_n(segment.share(t), angle, t)
        radius_m = self._rolling.effective_radius_m(force_n)
        speed = radius_m * rate
        along = speed if self._grip is None else speed * self._grip.share(t)
        return Motion(angle, rate, acceleration, force_n, radius_m, speed, along)

    def load(self, t: float) -> tuple[float, float]:
        segment = self._plan.segment(t)
        angle = segment.turn(t)[0]
        return self._force_n(segment.share(t), angle, t), angle

    def _force_n(self, share: float, angle: float, t: float) -> float:
        if share == 0.0:
            return 0.0
        breath = BREATH_SHARE * sin(2 * pi / BREATH_S * t + self._breath_phase)
        uneven = UNEVEN_SHARE * sin(UNEVEN_PER_TURN * angle + self._uneven_phase)
        return share * self._rolling.load_n * (1.0 + breath + uneven)

    def felt(self, t: float) -> Felt:
        segment = self._plan.segment(t)
        angle, rate, acceleration = segment.turn(t)
        share = segment.share(t)
        force_n = self._force_n(share, angle, t)
        c, s = cos(angle), sin(angle)
        # Centre over the floor, and gravity, seen from the turning body.
        push = -(RADIUS_M - force_n / STIFFNESS_N_M / 3) * acceleration
        square = rate * rate
        fy = push * c + G * s - acceleration * self._lever_z - square * self._lever_y
        fz = G * c - push * s + acceleration * self._lever_y - square * self._lever_z
        steer = share / 0.3 * STEER_RAD_S * sin(1.3 * t + self._steer_phase) if share else 0.0
        return 0.0, fy, fz, rate, steer * s, steer * c


class MassageStick:
    """One segment of a stick held in both hands, rolling on the limb under it; the sensor turns with the segment.

    The axis is held at a tilt (a turn about y) that wanders, and the whole of it shakes with hand and leg.
    """

    def __init__(
        self,
        plan: Plan,
        rolling: Roller,
        phases: tuple[float, float, float],
        lever: Lever,
        grip: Grip | None,
        rng: random.Random,
        taken_s: float,
    ) -> None:
        """`taken_s`: when it is taken up from where it lies still."""
        self._plan = plan
        self._rolling = rolling
        self._press_phase = phases[0]
        self._uneven_phase = phases[1]
        self._lever = lever
        self._grip = grip
        self._taken_s = taken_s
        self._held_at = rng.uniform(-TILT_RAD, TILT_RAD)
        self._wander = _fading_in(_sines(rng, WANDER_RAD, WANDER_HZ))
        shakes = [tuple(_displacement(ripple) for ripple in _sines(rng, HAND_M_S2, HAND_HZ)) for _ in range(3)]
        self._hand = tuple(_fading_in(shake) for shake in shakes)

    def motion(self, t: float) -> Motion:
        segment = self._plan.segment(t)
        angle, rate, acceleration = segment.turn(t)
        force_n = self._force_n(segment.share(t), angle, t)
        radius_m = self._rolling.radius_m
        speed = radius_m * rate
        along = speed if self._grip is None else speed * self._grip.share(t)
        return Motion(angle, rate, acceleration, force_n, radius_m, speed, along)

    def load(self, t: float) -> tuple[float, float]:
        segment = self._plan.segment(t)
        angle = segment.turn(t)[0]
        return self._force_n(segment.share(t), angle, t), angle

    def _force_n(self, share: float, angle: float, t: float) -> float:
        if share == 0.0:
            return 0.0
        press = PRESS_SHARE * sin(2 * pi * PRESS_HZ * t + self._press_phase)
        uneven = 0.5 * UNEVEN_SHARE * sin(angle + self._uneven_phase)
        return share * self._rolling.load_n * (1.0 + press + uneven)

    def tilt(self, t: float) -> tuple[float, float, float]:
        """How far the axis is turned about y (rad), its rate and angular acceleration."""
        if t <= self._taken_s:
            return self._held_at, 0.0, 0.0
        wander, rate, acceleration = self._wander(t - self._taken_s)
        return self._held_at + wander, rate, acceleration

    def shake(self, t: float) -> tuple[tuple[float, float, float], ...]:
        """Along x, y and z of the world: how far hand and leg have shaken the stick (m), its rate, acceleration."""
        if t <= self._taken_s:
            return LYING
        return tuple(axis(t - self._taken_s) for axis in self._hand)

    def felt(self, t: float) -> Felt:
        angle, rate, acceleration = self._plan.segment(t).turn(t)
        tilt, tilting, tilt_acceleration = self.tilt(t)
        ax, ay, az = (axis[2] for axis in self.shake(t))
        ay -= self._rolling.radius_m * acceleration
        az += G
        c, s = cos(angle), sin(angle)
        up, over = cos(tilt), sin(tilt)
        # Into the tilted frame about y, then into the turning body about x.
        fx, fy, fz = up * ax - over * az, ay, over * ax + up * az
        fy, fz = fy * c + fz * s, fz * c - fy * s
        wy, wz = tilting * c, -tilting * s
        by = tilt_acceleration * c - tilting * rate * s
        bz = -tilt_acceleration * s - tilting * rate * c
        lever = lever_force((rate, wy, wz), (acceleration, by, bz), self._lever)
        return fx + lever[0], fy + lever[1], fz + lever[2], rate, wy, wz


def lever_force(
    w: tuple[float, float, float], b: tuple[float, float, float], lever: Lever
) -> tuple[float, float, float]:
    """What angular rate `w` and acceleration `b` add at the lever: b x p + w x (w x p), all in body axes."""
    y, z = lever
    (wx, wy, wz), (bx, by, bz) = w, b
    ux, uy, uz = wy * z - wz * y, -wx * z, wx * y
    return (
        by * z - bz * y + wy * uz - wz * uy,
        -bx * z + wz * ux - wx * uz,
        bx * y + wx * uy - wy * ux,
    )


def _sines(rng: random.Random, sizes: tuple[float, float], hertz: tuple[float, float]) -> tuple[Ripple, Ripple]:
    def one() -> Ripple:
        return Ripple(rng.uniform(*sizes), rng.uniform(*hertz), rng.uniform(0, 2 * pi))

    return one(), one()


def _displacement(acceleration: Ripple) -> Ripple:
    """The sine in m whose acceleration has that amplitude."""
    omega = 2 * pi * acceleration.frequency_hz
    return Ripple(acceleration.amplitude / omega**2, acceleration.frequency_hz, acceleration.phase_rad)


def _fading_in(ripples: tuple[Ripple, ...]) -> Profile:
    """Nothing at 0 s, the whole of the sines from `TAKING_S` on."""
    return rippled(still, inf, ripples, TAKING_S)
