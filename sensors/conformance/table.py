"""Checks of the driver's table alone: no chip is needed."""

from __future__ import annotations

import math
import re
import struct
import time
from types import FunctionType

from sensors.conformance.bench import API, Wrong
from sensors.driver import CHANNEL_UNITS, Channel, I2CDriver


def metadata(driver_class: type[I2CDriver]) -> None:
    """Name, role, addresses, rates, identity and source are there and make sense."""
    driver = driver_class()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_]*", driver.name):
        raise Wrong(f"name {driver.name!r} must be lower case letters, digits and _.", API)
    if driver.role not in ("imu", "force"):
        raise Wrong(f'role {driver.role!r} must be "imu" or "force".', API)
    if not driver.addresses or not all(0x08 <= address <= 0x77 for address in driver.addresses):
        raise Wrong(
            "addresses must be 7-bit I2C addresses, 0x08 to 0x77; data sheets that give 8 bits mean twice as much.",
            "slave address",
        )
    if not driver.rates or not all(0 < rate <= 1000 for rate in driver.rates):
        raise Wrong("rates must be samples a second, above 0 and at most 1000.", "output data rate")
    if driver.ident is not None:
        floating = [value for value in driver.ident.chips if value in (0x00, 0xFF)]
        if floating or not driver.ident.chips:
            raise Wrong("ident must have values, and not 0x00 or 0xFF: a loose wire reads so.", "identity register")
    if uses_time_sleep(driver_class):
        raise Wrong("it waits with time.sleep: io.sleep(seconds) is the same, and can be tried without waiting.", API)
    if not driver.source:
        raise Wrong("source is empty: name the data sheet and its revision, so that others can check.", API)


def uses_time_sleep(driver_class: type[I2CDriver]) -> bool:
    """Does the module that the driver is in know `time.sleep` under a name of its own, or call it?"""
    methods = [value for value in vars(driver_class).values() if isinstance(value, FunctionType)]
    for method in methods:
        known = method.__globals__
        if any(value is time.sleep for value in known.values()):
            return True
        if {"time", "sleep"} <= set(method.__code__.co_names) and known.get("time") is time:
            return True
    return False


def frame(driver_class: type[I2CDriver]) -> None:
    """The struct format has one number for each channel, and the channels fit the role."""
    driver = driver_class()
    if driver.frame[:1] not in ("<", ">"):
        raise Wrong(f"frame {driver.frame!r} must begin with its byte order, < or >.", "byte order of the data")
    try:
        numbers = len(struct.unpack(driver.frame, bytes(struct.calcsize(driver.frame))))
    except struct.error as error:
        raise Wrong(f"frame {driver.frame!r} is not a struct format: {error}.", API) from error
    variants = ("",) if driver.ident is None else tuple(driver.ident.chips.values())
    for variant in variants:
        channels = driver.channels(variant)
        if len(channels) != numbers:
            raise Wrong(f"frame holds {numbers} numbers, channels() names {len(channels)}.", "FIFO or data layout")
        _check_channels(channels)
        _check_role(driver, [channel.name for channel in channels])


def _check_channels(channels: tuple[Channel, ...]) -> None:
    names = [channel.name for channel in channels]
    if len(set(names)) != len(names):
        raise Wrong("two channels have the same name.", API)
    for channel in channels:
        if channel.name not in CHANNEL_UNITS and not re.fullmatch(r"strip_\d+", channel.name):
            raise Wrong(f"channel {channel.name!r} is unknown; known are {', '.join(CHANNEL_UNITS)}.", API)
        if not (math.isfinite(channel.scale) and math.isfinite(channel.offset)) or channel.scale == 0:
            raise Wrong(f"channel {channel.name}: scale {channel.scale} can't be right.", "sensitivity")


def _check_role(driver: I2CDriver, names: list[str]) -> None:
    present = set(names)
    if driver.role == "imu":
        for kind in ("accel", "gyro"):
            axes = {f"{kind}_{axis}" for axis in "xyz"}
            if axes & present and not axes <= present:
                raise Wrong(f"an IMU gives all three axes of {kind}, or none.", API)
        if not present & {"accel_x", "gyro_x"}:
            raise Wrong('an "imu" driver needs accel or gyro channels.', API)
        if "gyro_x" in present and driver.gyro_full_scale_rad_s is None:
            raise Wrong("gyro_full_scale_rad_s is missing: at which rate does the gyroscope clip?", "full scale")
    else:
        kinds = [bool(present & {kind}) for kind in ("pressure", "force", "bridge")]
        kinds.append(any(name.startswith("strip_") for name in names))
        if sum(kinds) != 1:
            raise Wrong('a "force" driver gives exactly one of pressure, force, bridge and strip_0, ...', API)
