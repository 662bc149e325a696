"""The DRV2605L's model does what the data sheet says, and its driver never leaves a motor running."""

from __future__ import annotations

import pytest

from sensors.actuators.drv2605 import Drv2605
from sensors.catalog import ACTUATORS, CatalogError, make_actuator
from sensors.chips.drv2605 import TRANSCRIPT, Drv2605Chip
from sensors.conformance.bench import BenchIo
from sensors.driver import Actuator, SensorFault
from sensors.probe import probe


class Bench:
    def __init__(self, identity: int = 0xE0) -> None:
        self.io = BenchIo(lambda data, count: self.chip.transfer(data, count))
        self.chip = Drv2605Chip(lambda: self.io.t, identity=identity)
        self.driver = Drv2605()


def test_after_power_up_it_is_in_standby_and_plays_nothing() -> None:
    bench = Bench()
    assert bench.io.read(0x01, 1) == b"\x40"
    bench.io.write(0x0C, 1)
    assert bench.chip.level() == 0.0


def test_real_time_playback_holds_for_ever() -> None:
    """Why the driver does not use it."""
    bench = Bench()
    bench.io.write(0x01, 0x05)
    bench.io.write(0x02, 0x7F)
    bench.io.sleep(3600.0)
    assert bench.chip.level() == pytest.approx(1.0, abs=0.02)


def test_start_writes_what_the_data_sheet_asks_for_and_moves_nothing() -> None:
    bench = Bench()
    bench.driver.start(bench.io, "DRV2605L")
    assert bench.io.writes() == [(golden.register, golden.value) for golden in TRANSCRIPT]
    assert bench.chip.level() == 0.0


@pytest.mark.parametrize("level", [0.1, 0.5, 1.0])
def test_a_burst_is_as_strong_as_asked_from_its_begin_to_its_end(level: float) -> None:
    bench = Bench()
    bench.driver.start(bench.io, "DRV2605L")
    bench.driver.set(bench.io, level, 0.15)
    assert bench.chip.level() == pytest.approx(level, abs=0.01)
    bench.io.sleep(0.15)
    assert bench.chip.level() == pytest.approx(level, abs=0.01)
    bench.driver.set(bench.io, 0.0, 0.0)
    assert bench.chip.level() == 0.0


def test_if_the_computer_stops_the_chip_ends_it() -> None:
    bench = Bench()
    bench.driver.start(bench.io, "DRV2605L")
    bench.driver.set(bench.io, 1.0, 0.15)
    bench.io.sleep(Drv2605.longest_s)
    assert bench.chip.level() == 0.0
    assert Drv2605.longest_s <= 1.0


def test_a_burst_over_another_begins_anew() -> None:
    bench = Bench()
    bench.driver.start(bench.io, "DRV2605L")
    bench.driver.set(bench.io, 1.0, 0.15)
    bench.io.sleep(0.7)
    bench.driver.set(bench.io, 1.0, 0.15)
    bench.io.sleep(0.15)
    assert bench.chip.level() > 0.9


def test_stop_is_off_and_standby() -> None:
    bench = Bench()
    bench.driver.start(bench.io, "DRV2605L")
    bench.driver.set(bench.io, 1.0, 0.15)
    bench.driver.stop(bench.io)
    assert bench.chip.level() == 0.0
    assert bench.io.read(0x01, 1) == b"\x40"


def test_a_reset_and_a_short_are_faults_with_a_hint() -> None:
    bench = Bench()
    bench.driver.start(bench.io, "DRV2605L")
    bench.chip.shorted = True
    bench.driver.set(bench.io, 1.0, 0.15)
    with pytest.raises(SensorFault, match="too much current") as short:
        bench.driver.set(bench.io, 0.0, 0.0)
    assert "OUT+" in short.value.hint
    bench.chip.power_cycle()
    with pytest.raises(SensorFault, match="was reset") as reset:
        bench.driver.set(bench.io, 1.0, 0.15)
    assert "VIN" in reset.value.hint


def begin(bench: Bench) -> None:
    bench.driver.start(bench.io, "DRV2605L")
    bench.driver.set(bench.io, 1.0, 0.1)


def test_a_missing_acknowledge_passes_through_everywhere() -> None:
    reference = Bench()
    begin(reference)
    for index in range(len(reference.io.log)):
        bench = Bench()
        bench.io.fail_at = index
        with pytest.raises(OSError, match="Remote I/O"):
            begin(bench)
        bench.driver.start(bench.io, "DRV2605L")
        assert bench.chip.level() == 0.0


@pytest.mark.parametrize(("status", "chip"), [(0xE0, "DRV2605L"), (0x64, "DRV2605"), (0xE9, "DRV2605L")])
def test_it_is_known_by_three_bits_of_its_status(status: int, chip: str) -> None:
    bench = Bench(status)
    assert probe(bench.io, bench.driver) == chip
    assert bench.io.writes() == []


@pytest.mark.parametrize("status", [0x00, 0xFF, 0x80, 0xC0])
def test_a_floating_line_and_another_chip_are_not_taken_for_it(status: int) -> None:
    bench = Bench(status)
    with pytest.raises(SensorFault) as caught:
        probe(bench.io, bench.driver)
    assert caught.value.hint


@pytest.mark.parametrize("name", sorted(ACTUATORS))
def test_every_shipped_actuator_has_a_whole_table(name: str) -> None:
    driver = make_actuator(name)
    assert driver.name == name
    assert driver.source
    assert all(0x08 <= address <= 0x77 for address in driver.addresses)


class Unfinished(Actuator):
    name = "unfinished"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("drv2606", "there is no actuator called 'drv2606': known are drv2605"),
        ("sensors.imu.mpu6050:Mpu6050", "is not an actuator"),
        (f"{__name__}:Unfinished", "has no addresses, ident, longest_s, start"),
        ("nothing_like_this:It", "can't be imported"),
    ],
)
def test_an_actuator_that_can_not_be_used_says_why(name: str, says: str) -> None:
    with pytest.raises(CatalogError, match=says):
        make_actuator(name)
