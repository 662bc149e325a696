"""BMI270: accelerometer and gyroscope over the FIFO, after the 8 KB configuration that it forgets with its supply.

Where the configuration comes from is `bmi270_blob.py`'s business. Sending it takes 0.2 s at 400 kHz and 1.4 s on the
slowest bus (62.5 kHz); nothing else is read on that bus meanwhile.

About 1/500 to 1/8 of the rate about z leaks into the chip's x (it differs from chip to chip and is measured in the
factory). The data sheet defines the rate about x as what is left without it, so `read` takes it out; everything
else is passed on as the chip sent it.

Made from the data sheet and from public drivers; never run on a real chip.
"""

from __future__ import annotations

import math
import struct
from typing import ClassVar

from sensors.driver import STANDARD_GRAVITY, Channel, Gap, I2CDriver, I2CIo, Ident, Role, SensorFault, xyz
from sensors.imu import bmi270_blob
from sensors.imu.bosch_fifo import drain

CHIP_ID = 0x00
INTERNAL_STATUS = 0x21
FIFO_LENGTH_0 = 0x24  # followed by FIFO_DATA
GYR_CAS = 0x3C  # on feature page 0, which is selected after a reset
ACC_CONF = 0x40  # followed by ACC_RANGE, GYR_CONF, GYR_RANGE
FIFO_CONFIG_0 = 0x48  # followed by FIFO_CONFIG_1
INIT_CTRL = 0x59
INIT_ADDR_0 = 0x5B  # followed by INIT_ADDR_1
INIT_DATA = 0x5E
PWR_CONF = 0x7C
PWR_CTRL = 0x7D
CMD = 0x7E

CHUNK_BYTES = 32
"""Of the configuration in one transfer: an even number, and what adapters that speak only SMBus can carry."""
INIT_LOOKS = 8
"""20 ms apart: the data sheet's text promises one, Linux and Bosch's own code wait for 140 and 150 ms."""
INPUT_CONFIG_BYTES = 4

ODR = {50: 0x07, 100: 0x08, 200: 0x09}
INIT_STATES = ("not initialised", "ready", "init_err", "drv_err", "sns_stop", "nvm_error", "start_up_error", "compat")
RAIL = 0x7FFF


