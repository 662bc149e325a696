"""Who is on a bus: which addresses answer, what each chip says it is, and which driver reads it. Only reads.

1. Looked at are the addresses at which a driver's chip can be, those the configuration names, and their known
   neighbours; no other, as not every chip on every bus takes a stranger's read well.
2. An address that a kernel driver owns is not touched: the transfer used here would not be refused.
3. Who answers is read one byte. Then each driver asks its own question (`sensors.probe`), which is what decides when
   the coach runs; only if none of them knows the answer, the known id registers are read and their values told.
4. At 0x68 a clock may sit, whose registers are the time: seven of them that are a date, and go on, are a clock; if they
   stand still, and no driver knows the chip, as well.
5. Two transfers that time out mean that the bus is stuck; the rest is not asked.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from msgspec import Struct

from firmware_host.acquisition.hints import error_name, error_words
from firmware_host.acquisition.i2c_bus import SYSFS_DEVICES, kernel_driver
from firmware_host.acquisition.smbus_io import Bus, SmbusIo
from sensors.driver import Actuator, I2CDriver, I2CIo, SensorFault
from sensors.probe import CLOCK, is_clock, known_elsewhere, probe

NEIGHBOURS: dict[int, tuple[int, ...]] = {
    **dict.fromkeys((0x68, 0x69), (0x75, 0x00)),  # MPU, ICM, BMI, clocks
    **dict.fromkeys((0x6A, 0x6B), (0x0F, 0x00)),  # LSM6DS, QMI8658
    **dict.fromkeys((0x28, 0x29), (0x00,)),  # BNO055
    **dict.fromkeys((0x48, 0x49, 0x4A, 0x4B), ()),  # ADS1115, BNO08x: no id register
    **dict.fromkeys((0x5C, 0x5D), (0x0F,)),  # LPS2x
    **dict.fromkeys((0x76, 0x77), (0xD0, 0x00)),  # BMP, MS5803
    0x18: (),  # MPRLS: no id register
    0x2A: (0x1F,),  # NAU7802
    0x5A: (0x00,),  # DRV2605
}
"""Address -> the registers in which the chips that are sold for it say what they are."""

_PLACES: dict[int, str] = {
    0x18: "an MPRLS or another pressure sensor",
    0x28: "a BNO055 or an ABP2 pressure sensor",
    0x2A: "an NAU7802",
    0x48: "an ADS1115",
    0x49: "an ADS1115",
    0x4A: "an ADS1115 or a BNO085",
    0x4B: "an ADS1115 or a BNO085",
    0x5A: "a DRV2605",
    0x76: "a BMP or MS5803 pressure sensor",
    0x77: "a BMP or MS5803 pressure sensor",
}
"""What is usually sold for an address, where the chip itself can't say."""

_MORE_IDS: dict[tuple[int, int], str] = {
    (0x00, 0x05): "a QMI8658",
    (0xD0, 0x58): "a BMP280, whose range ends too soon for a bladder",
    (0xD0, 0x60): "a BME280, whose range ends too soon for a bladder",
    (0x00, 0x60): "a BMP390, whose range ends too soon for a bladder",
}
"""Chips that are no candidates for a driver's mistake, and so are not in sensors/probe.py."""

TIMEOUTS = 2
TRIES = 3
TICK_WAIT_S = 1.1
"""Longer than a second, so that a clock's seconds must have gone on."""

Kind = Literal["chip", "nameless", "unknown", "clock", "kernel", "flaky"]


class Found(Struct, frozen=True, kw_only=True):
    """What was found at one address.

    `chip`: a driver knows it. `nameless`: it answers, and a driver of chips that can't say what they are could be
    meant. `unknown`: no driver here knows it. `clock`: a DS3231 or its like. `kernel`: not touched. `flaky`: it
    answered once, and then no more.
    """

    address: int
    kind: Kind
    drivers: tuple[str, ...] = ()
    """Those that would read it, the likeliest first."""
    chip: str = ""
    """The variant it says it is."""
    words: str = ""
    """What it is, or what is known of it, for a sentence."""
    hints: dict[str, str] = {}
    """What each driver that does not know it would do next."""


class Roll(Struct, frozen=True, kw_only=True):
    """The roll call of one bus."""

    found: tuple[Found, ...] = ()
    stuck: str = ""
    """What the system said, if a line is held down."""
    unable: str = ""
    """What the system said, if the adapter can't even read one byte."""
    smbus_only: bool = False
    """The adapter can't do a transfer with a repeated start of any length."""
    asked: int = 0
    """How many addresses."""


class _Stuck(Exception):
    """The bus itself does not work."""


class _Unable(Exception):
    """The adapter can't do the transfer."""


T = TypeVar("T")
Driver = I2CDriver | Actuator


def candidates(drivers: Iterable[Driver], more: Iterable[int] = ()) -> list[int]:
    """Every address worth a look."""
    every = {address for driver in drivers for address in driver.addresses} | set(NEIGHBOURS) | set(more)
    return sorted(address for address in every if 0x08 <= address <= 0x77)


