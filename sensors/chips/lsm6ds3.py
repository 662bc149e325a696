"""Register-level model of the LSM6DS3TR-C (also LSM6DSL, LSM6DSM, ISM330DLC) and of the LSM6DS3 (LSM6DS33).

Sources and what is shared: `sensors.chips.lsm6ds`. The FIFO holds 16-bit words without names: 2048 of them, 4096
on the LSM6DS3. An overrun pushes out single words, so that the oldest one left may be any of the pattern's six,
and the count reads 0 until something is read (AN5130 table 64). The first sample after bypass is garbage
(LSM6DSL DocID028475 rev 7, 5.5: it "must be discarded").
"""

from __future__ import annotations

from sensors.chips import lsm6ds
from sensors.chips.lsm6ds import CTRL1_XL, CTRL2_G, CTRL3_C, CTRL4_C, CTRL8_XL, FIFO_MODE, FIFO_STATUS1, Lsm6dsChip
from sensors.chips.model import GoldenWrite, Now, Specimen, Truth

LSM6DS3TR_C = 0x6A
LSM6DS3 = 0x69

FIFO_CTRL3 = 0x08
FIFO_DATA_OUT_L = 0x3E

GARBAGE = b"\xff\x7f"


class Lsm6ds3Chip(Lsm6dsChip):
    """`who_am_i` chooses the variant: 0x69 LSM6DS3; anything else behaves as an LSM6DS3TR-C."""

    fifo_port = range(FIFO_DATA_OUT_L, FIFO_DATA_OUT_L + 2)

    def _raw_temperature(self) -> int:
        return lsm6ds.clip((self.temperature_degc - 25.0) * (16.0 if self.who_am_i == LSM6DS3 else 256.0))

    def _accel_filter_hz(self, code: int) -> float:
        r = self._registers
        odr = lsm6ds.OSCILLATOR_HZ / (1024 >> code)
        if r[CTRL8_XL] & 0x80:  # LPF2_XL_EN
            return odr / (50, 100, 9, 400)[r[CTRL8_XL] >> 5 & 3]
        if self.who_am_i != LSM6DS3:
            return odr / (4 if r[CTRL1_XL] & 0x02 else 2)  # LPF1_BW_SEL
        if r[CTRL4_C] & 0x80:  # XL_BW_SCAL_ODR: by BW_XL
            return (400, 200, 100, 50)[r[CTRL1_XL] & 0x03]
        return 50 if code <= 4 else min(400, 50 << (code - 4))

    # --- FIFO

    def _words(self) -> int:
        return 4096 if self.who_am_i == LSM6DS3 else 2048

    def _capacity(self) -> int:
        return self._words() // 3

    def _sets(self) -> int:
        """Sensors in the pattern: decimation other than none counts as none."""
        choice = self._registers[FIFO_CTRL3]
        return bool(choice >> 3 & 7) + bool(choice & 7)

    def _empty_fifo(self) -> None:
        self._fifo: list[bytes] = []
        self._taken = 0
        self._overrun = False
        self._garbage = True
        self._skipped = 0

    def _queue(self, gyro: bytes, accel: bytes, t: float) -> None:
        fastest = max(self.odr_code(CTRL1_XL), self.odr_code(CTRL2_G))
        fifo_code = self._registers[FIFO_MODE] >> 3 & 0x0F
        if not fifo_code or not self._sets():
            return
        self._skipped += 1
        if self._skipped < 1 << max(0, fastest - fifo_code):
            return
        self._skipped = 0
        choice = self._registers[FIFO_CTRL3]
        data = (gyro if choice >> 3 & 7 else b"") + (accel if choice & 7 else b"")
        words = [data[i : i + 2] for i in range(0, len(data), 2)]
        if self._garbage:
            words = [GARBAGE] * len(words)
            self._garbage = False
        self._fifo += words
        too_many = len(self._fifo) - self._words()
        if too_many > 0:
            self._drop(too_many)
            self._overrun = True

    def _drop(self, count: int) -> None:
        del self._fifo[:count]
        self._taken += count

    def _read_fifo(self, register: int, t: float) -> int | None:
        if register in self.fifo_port:
            word = self._fifo[0] if self._fifo else b"\x00\x00"
            if register == FIFO_DATA_OUT_L:
                return word[0]
            if self._fifo:
                self._drop(1)
                self._overrun = False
            return word[1]
        place = register - FIFO_STATUS1
        if not 0 <= place <= 3:
            return None
        count = 0 if self._overrun else len(self._fifo)
        if self.torn and count and t - self.taken_t < lsm6ds.TORN_S:
            count = max(0, count - 3)
        pattern = self._taken % (3 * self._sets()) if self._sets() else 0
        flags = 0x60 if self._overrun else 0x00 if self._fifo else 0x10
        return (count & 0xFF, flags | count >> 8 & 0x0F, pattern & 0xFF, pattern >> 8)[place]


def _transcript(rate: float, identity: int) -> tuple[GoldenWrite, ...]:
    """What `start` must write, byte by byte, from the data sheets."""
    code = {52: 3, 104: 4, 208: 5}[int(rate)]
    book = "LSM6DS3TR-C DocID030071 rev 3"
    low_pass = 0x02 if code == 5 else 0x00
    return (
        GoldenWrite(CTRL2_G, 0x00, "AN5130 rev 1, software reset: the gyroscope in power-down before it"),
        GoldenWrite(CTRL3_C, 0x01, f"{book} page 63 CTRL3_C: SW_RESET, bit 0"),
        GoldenWrite(CTRL3_C, 0x44, f"{book} page 63 CTRL3_C: BDU bit 6, IF_INC bit 2; AN5130 8.2: both for the FIFO"),
        GoldenWrite(
            CTRL1_XL,
            code << 4 | 0x0C | low_pass,
            f"{book} page 61 CTRL1_XL: ODR_XL 3, 4, 5 = 52, 104, 208 Hz; FS_XL 3 = 8 g; LPF1_BW_SEL: ODR/2 or ODR/4",
        ),
        GoldenWrite(CTRL2_G, code << 4 | 0x0C, f"{book} page 62 CTRL2_G: ODR_G as ODR_XL; FS_G 3 = 2000 deg/s"),
        GoldenWrite(FIFO_CTRL3, 0x09, "AN5130 rev 1 tables 54, 55 FIFO_CTRL3: DEC_FIFO_GYRO 1, DEC_FIFO_XL 1"),
        GoldenWrite(FIFO_MODE, 0x00, "AN5130 rev 1 8.2.1 FIFO_CTRL5: bypass empties the FIFO"),
        GoldenWrite(
            FIFO_MODE, code << 3 | 0x06, "AN5130 rev 1 tables 60, 61 FIFO_CTRL5: ODR_FIFO bits 6:3, mode 110 continuous"
        ),
    )


def _build(now: Now, truth: Truth, identity: int) -> Lsm6ds3Chip:
    # Five looks at the truth for each sample: the kit's filter check shakes it at 190 Hz.
    return Lsm6ds3Chip(now, truth.imu, who_am_i=identity, noise=0.0, oversample=5)


SPECIMEN = Specimen(
    driver="lsm6ds3",
    identities=(LSM6DS3TR_C, LSM6DS3),
    build=_build,
    # Same register 0x0F: LSM6DSO, LSM6DSR, LSM9DS1, LSM6DSV16X, LIS3DH, LPS22HB.
    foreign=(0x6C, 0x6B, 0x68, 0x70, 0x33, 0xB1),
    transcript=_transcript,
)
