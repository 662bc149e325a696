"""Drivers by others for the chips we ship models of, put on those models: a Blinka-like I2C object, an smbus2-like bus.

Every driver is used as its own examples do, with the settings it offers nearest to ours: +-8 g (+-4 g where 8 is not to
be had), +-2000 deg/s, about 100 Hz. Simulated time passes while they sleep and while bits are on the bus.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Sequence
from math import radians
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from firmware_host.clock import ManualClock
from sensors.chips.model import ChipModel
from sensors.driver import STANDARD_GRAVITY

Vector = tuple[float, float, float]
PASCAL_PER_HPA = 100.0


class Wire:
    """A chip behind a bus on which every bit takes its time, itself a chip model. `nack_next` loses a transfer."""

    def __init__(self, chip: ChipModel, clock: ManualClock, bus_hz: float) -> None:
        self.chip = chip
        self.address = chip.address
        self.unplugged = False
        self.clock = clock
        self.bus_hz = bus_hz
        self.busy_s = 0.0
        self.data_bytes = 0
        """Bytes on the bus, addresses included."""
        self.nack_next = False

    def transfer(self, write: bytes, read_count: int) -> bytes:
        bits, count = 1, 0
        if write or not read_count:
            bits, count = bits + 10 + 9 * len(write), count + 1 + len(write)
        if read_count:
            bits, count = bits + 10 + 9 * read_count, count + 1 + read_count
        self.data_bytes += count
        self.busy_s += bits / self.bus_hz
        self.clock.sleep(bits / self.bus_hz)
        if self.nack_next:
            self.nack_next = False
            raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
        return self.chip.transfer(write, read_count)

    def power_cycle(self) -> None:
        self.chip.power_cycle()


class BlinkaI2C:
    """What Adafruit's `I2CDevice` uses of `busio.I2C`; errors pass through as Blinka's do on Linux."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None:
        """Nobody else is there."""

    def writeto(self, address: int, buffer: Any, *, start: int = 0, end: int | None = None, stop: bool = True) -> None:
        self._at(address).transfer(bytes(buffer[start:end]), 0)

    def readfrom_into(self, address: int, buffer: Any, *, start: int = 0, end: int | None = None) -> None:
        _fill(buffer, start, end, lambda count: self._at(address).transfer(b"", count))

    def writeto_then_readfrom(
        self,
        address: int,
        out_buffer: Any,
        in_buffer: Any,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
        stop: bool = False,
    ) -> None:
        written = bytes(out_buffer[out_start:out_end])
        _fill(in_buffer, in_start, in_end, lambda count: self._at(address).transfer(written, count))

    def _at(self, address: int) -> Wire:
        if address != self._wire.address:
            raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
        return self._wire


class SmbusBus:
    """What the drivers below use of `smbus.SMBus` and `smbus2.SMBus`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def write_byte_data(self, _address: int, register: int, value: int) -> None:
        self._wire.transfer(bytes([register, value]), 0)

    def read_byte_data(self, _address: int, register: int) -> int:
        return self._wire.transfer(bytes([register]), 1)[0]

    def read_i2c_block_data(self, _address: int, register: int, count: int) -> list[int]:
        return list(self._wire.transfer(bytes([register]), count))


def _fill(buffer: Any, start: int, end: int | None, read: Callable[[int], bytes]) -> None:
    stop = len(buffer) if end is None else end
    buffer[start:stop] = read(stop - start)


class Reading(NamedTuple):
    """What a driver says at one time; `value` of a force sensor, in Pa, V/V or V."""

    accel: Vector | None = None
    gyro: Vector | None = None
    value: float | None = None


class Peer(NamedTuple):
    """One driver by others."""

    chip: str
    """The name of our driver for the same chip."""
    package: str
    """On PyPI."""
    modules: tuple[str, ...]
    """The modules that are the driver: their lines are counted."""
    begin: Callable[[Wire], Callable[[], Reading]]
    """Start the chip; what comes back makes one reading."""
    narrow: bool = False
    """It stays at the chip's +-2 g and +-250 deg/s."""


