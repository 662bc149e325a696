"""The models of ST's LSM6DS chips answer as the data sheets say, where drivers are known to get it wrong."""

from __future__ import annotations

import math
import struct

import pytest
from lsm6ds_bench import ALL, Bench

from sensors.chips import lsm6ds3, lsm6dso
from sensors.driver import STANDARD_GRAVITY
from sensors.imu.lsm6ds3 import Lsm6ds3
from sensors.imu.lsm6dso import Lsm6dso


@pytest.mark.parametrize("who_am_i", ALL)
def test_reset_state_and_identity(who_am_i: int) -> None:
    bench = Bench(who_am_i)
    assert bench.io.read(0x0F, 1)[0] == who_am_i
    assert bench.io.read(0x10, 3) == bytes((0x00, 0x00, 0x04))
    assert bench.io.read(0x0A, 1)[0] == 0
    bench.wait(1.0)
    assert bench.output() == (0,) * 6
    assert bench.asked == 0  # both sensors are in power-down


@pytest.mark.parametrize("who_am_i", ALL)
def test_a_reset_is_honoured_only_while_the_gyroscope_is_off(who_am_i: int) -> None:
    bench = Bench(who_am_i)
    bench.configure()
    bench.io.write(0x12, 0x01)
    assert bench.io.read(0x10, 1)[0] == 0x4C
    bench.io.write(0x11, 0x00)
    bench.io.write(0x12, 0x01)
    assert bench.io.read(0x10, 3) == bytes((0x00, 0x00, 0x05))  # SW_RESET still stands
    bench.io.write(0x10, 0x4C)
    bench.wait(0.02)
    assert bench.io.read(0x10, 3) == bytes((0x00, 0x00, 0x04))  # the write while it started is lost


def test_without_if_inc_a_burst_stays_where_it_is() -> None:
    bench = Bench()
    bench.io.write(0x12, 0x40)
    assert bench.io.read(0x0F, 3) == bytes((0x6C,) * 3)


@pytest.mark.parametrize("who_am_i", ALL)
@pytest.mark.parametrize(("choice", "mg"), [(0, 0.061), (1, 0.488), (2, 0.122), (3, 0.244)])
def test_accelerometer_ranges_are_not_in_order(who_am_i: int, choice: int, mg: float) -> None:
    bench = Bench(who_am_i)
    bench.configure(accel=0x40 | choice << 2)
    bench.wait(1.0)
    assert bench.output()[5] == round(1000 / mg)


@pytest.mark.parametrize(("ctrl2", "mdps"), [(0x40, 8.75), (0x44, 17.5), (0x48, 35.0), (0x4C, 70.0), (0x42, 4.375)])
def test_gyroscope_ranges_scale_and_clip(ctrl2: int, mdps: float) -> None:
    bench = Bench()
    bench.gyro = lambda _t: (math.radians(100), math.radians(-3000), 0.0)
    bench.configure(gyro=ctrl2)
    bench.wait(1.0)
    assert bench.output()[:2] == (round(100_000 / mdps), -32768)


def test_the_gyroscope_starts_late_and_its_first_samples_are_wrong() -> None:
    bench = Bench()
    bench.gyro = lambda _t: (1.0, 0.0, 0.0)
    bench.io.write(0x11, 0x4C)
    right = round(math.degrees(1.0) / 0.070)
    bench.wait(0.06)
    assert bench.output()[0] == 0
    bench.wait(0.03)
    assert bench.output()[0] == pytest.approx(right / 2, abs=1)
    bench.wait(0.05)
    assert bench.output()[0] == right


@pytest.mark.parametrize(
    ("who_am_i", "ctrl1", "hertz"),
    [
        (0x6A, 0x4C, 52.0),
        (0x6A, 0x4E, 26.0),
        (0x6A, 0x5E, 52.0),
        (0x69, 0x4C, 50.0),
        (0x69, 0x5E, 100.0),
        (0x6C, 0x4C, 52.0),
        (0x6C, 0x4E, 26.0),
        (0x6B, 0x5E, 52.0),
    ],
)
def test_the_accelerometers_low_pass_has_its_corner(who_am_i: int, ctrl1: int, hertz: float) -> None:
    assert corner_hz(Bench(who_am_i), ctrl1, 3) == pytest.approx(hertz, rel=0.03)


