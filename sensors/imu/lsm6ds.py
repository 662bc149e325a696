"""What ST's LSM6DS chips share: control registers, ranges, and how they are reset and configured.

The two drivers differ in the FIFO: words without names (`lsm6ds3`) or tagged entries (`lsm6dso`). Both sensors
run at one rate, at +-8 g and +-2000 deg/s. Behind the accelerometer is its low-pass of about 50 Hz (26 Hz at
52 Hz); the gyroscope's follows the rate and can't be switched off: 17, 33 and 67 Hz at 52, 104 and 208 Hz.
"""

from __future__ import annotations

import math
from typing import ClassVar

from sensors.driver import STANDARD_GRAVITY, Channel, I2CDriver, I2CIo, Role, SensorFault, xyz

FIFO_MODE = 0x0A  # FIFO_CTRL5 of the old FIFO, FIFO_CTRL4 of the tagged one: the mode is in bits 2:0 of both
WHO_AM_I = 0x0F
CTRL1_XL = 0x10
CTRL2_G = 0x11
CTRL3_C = 0x12
FIFO_STATUS1 = 0x3A

CONTINUOUS = 0b110

FRAME_BYTES = 12
ODR_CODE: dict[float, int] = {52: 3, 104: 4, 208: 5}
TRANSFER_BYTES = 252
"""Under 11 ms on a 250 kHz bus, so that other devices get their turn; whole frames and whole entries fit."""


class Lsm6ds(I2CDriver):
    """Base of the two drivers: everything but the FIFO."""

    role: ClassVar[Role] = "imu"
    addresses: ClassVar[tuple[int, ...]] = (0x6A, 0x6B)
    witness: ClassVar[int | None] = CTRL1_XL
    frame: ClassVar[str] = "<6h"  # gyroscope, accelerometer
    rates: ClassVar[tuple[float, ...]] = tuple(ODR_CODE)
    fifo: ClassVar[bool] = True
    gyro_full_scale_rad_s: ClassVar[float | None] = math.radians(2000)

    def __init__(self) -> None:
        self._fifo_mode = 0
        self._fresh = True

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (
            *xyz("gyro", math.radians(0.070)),  # G_So at +-2000 deg/s: 70 mdps/LSB
            *xyz("accel", 0.244e-3 * STANDARD_GRAVITY),  # LA_So at +-8 g: 0.244 mg/LSB
        )

    def stop(self, io: I2CIo) -> None:
        io.write(FIFO_MODE, 0x00)  # FIFO_MODE: bypass
        io.write(CTRL1_XL, 0x00)  # CTRL1_XL: power-down
        io.write(CTRL2_G, 0x00)  # CTRL2_G: power-down

    def _reset(self, io: I2CIo) -> None:
        io.write(CTRL2_G, 0x00)  # CTRL2_G: power-down; ST asks for it before a reset
        io.write(CTRL3_C, 0x01)  # CTRL3_C: SW_RESET
        io.sleep(0.02)  # 50 us are promised for the registers, 15 ms for the chip's own start
        io.write(CTRL3_C, 0x44)  # CTRL3_C: BDU, and IF_INC, without which no burst moves on

    def _configure(self, io: I2CIo, rate: float) -> None:
        # Bit 1 halves the accelerometer's low-pass, ODR/4 for ODR/2: 52 Hz at 104 and at 208 Hz.
        accel = ODR_CODE[rate] << 4 | 3 << 2 | (0x02 if rate > 104 else 0)  # FS_XL 3 is +-8 g; 2 would be 4, 1 is 16
        gyro = ODR_CODE[rate] << 4 | 3 << 2
        io.write(CTRL1_XL, accel)  # CTRL1_XL: ODR_XL, FS_XL 3 = +-8 g, low-pass
        io.write(CTRL2_G, gyro)  # CTRL2_G: ODR_G, FS_G 3 = +-2000 deg/s
        kept = io.read(CTRL1_XL, 3)
        if kept != bytes((accel, gyro, 0x44)):
            raise SensorFault(
                f"the chip did not keep its configuration (registers 0x10 to 0x12 read {kept.hex(' ')})",
                "its supply probably dips as it starts: check VCC and GND, shorten the wires",
            )
        io.sleep(0.15)  # the gyroscope starts in 70 ms, then its filter takes up to 4 samples

    def _start_fifo(self, io: I2CIo, mode: int) -> None:
        self._fifo_mode = mode
        self._restart_fifo(io)

    def _restart_fifo(self, io: I2CIo) -> None:
        io.write(FIFO_MODE, 0x00)  # FIFO_MODE: bypass, which empties the FIFO
        io.write(FIFO_MODE, self._fifo_mode)  # FIFO_MODE: continuous
        self._fresh = True

    def _burst(self, io: I2CIo, register: int, count: int) -> bytes:
        """`count` bytes from the FIFO's output, whose address goes round by itself."""
        data = bytearray()
        while len(data) < count:
            data += io.read(register, min(count - len(data), TRANSFER_BYTES))
        return bytes(data)

    def _without_first(self, frames: bytes) -> bytes:
        """`frames`, but not the first one after the FIFO was switched on: the data sheets call it unsound."""
        if not self._fresh or not frames:
            return frames
        self._fresh = False
        return frames[FRAME_BYTES:]
