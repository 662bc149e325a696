"""The sensors that answered, read for a few seconds by the very code that reads them while the coach runs."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.diagnostics import DeviceDiagnostics
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.acquisition.smbus_io import Bus
from firmware_host.check import readings
from firmware_host.check.finding import Finding
from firmware_host.check.machine import Machine
from firmware_host.coaching.inputs import DeviceFault, ForceSample, ImuSample, Input

LONGEST_PAUSE_S = 0.2


def measured(
    machine: Machine,
    devices: Mapping[str, list[Device]],
    openers: Mapping[str, Callable[[], Bus]],
    seconds: float,
    progress: Callable[[float], None],
) -> Iterator[Finding]:
    """Findings of every device; `progress` is told how far it is (0..1)."""
    inputs: list[Input] = []
    clock = machine.clock
    sysfs = machine.path("/sys/bus/i2c/devices")
    buses = {
        name: I2CBus(name, openers.get(name) or _opener(machine, name), found, clock, inputs.extend, sysfs)
        for name, found in devices.items()
    }
    broken: dict[str, str] = {}
    start = clock.now()
    try:
        while (now := clock.now()) < start + seconds:
            progress((now - start) / seconds)
            due = [start + seconds, now + LONGEST_PAUSE_S]
            for name, bus in buses.items():
                if name not in broken:
                    try:
                        due.append(_polled(bus))
                    except _DriverFailed as failed:
                        broken[name] = str(failed)
            clock.sleep(min(due) - clock.now())
        seen = {one.device: one for bus in buses.values() for one in bus.diagnostics()}
    finally:
        for name, bus in buses.items():
            if name not in broken:
                bus.stop()
    for name, found in devices.items():
        if name in broken:
            drivers = " or ".join(dict.fromkeys(device.driver.name for device in found))
            yield Finding(
                area=readings.AREA,
                subject=f"bus {name}",
                result="problem",
                says=f"a driver failed while it read: {broken[name]}",
                do=f"a fault in the driver: slowroll drivers test {drivers}",
            )
            continue
        for device in found:
            others = sum(seen[other.name].faults for other in found if other is not device)
            yield from _judge(device, seen[device.name], inputs, disturbed=others > 0)


def _opener(machine: Machine, name: str) -> Callable[[], Bus]:
    return lambda: machine.open_bus(name)


class _DriverFailed(Exception):
    """What a driver raised, and the line of its file."""


def _polled(bus: I2CBus) -> float:
    """`bus.poll()`. What an owner's driver raises, whatever it is, is a finding and no end of the check."""
    try:
        return bus.poll()
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name} line {last.lineno}"
        raise _DriverFailed(f"{type(error).__name__}: {error} ({where})") from error


def _judge(device: Device, seen: DeviceDiagnostics, inputs: list[Input], *, disturbed: bool) -> Iterator[Finding]:
    faults = [one for one in inputs if isinstance(one, DeviceFault) and one.device == device.name and not one.ok]
    fault, hint = (faults[-1].what, faults[-1].hint) if faults else ("", "")
    if device.role == "imu":
        samples = [one for one in inputs if isinstance(one, ImuSample) and one.tool == device.tool]
        yield readings.stream(device, seen, [sample.t for sample in samples], fault, hint, disturbed)
        yield from readings.imu(device, samples)
    else:
        forces = [one for one in inputs if isinstance(one, ForceSample) and one.tool == device.tool]
        yield readings.stream(device, seen, [sample.t for sample in forces], fault, hint, disturbed)
        yield from readings.force(device, forces)
