"""A stranger's driver does what it likes: its sensor has a fault with the file named, and everything else goes on."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from acquisition_doubles import Bench, faults, force_samples, imu_samples

from firmware_host.acquisition.contained import STUCK_S, contained, contained_actuator
from firmware_host.acquisition.devices import Device, broken, devices_for
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.settings import parse
from sensors.catalog import Catalog, make_actuator
from sensors.conformance.bench import BenchIo
from sensors.driver import SensorFault
from sensors.pressure.mprls import Mprls

pytestmark = pytest.mark.slow

TOOL = """
[[tools]]
name = "roller"
pressure = "bladder"
imu = { driver = "FILE", bus = "7" }
force = { driver = "mprls", bus = "7" }
"""
BASE = """
from sensors.driver import Channel, Gap, Ident
from sensors.imu.mpu6050 import Mpu6050

class Mine(Mpu6050):
    name = "mine"
"""
"""Line 6 is the first line of a method put after it."""


def after(text: str) -> str:
    return BASE + "\n".join(f"    {line}" for line in text.splitlines())


WAITS = """
def read(self, io):
    while True:
        try:
            io.read(0x3A, 1)
        except Exception:
            pass
"""
MOTOR = """
from sensors.driver import Actuator, Ident
class Motor(Actuator):
    name, addresses, ident, longest_s = "motor", (0x5A,), Ident(0x00, {1: "x"}), 0.5
    def start(self, io, chip):
        io.write(1, 0)
    def set(self, io, level, seconds):
        io.write(2, 0)
        if level:
            raise ValueError("strong")
    def stop(self, io):
        {}["no"]
"""
ONCE = """
count = 0
def read(self, io):
    self.count += 1
    assert self.count != 40
    return super().read(io)
