"""MPRLS (Honeywell MPR series, 0-25 psi absolute): the pressure in an air bladder.

The chip has no registers and no id: a command starts a conversion, a read gives a status byte and 24 bits.
Full scale is 172 kPa absolute, about 71 kPa above the air: a heavy person on a small bladder reaches it. Such
a reading means "at least this much" and is passed on with its saturation bit, never dropped.
"""

from __future__ import annotations

from typing import ClassVar

from sensors.driver import Channel, Gap, I2CDriver, I2CIo, Role, SensorFault

POWERED = 0x40  # status bit 6
BUSY = 0x20  # status bit 5
INTEGRITY_FAILED = 0x04  # status bit 2
ALWAYS_ZERO = 0x9A  # status bits 7, 4, 3 and 1

COUNTS_AT_ZERO = 0x19999A  # 10 % of 2^24: 0 psi
COUNTS_AT_FULL = 0xE66666  # 90 % of 2^24: 25 psi
FULL_SCALE_PA = 25 * 6894.757293168
PA_PER_COUNT = FULL_SCALE_PA / (COUNTS_AT_FULL - COUNTS_AT_ZERO)

CONVERSION_S = 0.005
EXTRA_WAITS = 10
"""Looks at a conversion that is not ready, 1 ms apart, before it is called stuck."""


class Mprls(I2CDriver):
    """Absolute pressure, one conversion for each read."""

    name: ClassVar[str] = "mprls"
    role: ClassVar[Role] = "force"
    addresses: ClassVar[tuple[int, ...]] = (0x18,)
    frame: ClassVar[str] = ">BI"  # status, then the 24 bits in four bytes
    rates: ClassVar[tuple[float, ...]] = (20, 50, 100)
    force_full_scale: ClassVar[float | None] = FULL_SCALE_PA
    source: ClassVar[str] = "Honeywell MPR series 32332628"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return Channel("status", 1), Channel("pressure", PA_PER_COUNT, -COUNTS_AT_ZERO * PA_PER_COUNT)

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        status = io.transfer(b"", 1)[0]
        if not status & POWERED or status & ALWAYS_ZERO:
            raise SensorFault(
                f"the chip answers status 0x{status:02x}, which is not an MPRLS",
                "another chip may sit at this address (LIS3DH uses 0x18 too): check the board and `address`",
            )
        self.read(io)  # the first conversion shows whether its memory is sound
        return rate

    def read(self, io: I2CIo) -> bytes | Gap:
        io.transfer(b"\xaa\x00\x00", 0)  # command AA 00 00: measure
        io.sleep(CONVERSION_S)
        answer = io.transfer(b"", 4)
        for _ in range(EXTRA_WAITS):
            if not answer[0] & BUSY:
                break
            io.sleep(0.001)
            answer = io.transfer(b"", 4)
        status = answer[0]
        if status & BUSY:
            raise SensorFault(
                "the pressure sensor stays busy: no reading 15 ms after it was asked",
                "its supply may be weak or another program uses it: check 3.3 V at the board",
            )
        if not status & POWERED:
            raise SensorFault(
                f"the pressure sensor answers status 0x{status:02x}: it has no power",
                "it probably lost its supply for a moment: check the 3.3 V and GND wires",
            )
        if status & INTEGRITY_FAILED:
            raise SensorFault(
                "the pressure sensor reports that its calibration memory is damaged (status bit 2)",
                "power it off and on; if this comes back, replace the sensor: its readings can't be trusted",
            )
        return bytes((status, 0)) + answer[1:]

    def stop(self, io: I2CIo) -> None:
        """Nothing to do: the chip sleeps by itself between conversions."""
