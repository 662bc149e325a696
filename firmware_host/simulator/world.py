"""The truth: a person with a tool, and what a sensor in that tool feels.

Frames. World: x along the tool's axis, z up. Body: turned from the world by the tool's motion (tools.py, ball.py).
Sensor: turned from the body by a small mounting error.

The chips' own faults of resolution, noise and filter are the chip models' (sensors/chips/); bias, scale error and
mounting are made here, from ordinary values or from the conditions given. Every figure without a source is this
project's estimate of an ordinary build.
"""

from __future__ import annotations

import random
from math import cos, exp, inf, pi, radians, sin

from msgspec.structs import replace

from firmware_host.coaching.inputs import Calibration, Command, Person, Tool, ToolKind, Vector
from firmware_host.simulator import link, scenarios
from firmware_host.simulator import person as people
from firmware_host.simulator.ball import MassageBall
from firmware_host.simulator.conditions import Conditions
from firmware_host.simulator.motor import Motor
from firmware_host.simulator.plan import STEP_OFF_BEFORE_END_S, Plan
from firmware_host.simulator.pressure import ROOM_K, Bladder, ForceSensor, Reading, sensor_of
from firmware_host.simulator.tools import (
    BUILDS,
    TAKEN_S,
    FoamRoller,
    G,
    Grip,
    Lever,
    MassageStick,
    Motion,
    rolling_of,
)

GYRO_BIAS_RAD_S = radians(4)
"""Largest constant bias on an axis; the data sheet allows 20 dps."""
WARM_UP_RAD_S = radians(0.4)
WARM_UP_S = 240.0
DRIFT_WANDER_S = (45.0, 90.0)
DRIFT_WANDER_MIN = 0.2
"""About its steady drift a bias wanders by what it drifts in so many minutes."""
ACCEL_BIAS_M_S2 = 0.15