@pytest.mark.parametrize(("code", "hertz"), [(3, 17.0), (4, 33.0), (5, 67.0)])
def test_the_gyroscopes_low_pass_follows_the_rate(code: int, hertz: float) -> None:
    assert corner_hz(Bench(), code << 4 | 0x0C, 0) == pytest.approx(hertz, rel=0.03)


def corner_hz(bench: Bench, ctrl: int, axis: int) -> float:
    """The low-pass's corner, from how far the first sample after a step has gone."""
    step_t = [math.inf]
    bench.accel = lambda t: (STANDARD_GRAVITY if t > step_t[0] else 0.0, 0.0, 0.0)
    bench.gyro = lambda t: (math.radians(280) if t > step_t[0] else 0.0, 0.0, 0.0)
    bench.configure(ctrl, ctrl)
    bench.wait(1.0)
    bench.output()
    period = (1024 >> (ctrl >> 4)) / 6667
    step_t[0] = bench.now()
    bench.io.t = bench.chip.taken_t + period + 0.0001
    share = bench.output()[axis] / (4000 if axis == 0 else 1 / 0.244e-3)
    return -math.log(1 - share) / (2 * math.pi * period)


def test_a_long_pause_costs_no_more_than_the_fifo_holds() -> None:
    for who_am_i in ALL:
        bench = Bench(who_am_i)
        bench.run_fifo()
        bench.asked = 0
        bench.wait(3600.0)
        bench.status()
        assert bench.asked <= 4096 // 3 + 2


@pytest.mark.parametrize(("who_am_i", "words"), [(0x6A, 2048), (0x69, 4096)])
def test_the_old_fifo_loses_words_and_tells_by_its_pattern(who_am_i: int, words: int) -> None:
    bench = Bench(who_am_i)
    bench.gyro = lambda _t: (math.radians(70), 0.0, 0.0)
    bench.run_fifo()
    bench.wait(0.035)
    count = bench.status()[0]
    assert count in (18, 24)
    assert bench.status(4) == bytes((count, 0x00, 0, 0))
    assert struct.unpack("<6h", bench.peek(0x3E, 12)) == (32767,) * 6  # the first sample is to be discarded
    assert struct.unpack("<6h", bench.peek(0x3E, 12)) == (1000, 0, 0, 0, 0, 4098)
    assert struct.unpack("<2h", bench.peek(0x3E, 4)) == (1000, 0)
    assert bench.status(4) == bytes((count - 14, 0x00, 2, 0))
    bench.peek(0x3E, 2 * (count - 14))
    assert bench.status(4) == bytes((0, 0x10, 0, 0))  # FIFO_EMPTY
    bench.wait(10.0)
    low, high, pattern, _ = bench.status(4)
    assert (low, high & 0x4F) == (0, 0x40)  # OVER_RUN, and the count says nothing
    assert pattern == (-words) % 6
    assert pattern != 0
    bench.io.read(0x3E, 2)
    low, high, _, _ = bench.status(4)
    assert (high & 0x0F) << 8 | low == words - 1
    assert not high & 0x40
    bench.io.write(0x0A, 0x00)
    bench.io.write(0x0A, 0x26)
    assert bench.status(4) == bytes((0, 0x10, 0, 0))


def test_the_tagged_fifo_names_its_entries_and_counts_samples() -> None:
    bench = Bench()
    bench.gyro = lambda _t: (math.radians(70), 0.0, 0.0)
    bench.run_fifo()
    bench.wait(0.06)
    entries, flags = bench.status()
    assert (entries % 2, flags) == (1, 0)
    seen = []
    for _ in range(entries):
        tag, *values = struct.unpack("<B3h", bench.peek(0x78, 7))
        assert tag.bit_count() % 2 == 0
        seen.append((tag >> 3, tag >> 1 & 3))
        if len(seen) not in (2, 3):  # the first whole sample is garbage
            assert values == ([1000, 0, 0] if tag >> 3 == 1 else [0, 0, 4098])
        else:
            assert values == [32767] * 3
    assert seen[:9] == [(2, 0), (1, 1), (2, 1), (1, 2), (2, 2), (1, 3), (2, 3), (1, 0), (2, 0)]
    assert bench.peek(0x78, 7) == bytes(7)


