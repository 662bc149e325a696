"""What the register-level models of ST's LSM6DS chips share: registers, rates, ranges, filters, start-up.

Sources: LSM6DS3TR-C data sheet DocID030071 rev 3 and AN5130 rev 1; LSM6DS3 DocID026899 rev 8; LSM6DSO DS12140
rev 2 and AN5192. Where they leave room the model takes the reading that is hardest on a driver: a reset while
the gyroscope runs is ignored, registers are deaf for the 15 ms a start may take, samples that are "to be
discarded" are wrong, and filters fall off no faster than first order.

Not modelled: the filters a driver here has no use for (high-pass, the gyroscope's LPF1), low-power modes, the
sensor hub, interrupts, big-endian data, and what lies behind FUNC_CFG_ACCESS.
"""

from __future__ import annotations

import math
import random
import struct

from sensors.chips.model import ImuSource, Now, no_answer
from sensors.driver import STANDARD_GRAVITY

FIFO_MODE = 0x0A
WHO_AM_I = 0x0F
CTRL1_XL = 0x10
CTRL2_G = 0x11
CTRL3_C = 0x12
CTRL4_C = 0x13
CTRL8_XL = 0x17
STATUS_REG = 0x1E
OUT_TEMP_L = 0x20
OUTX_L_G = 0x22
OUTX_L_A = 0x28
FIFO_STATUS1 = 0x3A

OSCILLATOR_HZ = 6667.0
VECTOR = struct.Struct("<3h")
DEAF_S = 0.015
"""Registers ignore writes this long after power-up or reset: AN5130 rev 1, boot."""
GYRO_START_S = 0.07
"""No gyroscope samples before that: AN5130 table 14."""
GYRO_UNSOUND = 4
ACCEL_UNSOUND = 2
"""First samples to be discarded at up to 208 Hz: AN5130 tables 13 and 16."""
TORN_S = 0.0003
"""With `torn`, how long half of the newest sample is missing from the FIFO's count."""

_GYRO_FILTER_HZ = (0, 4, 8, 17, 33, 67, 137, 312, 988, 1161, 1250)
"""By ODR_G: AN5130 table 11, LPF1 off."""
_MDPS_PER_LSB = (8.75, 17.5, 35.0, 70.0)
_MG_PER_LSB = (0.061, 0.488, 0.122, 0.244)
_ACCEL_NOISE_G = 130e-6
"""g per root Hz at +-8 g: DS12140 table 2."""
_GYRO_NOISE_DPS = 0.005
"""deg/s per root Hz: LSM6DS3TR-C table 3."""


