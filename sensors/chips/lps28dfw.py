"""Model of the ST LPS28DFW absolute pressure sensor.

Source: DS13317 rev 3, register layout by way of ST's own driver. Taken in the reading that is hardest on a driver:
powered down and in the narrow range after reset, without BDU the bytes of two samples mix, a burst that does not
step is one register again and again, and the first samples after a start are still in the filter.
"""

from __future__ import annotations

import random

from sensors.chips.model import GoldenWrite, Now, PressureSource, Specimen, Truth, no_answer

WHO_AM_I, CTRL_REG1, CTRL_REG2, CTRL_REG3, STATUS, PRESS_OUT_XL = 0x0F, 0x10, 0x11, 0x12, 0x27, 0x28
FS_MODE, EN_LPFP, BDU, SWRESET = 0x40, 0x10, 0x08, 0x04
ODR_HZ = (0, 1, 4, 10, 25, 50, 75, 100, 200)
RESET_S = 0.00005
NOISE_PA = 0.9
RANGES_PA = {False: (26_000.0, 126_000.0), True: (26_000.0, 406_000.0)}
"""Narrow and wide: what it can say."""


class Lps28dfwChip:
    """One pressure sensor; `pressure` is asked for the truth at each sample.

    Faults from outside: `unplugged` and `power_cycle()`.
    """

    def __init__(
        self,
        now: Now,
        pressure: PressureSource,
        *,
        address: int = 0x5C,
        who_am_i: int = 0xB4,
        noise: float = 1.0,
        seed: int = 1,
    ) -> None:
        self.address = address
        self.unplugged = False
        self._who_am_i = who_am_i
        self._now = now
        self._pressure = pressure
        self._noise = noise
        self._random = random.Random(seed)
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after power-up."""
        self._pointer = 0
        self._reset_until = 0.0
        self._reset()

    def _reset(self) -> None:
        self._registers = bytearray(0x80)
        self._registers[WHO_AM_I] = self._who_am_i
        self._registers[CTRL_REG3] = 0x01  # IF_ADD_INC
        self._since: float | None = None
        self._taken = 0

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """One bus transfer: the first byte is the register."""
        if self.unplugged:
            raise no_answer()
        t = self._now()
        self._catch_up(t)
        step = 1 if self._registers[CTRL_REG3] & 0x01 else 0
        if write:
            self._pointer = write[0] & 0x7F
            for value in write[1:]:
                self._write(self._pointer, value, t)
                self._pointer = (self._pointer + step) & 0x7F
        answer = bytearray()
        for index in range(read_count):
            if index and not self._registers[CTRL_REG2] & BDU:
                self._catch_up(t + index * 25e-6)
            answer.append(self._read(self._pointer, t))
            self._pointer = (self._pointer + step) & 0x7F
        return bytes(answer)

    def _read(self, register: int, t: float) -> int:
        value = self._registers[register]
        if register == CTRL_REG2 and t < self._reset_until:
            return value | SWRESET
        if register == PRESS_OUT_XL + 2:
            self._registers[STATUS] &= ~0x11  # P_DA and P_OR: the high byte has been read
        if register == PRESS_OUT_XL + 4:
            self._registers[STATUS] &= ~0x22  # T_DA and T_OR
        return value

    def _write(self, register: int, value: int, t: float) -> None:
        if t < self._reset_until or register in (WHO_AM_I, STATUS) or register > STATUS:
            return
        if register == CTRL_REG2 and value & SWRESET:
            self._reset()
            self._reset_until = t + RESET_S
            return
        self._registers[register] = value
        if register in (CTRL_REG1, CTRL_REG2):
            self._since = t if self._registers[CTRL_REG1] >> 3 & 0xF else None
            self._taken = 0

    def _catch_up(self, t: float) -> None:
        if self._since is None:
            return
        odr = ODR_HZ[min(self._registers[CTRL_REG1] >> 3 & 0xF, 8)]
        count = int((t - self._since) * odr)
        if count <= self._taken:
            return
        late = 0x03 if count - self._taken > 1 else self._registers[STATUS] & 0x03
        self._taken = count
        self._registers[STATUS] = 0x03 | late << 4
        pascal, degc = self._pressure(self._since + count / odr)
        if self._noise:
            pascal += self._random.gauss(0, self._noise * NOISE_PA)
        wide = bool(self._registers[CTRL_REG2] & FS_MODE)
        low, high = RANGES_PA[wide]
        counts = round(max(low, min(high, pascal)) / 100 * (2048 if wide else 4096))
        if self._registers[CTRL_REG2] & EN_LPFP and count <= 2:
            counts //= 2  # still in the filter
        self._registers[PRESS_OUT_XL : PRESS_OUT_XL + 3] = counts.to_bytes(3, "little")
        self._registers[PRESS_OUT_XL + 3 : PRESS_OUT_XL + 5] = round(degc * 100).to_bytes(2, "little", signed=True)


def _transcript(rate: float, _identity: int) -> tuple[GoldenWrite, ...]:
    odr = {20: 5, 50: 7, 100: 8}[int(rate)]
    book = "DS13317"
    return (
        GoldenWrite(CTRL_REG2, 0x04, f"{book} 9.8 CTRL_REG2: SWRESET, bit 2"),
        GoldenWrite(CTRL_REG3, 0x01, f"{book} 9.9 CTRL_REG3: IF_ADD_INC, bit 0"),
        GoldenWrite(CTRL_REG2, 0x58, f"{book} 9.8 CTRL_REG2: FS_MODE (4060 hPa), EN_LPFP, BDU"),
        GoldenWrite(CTRL_REG1, odr << 3 | 2, f"{book} 9.7 CTRL_REG1: ODR, bits 6:3, twice the rate; AVG 010 = 16"),
    )


def _build(now: Now, truth: Truth, identity: int) -> Lps28dfwChip:
    return Lps28dfwChip(now, truth.pressure, who_am_i=identity, noise=0.0)


SPECIMEN = Specimen(
    driver="lps28dfw",
    identities=(0xB4,),
    build=_build,
    # Same register 0x0F: LPS22HB, LPS22HH/LPS33, LPS25HB, LSM6DS3TR-C.
    foreign=(0xB1, 0xB3, 0xBD, 0x6A),
    transcript=_transcript,
)
