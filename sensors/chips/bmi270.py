"""Register-level model of the BMI270.

Sources: BST-BMI270-DS000-05 rev 1.3; boschsensortec/BMI270_SensorAPI (bmi2.c, bmi2_defs.h) v2.63; Linux
`drivers/iio/imu/bmi270/bmi270_core.c` for the waits. The model does not know Bosch's configuration: it takes any 8192
bytes, if they arrive completely, in order, in bursts of an even number and at the word addresses they belong to.
"""

from __future__ import annotations

from sensors.chips.bosch_imu import ACC_CONF, ACC_RANGE, CMD, BoschImu
from sensors.chips.model import GoldenWrite, Now, Specimen, Truth

INTERNAL_STATUS = 0x21
TEMPERATURE_0 = 0x22
FEAT_PAGE = 0x2F
GYR_CAS = 0x3C
INIT_CTRL = 0x59
INIT_ADDR_0 = 0x5B
INIT_ADDR_1 = 0x5C
INIT_DATA = 0x5E
PWR_CONF = 0x7C
PWR_CTRL = 0x7D

CONFIG_BYTES = 8192
DEAF_S = 0.002
"""Nothing is taken so long after power-up or reset."""
WAKE_S = 0.00045
"""Nor so long after advanced power save was switched off."""
INIT_S = 0.14
"""From INIT_CTRL 1 to INTERNAL_STATUS 1: 20 ms in the data sheet's text, 140 ms in its table (as Linux waits)."""
ACCEL_START_S = 0.002
GYRO_START_S = 0.045


class Bmi270Chip(BoschImu):
    """One BMI270; `cross_axis` is its GYR_CAS, in 1/512 of the rate about z."""

    who_am_i = 0x24
    fifo_length = 0x24
    fifo_data = 0x26
    fifo_config = 0x49
    accel_data = 0x0C
    gyro_data = 0x12
    capacity = 2048
    config_frame = b"\x48\x00\x00\x00\x00"
    accel_noise_g = 160e-6
    gyro_noise_dps = 0.007
    cross_axis = 40

    def _reset_registers(self) -> None:
        r = self._registers
        r[0x03] = 0x10  # STATUS: cmd_rdy
        r[ACC_CONF : ACC_CONF + 4] = b"\xa8\x02\xa9\x00"
        r[0x45] = 0x88  # FIFO_DOWNS: filtered data of both
        r[0x48], r[0x49] = 0x02, 0x10
        r[PWR_CONF] = 0x03
        self._loaded = bytearray()
        self._ready_at: float | None = None
        self._sound = False
        self._deaf_until = self._now() + DEAF_S

    @property
    def configuration(self) -> bytes:
        """What was uploaded so far."""
        return bytes(self._loaded)

    def _burst(self, register: int, values: bytes, t: float) -> None:
        if t < self._deaf_until:
            return
        if register == INIT_DATA:
            self._load(values)
            return
        for offset, value in enumerate(values):
            self._write(register + offset, value, t)

    def _write(self, register: int, value: int, t: float) -> None:
        r = self._registers
        if register == CMD:
            if value == 0xB6:
                self.power_cycle()
            elif value == 0xB0:
                self._flush()
        elif register == PWR_CONF:
            if r[PWR_CONF] & 0x01 and not value & 0x01:
                self._deaf_until = t + WAKE_S
            r[PWR_CONF] = value
        elif r[PWR_CONF] & 0x01:
            return  # asleep between transfers: a setting is lost
        elif register == INIT_CTRL:
            r[INIT_CTRL] = value
            if value & 0x01:
                self._sound = len(self._loaded) == CONFIG_BYTES
                self._ready_at = t + INIT_S
            else:
                self._loaded.clear()
                self._ready_at = None
        elif register == PWR_CTRL:
            r[PWR_CTRL] = value
            runs = self._sound and self._ready_at is not None and t >= self._ready_at
            self._accel_from = t + ACCEL_START_S if runs and value & 0x04 else float("inf")
            self._gyro_from = t + GYRO_START_S if runs and value & 0x02 else float("inf")
            self._state = None
        else:
            self._store(register, value)

    def _load(self, values: bytes) -> None:
        if self._registers[PWR_CONF] & 0x01 or self._registers[INIT_CTRL] & 0x01:
            return
        word = self._registers[INIT_ADDR_0] & 0x0F | self._registers[INIT_ADDR_1] << 4
        if 2 * word == len(self._loaded) and len(values) % 2 == 0:
            self._loaded += values

    def _register(self, register: int, t: float) -> int:
        if register == INTERNAL_STATUS:
            if self._ready_at is None or t < self._ready_at:
                return 0
            return 1 if self._sound else 2
        if register == GYR_CAS and self._registers[FEAT_PAGE] == 0:
            return self.cross_axis & 0x7F
        if register in (TEMPERATURE_0, TEMPERATURE_0 + 1):
            raw = round((self.temperature_degc - 23.0) * 512) & 0xFFFF
            return raw >> 8 if register > TEMPERATURE_0 else raw & 0xFF
        return super()._register(register, t)

    def _stops_when_full(self) -> bool:
        return bool(self._registers[0x48] & 0x01)  # fifo_stop_on_full

    def _accel_range_g(self) -> float:
        return float(2 << (self._registers[ACC_RANGE] & 0x03))

    def _unfiltered(self, conf: int) -> bool:
        return not conf & 0x80

    def _leak(self) -> float:
        return self.cross_axis / 512


