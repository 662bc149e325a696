"""Every kind of force sensor on one bus with an IMU, as the bus's thread runs them: rates, values, power dips."""

from __future__ import annotations

import pytest
from acquisition_doubles import FaultyBus, faults, force_samples, gaps, imu_samples, rocking

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import ForceSample, Input
from firmware_host.simulator.bus import SimBus
from sensors.chips.ads1115 import Ads1115Chip
from sensors.chips.lps28dfw import Lps28dfwChip
from sensors.chips.mpu6050 import Mpu6050Chip
from sensors.chips.nau7802 import Nau7802Chip
from sensors.driver import I2CDriver
from sensors.imu.mpu6050 import Mpu6050
from sensors.pressure.ads1115 import Ads1115
from sensors.pressure.lps28dfw import Lps28dfw
from sensors.pressure.nau7802 import Nau7802


class Bench:
    """Three tools, each with another force sensor; the first has an IMU."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.chips = {
            "cell": Nau7802Chip(self.clock.now, lambda t: 1e-4 + 1e-5 * (t % 2)),
            "bladder": Lps28dfwChip(self.clock.now, lambda t: (120_000 + 500 * (t % 2), 25.0)),
            "strips": Ads1115Chip(self.clock.now, lambda t: (2e-4, 0.0, 1e-4 * (t % 2), 0.0)),
        }
        drivers: dict[str, I2CDriver] = {"cell": Nau7802(), "bladder": Lps28dfw(), "strips": Ads1115()}
        devices = [Device("cell", "imu", Mpu6050(), None, 100)]
        for tool, driver in drivers.items():
            address = 0x48 if tool == "strips" else None
            devices.append(Device(tool, "force", driver, address, 40 if tool == "cell" else 50))
        wire = FaultyBus(SimBus([Mpu6050Chip(self.clock.now, rocking), *self.chips.values()]), self.clock)
        self.inputs: list[Input] = []
        self.bus = I2CBus("7", lambda: wire, devices, self.clock, self.inputs.extend)
        self.run(3.0)
        self.inputs.clear()

    def run(self, seconds: float) -> None:
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.clock.sleep(min(self.bus.poll(), end) - self.clock.now())

    def samples(self, tool: str) -> list[ForceSample]:
        return [sample for sample in force_samples(self.inputs) if sample.tool == tool]


def test_all_of_them_on_one_bus_keep_their_rates_and_their_units() -> None:
    bench = Bench()
    bench.run(20.0)
    for tool, unit, rate in (("cell", "bridge", 40), ("bladder", "pressure", 50), ("strips", "strips", 50)):
        samples = bench.samples(tool)
        assert {sample.unit for sample in samples} == {unit}
        assert len(samples) == pytest.approx(20 * rate, rel=0.05), tool
    assert len(imu_samples(bench.inputs)) == pytest.approx(2000, abs=20)
    assert bench.samples("strips")[-1].value[0] == pytest.approx(0.2, abs=0.001)  # type: ignore[index]
    assert 0.99e-4 < float(bench.samples("cell")[-1].value) < 1.21e-4  # type: ignore[arg-type]
    assert 119_900 < float(bench.samples("bladder")[-1].value) < 121_100  # type: ignore[arg-type]
    assert gaps(bench.inputs) == []


@pytest.mark.parametrize("tool", ["cell", "bladder"])
def test_a_power_dip_is_noticed_told_and_put_right(tool: str) -> None:
    """A chip that was reset answers as if nothing had happened, and has nothing to say."""
    bench = Bench()
    bench.run(1.0)
    bench.chips[tool].power_cycle()
    bench.run(4.0)
    told = [fault for fault in faults(bench.inputs) if fault.tool == tool]
    assert [fault.ok for fault in told] == [False, True]
    assert [gap.what for gap in gaps(bench.inputs) if gap.tool == tool] == ["chip reset"]
    assert len(imu_samples(bench.inputs)) == pytest.approx(500, abs=10)  # it went on while the other one started
    bench.inputs.clear()
    bench.run(1.0)
    assert len(bench.samples(tool)) > 30


def test_a_converter_that_was_reset_just_goes_on() -> None:
    """Each of its conversions says all that it needs to know."""
    bench = Bench()
    bench.chips["strips"].power_cycle()
    bench.run(1.0)
    assert len(bench.samples("strips")) == pytest.approx(50, abs=3)
    assert faults(bench.inputs) == []