"""

BROKEN = {
    "raises-in-read": (
        after("def read(self, io):\n    return None + 1"),
        "raised TypeError: unsupported operand type(s) for +: 'NoneType' and 'int' at line 8",
    ),
    "raises-in-start": (
        after("def start(self, io, rate, chip):\n    return {}['odr']"),
        "raised KeyError: 'odr' at line 8",
    ),
    "raises-in-channels": (after("def channels(self, chip):\n    return 1 / 0"), "raised ZeroDivisionError"),
    "exits": (after("def read(self, io):\n    raise SystemExit(3)"), "raised SystemExit: 3 at line 8"),
    "opens-a-file": (after("def read(self, io):\n    open('/nonexistent')"), "raised FileNotFoundError"),
    "returns-nothing": (after("def read(self, io):\n    pass"), "read() returned nothing (None), not bytes or Gap"),
    "returns-a-list": (after("def read(self, io):\n    return [1.0, 2.0]"), "read() returned a list, not bytes"),
    "part-of-a-frame": (
        after("def read(self, io):\n    return bytes(12)"),
        "read() returned 12 bytes, not whole frames of 14",
    ),
    "rate-is-text": (after("def start(self, io, rate, chip):\n    return '100'"), "start() returned '100'"),
    "rate-is-nan": (after("def start(self, io, rate, chip):\n    return float('nan')"), "start() returned nan"),
    "no-rate": (after("def start(self, io, rate, chip):\n    pass"), "start() returned None"),
    "a-channel-short": (
        after("def channels(self, chip):\n    return super().channels(chip)[:-1]"),
        "channels() names 6 numbers, frame '>7h' holds 7",
    ),
    "scale-is-text": (
        after("def channels(self, chip):\n    return tuple(c._replace(scale='1') for c in super().channels(chip))"),
        "scale and offset must be numbers",
    ),
    "half-a-vector": (
        after(
            "def channels(self, chip):\n    return tuple(c._replace(name=c.name + '1') for c in super().channels(chip))"
        ),
        "not what role 'imu' gives",
    ),
    "waits-for-ever": (
        after(WAITS),
        f"read() still waited for its chip after {STUCK_S:g} s",
    ),
    "sleeps-for-ever": (after("def read(self, io):\n    io.sleep(1e9)"), "read() still waited for its chip"),
    "not-finite": (
        after(
            "frame = '>7f'\ndef read(self, io):\n    import struct\n    return struct.pack('>7f', *[float('inf')] * 7)"
        ),
        "a number that is not finite",
    ),
    "no-import": ("import nothing_like_this", "ModuleNotFoundError: No module named 'nothing_like_this'"),
    "no-syntax": ("class Mine(:", "SyntaxError"),
    "exits-on-import": ("raise SystemExit", "can't be loaded: SystemExit"),
    "no-class": ("x = 1", "defines no driver"),
    "constructor": (after("def __init__(self):\n    raise RuntimeError('no')"), "Mine() fails: RuntimeError: no"),
    "no-frame": (after("frame = '>7q7'"), "its table can't be read: error"),
    "no-rates": (after("rates = ('100',)"), "rates = ('100',); it must be numbers above 0"),
    "no-addresses": (after("addresses = ()"), "addresses = ()"),
    "frame-of-letters": (after("frame = '>7c'"), "frame = '>7c'"),
    "wild-ident": (after("ident = 0x68"), "its table can't be read"),
    "full-scale-text": (after("gyro_full_scale_rad_s = '2000'"), "gyro_full_scale_rad_s = '2000'"),
}


def bench_with(file: Path) -> Bench:
    bench = Bench(force=True)
    found = devices_for(parse(TOOL.replace("FILE", str(file)), "test.toml").tools, Catalog(installed=()))["7"]
    bench.bus = I2CBus("7", bench._open, found, bench.clock, bench.inputs.extend, Path("/nonexistent"))
    return bench


@pytest.mark.parametrize("name", BROKEN)
def test_the_fault_names_the_file_and_the_rest_goes_on(name: str, tmp_path: Path) -> None:
    text, says = BROKEN[name]
    file = tmp_path / "mine.py"
    file.write_text(text)
    bench = bench_with(file)
    bench.run(30.0)
    taken = bench.take()
    (fault, *more) = [fault for fault in faults(taken) if fault.device == "roller imu"]
    assert says in fault.what
    assert str(file) in fault.what
    assert "slowroll drivers test" in fault.hint
    assert more == [], "said once, not at every attempt"
    assert imu_samples(taken) == []
    assert len(force_samples(taken)) > (5 if "ever" in name else 1000)
    told = next(told for told in bench.bus.diagnostics() if told.device == "roller imu")
    assert not told.running
    bench.bus.stop()


def test_a_good_one_runs_as_ours_do(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(BASE)
    bench = bench_with(file)
    bench.run(5.0)
    taken = bench.take()
    assert faults(taken) == []
    assert len(imu_samples(taken)) > 450


def test_it_is_started_again_and_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(after(ONCE))
    bench = bench_with(file)
    bench.run(10.0)
    taken = bench.take()
    told = [fault.ok for fault in faults(taken) if fault.device == "roller imu"]
    assert told == [False, True]
    assert len(imu_samples(taken)) > 850


def test_a_loose_wire_is_still_the_buss_fault(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(BASE)
    bench = bench_with(file)
    bench.run(2.0)
    bench.take()
    bench.imu.unplugged = True
    bench.run(2.0)
    (fault,) = faults(bench.take())
    assert "EREMOTEIO" in fault.what
    assert "wires" in fault.hint


def test_stop_of_a_stranger_may_fail(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(after("def stop(self, io):\n    raise ValueError"))
    bench = bench_with(file)
    bench.run(1.0)
    bench.bus.stop()
    assert bench.wire.closed == 1


def test_a_slow_read_is_warned_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "mine.py"
    file.write_text(after("def read(self, io):\n    io.sleep(1.2)\n    return super().read(io)"))
    bench = bench_with(file)
    with caplog.at_level(logging.WARNING):
        bench.run(10.0)
    (warning,) = [record.getMessage() for record in caplog.records]
    assert f"driver {file}: read() took 1.2 s" in warning


def test_our_own_bug_in_a_strangers_wait_is_ours(tmp_path: Path) -> None:
    """While a driver waits, the others on its bus are read: what breaks there must not be blamed on it."""
    file = tmp_path / "mine.py"
    file.write_text(BASE)
    found = devices_for(parse(TOOL.replace("FILE", str(file)), "test.toml").tools, Catalog(installed=()))["7"]
    clock = Bench().clock

    class Io:
        def sleep(self, seconds: float) -> None:
            raise ZeroDivisionError

        def write(self, register: int, *values: int) -> None: ...

    with pytest.raises(ZeroDivisionError):
        contained(found[0], clock).driver.start(Io(), 100, "MPU-6050")  # type: ignore[arg-type]


def test_a_strangers_motor_driver(tmp_path: Path) -> None:
    (tmp_path / "motor.py").write_text(MOTOR)
    clock = Bench().clock
    driver = contained_actuator(make_actuator(f"{tmp_path / 'motor.py'}:Motor"), clock)
    io = BenchIo(lambda _data, count: bytes(count))
    driver.start(io, "x")
    with pytest.raises(SensorFault, match=r"motor\.py raised ValueError: strong at line 10"):
        driver.set(io, 1.0, 0.1)
    with pytest.raises(SensorFault, match="raised KeyError"):
        driver.stop(io)
    io.fail_at = len(io.log)
    with pytest.raises(OSError, match="Remote"):
        driver.set(io, 0.0, 0.0)


def test_ours_is_not_wrapped() -> None:
    bench = Bench(force=True)
    (first, second) = bench.bus._devices
    assert type(second._device.driver) is Mprls
    assert first is not second


@pytest.fixture
def two_tools(tmp_path: Path) -> dict[str, list[Device]]:
    file = tmp_path / "mine.py"
    file.write_text("import nothing_like_this")
    return devices_for(parse(TOOL.replace("FILE", str(file)), "test.toml").tools, Catalog(installed=()))


def test_what_is_broken_is_known_before_anything_runs(two_tools: dict[str, list[Device]]) -> None:
    (what,) = broken(two_tools)
    assert what.startswith("roller imu: ")
    assert "mine.py" in what
