"""A ball's samples to speed and place: it rolls in any direction, and spins about the vertical without going anywhere.

Gravity's direction in the sensor is carried by the gyroscope and corrected by the accelerometer; what turns about it is
spin and is projected out. The rest rolls the ball: its centre moves by `rate x up` times the radius. A second,
horizontal direction carried along gives the way a plane to be drawn in, so that small circles stay small.

The place is (x, y) in m on that plane, whose own turning drifts with the gyroscope's bias about the vertical: by
0.1 degrees a second at most after a rest, which matters little within the few seconds and centimetres of a hold.
"""

from __future__ import annotations

from collections import deque
from math import sqrt

from firmware_host.coaching.gravity import G
from firmware_host.coaching.inputs import ImuSample, Tool, Vector
from firmware_host.coaching.motion import HARDEST_M_S2, LIFT_SD_M, readable
from firmware_host.coaching.movements import NO_DATA_S
from firmware_host.coaching.stillness import Stillness

Place = tuple[float, float]
"""(x, y) in m on the plane of the body."""

KEPT_PLACES = 512
"""Places kept to look back at: 5 s at 100 Hz, more than a hold takes to be recognised."""
TRUST_S = 3.0
"""Time constant with which the accelerometer corrects gravity's direction; at the start, the seconds there are."""
BIAS_PER_S2 = 0.02
"""How fast a lasting correction is put down to the gyroscope's bias."""
CALM_SHARE = 0.5
"""Share of g by which a reading's length may be off gravity's and still count, ever less towards it."""
PLACE_SD_M = 0.002
DRIFT_SHARE = 0.02
"""Uncertainty of the place: where it began, and a share of the way since."""
MOST_SD_M = 0.05


