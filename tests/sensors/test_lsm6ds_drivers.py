"""ST's LSM6DS chips as the two drivers read them, and the mistakes that the kit must find in such drivers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest
from lsm6ds_bench import ALL, Bench

from sensors.chips.model import no_answer
from sensors.conformance import check, specimen_of
from sensors.driver import STANDARD_GRAVITY, Channel, Gap, I2CDriver, I2CIo, SensorFault, xyz
from sensors.imu.lsm6ds import CONTINUOUS, FRAME_BYTES, TRANSFER_BYTES, Lsm6ds
from sensors.imu.lsm6ds3 import Lsm6ds3
from sensors.imu.lsm6dso import Lsm6dso


@pytest.mark.parametrize("who_am_i", ALL)
@pytest.mark.parametrize("rate", [52, 104, 208])
def test_the_very_first_frames_are_sound(who_am_i: int, rate: float) -> None:
    bench = Bench(who_am_i)
    bench.gyro = lambda _t: (math.radians(70), 0.0, 0.0)
    bench.start(rate)
    frames = bench.run(0.2)
    assert len(frames) >= 0.2 * rate - 3
    assert set(frames) == {(1000, 0, 0, 0, 0, 4098)}


def test_the_true_rate_is_told() -> None:
    assert Bench(0x6C, freq_fine=21).start(104) == pytest.approx(6667 * (1 + 21 * 0.0015) / 64)
    assert Bench(0x6B, freq_fine=-13).start(208) == pytest.approx(6667 * (1 - 13 * 0.0015) / 32)
    assert Bench(0x6C).start(52) == pytest.approx(6667 / 128)
    assert Bench(0x6A).start(104) == 104


@pytest.mark.parametrize("who_am_i", ALL)
@pytest.mark.parametrize("every_s", [0.0013, 0.0171, 0.05])
def test_both_sensors_of_a_frame_are_from_one_moment(who_am_i: int, every_s: float) -> None:
    """Both follow one ramp; a partner from the next sample would be 10 ms away. The filters' lags differ by 2 ms."""
    bench = Bench(who_am_i, oversample=5)
    bench.chip.torn = True
    bench.gyro = lambda t: (t, 0.0, 0.0)
    bench.accel = lambda t: (t, 0.0, 0.0)
    bench.start()
    frames = bench.run(4.0, every_s)
    assert len(frames) == pytest.approx(4 * 104, abs=4)
    gyro = [frame[0] * math.radians(0.070) for frame in frames]
    accel = [frame[3] * 0.244e-3 * STANDARD_GRAVITY for frame in frames]
    for rate, force in zip(gyro, accel, strict=True):
        assert -0.002 < force - rate < 0.006
    steps = [b - a for a, b in itertools.pairwise(accel)]
    assert max(abs(step - 0.0096) for step in steps) < 0.004  # each once, none left out


@pytest.mark.parametrize("who_am_i", ALL)
def test_a_lost_reply_is_a_gap_and_the_stream_is_right_again(who_am_i: int) -> None:
    bench = Bench(who_am_i)
    bench.gyro = lambda _t: (math.radians(70), 0.0, 0.0)
    bench.start()
    bench.run(0.3)
    bench.wait(0.3)
    plain = bench.answer

    def half_lost(data: bytes, count: int) -> bytes:
        if count <= 4:
            return plain(data, count)
        plain(data, count - 19)  # the chip has handed them out, the wire came off
        raise no_answer()

    bench.answer = half_lost
    with pytest.raises(OSError, match="Remote I/O"):
        bench.driver.read(bench.io)
    bench.answer = plain
    bench.wait(0.05)
    assert bench.driver.read(bench.io) == Gap("fifo out of step")
    frames = bench.run(1.0)
    assert len(frames) >= 100
    assert set(frames) == {(1000, 0, 0, 0, 0, 4098)}


@pytest.mark.parametrize("who_am_i", ALL)
def test_an_overflow_is_a_gap_even_if_its_flag_was_lost_on_the_way(who_am_i: int) -> None:
    bench = Bench(who_am_i)
    bench.start()
    bench.wait(10.0)
    bench.status()  # heard by the chip alone
    assert bench.driver.read(bench.io) == Gap("fifo overflow")
    assert len(bench.run(1.0)) >= 100


