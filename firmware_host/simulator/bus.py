"""A bus of chip models with smbus2's interface: the real acquisition code runs on it unchanged."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable

from smbus2 import i2c_msg

from sensors.chips.model import ChipModel, no_answer

I2C_M_RD = 0x0001
"""Message flag "read", from Linux uapi/linux/i2c.h."""


class SimBus:
    """The chips on one bus, found by address at each transfer."""

    def __init__(self, chips: Iterable[ChipModel]) -> None:
        self._chips = tuple(chips)

    def i2c_rdwr(self, *messages: i2c_msg) -> None:
        """Run the messages in order; a write followed by a read at one address is one transfer.

        Raises `OSError` as Linux does when no chip acknowledges.
        """
        waiting = list(messages)
        while waiting:
            message = waiting.pop(0)
            chip = self._chip(message.addr)
            if message.flags & I2C_M_RD:
                _fill(message, chip.transfer(b"", message.len))
            elif waiting and waiting[0].flags & I2C_M_RD and waiting[0].addr == message.addr:
                answer = waiting.pop(0)
                _fill(answer, chip.transfer(bytes(message), answer.len))
            else:
                chip.transfer(bytes(message), 0)

    def close(self) -> None:
        """Nothing to give back: the same object may be opened again."""

    def _chip(self, address: int) -> ChipModel:
        for chip in self._chips:
            if chip.address == address:
                return chip
        raise no_answer()


def _fill(message: i2c_msg, data: bytes) -> None:
    ctypes.memmove(message.buf, data, message.len)
