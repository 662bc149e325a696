"""MPU-6050 and its family (MPU-6500, MPU-9250, ICM-206xx, and the chips sold under the name MPU-6050).

Samples are queued by the chip in its FIFO as accel, temperature, gyro, at +-8 g and +-2000 deg/s behind the
built-in low-pass: the default of +-250 deg/s clips an ordinary roll, and without the filter vibration folds
back into the signal. An overflow leaves the frames shifted, so it always empties the FIFO.
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

SMPLRT_DIV = 0x19
CONFIG = 0x1A
GYRO_CONFIG = 0x1B
ACCEL_CONFIG = 0x1C
ACCEL_CONFIG_2 = 0x1D
FIFO_EN = 0x23
INT_ENABLE = 0x38
INT_STATUS = 0x3A
USER_CTRL = 0x6A
PWR_MGMT_1 = 0x6B
FIFO_COUNTH = 0x72
FIFO_R_W = 0x74
WHO_AM_I = 0x75

FRAME_BYTES = 14
FRAMES_A_TRANSFER = 18
"""252 bytes: under 11 ms on a 250 kHz bus, so that other devices get their turn."""

MPU_6050 = "MPU-6050"
ICM_20600, ICM_20602 = "ICM-20600", "ICM-20602"


class Mpu6050(I2CDriver):
    """Accelerometer and gyroscope over the FIFO; one driver for every variant of the register map."""

    name: ClassVar[str] = "mpu6050"
    role: ClassVar[Role] = "imu"
    addresses: ClassVar[tuple[int, ...]] = (0x68, 0x69)
    ident: ClassVar[Ident | None] = Ident(
        WHO_AM_I,
        {
            0x68: MPU_6050,
            0x70: "MPU-6500",
            0x71: "MPU-9250",
            0x72: "MPU-6500 clone",
            0x73: "MPU-9255",
            0x74: "MPU-6515",
            0x78: "MPU-6880",
            0x98: "ICM-20689 sold as MPU-6050",
            0x11: ICM_20600,
            0x12: ICM_20602,
            0xAF: "ICM-20608",
            0xAE: "ICM-20608D",
            0xA6: "ICM-20609",
        },
    )
    witness: ClassVar[int | None] = ACCEL_CONFIG
    frame: ClassVar[str] = ">7h"
    rates: ClassVar[tuple[float, ...]] = (50, 100, 200)
    fifo: ClassVar[bool] = True
    gyro_full_scale_rad_s: ClassVar[float | None] = math.radians(2000)
    source: ClassVar[str] = "RM-MPU-6000A-00 rev 4.2, RM-MPU-6500A-00 rev 2.1, DS-000176 (ICM-20602)"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        # TEMP_OUT: RM-MPU-6000A-00 4.18; RM-MPU-6500A-00 registers 65 and 66; the data sheets of the ICM-206xx.
        temperature = Channel("temperature", 1 / 333.87, 21.0)
        if chip == MPU_6050:
            temperature = Channel("temperature", 1 / 340, 36.53)
        elif chip.startswith("ICM-206"):
            temperature = Channel("temperature", 1 / 326.8, 25.0)
        return (
            *xyz("accel", STANDARD_GRAVITY / 4096),  # AFS_SEL 2: 4096 LSB/g
            temperature,
            *xyz("gyro", math.radians(1 / 16.4)),  # FS_SEL 3: 16.4 LSB per deg/s
        )

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        io.write(PWR_MGMT_1, 0x80)  # PWR_MGMT_1: DEVICE_RESET
        io.sleep(0.1)  # registers may be deaf for up to 100 ms after a reset
        io.write(PWR_MGMT_1, 0x01)  # PWR_MGMT_1: SLEEP off, CLKSEL = PLL with X gyroscope
        io.sleep(0.1)  # the gyroscope spins up (30 ms) and the PLL settles
        divider = round(1000 / rate)
        low_pass = 4 if rate <= 50 else 3  # 21 Hz or 44 Hz: below half of the rate
        io.write(CONFIG, low_pass)  # CONFIG: DLPF_CFG
        io.write(SMPLRT_DIV, divider - 1)  # SMPLRT_DIV: 1 kHz / (1 + SMPLRT_DIV)
        io.write(GYRO_CONFIG, 3 << 3)  # GYRO_CONFIG: FS_SEL 3 = +-2000 deg/s
        io.write(ACCEL_CONFIG, 2 << 3)  # ACCEL_CONFIG: AFS_SEL 2 = +-8 g
        if chip != MPU_6050:
            io.write(ACCEL_CONFIG_2, low_pass)  # ACCEL_CONFIG_2: A_DLPF_CFG, a filter of its own on the 6500
        io.write(INT_ENABLE, 0x10)  # INT_ENABLE: FIFO_OFLOW_EN, else the overflow bit never shows
        if chip in (ICM_20600, ICM_20602):
            io.write(FIFO_EN, 0x18)  # FIFO_EN: GYRO, ACCEL; the temperature comes with them, in the same place
        else:
            io.write(FIFO_EN, 0xF8)  # FIFO_EN: TEMP, XG, YG, ZG, ACCEL
        kept = io.read(SMPLRT_DIV, 4)
        if kept != bytes((divider - 1, low_pass, 3 << 3, 2 << 3)):
            raise SensorFault(
                f"the chip did not keep its configuration (registers 0x19 to 0x1C read {kept.hex(' ')})",
                "its supply probably dips as it starts: check VCC and GND, shorten the wires",
            )
        self._restart_fifo(io)
        return 1000 / divider

    def read(self, io: I2CIo) -> bytes | Gap:
        count = self._count(io)
        if io.read(INT_STATUS, 1)[0] & 0x10:  # INT_STATUS: FIFO_OFLOW_INT, the oldest bytes are gone
            self._restart_fifo(io)
            return Gap("fifo overflow")
        if count % FRAME_BYTES:  # the chip is just writing a sample, or a byte was lost and all are shifted
            io.sleep(0.001)
            count = self._count(io)
            if count % FRAME_BYTES:
                self._restart_fifo(io)
                return Gap("fifo out of step")
        frames = bytearray()
        while count:
            part = min(count, FRAMES_A_TRANSFER * FRAME_BYTES)
            frames += io.read(FIFO_R_W, part)  # FIFO_R_W
            count -= part
        return bytes(frames)

    def stop(self, io: I2CIo) -> None:
        io.write(PWR_MGMT_1, 0x40)  # PWR_MGMT_1: SLEEP

    def _count(self, io: I2CIo) -> int:
        return int.from_bytes(io.read(FIFO_COUNTH, 2), "big") & 0x1FFF  # FIFO_COUNTH/L: bits 12:0

    def _restart_fifo(self, io: I2CIo) -> None:
        io.write(USER_CTRL, 0x00)  # USER_CTRL: FIFO_EN off; a reset is honoured only then
        io.write(USER_CTRL, 0x04)  # USER_CTRL: FIFO_RESET
        io.write(USER_CTRL, 0x40)  # USER_CTRL: FIFO_EN on
        io.read(INT_STATUS, 1)  # INT_STATUS: reading it clears a stale overflow