def roll_call(
    name: str,
    bus: Bus,
    drivers: Sequence[Driver],
    addresses: Iterable[int],
    sleep: Callable[[float], None],
    sysfs: Path = SYSFS_DEVICES,
) -> Roll:
    """Ask everybody on the open bus `name`. Faults of the bus are part of the answer; it raises none."""
    found: list[Found] = []
    asked = 0
    timeouts: list[str] = []
    for address in addresses:
        owner = kernel_driver(name, address, sysfs)
        if owner:
            found.append(Found(address=address, kind="kernel", words=owner))
            continue
        asked += 1
        io = SmbusIo(bus, address, sleep)
        try:
            if _answers(io):
                found.append(_who(io, address, drivers))
        except _Unable as unable:
            return Roll(found=tuple(found), unable=str(unable), smbus_only=_smbus_only(bus), asked=asked)
        except _Stuck as stuck:
            timeouts.append(str(stuck))
            if len(timeouts) >= TIMEOUTS:
                return Roll(found=tuple(found), stuck=timeouts[0], smbus_only=_smbus_only(bus), asked=asked)
    return Roll(found=tuple(found), smbus_only=_smbus_only(bus), asked=asked)


def _answers(io: I2CIo) -> bool:
    """Asked a few times: a chip on a loose wire is still there, and a missing one says so at once."""
    for _ in range(TRIES):
        try:
            io.transfer(b"", 1)
        except OSError as error:
            if error_name(error) in ("ETIMEDOUT", "EAGAIN"):
                raise _Stuck(error_words(error)) from error
            if error_name(error) in ("EOPNOTSUPP", "ENOTSUP"):
                raise _Unable(error_words(error)) from error
        else:
            return True
    return False


def _who(io: I2CIo, address: int, drivers: Sequence[Driver]) -> Found:
    try:
        return _identity(io, address, [driver for driver in drivers if address in driver.addresses])
    except OSError as error:
        return Found(address=address, kind="flaky", words=error_words(error))


class _Fit(NamedTuple):
    driver: str
    chip: str


def _identity(io: I2CIo, address: int, here: list[Driver]) -> Found:
    date = io.read(*CLOCK) if address == 0x68 else b""
    dated = bool(date) and is_clock(date)
    if dated and _goes_on(io, date):
        return Found(address=address, kind="clock", words="a clock (DS3231, DS1307 or the like)")
    fits: list[_Fit] = []
    hints: dict[str, str] = {}
    for driver in here:
        if driver.ident is None:
            continue
        try:
            fits.append(_Fit(driver.name, _twice(lambda driver=driver: probe(io, driver))))  # type: ignore[misc]
        except SensorFault as fault:
            hints[driver.name] = fault.hint
    if fits:
        return Found(
            address=address,
            kind="chip",
            drivers=tuple(fit.driver for fit in fits),
            chip=fits[0].chip,
            words=fits[0].chip or fits[0].driver,
        )
    if dated:
        return Found(address=address, kind="clock", words="a clock that stands still (DS1307 or the like)")
    registers = dict.fromkeys(NEIGHBOURS.get(address, ()))
    registers |= dict.fromkeys(driver.ident.register for driver in here if driver.ident is not None)
    values = {register: _twice(lambda register=register: io.read(register, 1)[0]) for register in registers}  # type: ignore[misc]
    nameless = tuple(driver.name for driver in here if driver.ident is None)
    known = [words for register, value in values.items() if (words := _known(register, value))]
    if known or not nameless:
        words = known[0] if known else _values(address, values)
        return Found(address=address, kind="unknown", words=words, hints=hints)
    return Found(address=address, kind="nameless", drivers=nameless, words=_PLACES.get(address, ""))


def _known(register: int, value: int) -> str:
    return known_elsewhere(register, value) or _MORE_IDS.get((register, value), "")


def _values(address: int, values: dict[int, int]) -> str:
    """An id that nobody knows, with its value, so that it can be looked up or reported."""
    place = _PLACES.get(address, "")
    often = f"; {place} is often there" if place else ""
    if not values:
        return f"a chip without an id{often}"
    said = ", ".join(f"register 0x{register:02x} says 0x{value:02x}" for register, value in values.items())
    if all(value in (0x00, 0xFF) for value in values.values()):
        return f"something that does not say what it is ({said}){often}"
    return f"an unknown chip ({said}){often}"


def _twice(ask: Callable[[], T]) -> T:
    """Again after one failed transfer: a wire that moves fails now and then."""
    try:
        return ask()
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.ENOTSUP):
            raise
        return ask()


def _goes_on(io: I2CIo, before: bytes) -> bool:
    """Whether the seconds of the date that was read as `before` have gone on, more than a second later."""
    io.sleep(TICK_WAIT_S)
    after = io.read(*CLOCK)
    return is_clock(after) and after[0] != before[0]


def _smbus_only(bus: Bus) -> bool:
    funcs = getattr(bus, "funcs", None)
    return funcs is not None and not int(funcs) & 0x1  # I2C_FUNC_I2C, Linux uapi/linux/i2c.h
