"""ICM-42688-P and its family (ICM-42605, IIM-42652): quiet six-axis chips with a FIFO of whole packets.

The FIFO holds 16 byte packets (header, accelerometer, gyroscope, temperature, time stamp); `read` checks each
header and passes on what it measured. The time stamps are left out: the host finds the true rate by itself.

A sample the chip has none of is marked -32768, which no valid one can be. A batch of such packets alone gives
nothing: the sensors are not up yet, and if they stay so, the framework says that no samples come. Marked packets
among good ones are samples lost in mid-stream, so the batch becomes a `Gap`: leaving them out would give all that
follow too early a time.
"""

from __future__ import annotations

import math
import struct
from typing import ClassVar

from sensors.driver import (
    STANDARD_GRAVITY,
    Channel,
    Gap,
    I2CDriver,
    I2CIo,
    Ident,
    Role,
    SensorFault,
    xyz,
)

DEVICE_CONFIG = 0x11
FIFO_CONFIG = 0x16
INT_STATUS = 0x2D  # and FIFO_COUNTH, FIFO_COUNTL behind it
FIFO_DATA = 0x30
SIGNAL_PATH_RESET = 0x4B
INTF_CONFIG0 = 0x4C
PWR_MGMT0 = 0x4E
GYRO_CONFIG0 = 0x4F
ACCEL_CONFIG0 = 0x50
GYRO_ACCEL_CONFIG0 = 0x52
FIFO_CONFIG1 = 0x5F
INT_SOURCE0 = 0x65
WHO_AM_I = 0x75
REG_BANK_SEL = 0x76

PACKET_BYTES = 16
PACKETS_A_TRANSFER = 15
"""240 bytes: under 10 ms on a 250 kHz bus, so that other devices get their turn."""
FIFO_PACKETS = 128
"""2 KB: what it holds when full."""
INVALID = -32768
ODR = {50: 9, 100: 8, 200: 7}
"""GYRO_ODR and ACCEL_ODR by samples a second."""

_MEASURED = struct.Struct(">6h")


class Icm42688(I2CDriver):
    """Accelerometer, gyroscope and temperature over the FIFO."""

    name: ClassVar[str] = "icm42688"
    role: ClassVar[Role] = "imu"
    addresses: ClassVar[tuple[int, ...]] = (0x68, 0x69)
    ident: ClassVar[Ident | None] = Ident(WHO_AM_I, {0x47: "ICM-42688-P", 0x42: "ICM-42605", 0x6F: "IIM-42652"})
    banks: ClassVar[tuple[int, tuple[int, ...]] | None] = (REG_BANK_SEL, (1, 2, 3, 4))
    witness: ClassVar[int | None] = ACCEL_CONFIG0
    frame: ClassVar[str] = ">6hb"  # a packet without its header and time stamp
    rates: ClassVar[tuple[float, ...]] = (50, 100, 200)
    fifo: ClassVar[bool] = True
    gyro_full_scale_rad_s: ClassVar[float | None] = math.radians(2000)
    source: ClassVar[str] = "DS-000347 rev 1.7"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (
            *xyz("accel", STANDARD_GRAVITY / 4096),  # ACCEL_FS_SEL 1: 4096 LSB/g
            *xyz("gyro", math.radians(1 / 16.4)),  # GYRO_FS_SEL 0: 16.4 LSB per deg/s
            Channel("temperature", 1 / 2.07, 25.0),  # the FIFO's 8 bits
        )

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        io.write(DEVICE_CONFIG, 0x01)  # DEVICE_CONFIG: SOFT_RESET_CONFIG
        io.sleep(0.02)  # 1 ms at least
        odr = ODR[round(rate)]
        # max(400 Hz, ODR) / 20 or / 10: 20 Hz or 40 Hz, below half of the rate. The anti-alias filter before it is
        # on after a reset.
        low_pass = 6 if rate <= 50 else 4
        io.write(INTF_CONFIG0, 0x70)  # INTF_CONFIG0: FIFO_COUNT_REC, count and data big-endian, invalid code kept
        io.write(GYRO_CONFIG0, odr, 1 << 5 | odr)  # GYRO_CONFIG0: +-2000 deg/s; ACCEL_CONFIG0: FS_SEL 1 = +-8 g
        io.write(GYRO_ACCEL_CONFIG0, low_pass << 4 | low_pass)  # GYRO_ACCEL_CONFIG0: UI_FILT_BW of both
        io.write(INT_SOURCE0, 0x02)  # INT_SOURCE0: FIFO_FULL_INT1_EN, or the flag might never show
        io.write(FIFO_CONFIG1, 0x07)  # FIFO_CONFIG1: TEMP, GYRO, ACCEL
        io.write(FIFO_CONFIG, 0x40)  # FIFO_CONFIG: FIFO_MODE stream; may not be changed while the sensors run
        kept = io.read(GYRO_CONFIG0, 2) + io.read(GYRO_ACCEL_CONFIG0, 1)
        if kept != bytes((odr, 1 << 5 | odr, low_pass << 4 | low_pass)):
            raise SensorFault(
                f"the chip did not keep its configuration (registers 0x4F, 0x50 and 0x52 read {kept.hex(' ')})",
                "its supply probably dips as it starts: check VCC and GND, shorten the wires",
            )
        io.write(PWR_MGMT0, 0x0F)  # PWR_MGMT0: GYRO_MODE and ACCEL_MODE low noise; no writes for 200 us
        io.sleep(0.06)  # the gyroscope starts (30 ms) and must stay on for 45 ms
        self._flush(io)
        return rate

    def read(self, io: I2CIo) -> bytes | Gap:
        status, high, low = io.read(INT_STATUS, 3)
        count = high << 8 | low
        if status & 0x02 or count >= FIFO_PACKETS:  # INT_STATUS: FIFO_FULL_INT, the oldest packets may be gone
            self._flush(io)
            return Gap("fifo overflow")
        frames = bytearray()
        invalid = 0
        while count:
            part = min(count, PACKETS_A_TRANSFER)
            data = io.read(FIFO_DATA, part * PACKET_BYTES)
            count -= part
            for start in range(0, len(data), PACKET_BYTES):
                if data[start] & 0xF0 != 0x60:  # HEADER_MSG 0 (not empty), ACCEL 1, GYRO 1, HEADER_20 0
                    self._flush(io)
                    return Gap("fifo out of step")
                if INVALID in _MEASURED.unpack_from(data, start + 1):
                    invalid += 1
                else:
                    frames += data[start + 1 : start + 14]
        if invalid and frames:
            return Gap("invalid sample")
        return bytes(frames)

    def stop(self, io: I2CIo) -> None:
        io.write(PWR_MGMT0, 0x00)  # PWR_MGMT0: both sensors off

    def _flush(self, io: I2CIo) -> None:
        io.write(SIGNAL_PATH_RESET, 0x02)  # SIGNAL_PATH_RESET: FIFO_FLUSH
        io.read(INT_STATUS, 3)  # clears a stale flag; and Linux knows the first count after a flush to be 0
