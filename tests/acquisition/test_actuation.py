"""A motor driver on the bus: run ahead of the sensors, kept going, told of truly, and never left on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise

import pytest
from acquisition_doubles import FaultyBus, faults, imu_samples, rocking

from firmware_host.acquisition.actuation import LATE_S, MAX_ON_S, SupervisedActuator
from firmware_host.acquisition.devices import Device, actuator_for, devices_for
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock, SystemClock
from firmware_host.coaching.inputs import Input
from firmware_host.settings import HapticSettings, SensorSettings, SettingsError, ToolSettings
from firmware_host.simulator.bus import SimBus
from sensors.actuators.drv2605 import Drv2605
from sensors.catalog import Catalog
from sensors.chips.drv2605 import Drv2605Chip
from sensors.chips.mpu6050 import Mpu6050Chip
from sensors.chips.nau7802 import Nau7802Chip
from sensors.imu.mpu6050 import Mpu6050
from sensors.pressure.nau7802 import Nau7802


class Bench:
    """An IMU and a motor driver on bus "7"; what the motor felt, by the millisecond."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.imu = Mpu6050Chip(self.clock.now, rocking)
        self.chip = Drv2605Chip(self.clock.now)
        self.wire = FaultyBus(SimBus([self.imu, self.chip]), self.clock)
        self.ran: list[tuple[float, float]] = []
        self.inputs: list[Input] = []
        self.motor = SupervisedActuator(Drv2605(), None, self.clock, lambda t, seconds: self.ran.append((t, seconds)))
        device = Device("roller", "imu", Mpu6050(), None, 100)
        self.bus = I2CBus("7", lambda: self.wire, [device], self.clock, self.inputs.extend, actuators=[self.motor])
        self.on: list[float] = []
        self.run(1.5)

    def run(self, seconds: float) -> None:
        """Poll as the thread does; woken by nobody, it sleeps until what is due."""
        end = self.clock.now() + seconds
        due = self.clock.now()
        while self.clock.now() < end:
            if self.clock.now() >= due or self.motor._wanted is not self.motor._taken:
                due = self.bus.poll()
            if self.chip.level() > 0:
                self.on.append(self.clock.now())
            self.clock.sleep(0.001)


def test_a_burst_begins_at_once_lasts_as_long_as_asked_and_is_told_with_its_true_time() -> None:
    bench = Bench()
    asked = bench.clock.now()
    bench.motor.run(0.5, 0.15)
    bench.run(1.0)
    ((began, seconds),) = bench.ran
    assert seconds == 0.15
    assert 0 < began - asked < 0.005
    assert bench.on[0] == pytest.approx(began, abs=0.002)
    assert bench.on[-1] == pytest.approx(began + 0.15, abs=0.003)
    assert bench.motor.diagnostics().samples == 1


def test_the_sensors_go_on_meanwhile() -> None:
    bench = Bench()
    bench.inputs.clear()
    for _ in range(20):
        bench.motor.run(1.0, 0.08)
        bench.run(0.2)
    times = [sample.t for sample in imu_samples(bench.inputs)]
    assert len(times) == pytest.approx(400, abs=8)
    assert max(b - a for a, b in pairwise(times)) < 0.02


def test_off_ends_it_and_a_new_burst_takes_the_place_of_the_old() -> None:
    bench = Bench()
    bench.motor.run(1.0, 0.15)
    bench.run(0.05)
    bench.motor.off()
    bench.run(0.002)
    bench.on.clear()
    bench.run(0.5)
    assert bench.on == []
    bench.motor.run(1.0, 0.15)
    bench.run(0.1)
    bench.motor.run(1.0, 0.15)
    bench.run(1.0)
    assert bench.on[-1] - bench.on[0] == pytest.approx(0.25, abs=0.01)


def test_nothing_runs_longer_than_the_most() -> None:
    bench = Bench()
    bench.motor.run(1.0, 60.0)
    bench.run(2.0)
    assert bench.on[-1] - bench.on[0] == pytest.approx(MAX_ON_S, abs=0.01)
    assert bench.ran[0][1] == MAX_ON_S


def test_what_could_not_begin_in_time_is_dropped_and_not_told() -> None:
    bench = Bench()
    bench.motor.run(1.0, 0.15)
    bench.clock.sleep(LATE_S + 0.01)  # the thread was busy: a sensor that starts, a machine that stalls
    bench.run(1.0)
    assert bench.on == []
    assert bench.ran == []
    assert bench.motor.diagnostics().lost == 1


