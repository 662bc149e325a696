"""Drivers that did not come with Slowroll: which they are, and what stands in for one that can't be used.

A bug in a driver of ours ends the daemon, outputs off, so that it is found. A stranger's is a fault of its sensor, with
its file named: here before it runs, in `contained.py` while it runs.
"""

from __future__ import annotations

import math
import struct
import sys
from pathlib import Path
from typing import Any

from sensors.driver import Actuator, Channel, Gap, I2CDriver, I2CIo, Role, SensorFault


def is_stranger(driver: I2CDriver | Actuator) -> bool:
    """True for a driver of a drop-in file, another package, or a configured file."""
    return not type(driver).__module__.startswith("sensors.")


class UnusableDriver(I2CDriver):
    """Stands where a driver should be that could not be loaded or whose table is wrong."""

    rates = (1.0,)
    frame = "<h"

    def __init__(self, name: str, role: Role, addresses: tuple[int, ...], what: str) -> None:
        self.name = name  # type: ignore[misc]
        self.role = role  # type: ignore[misc]
        self.addresses = addresses  # type: ignore[misc]
        self.what = what

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return ()

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        refuse_unusable(self)
        raise AssertionError("unusable by definition")

    def read(self, io: I2CIo) -> bytes | Gap:
        return b""

    def stop(self, io: I2CIo) -> None:
        return


def refuse_unusable(driver: I2CDriver) -> None:
    """Raises `SensorFault` for a driver that is none."""
    if isinstance(driver, UnusableDriver):
        raise SensorFault(driver.what, "correct the driver (slowroll drivers test FILE), then restart slowroll")


def table_fault(driver: I2CDriver) -> str:
    """What in a stranger's table nothing could be done with; empty if it can be used."""
    try:
        return _table_fault(driver)
    except Exception as error:  # noqa: BLE001 - a table may hold anything, and even reading it may raise
        return f"its table can't be read: {type(error).__name__}: {error}"


def _table_fault(driver: I2CDriver) -> str:
    if not isinstance(driver.name, str) or driver.role not in ("imu", "force"):
        return 'name must be text and role "imu" or "force"'
    if not driver.addresses or not all(isinstance(a, int) and 0x08 <= a <= 0x77 for a in tuple(driver.addresses)):
        return f"addresses = {driver.addresses!r}; it must be numbers from 0x08 to 0x77"
    if not driver.rates or not all(is_number(rate) and rate > 0 for rate in tuple(driver.rates)):
        return f"rates = {driver.rates!r}; it must be numbers above 0"
    for limit in ("gyro_full_scale_rad_s", "force_full_scale"):
        if getattr(driver, limit) is not None and not is_number(getattr(driver, limit)):
            return f"{limit} = {getattr(driver, limit)!r}; it must be a number or None"
    if driver.witness is not None and not (isinstance(driver.witness, int) and 0 <= driver.witness <= 0xFF):
        return f"witness = {driver.witness!r}; it must be the number of a register or None"
    numbers = struct.unpack(driver.frame, bytes(struct.calcsize(driver.frame)))
    if not numbers or not all(isinstance(number, int | float) for number in numbers):
        return f"frame = {driver.frame!r}; it must be numbers only"
    if driver.ident is not None:
        register, chips = driver.ident[:2]
        if not isinstance(register, int) or not all(isinstance(chip, str) for chip in dict(chips).values()):
            return f"ident = {driver.ident!r}; it must be Ident(register, {{value: chip name}})"
    return ""


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def file_of(driver: I2CDriver | Actuator) -> str:
    """The file a driver is in, as a person finds it; else its module."""
    module = type(driver).__module__
    file = getattr(sys.modules.get(module), "__file__", None)
    return str(file) if file else module


def line_in(error: BaseException, file: str) -> int | None:
    """The deepest line of `file` on the way to `error`, or of the last file there."""
    trace, line, last = error.__traceback__, None, None
    while trace is not None:
        last = trace.tb_lineno
        if Path(trace.tb_frame.f_code.co_filename) == Path(file):
            line = last
        trace = trace.tb_next
    return line if line is not None else last
