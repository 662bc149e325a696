"""What `slowroll drivers new` writes: a driver that is in order as a table, with what to look up at each place.

It refuses to start until it is filled in: a guess must not be written to a chip.
"""

from __future__ import annotations

import re
from keyword import iskeyword
from pathlib import Path

from firmware_host.commands import CommandError

LONGEST_NAME = 40

_IMU_TABLE = """\
    frame = ">6h"  # TODO: one sample as it comes (struct): > high byte first, < low byte first, h 16 bit signed
    gyro_full_scale_rad_s = radians(2000)  # TODO: what start() sets; 2000 deg/s, as 250 clips an ordinary roll

    def channels(self, chip):
        # TODO: the numbers of `frame` in their order, each raw * scale + offset in SI units. "Sensitivity" in the data
        # sheet, for the range that start() sets: 4096 LSB/g at 8 g and 16.4 LSB per deg/s at 2000 are common.
        return (*xyz("accel", STANDARD_GRAVITY / 4096), *xyz("gyro", radians(1 / 16.4)))
"""
_FORCE_TABLE = """\
    frame = ">i"  # TODO: one sample as it comes (struct): > high byte first, < low byte first, i 32 bit signed
    force_full_scale = 172_000.0  # TODO: the reading (Pa or N) beyond which it says nothing more

    def channels(self, chip):
        # TODO: the numbers of `frame` in their order, each raw * scale + offset: pressure in Pa, force in N,
        # bridge in V/V (a load cell) or strip_0, strip_1, ... (0 to 1). "Transfer function" in the data sheet.
        return (Channel("pressure", 1.0),)
"""
_FIFO_READ = """\
    def read(self, io):
        # TODO: all whole frames that wait, oldest first; b"" if none.
        count = int.from_bytes(io.read(FIFO_COUNT, 2), "big")
        if io.read(FIFO_STATUS, 1)[0] & FIFO_OVERRUN:
            # TODO: empty the FIFO as the data sheet says (many need it off first): the frames in it are shifted.
            return Gap("fifo overflow")
        size = calcsize(self.frame)
        left = count // size * size  # a sample that is half written stays for the next time
        frames = b""
        while left:
            part = min(left, 252 // size * size)  # other sensors share the bus
            frames += io.read(FIFO_DATA, part)
            left -= part
        return frames
"""
_PLAIN_READ = """\
    def read(self, io):
        # TODO: the newest sample in one burst; b"" if the chip says that there is none (data ready bit).
        return io.read(DATA, calcsize(self.frame))
"""
_FIFO_REGISTERS = """\
FIFO_COUNT = 0x00  # TODO: bytes waiting; which byte comes first, which bits count?
FIFO_STATUS = 0x00  # TODO: where an overrun shows
FIFO_OVERRUN = 0x10  # TODO: its bit; does it have to be enabled?
FIFO_DATA = 0x00  # TODO: the port the samples are read from
"""
_SKELETON = '''\
"""TODO: which chip, on which board. The driver API and its reasons: sensors/driver.py, docs/write-a-driver.md."""

{imports}

# If Slowroll has a model of the chip (sensors/chips/), this line lets the kit try the driver on it:
# from sensors.chips.mpu6050 import SPECIMEN

WHO_AM_I = 0x0F  # TODO: identity register
{registers}

class {class_name}(I2CDriver):
    name = "{name}"
    role = "{role}"
    source = "TODO: name and revision of the data sheet"
    addresses = ({address})  # TODO: 7 bits ("slave address"), the default first; 0x08 to 0x77
    ident = Ident(WHO_AM_I, {{0x01: "{name}"}})  # TODO: each value it may read, and the chip that means; None: has none
    rates = (50, 100, 200)  # TODO: samples a second that start() accepts
    fifo = {fifo}
    witness = None  # TODO: a register that start() sets and a lost supply resets; read each second, as ident is
{table}
    def start(self, io, rate, chip):
        raise SensorFault(  # TODO: take this out when all below is right
            "driver {name} is a skeleton: it does not know yet how to start the chip", "fill in the TODOs of its file"
        )
        # TODO: one write for each setting, with its line of the data sheet:
        #   io.write(RESET, 0x80); io.sleep(0.1)   reset, and wait: registers are deaf meanwhile
        #   awake (many chips come up asleep), 8 g, 2000 deg/s, data rate, low-pass below half of it{fifo_hint}
        # Return the true rate: a divider is a whole number.
        return rate

{read}
    def stop(self, io):
        # TODO: put the chip to sleep: io.write(POWER, 0x40)
        return
'''
_TEST = '''\
"""The driver kit on {file}; `slowroll drivers test {file}` lists what it can't check without a model or a chip."""

from pathlib import Path

from sensors.catalog import Catalog
from sensors.conformance import check

DRIVER = Catalog(installed=()).get(str(Path(__file__).with_name("{file}")))


def test_the_driver_kit_finds_nothing_wrong():
    assert [finding for finding in check(DRIVER) if finding.result == "failed"] == []
'''


