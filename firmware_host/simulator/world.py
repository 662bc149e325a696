"""The truth: a person on a roller on a floor, and what a sensor in that roller feels.

Frames. World: x along the roller's axis, z up. Body: turned from the world by the roller's angle about x. Sensor:
turned from the body by a small mounting error. A positive rate about x rolls the roller's centre towards -y.

The chips' own faults of resolution, noise, filter and range are the chip models' (sensors/chips/); bias, scale error
and mounting are made here. Every figure without a source is this project's estimate of an ordinary build.
"""

from __future__ import annotations

import random
from math import cos, exp, pi, radians, sin
from typing import NamedTuple

from firmware_host.coaching.inputs import Calibration, Command, Person, Tool, Vector
from firmware_host.simulator import person as people
from firmware_host.simulator import scenarios
from firmware_host.simulator.plan import KEPT_S, STEP_OFF_BEFORE_END_S, Plan, Roller

G = 9.80665
TOOL_NAME = "roller"
RADIUS_M = 0.075
STIFFNESS_N_M = 20_000.0
"""12.5 mm of sag under 250 N (guidance 2.5)."""

BREATH_SHARE = 0.035
BREATH_S = 4.2
UNEVEN_SHARE = 0.03
UNEVEN_PER_TURN = 3
"""The roller's pattern and the leg's shape make the force ripple as it turns."""

GYRO_BIAS_RAD_S = radians(4)
"""Largest constant bias on an axis; the data sheet allows 20 dps."""
WARM_UP_RAD_S = radians(0.4)
WARM_UP_S = 240.0
ACCEL_BIAS_M_S2 = 0.15
STEER_RAD_S = radians(1.5)
"""Rotation about the vertical with which a person keeps the roller on course."""

STANDARD_ATMOSPHERE_PA = 101_325.0
BLADDER_YIELD_PER_N = (1 - STANDARD_ATMOSPHERE_PA / (STANDARD_ATMOSPHERE_PA + 60_000)) / 450
"""Share of its volume that a sealed bladder loses per newton: 60 kPa above ambient at 450 N (guidance 2.1, S7)."""
MOST_YIELD = 0.9
ROOM_K = 295.0
WARMING_K = 1.5
WARMING_S = 400.0
WEATHER_PA = 15.0
WEATHER_S = 700.0
SCALE_KG = (5.0, 10.0, 20.0, 30.0, 45.0)
"""What an owner presses on the bathroom scale while calibrating."""

VIBRATION_HZ = 180.0
VIBRATION_M_S2 = 30.0
VIBRATION_RAD_S = 0.15
RUN_DOWN_S = 0.2
RUN_DOWN_DECAY_S = 0.06


class Motion(NamedTuple):
    """What is really so at one moment."""

    angle_rad: float
    rate_rad_s: float
    acceleration_rad_s2: float
    force_n: float
    effective_radius_m: float
    speed_m_s: float
    """Along the muscle: `effective_radius_m * rate_rad_s`."""


class Buzz(NamedTuple):
    """The haptic motor running, from `start` until `end` (None: still on)."""

    start: float
    end: float | None
    level: float


