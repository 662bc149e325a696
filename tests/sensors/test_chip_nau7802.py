"""The NAU7802's model does what the data sheet says, and the kit finds what hobby drivers get wrong with it."""

from __future__ import annotations

import pytest

from sensors.chips.nau7802 import Nau7802Chip
from sensors.conformance import check
from sensors.conformance.bench import BenchIo
from sensors.driver import I2CIo, SensorFault
from sensors.pressure.nau7802 import FULL_SCALE, Nau7802


class Bench:
    def __init__(self, **chip: float) -> None:
        self.v_v = 0.0
        self.io = BenchIo(lambda data, count: self.chip.transfer(data, count))
        self.chip = Nau7802Chip(lambda: self.io.t, lambda _t: self.v_v, noise=0.0, **chip)  # type: ignore[arg-type]
        self.driver = Nau7802()

    def reading(self) -> float:
        """V/V of the next read."""
        self.io.sleep(0.025)
        data = self.driver.read(self.io)
        assert isinstance(data, bytes)
        return int.from_bytes(data, "big", signed=True) * self.driver.channels("")[0].scale


def test_after_reset_it_is_off_and_says_nothing() -> None:
    bench = Bench()
    bench.io.sleep(5.0)
    assert bench.io.read(0x00, 3) == bytes(3)
    assert bench.io.read(0x1F, 1) == b"\x0f"
    assert bench.driver.read(bench.io) == b""


def test_power_up_takes_its_time_and_a_register_reset_undoes_everything() -> None:
    bench = Bench()
    bench.io.write(0x00, 0x02)
    assert bench.io.read(0x00, 1)[0] & 0x08 == 0
    bench.io.sleep(0.0003)
    assert bench.io.read(0x00, 1)[0] & 0x08
    bench.io.write(0x01, 0x2F)
    bench.io.write(0x00, 0x01)
    assert bench.io.read(0x01, 1) == b"\x00"
    bench.io.write(0x01, 0x2F)
    assert bench.io.read(0x01, 1) == b"\x00"  # held in reset until RR is 0


def test_a_reading_is_the_bridge_over_its_excitation() -> None:
    bench = Bench()
    bench.driver.start(bench.io, 40, "NAU7802")
    for ratio in (0.0, 5e-4, -5e-4, 1e-6):
        bench.v_v = ratio
        bench.io.sleep(0.1)
        assert bench.reading() == pytest.approx(ratio, abs=1e-9)
    bench.v_v = 1.0
    bench.io.sleep(0.1)
    assert bench.reading() == pytest.approx(FULL_SCALE, rel=1e-6)


def test_the_data_is_new_once() -> None:
    bench = Bench()
    bench.driver.start(bench.io, 40, "NAU7802")
    bench.io.sleep(0.02)
    assert bench.driver.read(bench.io) != b""
    assert bench.driver.read(bench.io) == b""


def test_a_change_of_gain_or_rate_asks_for_a_new_calibration() -> None:
    for register, value in ((0x01, 0x2E), (0x02, 0x20)):
        bench = Bench()
        bench.driver.start(bench.io, 40, "NAU7802")
        bench.io.write(register, value)
        bench.io.sleep(0.5)
        assert abs(bench.reading()) > 1e-4


def test_a_calibration_takes_a_third_of_a_second_and_nothing_is_converted_meanwhile() -> None:
    bench = Bench()
    bench.driver.start(bench.io, 40, "NAU7802")
    bench.io.write(0x02, 0x34)
    bench.io.sleep(0.33)
    assert bench.io.read(0x02, 1)[0] & 0x04
    assert bench.driver.read(bench.io) == b""
    bench.io.sleep(0.02)
    assert bench.io.read(0x02, 1) == b"\x30"


def test_a_failed_calibration_is_a_fault_with_a_hint() -> None:
    bench = Bench()
    bench.chip.calibration_fails = True
    with pytest.raises(SensorFault, match="CAL_ERR") as caught:
        bench.driver.start(bench.io, 40, "NAU7802")
    assert "E+" in caught.value.hint


def test_a_regulator_that_gets_too_little_wanders() -> None:
    bench = Bench(supply_v=3.1)
    bench.driver.start(bench.io, 40, "NAU7802")
    seen = [bench.reading() for _ in range(9)]
    assert max(seen) - min(seen) > 1e-5


def test_a_power_cut_ends_the_samples() -> None:
    bench = Bench()
    bench.driver.start(bench.io, 40, "NAU7802")
    bench.chip.power_cycle()
    bench.io.sleep(1.0)
    assert bench.driver.read(bench.io) == b""


class Changed:
    """An io that changes what a mistaken driver writes."""

    def __init__(self, io: I2CIo, register: int, value: int, instead: int | None, nap: bool = True) -> None:
        self._io, self._change, self._nap = io, (register, value, instead), nap

    def read(self, register: int, count: int) -> bytes:
        return self._io.read(register, count)

    def write(self, register: int, *values: int) -> None:
        if (register, values[0]) != self._change[:2]:
            self._io.write(register, *values)
        elif self._change[2] is not None:
            self._io.write(register, self._change[2])

    def transfer(self, data: bytes, count: int) -> bytes:
        return self._io.transfer(data, count)

    def sleep(self, seconds: float) -> None:
        self._io.sleep(seconds if self._nap or seconds < 0.05 else 0.0)


def mistaken(register: int, value: int, instead: int | None, nap: bool = True) -> type[Nau7802]:
    class Mistaken(Nau7802):
        def start(self, io: I2CIo, rate: float, chip: str) -> float:
            return super().start(Changed(io, register, value, instead, nap), rate, chip)

    return Mistaken


class NoCalibration(Nau7802):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        told = super().start(io, rate, chip)
        io.write(0x02, 0x20)
        io.write(0x02, 0x30)
        io.sleep(0.2)
        io.read(0x12, 3)
        return told


class Unsigned(Nau7802):
    frame = ">I"


class LittleEndian(Nau7802):
    def read(self, io: I2CIo) -> bytes:
        data = super().read(io)
        assert isinstance(data, bytes)
        return data[2::-1] + data[3:]


class Unsettled(Nau7802):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        told = super().start(io, rate, chip)
        io.write(0x00, 0x86)
        io.write(0x00, 0x96)
        return told


@pytest.mark.parametrize(
    ("driver", "found_by"),
    [
        (mistaken(0x01, 0x2F, 0x27), "start"),  # 3.3 V from 3.3 V: the driver's own look back says so
        (mistaken(0x00, 0x96, 0x16), "start"),  # converts without its analog supply
        (mistaken(0x30, 0x00, None, nap=False), "start"),  # calibrates before the supply stands
        (NoCalibration, "bridge"),
        (Unsigned, "bridge"),
        (LittleEndian, "bridge"),
        (Unsettled, "bridge"),
    ],
    ids=["ldo", "no avdd", "no settling", "no calibration", "unsigned", "endian", "first conversions"],
)
def test_the_kit_finds_the_mistake(driver: type[Nau7802], found_by: str) -> None:
    failed = {finding.check for finding in check(driver) if finding.result == "failed"}
    assert found_by in failed
