"""Words for who answers: a chip of the file and what is at its address, and a chip that nothing in it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.identify import Found, Roll
from firmware_host.check.finding import Finding, Result

AREA = "I2C"
WIRES = "check the plug and the four wires (SDA, SCL, 3.3 V, GND), then: i2cdetect -y {number}"
LOOSE = "a loose wire: press each plug home, shorten the wires, and run this again"


class Expected(NamedTuple):
    """A chip that the file names."""

    name: str
    """Such as "roller imu"."""
    table: str
    """Where it stands in the file."""
    driver: str
    addresses: tuple[int, ...]


def sensor(device: Device) -> Expected:
    return Expected(device.name, f"[tools.{device.role}]", device.driver.name, device.addresses)


class Compared(NamedTuple):
    """One chip of the file."""

    finding: Finding
    at: Found | None
    """The chip its line speaks of, on its own bus."""
    measurable: bool


def compared(bus: str, number: str, expected: Expected, rolls: Mapping[str, Roll]) -> Compared:
    """What is expected on `bus` (/dev/i2c-`number`) against who is there."""
    name, table, driver, addresses = expected
    where = " or ".join(f"0x{address:02x}" for address in addresses)
    here = [found for found in rolls[bus].found if found.address in addresses]
    right = next((found for found in here if driver in found.drivers), None)
    if right is not None:
        at = f"at 0x{right.address:02x} on bus {bus}"
        if right.kind == "nameless":
            says = f"a chip answers {at}; it can't say what it is, so {driver} is taken on trust"
        else:
            says = f"{right.chip} {at}, driver {driver}, as the file says"
        values: dict[str, str | int] = {"address": right.address, "driver": driver, "chip": right.chip}
        return Compared(_finding(name, "ok", says, "", **values), right, True)
    if here:
        says = f"at 0x{here[0].address:02x} on bus {bus}, where {driver} looks, {_sits(here[0])}"
        do = _wrong_chip(here[0], table, driver)
        return Compared(_finding(name, "problem", says, do, address=here[0].address), here[0], False)
    says = f"nothing answers at {where} on bus {bus}, where {driver} looks"
    for other, roll in rolls.items():
        for found in roll.found:
            if driver in found.drivers:
                place = f"bus = {other}" if other != bus else f"address = 0x{found.address:02x}"
                says += f"; but {_is(found)} answers at 0x{found.address:02x} on bus {other}"
                return Compared(
                    _finding(name, "problem", says, f"if that is it, write under {table}: {place}"), None, False
                )
    do = WIRES.format(number=number) if rolls[bus].found else f"see bus {bus}"
    return Compared(_finding(name, "problem", says, do), None, False)


def chip_line(bus: str, found: Found) -> Finding:
    """A chip that nothing in the file asks for."""
    subject = f"0x{found.address:02x} on bus {bus}"
    if found.kind == "kernel":
        return _finding(subject, "ok", f"the kernel driver {found.words} owns it: left alone")
    if found.kind == "clock":
        return _finding(subject, "ok", f"{found.words}: left alone")
    if found.kind == "flaky":
        return _finding(subject, "warning", f"a chip answered, and then no more ({found.words})", LOOSE)
    if found.kind == "unknown":
        return _finding(subject, "ok", f"{_is(found)}; no driver here reads it")
    drivers = " or ".join(found.drivers)
    do = f"to use it: slowroll drivers show {found.drivers[0]}"
    says = f"{_is(found)}; could be read by {drivers}, but nothing in the file uses it"
    return _finding(subject, "ok", says, do, driver=found.drivers[0], chip=found.chip)


def _sits(found: Found) -> str:
    if found.kind == "kernel":
        return f"is a chip that the kernel driver {found.words} owns"
    if found.kind == "flaky":
        return f"a chip answers only now and then ({found.words})"
    return f"is {_is(found)}, which it does not read"


def _is(found: Found) -> str:
    if found.kind == "nameless":
        return f"a chip that can't say what it is{f' (often {found.words})' if found.words else ''}"
    return found.words


def _wrong_chip(found: Found, table: str, driver: str) -> str:
    match found.kind:
        case "clock":
            return (
                "two chips can't share an address: move the sensor to its other one with its address pin (for an MPU: "
                "AD0 to 3.3 V, 0x69), or take the clock off"
            )
        case "kernel":
            return (
                "the system uses that chip: take its dtoverlay line out of /boot/firmware/config.txt and reboot, or "
                "give the sensor another address with its address pin"
            )
        case "flaky":
            return LOOSE
        case "chip":
            return f'write under {table}: driver = "{found.drivers[0]}"'
        case "nameless":
            return f'read the marking on the chip; if it fits, write under {table}: driver = "{found.drivers[0]}"'
        case "unknown":
            return (
                found.hints.get(driver, "") or "read the marking on the chip; slowroll drivers list says who reads what"
            )


def _finding(subject: str, result: Result, says: str, do: str = "", **values: str | int) -> Finding:
    return Finding(area=AREA, subject=subject, result=result, says=says, do=do, values=dict(values))
