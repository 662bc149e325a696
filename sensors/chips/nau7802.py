"""Model of the NAU7802 load cell amplifier, register by register, where a driver can get it wrong.

Source: Nuvoton NAU7802 data sheet rev 2.6, by way of Adafruit's, SparkFun's and CedarGrove's libraries. Taken in
the reading that is hardest on a driver: nothing converts until everything is powered, an amplifier that was not
calibrated after the last change of gain or rate is far off, a calibration before the analog supply stands fails,
the first conversions afterwards are not settled, and a regulator told to give more than it gets makes noise.
"""

from __future__ import annotations

import random

from sensors.chips.model import BridgeSource, GoldenWrite, Now, Specimen, Truth, no_answer

PU_CTRL, CTRL1, CTRL2, ADCO_B2, ADC_CTRL, PGA_PWR, DEVICE_REV = 0x00, 0x01, 0x02, 0x12, 0x15, 0x1C, 0x1F
RR, PUD, PUA, PUR, CS, CR, AVDDS = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x80
CALS, CAL_ERR = 0x04, 0x08

RATES = {0: 10, 1: 20, 2: 40, 3: 80, 7: 320}
VLDO = (4.5, 4.2, 3.9, 3.6, 3.3, 3.0, 2.7, 2.4)
POWER_UP_S = 0.0002
ANALOG_S = 0.25
"""From switching the analog supply on until it stands."""
CALIBRATION_S = 0.344
SETTLING = 4
"""Conversions from the start, or from a calibration, that do not count yet."""
FULL = 0x7FFFFF
OFFSET = 400_000
"""Counts by which an amplifier is off that was not calibrated."""
DROPOUT_V = 0.25
NOISE_V_V = 4e-8
"""About 120 nV at 3 V, gain 128 and 80 conversions a second."""


