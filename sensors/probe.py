"""Ask a chip who it is. Only reads: what sits at the address may be a clock whose registers are the time."""

from __future__ import annotations

from sensors.driver import Actuator, I2CDriver, I2CIo, SensorFault

CLOCK = (0x00, 7)
"""Register and count of a clock's date and time; it shares its address with half of the IMUs."""

# Who else answers at a register, so that an unknown value can name the likely board. From the chips' data
# sheets by way of Linux drivers/iio and SlimeVR-Tracker-ESP.
_OTHERS: dict[tuple[int, int], str] = {
    (0x75, 0x69): "a defective MPU clone",
    (0x75, 0x75): "a defective MPU clone",
    (0x75, 0x20): "an ICM-20690",
    (0x75, 0xAC): "an ICM-20601",
    (0x75, 0x44): "an ICM-42686",
    (0x75, 0x67): "an ICM-42670",
    (0x75, 0x47): "an ICM-42688-P",
    (0x75, 0x42): "an ICM-42605",
    (0x0F, 0x69): "an LSM6DS3",
    (0x75, 0x6F): "an IIM-42652",
    (0x0F, 0x6A): "an LSM6DS3TR-C",
    (0x0F, 0x6B): "an ISM330DHCX or LSM6DSR",
    (0x0F, 0x6C): "an LSM6DSOX",
    (0x00, 0x24): "a BMI270",
    (0x00, 0xD1): "a BMI160",
    (0x00, 0xD3): "a BMI160 (revision 3)",
    (0x00, 0x27): "a BMI260",
    (0x00, 0xEA): "an ICM-20948",
    (0x00, 0xE1): "an ICM-20649",
    (0x00, 0xA0): "a BNO055",
    (0x0F, 0xB4): "an LPS28DFW",
    (0x0F, 0xB1): "an LPS22HB",
    (0x0F, 0xB3): "an LPS22HH",
    (0x0F, 0xBD): "an LPS25HB",
}

# Those of them that no driver here reads, and why not.
_UNFIT: dict[tuple[int, int], str] = {
    (0x75, 0x69): "such copies were found not to work (Klipper): replace the board",
    (0x75, 0x75): "such copies were found not to work (Klipper): replace the board",
    (0x75, 0x20): "it has its gyroscope's range in other bits, so no driver here reads it",
    (0x75, 0xAC): "it has other ranges in the same registers, so no driver here reads it",
    (0x75, 0x44): "it has other ranges in the same registers, so no driver here reads it",
    (0x75, 0x67): "it has a register map of its own, so no driver here reads it",
    (0x00, 0xE1): "it has other ranges in the same registers, so no driver here reads it",
    (0x0F, 0xB1): "it ends 25 kPa above the air, too soon for a bladder: take an LPS28DFW",
    (0x0F, 0xB3): "it ends 25 kPa above the air, too soon for a bladder: take an LPS28DFW",
    (0x0F, 0xBD): "it ends 25 kPa above the air, too soon for a bladder: take an LPS28DFW",
}


def probe(io: I2CIo, driver: I2CDriver | Actuator) -> str:
    """The variant that answers, as `driver.ident` names it.

    A driver without an identity register gets "" if anything answers: its `start` has to look closer.
    Raises `SensorFault` if another chip answers, and `OSError` if none does.
    """
    if driver.ident is None:
        io.transfer(b"", 1)
        return ""
    register, chips, mask = driver.ident
    value = io.read(register, 1)[0]
    if register == CLOCK[0] and _is_bcd(value & 0x7F, 0, 59) and is_clock(io.read(*CLOCK)):
        raise SensorFault(
            f"a clock (DS3231, DS1307 or the like) is at this address, not a chip that {driver.name} knows",
            "it was left alone: give the sensor its other address (on most boards pin SDO or AD0 to 3.3 V) "
            "and set `address` to it, or correct `address`",
        )
    if value & mask in chips and value != 0xFF:  # with a mask, a line that floats could look like a chip
        return chips[value & mask]
    if isinstance(driver, I2CDriver):
        _check_bank(io, driver)
    known = [f"0x{number:02x} ({chip})" for number, chip in chips.items()]
    if len(known) > 6:
        known[4:] = [f"{len(known) - 4} more (slowroll drivers show {driver.name})"]
    raise SensorFault(
        f"a chip answers, but register 0x{register:02x} says 0x{value:02x}; {driver.name} knows {', '.join(known)}",
        _likely(register, value),
    )


def _check_bank(io: I2CIo, driver: I2CDriver) -> None:
    """Another program, or a start that was cut off, may have left the chip where its id can't be read.

    Selecting the right bank would be a write, and to what? So that is left to the person.
    """
    if driver.banks is None:
        return
    register, hiding = driver.banks
    selected = io.read(register, 1)[0]
    if selected in hiding:
        raise SensorFault(
            f"a chip answers, but it seems to have another bank of registers selected (0x{register:02x} says "
            f"0x{selected:02x}), and its id can't be read there",
            f"if it is one that {driver.name} reads, take its power away for a moment: another program or a start "
            "that was cut off left it so",
        )


def is_clock(registers: bytes) -> bool:
    """Whether 0x00 to 0x06 hold a date and time as a DS3231, DS1307 or the like has them.

    At second 24 its first register reads as a BMI270's id, and a DS1307 that stands still at 51 or 53 as a BMI160's.
    One look is enough: no sensor with its id in 0x00 has a weekday, a date and a month, none of them 0, in the
    registers behind it; register 0x03 would have to be 1 to 7, and a BMI270's has bit 4 set, a BMI160's is 0 or 0x10
    and up.
    """
    second, minute, hour, weekday, date, month, year = registers
    twelve = hour & 0x40
    return (
        _is_bcd(second & 0x7F, 0, 59)  # DS1307: bit 7 stops the clock
        and _is_bcd(minute, 0, 59)
        and (_is_bcd(hour & 0x1F, 1, 12) if twelve else _is_bcd(hour, 0, 23))
        and 1 <= weekday <= 7
        and _is_bcd(date, 1, 31)
        and _is_bcd(month & 0x7F, 1, 12)  # DS3231: bit 7 is the century
        and _is_bcd(year, 0, 99)
    )


def _is_bcd(value: int, lowest: int, highest: int) -> bool:
    tens, ones = value >> 4, value & 0x0F
    return tens < 10 and ones < 10 and lowest <= 10 * tens + ones <= highest


def _likely(register: int, value: int) -> str:
    if value in (0x00, 0xFF):
        return (
            "nothing drives the data line, or another kind of chip (a DS3231 clock?) is at this address: "
            "check the wires and `address`"
        )
    other = _OTHERS.get((register, value))
    unfit = _UNFIT.get((register, value))
    if unfit is not None:
        return f"this looks like {other}: {unfit} (slowroll drivers list)"
    if other is not None:
        return f"this looks like {other}: set `driver` to the one for that chip (slowroll drivers list)"
    return (
        "a clone with its own id or another chip: read the marking on it, and if it is one of these, "
        "report the value so that it can be added"
    )


def known_elsewhere(register: int, value: int) -> str:
    """Which chip says `value` in `register`, or "": those that a driver could be set for by mistake."""
    return _OTHERS.get((register, value), "")
