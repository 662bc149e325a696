"""The driver API: the one file to read before writing a driver. `docs/write-a-driver.md` builds one step by step.

A driver knows one chip and says only what the hardware said. It has no threads, no time stamps, no retries,
no caching and no derived values; it never catches `OSError`. The framework owns threads, time, retries and
units: it looks who is there (`ident`), calls `start` once (and again after every fault), then `read` again and
again, then `stop`, all on one thread.

A driver is a class with a table and four short methods. This one reads an MPU-6050's output registers:

    from math import radians

    from sensors.driver import STANDARD_GRAVITY, Channel, I2CDriver, Ident, xyz

    class Plain6050(I2CDriver):
        name = "plain6050"                      # as in slowroll.toml, and the file's name in the drivers folder
        role = "imu"                            # or "force"
        source = "RM-MPU-6000A-00 rev 4.2"
        addresses = (0x68, 0x69)
        ident = Ident(0x75, {0x68: "MPU-6050"})
        frame = ">7h"                           # ONE sample, as `read` returns it
        rates = (50, 100)                       # samples a second
        gyro_full_scale_rad_s = radians(2000)

        def channels(self, chip):               # one for each number in `frame`, in order; SI = raw * scale + offset
            return (
                *xyz("accel", STANDARD_GRAVITY / 4096),
                Channel("temperature", 1 / 340, 36.53),
                *xyz("gyro", radians(1 / 16.4)),
            )

        def start(self, io, rate, chip):
            io.write(0x6B, 0x80)                # reset, and wait for it
            io.sleep(0.1)
            io.write(0x6B, 0x01)                # awake
            io.sleep(0.1)
            divider = round(1000 / rate)
            io.write(0x19, divider - 1, 4, 3 << 3, 2 << 3)  # rate; low-pass 21 Hz; 2000 deg/s; 8 g
            return 1000 / divider               # the true rate

        def read(self, io):
            return io.read(0x3B, 14)            # the newest sample, in one burst

        def stop(self, io):
            io.write(0x6B, 0x40)                # asleep

Where a chip has a FIFO, use it (`fifo = True`, then `read` returns all that wait): `sensors/imu/mpu6050.py`.
`slowroll drivers new NAME` writes a skeleton; `slowroll drivers test NAME_OR_FILE` says what is wrong with yours,
`--live` with the chip itself. What is here stays as it is: names and signatures do not change, more may be added.

What the framework does with it, so that a driver need not:

- it calls `read` every 50 ms with a FIFO, else at the rate; 252 bytes and 50 ms are the most a call should take;
- `OSError` from `io`: read is tried twice more, then the chip is started again, after 0.1 s, later up to 5 s;
- `SensorFault`, or an IMU that says the same for half a second: the chip is started again, and the person is told;
- `Gap`: it is recorded, and the time stamps begin anew; nobody is told;
- any other exception: a fault of this sensor, with file and line; nothing else stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple, Protocol

STANDARD_GRAVITY = 9.80665
"""m/s2 in one g, exact by definition (CGPM 1901)."""

Role = Literal["imu", "force"]

CHANNEL_UNITS: Mapping[str, str] = {
    "accel_x": "m/s2",
    "accel_y": "m/s2",
    "accel_z": "m/s2",
    "gyro_x": "rad/s",
    "gyro_y": "rad/s",
    "gyro_z": "rad/s",
    "pressure": "Pa",
    "force": "N",
    "bridge": "V/V",
    "temperature": "degC",
    "status": "",
}
"""Every channel name a driver may use, and its unit. `strip_0`, `strip_1`, ... (0..1) are allowed besides.

`bridge` is a load cell's output over its excitation: what its amplifier knows. `force` is for a sensor that was
calibrated in newtons where it was made.
"""


class Channel(NamedTuple):
    """One number of a frame. Its value in SI units is `raw * scale + offset`."""

    name: str
    scale: float
    offset: float = 0.0


class Ident(NamedTuple):
    """How a chip says what it is: the register to read, and the chip each value stands for."""

    register: int
    chips: Mapping[int, str]
    mask: int = 0xFF
    """The bits of the register that are the identity; the others may be anything."""


class Gap(NamedTuple):
    """Returned by `read` in place of frames: samples were lost and the stream was restarted."""

    reason: str


class SensorFault(Exception):
    """The hardware answered, and what it said is not usable (wrong id, failed integrity bit).

    `hint` says the likely cause and the next step in a sentence a person can act on.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class I2CIo(Protocol):
    """What a driver may do with its chip. Every method raises `OSError` when the bus does."""

    def read(self, register: int, count: int) -> bytes:
        """Write the register's number, then read `count` bytes in the same transfer."""

    def write(self, register: int, *values: int) -> None:
        """Write `values` to `register` and those that follow it, in one transfer."""

    def transfer(self, data: bytes, count: int) -> bytes:
        """For chips without registers: write `data` (may be empty), then read `count` bytes (may be 0)."""

    def sleep(self, seconds: float) -> None:
        """Wait; the bus is not used meanwhile. Keep it as short as the data sheet allows."""