def test_a_damaged_tag_is_a_gap() -> None:
    bench = Bench()
    bench.start()
    bench.run(0.3)
    plain = bench.answer
    bench.answer = lambda data, count: bytes([b ^ 0x01 if i == 7 else b for i, b in enumerate(plain(data, count))])
    bench.wait(0.05)
    assert bench.driver.read(bench.io) == Gap("fifo out of step")
    bench.answer = plain
    assert len(bench.run(1.0)) >= 100


def test_entries_of_other_sensors_are_passed_over() -> None:
    bench = Bench()
    bench.start()
    bench.run(0.1)
    bench.io.write(0x0A, 0x40 | CONTINUOUS)  # timestamps besides
    frames = bench.run(1.0)
    assert len(frames) == pytest.approx(104, abs=6)
    assert set(frames) == {(0, 0, 0, 0, 0, 4098)}


@pytest.mark.parametrize(("who_am_i", "seconds"), [(0x6A, 3.2), (0x69, 6.5), (0x6C, 2.4), (0x6B, 2.4)])
def test_a_whole_fifo_comes_in_transfers_that_leave_others_their_turn(who_am_i: int, seconds: float) -> None:
    bench = Bench(who_am_i)
    bench.start(104)
    bench.wait(seconds)
    mark = len(bench.io.log)
    assert len(bench.frames()) >= seconds * 104 - 2
    assert max(transfer.read_count for transfer in bench.io.log[mark:]) == TRANSFER_BYTES
    assert TRANSFER_BYTES % FRAME_BYTES == TRANSFER_BYTES % 7 == 0


@pytest.mark.parametrize("who_am_i", ALL)
def test_a_supply_that_dips_in_start_is_a_fault_with_a_hint(who_am_i: int) -> None:
    bench = Bench(who_am_i)
    plain = bench.answer

    def dips(data: bytes, count: int) -> bytes:
        if data[:1] == b"\x11" and len(data) > 1 and data[1]:
            bench.chip.power_cycle()
        return plain(data, count)

    bench.answer = dips
    with pytest.raises(SensorFault, match="did not keep its configuration") as caught:
        bench.start()
    assert "VCC" in caught.value.hint


@pytest.mark.parametrize("who_am_i", ALL)
def test_a_reset_chip_gives_nothing_rather_than_old_data(who_am_i: int) -> None:
    bench = Bench(who_am_i)
    bench.start()
    bench.run(0.3)
    bench.chip.power_cycle()
    assert bench.run(0.5) == []


@pytest.mark.parametrize("who_am_i", ALL)
def test_stop_switches_both_sensors_off(who_am_i: int) -> None:
    bench = Bench(who_am_i)
    bench.start()
    bench.run(0.1)
    bench.driver.stop(bench.io)
    bench.asked = 0
    bench.wait(1.0)
    bench.status()
    assert bench.asked == 0


@pytest.mark.parametrize(("who_am_i", "most"), [(0x6A, 0.22), (0x69, 0.22), (0x6C, 0.26), (0x6B, 0.26)])
def test_a_quarter_of_the_slowest_bus_is_enough(who_am_i: int, most: float) -> None:
    bench = Bench(who_am_i, freq_fine=21)
    bench.start(104)
    mark, before = len(bench.io.log), bench.io.t
    bench.run(5.0)
    share = sum(transfer.bits for transfer in bench.io.log[mark:]) / (bench.io.t - before) / 62_500
    assert 0.8 * most < share < most


# --- mistakes that the kit must find


class Tapped:
    """An io that changes what a mistaken driver writes (None: left out) or how long it waits."""

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
        for i, value in enumerate(values):
            changed = self._write(register + i, value)
            if changed is not None:
                self._io.write(register + i, changed)

    def transfer(self, data: bytes, count: int) -> bytes:
        return self._io.transfer(data, count)

    def sleep(self, seconds: float) -> None:
        self._io.sleep(seconds if self._nap is None else self._nap)


