"""Chips whose own rates are 52, 104 and 208 Hz, and that know their oscillator: from a config without `rate` on."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from acquisition_doubles import FaultyBus, faults, gaps, imu_samples, rocking

from firmware_host.acquisition.devices import devices_for
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import Input
from firmware_host.settings import parse
from firmware_host.simulator.bus import SimBus
from sensors.catalog import Catalog
from sensors.chips.lsm6ds import Lsm6dsChip
from sensors.chips.lsm6ds3 import Lsm6ds3Chip
from sensors.chips.lsm6dso import Lsm6dsoChip


class Bench:
    """One LSM6DS on bus 1, wired as the config says."""

    def __init__(self, driver: str, rate: str = "", *, odr_error: float = 0.0, freq_fine: int = 0) -> None:
        self.clock = ManualClock()
        self.chip: Lsm6dsChip
        if driver == "lsm6ds3":
            self.chip = Lsm6ds3Chip(self.clock.now, rocking, who_am_i=0x6A, noise=0.1, odr_error=odr_error)
        else:
            self.chip = Lsm6dsoChip(self.clock.now, rocking, noise=0.1, odr_error=odr_error, freq_fine=freq_fine)
        self.wire = FaultyBus(SimBus([self.chip]), self.clock)
        text = f'[[tools]]\nname = "roller"\nimu = {{ driver = "{driver}"{rate} }}'
        (devices,) = devices_for(parse(text, "test.toml").tools, Catalog(installed=())).values()
        self.rate = devices[0].rate
        self.inputs: list[Input] = []
        self.bus = I2CBus("1", lambda: self.wire, devices, self.clock, self.inputs.extend)
        self.clock.sleep(1.0)

    def run(self, seconds: float) -> list[Input]:
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            due = self.bus.poll()
            self.clock.sleep(min(due, end, self.clock.now() + 0.25) - self.clock.now())
        taken = list(self.inputs)
        self.inputs.clear()
        return taken


def worst_time_error(inputs: list[Input]) -> float:
    """How far stamps are from the time at which the rocking roller really had that rate."""
    worst = 0.0
    for sample in imu_samples(inputs):
        assert sample.gyro is not None
        slope = 5.0 * math.pi * math.cos(math.pi * sample.t)
        if abs(slope) > 5:
            worst = max(worst, abs(5.0 * math.sin(math.pi * sample.t) - sample.gyro[0]) / abs(slope))
    return worst


@pytest.mark.parametrize("driver", ["lsm6ds3", "lsm6dso"])
def test_without_a_rate_the_chips_nearest_is_taken(driver: str) -> None:
    assert Bench(driver).rate == 104
    assert Bench(driver, ", rate = 208").rate == 208


@pytest.mark.parametrize(
    ("driver", "rate", "odr_error", "freq_fine", "true_hz"),
    [
        ("lsm6ds3", "", 0.03, 0, 107.3),
        ("lsm6ds3", ", rate = 52", -0.03, 0, 50.5),
        ("lsm6dso", "", 0.003, 21, 107.8),
        ("lsm6dso", ", rate = 208", 0.0, -21, 201.8),
    ],
)
def test_stamps_are_true_at_the_chips_own_rate(
    driver: str, rate: str, odr_error: float, freq_fine: int, true_hz: float
) -> None:
    bench = Bench(driver, rate, odr_error=odr_error, freq_fine=freq_fine)
    bench.run(3.0)  # the filter's lag, 5 to 9 ms, is part of the error
    taken = bench.run(20.0)
    times = [sample.t for sample in imu_samples(taken)]
    assert len(times) == pytest.approx(20 * true_hz, abs=0.06 * true_hz)
    assert all(a < b for a, b in itertools.pairwise(times))
    assert worst_time_error(taken) < 0.02
    (told,) = bench.bus.diagnostics()
    assert told.rate_hz == pytest.approx(true_hz, abs=0.3)
    assert (told.lost, told.gaps, told.faults) == (0, 0, 0)


@pytest.mark.parametrize("driver", ["lsm6ds3", "lsm6dso"])
def test_lost_replies_and_a_lost_supply_are_survived(driver: str) -> None:
    bench = Bench(driver)
    bench.run(5.0)
    rng = random.Random(2)
    bench.wire.fault = lambda: "reply lost" if rng.random() < 0.03 else ""
    taken = bench.run(10.0)
    # The tagged FIFO counts its samples, so a hole is seen at once; the other's shows in the clock.
    assert bool(gaps(taken)) == (driver == "lsm6dso")
    assert bench.bus.diagnostics()[0].lost > 0
    assert len(imu_samples(taken)) > 800
    assert worst_time_error(taken) < 0.03
    bench.wire.fault = lambda: ""
    bench.chip.power_cycle()
    taken = bench.run(3.0)
    assert [gap.what for gap in gaps(taken)] == ["chip reset"]
    assert [fault.ok for fault in faults(taken)] == [False, True]
    assert len(imu_samples(taken)) > 150
