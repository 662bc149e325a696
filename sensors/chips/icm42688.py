"""Register-level model of the ICM-42688-P and its family: what is on the wire, from the motion it is given.

Source: DS-000347 rev 1.7; that the first FIFO count after a flush is 0 is from Linux `inv_icm42600_buffer.c`.
Where the data sheet leaves room the model takes the reading that is hardest on a driver: a flag that is not
routed to a pin never shows, filters and FIFO can't be set while the sensors run, a write within 200 us of their
start is lost, and no sample is valid until they are up.
"""

from __future__ import annotations

import math
import struct
from collections import deque

from sensors.chips.imu_signal import Filtered, to_raw
from sensors.chips.model import GoldenWrite, ImuSource, Now, Specimen, Truth, no_answer
from sensors.driver import STANDARD_GRAVITY

DEVICE_CONFIG = 0x11
FIFO_CONFIG = 0x16
TEMP_DATA1 = 0x1D
INT_STATUS = 0x2D
FIFO_COUNTH = 0x2E
FIFO_COUNTL = 0x2F
FIFO_DATA = 0x30
SIGNAL_PATH_RESET = 0x4B
INTF_CONFIG0 = 0x4C
PWR_MGMT0 = 0x4E
GYRO_CONFIG0 = 0x4F
ACCEL_CONFIG0 = 0x50
GYRO_CONFIG1 = 0x51
GYRO_ACCEL_CONFIG0 = 0x52
ACCEL_CONFIG1 = 0x53
FIFO_CONFIG1 = 0x5F
INT_SOURCE0 = 0x65
WHO_AM_I = 0x75
REG_BANK_SEL = 0x76

_RESET = {
    INT_STATUS: 0x10,  # RESET_DONE_INT
    INTF_CONFIG0: 0x30,  # count and data big-endian, count in bytes
    GYRO_CONFIG0: 0x06,
    ACCEL_CONFIG0: 0x06,
    GYRO_CONFIG1: 0x16,
    GYRO_ACCEL_CONFIG0: 0x11,
    ACCEL_CONFIG1: 0x0D,
    INT_SOURCE0: 0x10,
}
_SET_WHILE_RUNNING = (DEVICE_CONFIG, SIGNAL_PATH_RESET, PWR_MGMT0, GYRO_CONFIG0, ACCEL_CONFIG0, REG_BANK_SEL)
"""The registers that may be written while a sensor is on: ODR, range, mode; flush and reset."""
_READ_ONLY = (INT_STATUS, FIFO_COUNTH, FIFO_COUNTL, FIFO_DATA, WHO_AM_I, *range(TEMP_DATA1, INT_STATUS))

CAPACITY_BYTES = 2048
DEAF_S = 0.001
"""SOFT_RESET_CONFIG: wait 1 ms for it to be effective."""
NO_WRITES_S = 200e-6
ACCEL_START_S = 0.02
"""From off to valid data; the gyroscope's is 30 ms, and 45 ms is the least it must stay on."""
GYRO_START_S = 0.045
INVALID = -32768
LOWEST = -32766
"""The lowest valid sample while FIFO_HOLD_LAST_DATA_EN is 0."""
EMPTY = b"\xff"
"""What an empty FIFO answers: HEADER_MSG set."""

_ODR_HZ = {3: 8000.0, 4: 4000.0, 5: 2000.0, 6: 1000.0, 7: 200.0, 8: 100.0, 9: 50.0, 10: 25.0, 11: 12.5, 15: 500.0}
_BANDWIDTH_DIVIDER = {1: 4, 2: 5, 3: 8, 4: 10, 5: 16, 6: 20, 7: 40}
_ACCEL_NOISE = 70e-6 * STANDARD_GRAVITY
"""m/s2 per root Hz, table 2."""
_GYRO_NOISE = math.radians(0.0028)
"""rad/s per root Hz, table 1."""


