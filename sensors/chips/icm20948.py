"""Register-level model of the ICM-20948: what is on the wire, from the motion it is given.

Source: DS-000189 rev 1.3. Where it leaves room the model takes the reading that is hardest on a driver: the two
sensors run at rates of their own (1100 and 1125 Hz, divided), a flag that is not enabled never shows, registers
are deaf for most of the 100 ms a start may take. The FIFO and the magnetometer are not modelled.
"""

from __future__ import annotations

import math
import struct

from sensors.chips.imu_signal import Filtered, to_raw
from sensors.chips.model import GoldenWrite, ImuSource, Now, Specimen, Truth, no_answer
from sensors.driver import STANDARD_GRAVITY

REG_BANK_SEL = 0x7F
# Bank 0
WHO_AM_I = 0x00
PWR_MGMT_1 = 0x06
PWR_MGMT_2 = 0x07
INT_ENABLE_1 = 0x11
INT_STATUS_1 = 0x1A
ACCEL_XOUT_H = 0x2D
# Bank 2
GYRO_SMPLRT_DIV = 0x00
GYRO_CONFIG_1 = 0x01
ACCEL_SMPLRT_DIV_1 = 0x10
ACCEL_SMPLRT_DIV_2 = 0x11
ACCEL_CONFIG = 0x14

SAMPLE = struct.Struct(">7h")
DEAF_S = 0.09
"""Registers ignore writes this long after power-up or reset; the data sheet allows itself up to 100 ms."""
GYRO_START_S = 0.035
"""First sample after waking: gyroscope start-up, table 1."""
GYRO_BASE_HZ = 1100.0
ACCEL_BASE_HZ = 1125.0

# 3 dB bandwidths by DLPFCFG, from GYRO_CONFIG_1 and ACCEL_CONFIG; without FCHOICE the filter is out of the way.
_GYRO_FILTER_HZ = (196.6, 151.8, 119.5, 51.2, 23.9, 11.6, 5.7, 361.4)
_ACCEL_FILTER_HZ = (246.0, 246.0, 111.4, 50.4, 23.9, 11.5, 5.7, 473.0)
_GYRO_UNFILTERED = (9000.0, 12106.0)
"""Base rate and bandwidth in Hz with GYRO_FCHOICE 0."""
_ACCEL_UNFILTERED = (4500.0, 1209.0)
_LSB_PER_DPS = (131.0, 65.5, 32.8, 16.4)
_ACCEL_NOISE = 230e-6 * STANDARD_GRAVITY
"""m/s2 per root Hz, table 2."""
_GYRO_NOISE = math.radians(0.015)
"""rad/s per root Hz, table 1."""


