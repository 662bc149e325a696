"""A stranger's driver while it runs: everything it raises, returns or forgets to return is a `SensorFault`.

Supervision already knows how to live with those: a fault with its file named, a pause, another start. `OSError` that
came from the bus passes as it is. Nothing helps against a driver that never returns and never touches its chip: its bus
stands still, and the rest of the daemon goes on.
"""

from __future__ import annotations

import logging
import math
import re
import struct
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.strangers import UnusableDriver, file_of, is_number, is_stranger, line_in
from firmware_host.clock import Clock
from sensors.driver import Actuator, Channel, Gap, I2CDriver, I2CIo, Role, SensorFault

_T = TypeVar("_T")

log = logging.getLogger(__name__)

SLOW_S = 1.0
"""A call longer than this makes every other sensor of the bus lose samples: said once a start."""
STUCK_S = 10.0
"""A call that still talks to its chip after this long is ended: it waits for something that does not come."""


def contained(device: Device, clock: Clock) -> Device:
    """`device`, its driver contained if it is a stranger's."""
    driver = device.driver
    if isinstance(driver, UnusableDriver) or not is_stranger(driver):
        return device
    return msgspec.structs.replace(device, driver=_Contained(driver, clock))


def contained_actuator(driver: Actuator, clock: Clock) -> Actuator:
    """`driver`, contained if it is a stranger's."""
    return _ContainedActuator(driver, clock) if is_stranger(driver) else driver


class _Guard:
    """Runs a stranger's code so that nothing comes out of it but `OSError` of the bus and `SensorFault`."""

    def __init__(self, file: str, clock: Clock, hint: str) -> None:
        self._file = file
        self._clock = clock
        self._hint = hint
        self._warned = False

    def begin(self) -> None:
        """The chip is started anew: what was warned of may be warned of again."""
        self._warned = False

    def call(self, method: str, call: Callable[[I2CIo], Any], io: I2CIo) -> Any:
        began = self._clock.now()
        watched = _WatchedIo(io, self._clock, began + STUCK_S)
        try:
            return call(watched)
        except OSError as error:
            if watched.raised is not None and watched.raised in (error, error.__cause__, error.__context__):
                raise
            raise self._raised(error) from error
        except SensorFault as fault:
            raise SensorFault(str(getattr(fault, "what", fault)), str(getattr(fault, "hint", ""))) from fault
        except _Stuck:
            raise self.fault(f"{method}() still waited for its chip after {STUCK_S:g} s and was ended") from None
        except (Exception, SystemExit) as error:  # a stranger's code: whatever it raises is the fault
            if error is watched.ours:
                raise
            raise self._raised(error) from error
        finally:
            took = self._clock.now() - began
            if took > SLOW_S and not self._warned:
                self._warned = True
                log.warning(
                    "driver %s: %s() took %.1f s; every other sensor on its bus waits meanwhile. "
                    "Sleep as short as the data sheet allows, and read a queue in one go.",
                    *(self._file, method, took),
                )

    def fault(self, what: str) -> SensorFault:
        return SensorFault(f"driver {self._file} {what}", self._hint)

    def _raised(self, error: BaseException) -> SensorFault:
        line = line_in(error, self._file)
        text = f"{type(error).__name__}: {error}".rstrip(": ")
        return self.fault(f"raised {text}" + (f" at line {line}" if line else ""))


