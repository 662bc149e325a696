"""A motor driver on I2C: where the file wants it, and on request a buzz of it."""

from __future__ import annotations

from typing import NamedTuple

from firmware_host.acquisition.hints import error_words, transfer_hint
from firmware_host.acquisition.smbus_io import SmbusIo
from firmware_host.check.finding import Finding, Result
from firmware_host.check.machine import Machine
from sensors.driver import Actuator, SensorFault
from sensors.probe import probe

BUZZ_S = 0.1


class Motor(NamedTuple):
    """The one that [haptic] names."""

    bus: str
    driver: Actuator
    addresses: tuple[int, ...]


def buzzed(machine: Machine, motor: Motor, address: int | None, level: float) -> Finding:
    """Run it for 0.1 s; `address` None: it was not found, or must not be touched."""
    if address is None:
        return _finding("not checked", "its driver was not found, or is left to a slowroll that runs", "see I2C")
    try:
        bus = machine.open_bus(motor.bus)
    except OSError as error:
        return _finding("problem", f"bus {motor.bus} can't be opened any more: {error_words(error)}", "slowroll check")
    io = SmbusIo(bus, address, machine.clock.sleep)
    try:
        motor.driver.start(io, probe(io, motor.driver))
        try:
            motor.driver.set(io, level, BUZZ_S)
            machine.clock.sleep(BUZZ_S)
            motor.driver.set(io, 0.0, 0.0)
        finally:
            motor.driver.stop(io)
    except SensorFault as fault:
        return _finding("problem", fault.what, fault.hint)
    except OSError as error:
        return _finding("problem", error_words(error), transfer_hint(error, motor.bus))
    finally:
        bus.close()
    return _finding("ok", "the motor ran for 0.1 s", "nothing felt? Check its two wires at the driver's OUT pins")


def _finding(result: Result, says: str, do: str) -> Finding:
    return Finding(area="pins", subject="motor on I2C", result=result, says=says, do=do)
