"""`slowroll check` as somebody with a loose wire sees it: buses, rights, chips; and that nothing is ever written."""

from __future__ import annotations

import errno
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest
from check_doubles import IMU_ONLY, ROLLER, Ds3231, FakeMachine, Registers, error

from firmware_host.acquisition import smbus_io
from firmware_host.acquisition.identify import candidates, roll_call
from firmware_host.acquisition.smbus_io import hold
from sensors.catalog import Catalog
from sensors.chips.drv2605 import Drv2605Chip
from sensors.chips.model import Specimen
from sensors.chips.specimens import SPECIMENS
from sensors.conformance.bench import BenchTruth
from sensors.driver import STANDARD_GRAVITY

pytestmark = pytest.mark.slow


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


OFF = "[page]\nenabled = false\n"


# --- the bus --------------------------------------------------------------------------------------------------------


def test_i2c_is_off(machine: FakeMachine) -> None:
    bus = machine.check(ROLLER).line("bus 1")
    assert (bus.result, bus.says) == ("problem", "there is no /dev/i2c-1: I2C is not enabled on this machine")
    assert bus.do == "sudo raspi-config nonint do_i2c 0, then: sudo reboot"
    (machine.root / "proc/device-tree/model").unlink()
    bus = machine.check(ROLLER).line("bus 1")
    assert "this machine has no I2C bus" in bus.says
    assert "slowroll demo" in bus.do


def test_the_module_with_the_device_files_is_not_loaded(machine: FakeMachine) -> None:
    (machine.root / "sys/bus/i2c/devices/i2c-1").mkdir(parents=True)
    bus = machine.check(ROLLER).line("bus 1")
    assert bus.result == "problem"
    assert "i2c-dev is not loaded" in bus.says
    assert bus.do.startswith("sudo modprobe i2c-dev;")


def test_another_bus_than_the_file_says(machine: FakeMachine) -> None:
    machine.wire("3", machine.imu(), machine.bladder())
    found = machine.check(ROLLER)
    assert found.line("bus 1").says == "there is no /dev/i2c-1; this machine has /dev/i2c-3"
    assert "bus = 3" in found.line("bus 1").do
    assert found.line("0x68 on bus 3").says == "MPU-6050; could be read by mpu6050, but nothing in the file uses it"


def test_the_user_is_not_in_the_group(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu())
    machine.opening["1"] = error("EACCES")
    machine.mine.discard("i2c")
    bus = machine.check(ROLLER).line("bus 1")
    assert (bus.result, bus.says) == ("problem", "user pi may not use /dev/i2c-1: not in the group i2c")
    assert bus.do == "sudo usermod -aG i2c pi, then log in again"
    machine.listed.add("i2c")
    bus = machine.check(ROLLER).line("bus 1")
    assert bus.says.endswith("it was put into the group i2c, but this login is older than that")
    assert bus.do.startswith("log out and in again")
    machine.device_group = "root"
    assert machine.check(ROLLER).line("bus 1").do.startswith("sudo apt install i2c-tools")


def test_a_stuck_bus_is_not_asked_further(machine: FakeMachine) -> None:
    wire = machine.wire("1", machine.imu())
    wire.fault = lambda _address: error("ETIMEDOUT")
    found = machine.check(ROLLER)
    bus = found.line("bus 1")
    assert bus.result == "problem"
    assert bus.says.startswith("the bus is stuck: ")
    assert "short" in bus.do
    assert len(wire.transfers) == 2
    assert found.none("roller imu"), "its own line would only say the same"


def test_nobody_answers(machine: FakeMachine) -> None:
    wire = machine.wire("1")
    bus = machine.check(ROLLER).line("bus 1")
    assert bus.result == "problem"
    assert bus.says.startswith("nobody answers, ")
    assert "SDA and SCL swapped" in bus.do
    assert "i2cdetect -y 1" in bus.do
    assert wire.closed == 1


