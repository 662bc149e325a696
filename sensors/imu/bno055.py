"""BNO055: its accelerometer and gyroscope, without its fusion, polled 50 or 100 times a second.

The chip is a microcontroller that copies its sensors into registers. In a fusion mode it fixes the accelerometer at
+-4 g, where a roller's knocks clip, so it runs in ACCGYRO, which leaves ranges and filters to us
(docs/decisions.md). There is no FIFO and no flag without the interrupt pin: a poll between two of its updates gets the
same values again. They are passed on; to count repeats is the framework's business.

The trap: while it is busy this chip holds the clock line (clock stretching), and the I2C controller of every
Raspberry Pi up to 4 misreads that, now and then, mostly as a flipped top bit. Use `dtoverlay=i2c-gpio` or a Pi 5, or a
bus of 10 to 20 kHz (which has no room for 100 samples a second); docs/sensors.md says how. A value that the chip can't
give is a fault that says so.

Made from the data sheet and from public drivers; never run on a real chip.
"""

from __future__ import annotations

import math
import struct
from typing import ClassVar

from sensors.driver import Channel, Gap, I2CDriver, I2CIo, Ident, Role, SensorFault, xyz

CHIP_ID = 0x00  # followed by ACC_ID, MAG_ID, GYR_ID
PAGE_ID = 0x07
ACC_CONFIG = 0x08  # page 1; followed by MAG_CONFIG, GYR_CONFIG_0
ACC_DATA_X_LSB = 0x08  # page 0; MAG_DATA from 0x0E, GYR_DATA from 0x14 to 0x19
ST_RESULT = 0x36  # followed by INT_STA, SYS_CLK_STATUS, SYS_STATUS, SYS_ERR
UNIT_SEL = 0x3B
OPR_MODE = 0x3D
PWR_MODE = 0x3E
AXIS_MAP_CONFIG = 0x41  # followed by AXIS_MAP_SIGN

IDS = bytes((0xA0, 0xFB, 0x32, 0x0F))
DATA_BYTES = 18
ACCEL_LIMIT = 8000
"""More than +-8 g (7845) in 0.01 m/s2, with a little to spare: no reading of this chip in this range."""
SELF_TESTED = 0x0D  # ST_RESULT: microcontroller, gyroscope, accelerometer; the magnetometer is not used

STRETCHING = (
    "bits flip on the way: up to the Raspberry Pi 4 the I2C controller can't wait for this chip (clock stretching). "
    "Use dtoverlay=i2c-gpio or a Pi 5, or a bus of 20 kHz with 50 samples a second: docs/sensors.md, BNO055"
)


class Bno055(I2CDriver):
    """Raw acceleration and rotation; the engine does its own fusion."""

    name: ClassVar[str] = "bno055"
    role: ClassVar[Role] = "imu"
    addresses: ClassVar[tuple[int, ...]] = (0x28, 0x29)
    ident: ClassVar[Ident | None] = Ident(CHIP_ID, {0xA0: "BNO055"})
    witness: ClassVar[int | None] = OPR_MODE
    frame: ClassVar[str] = "<6h"
    rates: ClassVar[tuple[float, ...]] = (50, 100)
    gyro_full_scale_rad_s: ClassVar[float | None] = math.radians(2000)
    source: ClassVar[str] = "BST-BNO055-DS000-14 rev 1.4"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (
            *xyz("accel", 0.01),  # table 3-17: 1 m/s2 = 100 LSB
            *xyz("gyro", math.radians(1 / 16)),  # table 3-22: 1 deg/s = 16 LSB
        )

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        # No reset: the chip may leave the bus in the middle of the transfer that asks for one, which is an error like
        # any other. Everything that matters is written instead.
        io.write(PAGE_ID, 0)  # PAGE_ID: whatever an interrupted start has left
        io.write(OPR_MODE, 0x00)  # OPR_MODE: CONFIGMODE, the only one that takes settings
        io.sleep(0.02)  # table 3-6: 19 ms
        ids = io.read(CHIP_ID, 4)
        if ids != IDS:
            raise SensorFault(f"the ids of a BNO055 are {IDS.hex(' ')}, and {ids.hex(' ')} came", STRETCHING)
        io.write(PWR_MODE, 0x00)  # PWR_MODE: normal
        self._choose_ranges(io)
        io.write(UNIT_SEL, 0x00)  # UNIT_SEL: m/s2, deg/s
        io.write(AXIS_MAP_CONFIG, 0x24, 0x00)  # AXIS_MAP_CONFIG, AXIS_MAP_SIGN: as printed on the board
        io.write(OPR_MODE, 0x05)  # OPR_MODE: ACCGYRO
        io.sleep(0.02)  # table 3-6: 7 ms
        tested, _, _, status, error = io.read(ST_RESULT, 5)
        if tested & SELF_TESTED != SELF_TESTED or status == 1:  # SYS_STATUS 1: system error, see SYS_ERR
            raise SensorFault(
                f"the BNO055 reports a fault (self test 0x{tested:02x}, status {status}, error {error})",
                "power it off and on with the roller at rest; if this comes back, replace the board",
            )
        return rate

    def read(self, io: I2CIo) -> bytes | Gap:
        data = io.read(ACC_DATA_X_LSB, DATA_BYTES)  # in one burst, so that both are of one moment
        for value in struct.unpack_from("<3h", data):
            if abs(value) > ACCEL_LIMIT:
                raise SensorFault(f"the BNO055 says {value / 100:.0f} m/s2, more than its range of 8 g", STRETCHING)
        return data[:6] + data[12:]  # the magnetometer between them is off

    def stop(self, io: I2CIo) -> None:
        io.write(OPR_MODE, 0x00)  # OPR_MODE: CONFIGMODE, all sensors off
        io.sleep(0.02)  # table 3-6: 19 ms, before anybody starts it again

    def _choose_ranges(self, io: I2CIo) -> None:
        io.write(PAGE_ID, 1)  # PAGE_ID: the sensors' settings
        try:
            # ACC_Config: 8 g, 62.5 Hz (31 Hz would give only 62 new values a second). MAG_Config: as after a reset.
            # GYR_Config_0: 2000 deg/s, 47 Hz.
            io.write(ACC_CONFIG, 0x0E, 0x6D, 0x18)
        finally:  # also after a failed transfer: on page 1 the chip has no id, and nobody would find it again
            io.write(PAGE_ID, 0)