def _transcript(rate: float, _identity: int) -> tuple[GoldenWrite, ...]:
    """What `start` must write besides the configuration itself, byte by byte, from the data sheet."""
    book = "BST-BMI270-DS000-05"
    odr = {50: 0x07, 100: 0x08, 200: 0x09}[int(rate)]
    return (
        GoldenWrite(CMD, 0xB6, f"{book} CMD 0x7E: softreset"),
        GoldenWrite(PWR_CONF, 0x00, f"{book} PWR_CONF 0x7C: adv_power_save off, then 450 us"),
        GoldenWrite(INIT_CTRL, 0x00, f"{book} INIT_CTRL 0x59: prepare for the configuration"),
        GoldenWrite(INIT_CTRL, 0x01, f"{book} INIT_CTRL 0x59: the configuration is complete"),
        GoldenWrite(ACC_CONF, 0xA0 | odr, f"{book} ACC_CONF 0x40: acc_filter_perf, acc_bwp 2, acc_odr 7/8/9"),
        GoldenWrite(ACC_RANGE, 0x02, f"{book} ACC_RANGE 0x41: 2 = 8 g"),
        GoldenWrite(0x42, 0xE0 | odr, f"{book} GYR_CONF 0x42: filter_perf, noise_perf, gyr_bwp 2, gyr_odr 7/8/9"),
        GoldenWrite(0x43, 0x08, f"{book} GYR_RANGE 0x43: gyr_range 0 = 2000 deg/s, ois_range 1 = 2000 deg/s"),
        GoldenWrite(0x48, 0x00, f"{book} FIFO_CONFIG_0 0x48: streaming, no sensor time frame"),
        GoldenWrite(0x49, 0xD0, f"{book} FIFO_CONFIG_1 0x49: fifo_gyr_en, fifo_acc_en, fifo_header_en"),
        GoldenWrite(PWR_CTRL, 0x0E, f"{book} PWR_CTRL 0x7D: temp_en, acc_en, gyr_en"),
        GoldenWrite(CMD, 0xB0, f"{book} CMD 0x7E: fifo_flush"),
    )


def _build(now: Now, truth: Truth, _identity: int) -> Bmi270Chip:
    return Bmi270Chip(now, truth.imu, noise=0.0, oversample=5)


def made_up_configuration() -> bytes:
    """8192 bytes that are not Bosch's, no two chunks of 32 alike."""
    return bytes((i ^ i >> 5 ^ 0x5A) & 0xFF for i in range(CONFIG_BYTES))


SPECIMEN = Specimen(
    driver="bmi270",
    identities=(0x24,),
    build=_build,
    # Same register 0x00: BMI160 and its revision 3, BMI260, ICM-20948, BNO055, QMI8658.
    foreign=(0xD1, 0xD3, 0x27, 0xEA, 0xA0, 0x05),
    transcript=_transcript,
    uploads=(INIT_ADDR_0, INIT_DATA),
    stand_ins={"configuration": lambda _driver: made_up_configuration()},
)
