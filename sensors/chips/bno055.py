"""Register-level model of the BNO055 in its non-fusion modes (fusion is not modelled: its data stays 0).

Source: BST-BNO055-DS000-14 rev 1.4. Where it leaves room the model takes the reading that is hardest on a driver: no
acknowledge until it has started, nor for the byte that resets it (which Adafruit's driver expects), nor while it leaves
a mode; settings taken in CONFIGMODE only; page 1 without an id; a fusion mode that takes the ranges back.
"""

from __future__ import annotations

import math
import random
import struct

from sensors.chips.model import GoldenWrite, ImuSource, Now, Specimen, Truth, no_answer

PAGE_ID = 0x07
ACC_CONFIG = 0x08
GYR_CONFIG_0 = 0x0A
DATA = 0x08
TEMP = 0x34
ST_RESULT = 0x36
SYS_STATUS = 0x39
UNIT_SEL = 0x3B
OPR_MODE = 0x3D
PWR_MODE = 0x3E
SYS_TRIGGER = 0x3F
AXIS_MAP_CONFIG = 0x41
AXIS_MAP_SIGN = 0x42

POWER_UP_S = 0.4
RESET_S = 0.65
"""Table 0-2: from power-up, and from a reset, to CONFIGMODE."""
TO_CONFIG_S = 0.019
FROM_CONFIG_S = 0.007
UPDATE_S = 0.01
"""The microcontroller copies its sensors into the registers 100 times a second."""

CONFIGMODE = 0x00
MODES_WITH_ACCEL = (0x01, 0x04, 0x05, 0x07)
MODES_WITH_GYRO = (0x03, 0x05, 0x06, 0x07)
FUSION_MODES = range(0x08, 0x0D)

_ACCEL_HZ = (7.81, 15.63, 31.25, 62.5, 125.0, 250.0, 500.0, 1000.0)
_GYRO_HZ = (523.0, 230.0, 116.0, 47.0, 23.0, 12.0, 64.0, 32.0)
_ACCEL_NOISE_G = 150e-6
_GYRO_NOISE_DPS = 0.014
_SAMPLE = struct.Struct("<9h")