class _Contained(I2CDriver):
    """A stranger's driver for a sensor; what it returns is looked at too."""

    def __init__(self, driver: I2CDriver, clock: Clock) -> None:
        self._driver = driver
        for key in ("name", "role", "addresses", "ident", "witness", "frame", "rates", "fifo"):
            setattr(self, key, getattr(driver, key))
        file = file_of(driver)
        self._guard = _Guard(file, clock, f"a fault in the driver: slowroll drivers test {file}")
        self._channels: tuple[Channel, ...] = ()

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return self._channels  # asked for and looked at by start()

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        self._guard.begin()
        self._channels = self._guard.call("channels", lambda _io: self._sound_channels(chip), io)
        told = self._guard.call("start", lambda watched: self._driver.start(watched, rate, chip), io)
        if not is_number(told) or not 0 < told < 1e5:
            raise self._guard.fault(f"start() returned {told!r}, not the rate in samples a second")
        return float(told)

    def read(self, io: I2CIo) -> bytes | Gap:
        got: Any = self._guard.call("read", self._driver.read, io)
        if isinstance(got, Gap):
            return Gap(str(got.reason))
        if not isinstance(got, bytes | bytearray):
            raise self._guard.fault(f"read() returned {_article(got)}, not bytes or Gap")
        if len(got) % struct.calcsize(self.frame):
            whole = struct.calcsize(self.frame)
            raise self._guard.fault(f"read() returned {len(got)} bytes, not whole frames of {whole} ({self.frame!r})")
        if set(self.frame) & set("efd") and not all(
            math.isfinite(number) for numbers in struct.iter_unpack(self.frame, got) for number in numbers
        ):
            raise self._guard.fault("read() returned a number that is not finite")
        return bytes(got)

    def stop(self, io: I2CIo) -> None:
        self._guard.call("stop", self._driver.stop, io)

    def _sound_channels(self, chip: str) -> tuple[Channel, ...]:
        channels = tuple(Channel(*channel) for channel in self._driver.channels(chip))
        numbers = struct.unpack(self.frame, bytes(struct.calcsize(self.frame)))
        if len(channels) != len(numbers):
            raise self._guard.fault(
                f"channels() names {len(channels)} numbers, frame {self.frame!r} holds {len(numbers)}"
            )
        for channel in channels:
            if not is_number(channel.scale) or not is_number(channel.offset):
                raise self._guard.fault(f"channel {channel.name!r}: scale and offset must be numbers")
        names = [str(channel.name) for channel in channels]
        if not _fits(self.role, names):
            raise self._guard.fault(f"channels() names {', '.join(names)}: not what role {self.role!r} gives")
        return channels


class _ContainedActuator(Actuator):
    """A stranger's driver for something that moves."""

    def __init__(self, driver: Actuator, clock: Clock) -> None:
        self._driver = driver
        for key in ("name", "addresses", "ident", "longest_s"):
            setattr(self, key, getattr(driver, key))
        self._guard = _Guard(file_of(driver), clock, "a fault in the driver: correct it, then restart slowroll")

    def start(self, io: I2CIo, chip: str) -> None:
        self._guard.begin()
        self._guard.call("start", lambda watched: self._driver.start(watched, chip), io)

    def set(self, io: I2CIo, level: float, seconds: float) -> None:
        self._guard.call("set", lambda watched: self._driver.set(watched, level, seconds), io)

    def stop(self, io: I2CIo) -> None:
        self._guard.call("stop", self._driver.stop, io)


class _Stuck(BaseException):
    """Not an `Exception`: a driver that catches those in its waiting loop must not catch this."""


class _WatchedIo:
    """The chip's io, which ends a call that goes on for ever and remembers which error was the bus's own."""

    def __init__(self, io: I2CIo, clock: Clock, deadline: float) -> None:
        self._io = io
        self._clock = clock
        self._deadline = deadline
        self.raised: OSError | None = None
        self.ours: Exception | None = None
        """What came out of a sleep, in which the others on the bus are read: theirs, not this driver's."""

    def read(self, register: int, count: int) -> bytes:
        return self._watch(lambda: self._io.read(register, count))

    def write(self, register: int, *values: int) -> None:
        self._watch(lambda: self._io.write(register, *values))

    def transfer(self, data: bytes, count: int) -> bytes:
        return self._watch(lambda: self._io.transfer(data, count))

    def sleep(self, seconds: float) -> None:
        left = self._deadline - self._clock.now()
        if not seconds <= left:
            self._io.sleep(max(0.0, left))
            raise _Stuck
        try:
            self._io.sleep(seconds)
        except Exception as error:
            self.ours = error
            raise

    def _watch(self, call: Callable[[], _T]) -> _T:
        if self._clock.now() > self._deadline:
            raise _Stuck
        try:
            return call()
        except OSError as error:
            self.raised = error
            raise


def _fits(role: Role, names: list[str]) -> bool:
    """Is there anything in a frame of `names` that the stream can make a sample of?"""
    if role == "force":
        return any(re.fullmatch(r"pressure|force|bridge|strip_\d+", name) for name in names)
    axes = [{f"{kind}_{axis}" for axis in "xyz"} for kind in ("accel", "gyro")]
    return any(kind <= set(names) for kind in axes) and all(
        kind <= set(names) or not kind & set(names) for kind in axes
    )


def _article(value: object) -> str:
    name = type(value).__name__
    return "nothing (None)" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
