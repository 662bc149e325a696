"""The bench of the conformance kit: a clock that is moved by hand, a bus that counts, a truth that is known.

Bus time passes as on a 400 kHz bus, so that a driver which polls a busy bit sees time go by.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sensors.chips.model import ChipModel, Specimen, Vector, no_answer
from sensors.driver import STANDARD_GRAVITY, Channel, Gap, I2CDriver, SensorFault

BUS_HZ = 400_000
TRANSFER_LIMIT = 200_000
"""More transfers than any check needs: a driver that loops for ever is stopped here."""
POLL_S = 0.05
"""How often the framework reads a FIFO."""
SHORTEST_RESET_S = 0.001
"""No chip here is back from a reset sooner."""
API = "sensors/driver.py"


class Wrong(Exception):
    """What the driver does wrong, and where the data sheet says how it should be."""

    def __init__(self, sentence: str, look_at: str = "") -> None:
        super().__init__(f"{sentence} Look at: {look_at}." if look_at else sentence)


class NotChecked(Exception):
    """The check does not apply, or needs something that is not there; the text says what."""


class Transfer(NamedTuple):
    """One transfer as it was on the bus."""

    written: bytes
    read_count: int

    @property
    def bits(self) -> int:
        """Clock cycles: 30 + 9 n for a register read of n bytes."""
        cycles = 2 + 9 * len(self.written) if self.written else 1
        if self.written:
            cycles += 9
        if self.read_count:
            cycles += 10 + 9 * self.read_count
        return cycles


class BenchTruth:
    """What the chip feels: still, flat on the table, in plain air, until a check says otherwise."""

    def __init__(self) -> None:
        self.accel_at: Callable[[float], Vector] = lambda _t: (0.0, 0.0, STANDARD_GRAVITY)
        self.gyro_at: Callable[[float], Vector] = lambda _t: (0.0, 0.0, 0.0)
        self.pascal = 101_325.0
        self.bridge_v_v = 0.0
        self.siemens: tuple[float, ...] = (0.0,) * 4

    def imu(self, t: float) -> tuple[Vector, Vector]:
        return self.accel_at(t), self.gyro_at(t)

    def pressure(self, _t: float) -> tuple[float, float]:
        return self.pascal, 25.0

    def bridge(self, _t: float) -> float:
        return self.bridge_v_v

    def conductances(self, _t: float) -> tuple[float, ...]:
        return self.siemens


class BenchIo:
    """An `I2CIo` that records every transfer and can fail at a chosen one."""

    def __init__(self, answer: Callable[[bytes, int], bytes]) -> None:
        self._answer = answer
        self.t = 0.0
        self.log: list[Transfer] = []
        self.times: list[float] = []
        """When each transfer in `log` ended."""
        self.fail_at: int | None = None
        """Index in `log` of the transfer that is not acknowledged."""

    def read(self, register: int, count: int) -> bytes:
        return self.transfer(bytes([register]), count)

    def write(self, register: int, *values: int) -> None:
        self.transfer(bytes([register, *values]), 0)

    def transfer(self, data: bytes, count: int) -> bytes:
        transfer = Transfer(data, count)
        index = len(self.log)
        if index >= TRANSFER_LIMIT:
            raise Wrong("The driver never stops talking to the chip: a loop waits for something without end.")
        self.log.append(transfer)
        self.t += transfer.bits / BUS_HZ
        self.times.append(self.t)
        if index == self.fail_at:
            raise no_answer()
        return self._answer(data, count)

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise Wrong(f"The driver sleeps {seconds} s: a time can't be below 0.")
        self.t += seconds

    def writes(self, uploads: tuple[int, ...] = ()) -> list[tuple[int, int]]:
        """(register, value) of every byte written, but for bursts to the registers in `uploads`."""
        return [
            (transfer.written[0] + offset, value)
            for transfer in self.log
            if transfer.written and transfer.written[0] not in uploads
            for offset, value in enumerate(transfer.written[1:])
        ]


class Trial:
    """A fresh driver with a fresh chip of one variant on a fresh bench."""

    def __init__(self, driver_class: type[I2CDriver], specimen: Specimen, identity: int) -> None:
        self.truth = BenchTruth()
        self.io = BenchIo(lambda data, count: self.chip.transfer(data, count))
        self.chip: ChipModel = specimen.build(lambda: self.io.t, self.truth, identity)
        if specimen.stand_ins:
            driver_class = type(driver_class.__name__, (driver_class,), dict(specimen.stand_ins))
        self.driver = driver_class()
        self.specimen = specimen
        self.identity = identity
        ident = self.driver.ident
        self.variant = ident.chips.get(identity, "") if ident is not None else ""
        self.channels = tuple(self.driver.channels(self.variant))
        self.raw = b""
        """What `frames` read last, as it came."""
        self.io.sleep(1.0)  # the supply has been on for a while

    def pick_rate(self) -> float:
        """The rate most people use: the one nearest to 100 Hz."""
        return min(self.driver.rates, key=lambda rate: abs(rate - 100))

    def start(self, rate: float | None = None) -> float:
        try:
            told: Any = self.driver.start(self.io, self.pick_rate() if rate is None else rate, self.variant)
        except SensorFault as fault:
            raise Wrong(f"start() refuses a sound chip: {fault.what}.{self.too_early()}", "start-up") from fault
        if not isinstance(told, int | float):
            raise Wrong(f"start() returns {told!r}; it has to return the true rate in samples a second.", API)
        return float(told)

    def too_early(self) -> str:
        """A sentence, if the second write of `start` comes on the heels of the first."""
        writes = [t for t, transfer in zip(self.io.times, self.io.log, strict=True) if len(transfer.written) > 1]
        if len(writes) < 2 or writes[1] - writes[0] > SHORTEST_RESET_S:
            return ""
        return " Its second write follows the first at once: after a reset a chip is deaf for a while, and loses it."

    def read(self) -> bytes | Gap:
        got: Any = self.driver.read(self.io)  # a stranger's may return anything
        if isinstance(got, Gap | bytes):
            return got
        if isinstance(got, bytearray):
            return bytes(got)
        what = "nothing (None)" if got is None else f"a {type(got).__name__}"
        raise Wrong(
            f'read() returns {what}, not bytes: it returns the frames as they came (b"" if none wait), '
            "and channels() says what they mean.",
            API,
        )

    def poll_s(self, rate: float) -> float:
        """How often the framework reads this driver."""
        return POLL_S if self.driver.fifo else 1 / rate

    def frames(self, seconds: float, every_s: float) -> list[dict[str, float]]:
        """Everything read in `seconds`, in SI units by channel name; a `Gap` is a finding here."""
        raw = bytearray()
        end = self.io.t + seconds
        while self.io.t < end:
            self.io.sleep(every_s)
            got = self.read()
            if isinstance(got, Gap):
                raise Wrong(
                    f"read() says samples were lost ({got.reason}) though it was called in time: it does not take all "
                    "that waits, FIFO and frame differ in length, or its overflow flag is stale.",
                    "FIFO: what is put in, count, overflow flag, reset",
                )
            self.decode(got)  # each read has whole frames
            raw += got
        self.raw = bytes(raw)
        return self.decode(self.raw)

    def decode(
        self, data: bytes, frame: str | None = None, channels: tuple[Channel, ...] | None = None
    ) -> list[dict[str, float]]:
        """Frames in SI units by channel name; with another `frame` or `channels`, what they would be then."""
        frame = self.driver.frame if frame is None else frame
        channels = self.channels if channels is None else channels
        size = struct.calcsize(frame)
        if len(data) % size:
            raise Wrong(
                f"read() returned {len(data)} bytes, which is not a whole number of frames of {size}.",
                "FIFO count: leave a sample that is not complete for the next read",
            )
        return [
            {c.name: raw * c.scale + c.offset for c, raw in zip(channels, values, strict=True)}
            for values in struct.iter_unpack(frame, data)
        ]

    def settled(self, seconds: float = 0.25) -> list[dict[str, float]]:
        """Frames after the filters have settled on the present truth."""
        every = self.poll_s(self.pick_rate())
        self.frames(0.25, every)
        found = self.frames(seconds, every)
        if not found:
            raise Wrong("No samples come: the chip sleeps, or its FIFO is not running.", "power management")
        return found


def mean(frames: list[dict[str, float]], name: str) -> float:
    return sum(frame[name] for frame in frames) / len(frames)


@contextmanager
def expecting_os_error(sentence: str) -> Iterator[None]:
    """The block must raise `OSError`; `sentence` says what it means if it does not."""
    try:
        yield
    except OSError:
        return
    raise Wrong(sentence, "sensors/driver.py: a driver never catches OSError")
