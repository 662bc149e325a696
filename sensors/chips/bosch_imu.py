"""What the models of BMI160 and BMI270 share: two sensors with their filters, and the FIFO.

Source: the chapters on FIFO and data of BST-BMI270-DS000-05 and BST-BMI160-DS000-07, which agree. Where a data sheet
leaves room the model takes the reading that is hardest on a driver: a frame read in part comes again, an overflow
shows only as a skip frame before the data, and that frame is not in the count; a sensor that has started gives
frames of its own until the other has too; a changed setting puts a frame of its own into the FIFO.
"""

from __future__ import annotations

import math
import random
import struct
from abc import ABC, abstractmethod
from collections import deque

from sensors.chips.model import ImuSource, Now, no_answer
from sensors.driver import STANDARD_GRAVITY

ACC_CONF = 0x40
ACC_RANGE = 0x41
GYR_CONF = 0x42
GYR_RANGE = 0x43
CMD = 0x7E

LSB_PER_DPS_2000 = 32768 / 2000
UNFILTERED_HZ = 800.0
"""Bandwidth without the performance filter, where samples are only averaged."""
_BANDWIDTH_SHARE = {0: 0.1, 1: 0.2, 2: 0.4}
"""bwp: OSR4, OSR2, normal -> corner as a share of the output rate."""
_TRIPLE = struct.Struct("<3h")


