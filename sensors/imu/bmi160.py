"""BMI160: accelerometer and gyroscope over the FIFO; the BMI270's older brother, which needs no program.

While both sensors sleep the chip takes one register at a time, 450 us apart, so `start` writes slowly until they run.

Made from the data sheet and from public drivers; never run on a real chip.
"""

from __future__ import annotations

import math
from typing import ClassVar

from sensors.driver import STANDARD_GRAVITY, Channel, Gap, I2CDriver, I2CIo, Ident, Role, SensorFault, xyz
from sensors.imu.bosch_fifo import drain

CHIP_ID = 0x00
PMU_STATUS = 0x03
FIFO_LENGTH_0 = 0x22  # followed by FIFO_DATA
ACC_CONF = 0x40
ACC_RANGE = 0x41
GYR_CONF = 0x42
GYR_RANGE = 0x43
FIFO_CONFIG_1 = 0x47
CMD = 0x7E

ODR = {50: 0x07, 100: 0x08, 200: 0x09}
BETWEEN_WRITES_S = 0.0005
INPUT_CONFIG_BYTES = 1


class Bmi160(I2CDriver):
    """Samples of both sensors at one rate, paired by the chip."""

    name: ClassVar[str] = "bmi160"
    role: ClassVar[Role] = "imu"
    addresses: ClassVar[tuple[int, ...]] = (0x68, 0x69)
    ident: ClassVar[Ident | None] = Ident(CHIP_ID, {0xD1: "BMI160", 0xD3: "BMI160 revision 3"})
    witness: ClassVar[int | None] = ACC_RANGE
    frame: ClassVar[str] = "<6h"
    rates: ClassVar[tuple[float, ...]] = (50, 100, 200)
    fifo: ClassVar[bool] = True
    gyro_full_scale_rad_s: ClassVar[float | None] = math.radians(2000)
    source: ClassVar[str] = "BST-BMI160-DS000-07; boschsensortec/BMI160_SensorAPI"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (
            *xyz("gyro", math.radians(2000 / 32768)),  # gyr_range 0: +-2000 deg/s, 16.4 LSB per deg/s
            *xyz("accel", STANDARD_GRAVITY / 4096),  # acc_range 8: +-8 g, 4096 LSB/g
        )

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        io.write(CMD, 0xB6)  # CMD: softreset
        io.sleep(0.015)  # 10 ms until it is up again
        settings = bytes((0x20 | ODR[int(rate)], 0x08, 0x20 | ODR[int(rate)], 0x00))
        for register, value in (
            (ACC_CONF, settings[0]),  # ACC_CONF: acc_bwp normal (0.4 of the rate), acc_odr
            (ACC_RANGE, settings[1]),  # ACC_RANGE: 8 = 8 g
            (GYR_CONF, settings[2]),  # GYR_CONF: gyr_bwp normal, gyr_odr
            (GYR_RANGE, settings[3]),  # GYR_RANGE: 0 = 2000 deg/s
            (FIFO_CONFIG_1, 0xD0),  # FIFO_CONFIG_1: gyroscope, accelerometer, headers
        ):
            io.write(register, value)
            io.sleep(BETWEEN_WRITES_S)
        io.write(CMD, 0x11)  # CMD: accelerometer to normal mode
        io.sleep(0.005)  # 3.8 ms
        io.write(CMD, 0x15)  # CMD: gyroscope to normal mode
        io.sleep(0.081)  # 80 ms
        power = io.read(PMU_STATUS, 1)[0]
        kept = io.read(ACC_CONF, 4)
        if power & 0x3C != 0x14 or kept != settings:  # PMU_STATUS: accelerometer and gyroscope normal
            raise SensorFault(
                f"the chip did not keep its configuration (PMU_STATUS 0x{power:02x}, registers 0x40 to 0x43 "
                f"{kept.hex(' ')})",
                "its supply probably dips as it starts: check VCC and GND, shorten the wires",
            )
        io.write(CMD, 0xB0)  # CMD: fifo_flush
        return rate

    def read(self, io: I2CIo) -> bytes | Gap:
        batch = drain(io, FIFO_LENGTH_0, 0x07FF, INPUT_CONFIG_BYTES)  # FIFO_LENGTH: 11 bits; FIFO_DATA
        if batch.lost:
            io.write(CMD, 0xB0)  # CMD: fifo_flush
            return Gap(batch.lost)
        return batch.samples

    def stop(self, io: I2CIo) -> None:
        io.write(CMD, 0x14)  # CMD: gyroscope to suspend mode
        io.sleep(BETWEEN_WRITES_S)
        io.write(CMD, 0x10)  # CMD: accelerometer to suspend mode