def test_an_adapter_that_can_do_smbus_alone_is_named(machine: FakeMachine) -> None:
    wire: Any = machine.wire("1", machine.imu())
    wire.funcs = 0x0EFF0008
    assert "SMBus only" in machine.check(IMU_ONLY).line("bus 1").says
    wire.fault = lambda _address: error("EOPNOTSUPP")
    wire.read_byte = lambda _address: (_ for _ in ()).throw(error("EOPNOTSUPP"))
    bus = machine.check(IMU_ONLY).line("bus 1")
    assert bus.result == "problem"
    assert "can't read a byte" in bus.says


def test_buses_of_a_screen_are_left_alone(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu())
    screen = machine.wire("20", Registers(0x28, {}), adapter="fef04500.i2c")
    assert machine.check(IMU_ONLY).line("other buses").says.endswith("main board: 20 (fef04500.i2c)")
    assert screen.transfers == []


# --- who is there -----------------------------------------------------------------------------------------------------


def test_all_is_as_the_file_says(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu(), machine.bladder())
    found = machine.check(ROLLER)
    assert found.line("roller imu").says == "MPU-6050 at 0x68 on bus 1, driver mpu6050, as the file says"
    assert found.line("roller force").result == "ok"
    assert [one for one in found if one.area in ("I2C", "sensors") and one.result != "ok"] == []
    assert found.line("bus 1").says.startswith("2 chips answer, ")


def test_a_clone_says_which(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu(who_am_i=0x98))
    assert machine.check(IMU_ONLY).line("roller imu").says.startswith("ICM-20689 sold as MPU-6050 at 0x68")


def test_one_sensor_does_not_answer(machine: FakeMachine) -> None:
    machine.wire("1", machine.bladder())
    found = machine.check(ROLLER)
    imu = found.line("roller imu")
    assert (imu.result, imu.says) == ("problem", "nothing answers at 0x68 or 0x69 on bus 1, where mpu6050 looks")
    assert imu.do == "check the plug and the four wires (SDA, SCL, 3.3 V, GND), then: i2cdetect -y 1"
    assert found.line("roller force, force").result == "ok", "the other one is measured all the same"


def test_it_answers_at_its_other_address(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu(address=0x69))
    imu = machine.check(IMU_ONLY.replace("bus = 1", "bus = 1, address = 0x68")).line("roller imu")
    assert imu.says.endswith("MPU-6050 answers at 0x69 on bus 1")
    assert imu.do == "if that is it, write under [tools.imu]: address = 0x69"


def test_a_wrong_chip_at_the_address(machine: FakeMachine) -> None:
    machine.wire("1", Registers(0x68, {0x00: 0x77, 0x75: 0x5C}))
    imu = machine.check(IMU_ONLY).line("roller imu")
    assert imu.result == "problem"
    assert imu.says == (
        "at 0x68 on bus 1, where mpu6050 looks, is an unknown chip (register 0x75 says 0x5c, register 0x00 says 0x77), "
        "which it does not read"
    )
    assert "report the value so that it can be added" in imu.do