def test_a_burst_does_not_wait_for_a_sensor_that_starts() -> None:
    """A load cell's amplifier takes most of a second for that."""
    clock = ManualClock()
    chip, cell = Drv2605Chip(clock.now), Nau7802Chip(clock.now, lambda _: 0.0)
    ran: list[tuple[float, float]] = []
    motor = SupervisedActuator(Drv2605(), None, clock, lambda t, seconds: ran.append((t, seconds)))
    wire = FaultyBus(SimBus([cell, chip]), clock)
    device = Device("roller", "force", Nau7802(), None, 40)
    bus = I2CBus("7", lambda: wire, [device], clock, lambda _: None, actuators=[motor])
    asked = 0.0

    def ask() -> str:
        """In the middle of the calibration, as another thread would."""
        nonlocal asked
        if not asked and clock.now() > 0.5:
            asked = clock.now()
            motor.run(1.0, 0.1)
        return ""

    wire.fault = ask
    bus.poll()
    assert asked + 0.1 < clock.now()  # the start went on after the burst
    assert ran == [(pytest.approx(asked, abs=0.02), 0.1)]
    assert chip.level() == 0.0


def test_pulled_out_it_is_a_fault_of_its_own_and_comes_back_by_itself() -> None:
    bench = Bench()
    bench.chip.unplugged = True
    bench.run(2.0)
    bench.motor.run(1.0, 0.1)
    bench.run(1.0)
    (told,) = faults(bench.inputs)
    assert (told.tool, told.device, told.ok) == (None, "haptic", False)
    assert told.hint
    assert bench.ran == []
    assert len(imu_samples(bench.inputs)) > 300
    bench.chip.unplugged = False
    bench.run(6.0)
    assert [fault.ok for fault in faults(bench.inputs)] == [False, True]
    bench.motor.run(1.0, 0.1)
    bench.run(0.5)
    assert len(bench.ran) == 1


def test_pulled_out_in_a_burst_it_ends_by_itself() -> None:
    bench = Bench()
    bench.motor.run(1.0, 0.1)
    bench.run(0.05)
    bench.wire.fault = lambda: "nack"
    bench.run(3.0)
    assert bench.on[-1] - bench.on[0] <= Drv2605.longest_s + 0.01


def test_a_power_dip_is_noticed_within_a_second_and_put_right() -> None:
    bench = Bench()
    bench.chip.power_cycle()
    bench.run(1.5)
    assert [fault.ok for fault in faults(bench.inputs)] == [False, True]
    assert "was reset" in faults(bench.inputs)[0].what


def test_a_single_bad_transfer_is_tried_again() -> None:
    bench = Bench()
    bad = iter([""] * 1 + ["nack"])
    bench.wire.fault = lambda: next(bad, "")
    bench.motor.run(1.0, 0.1)
    bench.run(0.5)
    assert len(bench.ran) == 1
    assert faults(bench.inputs) == []


def test_at_the_end_it_is_off_and_asleep() -> None:
    bench = Bench()
    bench.motor.run(1.0, 0.15)
    bench.run(0.05)
    bench.bus.stop()
    assert bench.chip.level() == 0.0
    assert bench.chip.transfer(b"\x01", 1) == b"\x40"


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(5000):
        if condition():
            return
        pause.wait(0.001)
    raise AssertionError("not within 5 s")


def test_asking_wakes_the_thread() -> None:
    """Alone on its bus it is looked at once a second; a burst must not wait for that."""
    clock = SystemClock()
    chip = Drv2605Chip(clock.now)
    ran: list[tuple[float, float]] = []
    motor = SupervisedActuator(Drv2605(), None, clock, lambda t, seconds: ran.append((t, seconds)))
    bus = I2CBus("7", lambda: SimBus([chip]), [], clock, lambda _: None, actuators=[motor])
    bus.start()
    try:
        until(lambda: motor.running)
        motor.run(1.0, 0.1)
        until(lambda: bool(ran))  # one that waits for the look of the second would be too late, and dropped
        until(lambda: chip.level() == 0.0)
    finally:
        bus.stop()
    assert motor.diagnostics().lost == 0
    assert chip.transfer(b"\x01", 1) == b"\x40"


def test_the_owners_setting_names_it() -> None:
    tools = [ToolSettings(imu=SensorSettings(driver="mpu6050", bus=1))]
    buses = devices_for(tools, Catalog(installed=()))
    assert actuator_for(HapticSettings(), buses) is None
    assert isinstance(actuator_for(HapticSettings(driver="drv2605", bus=3), buses), Drv2605)
    assert set(buses) == {"1", "3"}


@pytest.mark.parametrize(
    ("haptic", "says"),
    [
        (HapticSettings(driver="drv2606"), "haptic.driver: there is no actuator"),
        (HapticSettings(driver="drv2605", bus="sim"), "haptic.bus: the simulated bus has no motor driver"),
        (HapticSettings(driver="drv2605", address=0x68), "roller imu on bus 1 could both be at 0x68"),
    ],
)
def test_a_setting_that_can_not_be_says_why(haptic: HapticSettings, says: str) -> None:
    buses = devices_for([ToolSettings(imu=SensorSettings(driver="mpu6050", bus=1))], Catalog(installed=()))
    with pytest.raises(SettingsError, match=says):
        actuator_for(haptic, buses)
