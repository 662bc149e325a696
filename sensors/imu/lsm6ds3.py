"""LSM6DS3TR-C and its family (LSM6DSL, LSM6DSM, ISM330DLC, and the older LSM6DS3, LSM6DS33).

The FIFO holds 16-bit words without names; a register says which of the pattern's six comes next: gyroscope x, y,
z, then accelerometer x, y, z. Only whole patterns are taken out, so it must stand at the first one.
"""

from __future__ import annotations

from typing import ClassVar

from sensors.driver import Gap, I2CIo, Ident
from sensors.imu.lsm6ds import CONTINUOUS, FIFO_STATUS1, FRAME_BYTES, ODR_CODE, WHO_AM_I, Lsm6ds

FIFO_CTRL3 = 0x08
FIFO_DATA_OUT_L = 0x3E


class Lsm6ds3(Lsm6ds):
    """Accelerometer and gyroscope over the old, untagged FIFO."""

    name: ClassVar[str] = "lsm6ds3"
    ident: ClassVar[Ident | None] = Ident(
        WHO_AM_I,
        {0x6A: "LSM6DS3TR-C/LSM6DSL/LSM6DSM/ISM330DLC", 0x69: "LSM6DS3/LSM6DS33"},
    )
    source: ClassVar[str] = "LSM6DS3TR-C DocID030071 rev 3 with AN5130 rev 1; LSM6DS3 DocID026899 rev 8"

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        self._reset(io)
        self._configure(io, rate)
        io.write(FIFO_CTRL3, 0x09)  # FIFO_CTRL3: DEC_FIFO_GYRO 1 and DEC_FIFO_XL 1 = each sample of both
        self._start_fifo(io, ODR_CODE[rate] << 3 | CONTINUOUS)  # FIFO_CTRL5: ODR_FIFO in bits 6:3
        return rate

    def read(self, io: I2CIo) -> bytes | Gap:
        low, high, pattern_low, pattern_high = io.read(FIFO_STATUS1, 4)
        if high & 0x40:  # FIFO_STATUS2: OVER_RUN, the oldest words are gone; the count reads 0 meanwhile
            self._restart_fifo(io)
            return Gap("fifo overflow")
        words = (high & 0x0F) << 8 | low  # DIFF_FIFO: 11 bits, 12 on the LSM6DS3
        count = words * 2 // FRAME_BYTES * FRAME_BYTES  # a pattern that is just being written waits
        if not count:
            return b""
        if (pattern_high & 0x03) << 8 | pattern_low:  # FIFO_PATTERN: the next word is not the gyroscope's x
            self._restart_fifo(io)
            return Gap("fifo out of step")
        return self._without_first(self._burst(io, FIFO_DATA_OUT_L, count))
