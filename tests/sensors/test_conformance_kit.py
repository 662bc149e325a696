"""The kit passes every shipped driver, and finds each of the mistakes that hobby drivers really make."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import pytest

from sensors.catalog import BUILT_IN, Catalog
from sensors.chips.model import Specimen
from sensors.conformance import check, specimen_of
from sensors.driver import Channel, Gap, I2CDriver, I2CIo, Ident, xyz
from sensors.imu.mpu6050 import FIFO_R_W, Mpu6050
from sensors.pressure.mprls import Mprls


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_shipped_driver_conforms(name: str) -> None:
    findings = check(Catalog(installed=()).get(name))
    assert [finding for finding in findings if finding.result == "failed"] == []
    assert sum(finding.result == "ok" for finding in findings) >= 10


class Tapped:
    """An io whose writes and reads a mistaken driver changes on their way."""

    def __init__(
        self,
        io: I2CIo,
        write: Callable[[int, int], int | None] = lambda _register, value: value,
        nap: float | None = None,
    ) -> None:
        self._io = io
        self._write = write
        self._nap = nap

    def read(self, register: int, count: int) -> bytes:
        return self._io.read(register, count)

    def write(self, register: int, *values: int) -> None:
        changed = [self._write(register + i, value) for i, value in enumerate(values)]
        kept = [value for value in changed if value is not None]
        if kept:
            self._io.write(register, *kept)

    def transfer(self, data: bytes, count: int) -> bytes:
        return self._io.transfer(data, count)

    def sleep(self, seconds: float) -> None:
        self._io.sleep(seconds if self._nap is None else self._nap)


def rewriting(register: int, change: Callable[[int], int | None]) -> type[Mpu6050]:
    """The real driver, but what it writes to one register is changed (None: left out)."""

    class Mistaken(Mpu6050):
        def start(self, io: I2CIo, rate: float, chip: str) -> float:
            return super().start(Tapped(io, lambda r, v: change(v) if r == register else v), rate, chip)

        def read(self, io: I2CIo) -> bytes | Gap:
            return super().read(Tapped(io, lambda r, v: change(v) if r == register else v))

    return Mistaken


class NeverWakes(Mpu6050):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        told = super().start(io, rate, chip)
        io.write(0x6B, 0x41)
        return told


class LittleEndian(Mpu6050):
    frame: ClassVar[str] = "<7h"


class WrongAccelScale(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (*xyz("accel", 9.80665 / 8192), *super().channels(chip)[3:])


class DegreesForRadians(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (*super().channels(chip)[:4], *xyz("gyro", 1 / 16.4))


class FlippedAxis(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        *rest, z = super().channels(chip)
        return (*rest, Channel("gyro_z", -z.scale))


class GyroBeforeAccel(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        right = super().channels(chip)
        return (*right[4:], right[3], *right[:3])


class SwappedAxes(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        x, y, *rest = super().channels(chip)
        return (y, x, *rest)


class OneTemperatureForAll(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return super().channels("MPU-6050")


class IgnoresOverflow(Mpu6050):
    def read(self, io: I2CIo) -> bytes | Gap:
        count = int.from_bytes(io.read(0x72, 2), "big") // 14 * 14
        return io.read(FIFO_R_W, count) if count else b""


class ReadsPartialFrames(Mpu6050):
    def read(self, io: I2CIo) -> bytes | Gap:
        count = int.from_bytes(io.read(0x72, 2), "big")
        if io.read(0x3A, 1)[0] & 0x10:
            self._restart_fifo(io)
            return Gap("fifo overflow")
        return io.read(FIFO_R_W, count) if count else b""


class ResetsRunningFifo(Mpu6050):
    def _restart_fifo(self, io: I2CIo) -> None:
        io.write(0x6A, 0x44)
        io.read(0x3A, 1)


class FlushesWithoutTelling(Mpu6050):
    def read(self, io: I2CIo) -> bytes | Gap:
        got = super().read(io)
        return b"" if isinstance(got, Gap) else got


class ByteAtATime(Mpu6050):
    def read(self, io: I2CIo) -> bytes | Gap:
        count = int.from_bytes(io.read(0x72, 1) + io.read(0x73, 1), "big") // 14 * 14
        if io.read(0x3A, 1)[0] & 0x10:
            self._restart_fifo(io)
            return Gap("fifo overflow")
        return b"".join(io.read(FIFO_R_W, 1) for _ in range(count))


class SwallowsErrors(Mpu6050):
    def read(self, io: I2CIo) -> bytes | Gap:
        try:
            return super().read(io)
        except OSError:
            return b""


class RepeatsTheLastFrame(Mpu6050):
    def read(self, io: I2CIo) -> bytes | Gap:
        got = super().read(io)
        return got or io.read(0x3B, 14) if not isinstance(got, Gap) else got


class LiesAboutItsRate(Mpu6050):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        return super().start(io, rate, chip) * 1.05


class RefusesToWait(Mpu6050):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        return super().start(Tapped(io, nap=0.001), rate, chip)


class NeverReady(Mpu6050):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        while not io.read(0x3A, 1)[0] & 0x01:
            io.sleep(0.001)
        return super().start(io, rate, chip)


class ClaimsAnotherChip(Mpu6050):
    ident: ClassVar[Ident | None] = Ident(0x75, {**Mpu6050.ident.chips, 0x47: "ICM-42688-P"})  # type: ignore[union-attr]


class ClaimsALooseWire(Mpu6050):
    ident: ClassVar[Ident | None] = Ident(0x75, {**Mpu6050.ident.chips, 0xFF: "clone"})  # type: ignore[union-attr]


class OneChannelShort(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return super().channels(chip)[:-1]


class Crashes(Mpu6050):
    def read(self, io: I2CIo) -> bytes | Gap:
        raise IndexError("list index out of range")


class WrongTransferFunction(Mprls):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return Channel("status", 1), Channel("pressure", 25 * 6894.757 / 2**24)


class IgnoresIntegrity(Mprls):
    def read(self, io: I2CIo) -> bytes | Gap:
        io.transfer(b"\xaa\x00\x00", 0)
        io.sleep(0.006)
        answer = io.transfer(b"", 4)
        return bytes((answer[0], 0)) + answer[1:]


class DropsSaturation(Mprls):
    def read(self, io: I2CIo) -> bytes | Gap:
        got = super().read(io)
        assert isinstance(got, bytes)
        return b"" if got[0] & 1 else got


class DoesNotWaitForTheConversion(Mprls):
    def read(self, io: I2CIo) -> bytes | Gap:
        io.transfer(b"\xaa\x00\x00", 0)
        answer = io.transfer(b"", 4)
        return bytes((answer[0], 0)) + answer[1:]


class TakesAnyChip(Mprls):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        io.transfer(b"", 1)
        return rate


MISTAKES: list[tuple[str, type[I2CDriver], str]] = [
    ("never wakes", NeverWakes, "start"),
    ("byte order", LittleEndian, "still"),
    ("accel scale", WrongAccelScale, "still"),
    ("deg/s for rad/s", DegreesForRadians, "rotation-axes"),
    ("sign of one axis", FlippedAxis, "rotation-axes"),
    ("FIFO order", GyroBeforeAccel, "whole-frames"),
    ("two axes swapped", SwappedAxes, "gravity-axes"),
    ("temperature of another variant", OneTemperatureForAll, "still"),
    ("overflow ignored", IgnoresOverflow, "overflow"),
    ("partial frames", ReadsPartialFrames, "whole-frames"),
    ("FIFO reset while it runs", ResetsRunningFifo, "transcript"),
    ("flush without a Gap", FlushesWithoutTelling, "overflow"),
    ("byte at a time", ByteAtATime, "bus-use"),
    ("swallowed OSError", SwallowsErrors, "errors"),
    ("stale frame repeated", RepeatsTheLastFrame, "empty-fifo"),
    ("rate told wrong", LiesAboutItsRate, "rate"),
    ("no wait after reset", RefusesToWait, "start"),
    ("endless wait", NeverReady, "start"),
    ("foreign chip claimed", ClaimsAnotherChip, "foreign-refused"),
    ("loose wire claimed", ClaimsALooseWire, "metadata"),
    ("channel missing", OneChannelShort, "frame"),
    ("exception in read", Crashes, "start"),
    ("divider off by one", rewriting(0x19, lambda value: value + 1), "transcript"),
    ("divider for 8 kHz", rewriting(0x19, lambda value: value * 8 + 7), "start"),
    ("low-pass left at 260 Hz", rewriting(0x1A, lambda _value: 0), "start"),
    ("low-pass in the wrong bits", rewriting(0x1A, lambda value: value << 3), "start"),
    ("low-pass of 184 Hz", rewriting(0x1A, lambda value: 1), "start"),
    ("accel low-pass of the 6500 forgotten", rewriting(0x1D, lambda _value: None), "low-pass"),
    ("overflow interrupt not enabled", rewriting(0x38, lambda _value: None), "transcript"),
    ("gyro left out of the FIFO", rewriting(0x23, lambda value: value & ~0x70), "whole-frames"),
    ("MPRLS counts as if from 0", WrongTransferFunction, "pressure"),
    ("MPRLS integrity ignored", IgnoresIntegrity, "integrity"),
    ("MPRLS saturation dropped", DropsSaturation, "pressure"),
    ("MPRLS read too early", DoesNotWaitForTheConversion, "pressure"),
    ("MPRLS takes any chip", TakesAnyChip, "foreign-refused"),
]


def failures(driver: type[I2CDriver]) -> dict[str, str]:
    """What the kit finds on one old and one newer variant: enough to see every mistake, and quick."""
    specimen = specimen_of(driver)
    assert isinstance(specimen, Specimen)
    few = specimen._replace(identities=specimen.identities[:2])
    return {finding.check: finding.says for finding in check(driver, few) if finding.result == "failed"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mistake", "driver", "found_by"),
    [pytest.param(*mistake, id=mistake[0]) for mistake in MISTAKES],
)
def test_a_seeded_mistake_is_found(mistake: str, driver: type[I2CDriver], found_by: str) -> None:
    failed = failures(driver)
    assert found_by in failed, f"{mistake} passed; found instead: {failed}"
    assert failed[found_by].endswith((".", ")", "?")) or ":" in failed[found_by]


def test_unfiltered_vibration_is_found_by_what_comes_through() -> None:
    class NoFilter(Mpu6050):
        def start(self, io: I2CIo, rate: float, chip: str) -> float:
            told = super().start(io, rate, chip)
            io.write(0x1A, 0x01)  # 184 Hz
            return told

    failed = failures(NoFilter)
    assert "190 Hz vibration" in failed["low-pass"]
    assert "low-pass filter" in failed["low-pass"]


def test_a_transcript_finding_names_the_data_sheet_line() -> None:
    class WrongRange(Mpu6050):
        def start(self, io: I2CIo, rate: float, chip: str) -> float:
            io.write(0x1B, 0x00)
            return super().start(io, rate, chip)

    says = failures(WrongRange)["transcript"]
    assert "0x00 to register 0x1b" in says
    assert "DEVICE_RESET" in says
    assert "RM-MPU-6000A-00" in says


def test_a_driver_without_a_model_is_told_so() -> None:
    class Unknown(Mpu6050):
        name: ClassVar[str] = "homemade"

    findings = {finding.check: finding for finding in check(Unknown)}
    assert findings["metadata"].result == "ok"
    assert findings["still"].result == "not_checked"
    assert "no model" in findings["still"].says


def test_full_scale_of_the_driver_is_that_of_the_chip() -> None:
    assert Mpu6050.gyro_full_scale_rad_s == pytest.approx(2000 * math.pi / 180)
