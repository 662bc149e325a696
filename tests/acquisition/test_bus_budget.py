"""Every shipped sensor on a bus as slow as a Raspberry Pi's really is: its rate, nothing lost, half of the bus free.

A Raspberry Pi told 100 and 400 kHz clocks about 62.5 and 250 kHz. Every bit takes its time here, and the loop is the
bus thread's own. Lost is what the chip measured and nobody was given; with no FIFO to count them, a reading
that came twice in place of a new one counts as lost.
"""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from acquisition_doubles import TimedBus, faults, force_samples, gaps, imu_samples

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import ForceSample, ImuSample, Input
from firmware_host.simulator.bus import SimBus
from sensors.catalog import BUILT_IN, Catalog
from sensors.chips.model import Vector
from sensors.chips.specimens import SPECIMENS
from sensors.driver import STANDARD_GRAVITY

RUN_S = 20.0
MOST_OF_THE_BUS = 0.5
MOST_LOST_WITHOUT_FIFO = 0.01


class Moving:
    """What the chip feels, never twice the same in a row: a repeated reading shows."""

    def imu(self, t: float) -> tuple[Vector, Vector]:
        return (0.0, math.sin(t), STANDARD_GRAVITY), (10.0 * math.sin(3.0 * t), 10.0 * math.cos(3.0 * t), 0.0)

    def pressure(self, t: float) -> tuple[float, float]:
        return 110_000.0 + 5000.0 * (math.sin(3.0 * t) + t % 1.0), 25.0

    def bridge(self, t: float) -> float:
        return 1e-4 * (1.0 + t % 7.0)

    def conductances(self, t: float) -> tuple[float, ...]:
        return tuple(1e-4 * (1.0 + t % 7.0 + place) for place in range(4))


def test_every_shipped_sensor_is_measured() -> None:
    assert set(SPECIMENS) == set(BUILT_IN)


@pytest.mark.slow
@pytest.mark.parametrize("bus_hz", [62_500, 250_000])
@pytest.mark.parametrize("name", sorted(SPECIMENS))
def test_it_keeps_its_rate_on_less_than_half_of_the_bus(name: str, bus_hz: int) -> None:
    specimen = SPECIMENS[name]
    driver_class = Catalog(installed=()).get(name)
    driver = type(
        driver_class.__name__, (driver_class,), {"__module__": driver_class.__module__, **specimen.stand_ins}
    )()
    rate = min(driver.rates, key=lambda offered: abs(offered - 100.0))
    clock = ManualClock()
    wire = TimedBus(SimBus([specimen.build(clock.now, Moving(), specimen.identities[0])]), clock, bus_hz)
    inputs: list[Input] = []
    device = Device("roller", driver.role, driver, None, rate)
    bus = I2CBus("sim", lambda: wire, [device], clock, inputs.extend)

    def run(seconds: float) -> None:
        end = clock.now() + seconds
        while clock.now() < end:
            clock.sleep(min(bus.poll(), end) - clock.now())

    clock.sleep(1.0)
    run(5.0)  # found, started, settled
    assert [fault.what for fault in faults(inputs) if not fault.ok] == []
    inputs.clear()
    busy_s, began_t = wire.busy_s, clock.now()
    run(RUN_S)
    took_s = clock.now() - began_t
    assert (wire.busy_s - busy_s) / took_s < MOST_OF_THE_BUS
    assert faults(inputs) == gaps(inputs) == []
    (told,) = bus.diagnostics()
    assert told.lost == 0

    samples: list[ImuSample] | list[ForceSample] = imu_samples(inputs) or force_samples(inputs)
    new = 1 + sum(_reading(a) != _reading(b) for a, b in pairwise(samples))
    assert told.rate_hz is not None
    expected = took_s * (told.told_hz or rate)
    if driver.fifo:
        assert new == len(samples)
        assert new == pytest.approx(expected, abs=0.06 * rate)  # what waits in the FIFO at either end
    else:
        assert new >= (1.0 - MOST_LOST_WITHOUT_FIFO) * expected


def _reading(sample: ImuSample | ForceSample) -> object:
    return (sample.accel, sample.gyro) if isinstance(sample, ImuSample) else sample.value