def pretend_blinka(clock_of: Callable[[], ManualClock]) -> None:
    """Stand-ins for the modules of Blinka that want a board, and time that is simulated. Before any peer's import."""
    for name, content in {
        "digitalio": {"Direction": SimpleNamespace(INPUT=0, OUTPUT=1), "DigitalInOut": object},
        "busio": {"I2C": BlinkaI2C, "UART": object, "SPI": object},
        "smbus": {"SMBus": lambda bus: bus},  # mpu6050-raspberrypi hands its `bus` on
    }.items():
        module = ModuleType(name)
        module.__dict__.update(content)
        sys.modules[name] = module
    time.sleep = lambda seconds: clock_of().sleep(seconds)
    time.monotonic = lambda: clock_of().now()
    time.time = lambda: clock_of().now()


# --- one function for each driver -------------------------------------------------------------------------------------


def _adafruit_mpu6050(wire: Wire) -> Callable[[], Reading]:
    import adafruit_mpu6050 as library

    chip = library.MPU6050(BlinkaI2C(wire))
    chip.accelerometer_range = library.Range.RANGE_8_G
    chip.gyro_range = library.GyroRange.RANGE_2000_DPS
    chip.filter_bandwidth = library.Bandwidth.BAND_44_HZ
    chip.sample_rate_divisor = 9
    return lambda: Reading(chip.acceleration, chip.gyro)


def _martijn_mpu6050(wire: Wire) -> Callable[[], Reading]:
    from mpu6050 import mpu6050

    chip = mpu6050(wire.address, bus=SmbusBus(wire))
    chip.set_accel_range(chip.ACCEL_RANGE_8G)
    chip.set_gyro_range(chip.GYRO_RANGE_2000DEG)
    chip.set_filter_range(chip.FILTER_BW_42)

    def read() -> Reading:
        accel, gyro = chip.get_accel_data(), chip.get_gyro_data()  # deg/s, as its documentation says
        return Reading((accel["x"], accel["y"], accel["z"]), _radians((gyro["x"], gyro["y"], gyro["z"])))

    return read


def _adafruit_lsm6(wire: Wire, module: str, name: str) -> Callable[[], Reading]:
    import importlib

    import adafruit_lsm6ds as library

    chip = getattr(importlib.import_module(f"adafruit_lsm6ds.{module}"), name)(BlinkaI2C(wire))
    chip.accelerometer_range = library.AccelRange.RANGE_8G
    chip.gyro_range = library.GyroRange.RANGE_2000_DPS
    return lambda: Reading(chip.acceleration, chip.gyro)


def _pimoroni_lsm6ds3(wire: Wire) -> Callable[[], Reading]:
    from lsm6ds3 import LSM6DS3

    chip = LSM6DS3(SmbusBus(wire), wire.address)

    def read() -> Reading:  # raw numbers at the chip's +-2 g and +-250 deg/s: it has no setting, and no units
        ax, ay, az, gx, gy, gz = chip.get_readings()
        accel = tuple(raw * 0.061e-3 * STANDARD_GRAVITY for raw in (ax, ay, az))
        return Reading(_vector(accel), _radians(tuple(raw * 8.75e-3 for raw in (gx, gy, gz))))

    return read


def _adafruit_icm20948(wire: Wire) -> Callable[[], Reading]:
    import adafruit_icm20x as library

    chip = library.ICM20948(BlinkaI2C(wire), wire.address)
    chip.accelerometer_range = library.AccelRange.RANGE_8G
    chip.gyro_range = library.GyroRange.RANGE_2000_DPS
    chip.accelerometer_data_rate_divisor = 10
    chip.gyro_data_rate_divisor = 10
    chip.accel_dlpf_cutoff = library.AccelDLPFFreq.FREQ_50_4HZ_3DB
    chip.gyro_dlpf_cutoff = library.GyroDLPFFreq.FREQ_51_2HZ_3DB
    return lambda: Reading(chip.acceleration, chip.gyro)