class World:
    """One simulated session. The same arguments give the same world, however and how often it is asked.

    `seconds`: the person steps off 2 s before; None: goes on for ever. `gyro_scale_error`: what the gyroscope reads
    too much (0.005 is 0.5 %). `heeds`: a buzz of the motor slows the person down. Raises `UnknownScenario`.

    Times may be asked out of order by up to 5 s.
    """

    def __init__(
        self,
        scenario: str,
        seed: int = 1,
        seconds: float | None = None,
        *,
        person: Person | None = None,
        gyro_scale_error: float = 0.005,
        heeds: bool = False,
    ) -> None:
        behaviour = scenarios.find(scenario).behaviour
        self.person = person or Person()
        self._heeds = heeds
        self._body = people.Person(random.Random(f"{seed}:person"))
        self._weight_n = self.person.mass_kg * G
        self._roller = Roller(RADIUS_M, STIFFNESS_N_M, self._weight_n)
        rng = random.Random(f"{seed}:roller")
        step_off_t = None if seconds is None else max(0.0, seconds - STEP_OFF_BEFORE_END_S)
        self._plan = Plan(behaviour(self._body), self._roller, rng.uniform(-pi, pi), step_off_t)
        self._buzzes: tuple[Buzz, ...] = ()
        self._gyro_gain = 1.0 + gyro_scale_error
        self._breath_phase = rng.uniform(0, 2 * pi)
        self._uneven_phase = rng.uniform(0, 2 * pi)
        self._steer_phase = rng.uniform(0, 2 * pi)
        self._mount(rng)
        self._fill(rng)
        self.tool = self._calibrated_tool(rng)

    def _mount(self, rng: random.Random) -> None:
        """How the IMU sits in the roller: off the axis, slightly askew, with its biases."""
        lever_m, where = rng.uniform(0.008, 0.020), rng.uniform(0, 2 * pi)
        self._lever_y, self._lever_z = lever_m * cos(where), lever_m * sin(where)
        askew, about = radians(rng.uniform(1, 3)), rng.uniform(0, 2 * pi)
        self._body_axes = _small_turn(askew, about)
        self._gyro_bias: Vector = _box(rng, GYRO_BIAS_RAD_S)
        self._warm_up: Vector = _box(rng, WARM_UP_RAD_S)
        self._accel_bias: Vector = _box(rng, ACCEL_BIAS_M_S2)

    def _fill(self, rng: random.Random) -> None:
        """The day's air, and the bladder closed in it."""
        self._ambient_pa = STANDARD_ATMOSPHERE_PA + rng.uniform(-900, 900)
        self._weather_phase = rng.uniform(0, 2 * pi)
        self._warming_k = rng.uniform(0.3, 1.0) * WARMING_K

    def _calibrated_tool(self, rng: random.Random) -> Tool:
        """The roller as its careful owner has set it up: zero and points taken with a bathroom scale good to 1 %."""
        zero = self._bladder_pa(0.0, 0.0)
        points = tuple(
            (round(self._bladder_pa(kg * G * rng.gauss(1, 0.01), 0.0) - zero, 1), round(kg * G, 2)) for kg in SCALE_KG
        )
        stale = radians(0.15)
        bias = tuple(round(b + rng.uniform(-stale, stale), 6) for b in self._gyro_bias)
        return Tool(
            name=TOOL_NAME,
            kind="foam_roller",
            radius_m=RADIUS_M,
            stiffness_n_m=STIFFNESS_N_M,
            axis=(1.0, 0.0, 0.0),
            pressure="bladder",
            gyro_full_scale_rad_s=radians(2000),
            calibration=Calibration(
                gyro_bias=(bias[0], bias[1], bias[2]),
                zero=round(zero + rng.uniform(-60, 60), 1),
                points=points,
            ),
        )

    # --- what is so

    def motion(self, t: float) -> Motion:
        """Angle, rate, force and speed along the muscle at `t` seconds."""
        segment = self._plan.segment(t)
        angle, rate, acceleration = segment.turn(t)
        force_n = self._force_n(segment.share(t), angle, t)
        radius_m = self._roller.effective_radius_m(force_n)
        return Motion(angle, rate, acceleration, force_n, radius_m, radius_m * rate)

    def _force_n(self, share: float, angle: float, t: float) -> float:
        if share == 0.0:
            return 0.0
        breath = BREATH_SHARE * sin(2 * pi / BREATH_S * t + self._breath_phase)
        uneven = UNEVEN_SHARE * sin(UNEVEN_PER_TURN * angle + self._uneven_phase)
        return share * self._weight_n * (1.0 + breath + uneven)

    def gyro_bias(self, t: float) -> Vector:
        """rad/s in sensor axes: constant, and a slow drift as the board warms up."""
        warm = 1.0 - exp(-t / WARM_UP_S)
        b, w = self._gyro_bias, self._warm_up
        return b[0] + warm * w[0], b[1] + warm * w[1], b[2] + warm * w[2]

    @property
    def true_axis(self) -> Vector:
        """The rolling axis in sensor axes, mounting error included."""
        return self._body_axes[0]

    # --- what the sensors feel

    def imu(self, t: float) -> tuple[Vector, Vector]:
        """Specific force (m/s2) and angular rate (rad/s) in sensor axes, without noise."""
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
        fx = 0.0
        steer = share / 0.3 * STEER_RAD_S * sin(1.3 * t + self._steer_phase) if share else 0.0
        wx, wy, wz = rate, steer * s, steer * c
        if self._buzzes:
            shake, twist = self._vibration(t)
            fx, fy, fz = 0.3 * shake, fy + shake, fz + 0.8 * shake
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
        """Absolute pressure in the bladder (Pa) and its temperature (degC), as far as it goes: a sensor clips."""
        segment = self._plan.segment(t)
        force_n = self._force_n(segment.share(t), segment.turn(t)[0], t)
        return self._bladder_pa(force_n, t), ROOM_K - 273.15 + self._warmth_k(t)

    def _warmth_k(self, t: float) -> float:
        return self._warming_k * (1.0 - exp(-t / WARMING_S))

    def _bladder_pa(self, force_n: float, t: float) -> float:
        """Boyle: convex over force. Warmth raises the enclosed air by 0.34 %/K, the weather the whole of it."""
        weather = WEATHER_PA * sin(2 * pi / WEATHER_S * t + self._weather_phase)
        enclosed = self._ambient_pa * (1.0 + self._warmth_k(t) / ROOM_K) + weather
        return enclosed / (1.0 - min(MOST_YIELD, BLADDER_YIELD_PER_N * force_n))

    # --- the haptic motor

    def motor(self, level: float, t: float) -> None:
        """The haptic motor runs at `level` (0..1) from `t` on; 0 is off. It shakes the sensor and is felt."""
        buzzes = tuple(buzz for buzz in self._buzzes if buzz.end is None or buzz.end > t - 2 * KEPT_S)
        running = buzzes[-1] if buzzes and buzzes[-1].end is None else None
        if running is not None:
            buzzes = (*buzzes[:-1], running._replace(end=t))
        if level > 0:
            buzzes = (*buzzes, Buzz(t, None, level))
        self._buzzes = buzzes
        if level > 0 and running is None and self._heeds:
            self._body.feel_buzz()

    def _vibration(self, t: float) -> tuple[float, float]:
        """The motor's shake (m/s2) and twist (rad/s) at `t`, running down after each buzz."""
        strength = 0.0
        for start, end, level in self._buzzes:
            if end is None or t <= end:
                if t >= start:
                    strength = max(strength, level)
            elif t < end + RUN_DOWN_S:
                strength = max(strength, level * exp((end - t) / RUN_DOWN_DECAY_S))
        wave = strength * sin(2 * pi * VIBRATION_HZ * t)
        return VIBRATION_M_S2 * wave, VIBRATION_RAD_S * wave

    # --- what the person says

    def take_commands(self, until: float) -> list[Command]:
        """What the person has said (button or page) up to `until`; each command is handed out once."""
        return self._plan.take_commands(until)


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