class Icm42688Chip:
    """One chip of the family. `imu` is asked for the truth at the chip's own sample times.

    `odr_error=0.01` makes its clock 1 % fast; `noise` scales the data sheet's noise (0: none); `oversample` is
    how often the truth is asked for each sample. Faults from outside: `unplugged`, `power_cycle()`, another
    `who_am_i`, `gyro_invalid` (the gyroscope has no sample to give), `shifted` (that many bytes of the next
    packet are lost on their way out).
    """

    def __init__(
        self,
        now: Now,
        imu: ImuSource,
        *,
        address: int = 0x68,
        who_am_i: int = 0x47,
        odr_error: float = 0.0,
        noise: float = 1.0,
        seed: int = 1,
        oversample: int = 1,
    ) -> None:
        self.address = address
        self.who_am_i = who_am_i
        self.unplugged = False
        self.gyro_invalid = False
        self.shifted = 0
        self.temperature_degc = 25.0
        self._now = now
        self._speed = 1.0 + odr_error
        self._accel = Filtered(imu, 0, noise * _ACCEL_NOISE, seed, oversample)
        self._gyro = Filtered(imu, 1, noise * _GYRO_NOISE, seed + 1, oversample)
        self._fifo: deque[bytes] = deque()
        self._first_count = True
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after the supply was lost: sensors off, registers at their reset values, FIFO empty."""
        t = self._now()
        self._registers = bytearray(128)
        for register, value in _RESET.items():
            self._registers[register] = value
        self._registers[TEMP_DATA1:INT_STATUS] = b"\x80\x00" * 8
        self._bank = 0
        self._pointer = 0
        self._count_latch = 0
        self._deaf_until = t + DEAF_S
        self._flush()
        self._accel_from = self._gyro_from = self._next_t = math.inf
        self._configure()

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
        return self._read(read_count)

    # --- registers

    def _move_on(self) -> None:
        if self._pointer != FIFO_DATA:  # the FIFO port is the one register that stays
            self._pointer = (self._pointer + 1) & 0x7F

    def _read(self, count: int) -> bytes:
        answer = bytearray()
        while len(answer) < count:
            if self._bank == 0 and self._pointer == FIFO_DATA:
                answer += self._pop(count - len(answer))
            else:
                answer.append(self._register(self._pointer))
                self._move_on()
        return bytes(answer)

    def _register(self, register: int) -> int:
        if register == REG_BANK_SEL:
            return self._bank
        if self._bank:
            return 0
        if register == WHO_AM_I:
            return self.who_am_i
        if register == FIFO_COUNTH:  # reading the high byte latches both
            self._count_latch = 0 if self._first_count else self._count()
            self._first_count = False
        if register in (FIFO_COUNTH, FIFO_COUNTL):
            high_first = self._registers[INTF_CONFIG0] & 0x20
            return self._count_latch >> 8 if (register == FIFO_COUNTH) == bool(high_first) else self._count_latch & 0xFF
        value = self._registers[register]
        if register == INT_STATUS:
            self._registers[INT_STATUS] = 0
        return value

    def _write(self, register: int, value: int, t: float) -> None:
        running = self._registers[PWR_MGMT0] & 0x0F
        if register == REG_BANK_SEL:
            self._bank = value & 0x07
        elif self._bank or (running and register not in _SET_WHILE_RUNNING) or register in _READ_ONLY:
            return
        elif register == DEVICE_CONFIG:
            if value & 0x01:
                self.power_cycle()
        elif register == SIGNAL_PATH_RESET:
            if value & 0x02:
                self._flush()
        elif register == PWR_MGMT0:
            self._power(value, t)
        else:
            self._registers[register] = value
            self._configure()

    def _power(self, value: int, t: float) -> None:
        was = self._registers[PWR_MGMT0]
        self._registers[PWR_MGMT0] = value
        accel, gyro = value & 0x02, value & 0x0C == 0x0C
        if not accel:
            self._accel_from = math.inf
        elif not was & 0x02:
            self._accel_from = t + ACCEL_START_S
            self._accel.forget()
        if not gyro:
            self._gyro_from = math.inf
        elif was & 0x0C != 0x0C:
            self._gyro_from = t + GYRO_START_S
            self._gyro.forget()
        if not accel and not gyro:
            self._next_t = math.inf
        elif not was & 0x0F:
            self._next_t = t + self._period
            self._deaf_until = t + NO_WRITES_S

    def _configure(self) -> None:
        """Work out what the registers mean. Both sensors at different rates are not modelled: the gyroscope's."""
        r = self._registers
        rate = _ODR_HZ.get(r[GYRO_CONFIG0] & 0x0F, 1000.0)
        self._period = 1.0 / (rate * self._speed)
        gyro_choice, accel_choice = r[GYRO_ACCEL_CONFIG0] & 0x0F, r[GYRO_ACCEL_CONFIG0] >> 4
        self._gyro.set(self._period, _bandwidth(gyro_choice, rate))
        self._accel.set(self._period, _bandwidth(accel_choice, rate))
        self._gyro_lsb = math.degrees(1.0) * 16.4 * 2 ** (r[GYRO_CONFIG0] >> 5)
        self._accel_lsb = 2048 * 2 ** (r[ACCEL_CONFIG0] >> 5 & 3) / STANDARD_GRAVITY

    # --- samples

    def _catch_up(self, t: float) -> None:
        """Take every sample due since the last transfer; after a long pause only what can still be read."""
        if self._next_t > t:
            return
        too_many = int((t - self._next_t) / self._period) - CAPACITY_BYTES // 8 - 1
        if too_many > 0:
            self._next_t += too_many * self._period
        while self._next_t <= t:
            self._sample(self._next_t)
            self._next_t += self._period

    def _sample(self, t: float) -> None:
        none = (INVALID, INVALID, INVALID)
        accel = to_raw(self._accel.sample(t), self._accel_lsb, LOWEST) if t >= self._accel_from else none
        gyro = to_raw(self._gyro.sample(t), self._gyro_lsb, LOWEST) if t >= self._gyro_from else none
        if self.gyro_invalid:
            gyro = none
        order = ">" if self._registers[INTF_CONFIG0] & 0x10 else "<"
        warmer = self.temperature_degc - 25.0
        self._registers[TEMP_DATA1 : TEMP_DATA1 + 14] = struct.pack(order + "7h", round(warmer * 132.48), *accel, *gyro)
        self._raise_flag(0x08)
        if self._registers[FIFO_CONFIG] & 0xC0 == 0x40:  # stream; stop-on-full is not modelled
            self._push(self._packet(order, accel, gyro, round(warmer * 2.07), t))

    def _packet(self, order: str, accel: tuple[int, ...], gyro: tuple[int, ...], warmer: int, t: float) -> bytes:
        """One packet as FIFO_CONFIG1 asks for it; b"" if it asks for neither sensor."""
        wanted = self._registers[FIFO_CONFIG1] & 0x03
        stamp = round(t * 1e6 * 30 / 32) & 0xFFFF  # its microseconds are 32/30 long, DS-000347 12.7
        if wanted == 0x03:
            return struct.pack(order + "B6hbH", 0x68, *accel, *gyro, warmer, stamp)
        if wanted:
            return struct.pack(order + "B3hb", 0x40 if wanted == 1 else 0x20, *(accel if wanted == 1 else gyro), warmer)
        return b""

    def _raise_flag(self, bit: int) -> None:
        """An interrupt shows in INT_STATUS only if INT_SOURCE0 asks for it."""
        self._registers[INT_STATUS] |= bit & self._registers[INT_SOURCE0]

    # --- FIFO

    def _flush(self) -> None:
        self._fifo.clear()
        self._first_count = True

    def _push(self, packet: bytes) -> None:
        if not packet:
            return
        self._fifo.append(packet)
        if len(self._fifo) * len(packet) >= CAPACITY_BYTES:
            self._raise_flag(0x02)
        while len(self._fifo) * len(packet) > CAPACITY_BYTES:  # the newest packet pushes out the oldest
            self._fifo.popleft()

    def _count(self) -> int:
        in_records = self._registers[INTF_CONFIG0] & 0x40
        return len(self._fifo) if in_records else sum(len(packet) for packet in self._fifo)

    def _pop(self, count: int) -> bytes:
        """`count` bytes from the FIFO. A packet that is not read to its end stays (FIFO_RESUME_PARTIAL_RD 0)."""
        taken = bytearray()
        while self._fifo and len(taken) + len(self._fifo[0]) <= count:
            taken += self._fifo.popleft()
        if self._fifo and len(taken) < count:
            taken += self._fifo[0][: count - len(taken)]
        if self.shifted and taken:
            del taken[: self.shifted]
            self.shifted = 0
        return bytes(taken) + EMPTY * (count - len(taken))


