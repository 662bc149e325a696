"""The LPS28DFW's model does what the data sheet says, and the kit finds what drivers get wrong with it."""

from __future__ import annotations

import struct

import pytest

from sensors.chips.lps28dfw import Lps28dfwChip
from sensors.conformance import check
from sensors.conformance.bench import BenchIo
from sensors.driver import I2CIo
from sensors.pressure.lps28dfw import Lps28dfw


class Bench:
    def __init__(self) -> None:
        self.pascal = 101_325.0
        self.io = BenchIo(lambda data, count: self.chip.transfer(data, count))
        self.chip = Lps28dfwChip(lambda: self.io.t, lambda t: (self.pascal + 1000 * t, 25.0), noise=0.0)
        self.driver = Lps28dfw()

    def reading(self) -> tuple[float, float]:
        """Pa and degC of one read."""
        data = self.driver.read(self.io)
        assert isinstance(data, bytes)
        pressure, temperature = struct.unpack(self.driver.frame, data)
        one, two = self.driver.channels("")
        return pressure * one.scale, temperature * two.scale


def test_after_reset_it_is_powered_down() -> None:
    bench = Bench()
    bench.io.sleep(1.0)
    assert bench.io.read(0x10, 3) == b"\x00\x00\x01"
    assert bench.io.read(0x27, 4) == bytes(4)


def test_the_first_reading_counts_already() -> None:
    """What is still in the low-pass would be taken for a bladder that is half empty."""
    bench = Bench()
    bench.driver.start(bench.io, 50, "LPS28DFW")
    bench.io.sleep(0.011)
    pascal, degc = bench.reading()
    assert pascal == pytest.approx(bench.pascal + 1000 * bench.io.t, abs=15)
    assert degc == pytest.approx(25.0)


def test_the_data_is_new_once_and_overruns_are_told() -> None:
    bench = Bench()
    bench.driver.start(bench.io, 50, "LPS28DFW")
    bench.io.sleep(0.011)
    assert bench.driver.read(bench.io) != b""
    assert bench.driver.read(bench.io) == b""
    bench.io.sleep(0.035)
    assert bench.io.read(0x27, 1)[0] & 0x11 == 0x11


def test_its_ends_in_either_range() -> None:
    bench = Bench()
    bench.driver.start(bench.io, 50, "LPS28DFW")
    bench.pascal = 1e6
    bench.io.sleep(0.05)
    assert bench.reading()[0] == pytest.approx(406_000, abs=5)
    bench.io.write(0x11, 0x18)
    bench.io.sleep(0.05)
    assert int.from_bytes(bench.io.read(0x28, 3), "little") / 4096 == pytest.approx(1260)


def test_without_block_update_two_samples_mix() -> None:
    """A sample lands between the low byte and the others."""
    for register, whole in ((0x58, True), (0x50, False)):
        bench = Bench()
        bench.chip = Lps28dfwChip(lambda: bench.io.t, lambda t: (1e5 + 1.2345e6 * (t - 1.0), 25.0), noise=0.0)  # noqa: B023
        bench.driver.start(bench.io, 50, "LPS28DFW")
        bench.io.t = 1.0
        bench.io.write(0x11, register)  # the samples count anew from 1 s on
        began = bench.io.t
        bench.io.t = began + 0.05 - 10e-6 - 57 / 400_000
        seen = int.from_bytes(bench.io.read(0x28, 3), "little") * 100 / 2048
        one, two = (1e5 + 1.2345e6 * (began - 1.0 + late) for late in (0.04, 0.05))
        assert (abs(seen - one) < 1 or abs(seen - two) < 1) is whole


def test_a_power_cut_ends_the_samples() -> None:
    bench = Bench()
    bench.driver.start(bench.io, 50, "LPS28DFW")
    bench.chip.power_cycle()
    bench.io.sleep(1.0)
    assert bench.driver.read(bench.io) == b""


class NarrowRange(Lps28dfw):
    """As somebody would write it who has a barometer in mind."""

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        told = super().start(io, rate, chip)
        io.write(0x11, 0x18)
        return told


class NeverWakes(Lps28dfw):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        told = super().start(io, rate, chip)
        io.write(0x10, 0x00)
        return told


class BigEndian(Lps28dfw):
    frame = ">ih"


@pytest.mark.parametrize(
    ("driver", "found_by"), [(NarrowRange, "pressure"), (NeverWakes, "start"), (BigEndian, "pressure")]
)
def test_the_kit_finds_the_mistake(driver: type[Lps28dfw], found_by: str) -> None:
    failed = {finding.check for finding in check(driver) if finding.result == "failed"}
    assert {found_by, "transcript"} <= failed | ({"transcript"} if driver is BigEndian else set())