class Trembling(BenchTruth):
    """At rest, as far as anything is that stands in a room with people."""

    def imu(self, t: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        shake = math.sin(37.0 * t)
        return (0.01 * shake, 0.02, STANDARD_GRAVITY + 0.02 * shake), (0.002 * shake, 0.01, -0.01 + 0.001 * shake)

    def pressure(self, t: float) -> tuple[float, float]:
        return 101_000.0 + 10.0 * math.sin(37.0 * t), 22.0

    def bridge(self, t: float) -> float:
        return 1e-4 + 1e-6 * math.sin(37.0 * t)

    def conductances(self, t: float) -> tuple[float, ...]:
        return (1e-4 + 1e-6 * math.sin(37.0 * t),) * 4


@pytest.mark.parametrize(
    ("specimen", "identity"), [(one, identity) for one in SPECIMENS.values() for identity in one.identities]
)
def test_every_shipped_chip_is_known_by_its_own_driver_and_no_other(
    machine: FakeMachine, specimen: Specimen, identity: int
) -> None:
    driver = Catalog(installed=()).make(specimen.driver)
    wire = machine.wire("1", specimen.build(machine.clock.now, Trembling(), identity))
    machine.clock.sleep(2.0)  # the slowest needs 0.65 s before it answers
    drivers = [Catalog(installed=()).make(name) for name in SPECIMENS]
    roll = roll_call("1", machine.buses["1"], drivers, candidates(drivers), machine.clock.sleep, machine.root)
    assert [found.drivers for found in roll.found] == [(specimen.driver,)]
    if driver.ident is not None:
        assert roll.found[0].chip == driver.ident.chips[identity]
    assert only_reads(wire.transfers)


@pytest.mark.parametrize("specimen", SPECIMENS.values(), ids=SPECIMENS)
def test_every_shipped_sensor_is_measured_and_found_well(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, specimen: Specimen
) -> None:
    driver = Catalog(installed=()).make(specimen.driver)
    for name, stand_in in specimen.stand_ins.items():
        monkeypatch.setattr(type(driver), name, stand_in)
    machine.wire("1", specimen.build(machine.clock.now, Trembling(), specimen.identities[0]))
    machine.clock.sleep(2.0)
    kind = "none" if driver.role == "imu" else "force"
    table = f'[[tools]]\npressure = "{kind}"\n{driver.role} = {{ driver = "{specimen.driver}", bus = 1 }}\n'
    found = [one for one in machine.check(table + OFF) if one.area in ("I2C", "sensors")]
    assert [one for one in found if one.result != "ok"] == []
    assert len(found) == (5 if driver.role == "imu" else 4), "the bus, the chip, and what it says"


# --- a motor on I2C ---------------------------------------------------------------------------------------------------

HAPTIC = OFF + '[haptic]\ndriver = "drv2605"\nbus = 1\n'


def test_a_motor_on_i2c_is_found_and_buzzes_on_request(machine: FakeMachine) -> None:
    wire = machine.wire("1", Drv2605Chip(machine.clock.now))
    found = machine.check(HAPTIC)
    assert found.line("motor").says == "DRV2605L at 0x5a on bus 1, driver drv2605, as the file says"
    assert found.none("motor on I2C")
    assert only_reads(wire.transfers)
    assert machine.check(HAPTIC, pulse=True).line("motor on I2C").says == "the motor ran for 0.1 s"
    goes = [written for _, written, _ in wire.transfers if written[:1] == b"\x0c" and len(written) == 2]
    assert goes == [b"\x0c\x00", b"\x0c\x01", b"\x0c\x00", b"\x0c\x00"], "off, on, off, and asleep"
    assert wire.transfers[-1][1] == b"\x01\x40", "standby"


def test_a_motor_on_i2c_that_is_not_there_or_in_use(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu())
    found = machine.check(HAPTIC, pulse=True)
    assert found.line("motor").says == "nothing answers at 0x5a on bus 1, where drv2605 looks"
    assert found.line("motor on I2C").result == "not checked"
    wire = machine.wire("1", Drv2605Chip(machine.clock.now))
    machine.opening["1"] = error("EBUSY")
    assert machine.check(HAPTIC, pulse=True).line("motor on I2C").result == "not checked"
    assert wire.transfers == []


def test_a_known_chip_without_a_driver_is_named(machine: FakeMachine) -> None:
    machine.wire("1", Registers(0x6B, {0x00: 0x05}), Registers(0x76, {0xD0: 0x58}))
    found = machine.check(IMU_ONLY)
    assert found.line("0x6b on bus 1").says == "a QMI8658; no driver here reads it"
    assert "BMP280" in found.line("0x76 on bus 1").says


@pytest.mark.parametrize("second", [24, 58, 0])
def test_a_clock_at_the_sensors_address_is_known_and_only_read(machine: FakeMachine, second: int) -> None:
    """At second 24 it would pass for a BMI270."""
    wire = machine.wire("1", Ds3231(machine.clock.now, second))
    imu = machine.check(IMU_ONLY).line("roller imu")
    assert imu.result == "problem"
    assert "is a clock (DS3231, DS1307 or the like)" in imu.says
    assert "0x69" in imu.do
    assert only_reads(wire.transfers)


def test_a_bmi270_is_no_clock(machine: FakeMachine) -> None:
    machine.wire("1", Registers(0x68, {0x00: 0x24}))
    assert "clock" not in machine.check(IMU_ONLY).line("roller imu").says


def test_a_date_that_stands_still_is_a_clock_unless_a_driver_knows_the_chip(machine: FakeMachine) -> None:
    date = {0: 0x24, 1: 0x59, 2: 0x12, 3: 0x05, 4: 0x27, 5: 0x11, 6: 0x26}
    machine.wire("1", Registers(0x68, date))
    assert "is a clock that stands still" in machine.check(IMU_ONLY).line("roller imu").says
    machine.wire("1", Registers(0x68, {**date, 0x75: 0x68}))
    assert machine.check(IMU_ONLY).line("roller imu").result == "ok"


def test_what_the_kernel_owns_is_not_touched(machine: FakeMachine) -> None:
    wire = machine.wire("1", Ds3231(machine.clock.now))
    machine.kernel_owns("1", 0x68, "rtc-ds1307")
    found = machine.check(IMU_ONLY)
    assert found.line("roller imu").says.endswith("is a chip that the kernel driver rtc-ds1307 owns")
    assert "dtoverlay" in found.line("roller imu").do
    assert machine.check(OFF).line("0x68 on bus 1").says == "the kernel driver rtc-ds1307 owns it: left alone"
    assert 0x68 not in {address for address, _, _ in wire.transfers}


def test_a_chip_that_answers_once_and_no_more(machine: FakeMachine) -> None:
    wire = machine.wire("1", machine.imu())
    heard = 0

    def loose(address: int) -> OSError | None:
        nonlocal heard
        heard += address == 0x68
        return error("EREMOTEIO") if address == 0x68 and heard > 1 else None

    wire.fault = loose
    imu = machine.check(IMU_ONLY).line("roller imu")
    assert imu.result == "problem"
    assert "answers only now and then" in imu.says
    assert imu.do.startswith("a loose wire")


def only_reads(transfers: list[tuple[int, bytes, int]]) -> bool:
    """A register's number and then a read; nothing is ever put into a register."""
    return all(count > 0 and len(written) <= 1 for _, written, count in transfers)


def test_the_roll_call_never_writes_and_asks_no_stranger(machine: FakeMachine) -> None:
    strangers = [Registers(address, {}) for address in (0x20, 0x3C, 0x50, 0x57)]
    wire = machine.wire("1", *strangers, Registers(0x28, {}), Registers(0x5A, {}), Registers(0x2A, {}), machine.imu())
    machine.check(OFF)
    assert only_reads(wire.transfers)
    assert not {address for address, _, _ in wire.transfers} & {0x20, 0x3C, 0x50, 0x57}


# --- what they say ----------------------------------------------------------------------------------------------------


def test_afterwards_the_chip_sleeps_and_the_bus_is_given_back(machine: FakeMachine) -> None:
    wire = machine.wire("1", machine.imu())
    machine.check(IMU_ONLY)
    assert wire.transfers[-1] == (0x68, bytes((0x6B, 0x40)), 0)
    assert wire.closed == 2, "after the roll call, and after measuring"


def test_rate_gravity_and_noise_are_measured(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu(odr_error=0.02), machine.bladder())
    found = machine.check(ROLLER)
    assert found.line("roller imu, stream").values["rate_hz"] == pytest.approx(102.0, abs=0.5)
    assert found.line("roller imu, gravity").values["gravity_m_s2"] == pytest.approx(STANDARD_GRAVITY, rel=0.01)
    gyro = found.line("roller imu, gyro").values
    assert gyro["gyro_bias_rad_s"] == pytest.approx(0.02, abs=0.002)
    assert 0 < float(str(gyro["gyro_noise_rad_s"])) < math.radians(0.1)
    assert found.line("roller force, force").values["mean_pa"] == pytest.approx(101_000, abs=20)


@pytest.mark.parametrize(
    ("g", "result", "words"),
    [(1.03, "ok", "+3.0%"), (1.06, "warning", "beyond the 4%"), (2.0, "problem", "2 times too much"),
     (0.0, "problem", "says nothing")],
)  # fmt: skip
def test_gravity(machine: FakeMachine, g: float, result: str, words: str) -> None:
    machine.wire("1", machine.imu(source=lambda _t: ((0.0, g * STANDARD_GRAVITY, 0.0), (0.0, 0.0, 0.0))))
    found = machine.check(IMU_ONLY).line("roller imu, gravity")
    assert found.result == result
    assert words in found.says


def test_a_tool_that_moves_is_not_judged(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu(source=lambda t: ((0.0, 0.0, STANDARD_GRAVITY), (3 * math.sin(6 * t), 0.0, 0.0))))
    found = machine.check(IMU_ONLY)
    assert found.line("roller imu, gravity").result == "not checked"
    assert "lay the tool still" in found.line("roller imu, gravity").do
    assert found.none("roller imu, gyro")


def test_a_noisy_gyroscope_and_one_with_a_large_bias(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu(noise=12.0))
    gyro = machine.check(IMU_ONLY).line("roller imu, gyro")
    assert (gyro.result, "noisy" in gyro.says) == ("warning", True)
    machine.wire("1", machine.imu(source=lambda _t: ((0.0, 0.0, STANDARD_GRAVITY), (0.5, 0.0, 0.0))))
    assert "more bias" in machine.check(IMU_ONLY).line("roller imu, gyro").says


def test_a_sensor_that_sleeps_says_so(machine: FakeMachine) -> None:
    """Its supply dips while it is measured: reset, answering, and silent."""
    chip = machine.imu()
    wire = machine.wire("1", chip)
    dip = machine.clock.now() + 2.5

    def dips(_address: int) -> OSError | None:
        nonlocal dip
        if machine.clock.now() > dip:
            dip = math.inf
            chip.power_cycle()
        return None

    wire.fault = dips
    stream = machine.check(IMU_ONLY).line("roller imu, stream")
    assert stream.result == "problem"
    assert "gives no more samples" in stream.says
    assert "VCC and GND" in stream.do


def test_constant_zeros(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu(noise=0.0, source=lambda _t: ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))))
    found = machine.check(IMU_ONLY)
    assert "the same reading again and again" in found.line("roller imu, stream").says
    assert found.line("roller imu, gravity").says == "every reading is zero: the chip sleeps, or is broken"