class Lsm6dsChip:
    """One chip; `lsm6ds3.Lsm6ds3Chip` and `lsm6dso.Lsm6dsoChip` add the FIFO and the accelerometer's filter.

    `imu` is asked for the truth at the chip's own sample times. `odr_error=0.01` makes its oscillator 1 % fast.
    `noise` scales the data sheet's noise (0: none). `oversample` is how often the truth is asked for each output
    sample: the built-in low-pass can only remove vibration that is seen at all, and 1 is cheapest.

    Faults from outside: `unplugged`, `power_cycle()`, another `who_am_i`, and `torn` (half of the newest sample
    is missing while the chip is writing it). `taken_t` is when the newest sample was taken.
    """

    def __init__(
        self,
        now: Now,
        imu: ImuSource,
        *,
        who_am_i: int,
        address: int = 0x6A,
        odr_error: float = 0.0,
        noise: float = 1.0,
        seed: int = 1,
        oversample: int = 1,
    ) -> None:
        self.address = address
        self.who_am_i = who_am_i
        self.unplugged = False
        self.torn = False
        self.temperature_degc = 25.0
        self._now = now
        self._imu = imu
        self._speed = 1.0 + odr_error
        self._noise = noise
        self._random = random.Random(seed)
        self._oversample = oversample
        self.taken_t = -math.inf
        self._deaf_until = 0.0
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after the supply was lost: registers at their reset values, FIFO empty, both sensors off."""
        self._reset(self._now())

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """One bus transfer: the first byte written is the register pointer, which then moves if IF_INC is set."""
        if self.unplugged:
            raise no_answer()
        t = self._now()
        self._catch_up(t)
        if t >= self._deaf_until:
            self._registers[CTRL3_C] &= ~0x01  # SW_RESET clears itself
        if write:
            self._pointer = write[0] & 0x7F
            for value in write[1:]:
                if t >= self._deaf_until:
                    self._write(self._pointer, value, t)
                self._move_on()
        answer = bytearray()
        for _ in range(read_count):
            answer.append(self._read(self._pointer, t))
            self._move_on()
        return bytes(answer)

    # --- what the variants add

    fifo_port: range
    """Registers of the FIFO's output: the pointer goes round in them."""

    def _accel_filter_hz(self, code: int) -> float:
        """Corner of the accelerometer's low-pass as configured, at ODR_XL `code`."""
        raise NotImplementedError

    def _empty_fifo(self) -> None:
        """FIFO_MODE was written: what was queued is gone."""
        raise NotImplementedError

    def _queue(self, gyro: bytes, accel: bytes, t: float) -> None:
        """A sample was taken at `t` while the FIFO is on."""
        raise NotImplementedError

    def _read_fifo(self, register: int, t: float) -> int | None:
        """The value of a FIFO register, with what reading it does; None: it is an ordinary register."""
        raise NotImplementedError

    def _capacity(self) -> int:
        """Samples that fill the FIFO, and more."""
        raise NotImplementedError

    def _raw_temperature(self) -> int:
        return clip((self.temperature_degc - 25.0) * 256.0)

    # --- registers

    def _reset(self, t: float) -> None:
        self._registers = bytearray(128)
        self._registers[CTRL3_C] = 0x04
        self._pointer = 0
        self._deaf_until = t + DEAF_S
        self.taken_t = -math.inf
        self._next_t = math.inf
        self._gyro_sound_t = self._accel_sound_t = math.inf
        self._state: list[float] | None = None
        self._empty_fifo()
        self._configure(t)

    def _move_on(self) -> None:
        if not self._registers[CTRL3_C] & 0x04:  # IF_INC
            return
        port = self.fifo_port
        self._pointer = port.start if self._pointer == port.stop - 1 else (self._pointer + 1) & 0x7F

    def _read(self, register: int, t: float) -> int:
        if register == WHO_AM_I:
            return self.who_am_i
        special = self._read_fifo(register, t)
        if special is not None:
            return special
        if OUTX_L_G <= register < OUTX_L_A + VECTOR.size:
            self._registers[STATUS_REG] &= ~(0x01 if register >= OUTX_L_A else 0x02)
        return self._registers[register]

    def _write(self, register: int, value: int, t: float) -> None:
        if register == CTRL3_C and value & 0x01:
            if not self._registers[CTRL2_G] >> 4:  # honoured only while the gyroscope is in power-down
                self._reset(t)
                self._registers[CTRL3_C] |= 0x01
        elif register == WHO_AM_I or STATUS_REG <= register <= 0x3F:
            return  # outputs
        else:
            old = self._registers[register]
            self._registers[register] = value
            if register == FIFO_MODE and not value & 0x07:
                self._empty_fifo()
            elif register in (CTRL1_XL, CTRL2_G, CTRL4_C, CTRL8_XL):
                self._configure(t, switched=old >> 4 != value >> 4 and register in (CTRL1_XL, CTRL2_G))

    def odr_code(self, register: int) -> int:
        """ODR_XL or ODR_G; 0 (power-down) also for what the data sheet does not allow."""
        code = self._registers[register] >> 4
        return code if code <= 10 else 0

    def _configure(self, t: float, *, switched: bool = False) -> None:
        """Work out what the registers mean; `switched`: a rate was changed at `t`."""
        r = self._registers
        accel, gyro = self.odr_code(CTRL1_XL), self.odr_code(CTRL2_G)
        code = max(accel, gyro)
        self._period = (1024 >> code) / (OSCILLATOR_HZ * self._speed) if code else math.inf
        if not code:
            self._next_t = math.inf
            return
        if switched:
            self._accel_sound_t = t + (ACCEL_UNSOUND + 0.5) * self._period if accel else math.inf
            gyro_runs = self._gyro_sound_t < math.inf
            start = 0.0 if gyro_runs else GYRO_START_S
            self._gyro_sound_t = t + start + (GYRO_UNSOUND + 0.5) * self._period if gyro else math.inf
            if self._next_t == math.inf:
                self._next_t = t + self._period
                self._state = None
        step = self._period / self._oversample
        accel_hz = self._accel_filter_hz(accel)
        gyro_hz = _GYRO_FILTER_HZ[gyro]
        self._accel_alpha = 1.0 - math.exp(-2.0 * math.pi * accel_hz * step)
        self._gyro_alpha = 1.0 - math.exp(-2.0 * math.pi * gyro_hz * step)
        mg = _MG_PER_LSB[r[CTRL1_XL] >> 2 & 3]
        mdps = 4.375 if r[CTRL2_G] & 0x02 else _MDPS_PER_LSB[r[CTRL2_G] >> 2 & 3]
        self._accel_lsb = 1000.0 / (mg * STANDARD_GRAVITY)
        self._gyro_lsb = math.degrees(1.0) * 1000.0 / mdps
        # Noise bandwidth of a first-order low-pass is pi/2 times its corner.
        self._accel_sd = self._noise * _ACCEL_NOISE_G * math.sqrt(accel_hz * math.pi / 2) * 1000.0 / mg
        self._gyro_sd = self._noise * _GYRO_NOISE_DPS * math.sqrt(gyro_hz * math.pi / 2) * 1000.0 / mdps

    # --- samples

    def _catch_up(self, t: float) -> None:
        """Take every sample due since the last transfer; after a long pause only what can still be read."""
        if self._next_t > t:
            return
        due = int((t - self._next_t) / self._period) + 1
        queued = self._registers[FIFO_MODE] & 0x07 == 0b110
        useful = self._capacity() + 2 if queued else 1  # enough to overflow, whatever came before
        if due > useful:
            self._next_t += (due - useful) * self._period
            due = useful
        for _ in range(due):
            gyro, accel = self._sample(self._next_t)
            if queued:
                self._queue(gyro, accel, self._next_t)
            self._next_t += self._period

    def _sample(self, t: float) -> tuple[bytes, bytes]:
        """(gyroscope, accelerometer) as they are in the output registers; one that is off stays as it was."""
        r = self._registers
        values = self._filtered(t)
        if self._gyro_sound_t < math.inf and t > self._gyro_sound_t - (GYRO_UNSOUND + 0.5) * self._period:
            sound = 1.0 if t > self._gyro_sound_t else 0.5
            r[OUTX_L_G:OUTX_L_A] = self._raw(values[3:], sound * self._gyro_lsb, self._gyro_sd)
            r[STATUS_REG] |= 0x02
        if self._accel_sound_t < math.inf:
            sound = 1.0 if t > self._accel_sound_t else 0.5
            r[OUTX_L_A : OUTX_L_A + VECTOR.size] = self._raw(values[:3], sound * self._accel_lsb, self._accel_sd)
            r[STATUS_REG] |= 0x01
        r[OUT_TEMP_L:OUTX_L_G] = struct.pack("<h", self._raw_temperature())
        self.taken_t = t
        return bytes(r[OUTX_L_G:OUTX_L_A]), bytes(r[OUTX_L_A : OUTX_L_A + VECTOR.size])

    def _filtered(self, t: float) -> list[float]:
        """Accelerometer and gyroscope, three numbers each, behind their low-passes."""
        step = self._period / self._oversample
        for i in range(1 - self._oversample, 1):
            accel, gyro = self._imu(t + i * step)
            truth = (*accel, *gyro)
            state = self._state
            if state is None:
                self._state = list(truth)
                continue
            for j, value in enumerate(truth):
                state[j] += (self._accel_alpha if j < 3 else self._gyro_alpha) * (value - state[j])
        assert self._state is not None
        return self._state

    def _raw(self, values: list[float], lsb: float, sd: float) -> bytes:
        if self._noise:
            return VECTOR.pack(*(clip(value * lsb + self._random.gauss(0, sd)) for value in values))
        return VECTOR.pack(*(clip(value * lsb) for value in values))


def clip(value: float) -> int:
    return max(-32768, min(32767, round(value)))