class Bno055Chip:
    """One BNO055; `imu` is asked for the truth at the chip's own update times.

    `odr_error=0.01` makes its clock 1 % fast, `noise` scales the data sheet's noise, `oversample` as for `Mpu6050Chip`.
    Faults from outside: `unplugged`, `power_cycle()`, `self_test` (its result), and `stretched`: the bits that the
    next reading of data has flipped, as a controller gives it that can't wait for the chip.
    """

    def __init__(
        self,
        now: Now,
        imu: ImuSource,
        *,
        address: int = 0x28,
        odr_error: float = 0.0,
        noise: float = 1.0,
        seed: int = 1,
        oversample: int = 1,
    ) -> None:
        self.address = address
        self.unplugged = False
        self.self_test = 0x0F
        self.stretched = b""
        self.temperature_degc = 25.0
        self._now = now
        self._imu = imu
        self._period = UPDATE_S / (1.0 + odr_error)
        self._noise = noise
        self._random = random.Random(seed)
        self._oversample = oversample
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after the supply was lost: in CONFIGMODE, on page 0, not answering yet."""
        t = self._now()
        self._pages = (bytearray(128), bytearray(128))
        zero, one = self._pages
        zero[0x00:0x07] = bytes((0xA0, 0xFB, 0x32, 0x0F, 0x11, 0x03, 0x15))
        zero[UNIT_SEL] = 0x80
        zero[AXIS_MAP_CONFIG] = 0x24
        one[ACC_CONFIG : ACC_CONFIG + 5] = bytes((0x0D, 0x6D, 0x38, 0x00, 0x00))
        self._page = 0
        self._pointer = 0
        self._mode = CONFIGMODE
        self._awake_t = t + POWER_UP_S
        self._next_t = math.inf
        self._state: list[float] | None = None

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """One bus transfer: the first byte written is the register pointer, which then moves by itself."""
        t = self._now()
        if self.unplugged or t < self._awake_t:
            raise no_answer()
        self._catch_up(t)
        if write:
            self._pointer = write[0] & 0x7F
            for value in write[1:]:
                self._write(self._pointer, value, t)
                self._pointer = (self._pointer + 1) & 0x7F
        begins = self._pointer
        answer = bytes(self._read((begins + i) & 0x7F) for i in range(read_count))
        self._pointer = (begins + read_count) & 0x7F
        if self.stretched and read_count and begins == DATA and self._page == 0:
            flips, self.stretched = self.stretched.ljust(read_count, b"\x00"), b""
            answer = bytes(a ^ b for a, b in zip(answer, flips, strict=False))
        return answer

    def _read(self, register: int) -> int:
        if register == PAGE_ID:
            return self._page
        if self._page == 0:
            if register == OPR_MODE:
                return self._mode
            if register == ST_RESULT:
                return self.self_test
            if register == SYS_STATUS:
                return 0 if self._mode == CONFIGMODE else 5 if self._mode in FUSION_MODES else 6
            if register == TEMP:
                return round(self.temperature_degc) & 0xFF
        return self._pages[self._page][register]

    def _write(self, register: int, value: int, t: float) -> None:
        if register == PAGE_ID:
            self._page = value & 0x01
        elif self._page == 1:
            if self._mode == CONFIGMODE and 0x08 <= register <= 0x0D:
                self._pages[1][register] = value
        elif register == SYS_TRIGGER and value & 0x20:
            self.power_cycle()
            self._awake_t = t + RESET_S
            raise no_answer()
        elif register == OPR_MODE:
            self._change_mode(value & 0x0F, t)
        elif self._mode == CONFIGMODE and register in (UNIT_SEL, PWR_MODE, AXIS_MAP_CONFIG, AXIS_MAP_SIGN):
            self._pages[0][register] = value

    def _change_mode(self, mode: int, t: float) -> None:
        if mode == self._mode or mode > 0x0C or (mode != CONFIGMODE and self._mode != CONFIGMODE):
            return
        self._mode = mode
        self._pages[0][DATA : DATA + _SAMPLE.size] = bytes(_SAMPLE.size)  # 3.3.1: zero until the first update
        if mode == CONFIGMODE:
            self._awake_t = t + TO_CONFIG_S
            self._next_t = math.inf
            return
        one = self._pages[1]
        if mode in FUSION_MODES:  # 3.5: ranges and filters are the fusion's own
            one[ACC_CONFIG], one[GYR_CONFIG_0] = 0x0D, 0x38
        self._next_t = t + FROM_CONFIG_S
        self._state = None

    # --- samples

    def _catch_up(self, t: float) -> None:
        """Bring the data registers up to date; after a long pause only the last second is gone through."""
        if self._next_t > t:
            return
        due = int((t - self._next_t) / self._period) + 1
        if due > 100:
            self._next_t += (due - 100) * self._period
            due = 100
        for _ in range(due):
            self._update(self._next_t)
            self._next_t += self._period

    def _update(self, t: float) -> None:
        one = self._pages[1]
        accel_hz, gyro_hz = _ACCEL_HZ[one[ACC_CONFIG] >> 2 & 7], _GYRO_HZ[one[GYR_CONFIG_0] >> 3 & 7]
        step = self._period / self._oversample
        alphas = [1.0 - math.exp(-2.0 * math.pi * hz * step) for hz in (accel_hz,) * 3 + (gyro_hz,) * 3]
        for i in range(1 - self._oversample, 1):
            accel, gyro = self._imu(t + i * step)
            truth = (*accel, *gyro)
            if self._state is None:
                self._state = list(truth)
            self._state = [s + a * (v - s) for s, a, v in zip(self._state, alphas, truth, strict=True)]
        assert self._state is not None
        g_full, dps_full = float(2 << (one[ACC_CONFIG] & 3)), 2000.0 / 2 ** min(one[GYR_CONFIG_0] & 7, 4)
        accel_units = [self._noisy(v, _ACCEL_NOISE_G * 9.80665, accel_hz) for v in self._state[:3]]
        gyro_units = [self._noisy(math.degrees(v), _GYRO_NOISE_DPS, gyro_hz) for v in self._state[3:]]
        units = self._pages[0][UNIT_SEL]
        accel_lsb = 1000 / 9.80665 if units & 0x01 else 100.0
        gyro_lsb = math.radians(900) if units & 0x02 else 16.0
        values = [0] * 9
        if self._mode in MODES_WITH_ACCEL:
            values[:3] = [round(_clip(v, g_full * 9.80665) * accel_lsb) for v in accel_units]
        if self._mode in MODES_WITH_GYRO:
            values[6:] = [round(_clip(v, dps_full) * gyro_lsb) for v in gyro_units]
        self._pages[0][DATA : DATA + _SAMPLE.size] = _SAMPLE.pack(*values)

    def _noisy(self, value: float, density: float, corner_hz: float) -> float:
        if not self._noise:
            return value
        return value + self._random.gauss(0, self._noise * density * math.sqrt(corner_hz * math.pi / 2))


def _clip(value: float, full: float) -> float:
    return max(-full, min(full, value))


def _transcript(_rate: float, _identity: int) -> tuple[GoldenWrite, ...]:
    """What `start` must write, byte by byte, from the data sheet."""
    book = "BST-BNO055-DS000-14"
    return (
        GoldenWrite(PAGE_ID, 0x00, f"{book} 4.2.1 PAGE_ID: OPR_MODE is on page 0"),
        GoldenWrite(OPR_MODE, 0x00, f"{book} 3.3.1 OPR_MODE: CONFIGMODE, the only one that takes settings"),
        GoldenWrite(PWR_MODE, 0x00, f"{book} table 3-1 PWR_MODE: normal"),
        GoldenWrite(PAGE_ID, 0x01, f"{book} 4.2.1 PAGE_ID: page 1"),
        GoldenWrite(ACC_CONFIG, 0x0E, f"{book} table 3-8 ACC_Config: G range 10b = 8 g, bandwidth 011b = 62.5 Hz"),
        GoldenWrite(0x09, 0x6D, f"{book} table 3-10 MAG_Config: as after a reset; it stands between the other two"),
        GoldenWrite(
            GYR_CONFIG_0, 0x18, f"{book} table 3-9 GYR_Config_0: range 000b = 2000 dps, bandwidth 011b = 47 Hz"
        ),
        GoldenWrite(PAGE_ID, 0x00, f"{book} 4.2.1 PAGE_ID: page 0"),
        GoldenWrite(UNIT_SEL, 0x00, f"{book} 4.3.60 UNIT_SEL: ACC_Unit m/s2, GYR_Unit dps"),
        GoldenWrite(AXIS_MAP_CONFIG, 0x24, f"{book} 3.4 AXIS_MAP_CONFIG: x is x, y is y, z is z"),
        GoldenWrite(AXIS_MAP_SIGN, 0x00, f"{book} 3.4 AXIS_MAP_SIGN: all positive"),
        GoldenWrite(OPR_MODE, 0x05, f"{book} table 3-5 OPR_MODE: ACCGYRO"),
    )


def _build(now: Now, truth: Truth, _identity: int) -> Bno055Chip:
    return Bno055Chip(now, truth.imu, noise=0.0, oversample=5)


SPECIMEN = Specimen(
    driver="bno055",
    identities=(0xA0,),
    build=_build,
    # Same register 0x00: BMI270, BMI160, ICM-20948, QMI8658.
    foreign=(0x24, 0xD1, 0xEA, 0x05),
    transcript=_transcript,
)
