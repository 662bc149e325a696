"""From what a force sensor said to newtons (or a share of its own maximum), and to on or off the body.

| kind | reading | becomes |
|---|---|---|
| force | N | N above its tare |
| force | V/V of a load cell's bridge | as bladder |
| bladder | Pa, absolute | N through the calibration's points above zero; without points, load 0..1 |
| strips | 0..1 each | their sum, then as bladder; fewer than six: the one that points to the body (strips.py) |
| contact | 0..1 | load 0..1 only |
| none | - | always on the body, force not measured |

Never calibrated means a share of the sensor's own maximum, never newtons. A bladder's zero moves with weather
and temperature (about 0.35 kPa/K), so it is followed while nothing presses on it.
"""

from __future__ import annotations

from itertools import pairwise
from math import inf

from firmware_host.coaching.inputs import Calibration, ForceSample, Person, Tool
from firmware_host.coaching.strips import StripGate

Points = tuple[tuple[float, float], ...]

BODY_ON, BODY_OFF = 0.05, 0.03
"""Foam roller: on the body at these shares of body weight (docs/contract.md, Words)."""
FIXED_N = {"massage_stick": (8.0, 5.0), "massage_ball": (15.0, 10.0)}
OWN_ON, OWN_OFF = 0.08, 0.03
"""Uncalibrated: shares of the sensor's own maximum."""
LEAST_RANGE = {"force": 10.0, "bridge": 1e-5, "pressure": 1500.0, "strips": 0.05}
"""Smallest own maximum above zero that is a load at all (N, V/V, Pa, 0..1): below it, it is noise or drift.
Load cells give 1 or 2 mV/V at 500 to 2000 N: 1e-5 V/V is 3 to 20 N."""
ZERO_DRIFT = {"force": 0.0, "bridge": 4e-5, "pressure": 6000.0, "strips": 0.1}
"""How far a zero may have moved since it was calibrated: 3 kPa of weather and 8 K for a bladder; 2 to 4 % of a load
cell's range for its own creep, and the step of up to 1 % that its amplifier makes when it is switched on."""
ZERO_FOLLOW_S = 8.0
SETTLE_S = 2.0
"""A new zero is taken after the reading has stood this long within `STEADY` (design: tare at start)."""
STEADY = {"force": 1.0, "bridge": 2e-6, "pressure": 120.0, "strips": 0.01}
END_SHARE = 0.999
"""A reading this close to full scale is at the sensor's end."""
GRAVITY = 9.80665


def contact_thresholds(tool: Tool, person: Person) -> tuple[float, float]:
    """Newtons at which a calibrated tool comes onto the body, and below which it leaves."""
    if tool.kind in FIXED_N:
        return FIXED_N[tool.kind]
    weight = person.mass_kg * GRAVITY
    return BODY_ON * weight, BODY_OFF * weight


