"""What gravity teaches about the angle, the gyroscope and the mounting: the Kalman filter behind angle.py.

The gyroscope carries the angle; gravity, seen in the plane across the axis, gives its absolute value up to a constant.
But what an accelerometer feels is gravity and the sensor's own acceleration, and of that most follows from the rotation
itself. So the two are tied by a filter that learns both what is wrong with the gyroscope and where the sensor is
mounted. Its state:

    angle   since the first sample, exactly 0 there
    datum   where gravity was at the first sample
    bias, scale     of the gyroscope about the axis
    centre  metres the axis moves sideways for a radian turned (rolling: the radius; turning in place: 0)
    out1, out2      where the sensor sits, metres from the axis
    off1, off2      of the accelerometer across the axis, m/s2
    plumb   gravity across the axis, m/s2
    lag     seconds the accelerometer is behind the gyroscope

docs/engine.md has the equations, the constants' sources and what was tried.
"""

from __future__ import annotations

from math import atan2, hypot, sqrt

G = 9.80665
BLOCK_S = 0.5
EARLY_BLOCK_S = 0.1
EARLY_S = 10.0
UNSURE_RAD = 0.012
"""In the first seconds, and while the angle is less certain than this, corrections come five times as often."""
GYRO_NOISE = 2e-4
"""rad/s/sqrt(Hz): twice the MPU-6050's typical 0.005 dps/sqrt(Hz), for mounts and hands."""
BIAS_SD = 0.2
"""rad/s at the start: the MPU-6050's +-20 dps zero-rate offset is within two of these."""
BIAS_WALK = 8e-4
"""rad/s/sqrt(s): a bias that wanders 0.6 dps in three minutes, several when it warms up."""
SCALE_SD, SCALE_WALK = 0.015, 2e-5
"""Data-sheet tolerance +-3 %, and the cosine of a few degrees of misalignment."""
DATUM_SD = 0.06
"""rad: gravity's direction in one block, if the session begins in motion."""
CENTRE_SD, CENTRE_WALK = 0.05, 2e-3
OUT_SD, OUT_WALK = 0.1, 1e-3
OFFSET_SD, OFFSET_WALK = 0.1, 3e-3
"""m/s2: the MPU-6050's typical +-50 mg at 0 g, less what fills it out in use; the walk is warming up."""
PLUMB_SD, PLUMB_WALK, PLUMB_MOST_SD = 0.2, 0.02, 2.0
LAG_SD = 0.004
"""s: filters of MPU-6050-like chips differ by 0.2-5 ms between the two sensors."""

ACCEL_SD = 0.1
"""m/s2, of a block's mean at rest: noise and mounting flex."""
UNEXPLAINED_SD = 0.8
"""m/s2 at the start: acceleration that the rotation does not explain, before any was seen."""
MOST_SEEN = 20.0
"""Blocks that the running estimate of it remembers."""
MOVING_RAD_S = 0.05
"""A hand that turns the tool also carries it: at rest and moving the estimates are two."""
ARM_SHARE = (0.003, 0.002)
"""m: how far angular acceleration and spin act through arms that are not the same from turn to turn."""
FAR_OFF = 9.0
"""A squared difference beyond this many variances is a knock: taken, but at the weight of one there."""
WIDE_RAD = 0.3
"""Beyond this the difference is taken as an angle, not as its sine."""
ASTRAY = 5
"""So many corrections in a row that were this far off say that the angle itself is lost."""
LOST_RAD = 1.0
SEARCH_S, FOUND_RAD = 0.6, 0.04
"""After a hole the angle is being looked for until it is as certain as this (3 mm on a roller), or so long at most."""
LEARNS_BELOW_RAD = 0.3
"""While the angle is less certain than this, the vertical part says nothing reliable about the arms."""
LEAST_GRAVITY = 0.3
"""Share of g across the axis below which gravity says nothing about the angle (axis near vertical)."""
STEEP = 2.5
"""Tangent of the axis's tilt beyond which rotation across the axis is no longer followed (68 degrees)."""
TILT_S = 1.5
"""Time constant with which gravity along the axis corrects the tilt."""
TILT_BIAS_PER_S = 0.05
"""1/s2: how fast a lasting correction is put down to the gyroscope's bias across the axis."""
CLIPPED_SHARE = 0.3
"""Of the rate shown, how much more it may truly have been while clipped, one standard deviation."""

