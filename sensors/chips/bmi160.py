"""Register-level model of the BMI160.

Sources: BST-BMI160-DS000-07; boschsensortec/BMI160_SensorAPI for the waits. Hardest reading: while both sensors are
suspended only the first byte of a burst is taken, and none within 450 us of the one before; a command that comes while
another is carried out is dropped.
"""

from __future__ import annotations

import math

from sensors.chips.bosch_imu import ACC_CONF, ACC_RANGE, CMD, GYR_CONF, GYR_RANGE, BoschImu
from sensors.chips.model import GoldenWrite, Now, Specimen, Truth

PMU_STATUS = 0x03
TEMPERATURE_0 = 0x20
FIFO_CONFIG_1 = 0x47

RESET_S = 0.01
ACCEL_START_S = 0.0038
GYRO_START_S = 0.08
IDLE_S = 0.00045
_RANGES_G = {0x03: 2.0, 0x05: 4.0, 0x08: 8.0, 0x0C: 16.0}


class Bmi160Chip(BoschImu):
    """One BMI160; `who_am_i` 0xD1, or 0xD3 for revision 3."""

    who_am_i = 0xD1
    fifo_length = 0x22
    fifo_data = 0x24
    fifo_config = FIFO_CONFIG_1
    gyro_data = 0x0C
    accel_data = 0x12
    capacity = 1024
    config_frame = b"\x48\x00"
    accel_noise_g = 180e-6
    gyro_noise_dps = 0.007

    def _reset_registers(self) -> None:
        r = self._registers
        r[ACC_CONF : ACC_CONF + 4] = b"\x28\x03\x28\x00"
        r[0x45], r[0x46], r[FIFO_CONFIG_1] = 0x88, 0x80, 0x10
        self._busy_until = self._now() + RESET_S
        self._written_t = -math.inf

    def _burst(self, register: int, values: bytes, t: float) -> None:
        if self._accel_from > t and self._gyro_from > t:
            if t < self._busy_until or t < self._written_t + IDLE_S:
                return
            values = values[:1]
        self._written_t = t
        for offset, value in enumerate(values):
            if register + offset == CMD:
                self._command(value, t)
            else:
                self._store(register + offset, value)

    def _command(self, command: int, t: float) -> None:
        if t < self._busy_until:
            return
        if command == 0xB6:
            self.power_cycle()
        elif command == 0xB0:
            self._flush()
        elif command in (0x10, 0x11):
            self._accel_from = t + ACCEL_START_S if command == 0x11 else math.inf
            self._busy_until = t + (ACCEL_START_S if command == 0x11 else 0.0)
            self._state = None
        elif command in (0x14, 0x15):
            self._gyro_from = t + GYRO_START_S if command == 0x15 else math.inf
            self._busy_until = t + (GYRO_START_S if command == 0x15 else 0.0)

    def _register(self, register: int, t: float) -> int:
        if register == PMU_STATUS:
            return (0x10 if self._accel_from <= t else 0) | (0x04 if self._gyro_from <= t else 0)
        if register in (TEMPERATURE_0, TEMPERATURE_0 + 1):
            raw = round((self.temperature_degc - 23.0) * 512) & 0xFFFF
            return raw >> 8 if register > TEMPERATURE_0 else raw & 0xFF
        return super()._register(register, t)

    def _stops_when_full(self) -> bool:
        return False

    def _accel_range_g(self) -> float:
        return _RANGES_G.get(self._registers[ACC_RANGE] & 0x0F, 2.0)

    def _unfiltered(self, conf: int) -> bool:
        return bool(conf & 0x80)  # acc_us; bit 7 of GYR_CONF is 0


def _transcript(rate: float, _identity: int) -> tuple[GoldenWrite, ...]:
    """What `start` must write, byte by byte, from the data sheet."""
    book = "BST-BMI160-DS000-07"
    odr = {50: 0x07, 100: 0x08, 200: 0x09}[int(rate)]
    return (
        GoldenWrite(CMD, 0xB6, f"{book} CMD 0x7E: softreset"),
        GoldenWrite(ACC_CONF, 0x20 | odr, f"{book} ACC_CONF 0x40: acc_us 0, acc_bwp 2 = normal, acc_odr 7/8/9"),
        GoldenWrite(ACC_RANGE, 0x08, f"{book} ACC_RANGE 0x41: 1000b = 8 g"),
        GoldenWrite(GYR_CONF, 0x20 | odr, f"{book} GYR_CONF 0x42: gyr_bwp 2 = normal, gyr_odr 7/8/9"),
        GoldenWrite(GYR_RANGE, 0x00, f"{book} GYR_RANGE 0x43: 0 = 2000 deg/s"),
        GoldenWrite(FIFO_CONFIG_1, 0xD0, f"{book} FIFO_CONFIG 0x47: fifo_gyr_en, fifo_acc_en, fifo_header_en"),
        GoldenWrite(CMD, 0x11, f"{book} CMD 0x7E: acc_set_pmu_mode normal"),
        GoldenWrite(CMD, 0x15, f"{book} CMD 0x7E: gyr_set_pmu_mode normal"),
        GoldenWrite(CMD, 0xB0, f"{book} CMD 0x7E: fifo_flush"),
    )


def _build(now: Now, truth: Truth, identity: int) -> Bmi160Chip:
    chip = Bmi160Chip(now, truth.imu, noise=0.0, oversample=5)
    chip.who_am_i = identity
    return chip


SPECIMEN = Specimen(
    driver="bmi160",
    identities=(0xD1, 0xD3),
    build=_build,
    # Same register 0x00: BMI270, BMI260, ICM-20948, BNO055, QMI8658.
    foreign=(0x24, 0x27, 0xEA, 0xA0, 0x05),
    transcript=_transcript,
)
