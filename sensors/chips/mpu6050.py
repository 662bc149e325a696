"""Register-level model of the MPU-6050 family: what is on the wire, from the motion it is given.

Sources: RM-MPU-6000A-00 rev 4.2 and PS-MPU-6000A-00 rev 3.4 (MPU-6050), RM-MPU-6500A-00 rev 2.1 (MPU-6500),
RM-MPU-9250A-00 rev 1.6; DS-000176 (ICM-20602); FIFO sizes from Linux `inv_mpu_core.c`, of those that can be set the
smallest. Where a data sheet leaves room the model
takes the reading that is hardest on a driver: a FIFO reset while the FIFO runs is ignored, an interrupt that
is not enabled never shows, registers are deaf for most of the 100 ms a start may take.
"""

from __future__ import annotations

import math
import random
import struct

from sensors.chips.model import GoldenWrite, ImuSource, Now, Specimen, Truth, no_answer
from sensors.driver import STANDARD_GRAVITY

SMPLRT_DIV = 0x19
CONFIG = 0x1A
GYRO_CONFIG = 0x1B
ACCEL_CONFIG = 0x1C
ACCEL_CONFIG_2 = 0x1D
FIFO_EN = 0x23
INT_ENABLE = 0x38
INT_STATUS = 0x3A
ACCEL_XOUT_H = 0x3B
USER_CTRL = 0x6A
PWR_MGMT_1 = 0x6B
FIFO_COUNTH = 0x72
FIFO_COUNTL = 0x73
FIFO_R_W = 0x74
WHO_AM_I = 0x75

MPU_6050 = 0x68
"""The one variant with one filter for both sensors."""
ICM_20600, ICM_20602 = 0x11, 0x12
"""Those in which FIFO_EN has one bit for the gyroscope and none for the temperature."""
ICM_206XX = (0x98, ICM_20600, ICM_20602, 0xAF, 0xAE, 0xA6)
_FIFO_BYTES = {MPU_6050: 1024, ICM_20600: 1008, ICM_20602: 1008}
"""The other variants: 512."""
_RESET_POWER = {MPU_6050: 0x40, ICM_20600: 0x41, ICM_20602: 0x41, 0x98: 0x40, 0xAF: 0x40, 0xAE: 0x40, 0xA6: 0x40}
"""PWR_MGMT_1 after a reset: asleep. The other variants: 0x01, awake."""

SAMPLE = struct.Struct(">7h")
DEAF_S = 0.09
"""Registers ignore writes this long after power-up or reset; the data sheet allows itself up to 100 ms."""
GYRO_START_S = 0.03
"""First sample after waking: gyroscope start-up, PS-MPU-6000A-00 6.1."""
TORN_S = 0.0003
"""With `torn`, how long half of the newest sample is missing from the FIFO's count."""

_FIFO_SOURCES = (
    (0x08, slice(0, 6)),  # ACCEL_FIFO_EN
    (0x80, slice(6, 8)),  # TEMP_FIFO_EN
    (0x40, slice(8, 10)),  # XG_FIFO_EN
    (0x20, slice(10, 12)),  # YG_FIFO_EN
    (0x10, slice(12, 14)),  # ZG_FIFO_EN
)
_LSB_PER_DPS = (131.0, 65.5, 32.8, 16.4)
_ACCEL_FILTER_HZ = (260, 184, 94, 44, 21, 10, 5, 260)
_GYRO_FILTER_HZ = (256, 188, 98, 42, 20, 10, 5, 256)
_ACCEL_FILTER_6500_HZ = (460, 184, 92, 41, 20, 10, 5, 460)
_GYRO_FILTER_6500_HZ = (250, 184, 92, 41, 20, 10, 5, 3600)
_ACCEL_NOISE_G = 400e-6
"""g per root Hz, PS-MPU-6000A-00 6.2."""
_GYRO_NOISE_DPS = 0.005
"""deg/s per root Hz, PS-MPU-6000A-00 6.1."""