class Icm20948Chip:
    """One chip. `imu` is asked for the truth at the sensors' own sample times.

    `odr_error=0.01` makes its clock 1 % fast; `noise` scales the data sheet's noise (0: none); `oversample` is
    how often the truth is asked for each sample. Faults from outside: `unplugged`, `power_cycle()`, another
    `who_am_i`.
    """

    def __init__(
        self,
        now: Now,
        imu: ImuSource,
        *,
        address: int = 0x69,
        who_am_i: int = 0xEA,
        odr_error: float = 0.0,
        noise: float = 1.0,
        seed: int = 1,
        oversample: int = 1,
    ) -> None:
        self.address = address
        self.who_am_i = who_am_i
        self.unplugged = False
        self.temperature_degc = 25.0
        self._now = now
        self._speed = 1.0 + odr_error
        self._accel = Filtered(imu, 0, noise * _ACCEL_NOISE, seed, oversample)
        self._gyro = Filtered(imu, 1, noise * _GYRO_NOISE, seed + 1, oversample)
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after the supply was lost: asleep, registers at their reset values."""
        t = self._now()
        self._banks = [bytearray(128) for _ in range(4)]
        self._banks[0][PWR_MGMT_1] = 0x41
        self._banks[2][GYRO_CONFIG_1] = 0x01
        self._banks[2][ACCEL_CONFIG] = 0x01
        self._bank = 0
        self._pointer = 0
        self._deaf_until = t + DEAF_S
        self._wake(t)

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """One bus transfer: the first byte written is the register pointer, which then moves by itself."""
        if self.unplugged:
            raise no_answer()
        t = self._now()
        self._catch_up(t)
        if write:
            self._pointer = write[0] & 0x7F
            for value in write[1:]:
                if t >= self._deaf_until:
                    self._write(self._pointer, value, t)
                self._pointer = (self._pointer + 1) & 0x7F
        answer = bytearray()
        for _ in range(read_count):
            answer.append(self._read(self._pointer))
            self._pointer = (self._pointer + 1) & 0x7F
        return bytes(answer)

    # --- registers

    def _read(self, register: int) -> int:
        if register == REG_BANK_SEL:
            return self._bank << 4
        if self._bank == 0 and register == WHO_AM_I:
            return self.who_am_i
        value = self._banks[self._bank][register]
        if self._bank == 0 and register == INT_STATUS_1:
            self._banks[0][INT_STATUS_1] = 0
        return value

    def _write(self, register: int, value: int, t: float) -> None:
        if register == REG_BANK_SEL:
            self._bank = value >> 4 & 3
        elif self._bank == 0:
            self._write_bank_0(register, value, t)
        else:
            self._banks[self._bank][register] = value
            if self._bank == 2:
                self._configure()

    def _write_bank_0(self, register: int, value: int, t: float) -> None:
        if register == PWR_MGMT_1 and value & 0x80:
            self.power_cycle()
        elif register not in (WHO_AM_I, INT_STATUS_1) and not ACCEL_XOUT_H <= register < ACCEL_XOUT_H + SAMPLE.size:
            woke = register == PWR_MGMT_1 and self._banks[0][PWR_MGMT_1] & 0x40 and not value & 0x40
            self._banks[0][register] = value
            if woke:
                self._wake(t)

    def _wake(self, t: float) -> None:
        self._accel_t = self._gyro_t = t + GYRO_START_S
        self._accel_raw = self._gyro_raw = (0, 0, 0)
        self._accel_new = self._gyro_new = False
        self._accel.forget()
        self._gyro.forget()
        self._configure()

    def _configure(self) -> None:
        """Work out what bank 2 means."""
        r = self._banks[2]
        gyro, accel = r[GYRO_CONFIG_1], r[ACCEL_CONFIG]
        gyro_base, gyro_hz = GYRO_BASE_HZ, _GYRO_FILTER_HZ[gyro >> 3 & 7]
        if not gyro & 0x01:
            gyro_base, gyro_hz = _GYRO_UNFILTERED
        accel_base, accel_hz = ACCEL_BASE_HZ, _ACCEL_FILTER_HZ[accel >> 3 & 7]
        if not accel & 0x01:
            accel_base, accel_hz = _ACCEL_UNFILTERED
        accel_divider = 1 + ((r[ACCEL_SMPLRT_DIV_1] & 0x0F) << 8 | r[ACCEL_SMPLRT_DIV_2])
        # GYRO_SMPLRT_DIV and ACCEL_SMPLRT_DIV: only effective with FCHOICE 1.
        self._gyro_period = (1 + r[GYRO_SMPLRT_DIV] if gyro & 0x01 else 1) / (gyro_base * self._speed)
        self._accel_period = (accel_divider if accel & 0x01 else 1) / (accel_base * self._speed)
        self._gyro.set(self._gyro_period, gyro_hz)
        self._accel.set(self._accel_period, accel_hz)
        self._gyro_lsb = math.degrees(1.0) * _LSB_PER_DPS[gyro >> 1 & 3]
        self._accel_lsb = (16384 >> (accel >> 1 & 3)) / STANDARD_GRAVITY

    # --- samples

    def _catch_up(self, t: float) -> None:
        """Take the samples due since the last transfer; only the last few can still be seen."""
        if self._banks[0][PWR_MGMT_1] & 0x40:
            self._accel_t, self._gyro_t = max(self._accel_t, t), max(self._gyro_t, t)
            return
        self._accel_t = _skip(self._accel_t, self._accel_period, t)
        self._gyro_t = _skip(self._gyro_t, self._gyro_period, t)
        while min(self._accel_t, self._gyro_t) <= t:
            if self._accel_t <= self._gyro_t:
                if not self._banks[0][PWR_MGMT_2] & 0x38:
                    self._accel_raw = to_raw(self._accel.sample(self._accel_t), self._accel_lsb)
                self._accel_new = True
                self._accel_t += self._accel_period
            else:
                if not self._banks[0][PWR_MGMT_2] & 0x07:
                    self._gyro_raw = to_raw(self._gyro.sample(self._gyro_t), self._gyro_lsb)
                self._gyro_new = True
                self._gyro_t += self._gyro_period
            self._publish()

    def _publish(self) -> None:
        raw_temperature = round((self.temperature_degc - 21.0) * 333.87)
        data = SAMPLE.pack(*self._accel_raw, *self._gyro_raw, raw_temperature)
        self._banks[0][ACCEL_XOUT_H : ACCEL_XOUT_H + SAMPLE.size] = data
        if self._accel_new and self._gyro_new:  # ready: raw data from all sensors was updated
            self._accel_new = self._gyro_new = False
            self._banks[0][INT_STATUS_1] |= 0x01 & self._banks[0][INT_ENABLE_1]


def _skip(next_t: float, period: float, t: float) -> float:
    """Leave out samples that nobody could see any more, but enough to settle a filter."""
    too_many = int((t - next_t) / period) - 100
    return next_t + too_many * period if too_many > 0 else next_t


def _transcript(rate: float, _identity: int) -> tuple[GoldenWrite, ...]:
    """What `start` must write, byte by byte, from the data sheet."""
    book = "DS-000189 rev 1.3"
    divider = {50: 11, 100: 5}[round(rate)]
    gyro, accel = {50: (0x27, 0x25), 100: (0x1F, 0x1D)}[round(rate)]
    back = GoldenWrite(REG_BANK_SEL, 0x00, f"{book} register 0x7F REG_BANK_SEL: USER_BANK 0, bits 5:4")
    return (
        back,
        GoldenWrite(PWR_MGMT_1, 0x80, f"{book} bank 0 register 0x06 PWR_MGMT_1: DEVICE_RESET, bit 7"),
        GoldenWrite(PWR_MGMT_1, 0x01, f"{book} bank 0 register 0x06 PWR_MGMT_1: SLEEP off, CLKSEL 1"),
        GoldenWrite(PWR_MGMT_2, 0x00, f"{book} bank 0 register 0x07 PWR_MGMT_2: DISABLE_ACCEL and DISABLE_GYRO 0"),
        GoldenWrite(REG_BANK_SEL, 0x20, f"{book} register 0x7F REG_BANK_SEL: USER_BANK 2, bits 5:4"),
        GoldenWrite(
            GYRO_SMPLRT_DIV,
            divider - 1,
            f"{book} bank 2 register 0x00 GYRO_SMPLRT_DIV: 1.1 kHz / (1 + GYRO_SMPLRT_DIV)",
        ),
        GoldenWrite(
            GYRO_CONFIG_1,
            gyro,
            f"{book} bank 2 register 0x01 GYRO_CONFIG_1: DLPFCFG 3 = 51.2, 4 = 23.9 Hz, FS_SEL 3 = 2000 deg/s, FCHOICE",
        ),
        GoldenWrite(
            ACCEL_SMPLRT_DIV_1, 0x00, f"{book} bank 2 register 0x10 ACCEL_SMPLRT_DIV_1: bits 11:8 of the divider"
        ),
        GoldenWrite(
            ACCEL_SMPLRT_DIV_2,
            divider - 1,
            f"{book} bank 2 register 0x11 ACCEL_SMPLRT_DIV_2: 1.125 kHz / (1 + ACCEL_SMPLRT_DIV)",
        ),
        GoldenWrite(
            ACCEL_CONFIG,
            accel,
            f"{book} bank 2 register 0x14 ACCEL_CONFIG: DLPFCFG 3 = 50.4, 4 = 23.9 Hz, FS_SEL 2 = 8 g, FCHOICE",
        ),
        back,
        back,
        GoldenWrite(INT_ENABLE_1, 0x01, f"{book} bank 0 register 0x11 INT_ENABLE_1: RAW_DATA_0_RDY_EN, bit 0"),
    )


def _build(now: Now, truth: Truth, identity: int) -> Icm20948Chip:
    # Five looks at the truth for each sample: the kit's filter check shakes it at 190 Hz.
    return Icm20948Chip(now, truth.imu, who_am_i=identity, noise=0.0, oversample=5)


SPECIMEN = Specimen(
    driver="icm20948",
    identities=(0xEA,),
    build=_build,
    # Same register 0x00: ICM-20649 and ICM-20648 (other ranges), BMI270, BMI160, BNO055, QMI8658, a clock's seconds.
    foreign=(0xE1, 0xE0, 0x24, 0xD1, 0xA0, 0x05, 0x59),
    transcript=_transcript,
)