class ForceChannel:
    """One tool's force: `force_n` or `load`, whichever is known, and `on_body`."""

    __slots__ = (
        "_contact_only",
        "_end",
        "_gate",
        "_last",
        "_limits",
        "_line",
        "_lines",
        "_lowest",
        "_settle",
        "_top",
        "_unit",
        "always_on",
        "calibration",
        "force_n",
        "load",
        "on_body",
        "saturated",
        "zero",
    )

    def __init__(self, tool: Tool, person: Person) -> None:
        self.always_on = tool.pressure == "none"
        self.on_body = self.always_on
        self.force_n: float | None = None
        self.load: float | None = None
        self.calibration = tool.calibration
        self._limits = contact_thresholds(tool, person)
        self._unit: str | None = None
        self.zero = tool.calibration.zero
        self._top = 0.0
        self._lowest: float | None = None
        self._settle: tuple[float, float, float] | None = None  # since, lowest, highest
        self._last: float | None = None
        self._gate = StripGate()
        self._end = inf if tool.force_full_scale is None else END_SHARE * tool.force_full_scale
        self.saturated = False
        """The sensor is at the end of its range: the force is this or more."""
        self._contact_only = tool.pressure == "contact"
        self._take_points(tool.calibration.points)

    def calibrate(self, calibration: Calibration) -> None:
        self.calibration = calibration
        self._take_points(calibration.points)
        self.force_n = self.load = None  # the next reading says which of the two is known now
        if calibration.zero is not None:
            self.zero = calibration.zero

    def _take_points(self, points: Points) -> None:
        self._lines = () if self._contact_only else lines(points)
        self._line = (inf, -inf, 0.0, 0.0)  # the newest reading's; none yet

    def tare(self) -> bool:
        """Take the newest reading as zero; False if there is none yet."""
        if self._last is None:
            return False
        self.zero = self._lowest = self._last
        self._top = 0.0
        return True

    def lose(self) -> None:
        """The stream stopped: nothing is known any more."""
        self.force_n = self.load = None
        self.on_body = self.always_on
        self._last = None
        self._settle = None
        self.saturated = False

    def update(self, sample: ForceSample, angle: float) -> bool:
        """Take one reading, the tool turned by `angle` (rad); whether it says on the body, with hysteresis.

        Where the sensor can't know or be judged yet, nothing changes.
        """
        value = sample.value
        if isinstance(value, tuple):
            self.saturated = max(value, default=0.0) >= END_SHARE
            seen = self._gate.read(value, angle)
            if seen is None:
                return self.on_body
            value = seen
        else:
            self.saturated = value >= self._end
        self._last = value
        self._unit = sample.unit
        zero = self.zero
        if zero is None and sample.unit == "force" and not self._lines and not self._contact_only:
            zero = 0.0  # newtons as the driver says them, until somebody tares
        elif self.on_body:
            self._settle = None
        else:
            self._tare_itself(sample.t, value)
            zero = self.zero
        if zero is not None and (self._lines or (sample.unit == "force" and not self._contact_only)):
            self.force_n = force_n = self._newtons(value - zero)
            on_n, off_n = self._limits
            return force_n >= (off_n if self.on_body else on_n) or self.always_on
        return self._own_share(value)

    def _newtons(self, above: float) -> float:
        """Force for a reading `above` zero, by straight lines through (0, 0) and the points; never negative."""
        if above <= 0.0:
            return 0.0
        if not self._lines:
            return above
        low, high, force_n, slope = self._line
        if not low <= above < high:
            self._line = low, high, force_n, slope = next(
                (line for line in self._lines if above < line[1]), self._lines[-1]
            )
        return max(0.0, force_n + (above - low) * slope)

    def _own_share(self, value: float) -> bool:
        if self._lowest is None or value < self._lowest:
            self._lowest = value
        # A zero taken while the roller was loaded shows by lower readings later.
        above = value - (self._lowest if self.zero is None else min(self.zero, self._lowest))
        self._top = max(self._top, above)
        if self._top < LEAST_RANGE[self._unit or "force"]:
            self.load = 0.0
            return self.always_on
        self.load = min(1.0, max(0.0, above / self._top))
        return self.load >= (OWN_OFF if self.on_body else OWN_ON) or self.always_on

    def _tare_itself(self, t: float, value: float) -> None:
        """Off the body a steady reading near the old zero is the new one; with no zero at all, the first steady one."""
        unit = self._unit or "force"
        zero = self.zero
        settle = self._settle
        if settle is None:
            self._settle = (t, value, value)
        else:
            since, low, high = settle
            low, high = min(low, value), max(high, value)
            if high - low > STEADY[unit]:
                self._settle = (t, value, value)
            elif t - since < SETTLE_S:
                self._settle = (since, low, high)
            else:
                self._settle = (t, value, value)
                middle = (low + high) / 2
                if zero is None or abs(middle - zero) < ZERO_DRIFT[unit]:
                    self.zero = zero = middle
        if zero is not None and self.force_n is not None and self.force_n < 0.5 * self._limits[1]:
            self.zero = zero + (value - zero) * 0.02 / ZERO_FOLLOW_S  # one sample's worth of drift

    def threshold(self, coming_on: bool) -> float:
        """Newtons at which the tool comes onto the body (or, False, leaves it)."""
        return self._limits[0] if coming_on else self._limits[1]


def lines(points: Points) -> tuple[tuple[float, float, float, float], ...]:
    """The straight lines through (0, 0) and the points: (from, to, force at from, slope); the last one goes on."""
    table = [(0.0, 0.0), *points] if points and points[0][0] > 0 else list(points)
    found = [(x0, x1, y0, (y1 - y0) / (x1 - x0)) for (x0, y0), (x1, y1) in pairwise(table) if x1 > x0]
    return tuple(found)