class Nau7802Chip:
    """One amplifier; `bridge` is asked for the truth in V/V at each conversion.

    Faults from outside: `unplugged`, `power_cycle()`, `calibration_fails` (a short of the excitation),
    and `supply_v` (what the board is fed with).
    """

    def __init__(
        self,
        now: Now,
        bridge: BridgeSource,
        *,
        address: int = 0x2A,
        supply_v: float = 3.3,
        revision: int = 0x0F,
        noise: float = 1.0,
        seed: int = 1,
    ) -> None:
        self.address = address
        self.unplugged = False
        self.calibration_fails = False
        self.supply_v = supply_v
        self._revision = revision
        self._now = now
        self._bridge = bridge
        self._noise = noise
        self._random = random.Random(seed)
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after power-up: everything off."""
        self._pointer = 0
        self._reset()

    def _reset(self) -> None:
        self._registers = bytearray(0x20)
        self._registers[DEVICE_REV] = self._revision
        self._registers[0x07] = 0x80  # GCAL1: gain of 1
        self._data = 0
        self._ready = False
        self._powered_t: float | None = None
        self._analog_t: float | None = None
        self._since: float | None = None  # conversions are counted from here
        self._done = 0
        self._calibrated = False
        self._calibrating: tuple[float, bool] | None = None

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """One bus transfer: the first byte is the register, the rest are written to it and those after it."""
        if self.unplugged:
            raise no_answer()
        self._catch_up(self._now())
        if write:
            self._pointer = write[0]
            for value in write[1:]:
                self._write(self._pointer, value, self._now())
                self._pointer += 1
        answer = bytearray()
        for _ in range(read_count):
            answer.append(self._read(self._pointer))
            self._pointer += 1
        return bytes(answer)

    def _read(self, register: int) -> int:
        if register == PU_CTRL:
            powered = self._powered_t is not None and self._now() >= self._powered_t + POWER_UP_S
            return self._registers[PU_CTRL] | (PUR if powered else 0) | (CR if self._ready else 0)
        if ADCO_B2 <= register < ADCO_B2 + 3:
            if register == ADCO_B2 + 2:
                self._ready = False
            return (self._data & 0xFFFFFF).to_bytes(3, "big")[register - ADCO_B2]
        return self._registers[register] if register < 0x20 else 0

    def _write(self, register: int, value: int, t: float) -> None:
        if register == PU_CTRL:
            self._power(value, t)
        elif register >= DEVICE_REV or ADCO_B2 <= register < ADCO_B2 + 3:
            return  # read only
        elif self._registers[PU_CTRL] & RR:
            return  # held in reset
        elif register == CTRL2:
            if (value ^ self._registers[CTRL2]) & 0xF0:
                self._calibrated = False
            self._registers[CTRL2] = value & ~CAL_ERR
            self._restart(t)
            if value & CALS:
                standing = self._analog_t is not None and t >= self._analog_t + ANALOG_S and self._since is not None
                self._calibrating = (t + CALIBRATION_S, standing and not self.calibration_fails)
        else:
            if register == CTRL1 and (value ^ self._registers[CTRL1]) & 0x07:
                self._calibrated = False
            self._registers[register] = value

    def _power(self, value: int, t: float) -> None:
        if value & RR:
            self._reset()
        before = self._registers[PU_CTRL]
        self._registers[PU_CTRL] = value & ~(PUR | CR)
        if value & PUD and self._powered_t is None:
            self._powered_t = t
        elif not value & PUD:
            self._powered_t = None
        if value & PUA and value & AVDDS:
            self._analog_t = t if self._analog_t is None else self._analog_t
        else:
            self._analog_t = None
        if (value ^ before) & (PUD | PUA | CS):
            self._restart(t)

    def _restart(self, t: float) -> None:
        running = self._registers[PU_CTRL] & (PUD | PUA | CS) == PUD | PUA | CS
        self._since, self._done, self._ready = (t if running else None), 0, False

    def _catch_up(self, t: float) -> None:
        if self._calibrating is not None:
            end, works = self._calibrating
            if t < end:
                return  # nothing is converted meanwhile
            self._calibrating = None
            self._registers[CTRL2] &= ~CALS
            self._calibrated = works
            if not works:
                self._registers[CTRL2] |= CAL_ERR
            self._restart(end)
        if self._since is None:
            return
        rate = RATES.get(self._registers[CTRL2] >> 4 & 7, 10)
        count = int((t - self._since) * rate)
        if count > self._done:
            self._done = count
            self._data = self._convert(self._since + count / rate, count)
            self._ready = True

    def _convert(self, t: float, count: int) -> int:
        if self._analog_t is None:
            return FULL  # no excitation, no reference
        ratio = self._bridge(t)
        if self._noise:
            ratio += self._random.gauss(0, self._noise * NOISE_V_V)
        counts = ratio * 2.0 * (1 << (self._registers[CTRL1] & 7)) * (FULL + 1)
        if not self._calibrated:
            counts += OFFSET
        if VLDO[self._registers[CTRL1] >> 3 & 7] > self.supply_v - DROPOUT_V:
            counts += OFFSET / 4 * (count % 3 - 1)
        if count <= SETTLING:
            counts *= count / (SETTLING + 1)
        return max(-FULL - 1, min(FULL, round(counts)))


def _transcript(rate: float, _identity: int) -> tuple[GoldenWrite, ...]:
    crs = {20: 2, 40: 3, 80: 7}[int(rate)] << 4
    book = "NAU7802 rev 2.6"
    return (
        GoldenWrite(PU_CTRL, 0x01, f"{book} 9.1 power-on sequencing, step 1: RR to 1"),
        GoldenWrite(PU_CTRL, 0x06, f"{book} 9.1, step 2: RR to 0, PUD (and PUA) to 1; then wait for PUR"),
        GoldenWrite(PU_CTRL, 0x86, f"{book} 11.1 PU_CTRL: AVDDS, AVDD from the internal regulator"),
        GoldenWrite(CTRL1, 0x2F, f"{book} 11.2 CTRL1: VLDO 101 = 3.0 V, GAINS 111 = 128"),
        GoldenWrite(CTRL2, crs, f"{book} 11.3 CTRL2: CRS, bits 6:4, at least twice the rate it is read at"),
        GoldenWrite(ADC_CTRL, 0x30, f"{book} 9.1: REG_CHPS to 11, CLK_CHP off"),
        GoldenWrite(PGA_PWR, 0x80, f"{book} 9.4 application circuit: PGA_CAP_EN with a capacitor at VIN2"),
        GoldenWrite(PU_CTRL, 0x96, f"{book} 9.1: CS to 1, no conversion before"),
        GoldenWrite(CTRL2, crs | 0x04, f"{book} 11.3 CTRL2: CALS, CALMOD 00; again after each change of gain or rate"),
    )


def _build(now: Now, truth: Truth, identity: int) -> Nau7802Chip:
    return Nau7802Chip(now, truth.bridge, revision=identity, noise=0.0)


SPECIMEN = Specimen(
    driver="nau7802",
    identities=(0x0F,),
    build=_build,
    foreign=(0x00, 0xFF, 0x0E, 0xB4),
    transcript=_transcript,
)
