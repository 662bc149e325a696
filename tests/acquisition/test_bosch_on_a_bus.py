"""The Bosch drivers under the bus thread's own code: a slow bus, a supply that drops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from acquisition_doubles import TimedBus, Vector, faults, gaps, imu_samples

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import Input
from firmware_host.simulator.bus import SimBus
from sensors.chips.bmi160 import Bmi160Chip
from sensors.chips.bmi270 import Bmi270Chip, made_up_configuration
from sensors.chips.bno055 import Bno055Chip
from sensors.driver import STANDARD_GRAVITY, I2CDriver
from sensors.imu.bmi160 import Bmi160
from sensors.imu.bmi270 import Bmi270
from sensors.imu.bno055 import Bno055

pytestmark = pytest.mark.slow


class MadeUp(Bmi270):
    def configuration(self) -> bytes:
        return made_up_configuration()


CHIPS: list[tuple[type[I2CDriver], Callable[..., Any]]] = [
    (MadeUp, Bmi270Chip),
    (Bmi160, Bmi160Chip),
    (Bno055, Bno055Chip),
]


class Bench:
    def __init__(self, driver: type[I2CDriver], chip: Callable[..., Any], hz: float) -> None:
        self.clock = ManualClock()
        self.chip = chip(self.clock.now, self._motion)
        self.wire = TimedBus(SimBus([self.chip]), self.clock, hz)
        self.inputs: list[Input] = []
        device = Device("roller", "imu", driver(), None, 100)
        self.bus = I2CBus("7", lambda: self.wire, [device], self.clock, self.inputs.extend)
        self.clock.sleep(1.0)

    def _motion(self, t: float) -> tuple[Vector, Vector]:
        return (0.0, 0.0, STANDARD_GRAVITY), (t % 10, 0.0, 0.0)

    def run(self, seconds: float) -> None:
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            due = self.bus.poll()
            self.clock.sleep(max(0.0, min(due, end) - self.clock.now()))

    def take(self) -> list[Input]:
        taken = list(self.inputs)
        self.inputs.clear()
        return taken


@pytest.mark.parametrize(("driver", "chip"), CHIPS, ids=lambda x: x.__name__)
def test_a_supply_that_drops_is_noticed_and_the_chip_started_again(
    driver: type[I2CDriver], chip: Callable[..., Any]
) -> None:
    bench = Bench(driver, chip, 62_500.0)
    bench.run(10.0)
    bench.take()
    bench.chip.power_cycle()
    bench.run(6.0)
    inputs = bench.take()
    assert len(gaps(inputs)) == 1
    assert [fault.ok for fault in faults(inputs)][-1]
    assert len(imu_samples(inputs)) > 200
    bench.run(2.0)
    assert len(imu_samples(bench.take())) == pytest.approx(200, abs=8)


def test_without_bosch_s_program_the_fault_says_what_to_get(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("SLOWROLL_BMI270_CONFIG", str(tmp_path_factory.mktemp("empty") / "bmi270.c"))
    bench = Bench(Bmi270, Bmi270Chip, 250_000.0)
    bench.run(3.0)
    (fault,) = faults(bench.take())
    assert "bmi270.c" in fault.what
    assert "BMI270_SensorAPI" in fault.hint
    assert not bench.bus.diagnostics()[0].running
