"""The 8 KB that a BMI270 must be given after every power-up, found on the owner's machine.

They are Bosch's (BSD-3-Clause) and not part of this repository. Looked for, in this order: the file that
$SLOWROLL_BMI270_CONFIG names; `bmi270_config.bin` or `bmi270.c` in ~/.config/slowroll or /etc/slowroll; the Linux
kernel's own copy; an installed Python package that carries them. A file is either the 8192 bytes themselves, or
source text with the array `bmi270_config_file`, as in Bosch's bmi270.c, whose licence then travels with it.

The chip checks them itself, so here only their number is checked: a newer version from Bosch is as welcome.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from sensors.driver import SensorFault

SIZE = 8192
VARIABLE = "SLOWROLL_BMI270_CONFIG"
NAMES = ("bmi270_config.bin", "bmi270.c")
SYSTEM_DIR = Path("/etc/slowroll")
KERNEL_COPY = Path("/lib/firmware/bmi270-init-data.fw")
"""What Linux' own driver asks for (drivers/iio/imu/bmi270/bmi270_core.c)."""
PACKAGES = (
    ("bmi270", "bmi270/config_file.py"),
    ("micropython-bmi270", "micropython_bmi270/config_file.py"),
)
"""PyPI packages that hold the array, and where. They are read as text, never run."""

WHAT_TO_DO = (
    "get bmi270.c from github.com/boschsensortec/BMI270_SensorAPI and put it into ~/.config/slowroll/ "
    f"(or name the file in ${VARIABLE}); docs/sensors.md, BMI270"
)

_ARRAY = re.compile(r"\bbmi270_config_file\b[^=;{]*=\s*[\[{]([^\]}]*)[\]}]")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|#[^\n]*", re.DOTALL)


def load(environ: Mapping[str, str] = os.environ) -> bytes:
    """The 8192 bytes; raises `SensorFault`, with what to do, if they are nowhere or not what they should be."""
    named = environ.get(VARIABLE)
    if named:
        return _read(Path(named).expanduser(), f"${VARIABLE}")
    for path in _places(environ):
        if os.path.isfile(path):  # Path.is_file raises where a folder may not be looked into
            return _read(path, "")
    raise SensorFault(
        "a BMI270 answers, but its configuration (8 KB by Bosch, needed after every power-up) is not on this machine",
        WHAT_TO_DO,
    )


def parse(data: bytes, where: str) -> bytes:
    """The configuration in the file `data`; raises `SensorFault` naming `where` if there is none."""
    if len(data) == SIZE:
        return data
    array = _ARRAY.search(_COMMENT.sub(" ", data.decode("utf-8", "replace")))
    if array is None:
        raise SensorFault(
            f"{where} is not the BMI270's configuration: it has {len(data)} bytes, not {SIZE}, "
            "and no array bmi270_config_file",
            WHAT_TO_DO,
        )
    values = [int(number, 0) for number in re.findall(r"\b0[xX][0-9a-fA-F]+\b|\b\d+\b", array[1])]
    if len(values) != SIZE or max(values) > 0xFF:
        raise SensorFault(
            f"{where}: the array bmi270_config_file must hold {SIZE} bytes; it has {len(values)} numbers"
            + (f", the largest {max(values)}" if values else ""),
            f"it may be cut short, or a placeholder: {WHAT_TO_DO}",
        )
    return bytes(values)


def _read(path: Path, named_by: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:  # a file's, not the bus's: it must not look like a loose wire
        by = f" ({named_by})" if named_by else ""
        raise SensorFault(
            f"the BMI270's configuration {path}{by} can't be read: {error.strerror or error}",
            f"correct the path, or let the user that runs slowroll read the file; else {WHAT_TO_DO}",
        ) from error
    return parse(data, str(path))


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    """Every file that may hold it, the likeliest first."""
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".config")
    for folder in (home / "slowroll", SYSTEM_DIR):
        for name in NAMES:
            yield folder / name
    yield KERNEL_COPY
    for package, file in PACKAGES:
        try:
            yield Path(str(distribution(package).locate_file(file)))
        except PackageNotFoundError:
            continue