def test_too_short_a_look_is_no_fault_of_the_sensor(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu())
    stream = machine.check(IMU_ONLY, seconds=0.3).line("roller imu, stream")
    assert (stream.result, stream.do) == ("not checked", "slowroll check --seconds 20")


def test_wires_that_lose_samples(machine: FakeMachine) -> None:
    wire = machine.wire("1", machine.imu())
    start = machine.clock.now()
    wire.fault = lambda _a: error("EREMOTEIO") if 3 < machine.clock.now() - start < 3.6 else None
    stream = machine.check(IMU_ONLY).line("roller imu, stream")
    assert stream.result == "problem"
    assert "EREMOTEIO" in stream.says
    assert "check the plug and the four wires" in stream.do


def test_a_force_sensor_that_is_stuck_or_at_its_end(machine: FakeMachine) -> None:
    machine.wire("1", machine.imu(), machine.bladder(noise=0.0))
    force = machine.check(ROLLER).line("roller force, force")
    assert (force.result, "it is stuck" in force.says) == ("problem", True)
    machine.wire("1", machine.imu(), machine.bladder(source=lambda _t: (20_000.0, 20.0)))
    assert "less than the air" in machine.check(ROLLER).line("roller force, force").says


# --- while a slowroll runs --------------------------------------------------------------------------------------------


