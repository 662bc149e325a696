"""One tool's samples to angle, speed and position along the muscle.

Position is what the surface travelled under the body: the drift-free angle times the effective radius
(unloaded radius less a third of the sag: the tyre result, docs/guidance.md S33). It is zero where the set's first
contact was made, stands still off the body, and says how uncertain it is.

What a chip or a link makes of a sample is met here: no numbers, wild values, repeated rows, a clipped gyroscope,
late and missing samples (each has its rule below, and `docs/engine.md` the list).
"""

from __future__ import annotations

from collections import deque
from math import inf, isfinite, sqrt

from firmware_host.coaching.angle import AngleFilter
from firmware_host.coaching.axis import AxisFinder
from firmware_host.coaching.clipping import ClipWatch
from firmware_host.coaching.evenness import EvenSteps
from firmware_host.coaching.gravity import BIAS_SD
from firmware_host.coaching.inputs import ImuSample, Tool, Vector
from firmware_host.coaching.movements import NO_DATA_S
from firmware_host.coaching.stillness import MEAN_VARIANCE, Stillness

LIFT_SD_M = 0.03
"""How far off the place of the next contact is after a lift-off, one standard deviation."""
MOST_MISSED_M = 1.0
SLIP_SHARE = 0.003
"""Share of the way travelled that skin and foam give, added to the position's uncertainty."""
KEPT_BEFORE_AXIS = 3000
"""Samples kept until the axis is found (30 s at 100 Hz), to be gone through again then; longer rest before the
first motion needs no more, since the bias is learned from it."""
BIAS_KNOWN_SD = 0.01
"""rad/s: a bias from a calibration is good to about 0.6 dps when the day is another one."""
JUMP_RAD_S, JUMP_RAD_S2 = 8.0, 800.0
"""Change from one sample to the next (all axes together), and per second of the time between, that no hand and no
kick makes in 10 ms: a wild value, unless the next sample confirms it."""
JUMP = JUMP_RAD_S * JUMP_RAD_S
"""Change of the squared rate that makes a sample be looked at: any such jump from near rest."""
MAY_REST = 0.36
"""(rad/s)^2: no bias is larger than 34 dps."""
FASTEST_RAD_S = 80.0
"""No gyroscope for such tools reads beyond 4000 dps."""
HARDEST_M_S2 = 250.0
"""No accelerometer on such tools reads beyond 25 g."""
REPEAT_RAD_S = 0.1
"""While it turns faster than this, two readings can't be alike to the last digit: the row came twice."""
SPARSE_S = 0.05
"""A longer step hides what the rate did in between."""


