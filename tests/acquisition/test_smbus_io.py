"""One transfer for write and read; blocks of 32 where the adapter can do no more."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from firmware_host.acquisition.smbus_io import SmbusIo, open_linux_bus
from firmware_host.simulator.bus import SimBus
from sensors.chips.mprls import MprlsChip
from sensors.chips.mpu6050 import Mpu6050Chip
from sensors.imu.mpu6050 import Mpu6050


class Recording:
    """Notes the messages of each transfer and answers reads with 1, 2, 3..."""

    def __init__(self) -> None:
        self.transfers: list[list[tuple[int, bool, bytes]]] = []

    def i2c_rdwr(self, *messages: Any) -> None:
        for message in messages:
            if message.flags & 1:
                for i in range(message.len):
                    message.buf[i] = i + 1
        self.transfers.append([(m.addr, bool(m.flags & 1), bytes(m)) for m in messages])

    def close(self) -> None: ...


class SmbusOnly:
    """An adapter that refuses combined transfers, over a chip model."""

    def __init__(self, chip: Mpu6050Chip | MprlsChip) -> None:
        self.chip = chip
        self.refused = 0
        self.longest = 0

    def i2c_rdwr(self, *_messages: Any) -> None:
        self.refused += 1
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    def close(self) -> None: ...

    def read_byte(self, _address: int) -> int:
        return self.chip.transfer(b"", 1)[0]

    def write_byte(self, _address: int, value: int) -> None:
        self.chip.transfer(bytes([value]), 0)

    def read_i2c_block_data(self, _address: int, register: int, length: int) -> list[int]:
        self.longest = max(self.longest, length)
        return list(self.chip.transfer(bytes([register]), length))

    def write_i2c_block_data(self, _address: int, register: int, data: list[int]) -> None:
        self.chip.transfer(bytes([register, *data]), 0)


def test_a_register_read_is_one_transfer_with_the_read_last() -> None:
    bus = Recording()
    assert SmbusIo(bus, 0x68, lambda _s: None).read(0x3B, 3) == b"\x01\x02\x03"
    assert bus.transfers == [[(0x68, False, b"\x3b"), (0x68, True, b"\x01\x02\x03")]]


def test_writes_and_bare_reads() -> None:
    bus = Recording()
    io = SmbusIo(bus, 0x18, lambda _s: None)
    io.write(0x6B, 1, 2)
    assert io.transfer(b"", 2) == b"\x01\x02"
    assert bus.transfers == [[(0x18, False, b"\x6b\x01\x02")], [(0x18, True, b"\x01\x02")]]


def test_over_smbus_blocks_the_driver_reads_the_same_samples() -> None:
    now = [0.2]
    chip = Mpu6050Chip(lambda: now[0], lambda _t: ((1.0, 2.0, 3.0), (0.1, 0.2, 0.3)), noise=0.0)
    now[0] += 0.2
    bus = SmbusOnly(chip)

    def sleep(seconds: float) -> None:
        now[0] += seconds

    io = SmbusIo(bus, 0x68, sleep)
    driver = Mpu6050()
    driver.start(io, 100, "MPU-6050")
    now[0] += 0.25
    data = driver.read(io)
    assert isinstance(data, bytes)
    assert len(data) in (24 * 14, 25 * 14)
    assert data == data[:14] * (len(data) // 14)
    assert bus.longest == 32
    assert bus.refused == 1  # asked once, then known


def test_over_smbus_a_chip_without_registers_is_refused_with_a_reason() -> None:
    io = SmbusIo(SmbusOnly(MprlsChip(lambda: 0.0, lambda _t: (1e5, 25.0))), 0x18, lambda _s: None)
    assert io.transfer(b"", 1) == b"\x40"
    io.transfer(b"\xaa\x00\x00", 0)
    with pytest.raises(OSError, match="SMBus only"):
        io.transfer(b"", 4)


def test_other_errors_pass_through() -> None:
    with pytest.raises(OSError, match="Remote I/O") as caught:
        SmbusIo(SimBus([]), 0x68, lambda _s: None).read(0x75, 1)
    assert caught.value.errno == errno.EREMOTEIO


def test_a_bus_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        open_linux_bus("/dev/i2c-that-is-not-there")
