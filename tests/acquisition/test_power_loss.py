"""A supply that fails for a moment, in mid-stream: noticed on every shipped chip, and nothing wrong gets through."""

from __future__ import annotations

import re

import pytest
from acquisition_doubles import faults, gaps
from telltale import Telltale, made, near_the_seam, taken_t

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.acquisition.smbus_io import SmbusIo
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import ForceSample, ImuSample, Input
from firmware_host.simulator.bus import SimBus
from sensors.catalog import BUILT_IN
from sensors.chips.mpu6050 import Mpu6050Chip
from sensors.driver import STANDARD_GRAVITY, Channel, I2CDriver, I2CIo, Ident, xyz

KEEPS_NOTHING = ("ads1115", "mprls")
"""Told everything with each reading, so there is nothing that they could lose."""


def samples(inputs: list[Input]) -> list[ImuSample | ForceSample]:
    return [item for item in inputs if isinstance(item, ImuSample | ForceSample)]


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("at_s", [0.0, 0.013, 0.031])
def test_every_chip_is_started_again(name: str, at_s: float) -> None:
    bench = Telltale(("roller", name))
    (chip,) = bench.chips.values()
    bench.run(6.0 + at_s)
    bench.take()
    gaps_before = bench.bus.diagnostics()[0].gaps
    chip.power_cycle()
    lost_t = bench.clock.now()
    bench.run(2.0)
    early = bench.take()
    bench.run(5.0)
    inputs = early + bench.take()
    if name in KEEPS_NOTHING:
        assert len(samples(inputs)) > 300
    else:
        assert len(gaps(early)) == 1
        assert bench.bus.diagnostics()[0].gaps == gaps_before + 1
        told = faults(inputs)
        assert not told[0].ok
        assert told[0].t - lost_t < 2.0
        assert told[0].hint
        assert told[-1].ok
    for sample in samples(inputs):
        if not near_the_seam(sample.t):
            for t in taken_t(sample):
                assert t == pytest.approx(sample.t, abs=0.06)
    assert samples(inputs)[-1].t > bench.clock.now() - 0.1


@pytest.mark.parametrize("name", sorted(set(BUILT_IN) - set(KEEPS_NOTHING)))
def test_the_witness_tells_a_reset_chip_from_a_started_one(name: str) -> None:
    bench = Telltale(("roller", name))
    ((chip, device),) = zip(bench.chips.values(), bench.devices.values(), strict=True)
    bench.run(3.0)
    io = SmbusIo(bench.wire, chip.address, bench.clock.sleep)
    assert device.driver.witness is not None
    started = io.read(device.driver.witness, 1)
    bench.run(3.0)
    assert io.read(device.driver.witness, 1) == started
    chip.power_cycle()
    bench.clock.sleep(1.0)
    assert io.read(device.driver.witness, 1) != started


@pytest.mark.parametrize("name", KEEPS_NOTHING)
def test_a_chip_that_keeps_nothing_has_no_witness(name: str) -> None:
    assert made(name).witness is None


class OutputRegisters(I2CDriver):
    """The example of sensors/driver.py in short, on an MPU-6500: that chip is awake after a reset, at +-2 g."""

    name = "output_registers"
    role = "imu"
    addresses = (0x68,)
    ident = Ident(0x75, {0x70: "MPU-6500"})
    frame = ">7h"
    rates = (100,)

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (*xyz("accel", STANDARD_GRAVITY / 4096), Channel("temperature", 1.0), *xyz("gyro", 1.0))

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        io.write(0x6B, 0x01)
        io.sleep(0.1)
        io.write(0x19, 9, 3, 3 << 3, 2 << 3)
        return 100.0

    def read(self, io: I2CIo) -> bytes:
        return io.read(0x3B, 14)

    def stop(self, io: I2CIo) -> None:
        io.write(0x6B, 0x40)


class Witnessed(OutputRegisters):
    witness = 0x1C


@pytest.mark.parametrize(("driver", "notices"), [(OutputRegisters, False), (Witnessed, True)])
def test_a_chip_that_wakes_by_itself_at_another_range(driver: type[I2CDriver], notices: bool) -> None:
    clock = ManualClock()
    chip = Mpu6050Chip(clock.now, lambda _t: ((0.0, 0.0, STANDARD_GRAVITY), (0.0, 0.0, 0.0)), who_am_i=0x70)
    inputs: list[Input] = []
    bus = I2CBus("7", lambda: SimBus([chip]), [Device("roller", "imu", driver(), None, 100)], clock, inputs.extend)

    def run(seconds: float) -> list[float]:
        inputs.clear()
        end = clock.now() + seconds
        while clock.now() < end:
            clock.sleep(max(0.0, bus.poll() - clock.now()))
        return [item.accel[2] for item in inputs if isinstance(item, ImuSample) and item.accel]

    assert max(run(5.0)) == pytest.approx(STANDARD_GRAVITY, abs=0.5)
    chip.power_cycle()
    heavy = run(2.0)
    assert max(heavy) > 3 * STANDARD_GRAVITY  # four times too much, until somebody looks
    assert bool(faults(inputs)) == notices
    if notices:
        assert re.search("register 0x1c reads 0x00, not 0x10", faults(inputs)[0].what)
        assert sum(value > 3 * STANDARD_GRAVITY for value in heavy) <= 102
        assert max(run(5.0)) == pytest.approx(STANDARD_GRAVITY, abs=0.5)
    else:
        assert min(run(5.0)) > 3 * STANDARD_GRAVITY


def test_one_wrong_bit_in_the_check_is_not_a_reset() -> None:
    bench = Telltale(("roller", "mpu6050"))
    (chip,) = bench.chips.values()
    bench.run(5.0)
    real, flipped = chip.transfer, []

    def noisy(write: bytes, read_count: int) -> bytes:
        answer = real(write, read_count)
        if write == b"\x1c" and not flipped:
            flipped.append(True)
            return bytes((answer[0] ^ 0x08,))
        return answer

    chip.transfer = noisy  # type: ignore[method-assign]
    bench.run(3.0)
    assert flipped
    assert faults(bench.take()) == []
