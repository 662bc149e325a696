"""ICM-20948 (SparkFun, Adafruit, Pimoroni 9-axis boards): accelerometer and gyroscope, polled.

Its FIFO is left alone: the data sheet does not say in what order and how often the two sensors are written
when their rates differ (accelerometer 1125 Hz / n, gyroscope 1100 Hz / n), and ArduPilot, which reads it, found
corrupt samples in it. The data registers are documented, and one burst of them is of one moment. The chip samples at
least twice as fast as it is read, so each read finds a new sample, and the data-ready flag keeps a read that
comes early from giving the last one twice. The magnetometer is not used: steel around gym floors bends its field.
"""

from __future__ import annotations

import math
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

REG_BANK_SEL = 0x7F  # in every bank
# Bank 0
WHO_AM_I = 0x00
PWR_MGMT_1 = 0x06
PWR_MGMT_2 = 0x07
INT_ENABLE_1 = 0x11
INT_STATUS_1 = 0x1A
ACCEL_XOUT_H = 0x2D
# Bank 2
GYRO_SMPLRT_DIV = 0x00
ACCEL_SMPLRT_DIV_1 = 0x10
ACCEL_CONFIG = 0x14

BANK_0 = 0x00
BANK_2 = 0x20
GYRO_BASE_HZ = 1100
"""The slower of the two: the accelerometer's is 1125 Hz."""
FRAME_BYTES = 14


class Icm20948(I2CDriver):
    """The newest accelerometer, gyroscope and temperature sample."""

    name: ClassVar[str] = "icm20948"
    role: ClassVar[Role] = "imu"
    addresses: ClassVar[tuple[int, ...]] = (0x69, 0x68)
    ident: ClassVar[Ident | None] = Ident(WHO_AM_I, {0xEA: "ICM-20948"})
    banks: ClassVar[tuple[int, tuple[int, ...]] | None] = (REG_BANK_SEL, (0x10, 0x20, 0x30))
    witness: ClassVar[int | None] = PWR_MGMT_1
    frame: ClassVar[str] = ">7h"
    rates: ClassVar[tuple[float, ...]] = (50, 100)
    gyro_full_scale_rad_s: ClassVar[float | None] = math.radians(2000)
    source: ClassVar[str] = "DS-000189 rev 1.3"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (
            *xyz("accel", STANDARD_GRAVITY / 4096),  # ACCEL_FS_SEL 2: 4096 LSB/g
            *xyz("gyro", math.radians(1 / 16.4)),  # GYRO_FS_SEL 3: 16.4 LSB per deg/s
            Channel("temperature", 1 / 333.87, 21.0),
        )

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        io.write(REG_BANK_SEL, BANK_0)
        io.write(PWR_MGMT_1, 0x80)  # PWR_MGMT_1: DEVICE_RESET
        io.sleep(0.1)  # registers may be deaf for up to 100 ms
        io.write(PWR_MGMT_1, 0x01)  # PWR_MGMT_1: SLEEP off, CLKSEL 1 = the best clock there is
        io.write(PWR_MGMT_2, 0x00)  # PWR_MGMT_2: all axes of both sensors on
        io.sleep(0.1)  # the gyroscope spins up (35 ms) and the PLL settles
        divider = GYRO_BASE_HZ // round(2 * rate)
        low_pass = 4 if rate <= 50 else 3  # 24 Hz or 50 Hz: not above half of the rate
        wanted = (
            bytes((divider - 1, low_pass << 3 | 3 << 1 | 1)),
            bytes((0x00, divider - 1)),
            bytes((low_pass << 3 | 2 << 1 | 1,)),
        )
        kept = self._configure(io, *wanted)
        if kept != wanted:
            raise SensorFault(
                f"the chip did not keep its configuration (its bank 2 reads {b''.join(kept).hex(' ')})",
                "its supply probably dips as it starts: check VCC and GND, shorten the wires",
            )
        io.write(INT_ENABLE_1, 0x01)  # INT_ENABLE_1: RAW_DATA_0_RDY_EN, or the flag might never show
        return rate

    def read(self, io: I2CIo) -> bytes | Gap:
        if not io.read(INT_STATUS_1, 1)[0] & 0x01:  # INT_STATUS_1: RAW_DATA_0_RDY_INT; reading clears it
            return b""
        frame = io.read(ACCEL_XOUT_H, FRAME_BYTES)
        # A sample that came in between is in `frame`: were its flag left, the next read would take it again.
        io.read(INT_STATUS_1, 1)
        return frame

    def stop(self, io: I2CIo) -> None:
        io.write(PWR_MGMT_1, 0x41)  # PWR_MGMT_1: SLEEP, CLKSEL 1

    def _configure(self, io: I2CIo, gyro: bytes, accel_divider: bytes, accel: bytes) -> tuple[bytes, bytes, bytes]:
        """Write bank 2 and read it back. Whatever fails, bank 0 again: in bank 2 the chip can't say what it is."""
        try:
            io.write(REG_BANK_SEL, BANK_2)
            io.write(GYRO_SMPLRT_DIV, *gyro)  # GYRO_SMPLRT_DIV, GYRO_CONFIG_1: DLPF, FS_SEL 3, FCHOICE
            io.write(ACCEL_SMPLRT_DIV_1, *accel_divider)  # ACCEL_SMPLRT_DIV_1 and _2
            io.write(ACCEL_CONFIG, *accel)  # ACCEL_CONFIG: DLPF, FS_SEL 2, FCHOICE
            return (
                io.read(GYRO_SMPLRT_DIV, len(gyro)),
                io.read(ACCEL_SMPLRT_DIV_1, len(accel_divider)),
                io.read(ACCEL_CONFIG, len(accel)),
            )
        finally:
            try:
                io.write(REG_BANK_SEL, BANK_0)
            finally:
                io.write(REG_BANK_SEL, BANK_0)  # twice: one missed acknowledge must not lose the chip