class I2CDriver:
    """Base of every I2C driver: fill in the table, write three methods."""

    name: ClassVar[str]
    """What the owner writes in the config: lower case, no spaces."""
    role: ClassVar[Role]
    addresses: ClassVar[tuple[int, ...]]
    """7-bit addresses the chip can be strapped to, the default first."""
    ident: ClassVar[Ident | None] = None
    """None for chips that cannot say what they are: those are used only when configured."""
    banks: ClassVar[tuple[int, tuple[int, ...]] | None] = None
    """(register that selects a bank, its values in which the identity register is out of sight), if there are banks."""
    witness: ClassVar[int | None] = None
    """A register that `start` sets, that reads otherwise after the chip lost its power, and that nothing else changes.

    It is read after `start` and each second from then on, as is `ident`: another value means another start. It must be
    within reach as `start` and `read` leave the chip (bank, page), and reading it must do nothing. None for chips that
    keep no settings.
    """
    frame: ClassVar[str]
    """`struct` format of one sample with its byte order, such as ">7h"."""
    rates: ClassVar[tuple[float, ...]]
    """Sample rates in Hz that `start` accepts."""
    fifo: ClassVar[bool] = False
    """True: the chip queues samples and `read` returns all of them; False: `read` returns the newest one."""
    gyro_full_scale_rad_s: ClassVar[float | None] = None
    """Rate at which the gyroscope clips, as configured by `start` (IMUs only)."""
    force_full_scale: ClassVar[float | None] = None
    """Reading (N, V/V or Pa) beyond which the sensor says nothing more (force sensors only)."""
    source: ClassVar[str] = ""
    """The data sheet: name and revision."""

    def channels(self, chip: str) -> tuple[Channel, ...]:
        """The numbers of one frame in order, for the variant `chip` (a value of `ident.chips`, or "")."""
        raise NotImplementedError

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        """Reset and configure the chip; return the true nominal sample rate in Hz."""
        raise NotImplementedError

    def read(self, io: I2CIo) -> bytes | Gap:
        """All whole frames waiting, oldest first (b"" if none), or a `Gap` if samples were lost."""
        raise NotImplementedError

    def stop(self, io: I2CIo) -> None:
        """Put the chip to sleep."""
        raise NotImplementedError


class Actuator:
    """Base of every driver of something that moves: fill in the table, write three methods.

    The rules are those of a sensor's driver: no threads, no times, no retries, and `OSError` passes through.
    """

    name: ClassVar[str]
    addresses: ClassVar[tuple[int, ...]]
    ident: ClassVar[Ident]
    longest_s: ClassVar[float]
    """The chip itself ends what `set` began after this time, whatever becomes of the computer. No more than 1 s."""
    source: ClassVar[str] = ""
    """The data sheet: name and revision."""

    def start(self, io: I2CIo, chip: str) -> None:
        """Reset and configure the chip; nothing moves. `chip` is a value of `ident.chips`."""
        raise NotImplementedError

    def set(self, io: I2CIo, level: float, seconds: float) -> None:
        """Run at `level` (0..1, of the owner's maximum) from now on, in place of what runs; 0 is off.

        It is called again with 0 after `seconds` (at most `longest_s`), and about once a second with 0 while nothing
        runs: raise `SensorFault` if the chip says that it was reset or that something is wrong.
        """
        raise NotImplementedError

    def stop(self, io: I2CIo) -> None:
        """Off, and asleep."""
        raise NotImplementedError


def xyz(prefix: str, scale: float) -> tuple[Channel, Channel, Channel]:
    """Three channels `prefix_x`, `prefix_y`, `prefix_z` of one scale."""
    return Channel(f"{prefix}_x", scale), Channel(f"{prefix}_y", scale), Channel(f"{prefix}_z", scale)