class Motion:
    """Feed it `ImuSample`s in time order; read `angle`, `speed`, `position` and their like after each."""

    __slots__ = (
        "_accel",
        "_bias",
        "_clip",
        "_corrected",
        "_early",
        "_filter",
        "_finder",
        "_force",
        "_gyro",
        "_loud",
        "_position_var",
        "_r_eff",
        "_radius",
        "_resting",
        "_square",
        "_steps",
        "_stiffness",
        "_stillness",
        "_suspect",
        "angle",
        "clipped",
        "position",
        "recovered",
        "rejected",
        "repeated",
        "searching",
        "shifted",
        "speed",
        "t",
        "travelled",
    )

    def __init__(self, tool: Tool) -> None:
        self._radius = tool.calibration.radius_m or tool.radius_m
        self._stiffness = tool.stiffness_n_m
        self._clip = ClipWatch(tool.gyro_full_scale_rad_s)
        self._loud = self._clip.loud
        self._stillness = Stillness()
        self._steps = EvenSteps()
        self._bias = tool.calibration.gyro_bias
        self._filter: AngleFilter | None = None
        self._finder: AxisFinder | None = None
        axis = tool.rolling_axis
        if axis is None:
            self._finder = AxisFinder()
        else:
            self._filter = self._new_filter(axis)
        self._resting = False  # slow enough for `_stillness` to be asked
        self._early: deque[ImuSample] = deque(maxlen=KEPT_BEFORE_AXIS)
        self._gyro: Vector = (0.0, 0.0, 0.0)
        self._accel: Vector | None = None
        self._suspect: Vector | None = None
        self._square = 0.0  # of the newest rate
        self._position_var = 0.0
        self._force: float | None = None
        self._r_eff = self._radius
        self.t: float | None = None
        self.angle = 0.0
        self.speed = 0.0
        self.position = 0.0
        self.travelled = 0.0
        self.clipped = False
        self.searching = False
        """After a hole: where the tool is now shows within a moment; what is decided on should wait for it."""
        self.shifted = 0.0
        """m that have shown to have been travelled in the hole; the reader moves what waits, and empties it."""
        self._corrected = 0.0
        self.rejected = 0
        """Readings that could not be true: no numbers, wild, or from before the last one."""
        self.repeated = 0
        """Rows that came twice."""
        self.recovered: list[tuple[float, float, float]] = []
        """(t, rate, angle) of the samples from before the axis was found, when it just was; the reader empties it."""

    def _new_filter(self, axis: Vector) -> AngleFilter:
        return AngleFilter(axis, self._radius, self._bias, BIAS_SD if self._bias is None else BIAS_KNOWN_SD)

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

    def calibrate(self, tool: Tool) -> None:
        """What was measured just now holds from here on; what did not change leaves everything as it is."""
        calibration = tool.calibration
        self._radius = calibration.radius_m or self._radius
        self._force, self._r_eff = None, self._radius
        axis = tool.rolling_axis
        if axis is not None and axis != self.axis:
            self._finder = None
            self._early.clear()
            if self._filter is None:
                self._filter = self._new_filter(axis)
            else:
                self._filter.turn_axis(axis)
        bias = calibration.gyro_bias
        if bias is not None and bias != self._bias:
            self._at_rest(bias)

    def lifted(self) -> None:
        """The tool left the body: where it comes back is known only roughly."""
        self._position_var += LIFT_SD_M * LIFT_SD_M

    def radius(self, force_n: float | None) -> float:
        """Effective rolling radius in m under `force_n`."""
        if force_n is None or self._stiffness is None:
            return self._radius
        return max(0.5 * self._radius, self._radius - force_n / (3.0 * self._stiffness))

    def update(self, sample: ImuSample, force_n: float | None, masked: bool, on_body: bool) -> bool:
        """Take one sample; False if it could not be used (no gyroscope, not finite, wild, back in time, repeated)."""
        gyro = sample.gyro
        if gyro is None:
            return False
        t, accel = sample.t, sample.accel
        gx, gy, gz = gyro
        square = gx * gx + gy * gy + gz * gz
        last = self.t
        if last is None:
            if not self._first(t, gyro):
                return False
            last = t
        dt = t - last
        if not -JUMP < square - self._square < JUMP and not self._plausible(gyro, dt):
            return False
        if accel is not None:
            ax, ay, az = accel
            if not ax * ax + ay * ay + az * az < HARDEST_M_S2 * HARDEST_M_S2:
                self.rejected += 1
                accel = None
            elif gyro == self._gyro and accel == self._accel and self._turns(gyro):
                self.repeated += 1
                return False
        steps = self._steps
        if not steps.low < dt < steps.high:
            if not 0.0 <= dt < inf:
                self.rejected += 1
                return False
            dt = self._odd_step(t, dt)
        self._gyro = gyro
        self._accel = accel
        self._square = square
        self.t = t
        if square < MAY_REST and not masked:
            self._resting = True
            still = self._stillness.update(t, gyro, accel)
            if still is not None:
                self._at_rest(still)
        elif self._resting:
            self._resting = False
            self._stillness.restart()
        if self._finder is not None:
            self._find_axis(sample, dt)
        turning = self._filter
        if turning is None:
            return True
        if square > self._loud:
            self.clipped = self._clip.update(gyro)
            if self.clipped:
                turning.clipped(dt)
        elif self.clipped:
            self.clipped = False
        rate = turning.step(gyro, None if masked else accel, dt)
        if self.searching:
            self._search(turning, on_body)
        if force_n != self._force:
            self._force = force_n
            self._r_eff = self.radius(force_n)
        radius = self._r_eff
        self.speed = rate * radius
        angle = turning.angle
        if on_body:
            step = (angle - self.angle) * radius
            self.position += step
            self.travelled += step if step > 0.0 else -step
        self.angle = angle
        return True

    # --- what a chip or a link makes of a sample ------------------------------------------------------------------

    def _first(self, t: float, gyro: Vector) -> bool:
        if not isfinite(t) or not readable(gyro):
            self.rejected += 1
            return False
        self._gyro = gyro
        self._square = gyro[0] * gyro[0] + gyro[1] * gyro[1] + gyro[2] * gyro[2]
        return True

    def _plausible(self, gyro: Vector, dt: float) -> bool:
        """A sudden change: what can't be is refused, a jump waits for the next sample."""
        if not readable(gyro):
            self.rejected += 1
            return False
        before, suspect = self._gyro, self._suspect
        steady = _apart(gyro, before) < max(JUMP_RAD_S, JUMP_RAD_S2 * dt)
        if suspect is None:
            if not steady:
                self._suspect = gyro
                self._square = inf  # the next sample comes here, too
            return steady
        if _apart(gyro, suspect) < 0.5 * _apart(suspect, before):
            self._suspect = None  # a kick: it was true
            return True
        self.rejected += 1
        self._suspect = None if steady else gyro
        return steady

    def _turns(self, gyro: Vector) -> bool:
        return _apart(gyro, self._bias or (0.0, 0.0, 0.0)) > REPEAT_RAD_S

    def _odd_step(self, t: float, dt: float) -> float:
        """Seconds since the last sample, where that is not the usual time or not known yet."""
        turning = self._filter
        if dt > NO_DATA_S:
            self._stillness.restart()
            self._steps.restart()
            if turning is not None:
                # Gravity will tell the angle, but not the turns: half of what it may have rolled on.
                missed = min(0.5 * abs(turning.rate) * dt * self._r_eff, MOST_MISSED_M)
                self._position_var += missed * missed
                turning.lost()
                self._corrected = turning.corrected
                self.searching = True
            return 0.0
        if dt > SPARSE_S and turning is not None:
            missed = 0.25 * dt * abs(turning.rate)
            turning.unsettle(missed * missed)
        return self._steps.step(t, dt)

    def _search(self, turning: AngleFilter, on_body: bool) -> None:
        """After a hole: what gravity adds to the angle was turned in the hole, not since."""
        found = turning.corrected - self._corrected
        self._corrected = turning.corrected
        if on_body:
            self.shifted += found * self._r_eff
        self.searching = turning.searching

    def _at_rest(self, bias: Vector) -> None:
        self._bias = bias
        if self._filter is not None:
            self._filter.still(bias, MEAN_VARIANCE)

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
            if finder.settled:
                self._finder = None
            return
        self._filter = self._new_filter(axis)
        self._catch_up(self._filter)

    def _catch_up(self, turning: AngleFilter) -> None:
        """Go through the samples from before the axis was known, all but the newest."""
        early = self._early
        newest = early.pop()
        last = early[0].t if early else newest.t
        for sample in early:
            if sample.gyro is not None:
                turning.step(sample.gyro, sample.accel, min(sample.t - last, NO_DATA_S))
                last = sample.t
                self.recovered.append((last, turning.rate, turning.angle))
        early.clear()
        self.angle = turning.angle


def readable(gyro: Vector) -> bool:
    """Whether a gyroscope can have said this (rad/s): numbers, and none beyond its kind."""
    return max(abs(gyro[0]), abs(gyro[1]), abs(gyro[2])) < FASTEST_RAD_S and isfinite(gyro[0] + gyro[1] + gyro[2])


def _apart(a: Vector, b: Vector) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2])
