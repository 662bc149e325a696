"""A driver's view of one chip on a Linux I2C bus, over an smbus2-like object.

Write and read go out as one transfer with a repeated start. Adapters that only speak SMBus refuse that; there
block reads of 32 bytes take its place.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, cast

from smbus2 import SMBus, i2c_msg

SMBUS_BLOCK = 32
"""Most bytes in one SMBus block transfer."""
KEPT_TRANSFERS = 64
"""A driver makes the same few transfers again and again; building their messages anew was a fifth of a bus's CPU."""


class Bus(Protocol):
    """What is used of `smbus2.SMBus`; `simulator.bus.SimBus` offers the same."""

    def i2c_rdwr(self, *messages: Any) -> None:
        """Run the messages as one transfer; a read message holds its bytes afterwards."""

    def close(self) -> None:
        """Give the device file back; may be called twice."""


class BlockBus(Protocol):
    """What is used of `smbus2.SMBus` on an adapter that speaks SMBus alone."""

    def read_byte(self, i2c_addr: int) -> int: ...

    def read_i2c_block_data(self, i2c_addr: int, register: int, length: int) -> list[int]: ...

    def write_byte(self, i2c_addr: int, value: int) -> None: ...

    def write_i2c_block_data(self, i2c_addr: int, register: int, data: list[int]) -> None: ...


def open_linux_bus(name: str) -> Bus:
    """Bus "1" is /dev/i2c-1; a path is taken as it is. Raises `OSError` if it can't be opened, and with EBUSY if
    another slowroll reads it: two of them would empty each other's FIFOs.
    """
    bus = SMBus(int(name) if name.isdigit() else name)
    try:
        assert bus.fd is not None  # it is open
        hold(bus.fd)
    except OSError:
        bus.close()
        raise
    return cast(Bus, bus)


def hold(device: int) -> None:
    """Lock the open file `device` against every other slowroll, whichever user runs it, until it is closed.

    The lock is the kernel's own and ends with its process; programs that don't ask for it don't notice it.
    """
    try:
        fcntl.flock(device, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY)) from error


class SmbusIo:
    """`sensors.driver.I2CIo` for the chip at `address` (7 bit). Every method raises `OSError` as the bus does."""

    def __init__(self, bus: Bus, address: int, sleep: Callable[[float], None]) -> None:
        self._bus = bus
        self._address = address
        self._sleep = sleep
        self._blocks_only = False
        self._messages = lru_cache(KEPT_TRANSFERS)(lambda data, count: _messages(address, data, count))

    def read(self, register: int, count: int) -> bytes:
        return self.transfer(bytes([register]), count)

    def write(self, register: int, *values: int) -> None:
        self.transfer(bytes([register, *values]), 0)

    def sleep(self, seconds: float) -> None:
        self._sleep(seconds)

    def transfer(self, data: bytes, count: int) -> bytes:
        if not self._blocks_only:
            try:
                return self._combined(data, count)
            except OSError as error:
                if error.errno not in (errno.EOPNOTSUPP, errno.ENOTSUP):
                    raise
                self._blocks_only = True
        return self._in_blocks(data, count)

    def _combined(self, data: bytes, count: int) -> bytes:
        messages = self._messages(data, count)
        self._bus.i2c_rdwr(*messages)
        return bytes(messages[-1]) if count else b""

    def _in_blocks(self, data: bytes, count: int) -> bytes:
        """The same over SMBus calls.

        A read longer than a block asks the same register again, which is right for FIFO ports; no register
        table in use is longer than 32 bytes.
        """
        bus = cast(BlockBus, self._bus)
        if len(data) == 1 and count:
            answer = bytearray()
            while len(answer) < count:
                part = min(SMBUS_BLOCK, count - len(answer))
                answer += bytes(bus.read_i2c_block_data(self._address, data[0], part))
            return bytes(answer)
        if len(data) == 1:
            bus.write_byte(self._address, data[0])
            return b""
        if data and not count:
            bus.write_i2c_block_data(self._address, data[0], list(data[1:]))
            return b""
        if not data and count == 1:
            return bytes([bus.read_byte(self._address)])
        raise OSError(
            errno.EOPNOTSUPP,
            f"this adapter speaks SMBus only and can't read {count} bytes from a chip without registers; "
            "connect that chip to a Raspberry Pi's own I2C pins",
        )


def _messages(address: int, data: bytes, count: int) -> tuple[i2c_msg, ...]:
    """One transfer; the bytes of a read message are overwritten each time it is sent."""
    messages = [i2c_msg.write(address, data)] if data else []
    if count:
        messages.append(i2c_msg.read(address, count))
    return tuple(messages)