def _adafruit_bno055(wire: Wire) -> Callable[[], Reading]:
    import adafruit_bno055 as library

    chip = library.BNO055_I2C(BlinkaI2C(wire), wire.address)
    chip.mode = library.ACCGYRO_MODE
    chip.accel_range = library.ACCEL_8G
    return lambda: Reading(chip.acceleration, chip.gyro)


def _adafruit_mprls(wire: Wire) -> Callable[[], Reading]:
    import adafruit_mprls as library

    chip = library.MPRLS(BlinkaI2C(wire), psi_min=0, psi_max=25)
    return lambda: Reading(value=chip.pressure * PASCAL_PER_HPA)


def _cedargrove_nau7802(wire: Wire) -> Callable[[], Reading]:
    import cedargrove_nau7802 as library

    chip = library.NAU7802(BlinkaI2C(wire), active_channels=1)
    chip._pu_cycle_start = True  # its own start sets `_pu_start`, which is no register; our model converts nothing then
    chip.poll_rate = 80
    chip.calibrate("INTERNAL")
    gain = 128

    def read() -> Reading:  # waits for a conversion, as its example does
        while not chip.available():
            pass
        # "Restored" to 24 bits by its own division by 128: the number is twice the converter's.
        return Reading(value=chip.read() / 2 / 2**23 / gain)

    return read


def _adafruit_ads1115(wire: Wire) -> Callable[[], Reading]:
    import adafruit_ads1x15.ads1115 as library
    from adafruit_ads1x15.analog_in import AnalogIn

    chip = library.ADS1115(BlinkaI2C(wire), address=wire.address, data_rate=860)
    inputs = [AnalogIn(chip, pin) for pin in range(4)]
    return lambda: Reading(value=sum(one.voltage for one in inputs))


def _radians(degrees: Sequence[float]) -> Vector:
    return _vector([radians(value) for value in degrees])


def _vector(values: Sequence[float]) -> Vector:
    x, y, z = values
    return x, y, z


LSM6 = "adafruit-circuitpython-lsm6ds"
PEERS = (
    Peer("mpu6050", "adafruit-circuitpython-mpu6050", ("adafruit_mpu6050",), _adafruit_mpu6050),
    Peer("mpu6050", "mpu6050-raspberrypi", ("mpu6050.mpu6050",), _martijn_mpu6050),
    Peer(
        "lsm6ds3",
        LSM6,
        ("adafruit_lsm6ds", "adafruit_lsm6ds.lsm6ds3trc"),
        lambda wire: _adafruit_lsm6(wire, "lsm6ds3trc", "LSM6DS3TRC"),
    ),
    Peer("lsm6ds3", "lsm6ds3", ("lsm6ds3",), _pimoroni_lsm6ds3, narrow=True),
    Peer(
        "lsm6dso",
        LSM6,
        ("adafruit_lsm6ds", "adafruit_lsm6ds.lsm6dsox"),
        lambda wire: _adafruit_lsm6(wire, "lsm6dsox", "LSM6DSOX"),
    ),
    Peer("icm20948", "adafruit-circuitpython-icm20x", ("adafruit_icm20x",), _adafruit_icm20948),
    Peer("bno055", "adafruit-circuitpython-bno055", ("adafruit_bno055",), _adafruit_bno055),
    Peer("mprls", "adafruit-circuitpython-mprls", ("adafruit_mprls",), _adafruit_mprls),
    Peer("nau7802", "cedargrove-nau7802", ("cedargrove_nau7802",), _cedargrove_nau7802),
    Peer(
        "ads1115",
        "adafruit-circuitpython-ads1x15",
        ("adafruit_ads1x15.ads1x15", "adafruit_ads1x15.ads1115", "adafruit_ads1x15.analog_in"),
        _adafruit_ads1115,
    ),
)
