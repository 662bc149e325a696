"""One sensor's stream: frames become inputs in SI units with times that rise, and holes are named."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.sample_clock import KNOWN_AFTER_S, SampleClock
from firmware_host.coaching.inputs import ForceSample, ImuSample, Input, StreamGap, Vector
from sensors.driver import Channel, SensorFault

HOLE_S = 0.5
"""A hole this long ends a movement, so it is reported (docs/contract: recording)."""

Numbers = tuple[float, ...]


class Stream:
    """Everything one device ever said in this run; it lives on through restarts.

    No sample is ever given twice, and the times of samples and gaps rise strictly.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._size = struct.calcsize(device.driver.frame)
        self._last_t = -math.inf
        self._sample_t: float | None = None
        self._gap_named = True
        self._clock: SampleClock | None = None
        self._period_s = 1.0 / device.rate
        self._first_t: float | None = None
        self._since_first = 0
        self._late = 0.0
        self._convert: Callable[[float, Numbers], Input] | None = None
        self.samples = 0
        self.lost = 0
        self.gaps = 0

    @property
    def rate_hz(self) -> float | None:
        """Measured sample rate of the running stream, or None until it is known."""
        if self._clock is not None:
            return self._clock.rate_hz
        if self._first_t is None or self._last_t - self._first_t < KNOWN_AFTER_S:
            return None
        return (self._since_first - 1) / (self._last_t - self._first_t)

    def begin(self, chip: str, nominal_hz: float, t: float) -> None:
        """The chip was (re)started at `t` as variant `chip`; what it queued before is gone."""
        driver = self._device.driver
        self._convert = _converter(self._device, driver.channels(chip))
        self._period_s = 1.0 / nominal_hz
        self._clock = SampleClock(nominal_hz, max(t, self._last_t)) if driver.fifo else None
        self._first_t = None
        self._since_first = 0

    def gap(self, t: float, what: str) -> list[Input]:
        """The stream broke at `t`. Nothing is said twice, or before the first sample."""
        if self._gap_named:
            return []
        self._gap_named = True
        self.gaps += 1
        self._last_t = max(t, math.nextafter(self._last_t, math.inf))
        return [StreamGap(self._last_t, self._device.tool, what, self._device.role)]

    def take(self, data: bytes, before: float, after: float) -> list[Input]:
        """The inputs in `data`, read from `before` to `after` (s).

        Raises `SensorFault` if the driver returned a part of a frame.
        """
        count, rest = divmod(len(data), self._size)
        if rest:
            name = self._device.driver.name
            raise SensorFault(
                f"driver {name} returned {len(data)} bytes, not whole frames of {self._size}",
                f"a fault in the driver: slowroll drivers test {name}",
            )
        if not count:
            return []
        assert self._convert is not None
        frames = list(struct.iter_unpack(self._device.driver.frame, data))
        if self._clock is not None:
            times = self._clock.stamp(count, before, after)
        else:
            frames = frames[-1:]
            times = [max(before, math.nextafter(self._last_t, math.inf))]
        inputs = self._hole(times[0])
        inputs += [self._convert(t, numbers) for t, numbers in zip(times, frames, strict=True)]
        self._first_t = times[0] if self._first_t is None else self._first_t
        self._since_first += len(times)
        self.samples += len(times)
        self._sample_t = self._last_t = times[-1]
        self._gap_named = False
        return inputs

    def _hole(self, t: float) -> list[Input]:
        """Count what is missing before the sample at `t`; a gap if it is long and was not named yet."""
        if self._sample_t is None:
            return []
        missing = t - self._sample_t
        periods = missing / self._period_s
        if self._clock is None:
            # After a reading that came late the next comes early: only what is never made up is lost.
            self._late = max(0.0, self._late + periods - 1.0)
            self.lost += (gone := int(self._late + 0.1))
            self._late -= gone
        elif periods > 1.5:
            self.lost += round(periods) - 1
        if missing < max(HOLE_S, 2.5 * self._period_s):
            return []
        return self.gap(max(self._last_t, t - self._period_s), "samples lost")


def _converter(device: Device, channels: tuple[Channel, ...]) -> Callable[[float, Numbers], Input]:
    """From time and raw numbers to the input this device gives."""
    place = {channel.name: index for index, channel in enumerate(channels)}

    def value(name: str) -> Callable[[Numbers], float]:
        index = place[name]
        _, scale, offset = channels[index]
        return lambda numbers: numbers[index] * scale + offset

    def vector(kind: str) -> Callable[[Numbers], Vector] | None:
        if f"{kind}_x" not in place:
            return None
        x, y, z = value(f"{kind}_x"), value(f"{kind}_y"), value(f"{kind}_z")
        return lambda numbers: (x(numbers), y(numbers), z(numbers))

    tool = device.tool
    if device.role == "imu":
        accel, gyro = vector("accel"), vector("gyro")
        return lambda t, numbers: ImuSample(t, tool, accel(numbers) if accel else None, gyro(numbers) if gyro else None)
    if "force" in place:
        force = value("force")
        return lambda t, numbers: ForceSample(t, tool, "force", force(numbers))
    if "bridge" in place:
        bridge = value("bridge")
        return lambda t, numbers: ForceSample(t, tool, "bridge", bridge(numbers))
    if "pressure" in place:
        pressure = value("pressure")
        return lambda t, numbers: ForceSample(t, tool, "pressure", pressure(numbers))
    strips = [value(name) for name in place if name.startswith("strip_")]
    return lambda t, numbers: ForceSample(t, tool, "strips", tuple(strip(numbers) for strip in strips))
