"""The mistakes that hobby drivers really make, one edit each to a sound driver: the kit finds every one and names it.

The sound drivers are the one that docs/write-a-driver.md builds, and the shipped MPRLS.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import NamedTuple

import driver_page
import pytest

import sensors.pressure.mprls
from sensors.chips import mprls, mpu6050
from sensors.chips.model import Specimen
from sensors.conformance import Finding, check
from sensors.driver import I2CDriver

MPU = driver_page.file("gy521.py")
MPU_CHIP = mpu6050.SPECIMEN._replace(identities=(0x68, 0x70))
MPRLS = Path(sensors.pressure.mprls.__file__).read_text()


class Mistake(NamedTuple):
    what: str
    old: str
    new: str
    named: str
    """What a finding has to say, in the words of the cause."""
    check: str
    """The finding that says it."""


READ_ALL = """        frames = b""
        left = count // 14 * 14
        while left:
            part = min(left, 252)
            frames += io.read(0x74, part)  # FIFO_R_W
            left -= part
        return frames
"""
RESTART = """        io.write(0x6A, 0x00)  # USER_CTRL: FIFO off
        io.write(0x6A, 0x04)  # USER_CTRL: reset it
        io.write(0x6A, 0x40)  # USER_CTRL: FIFO on
"""
OVERFLOW = """        if io.read(0x3A, 1)[0] & 0x10:  # INT_STATUS: overflow, the frames are shifted now
            self._restart_fifo(io)
            return Gap("fifo overflow")
"""
CHANNELS = '(*xyz("accel", STANDARD_GRAVITY / 4096), temperature, *xyz("gyro", radians(1 / 16.4)))'
COUNT = '        count = int.from_bytes(io.read(0x72, 2), "big") & 0x1FFF  # FIFO_COUNT\n'
TRIES = """        try:
            count = int.from_bytes(io.read(0x72, 2), "big") & 0x1FFF
        except ERROR:
            return b""
