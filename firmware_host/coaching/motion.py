"""One tool's samples to angle, speed and position along the muscle.

Position is what the surface travelled under the body: the drift-free angle times the effective radius
(unloaded radius less a third of the sag: the tyre result, docs/guidance.md S33). It is zero where the set's first
contact was made, stands still off the body, and says how uncertain it is.
"""

from __future__ import annotations

from collections import deque
from math import isfinite, sqrt

from firmware_host.coaching.angle import AngleFilter
from firmware_host.coaching.axis import AxisFinder
from firmware_host.coaching.inputs import Calibration, ImuSample, Tool, Vector
from firmware_host.coaching.movements import NO_DATA_S
from firmware_host.coaching.stillness import MEAN_VARIANCE, Stillness

CLIPPED_SHARE = 0.98
"""A rate this close to full scale is taken for clipped: ST gyroscopes clip at 28571 of 32767 counts only when
the range is not declared, ours is (docs/guidance.md S34)."""
CLIPPED_SD_RAD = 0.1
LIFT_SD_M = 0.03
"""How far off the place of the next contact is after a lift-off, one standard deviation."""
SLIP_SHARE = 0.003
"""Share of the way travelled that skin and foam give, added to the position's uncertainty."""
KEPT_BEFORE_AXIS = 3000
"""Samples kept until the axis is found (30 s at 100 Hz), to be gone through again then; longer rest before the
first motion needs no more, since the bias is learned from it."""
BIAS_KNOWN_SD = 0.01
"""rad/s: a bias from a calibration is good to about 0.6 dps when the day is another one."""


