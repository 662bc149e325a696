"""LSM6DSO, LSM6DSOX, LSM6DSR and ISM330DHCX.

The FIFO holds entries of 7 bytes: a tag, then x, y, z of one sensor. The tag says whose, and counts the samples
in two bits; gyroscope and accelerometer with one count are one sample. The chip also knows how fast its own
oscillator is, so the rate told is this chip's and not the data sheet's.

The LSM6DSO32 has the same id and twice the range, which nothing on the wire tells: it would read half of gravity.
"""

from __future__ import annotations

from typing import ClassVar

from sensors.driver import Gap, I2CIo, Ident
from sensors.imu.lsm6ds import CONTINUOUS, FIFO_STATUS1, ODR_CODE, WHO_AM_I, Lsm6ds

FIFO_CTRL3 = 0x09
CTRL9_XL = 0x18
INTERNAL_FREQ_FINE = 0x63
FIFO_DATA_OUT_TAG = 0x78

ENTRY_BYTES = 7
GYRO, ACCEL = 0x01, 0x02  # TAG_SENSOR
OSCILLATOR_HZ = 6667


class Lsm6dso(Lsm6ds):
    """Accelerometer and gyroscope over the tagged FIFO."""

    name: ClassVar[str] = "lsm6dso"
    ident: ClassVar[Ident | None] = Ident(WHO_AM_I, {0x6C: "LSM6DSO/LSM6DSOX", 0x6B: "LSM6DSR/ISM330DHCX"})
    source: ClassVar[str] = "LSM6DSO DS12140 rev 2 with AN5192; ISM330DHCX DS13012"

    def __init__(self) -> None:
        super().__init__()
        self._count: int | None = None
        self._half: dict[int, bytes] = {}

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        self._reset(io)
        io.write(CTRL9_XL, 0xE2)  # CTRL9_XL: I3C_disable (DEVICE_CONF on the ISM330DHCX); the rest as after reset
        self._configure(io, rate)
        code = ODR_CODE[rate]
        io.write(FIFO_CTRL3, code << 4 | code)  # FIFO_CTRL3: BDR_GY and BDR_XL = each sample of both
        self._start_fifo(io, CONTINUOUS)  # FIFO_CTRL4: neither temperature nor timestamps
        # Only now: it reads one step less while the oscillator is off.
        fine = int.from_bytes(io.read(INTERNAL_FREQ_FINE, 1), "little", signed=True)  # FREQ_FINE: 0.15 % a step
        return OSCILLATOR_HZ * (1 + 0.0015 * fine) / (1024 >> code)

    def read(self, io: I2CIo) -> bytes | Gap:
        low, high = io.read(FIFO_STATUS1, 2)
        if high & 0x48:  # FIFO_STATUS2: FIFO_OVR_IA, FIFO_OVR_LATCHED (reading clears it, a lost reply too)
            self._restart_fifo(io)
            return Gap("fifo overflow")
        count = (high & 0x03) << 8 | low  # DIFF_FIFO: entries
        frames = self._pair(self._burst(io, FIFO_DATA_OUT_TAG, count * ENTRY_BYTES))
        if frames is None:
            self._restart_fifo(io)
            return Gap("fifo out of step")
        return self._without_first(frames)

    def _pair(self, entries: bytes) -> bytes | None:
        """The frames that are complete, or None if entries are missing; an odd end waits for the next read."""
        frames = bytearray()
        for start in range(0, len(entries), ENTRY_BYTES):
            tag = entries[start]
            sensor, count = tag >> 3, tag >> 1 & 0x03  # TAG_SENSOR, TAG_CNT
            if tag.bit_count() % 2:  # TAG_PARITY makes it even
                return None
            if sensor not in (GYRO, ACCEL):
                continue
            if count != self._count:
                missing = bool(self._half) or (self._count is not None and count != (self._count + 1) % 4)
                if missing and (frames or not self._fresh):  # a FIFO may begin in the middle of a sample
                    return None
                self._count = count
                self._half = {}
            self._half[sensor] = entries[start + 1 : start + ENTRY_BYTES]
            if len(self._half) == 2:
                frames += self._half[GYRO] + self._half[ACCEL]
                self._half = {}
        return bytes(frames)

    def _restart_fifo(self, io: I2CIo) -> None:
        super()._restart_fifo(io)
        self._count = None
        self._half = {}
