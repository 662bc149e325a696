"""One actuator on a bus, kept going: what feedback asks for is run by the bus thread, ahead of every sensor.

1. Down: look for the chip and start it, as with a sensor (supervision.py), after a pause that grows from 0.1 to 5 s.
2. `run` leaves what is wanted and wakes the bus thread; the newest counts. What could not be begun within 0.15 s is
   dropped: a rhythm that comes late is another rhythm.
3. What runs is ended here when its time is over, and after `MAX_ON_S` whatever was asked. Should this machine stop
   before that, the chip ends it by itself (`Actuator.longest_s`).
4. When a burst begins, `ran(t, seconds)` says so, with the time at which the chip had it.
5. Idle, the chip is asked once a second whether it is still what it was. A fault takes it down, and is told; nothing
   else depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from firmware_host.acquisition.contained import contained_actuator
from firmware_host.acquisition.diagnostics import DeviceDiagnostics
from firmware_host.acquisition.hints import error_words, transfer_hint
from firmware_host.clock import Clock
from firmware_host.coaching.inputs import DeviceFault, Input
from sensors.driver import Actuator, I2CIo, SensorFault
from sensors.probe import probe

NAME = "haptic"
LATE_S = 0.15
MAX_ON_S = 0.5
"""As a motor on a pin has it."""
LOOK_S = 1.0
RETRIES = 2
RETRY_PAUSE_S = 0.002
BACK_OFF_S = (0.1, 5.0)
ROUNDING_S = 1e-6


class _Wanted(NamedTuple):
    t: float
    level: float
    seconds: float


class SupervisedActuator:
    """`run` and `off` may be called from any thread and never block; `poll` and `stop` are the bus thread's.

    `ran(t, seconds)` is called from the bus thread and must not block. `attach` is called by the bus.
    """

    def __init__(
        self, driver: Actuator, address: int | None, clock: Clock, ran: Callable[[float, float], None]
    ) -> None:
        self._driver = contained_actuator(driver, clock)
        self._addresses = driver.addresses if address is None else (address,)
        self._clock = clock
        self._ran = ran
        self._bus = ""
        self._reach: Callable[[int], I2CIo] | None = None
        self._wake: Callable[[], None] = lambda: None
        self._wanted: _Wanted | None = None  # one reference, replaced whole
        self._taken: _Wanted | None = None
        self._io: I2CIo | None = None
        self._chip = ""
        self._address: int | None = None
        self._off_t: float | None = None
        self._look_t = clock.now()
        self._pause_s = 0.0
        self._told = ""
        self._bursts = self._dropped = self._faults = 0
        self._last_fault = ""

    def attach(self, bus: str, reach: Callable[[int], I2CIo], wake: Callable[[], None]) -> None:
        self._bus, self._reach, self._wake = bus, reach, wake

    @property
    def addresses(self) -> tuple[int, ...]:
        return self._addresses

    @property
    def running(self) -> bool:
        """The chip is there and started."""
        return self._io is not None

    @property
    def due(self) -> float:
        """When `poll` has something to do, if nobody asks before."""
        return self._look_t if self._off_t is None else self._off_t

    def run(self, level: float, seconds: float) -> None:
        """Run at `level` (0..1) for `seconds` from now on, in place of what runs."""
        self._wanted = _Wanted(self._clock.now(), level, min(seconds, MAX_ON_S))
        self._wake()

    def off(self) -> None:
        """Nothing runs any more."""
        self._wanted = _Wanted(self._clock.now(), 0.0, 0.0)
        self._wake()

    def poll(self) -> list[Input]:
        """Do what is wanted or due."""
        wanted = self._wanted
        fresh = wanted if wanted is not self._taken else None
        self._taken = wanted
        now = self._clock.now()
        if fresh is not None and fresh.level > 0 and (self._io is None or now - fresh.t > LATE_S):
            self._dropped += 1
            fresh = None
        if self._io is None:
            return self._bring_up() if now >= self._look_t else []
        try:
            if fresh is not None:
                self._set(self._io, fresh.level, fresh.seconds)
            elif now + ROUNDING_S >= self.due:
                self._set(self._io, 0.0, 0.0)
        except (OSError, SensorFault) as error:
            return self._fail(error)
        return []

    def stop(self) -> None:
        """Off and asleep, if it can be reached."""
        if self._io is None:
            return
        io, self._io = self._io, None
        try:
            self._driver.stop(io)
        except (OSError, SensorFault):
            return  # it was pulled out just before the end; what runs ends by itself, and there is nobody to tell

    def diagnostics(self) -> DeviceDiagnostics:
        return DeviceDiagnostics(
            device=NAME,
            driver=self._driver.name,
            chip=self._chip,
            bus=self._bus,
            address=self._address,
            running=self.running,
            rate_hz=None,
            samples=self._bursts,
            lost=self._dropped,
            gaps=0,
            faults=self._faults,
            last_fault=self._last_fault,
        )

    def _set(self, io: I2CIo, level: float, seconds: float) -> None:
        for left in range(RETRIES, -1, -1):
            try:
                self._driver.set(io, level, seconds)
                break
            except OSError:
                if not left:
                    raise
                self._clock.sleep(RETRY_PAUSE_S)
        now = self._clock.now()
        self._look_t = now + LOOK_S
        self._pause_s = 0.0
        self._off_t = now + seconds if level > 0 else None
        if level > 0:
            self._bursts += 1
            self._ran(now, seconds)

    def _bring_up(self) -> list[Input]:
        try:
            self._address, io, self._chip = self._find()
            self._driver.start(io, self._chip)
        except (OSError, SensorFault) as error:
            return self._fail(error)
        self._io = io
        self._off_t = None
        self._look_t = self._clock.now() + LOOK_S
        if not self._told:
            return []
        self._told = ""
        return [DeviceFault(self._clock.now(), None, NAME, f"{self._chip} is back", "", ok=True)]

    def _find(self) -> tuple[int, I2CIo, str]:
        assert self._reach is not None, "the bus attaches it before it polls"
        first: OSError | SensorFault | None = None
        for address in self._addresses:
            try:
                io = self._reach(address)
                return address, io, probe(io, self._driver)
            except (OSError, SensorFault) as error:
                first = first or error
        assert first is not None  # addresses is never empty
        raise first

    def _fail(self, error: OSError | SensorFault) -> list[Input]:
        where = " or ".join(f"0x{address:02x}" for address in self._addresses)
        if isinstance(error, SensorFault):
            what, hint = f"at {where}: {error.what}", error.hint
        else:
            what, hint = f"{error_words(error)} at {where}", transfer_hint(error, self._bus)
        shortest, longest = BACK_OFF_S
        self._pause_s = min(2 * self._pause_s, longest) if self._pause_s else shortest
        self._io = self._off_t = None
        self._look_t = self._clock.now() + self._pause_s
        if what == self._told:
            return []
        self._told = self._last_fault = what
        self._faults += 1
        return [DeviceFault(self._clock.now(), None, NAME, what, hint, ok=False)]
