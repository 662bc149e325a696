"""Newtons for what a force sensor reads: its zero, and a point for each known mass."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from firmware_host.calibrating.bench import Bench, rounded
from firmware_host.calibrations import Done
from firmware_host.coaching.force import END_SHARE, GRAVITY, LEAST_RANGE, STEADY
from firmware_host.coaching.inputs import Calibration, ForceSample, ForceUnit, StreamGap, Tool
from firmware_host.coaching.strips import ENOUGH

Point = tuple[float, float, float]
"""kg, reading above zero, and how far single readings stood from their mean (one standard deviation)."""

SUFFIX: dict[ForceUnit, str] = {"force": "_n", "bridge": "_v_v", "pressure": "_pa", "strips": ""}
TARE_S = 2.0
POINT_S = 4.2
"""A person who presses breathes: one breath."""
UNSTEADY = 0.06
"""Standard deviation over reading above which nothing was held still."""
DRIFTS = 0.08
"""First and second half of a point may differ by this share of it."""
LEAST_KG, MOST_KG = 0.5, 200.0
MOST_POINTS = 12
LEAST_SAMPLES = 10
LEAST_RISE = 0.25
"""Of what a reading in proportion to the mass would rise: a film sensor near its end still rises by half of it."""
ALIKE = 0.02
"""Masses closer than this share are the same one, measured anew."""


class ForceBench(Bench):
    """Nothing on it; then mass after mass, each marked; then finished."""

    what = "force"
    limit_s = 300.0
    """From mass to mass: time to fetch one, but a terminal that went away must not keep the roller for ever."""
    too_long = "nobody named a mass for five minutes. Begin again"

    def __init__(self, tool: Tool) -> None:
        super().__init__(tool)
        self._unit = "force"
        self._zero: float | None = None
        self._kg: float | None = None
        self._window: list[tuple[float, float]] = []
        self.points: list[Point] = []
        self._end = float("inf") if tool.force_full_scale is None else END_SHARE * tool.force_full_scale
        self.step = "tare"
        self.do = "Take everything off the roller and leave it still."

    @property
    def source(self) -> str:
        return "force sensor"

    def lost(self, gap: StreamGap) -> None:
        if gap.of == "force":
            self._window.clear()
            self.problem = f"readings were lost on the way ({gap.what}): this step begins anew"

    def clipped(self) -> None:
        """How fast it turns does not matter here."""

    def force(self, sample: ForceSample) -> None:
        if isinstance(sample.value, tuple) and len(sample.value) < ENOUGH:
            self.refuse(
                f"{len(sample.value)} strips feel the load only while one of them points to it, so a mass that lies "
                f"still tells nothing; {ENOUGH} around the roller would do. The coach goes on by their own maximum"
            )
            return
        value = sum(sample.value) if isinstance(sample.value, tuple) else sample.value
        self._unit = sample.unit
        self.live = {f"reading{SUFFIX[sample.unit]}": value}
        if self._zero is not None:
            self.live[f"above_zero{SUFFIX[sample.unit]}"] = value - self._zero
        at_end = max(sample.value) >= END_SHARE if isinstance(sample.value, tuple) else value >= self._end
        if self.step == "tare":
            self._tare(sample.t, value)
        elif self.step == "measure":
            if at_end:
                self._again("the sensor is at the end of its range: take a smaller mass")
                return
            self._measure(sample.t, value)

    # --- zero -------------------------------------------------------------------------------------------------------

    def _tare(self, t: float, value: float) -> None:
        window = self._window
        window.append((t, value))
        low, high = min(v for _, v in window), max(v for _, v in window)
        if high - low > STEADY[self._unit]:
            self.problem = "the reading is not steady: nothing may touch the roller"
            window[:] = [(t, value)]
        self.share = (t - window[0][0]) / TARE_S
        if self.share < 1.0 or len(window) < LEAST_SAMPLES:
            return
        self._zero = sum(v for _, v in window) / len(window)
        self.problem = ""
        self._wait()

    # --- points -----------------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        self.step = "load"
        self._window.clear()
        self._kg = None
        self.share = 0.0
        self.wants_mark = True
        self.do = (
            "Put a known mass on the roller, or press it on a bathroom scale; then say how many kg, "
            "and keep it so for five seconds."
        )

    def mark(self, kg: float | None = None) -> None:
        if self.step == "tare":
            self.problem = "first the unloaded reading: take everything off and wait"
        elif self.step == "measure":
            self.problem = "it is being measured: keep still"
        elif kg is None or not LEAST_KG <= kg <= MOST_KG:
            self.problem = f"say the mass: {LEAST_KG:g} to {MOST_KG:g} kg"
        elif len(self.points) >= MOST_POINTS:
            self.problem = f"{MOST_POINTS} masses are enough: finish"
        else:
            self._kg = kg
            self._begun = self.now
            self.step = "measure"
            self.do = f"Keep {kg:g} kg on it, still."
            self.problem = ""
            self.wants_mark = False

    def _again(self, why: str) -> None:
        self._wait()
        self.problem = why

    def _measure(self, t: float, value: float) -> None:
        window = self._window
        window.append((t, value))
        self.share = (t - window[0][0]) / POINT_S
        if self.share < 1.0 or len(window) < LEAST_SAMPLES:
            return
        assert self._zero is not None
        assert self._kg is not None
        why, point = judge_point(self._kg, [v - self._zero for _, v in window], self._unit)
        if not why:
            why = why_not_rising([*self.points, point])
        if why:
            self._again(why)
            return
        self.points = with_point(self.points, point)
        self._wait()
        self.do = f"{len(self.points)} of at least 2 masses. The next, a heavier one; or finish."

    def finish(self) -> None:
        if self._zero is None:
            self.refuse("the unloaded reading was never steady. Lay the roller down, touch nothing, and begin again")
        elif not self.points:
            self.refuse(
                self.problem or "no mass was measured, so newtons are not known. Begin again, with one at least"
            )
        else:
            points, residual_n = line_of(self.points)
            self.done(
                Done(
                    calibration=Calibration(zero=rounded(self._zero), points=points),
                    residual=residual_n,
                    unit="N",
                    raw=tuple((kg, rounded(above), rounded(sd)) for kg, above, sd in self.points),
                )
            )


def judge_point(kg: float, above: Sequence[float], unit: str) -> tuple[str, Point]:
    """Why these readings above zero are no point for `kg`, or nothing; and the point."""
    n = len(above)
    mean = sum(above) / n
    sd = sqrt(sum((value - mean) ** 2 for value in above) / n)
    half = n // 2
    drift = abs(sum(above[half:]) / (n - half) - sum(above[:half]) / half)
    least = LEAST_RANGE[unit] / 10
    why = ""
    if mean < -least:
        why = (
            f"the reading falls with {kg:g} kg on it. With a load cell swap its two signal wires (often green "
            "and white), or turn the cell over; then begin again"
        )
    elif mean < least:
        why = (
            f"the reading did not rise with {kg:g} kg on it. Is all of it on the roller, and where the sensor "
            "feels it? A bladder must be closed"
        )
    elif sd > max(UNSTEADY * mean, STEADY[unit]) or drift > max(DRIFTS * mean, STEADY[unit]):
        change = max(2 * sd, drift) / mean
        why = f"not steady: the force changed by {change:.0%} while it was measured. Keep still, and again"
    return why, (kg, mean, sd)


def with_point(points: Sequence[Point], new: Point) -> list[Point]:
    """The points by mass, the same mass measured anew in the place of the old one."""
    return sorted([*(one for one in points if not _alike(one, new)), new])


def _alike(a: Point, b: Point) -> bool:
    return abs(a[0] - b[0]) <= ALIKE * max(a[0], b[0])


def why_not_rising(points: Sequence[Point]) -> str:
    """What is wrong if the last point does not fit between the others: more mass must read more, and clearly."""
    new = points[-1]
    for other in points[:-1]:
        if _alike(other, new):
            continue
        (light, low, _), (heavy, high, _) = sorted((other, new))
        if high / low - 1 < LEAST_RISE * (heavy / light - 1):
            return (
                f"the masses do not rise: {heavy:g} kg reads {high:.4g}, and {light:g} kg {low:.4g}. Was one of them "
                "not wholly on the roller, or is the sensor at its end? Measure again"
            )
    return ""


def line_of(points: Sequence[Point]) -> tuple[tuple[tuple[float, float], ...], float | None]:
    """(reading above zero, N) by mass, and how far they are from one straight line through zero (N, effective);
    None for a single point, which is always on it.
    """
    pairs = tuple((rounded(above), round(kg * GRAVITY, 3)) for kg, above, _ in sorted(points))
    if len(pairs) < 2:
        return pairs, None
    slope = sum(x * y for x, y in pairs) / sum(x * x for x, _ in pairs)
    return pairs, round(sqrt(sum((y - slope * x) ** 2 for x, y in pairs) / len(pairs)), 2)
