"""One I2C bus: its devices are read in turn by one thread, and every reading goes out through `emit`.

An actuator on the bus is served by the same thread, before any sensor, and wakes it. While a driver waits for its chip
(an amplifier that calibrates itself takes most of a second, which is longer than a FIFO lasts), the others go on.

    bus = I2CBus("1", lambda: open_linux_bus("1"), devices, clock, emit)
    bus.start()

The bus is opened when a device is first looked for, and again after all of them have gone: an adapter on USB
comes back as another one.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from firmware_host.acquisition.actuation import SupervisedActuator
from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.diagnostics import DeviceDiagnostics
from firmware_host.acquisition.hints import error_words, open_hint
from firmware_host.acquisition.smbus_io import Bus, SmbusIo
from firmware_host.acquisition.supervision import SupervisedDevice
from firmware_host.clock import Clock
from firmware_host.coaching.inputs import Input
from sensors.driver import I2CIo, SensorFault

SYSFS_DEVICES = Path("/sys/bus/i2c/devices")
IDLE_S = 1.0
STOP_S = 1.0
NAP_S = 0.1
"""`stop` can wait so long. Up to here the thread just sleeps, at two thirds of what waiting for `stop` costs."""


LEAST_WAIT_S = 0.008
"""A driver that waits less is in the middle of a reading of its own: nobody comes between."""


class I2CBus:
    """The devices of one bus.

    `name` is the bus's number as text, a path, or "sim"; `open_bus` opens it and may raise `OSError`; `emit` gets
    lists of `ImuSample`, `ForceSample`, `StreamGap` and `DeviceFault`, each stream in the order of its time, and
    must not block. Faults of sensors and bus are reported through `emit`; any other exception ends the thread.
    """

    def __init__(
        self,
        name: str,
        open_bus: Callable[[], Bus],
        devices: Iterable[Device],
        clock: Clock,
        emit: Callable[[list[Input]], None],
        sysfs: Path = SYSFS_DEVICES,
        actuators: Iterable[SupervisedActuator] = (),
    ) -> None:
        self._name = name
        self._open_bus = open_bus
        self._clock = clock
        self._emit = emit
        self._sysfs = sysfs
        self._bus: Bus | None = None
        self._devices = [SupervisedDevice(device, name, clock, self._reach) for device in devices]
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._busy: SupervisedDevice | None = None
        self._waiting = False
        self._actuators = tuple(actuators)
        self._everybody: tuple[SupervisedDevice | SupervisedActuator, ...] = (*self._devices, *self._actuators)
        for actuator in self._actuators:
            actuator.attach(name, self._reach, self._wake.set)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read, on a thread of its own."""
        self._thread = threading.Thread(target=self._run, name=f"bus {self._name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End within a second: chips asleep, bus closed. May be called twice, and without `start`."""
        self._stopping.set()
        self._wake.set()
        if self._thread is None:
            self._shut()
        elif self._thread is not threading.current_thread():
            self._thread.join(STOP_S)

    def poll(self) -> float:
        """Do whatever is due now; return the time (s) of the next due moment."""
        self._act()
        for device in self._devices:
            if device.due <= self._clock.now():
                self._busy = device
                self._emit_all(device.poll())
                self._busy = None
                self._act()  # a cue does not wait for the next sensor
        if self._bus is not None and not any(one.running for one in self._everybody):
            self._close()
        return min((one.due for one in self._everybody), default=self._clock.now() + IDLE_S)

    def diagnostics(self) -> tuple[DeviceDiagnostics, ...]:
        """How each device is doing; may be called from any thread."""
        return tuple(one.diagnostics() for one in self._everybody)

    def _act(self) -> None:
        for actuator in self._actuators:
            self._emit_all(actuator.poll())

    def _emit_all(self, inputs: list[Input]) -> None:
        if inputs:
            self._emit(inputs)

    def _wait(self, seconds: float) -> None:
        """A driver waits for its chip: in a long wait the devices that run are read, and what moves is served."""
        if seconds < LEAST_WAIT_S or self._waiting or self._busy is None:
            self._clock.sleep(seconds)
            return
        end = self._clock.now() + seconds
        others = [device for device in self._devices if device is not self._busy]
        self._waiting = True  # theirs are plain waits: nobody waits for two
        try:
            while (now := self._clock.now()) < end:
                self._act()
                for device in others:
                    if device.running and device.due <= now:
                        self._emit_all(device.poll())
                due = [device.due for device in others if device.running]
                due += [actuator.due for actuator in self._actuators if actuator.running]
                self._clock.sleep(min((end, *due)) - self._clock.now())
        finally:
            self._waiting = False

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._wake.clear()  # before looking, so that nothing asked meanwhile is missed
                pause_s = self.poll() - self._clock.now()
                if self._stopping.is_set():
                    break
                if pause_s <= NAP_S and not self._actuators:
                    self._clock.sleep(pause_s)
                else:
                    self._clock.wait(self._wake, pause_s)
        finally:
            self._shut()

    def _shut(self) -> None:
        for one in reversed(self._everybody):  # what moves first
            one.stop()
        self._close()

    def _close(self) -> None:
        if self._bus is not None:
            bus, self._bus = self._bus, None
            bus.close()

    def _reach(self, address: int) -> I2CIo:
        """The way to `address`; raises `SensorFault` if the bus can't be opened or the kernel owns the chip."""
        owner = kernel_driver(self._name, address, self._sysfs)
        if owner:
            raise SensorFault(
                f"the kernel driver {owner} owns this address on bus {self._name}",
                "it was left alone (it may be the clock): give the sensor another address with its address pin, "
                "or take the chip's dtoverlay out of config.txt",
            )
        if self._bus is None:
            try:
                self._bus = self._open_bus()
            except OSError as error:
                raise SensorFault(
                    f"bus {self._name} can't be opened: {error_words(error)}", open_hint(error)
                ) from error
        return SmbusIo(self._bus, address, self._wait)


def kernel_driver(bus: str, address: int, sysfs: Path = SYSFS_DEVICES) -> str:
    """The kernel driver bound to `address`, or "".

    The transfer we use (`I2C_RDWR`) is not refused when a kernel driver owns the chip, so it has to be looked up.
    """
    number = re.search(r"(\d+)$", bus)
    if number is None:
        return ""
    link = sysfs / f"{number[1]}-{address:04x}" / "driver"
    return link.resolve().name if link.exists() else ""