class Motion:
    """Feed it `ImuSample`s in time order; read `angle`, `speed`, `position` and their like after each."""

    __slots__ = (
        "_bias",
        "_early",
        "_filter",
        "_finder",
        "_full_scale",
        "_last_angle",
        "_position_var",
        "_radius",
        "_stiffness",
        "_stillness",
        "angle",
        "clipped",
        "position",
        "recovered",
        "rejected",
        "speed",
        "t",
        "travelled",
    )

    def __init__(self, tool: Tool) -> None:
        self._radius = tool.calibration.radius_m or tool.radius_m
        self._stiffness = tool.stiffness_n_m
        self._full_scale = tool.gyro_full_scale_rad_s
        self._stillness = Stillness()
        self._bias = tool.calibration.gyro_bias
        self._filter: AngleFilter | None = None
        self._finder: AxisFinder | None = None
        if tool.axis is None:
            self._finder = AxisFinder()
        else:
            self._filter = self._new_filter(tool.axis)
        self._early: deque[ImuSample] = deque(maxlen=KEPT_BEFORE_AXIS)
        self._last_angle = 0.0
        self._position_var = 0.0
        self.t: float | None = None
        self.angle = 0.0
        self.speed = 0.0
        self.position = 0.0
        self.travelled = 0.0
        self.clipped = False
        self.rejected = 0
        self.recovered: list[tuple[float, float, float]] = []
        """(t, rate, angle) of the samples from before the axis was found, when it just was; the reader empties it."""

    def _new_filter(self, axis: Vector) -> AngleFilter:
        if self._bias is None:
            return AngleFilter(axis)
        along = AngleFilter(axis)
        u, b = along.axis, self._bias
        return AngleFilter(axis, u[0] * b[0] + u[1] * b[1] + u[2] * b[2], BIAS_KNOWN_SD)

    @property
    def axis_found(self) -> bool:
        return self._filter is not None

    @property
    def axis(self) -> Vector | None:
        """The rolling axis in sensor axes, given or found."""
        return self._filter.axis if self._filter is not None else None

    @property
    def bias(self) -> Vector | None:
        """The gyroscope's bias as last seen at rest, rad/s."""
        return self._bias

    @property
    def position_sd(self) -> float:
        sd = self._filter.angle_sd if self._filter is not None else 0.0
        slip = SLIP_SHARE * self.travelled
        return sqrt(self._position_var + (sd * self._radius) ** 2 + min(slip, 0.01) ** 2)

    def calibrate(self, calibration: Calibration) -> None:
        self._radius = calibration.radius_m or self._radius
        if calibration.gyro_bias is not None:
            self._bias = calibration.gyro_bias

    def lifted(self) -> None:
        """The tool left the body: where it comes back is known only roughly."""
        self._position_var += LIFT_SD_M * LIFT_SD_M

    def radius(self, force_n: float | None) -> float:
        """Effective rolling radius in m under `force_n`."""
        if force_n is None or self._stiffness is None:
            return self._radius
        return max(0.5 * self._radius, self._radius - force_n / (3.0 * self._stiffness))

    def update(self, sample: ImuSample, force_n: float | None, masked: bool, on_body: bool) -> bool:
        """Take one sample; False if it could not be used (no gyroscope, not finite, back in time)."""
        gyro = sample.gyro
        if gyro is None:
            return False
        t = sample.t
        gx, gy, gz = gyro
        accel = sample.accel
        last = self.t
        if not isfinite(gx + gy + gz + t) or (last is not None and t < last):
            self.rejected += 1
            return False
        if accel is not None and not isfinite(accel[0] + accel[1] + accel[2]):
            accel = None
        dt = 0.0 if last is None else t - last
        self.t = t
        if dt > NO_DATA_S:
            self._hole()
            dt = 0.0
        if not masked:
            still = self._stillness.update(t, gyro, accel)
            if still is not None:
                self._at_rest(still)
        else:
            self._stillness.restart()
        if self._finder is not None:
            self._find_axis(sample, dt)
        turning = self._filter
        if turning is None:
            return True
        scale = self._full_scale
        if scale is not None:
            limit = scale * CLIPPED_SHARE
            self.clipped = max(abs(gx), abs(gy), abs(gz)) >= limit
            if self.clipped:
                turning.unsettle(CLIPPED_SD_RAD * CLIPPED_SD_RAD * dt)
        rate = turning.predict(gx, gy, gz, dt)
        if accel is not None and not masked:
            turning.gravity(accel[0], accel[1], accel[2])
        angle = turning.angle
        self.angle = angle
        radius = self.radius(force_n)
        self.speed = rate * radius
        if on_body:
            step = (angle - self._last_angle) * radius
            self.position += step
            self.travelled += abs(step)
        self._last_angle = angle
        return True

    def _hole(self) -> None:
        """Nothing is known of the last half second or more: the angle stands until gravity says better."""
        self._stillness.restart()
        if self._filter is not None:
            self._filter.unsettle(1.0)

    def _at_rest(self, bias: Vector) -> None:
        self._bias = bias
        if self._filter is not None:
            u = self._filter.axis
            self._filter.still(u[0] * bias[0] + u[1] * bias[1] + u[2] * bias[2], MEAN_VARIANCE)

    def _find_axis(self, sample: ImuSample, dt: float) -> None:
        finder = self._finder
        gyro = sample.gyro
        assert finder is not None
        assert gyro is not None
        bias = self._bias or (0.0, 0.0, 0.0)
        found = finder.update(gyro[0] - bias[0], gyro[1] - bias[1], gyro[2] - bias[2], dt)
        if self._filter is None:
            self._early.append(sample)
        if not found:
            return
        axis = finder.axis
        assert axis is not None
        if self._filter is not None:
            self._filter.turn_axis(axis)
            return
        self._filter = self._new_filter(axis)
        self._catch_up(self._filter)

    def _catch_up(self, turning: AngleFilter) -> None:
        """Go through the samples from before the axis was known, all but the newest."""
        early = self._early
        newest = early.pop()
        last = early[0].t if early else newest.t
        for sample in early:
            gyro, accel = sample.gyro, sample.accel
            if gyro is not None:
                turning.predict(gyro[0], gyro[1], gyro[2], min(sample.t - last, NO_DATA_S))
                if accel is not None:
                    turning.gravity(accel[0], accel[1], accel[2])
                last = sample.t
                self.recovered.append((last, turning.rate, turning.angle))
        early.clear()
        self._last_angle = turning.angle