def check_name(name: str) -> None:
    """Raises `CommandError` for a name that can't be a driver's."""
    from sensors.catalog import BUILT_IN

    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or iskeyword(name) or len(name) > LONGEST_NAME:
        raise CommandError(
            f"{name!r} can't be a driver's name: up to {LONGEST_NAME} lower case letters, digits and _, with a letter "
            "first, such as lsm6dsox"
        )
    if name.startswith("test_"):
        raise CommandError(f"{name!r} would be taken for a test: choose a name that does not begin with test_")
    if name in BUILT_IN:
        raise CommandError(
            f"there is a driver called {name!r} already, and yours would take its place: choose another name, "
            f"or see slowroll drivers show {name}"
        )


def skeleton(name: str, role: str, fifo: bool) -> str:
    """The driver's file."""
    imu = role == "imu"
    names = ["Channel"] if not imu else ["STANDARD_GRAVITY"]
    names += ["Gap"] if fifo else []
    names += ["I2CDriver", "Ident", "SensorFault", *(["xyz"] if imu else [])]
    imports = ["from math import radians"] if imu else []
    imports += ["from struct import calcsize", "", f"from sensors.driver import {', '.join(names)}"]
    return _SKELETON.format(
        name=name,
        class_name="".join(part.capitalize() for part in name.split("_")),
        role=role,
        fifo=fifo,
        address="0x6A, 0x6B" if imu else "0x28,",
        imports="\n".join(imports),
        registers=_FIFO_REGISTERS if fifo else "DATA = 0x00  # TODO: register of the sample's first byte\n",
        table=_IMU_TABLE if imu else _FORCE_TABLE,
        fifo_hint="\n        #   what goes into the FIFO; switch it on last, empty" if fifo else "",
        read=_FIFO_READ if fifo else _PLAIN_READ,
    )


def write(path: Path, name: str, role: str, fifo: bool) -> Path:
    """Write driver and test; returns the test's path. `CommandError` if one of them is there or can't be written."""
    if path.suffix != ".py":
        raise CommandError(f"--out {path}: a driver is a Python file: its name has to end in .py")
    test = path.with_name(f"test_{path.name}")
    texts = {path: skeleton(name, role, fifo), test: _TEST.format(file=path.name)}
    for file in texts:
        if file.exists():
            raise CommandError(f"{file} is there already and is left as it is: choose another name, or --out FILE")
    written: list[Path] = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            with file.open("x", encoding="utf-8") as opened:
                written.append(file)
                opened.write(text)
    except OSError as error:
        for file in written:
            file.unlink(missing_ok=True)
        raise CommandError(
            f"{path}: can't be written: {error.strerror or error}. Check that you may write there, or name another "
            "place with --out"
        ) from error
    return test