def test_an_entry_goes_with_its_last_byte() -> None:
    bench = Bench()
    bench.run_fifo()
    bench.wait(0.03)
    (entries, _) = bench.status()
    tag = bench.io.read(0x78, 1)
    assert bench.status()[0] == entries
    bench.io.read(0x79, 6)
    assert bench.status()[0] == entries - 1
    assert bench.io.read(0x78, 1) != tag


def test_the_tagged_fifos_overrun_is_latched_until_it_was_read() -> None:
    bench = Bench()
    bench.run_fifo()
    bench.wait(10.0)
    assert bench.status() == bytes((0x00, 0x60 | 0x08 | 0x02))
    assert bench.status() == bytes((0x00, 0x60 | 0x02))
    bench.io.read(0x78, 7)
    assert bench.status() == bytes((0xFF, 0x01))


def test_the_oscillator_is_what_the_chip_says() -> None:
    bench = Bench(freq_fine=-20)
    assert bench.io.read(0x63, 1)[0] == 256 - 21  # one less while it is off
    bench.run_fifo()
    bench.status()
    assert bench.io.read(0x63, 1)[0] == 256 - 20
    entries = 0
    for _ in range(80):
        bench.wait(0.05)
        count = bench.status()[0]
        bench.peek(0x78, 7 * count)
        entries += count
    assert entries / 2 / 4.0 == pytest.approx(6667 * 0.97 / 64, rel=0.01)


@pytest.mark.parametrize(("who_am_i", "less"), [(0x6A, 3), (0x6C, 1)])
def test_half_of_the_newest_sample_is_missing_only_when_torn(who_am_i: int, less: int) -> None:
    bench = Bench(who_am_i)
    bench.run_fifo()
    period = 64 / 6667
    bench.wait(0.1)
    bench.status()
    bench.io.t = bench.chip.taken_t + period + 0.0001
    whole = bench.status()[0]
    bench.chip.torn = True
    bench.io.t = bench.chip.taken_t + 0.0002
    assert bench.status()[0] == whole - less


def test_unplugged_and_power_cycled() -> None:
    for who_am_i in ALL:
        bench = Bench(who_am_i)
        bench.run_fifo()
        bench.chip.unplugged = True
        with pytest.raises(OSError, match="Remote I/O"):
            bench.status()
        bench.chip.unplugged = False
        bench.chip.power_cycle()
        assert bench.io.read(0x10, 2) == bytes(2)
        bench.wait(1.0)
        assert bench.status()[0] == 0


def test_temperature_has_another_scale_on_the_old_chip() -> None:
    for who_am_i, scale in ((0x69, 16), (0x6A, 256), (0x6C, 256)):
        bench = Bench(who_am_i)
        bench.chip.temperature_degc = 35.0
        bench.configure()
        assert struct.unpack("<h", bench.io.read(0x20, 2))[0] == 10 * scale


def test_noise_is_the_data_sheets_and_repeats_with_its_seed() -> None:
    runs = []
    for _ in range(2):
        bench = Bench(noise=1.0)
        bench.start()
        runs.append([frame[3] for frame in bench.run(10.0)])
    assert runs[0] == runs[1]
    spread = math.sqrt(sum(v * v for v in runs[0]) / len(runs[0]))
    assert spread == pytest.approx(130e-6 * math.sqrt(52 * math.pi / 2) / 0.244e-3, rel=0.15)


def test_the_specimens_know_every_variant() -> None:
    for driver, specimen in ((Lsm6ds3, lsm6ds3.SPECIMEN), (Lsm6dso, lsm6dso.SPECIMEN)):
        assert driver.ident is not None
        assert set(specimen.identities) == set(driver.ident.chips)
        assert not set(specimen.foreign) & set(driver.ident.chips)
