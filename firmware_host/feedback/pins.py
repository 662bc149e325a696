"""gpiozero's pin factory by name, and what to say when pins can't be had.

"mock" drives pins that exist only in memory. Every other name is looked up in gpiozero's own entry point
group, so a factory from another package works as well.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from gpiozero.exc import GPIOZeroError
from gpiozero.pins.mock import MockFactory, MockPWMPin

GROUP = "gpiozero_pin_factories"

Factory = Any
"""A gpiozero `Factory`: gpiozero ships no types."""


class PinError(Exception):
    """Pins can't be used; the text says which, why, and what to do. The daemon decides whether to go on."""


def open_factory(name: str) -> Factory:
    """The pin factory called `name` ("lgpio", "rpigpio", "pigpio", "native", "mock", or a plug-in's),
    opened.

    Raises PinError when there is none of that name, its library is missing, or it finds no GPIO to drive.
    """
    if name == "mock":
        return MockFactory(pin_class=MockPWMPin)
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        raise PinError(
            f"pins.factory: gpiozero knows no pin factory {name!r}, only {', '.join(sorted(known))}. "
            'Write factory = "lgpio" for any Raspberry Pi, or "mock" to run without pins'
        )
    try:
        return _load(known[name])()
    except ImportError as error:
        raise PinError(_missing(name, error)) from error
    except (GPIOZeroError, RuntimeError, *backend_errors()) as error:
        raise PinError(
            f"pins.factory: {name!r} found no GPIO to drive: {error}. Likely this is not a Raspberry Pi, or "
            "this user may not open the GPIO device (sudo usermod -aG gpio $USER, then log in again). "
            'To run without pins write factory = "mock"'
        ) from error


def backend_errors() -> tuple[type[Exception], ...]:
    """What a backend raises besides gpiozero's own errors when the hardware or the kernel says no."""
    lgpio = sys.modules.get("lgpio")  # its `error` is no OSError, and only lgpio's users have it installed
    return (OSError,) if lgpio is None else (OSError, lgpio.error)


def _missing(name: str, error: ImportError) -> str:
    what = f"pins.factory: the library of {name!r} is not installed ({error}). "
    if name == "lgpio":
        return what + (
            "Install it with: pip install 'slowroll[gpio]', or on Raspberry Pi OS and Debian: sudo apt "
            "install python3-lgpio, in a virtual environment made with --system-site-packages. "
            'To run without pins write factory = "mock"'
        )
    return what + 'Write factory = "lgpio", which drives every Raspberry Pi, or install that library'


def _load(point: EntryPoint) -> Any:
    """The factory's class. lgpio, also under rpi-lgpio's name, writes a FIFO into the working directory as
    it is imported, and moves the whole process into $LG_WD if that is set: so it is imported from a
    directory of its own. It keeps the FIFO open; the name is not needed again.
    """
    with _scratch_directory():
        return point.load()


@contextmanager
def _scratch_directory() -> Iterator[None]:
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="slowroll-gpio-") as directory:
        os.chdir(directory)
        try:
            yield
        finally:
            os.chdir(before)
