"""Register-level model of the LSM6DSO and LSM6DSOX, and of the LSM6DSR and ISM330DHCX.

Sources and what is shared: `sensors.chips.lsm6ds`. The FIFO holds 512 entries of a tag and six bytes; an entry
goes only when its last byte is read. It begins in the middle of a sample: the first entry has no partner. The
first whole sample is garbage, as the older chips' data sheets say of theirs.
"""

from __future__ import annotations

from sensors.chips import lsm6ds
from sensors.chips.lsm6ds import CTRL1_XL, CTRL2_G, CTRL3_C, CTRL8_XL, FIFO_MODE, FIFO_STATUS1, Lsm6dsChip
from sensors.chips.model import GoldenWrite, ImuSource, Now, Specimen, Truth

LSM6DSO = 0x6C
ISM330DHCX = 0x6B

FIFO_CTRL3 = 0x09
CTRL9_XL = 0x18
INTERNAL_FREQ_FINE = 0x63
FIFO_DATA_OUT_TAG = 0x78

ENTRIES = 512
GYRO, ACCEL, TIMESTAMP = 0x01, 0x02, 0x04
GARBAGE = b"\xff\x7f" * 3


class Lsm6dsoChip(Lsm6dsChip):
    """`freq_fine` is what the chip says of its own oscillator, in steps of 0.15 %; it is that much off."""

    fifo_port = range(FIFO_DATA_OUT_TAG, FIFO_DATA_OUT_TAG + 7)

    def __init__(
        self,
        now: Now,
        imu: ImuSource,
        *,
        who_am_i: int = LSM6DSO,
        freq_fine: int = 0,
        address: int = 0x6A,
        odr_error: float = 0.0,
        noise: float = 1.0,
        seed: int = 1,
        oversample: int = 1,
    ) -> None:
        self.freq_fine = freq_fine
        super().__init__(
            now,
            imu,
            who_am_i=who_am_i,
            address=address,
            odr_error=(1 + 0.0015 * freq_fine) * (1 + odr_error) - 1,
            noise=noise,
            seed=seed,
            oversample=oversample,
        )

    def _reset(self, t: float) -> None:
        super()._reset(t)
        self._registers[CTRL9_XL] = 0xE0

    def _accel_filter_hz(self, code: int) -> float:
        r = self._registers
        odr = lsm6ds.OSCILLATOR_HZ * self._speed / (1024 >> code)
        return odr / ((4, 10, 20, 45, 100, 200, 400, 800)[r[CTRL8_XL] >> 5] if r[CTRL1_XL] & 0x02 else 2)

    # --- FIFO

    def _capacity(self) -> int:
        return ENTRIES

    def _empty_fifo(self) -> None:
        self._fifo: list[bytes] = []
        self._slot = 0
        self._overrun = self._overrun_latched = False
        self._samples = 0

    def _queue(self, gyro: bytes, accel: bytes, t: float) -> None:
        rates = self._registers[FIFO_CTRL3]
        if self._registers[FIFO_MODE] >> 6:  # DEC_TS_BATCH
            self._push(TIMESTAMP, round(t / 25e-6).to_bytes(6, "little"))
        if self._samples == 1:
            gyro = accel = GARBAGE
        if rates >> 4 and self._samples:
            self._push(GYRO, gyro)
        if rates & 0x0F:
            self._push(ACCEL, accel)
        self._samples += 1
        self._slot = (self._slot + 1) % 4

    def _push(self, sensor: int, data: bytes) -> None:
        tag = sensor << 3 | self._slot << 1
        self._fifo.append(bytes([tag | tag.bit_count() % 2]) + data)
        if len(self._fifo) > ENTRIES:
            del self._fifo[0]
            self._overrun = self._overrun_latched = True

    def _read_fifo(self, register: int, t: float) -> int | None:
        if register in self.fifo_port:
            place = register - FIFO_DATA_OUT_TAG
            if not self._fifo:
                return 0
            value = self._fifo[0][place]
            if place == 6:
                del self._fifo[0]
                self._overrun = False
            return value
        count = len(self._fifo)
        if self.torn and count and t - self.taken_t < lsm6ds.TORN_S:
            count -= 1
        if register == FIFO_STATUS1:
            return count & 0xFF
        if register == FIFO_STATUS1 + 1:
            flags = (0x60 if self._overrun else 0) | (0x08 if self._overrun_latched else 0)
            self._overrun_latched = False
            return flags | count >> 8 & 0x03
        if register == INTERNAL_FREQ_FINE:
            running = self.odr_code(CTRL1_XL) or self.odr_code(CTRL2_G)
            return (self.freq_fine if running else self.freq_fine - 1) & 0xFF  # as seen on a real chip
        return None


def _transcript(rate: float, identity: int) -> tuple[GoldenWrite, ...]:
    """What `start` must write, byte by byte, from the data sheets."""
    code = {52: 3, 104: 4, 208: 5}[int(rate)]
    book = "LSM6DSO DS12140 rev 2"
    low_pass = 0x02 if code == 5 else 0x00
    return (
        GoldenWrite(CTRL2_G, 0x00, "AN5192, software reset: the gyroscope in power-down before it"),
        GoldenWrite(CTRL3_C, 0x01, f"{book} CTRL3_C (12h): SW_RESET, bit 0"),
        GoldenWrite(CTRL3_C, 0x44, f"{book} CTRL3_C (12h): BDU bit 6, IF_INC bit 2"),
        GoldenWrite(
            CTRL9_XL,
            0xE2,
            f"{book} CTRL9_XL (18h): I3C_disable bit 1, DEN_X, Y, Z as after reset; "
            "ISM330DHCX DS13012 CTRL9_XL: DEVICE_CONF bit 1, to be set at the start",
        ),
        GoldenWrite(
            CTRL1_XL,
            code << 4 | 0x0C | low_pass,
            f"{book} CTRL1_XL (10h): ODR_XL 3, 4, 5 = 52, 104, 208 Hz; FS_XL 3 = 8 g; LPF2_XL_EN: ODR/4 for ODR/2",
        ),
        GoldenWrite(CTRL2_G, code << 4 | 0x0C, f"{book} CTRL2_G (11h): ODR_G as ODR_XL; FS_G 3 = 2000 deg/s"),
        GoldenWrite(FIFO_CTRL3, code << 4 | code, f"{book} FIFO_CTRL3 (09h): BDR_GY bits 7:4, BDR_XL bits 3:0"),
        GoldenWrite(FIFO_MODE, 0x00, f"{book} FIFO_CTRL4 (0Ah): bypass empties the FIFO"),
        GoldenWrite(FIFO_MODE, 0x06, f"{book} FIFO_CTRL4 (0Ah): FIFO_MODE 110 continuous"),
    )


def _build(now: Now, truth: Truth, identity: int) -> Lsm6dsoChip:
    # Five looks at the truth for each sample: the kit's filter check shakes it at 190 Hz. The oscillator is 3 % fast.
    return Lsm6dsoChip(now, truth.imu, who_am_i=identity, freq_fine=21, noise=0.0, oversample=5)


SPECIMEN = Specimen(
    driver="lsm6dso",
    identities=(LSM6DSO, ISM330DHCX),
    build=_build,
    # Same register 0x0F: LSM6DS3TR-C, LSM6DS3, LSM9DS1, LSM6DSV16X, LIS3DH, LPS22HB.
    foreign=(0x6A, 0x69, 0x68, 0x70, 0x33, 0xB1),
    transcript=_transcript,
)