ANGLE, DATUM, BIAS, SCALE, CENTRE, OUT1, OUT2, OFF1, OFF2, PLUMB, LAG = range(11)
STATES = 11
WALKS = (
    (ANGLE, GYRO_NOISE * GYRO_NOISE),
    (BIAS, BIAS_WALK * BIAS_WALK),
    (SCALE, SCALE_WALK * SCALE_WALK),
    (CENTRE, CENTRE_WALK * CENTRE_WALK),
    (OUT1, OUT_WALK * OUT_WALK),
    (OUT2, OUT_WALK * OUT_WALK),
    (OFF1, OFFSET_WALK * OFFSET_WALK),
    (OFF2, OFFSET_WALK * OFFSET_WALK),
    (PLUMB, PLUMB_WALK * PLUMB_WALK),
)
"""Variance that each state gains in a second."""


class GravityFilter:
    """The state and its covariance; `AngleFilter` carries it from sample to sample."""

    __slots__ = (
        "_across1",
        "_across2",
        "_age",
        "_astray",
        "_block_s",
        "_clipped_s",
        "_cov",
        "_gain",
        "_moving",
        "_rest",
        "_search_s",
        "_seen",
        "_span",
        "_sway",
        "_tilt",
        "_tilt_then",
        "_turned",
        "angle",
        "bias",
        "corrected",
        "datum",
        "rate",
    )

    def __init__(self, radius_m: float, bias_sd: float) -> None:
        self.angle = 0.0
        self.rate = 0.0
        self.bias = 0.0
        self.datum = 0.0
        """rad; meaningless until gravity was seen (`settled`)."""
        self._gain = 1.0
        self._rest = [0.5 * radius_m, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]  # centre, out1, out2, off1, off2, plumb, lag
        deviations = (
            0.0, 0.0, bias_sd, SCALE_SD, CENTRE_SD, OUT_SD, OUT_SD, OFFSET_SD, OFFSET_SD, PLUMB_SD, LAG_SD,
        )  # fmt: skip
        self._cov = [[0.0] * STATES for _ in range(STATES)]
        for i, deviation in enumerate(deviations):
            self._cov[i][i] = deviation * deviation
        self._tilt_then = 0.0
        self._tilt = 0.0  # tangent of the axis's tilt
        self._across1 = self._across2 = 0.0  # gyroscope bias across the axis
        self._sway = [UNEXPLAINED_SD * UNEXPLAINED_SD] * 2  # unexplained (m/s2)^2: at rest, moving
        self._seen = [2.0, 2.0]  # blocks each of them is an average of
        self._moving = 0
        self._age = 0.0
        self._astray = 0
        self._search_s = 0.0
        self.corrected = 0.0
        """rad that gravity has added to `angle` so far."""
        self._turned = self._span = self._clipped_s = 0.0
        self._block_s = EARLY_BLOCK_S

    @property
    def settled(self) -> bool:
        """Gravity has been seen: the angle is tied to it."""
        return self._rest[PLUMB - CENTRE] > 0.0

    @property
    def searching(self) -> bool:
        """After a hole: gravity has not said yet where the angle is now."""
        return self._search_s > 0.0

    @property
    def angle_sd(self) -> float:
        """Standard deviation of `angle` in rad, as the filter believes."""
        return sqrt(max(self._cov[ANGLE][ANGLE], 0.0))

    @property
    def scale(self) -> float:
        """What the gyroscope about the axis is to be multiplied by, less 1."""
        return self._gain - 1.0

    @property
    def centre_m(self) -> float:
        """How far the axis moves for a radian, as learned so far."""
        return self._rest[0]

    def unsettle(self, variance: float) -> None:
        """Something was missed: the angle may be off by this many rad^2 more."""
        self._cov[ANGLE][ANGLE] += variance
        self._block_s = EARLY_BLOCK_S

    # --- what a block of samples says ----

    def _spread(self) -> None:
        """Carry the covariance over what was turned since the last correction."""
        span, turned = self._span, self._turned
        if span <= 0.0:
            return
        cov = self._cov
        first = [a - span * b + turned * c for a, b, c in zip(cov[ANGLE], cov[BIAS], cov[SCALE])]
        missed = CLIPPED_SHARE * self.rate * self._clipped_s
        first[ANGLE] += turned * first[SCALE] - span * first[BIAS] + missed * missed
        cov[ANGLE] = first
        for row, value in zip(cov, first):
            row[ANGLE] = value
        for i, walk in WALKS:
            cov[i][i] += walk * span
        if cov[PLUMB][PLUMB] > PLUMB_MOST_SD * PLUMB_MOST_SD:
            cov[PLUMB][PLUMB] = PLUMB_MOST_SD * PLUMB_MOST_SD
        self._age += span
        self._search_s = max(0.0, self._search_s - span)
        self._span = self._turned = self._clipped_s = 0.0

    def _learn(
        self,
        down: float,
        side: float,
        along: float,
        arms: tuple[float, float],
        push: float,
        c: float,
        s: float,
        span: float,
        turned: float,
    ) -> None:
        """Compare what the accelerometer felt in a block, on the mean, with what the state says it should have.

        `down`, `side`, `along`: turned back by the angle, m/s2; `arms`: A and B of docs/engine.md; `push`: rad/s2.
        """
        arm1, arm2 = arms
        spin = turned / span if span > 0 else 0.0
        centre, out1, out2, off1, off2, plumb, lag = self._rest
        # What gravity does not explain, turned back by the angle: vertical and sideways.
        vertical = down - arm1 * out1 - arm2 * out2 - c * off1 + s * off2
        sideways = side + arm2 * out1 - arm1 * out2 - s * off1 - c * off2 - centre * push - plumb * spin * lag
        size = hypot(vertical, sideways)
        if size < LEAST_GRAVITY * G:
            self._rest[PLUMB - CENTRE] = 0.0  # the axis stands upright: gravity will have to be found again
            self._tilt = STEEP
            return
        if plumb <= 0.0:
            self._find_gravity(vertical, sideways, along, size)
            return
        plumb = self._rest[PLUMB - CENTRE] = plumb * self._tip_over(along / plumb, span, c, s)
        self._moving = moving = 1 if spin > MOVING_RAD_S or spin < -MOVING_RAD_S else 0
        noise = (
            ACCEL_SD * ACCEL_SD
            + self._sway[moving]
            + (ARM_SHARE[0] * push) ** 2
            + (ARM_SHARE[1] * (abs(arm1) + abs(arm2))) ** 2
        )
        wide = atan2(sideways, vertical)
        if -WIDE_RAD < wide < WIDE_RAD:
            self._astray = 0
        else:
            sideways = plumb * wide
            self._astray += 1
            if self._astray >= ASTRAY:
                self._astray = 0
                self.unsettle(wide * wide)
        self._weigh(sideways, vertical - plumb, (plumb, push, arm1, arm2, c, s, plumb * spin, centre * push), noise)

    def _weigh(
        self,
        sideways: float,
        vertical: float,
        sight: tuple[float, float, float, float, float, float, float, float],
        noise: float,
    ) -> None:
        """Correct the state by the two differences (m/s2), of which `sight` says how they hang on the state."""
        plumb, push, arm1, arm2, c, s, lagged, leans = sight
        cov = self._cov
        angle, datum, _, _, centre, out1, out2, off1, off2, weight, lag = cov
        # The state's covariance with each difference: the matrix is symmetric, so its rows do.
        swing = [
            push * e - plumb * (a + b) - arm2 * f + arm1 * g + s * h + c * i + lagged * k
            for a, b, e, f, g, h, i, k in zip(angle, datum, centre, out1, out2, off1, off2, lag)
        ]
        known = (
            push * swing[4] - plumb * (swing[0] + swing[1]) - arm2 * swing[5] + arm1 * swing[6]
            + s * swing[7] + c * swing[8] + lagged * swing[10]
        )  # fmt: skip
        total = known + noise
        if sideways * sideways > FAR_OFF * total:
            total = sideways * sideways / FAR_OFF
        share = sideways / total
        unsure = angle[ANGLE] + 2 * angle[DATUM] + datum[DATUM]
        sure = self._age > EARLY_S and unsure < UNSURE_RAD * UNSURE_RAD
        self._block_s = BLOCK_S if sure else EARLY_BLOCK_S
        if unsure > LEARNS_BELOW_RAD * LEARNS_BELOW_RAD:
            self._cov = [[old - row / total * b for old, b in zip(olds, swing)] for olds, row in zip(cov, swing)]
            self._move([share * a for a in swing])
        else:
            lift = [
                leans * (a + b) + arm1 * f + arm2 * g + c * h - s * i + j
                for a, b, f, g, h, i, j in zip(angle, datum, out1, out2, off1, off2, weight)
            ]
            # The second difference is taken after the first: what the two have in common is spent.
            common = (
                leans * (swing[0] + swing[1])
                + arm1 * swing[5]
                + arm2 * swing[6]
                + c * swing[7]
                - s * swing[8]
                + swing[9]
            ) / total
            lift = [b - common * a for a, b in zip(swing, lift)]
            vertical -= common * sideways
            known2 = leans * (lift[0] + lift[1]) + arm1 * lift[5] + arm2 * lift[6] + c * lift[7] - s * lift[8] + lift[9]
            total2 = known2 + noise + (plumb * unsure / 2) ** 2
            if vertical * vertical > FAR_OFF * total2:
                total2 = vertical * vertical / FAR_OFF
            self._cov = [
                [old - a * x - b * y for old, x, y in zip(olds, swing, lift)]
                for olds, a, b in zip(cov, [v / total for v in swing], [v / total2 for v in lift])
            ]
            rise = vertical / total2
            self._move([share * a + rise * b for a, b in zip(swing, lift)])
            self._follow_sway(vertical * vertical - known2)
        self._follow_sway(sideways * sideways - known)
        if self._search_s > 0.0:
            angle, datum = self._cov[ANGLE], self._cov[DATUM]
            if angle[ANGLE] + 2 * angle[DATUM] + datum[DATUM] < FOUND_RAD * FOUND_RAD:
                self._search_s = 0.0

    def _move(self, by: list[float]) -> None:
        """Add to the state."""
        self.angle += by[ANGLE]
        self.corrected += by[ANGLE]
        self.datum += by[DATUM]
        self.bias += by[BIAS]
        self._gain += by[SCALE]
        rest = [old + more for old, more in zip(self._rest, by[CENTRE:])]
        if self._rest[PLUMB - CENTRE] != 0.0:
            rest[PLUMB - CENTRE] = max(rest[5], LEAST_GRAVITY * G)
        else:
            rest[PLUMB - CENTRE] = 0.0
        self._rest = rest

    def _find_gravity(self, vertical: float, sideways: float, along: float, size: float) -> None:
        """The first sight of gravity: it says where the datum is, as well as one block can."""
        self.datum -= atan2(sideways, vertical)
        self._rest[PLUMB - CENTRE] = size
        self._tilt = self._tilt_then = max(-STEEP, min(STEEP, along / size))
        cov = self._cov
        # The datum takes over the angle's error exactly, and adds gravity's own.
        cov[DATUM] = [-value for value in cov[ANGLE]]
        for i in range(STATES):
            cov[i][DATUM] = cov[DATUM][i]
        cov[DATUM][DATUM] = cov[ANGLE][ANGLE] + DATUM_SD * DATUM_SD
        cov[DATUM][ANGLE] = cov[ANGLE][DATUM] = -cov[ANGLE][ANGLE]

    def _tip_over(self, seen: float, span: float, c: float, s: float) -> float:
        """Correct the tilt by what gravity shows of it; by how much its change makes gravity across the axis grow."""
        tilt = self._tilt
        if -STEEP < tilt < STEEP:
            off = seen - tilt
            tilt += min(1.0, span / min(TILT_S, self._age + span)) * off
            lasting = TILT_BIAS_PER_S * span * off
            self._across1 -= lasting * s
            self._across2 -= lasting * c
        else:
            tilt = seen  # it was not followed: begin with what gravity says
        before, self._tilt, self._tilt_then = self._tilt_then, tilt, tilt
        return sqrt((1.0 + before * before) / (1.0 + tilt * tilt))

    def _follow_sway(self, beyond: float) -> None:
        """Follow the variance of what the rotation does not explain; one wild block moves it little."""
        which = self._moving
        sway, seen = self._sway[which], self._seen[which]
        self._seen[which] = min(seen + 0.5, MOST_SEEN)
        self._sway[which] = sway + (min(max(beyond, 0.0), FAR_OFF * (sway + 0.01)) - sway) / seen
