"""Which way the roller's axis points in the sensor: the principal direction of its rotation over three free turns."""

from __future__ import annotations

from math import pi, sqrt

from firmware_host.calibrating.bench import Bench
from firmware_host.calibrating.gyro import StillWindows
from firmware_host.calibrations import Done
from firmware_host.coaching.axis import MOVING_RAD_S, principal_axis
from firmware_host.coaching.inputs import Calibration, ImuSample, Tool, Vector
from firmware_host.coaching.movements import NO_DATA_S

TURNS = 3
MOST_SECOND = 0.10
"""Guidance 3: refuse if the second component is over 10 % of the first. Taken of the rates' effective values (the
square roots of the eigenvalues), the stricter reading: a 15 cm roller that rolls in a curve of 1 m shows 5 %."""
START_STILL = 2


class AxisBench(Bench):
    """Still for a second (the bias is subtracted), then three turns."""

    what = "axis"
    limit_s = 60.0

    def __init__(self, tool: Tool) -> None:
        super().__init__(tool)
        self._windows = StillWindows()
        self._bias: Vector | None = None
        self._m = [0.0] * 6
        self._path = 0.0
        self._last: float | None = None
        self.step = "still"
        self.do = "Lay the roller on a smooth floor and leave it still for a moment."
        self.too_long = (
            "not still: it never lay at rest for a second, so the gyroscope's bias is not known. Begin again"
        )

    @property
    def turns(self) -> float:
        return self._path / (2 * pi)

    def imu(self, sample: ImuSample) -> None:
        assert sample.gyro is not None
        if self._bias is None:
            self._windows.take(sample)
            self.share = len(self._windows.means) / START_STILL
            if len(self._windows.means) == START_STILL:
                self._bias = self._windows.mean
                self.step = "turning"
                self.do = (
                    "Push the roller so that it rolls freely, nobody on it: three whole turns, to and fro is fine."
                )
                self.too_long = ""
            return
        last, self._last = self._last, sample.t
        bx, by, bz = self._bias
        x, y, z = sample.gyro[0] - bx, sample.gyro[1] - by, sample.gyro[2] - bz
        rate = sqrt(x * x + y * y + z * z)
        if last is not None and 0.0 < sample.t - last < NO_DATA_S and rate >= MOVING_RAD_S:
            self._turn(x, y, z, rate, sample.t - last)
        self.share = self.turns / TURNS
        self.live = {"rate_rad_s": rate, "turns": self.turns, **self._seen()}
        if self.turns >= TURNS:
            self._judge()
        else:
            self.too_long = (
                f"too few turns: {self.turns:.1f} of {TURNS}. Push it so that it rolls further, and begin again"
            )

    def _turn(self, x: float, y: float, z: float, rate: float, dt: float) -> None:
        for i, product in enumerate((x * x, y * y, z * z, x * y, x * z, y * z)):
            self._m[i] += product * dt
        self._path += rate * dt

    def _seen(self) -> dict[str, float]:
        if self._path <= 0.0:
            return {}
        return {"second": sqrt(principal_axis(*self._m)[1])}

    def finish(self) -> None:
        self.refuse(self.too_long)

    def _judge(self) -> None:
        axis, power = principal_axis(*self._m)
        second = sqrt(power)
        if second > MOST_SECOND:
            self.refuse(
                f"the second axis has {second:.0%} of the first, and 10 % is the most: it did not roll about one axis. "
                "Roll it straight ahead on the floor, not in the hands; if it stays so, the sensor sits loose in it"
            )
            return
        xx, yy, zz, xy, xz, yz = self._m
        self.done(
            Done(
                calibration=Calibration(axis=(round(axis[0], 5), round(axis[1], 5), round(axis[2], 5))),
                residual=round(second, 5),
                unit="share",
                raw=tuple(tuple(round(c, 5) for c in row) for row in ((xx, xy, xz), (xy, yy, yz), (xz, yz, zz))),
            )
        )