class World:
    """One simulated session. The same arguments give the same world, however and how often it is asked.

    `seconds`: the person steps off 2 s before; None: goes on for ever. `gyro_scale_error` replaces that of the
    `conditions` (0.005 is 0.5 %). `heeds`: a buzz of the motor slows the person down. Raises `UnknownScenario`, and
    `ConditionError` where conditions and tool don't go together.

    Times may be asked out of order by up to 5 s.
    """

    def __init__(
        self,
        scenario: str,
        seed: int = 1,
        seconds: float | None = None,
        *,
        person: Person | None = None,
        gyro_scale_error: float | None = None,
        heeds: bool = False,
        conditions: Conditions | None = None,
    ) -> None:
        chosen = scenarios.find(scenario)
        kind, build = chosen.tool, BUILDS[chosen.tool]
        self.conditions = conditions or Conditions()
        self.conditions.check(kind, build.radius_m)
        self.person = person or Person()
        self._seed = seed
        self._heeds = heeds
        self._motor = Motor()
        self._gyro_gain = 1.0 + (self.conditions.gyro_scale_error if gyro_scale_error is None else gyro_scale_error)
        rng = random.Random(f"{seed}:roller")
        angle = rng.uniform(-pi, pi)
        self._body = people.Person(random.Random(f"{seed}:person"), kind)
        rolling = rolling_of(kind, self.person.mass_kg * G)
        step_off_t = None if seconds is None else max(0.0, seconds - STEP_OFF_BEFORE_END_S)
        in_motion = self.conditions.begin_in_motion
        plan = self._plan = Plan(chosen.behaviour(self._body), rolling, angle, step_off_t, in_motion)
        phases = rng.uniform(0, 2 * pi), rng.uniform(0, 2 * pi), rng.uniform(0, 2 * pi)
        lever = self._mount(rng, build.lever_m)
        self._drift = self._new_drift()
        grip = self._new_grip(build.radius_m)
        own = random.Random(f"{seed}:{kind}")
        self._tool: FoamRoller | MassageStick | MassageBall
        if kind == "massage_ball":
            self._tool = MassageBall(plan, rolling, phases[0], lever, _any_attitude(own))
        elif kind == "massage_stick":
            taken_s = -inf if in_motion else TAKEN_S
            self._tool = MassageStick(plan, rolling, phases, lever, grip, own, taken_s)
        else:
            self._tool = FoamRoller(plan, rolling, phases, lever, grip)
        pressure = self.conditions.pressure or build.pressure
        self.force_sensor: ForceSensor | None = sensor_of(pressure, kind, self.conditions.strips, seed, rng)
        owners = self._calibrated_tool(kind, rng, chosen.span_m)
        self.tool = owners if chosen.calibrated else replace(owners, calibration=Calibration())

    def _mount(self, rng: random.Random, levers_m: tuple[float, float]) -> Lever:
        """How the IMU sits in the tool: off the axis, slightly askew, with its biases."""
        told = self.conditions
        lever_m, where = rng.uniform(*levers_m), rng.uniform(0, 2 * pi)
        lever_m = lever_m if told.lever_m is None else told.lever_m
        askew, about = radians(rng.uniform(1, 3)), rng.uniform(0, 2 * pi)
        askew = askew if told.misalignment_deg is None else radians(told.misalignment_deg)
        self._body_axes = _small_turn(askew, about)
        self._gyro_bias: Vector = _box(rng, GYRO_BIAS_RAD_S)
        self._warm_up: Vector = _box(rng, WARM_UP_RAD_S)
        self._accel_bias: Vector = _box(rng, ACCEL_BIAS_M_S2)
        return lever_m * cos(where), lever_m * sin(where)

    def _new_drift(self) -> tuple[tuple[float, float, float, float], ...]:
        """For each axis: drift (rad/s2), wander (rad/s), its angular frequency and phase; none on a good day."""
        drift = radians(self.conditions.bias_drift_dps_per_min) / 60
        if drift == 0.0:
            return ()
        rng = random.Random(f"{self._seed}:drift")
        return tuple(
            (
                rng.choice((-drift, drift)),
                drift * 60 * DRIFT_WANDER_MIN,
                2 * pi / rng.uniform(*DRIFT_WANDER_S),
                rng.uniform(0, 2 * pi),
            )
            for _ in range(3)
        )

    def _new_grip(self, radius_m: float) -> Grip | None:
        told = self.conditions
        if told.limb_pitch_deg == 0.0 and told.slip == 0.0:
            return None
        return Grip(told.limb_pitch_deg, told.slip, radius_m, self._seed)

    def _calibrated_tool(self, kind: ToolKind, rng: random.Random, span_m: float | None) -> Tool:
        """The tool as its careful owner has set it up."""
        build, sensor = BUILDS[kind], self.force_sensor
        points = sensor.points(rng) if sensor is not None else ()
        stale = radians(0.15)
        bias = tuple(round(b + rng.uniform(-stale, stale), 6) for b in self._gyro_bias)
        return Tool(
            name=build.name,
            kind=kind,
            radius_m=build.radius_m,
            stiffness_n_m=build.stiffness_n_m,
            axis=None if kind == "massage_ball" else (1.0, 0.0, 0.0),
            pressure=self.conditions.pressure or build.pressure,
            gyro_full_scale_rad_s=radians(self.conditions.gyro_range_dps),
            calibration=Calibration(
                gyro_bias=None if self.conditions.begin_in_motion else (bias[0], bias[1], bias[2]),
                zero=sensor.zero(rng) if sensor is not None else None,
                points=points,
                span_m=span_m,
            ),
        )

    # --- what is so

    def motion(self, t: float) -> Motion:
        """Angle, rate, force and speed at `t` seconds."""
        return self._tool.motion(t)

    def path(self, t: float) -> tuple[float, float, float, float]:
        """A ball's place on the body at `t`, as (x, y) in m, and its speeds in these directions in m/s.

        Raises `TypeError` for tools that roll one way only.
        """
        if not isinstance(self._tool, MassageBall):
            raise TypeError(f"a {self.tool.kind} rolls one way only: ask its `motion`")
        return self._tool.path(t)

    def holes(self, seconds: float) -> tuple[tuple[float, float], ...]:
        """From when until when (s) the link to the IMU is lost for 0.5 s and more, up to `seconds`."""
        return link.holes(self._seed, seconds) if self.conditions.link == "bad" else ()

    def gyro_bias(self, t: float) -> Vector:
        """rad/s in sensor axes: constant, and a slow drift as the board warms up; more of it on a bad day."""
        warm = 1.0 - exp(-t / WARM_UP_S)
        b, w = self._gyro_bias, self._warm_up
        if not self._drift:
            return b[0] + warm * w[0], b[1] + warm * w[1], b[2] + warm * w[2]
        x, y, z = (
            drift * t + wander * (sin(omega * t + phase) - sin(phase)) for drift, wander, omega, phase in self._drift
        )
        return b[0] + warm * w[0] + x, b[1] + warm * w[1] + y, b[2] + warm * w[2] + z

    @property
    def true_axis(self) -> Vector:
        """The rolling axis in sensor axes, mounting error included."""
        return self._body_axes[0]

    # --- what the sensors feel

    def imu(self, t: float) -> tuple[Vector, Vector]:
        """Specific force (m/s2) and angular rate (rad/s) in sensor axes, without noise."""
        fx, fy, fz, wx, wy, wz = self._tool.felt(t)
        if self._motor.buzzes:
            shake, twist = self._motor.shake(t)
            fx, fy, fz = fx + 0.3 * shake, fy + shake, fz + 0.8 * shake
            wx, wy, wz = wx + twist, wy + twist, wz - twist
        u, e1, e2 = self._body_axes
        a, b, gain = self._accel_bias, self.gyro_bias(t), self._gyro_gain
        return (
            (
                u[0] * fx + e1[0] * fy + e2[0] * fz + a[0],
                u[1] * fx + e1[1] * fy + e2[1] * fz + a[1],
                u[2] * fx + e1[2] * fy + e2[2] * fz + a[2],
            ),
            (
                gain * (u[0] * wx + e1[0] * wy + e2[0] * wz) + b[0],
                gain * (u[1] * wx + e1[1] * wy + e2[1] * wz) + b[1],
                gain * (u[2] * wx + e1[2] * wy + e2[2] * wz) + b[2],
            ),
        )

    def pressure(self, t: float) -> tuple[float, float]:
        """Absolute pressure in the bladder (Pa) and its temperature (degC), as far as it goes: a sensor clips.

        Raises `TypeError` for a tool without a bladder.
        """
        bladder = self.force_sensor
        if not isinstance(bladder, Bladder):
            raise TypeError(f'this {self.tool.kind} measures "{self.tool.pressure}": ask `reading`')
        return bladder.pascal(self._on_sensor(t)[0], t), ROOM_K - 273.15 + bladder.warmth_k(t)

    def reading(self, t: float) -> Reading:
        """What the force sensor says, without noise. Raises `TypeError` if there is none."""
        if self.force_sensor is None:
            raise TypeError(f"this {self.tool.kind} has no force sensor")
        return self.force_sensor.reading(*self._on_sensor(t), t)

    def _on_sensor(self, t: float) -> tuple[float, float]:
        """Force on the sensor (N), the motor's shaking included, and the tool's angle (rad)."""
        force_n, angle = self._tool.load(t)
        if self._motor.buzzes:
            force_n = max(0.0, force_n + self._motor.ripple_n(t, force_n))
        return force_n, angle

    # --- the haptic motor

    def motor(self, level: float, t: float) -> None:
        """The haptic motor runs at `level` (0..1) from `t` on; 0 is off. It shakes the sensor and is felt."""
        if self._motor.run(level, t) and self._heeds:
            self._body.feel_buzz()

    # --- what the person says

    def take_commands(self, until: float) -> list[Command]:
        """What the person has said (button or page) up to `until`; each command is handed out once."""
        return self._plan.take_commands(until)

    @property
    def turns(self) -> tuple[tuple[float, str], ...]:
        """When another muscle came under the tool without a word, as far as time has come."""
        return tuple(self._plan.turns)


def _any_attitude(rng: random.Random) -> tuple[float, float, float, float]:
    """A quaternion of any direction alike: four normal numbers, brought to length 1."""
    w, x, y, z = (rng.gauss(0, 1) for _ in range(4))
    length = (w * w + x * x + y * y + z * z) ** 0.5
    return w / length, x / length, y / length, z / length


def _box(rng: random.Random, size: float) -> Vector:
    return rng.uniform(-size, size), rng.uniform(-size, size), rng.uniform(-size, size)


def _small_turn(angle: float, about: float) -> tuple[Vector, Vector, Vector]:
    """The body's x, y and z in sensor axes, turned by `angle` about a direction across x (Rodrigues)."""
    ky, kz = cos(about), sin(about)
    c, s = cos(angle), sin(angle)
    x = (c, s * kz, -s * ky)
    y = (-s * kz, c + ky * ky * (1 - c), ky * kz * (1 - c))
    z = (s * ky, ky * kz * (1 - c), c + kz * kz * (1 - c))
    return x, y, z
