"""The ADS1115's model does what the data sheet says, FSRs read as conductance, and the kit finds what goes wrong."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from sensors.catalog import Catalog
from sensors.chips.ads1115 import Ads1115Chip
from sensors.chips.model import Specimen
from sensors.conformance import check
from sensors.conformance.bench import BenchIo
from sensors.driver import I2CIo, SensorFault
from sensors.pressure import ads1115
from sensors.pressure.ads1115 import Ads1115


class Bench:
    def __init__(self, driver: Ads1115 | None = None, divider_ohm: float = 3300) -> None:
        self.siemens = (0.0, 0.0, 0.0, 0.0)
        self.io = BenchIo(lambda data, count: self.chip.transfer(data, count))
        self.chip = Ads1115Chip(lambda: self.io.t, lambda _t: self.siemens, divider_ohm=divider_ohm)
        self.driver = driver or Ads1115()

    def strips(self) -> list[float]:
        data = self.driver.read(self.io)
        assert isinstance(data, bytes)
        numbers = struct.unpack(self.driver.frame, data)
        return [raw * channel.scale for raw, channel in zip(numbers, self.driver.channels(""), strict=True)]


def test_at_power_up_it_sleeps_with_the_data_sheets_configuration() -> None:
    bench = Bench()
    assert bench.io.read(0x01, 2) == b"\x85\x83"
    bench.io.sleep(1.0)
    assert bench.io.read(0x00, 2) == bytes(2)


def test_a_conversion_takes_a_tenth_longer_than_the_rate_says_and_the_old_value_stands_until_then() -> None:
    bench = Bench()
    bench.siemens = (5e-4, 0.0, 0.0, 0.0)
    bench.io.write(0x01, 0xC3, 0xE3)
    began = bench.io.t
    bench.io.t = began + 1 / 860  # the time of the answers below: the model is asked, not the bus
    assert bench.chip.transfer(b"\x01", 2) == b"\x43\xe3"
    assert bench.chip.transfer(b"\x00", 2) == bytes(2)
    bench.io.t = began + 1.1 / 860 + 30e-6  # and it wakes up first
    assert bench.chip.transfer(b"\x01", 2) == b"\xc3\xe3"
    value = int.from_bytes(bench.chip.transfer(b"\x00", 2), "big")
    assert value * 125e-6 == pytest.approx(3.3 * 1.65 / 2.65, abs=2e-4)


def test_strips_are_pressed_near_linear_to_their_end() -> None:
    bench = Bench()
    bench.driver.start(bench.io, 50, "")
    bench.siemens = (1e-4, 2e-4, 4e-4, 8e-4)
    assert bench.strips() == pytest.approx([0.1, 0.2, 0.4, 0.8], abs=0.001)
    bench.siemens = (0.0, 1.0, 1e-7, 1e-3)
    assert bench.strips() == pytest.approx([0.0, 1.0, 0.0001, 1.0], abs=0.001)


def test_an_input_a_hair_below_ground_is_0() -> None:
    bench = Bench()
    bench.siemens = (-1e-8, 0.0, 0.0, 0.0)
    assert bench.strips()[0] == 0.0


def test_a_chip_that_was_reset_or_hangs_is_a_fault_with_a_hint() -> None:
    bench = Bench()
    bench.chip.stuck = True
    with pytest.raises(SensorFault, match="stays busy") as stuck:
        bench.driver.read(bench.io)
    assert stuck.value.hint

    class PowerDip(BenchIo):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            bench.chip.power_cycle()

    bench = Bench()
    with pytest.raises(SensorFault, match="0x8583 where 0xc3e3") as reset:
        bench.driver.read(PowerDip(bench.chip.transfer))
    assert "lost power" in reset.value.hint


def test_a_thermometer_at_its_address_is_not_taken_for_it_and_not_written_to() -> None:
    bench = Bench()
    bench.chip.thresholds = (0x4B00, 0x5000)  # LM75, TMP102: T_LOW and T_HIGH after power-up
    with pytest.raises(SensorFault, match="not an ADS1115"):
        bench.driver.start(bench.io, 50, "")
    assert bench.io.writes() == []


def test_a_drop_in_file_says_which_inputs_have_a_strip(tmp_path: Path) -> None:
    """The example in the driver's own words."""
    example = str(ads1115.__doc__).split("drivers folder:\n\n")[1].split("\n\nThe chip has")[0]
    (tmp_path / "two_strips.py").write_text("\n".join(line[4:] for line in example.splitlines()), encoding="utf-8")
    driver = Catalog(tmp_path, installed=()).get("two_strips")
    assert issubclass(driver, Ads1115)
    bench = Bench(driver(), divider_ohm=10_000)
    bench.driver.start(bench.io, 50, "")
    bench.siemens = (1e-4, 5e-4, 1.0, 1.0)
    assert bench.strips() == pytest.approx([0.1, 0.5], abs=0.002)
    model = Specimen(
        "two_strips", (0,), lambda now, truth, _id: Ads1115Chip(now, truth.conductances, divider_ohm=10_000)
    )
    assert [finding for finding in check(driver, model) if finding.result == "failed"] == []


class Impatient(Ads1115):
    def _convert(self, io: I2CIo, number: int) -> float:
        io.write(0x01, 0xC3 | number << 4, 0xE3)
        io.sleep(1 / 860)
        return int.from_bytes(io.read(0x00, 2), "big", signed=True) * 125e-6


class Volts(Ads1115):
    """The share of the supply: what one gets without thinking of the divider."""

    def _pressed(self, volt: float) -> int:
        return round(volt / 3.3 * 10_000)


class CopiedFormula(Ads1115):
    """The example that is widely copied: G/80 up to 1000 uS, then (G - 1000)/30."""

    full_siemens = 2e-3

    def _pressed(self, volt: float) -> int:
        micro = super()._pressed(volt) / 5
        return round(100 * (micro / 80 if micro <= 1000 else (micro - 1000) / 30))


class WrongInput(Ads1115):
    inputs = (0, 0, 2, 3)


@pytest.mark.parametrize(
    ("driver", "found_by"),
    [
        (Impatient, "strips"),
        (Volts, "strips"),
        (CopiedFormula, "strips"),
        (WrongInput, "strips"),
    ],
)
def test_the_kit_finds_the_mistake(driver: type[Ads1115], found_by: str) -> None:
    findings = {finding.check for finding in check(driver) if finding.result == "failed"}
    assert found_by in findings