def _bandwidth(choice: int, rate: float) -> float:
    if choice == 0:
        return rate / 2
    return max(400.0, rate) / _BANDWIDTH_DIVIDER.get(choice, 1)


def _transcript(rate: float, _identity: int) -> tuple[GoldenWrite, ...]:
    """What `start` must write, byte by byte, from the data sheet."""
    book = "DS-000347 rev 1.7 bank 0 register"
    odr = {50: 0x09, 100: 0x08, 200: 0x07}[round(rate)]
    low_pass = 0x66 if round(rate) == 50 else 0x44
    return (
        GoldenWrite(DEVICE_CONFIG, 0x01, f"{book} 0x11 DEVICE_CONFIG: SOFT_RESET_CONFIG, bit 0"),
        GoldenWrite(
            INTF_CONFIG0,
            0x70,
            f"{book} 0x4C INTF_CONFIG0: FIFO_COUNT_REC, FIFO_COUNT_ENDIAN and SENSOR_DATA_ENDIAN, bits 6, 5, 4",
        ),
        GoldenWrite(
            GYRO_CONFIG0, odr, f"{book} 0x4F GYRO_CONFIG0: FS_SEL 0 = 2000 deg/s; ODR 7, 8, 9 = 200, 100, 50 Hz"
        ),
        GoldenWrite(
            ACCEL_CONFIG0, 0x20 | odr, f"{book} 0x50 ACCEL_CONFIG0: FS_SEL 1 = 8 g; ODR 7, 8, 9 = 200, 100, 50 Hz"
        ),
        GoldenWrite(
            GYRO_ACCEL_CONFIG0,
            low_pass,
            f"{book} 0x52 GYRO_ACCEL_CONFIG0: UI_FILT_BW 4 = max(400 Hz, ODR) / 10, 6 = / 20",
        ),
        GoldenWrite(INT_SOURCE0, 0x02, f"{book} 0x65 INT_SOURCE0: FIFO_FULL_INT1_EN, bit 1"),
        GoldenWrite(FIFO_CONFIG1, 0x07, f"{book} 0x5F FIFO_CONFIG1: TEMP, GYRO and ACCEL, bits 2, 1, 0"),
        GoldenWrite(FIFO_CONFIG, 0x40, f"{book} 0x16 FIFO_CONFIG: FIFO_MODE 1 = stream, bits 7:6"),
        GoldenWrite(PWR_MGMT0, 0x0F, f"{book} 0x4E PWR_MGMT0: GYRO_MODE 3 and ACCEL_MODE 3 = low noise"),
        GoldenWrite(SIGNAL_PATH_RESET, 0x02, f"{book} 0x4B SIGNAL_PATH_RESET: FIFO_FLUSH, bit 1"),
    )


def _build(now: Now, truth: Truth, identity: int) -> Icm42688Chip:
    # Five looks at the truth for each sample: the kit's filter check shakes it at 190 Hz.
    return Icm42688Chip(now, truth.imu, who_am_i=identity, noise=0.0, oversample=5)


SPECIMEN = Specimen(
    driver="icm42688",
    identities=(0x47, 0x42, 0x6F),
    build=_build,
    # Same register 0x75: the MPU family, ICM-42686 (other ranges), ICM-42670 (another map), defective MPU clones.
    foreign=(0x68, 0x70, 0x71, 0x98, 0x12, 0x44, 0x67, 0x69, 0x75),
    transcript=_transcript,
)