def tapped(
    driver: type[Lsm6ds],
    write: Callable[[int, int], int | None] = lambda _register, value: value,
    nap: float | None = None,
) -> type[I2CDriver]:
    class Mistaken(driver):  # type: ignore[valid-type,misc]
        def start(self, io: I2CIo, rate: float, chip: str) -> float:
            told: float = super().start(Tapped(io, write, nap), rate, chip)
            return told

        def read(self, io: I2CIo) -> bytes | Gap:
            got: bytes | Gap = super().read(Tapped(io, write, nap))
            return got

    return Mistaken


def without(register: int) -> Callable[[int, int], int | None]:
    return lambda r, value: None if r == register else value


class AccelFirst(Lsm6ds3):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        right = super().channels(chip)
        return (*right[3:], *right[:3])


class MonotonicRanges(Lsm6ds3):
    """8 g at FS_XL 2, as on every other chip."""

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (*super().channels(chip)[:3], *xyz("accel", 0.488e-3 * STANDARD_GRAVITY))


class BelievesTheCount(Lsm6ds3):
    """Looks at the count alone, which is 0 in an overrun."""

    def read(self, io: I2CIo) -> bytes | Gap:
        low, high = io.read(0x3A, 2)
        count = ((high & 0x0F) << 8 | low) // 6 * 12
        return self._without_first(self._burst(io, 0x3E, count)) if count else b""


class ForgetsTheOddEnd(Lsm6dso):
    def _pair(self, entries: bytes) -> bytes | None:
        got = super()._pair(entries)
        self._half = {}
        return got


class PairsByOrder(Lsm6dso):
    """Whatever the tags say."""

    def _pair(self, entries: bytes) -> bytes | None:
        data = [entries[i + 1 : i + 7] for i in range(0, len(entries), 7)]
        return b"".join(a + b for a, b in zip(data[::2], data[1::2], strict=False))


class NominalRate(Lsm6dso):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        super().start(io, rate, chip)
        return rate


class OneEntryATime(Lsm6dso):
    def _burst(self, io: I2CIo, register: int, count: int) -> bytes:
        return b"".join(io.read(0x78, 1) + io.read(0x79, 6) for _ in range(count // 7))


MISTAKES: list[tuple[str, type[I2CDriver], str]] = [
    ("accelerometer before gyroscope", AccelFirst, "whole-frames"),
    ("range 2 taken for 8 g", MonotonicRanges, "still"),
    ("overrun ignored, old FIFO", BelievesTheCount, "overflow"),
    ("no bypass in between", tapped(Lsm6ds3, lambda r, v: None if (r, v) == (0x0A, 0) else v), "overflow"),
    ("gyroscope left out of the FIFO", tapped(Lsm6ds3, lambda r, v: 0x01 if r == 0x08 else v), "whole-frames"),
    ("FIFO rate left out", tapped(Lsm6ds3, lambda r, v: v & 0x07 if r == 0x0A else v), "start"),
    ("no wait", tapped(Lsm6dso, nap=0.0001), "start"),
    ("reset with the gyroscope on", tapped(Lsm6dso, lambda r, v: None if (r, v) == (0x11, 0) else v), "transcript"),
    ("no auto-increment", tapped(Lsm6dso, lambda r, v: v & ~0x04 if r == 0x12 else v), "start"),
    ("odd end dropped", ForgetsTheOddEnd, "whole-frames"),
    ("tags not looked at", PairsByOrder, "whole-frames"),
    ("nominal rate told", NominalRate, "rate"),
    ("tag and data read apart", OneEntryATime, "bus-use"),
    ("batching not switched on", tapped(Lsm6dso, without(0x09)), "start"),
    ("I3C left on", tapped(Lsm6dso, without(0x18)), "transcript"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mistake", "driver", "found_by"), [pytest.param(*mistake, id=mistake[0]) for mistake in MISTAKES]
)
def test_a_seeded_mistake_is_found(mistake: str, driver: type[I2CDriver], found_by: str) -> None:
    specimen = specimen_of(driver)
    assert specimen is not None
    failed = {finding.check: finding.says for finding in check(driver, specimen) if finding.result == "failed"}
    assert found_by in failed, f"{mistake} passed; found instead: {failed}"
