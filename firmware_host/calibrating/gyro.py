"""The gyroscope's bias: what it shows while the roller truly lies still."""

from __future__ import annotations

from firmware_host.calibrating.bench import DPS, Bench
from firmware_host.calibrations import Done
from firmware_host.coaching.inputs import Calibration, ImuSample, Tool, Vector
from firmware_host.coaching.stillness import ALONE_RAD_S, WINDOW_S, Stillness

WINDOWS = 8
"""So many still windows in a row: 4 s, over which a gyroscope's noise averages to under a hundredth of a dps."""
MOVED_S = 1.6 * WINDOW_S
"""No still window for so long: it was moved. A window needs samples up to its end, hence the half more."""


class StillWindows:
    """The gyroscope's means over the half seconds of rest since it last moved."""

    def __init__(self) -> None:
        self._stillness = Stillness()
        self._since: float | None = None
        self._last: float | None = None
        self.means: list[Vector] = []

    def take(self, sample: ImuSample) -> None:
        assert sample.gyro is not None
        mean = self._stillness.update(sample.t, sample.gyro, sample.accel)
        if self._last is None:
            self._last = sample.t
        if mean is not None:
            self.means.append(mean)
            self._last = sample.t
        elif sample.t - self._last > MOVED_S and self.means:
            self.restart()

    def restart(self) -> None:
        self._stillness.restart()
        self.means.clear()
        self._last = None

    @property
    def still_s(self) -> float:
        return len(self.means) * WINDOW_S

    @property
    def mean(self) -> Vector:
        n = len(self.means)
        x, y, z = (sum(mean[i] for mean in self.means) / n for i in range(3))
        return x, y, z


class GyroBench(Bench):
    """Lies still for four seconds; done."""

    what = "gyro"
    limit_s = 30.0

    def __init__(self, tool: Tool) -> None:
        super().__init__(tool)
        self._windows = StillWindows()
        self.step = "still"
        self.do = "Lay the roller down and leave it alone: four seconds, nobody touching it or walking by."

    def imu(self, sample: ImuSample) -> None:
        assert sample.gyro is not None
        windows = self._windows
        had = len(windows.means)
        windows.take(sample)
        x, y, z = sample.gyro
        self.live = {"gyro_x_rad_s": x, "gyro_y_rad_s": y, "gyro_z_rad_s": z, "still_s": windows.still_s}
        self.share = len(windows.means) / WINDOWS
        if had and not windows.means:
            self.problem = "it moved: the four seconds begin anew"
        elif windows.means:
            self.problem = ""
        if len(windows.means) == WINDOWS:
            self._found()
        elif not windows.means:
            self.too_long = self._why_not(max(abs(x), abs(y), abs(z)))

    def _why_not(self, fastest_rad_s: float) -> str:
        if fastest_rad_s > ALONE_RAD_S:
            return (
                f"not still: the gyroscope shows {fastest_rad_s * DPS:.1f} dps. If the roller really lies still, its "
                "bias is large and can't be told from a slow turn about the vertical here: roll it on by a quarter "
                "turn, leave it, and begin again"
            )
        return (
            "not still: it never rested for four seconds. Lay it on the floor, not on a mat or a lap, and begin again"
        )

    def _found(self) -> None:
        means = self._windows.means
        spread = max(max(mean[i] for mean in means) - min(mean[i] for mean in means) for i in range(3))
        x, y, z = self._windows.mean
        self.done(
            Done(
                calibration=Calibration(gyro_bias=(round(x, 6), round(y, 6), round(z, 6))),
                residual=round(spread / 2, 7),
                unit="rad/s",
                raw=tuple(tuple(round(c, 6) for c in mean) for mean in means),
            )
        )