def test_a_bus_that_another_slowroll_reads_is_left_to_it(machine: FakeMachine) -> None:
    wire = machine.wire("1", machine.imu())
    machine.opening["1"] = error("EBUSY")
    found = machine.check(IMU_ONLY + "[pins]\nmotor = 18\n")
    assert found.line("bus 1").result == "not checked"
    assert "another slowroll reads bus 1" in found.line("measurement").says
    assert found.line("pins").result == "not checked", "it has those, too"
    assert "systemctl stop slowroll" in found.line("measurement").do
    assert wire.transfers == []


def test_the_lock_is_the_files_own(tmp_path: Path) -> None:
    path = tmp_path / "i2c-1"
    path.touch()
    first, second = os.open(path, os.O_RDWR), os.open(path, os.O_RDWR)
    hold(first)
    with pytest.raises(OSError, match=re.escape(os.strerror(errno.EBUSY))):
        hold(second)
    os.close(first)
    hold(second)
    os.close(second)


def test_a_bus_is_opened_with_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "i2c-1"
    path.touch()

    class Opened:
        """smbus2's SMBus, without the question to the adapter."""

        def __init__(self, name: str) -> None:
            self.fd = os.open(name, os.O_RDWR)

        def close(self) -> None:
            os.close(self.fd)

    monkeypatch.setattr(smbus_io, "SMBus", Opened)
    held = smbus_io.open_linux_bus(str(path))
    with pytest.raises(OSError, match=re.escape(os.strerror(errno.EBUSY))):
        smbus_io.open_linux_bus(str(path))
    held.close()
    smbus_io.open_linux_bus(str(path)).close()


