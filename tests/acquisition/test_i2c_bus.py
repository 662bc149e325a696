"""A bus through its whole life: samples in SI with true times, every fault named, and back again after it."""

from __future__ import annotations

import itertools
import math
import threading
from pathlib import Path

import pytest
from acquisition_doubles import Bench, errno_error, faults, force_samples, gaps, imu_samples

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.i2c_bus import I2CBus, kernel_driver
from firmware_host.clock import SystemClock
from firmware_host.coaching.inputs import Input
from firmware_host.simulator.bus import SimBus
from sensors.chips.mpu6050 import Mpu6050Chip
from sensors.driver import I2CIo
from sensors.imu.mpu6050 import Mpu6050
from sensors.pressure.mprls import Mprls


def time_error(t: float, rate: float) -> float:
    """How far `t` is from the time at which the rocking roller really had `rate`."""
    slope = 5.0 * math.pi * math.cos(math.pi * t)
    return abs(5.0 * math.sin(math.pi * t) - rate) / abs(slope) if abs(slope) > 5 else 0.0


def test_samples_are_si_and_at_their_true_times() -> None:
    bench = Bench(noise=0.1, odr_error=0.01)
    bench.run(20.0)
    samples = imu_samples(bench.take())
    assert len(samples) == pytest.approx(19.7 * 101, abs=10)
    times = [sample.t for sample in samples]
    assert times == sorted(set(times))
    for sample in samples[500:]:
        assert sample.accel is not None
        assert sample.gyro is not None
        assert sample.accel[2] == pytest.approx(9.81, abs=0.05)
        assert time_error(sample.t, sample.gyro[0]) < 0.012
    (told,) = bench.bus.diagnostics()
    assert told.rate_hz == pytest.approx(101, abs=0.2)
    assert (told.running, told.chip, told.address, told.lost, told.gaps) == (True, "MPU-6050", 0x68, 0, 0)


@pytest.mark.parametrize("who_am_i", [0x70, 0x71, 0x72, 0x73, 0x98, 0x12])
def test_every_variant_runs(who_am_i: int) -> None:
    bench = Bench(who_am_i=who_am_i)
    bench.run(2.0)
    taken = bench.take()
    assert len(imu_samples(taken)) > 150
    assert faults(taken) == []


def test_pressure_beside_the_imu() -> None:
    bench = Bench(force=True)
    bench.run(5.0)
    taken = bench.take()
    pressures = force_samples(taken)
    assert len(pressures) == pytest.approx(240, abs=10)
    for sample in pressures:
        assert sample.unit == "pressure"
        assert sample.value == pytest.approx(105_000 + 1000 * math.sin(sample.t), abs=40)
    assert len(imu_samples(taken)) == pytest.approx(475, abs=15)
    assert {told.device for told in bench.bus.diagnostics()} == {"roller imu", "roller force"}
    assert bench.bus.diagnostics()[1].rate_hz == pytest.approx(50, abs=1)


def test_a_saturated_pressure_is_not_dropped() -> None:
    bench = Bench(force=True, pressure=lambda _t: (250_000.0, 25.0))
    bench.run(1.0)
    values = [sample.value for sample in force_samples(bench.take())]
    assert len(values) > 30
    assert min(values) == pytest.approx(172_369, abs=5)


def test_a_stalled_thread_loses_nothing_and_keeps_the_times() -> None:
    bench = Bench(noise=0.1)
    bench.run(5.0)
    bench.take()
    bench.clock.sleep(0.2)
    bench.run(1.0)
    taken = bench.take()
    samples = imu_samples(taken)
    assert len(samples) == pytest.approx(120, abs=6)
    assert max(b.t - a.t for a, b in itertools.pairwise(samples)) < 0.015
    for sample in samples:
        assert sample.gyro is not None
        assert time_error(sample.t, sample.gyro[0]) < 0.008
    assert gaps(taken) == []


def test_a_stall_past_the_fifo_is_one_gap_and_goes_on() -> None:
    bench = Bench()
    bench.run(2.0)
    bench.take()
    bench.clock.sleep(2.0)
    bench.run(1.0)
    taken = bench.take()
    assert [gap.what for gap in gaps(taken)] == ["fifo overflow"]
    assert faults(taken) == []
    assert len(imu_samples(taken)) > 80
    assert bench.bus.diagnostics()[0].lost == pytest.approx(200, abs=10)