class BoschImu(ABC):
    """One chip: registers, sensors and FIFO; what differs between the two is in the subclasses.

    `imu` is asked for the truth at the chip's own sample times; `odr_error`, `noise`, `seed` and `oversample` as
    for `Mpu6050Chip`. Faults from outside: `unplugged`, `power_cycle()`.
    """

    who_am_i: int
    fifo_length: int
    """Register of the byte count (two bytes)."""
    fifo_data: int
    fifo_config: int
    """Register with the FIFO's sources."""
    accel_data: int
    gyro_data: int
    capacity: int
    config_frame: bytes
    accel_noise_g: float
    gyro_noise_dps: float

    def __init__(
        self,
        now: Now,
        imu: ImuSource,
        *,
        address: int = 0x68,
        odr_error: float = 0.0,
        noise: float = 1.0,
        seed: int = 1,
        oversample: int = 1,
    ) -> None:
        self.address = address
        self.unplugged = False
        self.temperature_degc = 25.0
        self._now = now
        self._imu = imu
        self._speed = 1.0 + odr_error
        self._noise = noise
        self._random = random.Random(seed)
        self._oversample = oversample
        self._fifo: deque[bytes] = deque()
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after the supply was lost: registers at their reset values, FIFO empty, sensors off."""
        self._registers = bytearray(128)
        self._pointer = 0
        self._flush()
        self._accel_from = self._gyro_from = math.inf
        self._next_t = self._now()
        self._state: list[float] | None = None
        self._reset_registers()
        self._configure()

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """One bus transfer: the first byte written is the register pointer."""
        if self.unplugged:
            raise no_answer()
        t = self._now()
        self._catch_up(t)
        if write:
            self._pointer = write[0] & 0x7F
            if len(write) > 1:
                self._burst(self._pointer, write[1:], t)
        if read_count and self._pointer == self.fifo_data:
            return self._pop(read_count)
        answer = bytes(self._register((self._pointer + i) & 0x7F, t) for i in range(read_count))
        self._pointer = (self._pointer + read_count) & 0x7F
        return answer

    # --- what the subclasses add

    @abstractmethod
    def _reset_registers(self) -> None:
        """Reset values, and the chip's own state."""

    @abstractmethod
    def _burst(self, register: int, values: bytes, t: float) -> None:
        """Bytes written from `register` on."""

    @abstractmethod
    def _accel_range_g(self) -> float:
        """Full scale, from ACC_RANGE."""

    @abstractmethod
    def _unfiltered(self, conf: int) -> bool:
        """Whether `conf` (ACC_CONF or GYR_CONF) leaves the low-pass out."""

    @abstractmethod
    def _stops_when_full(self) -> bool:
        """Whether a full FIFO keeps the oldest frames, and not the newest."""

    def _leak(self) -> float:
        """Share of the rate about z that shows in x."""
        return 0.0

    # --- registers

    def _register(self, register: int, _t: float) -> int:
        if register == 0x00:
            return self.who_am_i
        if register in (self.fifo_length, self.fifo_length + 1):
            count = sum(len(frame) for frame in self._fifo)
            return count >> 8 if register > self.fifo_length else count & 0xFF
        return self._registers[register]

    def _store(self, register: int, value: int) -> None:
        """A setting; while the FIFO runs, changed ones of the sensors leave a mark in it."""
        if ACC_CONF <= register <= GYR_RANGE and self._registers[self.fifo_config] & 0xD0 > 0x10:
            self._push(self.config_frame)
        self._registers[register] = value
        self._configure()

    def _configure(self) -> None:
        r = self._registers
        self._accel_every, self._gyro_every, hz = _rates(r[ACC_CONF] & 0x0F, r[GYR_CONF] & 0x0F)
        self._period = 1.0 / (hz * self._speed)
        step = self._period / self._oversample
        lsb_per_g = 32768 / self._accel_range_g()
        lsb_per_dps = LSB_PER_DPS_2000 * 2 ** (r[GYR_RANGE] & 0x07)
        self._scales = (lsb_per_g / STANDARD_GRAVITY,) * 3 + (math.degrees(1.0) * lsb_per_dps,) * 3
        alphas, deviations = [], []
        for conf, every, density in (
            (r[ACC_CONF], self._accel_every, self.accel_noise_g * lsb_per_g),
            (r[GYR_CONF], self._gyro_every, self.gyro_noise_dps * lsb_per_dps),
        ):
            corner = UNFILTERED_HZ if self._unfiltered(conf) else hz / every * _BANDWIDTH_SHARE.get(conf >> 4 & 3, 0.4)
            alphas += [1.0 - math.exp(-2.0 * math.pi * corner * step)] * 3
            deviations += [self._noise * density * math.sqrt(corner * math.pi / 2)] * 3
        self._alphas, self._deviations = alphas, deviations
        self._sample_number = 0

    # --- samples

    def _catch_up(self, t: float) -> None:
        """Take every sample due since the last transfer; after a long pause only what can still be read."""
        if self._next_t > t:
            return
        begins = min(self._accel_from, self._gyro_from)
        self._next_t = max(self._next_t, begins)
        if begins > t:
            self._next_t = t
            return
        due = int((t - self._next_t) / self._period) + 1
        useful = self.capacity // 6 + 2
        if due > useful:
            self._next_t += (due - useful) * self._period
            due = useful
        for _ in range(due):
            self._sample(self._next_t)
            self._next_t += self._period

    def _sample(self, t: float) -> None:
        step = self._period / self._oversample
        for i in range(1 - self._oversample, 1):
            accel, gyro = self._imu(t + i * step)
            truth = (*accel, *gyro)
            if self._state is None:
                self._state = list(truth)
                continue
            for axis, alpha in enumerate(self._alphas):
                self._state[axis] += alpha * (truth[axis] - self._state[axis])
        assert self._state is not None
        raw = [value * scale for value, scale in zip(self._state, self._scales, strict=True)]
        raw[3] += self._leak() * raw[5]
        if self._noise:
            raw = [value + self._random.gauss(0, sd) for value, sd in zip(raw, self._deviations, strict=True)]
        accel_bytes = _TRIPLE.pack(*(_clip(value) for value in raw[:3]))
        gyro_bytes = _TRIPLE.pack(*(_clip(value) for value in raw[3:]))
        has_accel = t >= self._accel_from and self._sample_number % self._accel_every == 0
        has_gyro = t >= self._gyro_from and self._sample_number % self._gyro_every == 0
        self._sample_number += 1
        if has_accel:
            self._registers[self.accel_data : self.accel_data + 6] = accel_bytes
        if has_gyro:
            self._registers[self.gyro_data : self.gyro_data + 6] = gyro_bytes
        sources = self._registers[self.fifo_config]
        header, frame = 0x80, b""
        if has_gyro and sources & 0x80:
            header, frame = header | 0x08, gyro_bytes
        if has_accel and sources & 0x40:
            header, frame = header | 0x04, frame + accel_bytes
        if frame:
            self._push(bytes((header,)) + frame if sources & 0x10 else frame)

    # --- FIFO

    def _flush(self) -> None:
        self._fifo.clear()
        self._skipped = 0

    def _push(self, frame: bytes) -> None:
        free = self.capacity - sum(len(queued) for queued in self._fifo)
        if free < len(frame) and self._stops_when_full():
            self._skipped += 1
            return
        while free < len(frame):
            free += len(self._fifo.popleft())
            self._skipped += 1
        self._fifo.append(frame)

    def _pop(self, count: int) -> bytes:
        """`count` bytes; a frame leaves the FIFO when all of it was read, and an empty FIFO sends 0x80."""
        answer = b""
        if self._skipped and self._registers[self.fifo_config] & 0x10:
            answer = bytes((0x40, min(self._skipped, 0xFF)))
            self._skipped = 0
        while self._fifo and len(answer) + len(self._fifo[0]) <= count:
            answer += self._fifo.popleft()
        if self._fifo:
            return (answer + self._fifo[0])[:count]
        return (answer + b"\x80" * count)[:count]


def _rates(accel_odr: int, gyro_odr: int) -> tuple[int, int, float]:
    """(accelerometer in every how manyth sample, gyroscope likewise, samples a second)."""
    accel_hz, gyro_hz = (25.0 * 2.0 ** (max(odr, 1) - 6) for odr in (accel_odr, gyro_odr))
    fastest = max(accel_hz, gyro_hz)
    return round(fastest / accel_hz), round(fastest / gyro_hz), fastest


def _clip(value: float) -> int:
    return max(-32768, min(32767, round(value)))