"""

ON_MPU = [
    # What the numbers mean.
    Mistake("byte order", '">7h"', '"<7h"', "byte order is wrong", "whole-frames"),
    Mistake("unsigned numbers", '">7h"', '">7H"', "two's complement", "whole-frames"),
    Mistake("accel scale of another range", "GRAVITY / 4096", "GRAVITY / 8192", "scale in channels()", "still"),
    Mistake("accel in g", "STANDARD_GRAVITY / 4096", "1 / 4096", "g, not m/s2", "still"),
    Mistake("gyro scale of another range", "1 / 16.4", "1 / 131", "1/8 of the truth", "rotation-axes"),
    Mistake("degrees for radians", "radians(1 / 16.4)", "1 / 16.4", "degrees a second, not rad/s", "rotation-axes"),
    Mistake("radians twice", "radians(1 / 16.4)", "radians(radians(1 / 16.4))", "one too many", "rotation-axes"),
    Mistake(
        "sign of one axis",
        CHANNELS,
        CHANNELS.replace(
            '*xyz("gyro", radians(1 / 16.4))',
            '*xyz("gyro", radians(1 / 16.4))[:2], Channel("gyro_z", -radians(1 / 16.4))',
        ),
        "sign of z",
        "rotation-axes",
    ),
    Mistake(
        "two axes exchanged",
        CHANNELS,
        f"(lambda c: (c[1], c[0], *c[2:]))({CHANNELS})",
        "axes x and y are exchanged",
        "gravity-axes",
    ),
    Mistake(
        "FIFO order: gyro taken for accel",
        CHANNELS,
        '(*xyz("gyro", radians(1 / 16.4)), temperature, *xyz("accel", STANDARD_GRAVITY / 4096))',
        "in each other's place",
        "whole-frames",
    ),
    Mistake(
        "temperature of another variant",
        'if chip == "MPU-6050":\n            temp',
        "if True:\n            temp",
        "temperature",
        "still",
    ),
    Mistake("temperature offset forgotten", "1 / 340, 36.53", "1 / 340", "temperature", "still"),
    # What start writes.
    Mistake("asleep: never woken", "io.write(0x6B, 0x01)", "io.write(0x6B, 0x41)", "SLEEP", "transcript"),
    Mistake(
        "asleep: wake left out",
        "        io.write(0x6B, 0x01)  # PWR_MGMT_1: awake, clock from the gyroscope\n",
        "",
        "still asleep",
        "start",
    ),
    Mistake(
        "no wait after the reset",
        "DEVICE_RESET\n        io.sleep(0.1)",
        "DEVICE_RESET",
        "after a reset a chip is deaf",
        "start",
    ),
    Mistake("no reset", "        io.write(0x6B, 0x80)  # PWR_MGMT_1: DEVICE_RESET\n", "", "DEVICE_RESET", "transcript"),
    Mistake(
        "rate divider off by one", "io.write(0x19, divider - 1)", "io.write(0x19, divider)", "SMPLRT_DIV", "transcript"
    ),
    Mistake(
        "rate divider off by one, as seen",
        "io.write(0x19, divider - 1)",
        "io.write(0x19, divider)",
        "sample rate divider",
        "rate",
    ),
    Mistake("rate divider of 8 kHz", "round(1000 / rate)", "round(8000 / rate)", "SMPLRT_DIV", "transcript"),
    Mistake("rate told, not true", "return 1000 / divider", "return 1050 / divider", "sample rate divider", "rate"),
    Mistake(
        "low-pass in the wrong bits",
        "io.write(0x1A, low_pass)",
        "io.write(0x1A, low_pass << 3)",
        "DLPF_CFG",
        "transcript",
    ),
    Mistake(
        "low-pass left at its reset value",
        "        io.write(0x1A, low_pass)  # CONFIG: DLPF_CFG, 21 or 44 Hz\n",
        "",
        "DLPF_CFG",
        "transcript",
    ),
    Mistake(
        "low-pass of 184 Hz, as seen",
        "io.write(0x1A, low_pass)",
        "io.write(0x1A, 1)",
        "low-pass is not set",
        "low-pass",
    ),
    Mistake("accel filter of the 6500 left out", 'if chip != "MPU-6050":', "if False:", "A_DLPF_CFG", "transcript"),
    Mistake(
        "accel filter of the 6500 left out, as seen",
        'if chip != "MPU-6050":',
        "if False:",
        "the accelerometer has its own",
        "low-pass",
    ),
    Mistake(
        "range bits of 250 deg/s",
        "io.write(0x1B, 3 << 3)",
        "io.write(0x1B, 0 << 3)",
        "FS_SEL 3 = 2000 deg/s",
        "transcript",
    ),
    Mistake(
        "range bits in the wrong place", "io.write(0x1C, 2 << 3)", "io.write(0x1C, 2)", "AFS_SEL 2 = 8 g", "transcript"
    ),
    Mistake(
        "250 deg/s with its scale: clips",
        "3 << 3)  # GYRO_CONFIG: 2000 deg/s",
        "0)\n        self.g = 131",
        "clipped",
        "rotation-axes",
    ),
    Mistake(
        "overflow flag not enabled",
        "        io.write(0x38, 0x10)  # INT_ENABLE: FIFO_OFLOW_EN\n",
        "",
        "FIFO_OFLOW_EN",
        "transcript",
    ),
    Mistake("gyro left out of the FIFO", "0xF8", "0x88", "XG, YG, ZG", "transcript"),
    Mistake(
        "FIFO reset while it runs", RESTART, "        io.write(0x6A, 0x44)\n", "or the reset is ignored", "transcript"
    ),
    Mistake("FIFO reset while it runs, as seen", RESTART, "        io.write(0x6A, 0x44)\n", "reset", "overflow"),
    Mistake(
        "sleeps 3 s in start",
        "self._restart_fifo(io)\n        return 1000",
        "io.sleep(3)\n        self._restart_fifo(io)\n        return 1000",
        "2 s is the limit",
        "start",
    ),
    # What read does.
    Mistake("overflow ignored", OVERFLOW, "", "overflowed", "overflow"),
    Mistake(
        "overflow emptied without a word", 'return Gap("fifo overflow")', 'return b""', "without a word", "overflow"
    ),
    Mistake(
        "overflow said, not emptied",
        "            self._restart_fifo(io)\n            return",
        "            return",
        "not emptied",
        "overflow",
    ),
    Mistake("partial frames returned", "count // 14 * 14", "count", "not a whole number of frames", "whole-frames"),
    Mistake("12 of 14 bytes", "count // 14 * 14", "count // 14 * 12", "not a whole number of frames", "whole-frames"),
    Mistake("frames of 12 taken for frames of 14", 'frame = ">7h"', 'frame = ">6h"', "frame holds 6 numbers", "frame"),
    Mistake(
        "byte at a time",
        "frames += io.read(0x74, part)  # FIFO_R_W\n            left -= part",
        "frames += io.read(0x74, 1)\n            left -= 1",
        "burst read",
        "bus-use",
    ),
    Mistake("the whole FIFO in one transfer", "min(left, 252)", "left", "One transfer reads", "longest-transfer"),
    Mistake(
        "one frame a read",
        READ_ALL,
        "        return io.read(0x74, 14) if count >= 14 else b''\n",
        "does not take all",
        "rate",
    ),
    Mistake(
        "only the newest frame",
        "        return frames\n",
        "        return frames[-14:]\n",
        "samples are dropped",
        "whole-frames",
    ),
    Mistake(
        "stale repeats: the output registers when the FIFO is empty",
        "        return frames\n",
        "        return frames or io.read(0x3B, 14)\n",
        "none is waiting",
        "empty-fifo",
    ),
    Mistake(
        "stale repeats: the last sample again",
        "        return frames\n",
        "        self.last = frames[-14:] or self.last\n        return frames or self.last\n",
        "given again",
        "whole-frames",
    ),
    Mistake("swallowed OSError", COUNT, TRIES.replace("ERROR", "OSError"), "never catches OSError", "errors"),
    Mistake("catches Exception", COUNT, TRIES.replace("ERROR", "Exception"), "never catches OSError", "errors"),
    Mistake(
        "sleeps too long in read",
        COUNT,
        f"        io.sleep(0.2)\n{COUNT}",
        "every sensor on the bus waits",
        "read-time",
    ),
    Mistake(
        "time.sleep",
        "from math import radians\n",
        "from math import radians\nfrom time import sleep\n",
        "time.sleep",
        "metadata",
    ),
    Mistake(
        "waits for a flag that never comes",
        COUNT,
        f"        while not io.read(0x3A, 1)[0] & 0x01:\n            pass\n{COUNT}",
        "never stops talking",
        "start",
    ),
    Mistake(
        "returns floats",
        "        return frames\n",
        "        return [float(byte) for byte in frames]\n",
        "returns a list, not bytes",
        "start",
    ),
    Mistake(
        "returns None when nothing waits",
        "        return frames\n",
        "        return frames or None\n",
        "returns nothing (None)",
        "empty-fifo",
    ),
    Mistake(
        "a bug", "left = count // 14 * 14", "left = cuont // 14 * 14", "NameError: name 'cuont' is not defined", "start"
    ),
    Mistake(
        "stop leaves it running", "io.write(0x6B, 0x40)", "io.write(0x6B, 0x01)", "leaves the chip measuring", "stop"
    ),
    # Who is there.
    Mistake("8-bit address", "(0x68, 0x69)", "(0xD0, 0xD2)", "7-bit", "metadata"),
    Mistake("wrong address", "(0x68, 0x69)", "(0x6A, 0x6B)", "not among addresses", "address"),
    Mistake(
        "wrong identity register",
        "Ident(0x75",
        "Ident(0x00",
        "identity register (who am I): its number",
        "probe-reads-only",
    ),
    Mistake(
        "a variant left out of the table",
        ', 0x70: "MPU-6500"',
        "",
        "0x70 is not in ident",
        "probe-reads-only",
    ),
    Mistake(
        "a foreign chip claimed",
        '0x70: "MPU-6500"',
        '0x70: "MPU-6500", 0x47: "clone"',
        "claimed as clone",
        "foreign-refused",
    ),
    Mistake(
        "a loose wire claimed",
        '0x70: "MPU-6500"',
        '0x70: "MPU-6500", 0xFF: "clone"',
        "a loose wire reads so",
        "metadata",
    ),
]

ON_MPRLS = [
    Mistake(
        "MPRLS: counts as if from 0",
        "PA_PER_COUNT = FULL_SCALE_PA / (COUNTS_AT_FULL - COUNTS_AT_ZERO)",
        "PA_PER_COUNT = FULL_SCALE_PA / 2**24\nCOUNTS_AT_ZERO = 0",
        "output at zero",
        "pressure",
    ),
    Mistake(
        "MPRLS: psi for Pa", "FULL_SCALE_PA = 25 * 6894.757293168", "FULL_SCALE_PA = 25.0", "That is psi", "pressure"
    ),
    Mistake(
        "MPRLS: hPa for Pa",
        "FULL_SCALE_PA = 25 * 6894.757293168",
        "FULL_SCALE_PA = 25 * 68.94757293168",
        "That is hPa",
        "pressure",
    ),
    Mistake(
        "MPRLS: byte order",
        "bytes((status, 0)) + answer[1:]",
        "bytes((status,)) + answer[1:] + bytes(1)",
        "byte order",
        "pressure",
    ),
    Mistake(
        "MPRLS: read too early",
        '        io.sleep(CONVERSION_S)\n        answer = io.transfer(b"", 4)\n        for _ in range(EXTRA_WAITS):',
        '        answer = io.transfer(b"", 4)\n        for _ in range(0):',
        "before the conversion is done",
        "pressure",
    ),
    Mistake("MPRLS: integrity ignored", "if status & INTEGRITY_FAILED:", "if False:", "damaged memory", "integrity"),
    Mistake(
        "MPRLS: saturated readings dropped",
        "        return bytes((status, 0))",
        '        if status & 1:\n            return b""\n        return bytes((status, 0))',
        "must not be dropped",
        "pressure",
    ),
    Mistake(
        "MPRLS: takes any chip",
        "if not status & POWERED or status & ALWAYS_ZERO:",
        "if False:",
        "accepts a bus",
        "foreign-refused",
    ),
    Mistake("MPRLS: frame of three bytes", '">BI"', '">BH"', "not a whole number of frames", "start"),
    Mistake(
        "MPRLS: swallows the missing answer",
        'io.transfer(b"\\xaa\\x00\\x00", 0)',
        "self._ask(io)",
        "never catches OSError",
        "errors",
    ),
]

MISTAKES = [
    *((mistake, MPU, MPU_CHIP) for mistake in ON_MPU),
    *((mistake, MPRLS, mprls.SPECIMEN) for mistake in ON_MPRLS),
]
ASKS = """    def _ask(self, io):
        try:
            io.transfer(b"\\xaa\\x00\\x00", 0)
        except OSError:
            return

    def stop("""
EXTRA = {
    # Edits that need a second place, or something to stand on.
    "250 deg/s with its scale: clips": ("radians(1 / 16.4)", "radians(1 / 131)"),
    "stale repeats: the last sample again": ("    fifo = True\n", '    fifo = True\n    last = b""\n'),
    "rate divider of 8 kHz": ("return 1000 / divider", "return 8000 / divider"),
    "MPRLS: takes any chip": ("        if not status & POWERED:", "        if False:"),
    "MPRLS: read too early": ("        if status & BUSY:", "        if False:"),
    "MPRLS: swallows the missing answer": (
        "    def stop(",
        ASKS,
    ),
}


def edited(source: str, mistake: Mistake) -> str:
    """`source` with the mistake in it; the place to make it must be there."""
    for old, new in ((mistake.old, mistake.new), *((EXTRA[mistake.what],) if mistake.what in EXTRA else ())):
        assert source.count(old) >= 1, f"{mistake.what}: {old!r} is not in the driver"
        source = source.replace(old, new)
    return source


def driver_in(source: str, folder: Path) -> type[I2CDriver]:
    """The driver class in `source`, imported as a file, as an owner's is."""
    path = folder / "driver_under_test.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location("driver_under_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    own = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    (driver,) = [value for value in own if issubclass(value, I2CDriver)]
    return driver


def findings(mistake: Mistake, source: str, specimen: Specimen, folder: Path) -> list[Finding]:
    """What the kit finds on the first variant, and where the mistake is one of variants on the second: it is quick."""
    both = "6500" in mistake.what or "variant" in mistake.what
    few = specimen._replace(identities=specimen.identities[: 1 + both])
    found = check(driver_in(edited(source, mistake), folder), few)
    return [finding for finding in found if finding.result == "failed"]


@pytest.mark.parametrize("source", [MPU, MPRLS], ids=["page", "mprls"])
def test_the_drivers_are_sound_before_the_mistake(source: str, tmp_path: Path) -> None:
    specimen = MPU_CHIP if source is MPU else mprls.SPECIMEN
    driver = driver_in(source, tmp_path)
    assert [finding for finding in check(driver, specimen) if finding.result == "failed"] == []


def test_there_are_at_least_twenty_and_no_two_alike() -> None:
    assert len(ON_MPU) >= 20
    assert len({mistake.what for mistake, _, _ in MISTAKES}) == len(MISTAKES)


@pytest.mark.slow
@pytest.mark.parametrize(("mistake", "source", "specimen"), [pytest.param(*row, id=row[0].what) for row in MISTAKES])
def test_the_kit_finds_it_and_names_the_cause(
    mistake: Mistake, source: str, specimen: Specimen, tmp_path: Path
) -> None:
    failed = findings(mistake, source, specimen, tmp_path)
    assert failed, f"{mistake.what} passes"
    says = {finding.check: finding.says for finding in failed}
    assert mistake.named.lower() in says.get(mistake.check, "").lower(), says