def test_bytes_lost_from_the_fifo_never_become_shifted_samples() -> None:
    bench = Bench()
    bench.run(2.0)
    bench.take()
    bench.clock.sleep(0.02)
    bench.imu.transfer(b"\x74", 7)  # a reply that broke off in the middle of a frame
    bench.run(1.0)
    taken = bench.take()
    assert [gap.what for gap in gaps(taken)] == ["fifo out of step"]
    samples = imu_samples(taken)
    assert len(samples) > 80
    assert all(sample.accel is not None and abs(sample.accel[2] - 9.81) < 0.3 for sample in samples)


def test_unplugged_at_the_start_is_said_once_and_heals() -> None:
    bench = Bench()
    bench.imu.unplugged = True
    bench.run(20.0)
    (fault,) = faults(bench.take())
    assert not fault.ok
    assert (fault.tool, fault.device) == ("roller", "roller imu")
    assert "EREMOTEIO" in fault.what
    assert "0x68 or 0x69" in fault.what
    assert "i2cdetect -y 7" in fault.hint
    bench.imu.unplugged = False
    bench.imu.power_cycle()
    bench.run(6.0)  # the pause has grown to 5 s
    taken = bench.take()
    (back,) = faults(taken)
    assert back.ok
    assert len(imu_samples(taken)) > 50


def test_unplugged_while_running() -> None:
    bench = Bench()
    bench.run(2.0)
    bench.take()
    bench.imu.unplugged = True
    gone_t = bench.clock.now()
    bench.run(1.0)
    taken = bench.take()
    (gap,) = gaps(taken)
    assert (gap.what, gap.of) == ("i2c", "imu")
    assert gap.t == pytest.approx(gone_t, abs=0.1)
    assert [fault.ok for fault in faults(taken)] == [False]
    bench.imu.unplugged = False
    bench.imu.power_cycle()
    bench.run(3.0)
    taken = bench.take()
    assert [fault.ok for fault in faults(taken)] == [True]
    assert gaps(taken) == []  # the hole has its gap already
    assert min(sample.t for sample in imu_samples(taken)) > gap.t


def test_two_bad_transfers_are_tried_again_in_silence() -> None:
    bench = Bench()
    bench.run(1.0)
    bench.take()
    left = [2]

    def fault() -> str:
        left[0] -= 1
        return "nack" if left[0] >= 0 else ""

    bench.wire.fault = fault
    bench.run(1.0)
    taken = bench.take()
    assert faults(taken) == gaps(taken) == []
    assert len(imu_samples(taken)) == pytest.approx(100, abs=6)


@pytest.mark.parametrize("who_am_i", [0x68, 0x70])
def test_a_chip_that_was_reset_is_started_again(who_am_i: int) -> None:
    bench = Bench(who_am_i=who_am_i)
    bench.run(2.0)
    bench.take()
    bench.imu.power_cycle()
    bench.run(3.0)
    taken = bench.take()
    assert [gap.what for gap in gaps(taken)] == ["chip reset"]
    assert [fault.ok for fault in faults(taken)] == [False, True]
    assert "not as it was started: register 0x1c" in faults(taken)[0].what
    assert len(imu_samples(taken)) > 150


def test_a_chip_that_repeats_itself_is_suspect() -> None:
    bench = Bench(noise=0.0, imu=lambda _t: ((0.0, 0.0, 9.8), (0.0, 0.0, 0.0)))
    bench.run(3.0)
    taken = bench.take()
    assert "same reading" in faults(taken)[0].what
    assert not any(fault.ok for fault in faults(taken))


@pytest.mark.parametrize(
    ("who_am_i", "hint"), [(0x47, "looks like an ICM-42688-P"), (0x00, "DS3231"), (0x5A, "report the value")]
)
def test_a_wrong_chip_is_named(who_am_i: int, hint: str) -> None:
    bench = Bench(who_am_i=who_am_i)
    bench.run(1.0)
    (fault,) = faults(bench.take())
    assert f"says 0x{who_am_i:02x}" in fault.what
    assert "0x68 (MPU-6050)" in fault.what
    assert hint in fault.hint


def test_the_second_address_is_tried() -> None:
    bench = Bench()
    bench.imu.address = 0x69
    bench.run(1.0)
    assert len(imu_samples(bench.take())) > 60
    assert bench.bus.diagnostics()[0].address == 0x69


def test_a_given_address_is_the_only_one() -> None:
    bench = Bench(address=0x69)
    bench.run(1.0)
    (fault,) = faults(bench.take())
    assert "at 0x69" in fault.what


@pytest.mark.parametrize(
    ("name", "hint"), [("ENOENT", "enable I2C"), ("EACCES", "usermod -aG i2c"), ("EMFILE", "`bus` in slowroll.toml")]
)
def test_a_bus_that_does_not_open(name: str, hint: str) -> None:
    bench = Bench()
    bench.opening = errno_error(name)
    bench.run(3.0)
    (fault,) = faults(bench.take())
    assert "bus 7 can't be opened" in fault.what
    assert name in fault.what
    assert hint in fault.hint
    bench.opening = None
    bench.run(6.0)
    assert [fault.ok for fault in faults(bench.take())] == [True]


