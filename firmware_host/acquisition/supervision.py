"""One sensor, kept going: found, started, read, and started again after every fault.

1. Down: look for the chip and start it. Starting at boot and recovering are the same code.
2. Running: read. A transfer that fails is tried twice more at once.
3. A fault takes the device down: a gap, a fault with a hint, and rule 1 after a pause that grows from 0.1 to 5 s. It is
   an `OSError`, a `SensorFault`, a chip that says nothing new for half a second (a supply that dipped leaves it reset,
   answering, and silent), or one whose identity or settings changed (`reset_watch.py`, each second).
4. The first reading that differs from the one before says that the device is back.
Nothing else is caught: any other exception is a bug and ends the daemon. A driver that is not ours raises nothing else
(contained.py).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from firmware_host.acquisition.contained import contained
from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.diagnostics import DeviceDiagnostics
from firmware_host.acquisition.hints import error_words, transfer_hint
from firmware_host.acquisition.jitter import Jitter
from firmware_host.acquisition.reset_watch import ChipReset, ResetWatch
from firmware_host.acquisition.strangers import refuse_unusable
from firmware_host.acquisition.stream import Stream
from firmware_host.clock import Clock
from firmware_host.coaching.inputs import DeviceFault, Input
from sensors.driver import Gap, I2CIo, SensorFault
from sensors.probe import probe

FIFO_POLL_S = 0.05
"""Well inside the shortest FIFO (512 bytes: 0.36 s at 100 Hz), and quick enough to answer a reversal."""
RETRIES = 2
RETRY_PAUSE_S = 0.002
SILENCE_S = 0.5
BACK_OFF_S = (0.1, 5.0)
SETTLED_S = 5.0
"""A device that ran this long starts again with the short pause."""


class SupervisedDevice:
    """`poll()` does what is due at `due` and returns the inputs that came of it.

    `reach(address)` gives the io for an address; it raises `SensorFault` if the bus can't be opened or the
    address must not be touched.
    """

    def __init__(self, device: Device, bus: str, clock: Clock, reach: Callable[[int], I2CIo]) -> None:
        device = contained(device, clock)
        self._device = device
        self._bus = bus
        self._clock = clock
        self._reach = reach
        self._stream = Stream(device)
        self._watch = ResetWatch(device.driver)
        self._jitter = Jitter(self._period_s())
        self._frame_bytes = struct.calcsize(device.driver.frame)
        self._io: I2CIo | None = None
        self._chip = ""
        self._address: int | None = None
        self._nominal_hz = device.rate
        self._started_t = 0.0
        self._news_t = 0.0
        self._last_frame = b""
        self._pause_s = 0.0
        self._told = ""
        self._faults = 0
        self._last_fault = ""
        self.due = clock.now()

    @property
    def running(self) -> bool:
        return self._io is not None

    def poll(self) -> list[Input]:
        return self._bring_up() if self._io is None else self._read(self._io)

    def stop(self) -> None:
        """Put the chip to sleep, if it can be reached."""
        if self._io is None:
            return
        io, self._io = self._io, None
        try:
            self._device.driver.stop(io)
        except (OSError, SensorFault):
            return  # it was pulled out just before the end: there is nothing left to switch off, nobody to tell

    def diagnostics(self) -> DeviceDiagnostics:
        stream = self._stream
        return DeviceDiagnostics(
            device=self._device.name,
            driver=self._device.driver.name,
            chip=self._chip,
            bus=self._bus,
            address=self._address,
            running=self.running,
            rate_hz=stream.rate_hz if self.running else None,
            samples=stream.samples,
            lost=stream.lost,
            gaps=stream.gaps,
            faults=self._faults,
            last_fault=self._last_fault,
            told_hz=self._nominal_hz if self.running else None,
            jitter_s=self._jitter.sd_s if self.running else None,
        )

    # --- down

    def _bring_up(self) -> list[Input]:
        try:
            refuse_unusable(self._device.driver)
            address, io, chip = self._find()
            nominal_hz = self._device.driver.start(io, self._device.rate, chip)
            self._watch.begin(io, self._clock.now())
        except (OSError, SensorFault) as error:
            return self._fail(*self._explain(error))
        self._io, self._address, self._chip, self._nominal_hz = io, address, chip, nominal_hz
        self._started_t = self._clock.now()
        self._begin_stream()
        self.due = self._clock.now() + self._period_s()
        self._jitter = Jitter(self._period_s())
        return []

    def _find(self) -> tuple[int, I2CIo, str]:
        """The first address at which the right chip answers; else the most telling of the errors."""
        unanswered: OSError | None = None
        wrong: SensorFault | None = None
        for address in self._device.addresses:
            try:
                io = self._reach(address)
                return address, io, probe(io, self._device.driver)
            except OSError as error:
                unanswered = unanswered or error
            except SensorFault as fault:
                wrong = wrong or SensorFault(f"at 0x{address:02x}: {fault.what}", fault.hint)
        if wrong is not None:
            raise wrong
        assert unanswered is not None  # addresses is never empty
        raise unanswered

    def _begin_stream(self) -> None:
        now = self._clock.now()
        self._stream.begin(self._chip, self._nominal_hz, now)
        self._news_t = now
        self._last_frame = b""

    def _period_s(self) -> float:
        return FIFO_POLL_S if self._device.driver.fifo else 1.0 / self._device.rate

    # --- running

    def _read(self, io: I2CIo) -> list[Input]:
        self._jitter.add(self._clock.now() - self.due)
        try:
            got, before = self._read_with_retries(io)
            after = self._clock.now()
            if isinstance(got, Gap):
                inputs = self._stream.gap(after, got.reason)
                self._begin_stream()
            else:
                inputs = self._stream.take(got, before, after)
                inputs += self._judge(got, after)
        except (OSError, SensorFault) as error:
            return self._fail(*self._explain(error))
        if self._io is not None:
            self.due = max(self.due + self._period_s(), after)
        return inputs

    def _read_with_retries(self, io: I2CIo) -> tuple[bytes | Gap, float]:
        """What the driver read, and when that read began."""
        for left in range(RETRIES, -1, -1):
            before = self._clock.now()
            try:
                self._watch.check(io, before)
                before = self._clock.now()
                return self._device.driver.read(io), before
            except OSError:
                if not left:
                    raise
                self._clock.sleep(RETRY_PAUSE_S)
        raise AssertionError("the last attempt returns or raises")

    def _judge(self, data: bytes, now: float) -> list[Input]:
        """Is there news? A real IMU is never twice the same for long: its noise is above its resolution."""
        size = self._frame_bytes
        if data:
            varied = data != (self._last_frame or data[:size]) * (len(data) // size)
            self._last_frame = data[-size:]
            if varied or self._device.role != "imu":
                self._news_t = now
                return self._recovered(now)
        if now - self._news_t <= max(SILENCE_S, 3.0 / self._nominal_hz):
            return []
        what = "the chip gives the same reading again and again" if data else "the chip gives no more samples"
        return self._fail(
            what, "it probably lost power for a moment and was reset: check the VCC and GND wires", "chip reset"
        )

    # --- faults

    def _explain(self, error: OSError | SensorFault) -> tuple[str, str, str]:
        """What, hint, and the reason of the gap."""
        if isinstance(error, SensorFault):
            return error.what, error.hint, "chip reset" if isinstance(error, ChipReset) else "sensor fault"
        where = " or ".join(f"0x{address:02x}" for address in self._device.addresses)
        return f"{error_words(error)} at {where}", transfer_hint(error, self._bus), "i2c"

    def _fail(self, what: str, hint: str, gap: str) -> list[Input]:
        now = self._clock.now()
        settled = self._io is not None and now - self._started_t > SETTLED_S
        shortest, longest = BACK_OFF_S
        self._pause_s = shortest if settled or not self._pause_s else min(2 * self._pause_s, longest)
        self._io = None
        self.due = now + self._pause_s
        inputs = self._stream.gap(now, gap)
        if what != self._told:
            self._told = self._last_fault = what
            self._faults += 1
            inputs.append(self._message(now, what, hint, ok=False))
        return inputs

    def _recovered(self, now: float) -> list[Input]:
        if not self._told:
            return []
        self._told = ""
        chip = self._chip or self._device.driver.name
        return [self._message(now, f"{chip} is back", "", ok=True)]

    def _message(self, t: float, what: str, hint: str, *, ok: bool) -> DeviceFault:
        return DeviceFault(t=t, tool=self._device.tool, device=self._device.name, what=what, hint=hint, ok=ok)