class Bmi270(I2CDriver):
    """Samples of both sensors at one rate, paired by the chip."""

    name: ClassVar[str] = "bmi270"
    role: ClassVar[Role] = "imu"
    addresses: ClassVar[tuple[int, ...]] = (0x68, 0x69)
    ident: ClassVar[Ident | None] = Ident(CHIP_ID, {0x24: "BMI270"})
    witness: ClassVar[int | None] = PWR_CTRL
    frame: ClassVar[str] = "<6h"
    rates: ClassVar[tuple[float, ...]] = (50, 100, 200)
    fifo: ClassVar[bool] = True
    gyro_full_scale_rad_s: ClassVar[float | None] = math.radians(2000)
    source: ClassVar[str] = "BST-BMI270-DS000-05 rev 1.3; boschsensortec/BMI270_SensorAPI v2.63"

    def __init__(self) -> None:
        self._leak = 0.0
        """Share of the rate about z that shows in the chip's x."""

    def configuration(self) -> bytes:
        """Bosch's 8192 bytes. The conformance kit puts made-up ones in their place."""
        return bmi270_blob.load()

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (
            *xyz("gyro", math.radians(2000 / 32768)),  # gyr_range 0: +-2000 deg/s, 16.384 LSB per deg/s
            *xyz("accel", STANDARD_GRAVITY / 4096),  # acc_range 2: +-8 g, 4096 LSB/g
        )

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        configuration = self.configuration()  # first: without it nothing is worth touching
        io.write(CMD, 0xB6)  # CMD: softreset
        io.sleep(0.01)  # 2 ms by the data sheet
        io.write(PWR_CONF, 0x00)  # PWR_CONF: adv_power_save off, or registers take no burst
        io.sleep(0.001)  # 450 us until they do
        self._upload(io, configuration)
        leak = io.read(GYR_CAS, 1)[0] & 0x7F  # GYR_CAS: factor_zx, 7 bits, two's complement, in 1/512
        self._leak = (leak - 0x80 if leak & 0x40 else leak) / 512
        # ACC_CONF: acc_filter_perf, acc_bwp normal (0.4 of the rate). ACC_RANGE 2: 8 g. GYR_CONF: gyr_filter_perf,
        # gyr_noise_perf, gyr_bwp normal. GYR_RANGE: 2000 deg/s, and ois_range the same (else other paths clip at 250).
        settings = bytes((0xA0 | ODR[int(rate)], 0x02, 0xE0 | ODR[int(rate)], 0x08))
        io.write(ACC_CONF, *settings)
        io.write(FIFO_CONFIG_0, 0x00, 0xD0)  # stream, no sensor time; gyroscope, accelerometer, headers
        io.write(PWR_CTRL, 0x0E)  # PWR_CTRL: temp_en, acc_en, gyr_en
        io.sleep(0.06)  # the gyroscope spins up (45 ms)
        kept = io.read(ACC_CONF, 4)
        if kept != settings:
            raise SensorFault(
                f"the chip did not keep its configuration (registers 0x40 to 0x43 read {kept.hex(' ')})",
                "its supply probably dips as it starts: check VCC and GND, shorten the wires",
            )
        io.write(CMD, 0xB0)  # CMD: fifo_flush
        return rate

    def read(self, io: I2CIo) -> bytes | Gap:
        batch = drain(io, FIFO_LENGTH_0, 0x3FFF, INPUT_CONFIG_BYTES)  # FIFO_LENGTH: 14 bits; FIFO_DATA
        if batch.lost:
            io.write(CMD, 0xB0)  # CMD: fifo_flush
            return Gap(batch.lost)
        return self._without_leak(bytearray(batch.samples))

    def stop(self, io: I2CIo) -> None:
        io.write(PWR_CTRL, 0x00)  # PWR_CTRL: both sensors off
        io.write(PWR_CONF, 0x03)  # PWR_CONF: adv_power_save, as after a reset

    def _upload(self, io: I2CIo, configuration: bytes) -> None:
        io.write(INIT_CTRL, 0x00)  # INIT_CTRL: prepare for the configuration
        for offset in range(0, len(configuration), CHUNK_BYTES):
            word = offset // 2
            io.write(INIT_ADDR_0, word & 0x0F, word >> 4)  # INIT_ADDR: counts words, 4 and 8 bits of it
            io.write(INIT_DATA, *configuration[offset : offset + CHUNK_BYTES])
        io.write(INIT_CTRL, 0x01)  # INIT_CTRL: all there, start
        status = 0
        for _ in range(INIT_LOOKS):
            io.sleep(0.02)
            status = io.read(INTERNAL_STATUS, 1)[0]
            if status & 0x0F == 1:  # INTERNAL_STATUS: message 1 = init_ok
                return
        says = INIT_STATES[status & 0x07] if status & 0x0F < len(INIT_STATES) else "unknown"
        raise SensorFault(
            f"the BMI270 did not accept its configuration (INTERNAL_STATUS 0x{status:02x}: {says})",
            "the bytes were changed on the way (shorten the wires, check GND), or the file is another chip's: "
            "see docs/sensors.md, BMI270",
        )

    def _without_leak(self, samples: bytearray) -> bytes:
        """Data sheet, GYR_CAS: rate x = x - factor_zx * z / 512. A clipped x stays as it is, so that it shows."""
        if self._leak:
            for at in range(0, len(samples), 12):
                x, _, z = struct.unpack_from("<3h", samples, at)
                if abs(x) < RAIL:
                    struct.pack_into("<h", samples, at, max(-RAIL, min(RAIL, x - int(self._leak * z))))
        return bytes(samples)
