"""What a chip's converters see of the truth: behind first-order low-pass filters, with the data sheet's noise."""

from __future__ import annotations

import math
import random

from sensors.chips.model import ImuSource, Vector


class Filtered:
    """One sensor (accelerometer or gyroscope) of an `ImuSource`.

    `part` is 0 for specific force and 1 for angular rate; `noise_density` is in the unit of that part per root
    Hz. Between two samples the truth is asked for `oversample` times: a filter can only remove vibration that is
    seen at all.
    """

    def __init__(self, imu: ImuSource, part: int, noise_density: float, seed: int, oversample: int) -> None:
        self._imu = imu
        self._part = part
        self._noise_density = noise_density
        self._random = random.Random(seed)
        self._oversample = oversample
        self._state: list[float] | None = None
        self.set(0.01, 40.0)

    def set(self, period_s: float, corner_hz: float) -> None:
        """Samples come every `period_s` behind a low-pass of `corner_hz`."""
        self._step_s = period_s / self._oversample
        self._alpha = 1.0 - math.exp(-2.0 * math.pi * corner_hz * self._step_s)
        # Noise bandwidth of a first-order low-pass is pi/2 times its corner.
        self._noise_sd = self._noise_density * math.sqrt(corner_hz * math.pi / 2)

    def forget(self) -> None:
        """The sensor was off: its filter starts anew."""
        self._state = None

    def sample(self, t: float) -> Vector:
        """What the converter gives at `t`, in SI units."""
        for i in range(1 - self._oversample, 1):
            truth = self._imu(t + i * self._step_s)[self._part]
            if self._state is None:
                self._state = list(truth)
            for axis in range(3):
                self._state[axis] += self._alpha * (truth[axis] - self._state[axis])
        assert self._state is not None
        x, y, z = self._state
        if not self._noise_sd:
            return x, y, z
        gauss, sd = self._random.gauss, self._noise_sd
        return x + gauss(0, sd), y + gauss(0, sd), z + gauss(0, sd)


def to_raw(vector: Vector, lsb_per_unit: float, lowest: int = -32768) -> tuple[int, int, int]:
    """Counts as the chip has them: rounded, and clipped at full scale."""
    x, y, z = (max(lowest, min(32767, round(value * lsb_per_unit))) for value in vector)
    return x, y, z