def test_the_bus_is_opened_anew_after_all_devices_went() -> None:
    bench = Bench()
    bench.run(1.0)
    bench.imu.unplugged = True
    bench.run(0.3)
    assert bench.wire.closed > 0
    bench.imu.unplugged = False
    bench.run(2.0)
    assert bench.opened > 1


def test_a_chip_that_the_kernel_owns_is_left_alone(tmp_path: Path) -> None:
    driver = tmp_path / "drivers" / "rtc-ds1307"
    driver.mkdir(parents=True)
    (tmp_path / "7-0068").mkdir()
    (tmp_path / "7-0068" / "driver").symlink_to(driver)
    bench = Bench(sysfs=tmp_path, address=0x68)
    touched: list[str] = []
    bench.wire.fault = lambda: touched.append("transfer") or ""
    bench.run(1.0)
    (fault,) = faults(bench.take())
    assert "rtc-ds1307 owns this address on bus 7" in fault.what
    assert "address pin" in fault.hint
    assert touched == []
    assert kernel_driver("/dev/i2c-7", 0x68, tmp_path) == "rtc-ds1307"
    assert kernel_driver("7", 0x69, tmp_path) == ""
    assert kernel_driver("sim", 0x68, tmp_path) == ""


def test_damaged_pressure_memory_is_a_fault_and_the_imu_goes_on() -> None:
    bench = Bench(force=True)
    bench.run(1.0)
    bench.take()
    bench.bladder.integrity_failed = True
    bench.run(1.0)
    taken = bench.take()
    (fault,) = faults(taken)
    assert fault.device == "roller force"
    assert "replace the sensor" in fault.hint
    assert [(gap.of, gap.what) for gap in gaps(taken)] == [("force", "sensor fault")]
    assert len(imu_samples(taken)) == pytest.approx(100, abs=8)


def test_a_driver_that_returns_parts_of_frames_is_a_fault() -> None:
    class Sloppy(Mprls):
        __module__ = "sensors.pressure.sloppy"

        def read(self, io: I2CIo) -> bytes:
            return b"\x00" * 7

    bench = Bench()
    bench.bus = I2CBus(
        "7",
        lambda: bench.wire,
        [Device("roller", "force", Sloppy(), None, 50)],
        bench.clock,
        bench.inputs.extend,
        Path("/nonexistent"),
    )
    # start() of the real driver looks at what it read
    bench.run(0.5)
    (fault,) = faults(bench.take())
    assert "returned 7 bytes" in fault.what
    assert "slowroll drivers test mprls" in fault.hint


def test_a_bug_in_a_driver_of_ours_is_not_swallowed() -> None:
    class Buggy(Mpu6050):
        __module__ = "sensors.imu.buggy"

        def read(self, io: I2CIo) -> bytes:
            raise ZeroDivisionError

    bench = Bench()
    bench.bus = I2CBus(
        "7", lambda: bench.wire, [Device("roller", "imu", Buggy(), None, 100)], bench.clock, bench.inputs.extend
    )
    with pytest.raises(ZeroDivisionError):
        bench.run(1.0)


def test_stop_puts_the_chip_to_sleep_and_may_come_twice() -> None:
    bench = Bench()
    bench.run(1.0)
    bench.bus.stop()
    bench.bus.stop()
    assert bench.imu.transfer(b"\x6b", 1) == b"\x40"
    assert bench.wire.closed == 1
    assert not bench.bus.diagnostics()[0].running


def test_on_its_own_thread() -> None:
    clock = SystemClock()
    chip = Mpu6050Chip(clock.now, lambda t: ((0.0, 0.0, 9.8), (math.sin(t), 0.0, 0.0)))
    enough = threading.Event()
    inputs: list[Input] = []

    def emit(batch: list[Input]) -> None:
        inputs.extend(batch)
        if len(inputs) >= 30:
            enough.set()

    device = Device("roller", "imu", Mpu6050(), None, 100)
    bus = I2CBus("sim", lambda: SimBus([chip]), [device], clock, emit)
    bus.start()
    assert enough.wait(20.0)
    bus.stop()
    bus.stop()
    assert chip.transfer(b"\x6b", 1) == b"\x40"
    assert "bus sim" not in {thread.name for thread in threading.enumerate()}
    times = [sample.t for sample in imu_samples(inputs)]
    assert times == sorted(set(times))