class Mpu6050Chip:
    """One chip of the family.

    `imu` is asked for the truth at the chip's own sample times. `who_am_i` chooses the variant (anything
    unknown behaves as an MPU-6500); `odr_error=0.01` makes its oscillator 1 % fast. `noise`
    scales the data sheet's noise (0: none). `oversample` is how often the truth is asked for each output
    sample: the built-in low-pass can only remove vibration that is seen at all, and 1 is cheapest.

    Faults from outside: `unplugged`, `power_cycle()`, another `who_am_i`, and `torn` (half of the newest
    sample is missing while the chip is writing it).
    """

    def __init__(
        self,
        now: Now,
        imu: ImuSource,
        *,
        address: int = 0x68,
        who_am_i: int = MPU_6050,
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
        self._fifo = bytearray()
        self._last_byte = 0
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after the supply was lost: registers at their reset values, FIFO empty."""
        t = self._now()
        self._registers = bytearray(128)
        self._registers[PWR_MGMT_1] = _RESET_POWER.get(self.who_am_i, 0x01)
        self._fifo.clear()
        self._pointer = 0
        self._count_latch = 0
        self._deaf_until = t + DEAF_S
        self._sampled_t = -math.inf
        self._configure(t + GYRO_START_S)

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
                self._move_on()
        return self._read(read_count, t)

    # --- registers

    def _move_on(self) -> None:
        if self._pointer != FIFO_R_W:  # the FIFO port is the one register that stays
            self._pointer = (self._pointer + 1) & 0x7F

    def _read(self, count: int, t: float) -> bytes:
        answer = bytearray()
        while len(answer) < count:
            if self._pointer == FIFO_R_W:
                answer += self._pop(count - len(answer))
            else:
                answer.append(self._register(self._pointer, t))
                self._move_on()
        return bytes(answer)

    def _register(self, register: int, t: float) -> int:
        if register == WHO_AM_I:
            return self.who_am_i
        if register == FIFO_COUNTH:  # reading the high byte latches both
            self._count_latch = len(self._fifo)
            if self.torn and self._fifo and t - self._sampled_t < TORN_S:
                self._count_latch -= SAMPLE.size // 2
            return self._count_latch >> 8
        if register == FIFO_COUNTL:
            return self._count_latch & 0xFF
        value = self._registers[register]
        if register == INT_STATUS:
            self._registers[INT_STATUS] = 0
        return value

    def _write(self, register: int, value: int, t: float) -> None:
        if register == PWR_MGMT_1 and value & 0x80:
            self.power_cycle()
        elif register == USER_CTRL:
            running = (self._registers[USER_CTRL] | value) & 0x40
            if value & 0x04 and not running:
                self._fifo.clear()
            self._registers[USER_CTRL] = value & ~0x07  # the reset bits clear themselves
        elif register == PWR_MGMT_1:
            woke = self._registers[PWR_MGMT_1] & 0x40 and not value & 0x40
            self._registers[PWR_MGMT_1] = value
            if woke:
                self._configure(t + GYRO_START_S)
        elif register not in (INT_STATUS, FIFO_COUNTH, FIFO_COUNTL, WHO_AM_I):
            self._registers[register] = value
            if register in (SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG, ACCEL_CONFIG_2):
                self._configure(None)

    def _configure(self, first_t: float | None) -> None:
        """Work out what the registers mean; `first_t`: when the next sample comes, None: keep the rhythm."""
        r = self._registers
        old = self.who_am_i == MPU_6050
        choice = r[CONFIG] & 0x07
        base_hz = 1000.0 if 1 <= choice <= 6 else 8000.0
        self._period = (1 + r[SMPLRT_DIV]) / (base_hz * self._speed)
        if old:
            accel_hz, gyro_hz = _ACCEL_FILTER_HZ[choice], _GYRO_FILTER_HZ[choice]
        else:
            accel_hz, gyro_hz = _ACCEL_FILTER_6500_HZ[r[ACCEL_CONFIG_2] & 0x07], _GYRO_FILTER_6500_HZ[choice]
        step = self._period / self._oversample
        self._accel_alpha = 1.0 - math.exp(-2.0 * math.pi * accel_hz * step)
        self._gyro_alpha = 1.0 - math.exp(-2.0 * math.pi * gyro_hz * step)
        lsb_per_g = 16384 >> (r[ACCEL_CONFIG] >> 3 & 3)
        lsb_per_dps = _LSB_PER_DPS[r[GYRO_CONFIG] >> 3 & 3]
        self._accel_lsb = lsb_per_g / STANDARD_GRAVITY
        self._gyro_lsb = math.degrees(1.0) * lsb_per_dps
        # Noise bandwidth of a first-order low-pass is pi/2 times its corner.
        self._accel_sd = self._noise * _ACCEL_NOISE_G * math.sqrt(accel_hz * math.pi / 2) * lsb_per_g
        self._gyro_sd = self._noise * _GYRO_NOISE_DPS * math.sqrt(gyro_hz * math.pi / 2) * lsb_per_dps
        if first_t is not None:
            self._next_t = first_t
            self._state: list[float] | None = None

    # --- samples

    def _capacity(self) -> int:
        return _FIFO_BYTES.get(self.who_am_i, 512)

    def _catch_up(self, t: float) -> None:
        """Take every sample due since the last transfer; after a long pause only what can still be read."""
        if self._next_t > t:
            return
        if self._registers[PWR_MGMT_1] & 0x40:
            self._next_t = t
            return
        due = int((t - self._next_t) / self._period) + 1
        frame = self._fifo_frame() if self._registers[USER_CTRL] & 0x40 else ()
        frame_bytes = sum(part.stop - part.start for part in frame)
        queued = frame_bytes > 0
        useful = self._capacity() // frame_bytes + 1 if queued else 1  # enough to overflow, whatever came before
        if due > useful:
            self._next_t += (due - useful) * self._period
            due = useful
        for _ in range(due):
            sample = self._sample(self._next_t)
            if queued:
                self._push(sample, frame)
            self._next_t += self._period

    def _sample(self, t: float) -> bytes:
        state = self._state
        step = self._period / self._oversample
        for i in range(1 - self._oversample, 1):
            (ax, ay, az), (gx, gy, gz) = self._imu(t + i * step)
            if state is None:
                state = self._state = [ax, ay, az, gx, gy, gz]
                continue
            a, g = self._accel_alpha, self._gyro_alpha
            state[0] += a * (ax - state[0])
            state[1] += a * (ay - state[1])
            state[2] += a * (az - state[2])
            state[3] += g * (gx - state[3])
            state[4] += g * (gy - state[4])
            state[5] += g * (gz - state[5])
        assert state is not None
        accel_lsb, gyro_lsb = self._accel_lsb, self._gyro_lsb
        ax, ay, az = state[0] * accel_lsb, state[1] * accel_lsb, state[2] * accel_lsb
        gx, gy, gz = state[3] * gyro_lsb, state[4] * gyro_lsb, state[5] * gyro_lsb
        if self._noise:
            gauss, accel_sd, gyro_sd = self._random.gauss, self._accel_sd, self._gyro_sd
            ax, ay, az = ax + gauss(0, accel_sd), ay + gauss(0, accel_sd), az + gauss(0, accel_sd)
            gx, gy, gz = gx + gauss(0, gyro_sd), gy + gauss(0, gyro_sd), gz + gauss(0, gyro_sd)
        sample = SAMPLE.pack(_clip(ax), _clip(ay), _clip(az), self._raw_temperature(), _clip(gx), _clip(gy), _clip(gz))
        self._registers[ACCEL_XOUT_H : ACCEL_XOUT_H + SAMPLE.size] = sample
        self._sampled_t = t
        self._raise_flag(0x01)
        return sample

    def _raw_temperature(self) -> int:
        if self.who_am_i == MPU_6050:
            return _clip((self.temperature_degc - 36.53) * 340.0)
        if self.who_am_i in ICM_206XX:
            return _clip((self.temperature_degc - 25.0) * 326.8)
        return _clip((self.temperature_degc - 21.0) * 333.87)

    def _raise_flag(self, bit: int) -> None:
        """An interrupt shows in INT_STATUS only if INT_ENABLE asks for it."""
        self._registers[INT_STATUS] |= bit & self._registers[INT_ENABLE]

    # --- FIFO

    def _fifo_frame(self) -> tuple[slice, ...]:
        """The parts of a sample that FIFO_EN asks for, in the order of their registers."""
        sources = self._registers[FIFO_EN]
        if self.who_am_i in (ICM_20600, ICM_20602):
            sources = sources & 0x08 | (0x70 if sources & 0x10 else 0) | (0x80 if sources & 0x18 else 0)
        return tuple(part for bit, part in _FIFO_SOURCES if sources & bit)

    def _push(self, sample: bytes, frame: tuple[slice, ...]) -> None:
        for part in frame:
            self._fifo += sample[part]
        too_many = len(self._fifo) - self._capacity()
        if too_many > 0:  # the newest bytes push out the oldest, whole frames or not
            del self._fifo[:too_many]
            self._raise_flag(0x10)

    def _pop(self, count: int) -> bytes:
        """`count` bytes from the FIFO; an empty one repeats the last byte read."""
        taken = bytes(self._fifo[:count])
        del self._fifo[:count]
        if taken:
            self._last_byte = taken[-1]
        return taken + bytes([self._last_byte]) * (count - len(taken))


def _clip(value: float) -> int:
    return max(-32768, min(32767, round(value)))


def _transcript(rate: float, identity: int) -> tuple[GoldenWrite, ...]:
    """What `start` must write, byte by byte, from the data sheets."""
    book = "RM-MPU-6000A-00 rev 4.2"
    filter_choice = 4 if rate <= 50 else 3
    accel_filter = (
        ()
        if identity == MPU_6050
        else (
            GoldenWrite(
                ACCEL_CONFIG_2,
                filter_choice,
                "RM-MPU-6500A-00 register 29 ACCEL_CONFIG_2: A_DLPF_CFG as DLPF_CFG",
            ),
        )
    )
    return (
        GoldenWrite(PWR_MGMT_1, 0x80, f"{book} 4.28 PWR_MGMT_1: DEVICE_RESET, bit 7"),
        GoldenWrite(PWR_MGMT_1, 0x01, f"{book} 4.28 PWR_MGMT_1: SLEEP off, CLKSEL 1 = PLL with X gyroscope"),
        GoldenWrite(CONFIG, filter_choice, f"{book} 4.3 CONFIG: DLPF_CFG 3 = 44 Hz, 4 = 21 Hz"),
        GoldenWrite(SMPLRT_DIV, round(1000 / rate) - 1, f"{book} 4.2 SMPLRT_DIV: 1 kHz / (1 + SMPLRT_DIV)"),
        GoldenWrite(GYRO_CONFIG, 0x18, f"{book} 4.4 GYRO_CONFIG: FS_SEL 3 = 2000 deg/s"),
        GoldenWrite(ACCEL_CONFIG, 0x10, f"{book} 4.5 ACCEL_CONFIG: AFS_SEL 2 = 8 g"),
        *accel_filter,
        GoldenWrite(INT_ENABLE, 0x10, f"{book} 4.15 INT_ENABLE: FIFO_OFLOW_EN, bit 4"),
        GoldenWrite(FIFO_EN, 0x18, "DS-000176 register 0x23 FIFO_EN: GYRO, bit 4, and ACCEL, bit 3")
        if identity in (ICM_20600, ICM_20602)
        else GoldenWrite(FIFO_EN, 0xF8, f"{book} 4.6 FIFO_EN: TEMP, XG, YG, ZG, ACCEL"),
        GoldenWrite(USER_CTRL, 0x00, f"{book} 4.27 USER_CTRL: FIFO_EN off, or the reset is ignored"),
        GoldenWrite(USER_CTRL, 0x04, f"{book} 4.27 USER_CTRL: FIFO_RESET, bit 2"),
        GoldenWrite(USER_CTRL, 0x40, f"{book} 4.27 USER_CTRL: FIFO_EN, bit 6"),
    )


def _build(now: Now, truth: Truth, identity: int) -> Mpu6050Chip:
    # Five looks at the truth for each sample: the kit's filter check shakes it at 190 Hz.
    return Mpu6050Chip(now, truth.imu, who_am_i=identity, noise=0.0, oversample=5)


SPECIMEN = Specimen(
    driver="mpu6050",
    identities=(0x68, 0x70, 0x71, 0x72, 0x73, 0x74, 0x78, *ICM_206XX),
    build=_build,
    # Same register 0x75: ICM-42688-P, ICM-42605, ICM-42622, ICM-42686, IIM-42652; ICM-20601 (other ranges), ICM-20690
    # (range in other bits), defective clones; and a bus that floats.
    foreign=(0x47, 0x42, 0x46, 0x44, 0x6F, 0xAC, 0x20, 0x69, 0x75, 0x00, 0xFF),
    transcript=_transcript,
)
