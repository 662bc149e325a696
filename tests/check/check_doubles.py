"""A machine in a folder: fake device files, buses of chip models, and programs that say what a test wants."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smbus2 import i2c_msg

from firmware_host.check.checks import Asked, checks
from firmware_host.check.finding import Finding
from firmware_host.check.machine import Machine, Ran
from firmware_host.clock import ManualClock
from firmware_host.simulator.bus import I2C_M_RD, SimBus
from sensors.chips.model import ChipModel, no_answer
from sensors.chips.mprls import MprlsChip
from sensors.chips.mpu6050 import Mpu6050Chip
from sensors.driver import STANDARD_GRAVITY

Vector = tuple[float, float, float]

ROLLER = """
[[tools]]
name = "roller"
pressure = "bladder"
imu = { driver = "mpu6050", bus = 1 }
force = { driver = "mprls", bus = 1 }
[page]
enabled = false
"""
IMU_ONLY = """
[[tools]]
name = "roller"
imu = { driver = "mpu6050", bus = 1 }
[page]
enabled = false
"""


def lying(_t: float) -> tuple[Vector, Vector]:
    """At rest, its z axis up, with the bias of an ordinary chip."""
    return (0.0, 0.0, STANDARD_GRAVITY), (0.01, -0.02, 0.005)


def air(_t: float) -> tuple[float, float]:
    return 101_000.0, 22.0


class Registers:
    """A chip that is nothing but registers: what is not given reads 0."""

    def __init__(self, address: int, registers: dict[int, int]) -> None:
        self.address = address
        self.unplugged = False
        self.registers = registers
        self.asked: list[int] = []

    def transfer(self, write: bytes, read_count: int) -> bytes:
        if self.unplugged:
            raise no_answer()
        if write:
            self.asked.append(write[0])
        first = write[0] if write else 0
        return bytes(self.registers.get(first + i, 0) for i in range(read_count))

    def power_cycle(self) -> None:
        """It has no memory."""


class Ds3231(Registers):
    """A clock: BCD registers that go on with `now()` (DS3231 data sheet, figure 1)."""

    def __init__(self, now: Callable[[], float], second: int = 24) -> None:
        super().__init__(0x68, {})
        self._now = now
        self._second = second

    def transfer(self, write: bytes, read_count: int) -> bytes:
        seconds = self._second + int(self._now())
        bcd = (seconds % 60 // 10) << 4 | seconds % 10
        self.registers = {0: bcd, 1: 0x59, 2: 0x12, 3: 0x05, 4: 0x27, 5: 0x11, 6: 0x26}
        return super().transfer(write, read_count)


class WatchedBus:
    """A bus that takes time, keeps what was written, and fails as it is told."""

    def __init__(self, chips: Iterable[ChipModel], clock: ManualClock) -> None:
        self._inner = SimBus(chips)
        self._clock = clock
        self.transfers: list[tuple[int, bytes, int]] = []
        """(address, written, count read)."""
        self.fault: Callable[[int], OSError | None] = lambda _address: None
        self.closed = 0

    def i2c_rdwr(self, *messages: i2c_msg) -> None:
        self._clock.sleep(0.0003)
        writes = [message for message in messages if not message.flags & I2C_M_RD]
        reads = [message for message in messages if message.flags & I2C_M_RD]
        address = messages[0].addr
        self.transfers.append((address, b"".join(bytes(one) for one in writes), sum(one.len for one in reads)))
        error = self.fault(address)
        if error is not None:
            raise error
        self._inner.i2c_rdwr(*messages)

    def close(self) -> None:
        self.closed += 1


class FakeMachine(Machine):
    """Nothing on it until a test puts it there."""

    clock: ManualClock

    def __init__(self, root: Path) -> None:
        clock = ManualClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
        clock.sleep(100.0)  # chips are long powered
        environ = {"HOME": str(root / "home"), "STATE_DIRECTORY": str(root / "state")}
        super().__init__(root, environ, clock)
        self.buses: dict[str, WatchedBus] = {}
        self.opening: dict[str, OSError] = {}
        self.mine = {"pi", "i2c", "gpio"}
        self.listed: set[str] = set()
        self.device_group = "i2c"
        self.programs: dict[str, Ran] = {}
        self.free = 20_000_000_000
        (root / "state").mkdir()
        (root / "dev").mkdir()
        (root / "proc/device-tree").mkdir(parents=True)
        (root / "proc/device-tree/model").write_text("Raspberry Pi Zero 2 W Rev 1.0\0")

    def wire(self, name: str, *chips: ChipModel, adapter: str = "bcm2835 (i2c@7e804000)") -> WatchedBus:
        """A bus with these chips on it."""
        (self.root / "dev" / f"i2c-{name}").touch()
        place = self.root / "sys/bus/i2c/devices" / f"i2c-{name}"
        place.mkdir(parents=True, exist_ok=True)
        (place / "name").write_text(adapter + "\n")
        self.buses[name] = WatchedBus(chips, self.clock)
        return self.buses[name]

    def kernel_owns(self, bus: str, address: int, driver: str) -> None:
        device = self.root / "sys/bus/i2c/devices" / f"{bus}-{address:04x}"
        (self.root / "drivers" / driver).mkdir(parents=True)
        device.mkdir(parents=True)
        (device / "driver").symlink_to(self.root / "drivers" / driver)

    def open_bus(self, name: str) -> Any:
        if name in self.opening:
            raise self.opening[name]
        return self.buses[name]

    def user(self) -> str:
        return "pi"

    def groups(self) -> set[str]:
        return self.mine

    def listed_in(self, group: str) -> bool:
        return group in self.listed

    def group_of(self, path: Path) -> str:
        return self.device_group

    def owner_of(self, path: Path) -> str:
        return "roller"

    def run(self, *words: str) -> Ran | None:
        line = " ".join(words)
        return next((ran for start, ran in self.programs.items() if line.startswith(start)), None)

    def free_bytes(self, folder: Path) -> int:
        return self.free

    def imu(self, **given: Any) -> Mpu6050Chip:
        """An MPU-6050 that lies on a table."""
        source = given.pop("source", lying)
        return Mpu6050Chip(self.clock.now, source, **given)

    def bladder(self, **given: Any) -> MprlsChip:
        return MprlsChip(self.clock.now, given.pop("source", air), **given)

    def check(self, config: str = "", **asked: Any) -> Findings:
        """What `slowroll check` finds, with this configuration."""
        path = None
        if config:
            path = self.root / "slowroll.toml"
            path.write_text(config)
        return Findings(checks(self, Asked(config=str(path) if path else None, **asked)))


class Findings(list[Finding]):
    """A list that can be asked for a line."""

    def line(self, subject: str) -> Finding:
        found = [one for one in self if one.subject == subject]
        assert len(found) == 1, [(one.subject, one.says) for one in self]
        return found[0]

    def none(self, subject: str) -> bool:
        return all(one.subject != subject for one in self)


def error(name: str) -> OSError:
    number = getattr(errno, name)
    return OSError(number, os.strerror(number))
