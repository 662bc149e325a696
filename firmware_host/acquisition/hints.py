"""What a fault of the bus means for the person with the wires in hand.

The number of the same fault differs between adapters, so the text says what the system called it, and the hint
goes by its name; any other gets the general one.
"""

from __future__ import annotations

import errno

_LOOSE = "nothing answers: check the plug and the four wires (SDA, SCL, 3.3 V, GND), then: i2cdetect -y {bus}"
_STUCK = "a line is held down: unplug the sensor for a moment, check for a short and for pull-ups to 3.3 V"
_NO_BUS = "there is no such bus: enable I2C (raspi-config, Interface Options, I2C), reboot, then: ls /dev/i2c-*"
_IN_USE = "another slowroll reads this bus: stop it first (sudo systemctl stop slowroll, or Ctrl-C where it runs)"
_NO_RIGHT = "this user may not use the bus: sudo usermod -aG i2c $USER, then log in again"

_TRANSFER_HINTS = {
    "EREMOTEIO": _LOOSE,
    "ENXIO": _LOOSE,
    "EIO": _LOOSE,
    "ENODEV": _LOOSE,
    "ETIMEDOUT": _STUCK,
    "EAGAIN": _STUCK,
    "EBUSY": "another program or a kernel driver uses this chip: stop it, or take its dtoverlay out of config.txt",
    "ENOTSUP": "this adapter can't do the transfer: connect the chip to a Raspberry Pi's own I2C pins",
    "EOPNOTSUPP": "this adapter can't do the transfer: connect the chip to a Raspberry Pi's own I2C pins",
}
_OPEN_HINTS = {
    "ENOENT": _NO_BUS,
    "ENODEV": _NO_BUS,
    "ENXIO": _NO_BUS,
    "EACCES": _NO_RIGHT,
    "EPERM": _NO_RIGHT,
    "EBUSY": _IN_USE,
}


def error_words(error: OSError) -> str:
    """What the system says, with the name of the error: "Remote I/O error (EREMOTEIO)"."""
    name = error_name(error)
    text = error.strerror or str(error) or "the bus failed"
    return f"{text} ({name})" if name else text


def transfer_hint(error: OSError, bus: str) -> str:
    """Likely cause and next step for a transfer that failed."""
    general = "check the wires and the supply; if it stays, try another cable or a slower bus"
    return _TRANSFER_HINTS.get(error_name(error), general).format(bus=bus)


def open_hint(error: OSError) -> str:
    """Likely cause and next step for a bus that can't be opened."""
    return _OPEN_HINTS.get(error_name(error), "check that I2C is enabled and that `bus` in slowroll.toml is right")


def error_name(error: OSError) -> str:
    """Such as "EREMOTEIO"; empty if the error has no number."""
    return errno.errorcode.get(error.errno, "") if error.errno is not None else ""