# --- a driver of the owner's ------------------------------------------------------------------------------------------


def test_a_broken_driver_is_a_finding_and_no_more(machine: FakeMachine) -> None:
    folder = machine.root / "drivers"
    folder.mkdir()
    (folder / "noodle.py").write_text("import nothing_of_the_kind\n")
    (folder / "table.py").write_text(MINE.replace("(0x30,)", "0x30"))
    mine = machine.root / "mine.py"
    mine.write_text(MINE)
    machine.wire("1", machine.imu(), Registers(0x30, {}))
    text = f'drivers_dir = "{folder}"\n[[tools]]\nimu = {{ driver = "{mine}", bus = 1 }}\n{OFF}'
    found = machine.check(text)
    assert "nothing_of_the_kind" in found.line("driver noodle").says
    assert "its table is wrong" in found.line("driver table").says
    assert (
        found.line("roller imu").says
        == "a chip answers at 0x30 on bus 1; it can't say what it is, so mine is taken on trust"
    )
    failed = next(one for one in found if one.area == "sensors")
    assert failed.result == "problem"
    assert "mine.py" in failed.says
    assert "AttributeError: 'Mine' object has no attribute 'nothing'" in failed.says
    assert "line 15" in failed.says
    assert failed.do.startswith("a fault in the driver: slowroll drivers test ")


def test_a_driver_of_the_file_that_cant_be_used_leaves_the_other_sensor(machine: FakeMachine) -> None:
    mine = machine.root / "mine.py"
    mine.write_text("import nothing_of_the_kind\n")
    machine.wire("1", machine.bladder())
    found = machine.check(ROLLER.replace('driver = "mpu6050"', f'driver = "{mine}"'))
    assert found.line("sensors").result == "problem"
    assert "nothing_of_the_kind" in found.line("sensors").says
    assert found.line("roller force, force").result == "ok"


MINE = """
from sensors.driver import I2CDriver, xyz

class Mine(I2CDriver):
    name = "mine"
    role = "imu"
    addresses = (0x30,)
    frame = ">3h"
    rates = (100,)
    def channels(self, chip):
        return xyz("accel", 1.0)
    def start(self, io, rate, chip):
        return rate
    def read(self, io):
        return self.nothing
    def stop(self, io):
        io.write(0, 0)
"""