class BallMotion:
    """Feed it `ImuSample`s in time order; read `speed` (m/s, never negative), `position` and `place` (m) after each."""

    __slots__ = (
        "_age",
        "_bias",
        "_east",
        "_lift_var",
        "_places",
        "_radius",
        "_stillness",
        "_up",
        "_velocity",
        "angle",
        "clipped",
        "place",
        "position",
        "recovered",
        "rejected",
        "searching",
        "shifted",
        "speed",
        "t",
        "travelled",
    )

    axis: Vector | None = None
    """A ball has none."""

    def __init__(self, tool: Tool) -> None:
        self._radius = tool.calibration.radius_m or tool.radius_m
        self._stillness = Stillness()
        self._bias = tool.calibration.gyro_bias or (0.0, 0.0, 0.0)
        self._up: Vector | None = None
        self._east: Vector = (0.0, 0.0, 0.0)
        self._velocity = (0.0, 0.0)
        self._age = 0.0
        self._lift_var = 0.0
        self.t: float | None = None
        self.angle = 0.0
        """rad rolled so far, in whatever direction."""
        self.speed = 0.0
        self.place = (0.0, 0.0)
        self.position = 0.0
        """m of way along its path."""
        self.travelled = 0.0
        self.clipped = False
        self.rejected = 0
        self.recovered: list[tuple[float, float, float]] = []
        """As of `Motion`; a ball has no axis to wait for."""
        self.searching = False
        self.shifted = 0.0
        """As of `Motion`; which way is up is not lost in a hole."""
        self._places: deque[tuple[float, Place, Place]] = deque(maxlen=KEPT_PLACES)
        """(time, place, velocity)."""

    @property
    def axis_found(self) -> bool:
        """Whether it is known which way is up."""
        return self._up is not None

    @property
    def bias(self) -> Vector:
        """The gyroscope's bias, rad/s: as seen at rest, and followed since."""
        return self._bias

    @property
    def position_sd(self) -> float:
        way = min(DRIFT_SHARE * self.travelled, MOST_SD_M)
        return sqrt(PLACE_SD_M * PLACE_SD_M + self._lift_var + way * way)

    def place_at(self, t: float) -> Place:
        """Where it was at `t`, as far back as is kept."""
        for then, place, _ in reversed(self._places):
            if then <= t:
                return place
        return self.place

    def places_since(self, t: float) -> list[Place]:
        """Its places from `t` on."""
        return [place for then, place, _ in self._places if then >= t]

    def steadied_speed(self, t: float, half_s: float) -> float:
        """Size of the mean velocity within `half_s` of `t`, nearer samples weighing more: shake has no direction."""
        total = x = y = 0.0
        for then, _, (vx, vy) in reversed(self._places):
            weight = half_s - abs(then - t)
            if weight > 0.0:
                total, x, y = total + weight, x + weight * vx, y + weight * vy
            elif then < t:
                break
        return sqrt(x * x + y * y) / total if total else self.speed

    def calibrate(self, tool: Tool) -> None:
        calibration = tool.calibration
        self._radius = calibration.radius_m or self._radius
        self._bias = calibration.gyro_bias or self._bias

    def lifted(self) -> None:
        """The ball left the body: where it comes back is known only roughly."""
        self._lift_var += LIFT_SD_M * LIFT_SD_M

    def radius(self, force_n: float | None) -> float:
        """Rolling radius in m: a ball is stiff."""
        return self._radius

    def update(self, sample: ImuSample, force_n: float | None, masked: bool, on_body: bool) -> bool:
        """Take one sample; False if it could not be used (no gyroscope, not finite, wild, back in time)."""
        gyro, accel, t = sample.gyro, sample.accel, sample.t
        if gyro is None:
            return False
        last = self.t
        if not readable(gyro) or not -1e12 < t < 1e12 or (last is not None and t < last):
            self.rejected += 1
            return False
        if accel is not None and not sum(c * c for c in accel) < HARDEST_M_S2 * HARDEST_M_S2:
            self.rejected += 1
            accel = None
        dt = 0.0 if last is None else t - last
        self.t = t
        if dt > NO_DATA_S:
            dt = 0.0
            self._stillness.restart()
        if masked:
            accel = None
            self._stillness.restart()
        else:
            still = self._stillness.update(t, gyro, accel)
            if still is not None:
                self._bias = still
        bias = self._bias
        omega = (gyro[0] - bias[0], gyro[1] - bias[1], gyro[2] - bias[2])
        if self._up is None:
            self._begin(accel)
            return True
        self._turn(omega, dt)
        if accel is not None:
            self._correct(accel, dt)
        self._roll(omega, t, dt, on_body)
        return True

    # --- which way is up

    def _begin(self, accel: Vector | None) -> None:
        if accel is None:
            return
        length = sqrt(sum(c * c for c in accel))
        if length > 0.3 * G:
            self._up = (accel[0] / length, accel[1] / length, accel[2] / length)
            self._east = _level((1.0, 0.0, 0.0) if abs(self._up[0]) < 0.7 else (0.0, 1.0, 0.0), self._up)

    def _turn(self, omega: Vector, dt: float) -> None:
        """What stands still in the room turns backwards in the sensor: half a step, then again from there."""
        up, east = self._up, self._east
        assert up is not None
        half = dt / 2
        up_there = _add(up, _cross(up, omega), half)
        east_there = _add(east, _cross(east, omega), half)
        up = _unit(_add(up, _cross(up_there, omega), dt))
        self._up = up
        self._east = _level(_add(east, _cross(east_there, omega), dt), up)

    def _correct(self, accel: Vector, dt: float) -> None:
        up = self._up
        assert up is not None
        length = sqrt(accel[0] * accel[0] + accel[1] * accel[1] + accel[2] * accel[2])
        trust = 1.0 - abs(length - G) / (CALM_SHARE * G)
        if trust <= 0.0 or length == 0.0:
            return
        self._age += dt
        seen = (accel[0] / length, accel[1] / length, accel[2] / length)
        share = trust * dt / min(TRUST_S, self._age + dt) if dt > 0 else 0.0
        off = _cross(seen, up)  # the rotation vector that would turn `up` onto what is seen, in the sensor
        self._up = _unit(_add(up, _cross(up, off), share))
        self._bias = _add(self._bias, off, -trust * dt * BIAS_PER_S2)

    # --- where it goes

    def _roll(self, omega: Vector, t: float, dt: float, on_body: bool) -> None:
        up, east = self._up, self._east
        assert up is not None
        way = _cross(omega, up)  # the centre's velocity for a radius of 1
        north = _cross(up, east)
        vx = self._radius * (way[0] * east[0] + way[1] * east[1] + way[2] * east[2])
        vy = self._radius * (way[0] * north[0] + way[1] * north[1] + way[2] * north[2])
        last_x, last_y = self._velocity
        self._velocity = (vx, vy)
        before = self.speed
        self.speed = sqrt(vx * vx + vy * vy)
        step = 0.5 * (before + self.speed) * dt
        self.angle += step / self._radius
        if on_body:
            x, y = self.place
            self.place = (x + 0.5 * (last_x + vx) * dt, y + 0.5 * (last_y + vy) * dt)
            self.position += step
            self.travelled += step
        self._places.append((t, self.place, self._velocity))


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _add(a: Vector, b: Vector, times: float) -> Vector:
    return a[0] + times * b[0], a[1] + times * b[1], a[2] + times * b[2]


def _unit(a: Vector) -> Vector:
    length = sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) or 1.0
    return a[0] / length, a[1] / length, a[2] / length


def _level(a: Vector, up: Vector) -> Vector:
    """`a` without its part along `up`, at length 1."""
    along = a[0] * up[0] + a[1] * up[1] + a[2] * up[2]
    return _unit(_add(a, up, -along))
