"""The unloaded radius: a known distance over the floor, there and back, by the angle that the engine itself would find.

A roller that rolls d over the floor turns by d/r. Rest before and after lets gravity say the angle to a fraction of a
degree, so a gyroscope's scale error does not matter (docs/engine.md).
"""

from __future__ import annotations

from math import pi

from msgspec import structs

from firmware_host.calibrating.bench import Bench
from firmware_host.calibrating.gyro import StillWindows
from firmware_host.calibrations import Done
from firmware_host.coaching.force import ForceChannel
from firmware_host.coaching.inputs import Calibration, ForceSample, ImuSample, Person, Tool
from firmware_host.coaching.motion import Motion

LEAST_M, MOST_M = 0.3, 5.0
OFF_NOMINAL = 0.25
"""A radius further from the configured one is a mistake: of the distance, or of the configuration."""
APART = 0.03
"""There and back may differ by this share; more is slipping, or a mark missed by more than a thumb."""
ARRIVED = 0.75
"""Resting before this share of what the nominal radius would turn is a rest on the way."""
RESTED, WAITS = 2, 6
"""Still half seconds that are an arrival at a mark; and, on the way, that make it worth saying something."""
LEAST_TURN_RAD = pi
PRESSED_N = 10.0


class RadiusBench(Bench):
    """Rest at the first mark, rest at the second, rest at the first again."""

    what = "radius"
    limit_s = 120.0

    def __init__(self, tool: Tool, person: Person, distance_m: float = 1.0) -> None:
        super().__init__(tool)
        # The radius looked for must not come from an earlier search: the nominal one judges it.
        self._nominal_m = tool.radius_m
        self._distance_m = distance_m
        self._motion = Motion(structs.replace(tool, calibration=structs.replace(tool.calibration, radius_m=None)))
        self._channel = ForceChannel(tool, person)
        self._windows = StillWindows()
        self._marks: list[float] = []
        self._farthest = 0.0
        self._sags: list[float] = []
        self._sag_m: tuple[float, int] = (0.0, 0)
        self.step = "first_mark"
        self.do = f"Put the roller at the first of two marks {distance_m:g} m apart, and leave it still."
        self.too_long = "not still: it never rested at the first mark. Begin again"

    def force(self, sample: ForceSample) -> None:
        channel = self._channel
        channel.on_body = channel.update(sample, self._motion.angle)

    def imu(self, sample: ImuSample) -> None:
        motion = self._motion
        if not motion.update(sample, None, False, False):
            return
        self._press()
        had = len(self._windows.means)
        self._windows.take(sample)
        turned = motion.angle - self._marks[-1] if self._marks else 0.0
        expected = self._distance_m / self._nominal_m
        self.live = {"turned_rad": turned, "about_m": abs(turned) * self._nominal_m}
        resting = len(self._windows.means) >= RESTED
        if not self._marks:
            self.share = len(self._windows.means) / RESTED
            if resting:
                self._marks.append(motion.angle)
                self._next("second_mark", "second")
            return
        self.share = abs(turned) / expected
        self._farthest = max(self._farthest, abs(turned))
        if abs(turned) < ARRIVED * expected:
            self.too_long = self._too_short(self._farthest)
            if len(self._windows.means) == WAITS and abs(turned) > LEAST_TURN_RAD:
                self.problem = f"that is about {abs(turned) * self._nominal_m:.2f} m: roll on to the mark"
        elif resting and len(self._windows.means) != had:
            self._arrived(turned)

    def _press(self) -> None:
        """How much the load takes off the rolling radius, where force is known and it gives way."""
        force_n = self._channel.force_n
        if force_n is not None and force_n > PRESSED_N and abs(self._motion.speed) > 0.01:
            total, n = self._sag_m
            self._sag_m = total + self._nominal_m - self._motion.radius(force_n), n + 1

    def _next(self, step: str, which: str) -> None:
        self.step = step
        self.do = (
            f"Roll it straight to the {which} mark, {self._distance_m:g} m away, without letting it slip, "
            "and leave it still there."
        )
        self.share = 0.0
        self.problem = ""
        self._farthest = 0.0
        self._windows.restart()

    def _too_short(self, turned: float) -> str:
        if turned < LEAST_TURN_RAD and self._distance_m / self._nominal_m > 2 * LEAST_TURN_RAD:
            return f"too few turns: {turned / 2 / pi:.1f}. Roll it all the way to the other mark, and begin again"
        return (
            f"it rolled about {turned * self._nominal_m:.2f} m of {self._distance_m:g} m. Roll all the way to the "
            "mark and leave it still there; if it did, --distance or the tool's radius_m is wrong. Begin again"
        )

    def finish(self) -> None:
        self.refuse(self.too_long)

    def _arrived(self, turned: float) -> None:
        total, n = self._sag_m
        self._sags.append(total / n if n else 0.0)
        self._sag_m = (0.0, 0)
        self._marks.append(self._motion.angle)
        radius_m = self._distance_m / abs(turned) + self._sags[-1]
        if abs(radius_m / self._nominal_m - 1) > OFF_NOMINAL:
            self.refuse(
                f"{self._distance_m:g} m in {abs(turned) / 2 / pi:.2f} turns would be a radius of {radius_m * 100:.1f} "
                f"cm, and the configuration says {self._nominal_m * 100:.1f} cm. Measure the distance between the "
                "marks (--distance), or put half of the roller's diameter into tools.radius_m, and begin again"
            )
        elif len(self._marks) == 2:
            self._next("back", "first")
        elif (self._marks[2] - self._marks[1]) * (self._marks[1] - self._marks[0]) > 0:
            self.refuse("it rolled on instead of back. Begin again: to the second mark, and back to the first")
        else:
            self._judge()

    def _judge(self) -> None:
        a, b, c = self._marks
        there, back = abs(b - a), abs(c - b)
        mean_sag = sum(self._sags) / 2
        radius_m = 2 * self._distance_m / (there + back) + mean_sag
        apart = abs(self._distance_m / there - self._distance_m / back)
        if apart > APART * radius_m:
            self.refuse(
                f"there it turned {there / 2 / pi:.2f} times, and back {back / 2 / pi:.2f}: it slipped, or a mark was "
                "missed. Roll it by hand on a floor that grips, and begin again"
            )
            return
        self.done(
            Done(
                calibration=Calibration(radius_m=round(radius_m, 5)),
                residual=round(apart / 2, 6),
                unit="m",
                raw=tuple(
                    (self._distance_m, round(turned, 4), round(sag, 5))
                    for turned, sag in zip((there, back), self._sags, strict=True)
                ),
            )
        )
