"""The ICM-42688-P: its model answers as the data sheet says, and the driver passes on only what was measured."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

import pytest

from sensors.chips.icm42688 import SPECIMEN, Icm42688Chip
from sensors.chips.model import Vector
from sensors.conformance.bench import BenchIo
from sensors.driver import STANDARD_GRAVITY, Gap, SensorFault
from sensors.imu.icm42688 import Icm42688
from sensors.probe import probe

LEVEL: Vector = (0.0, 0.0, STANDARD_GRAVITY)


class Bench:
    """A chip on a bus whose time passes as on a 400 kHz bus, and motion that a test sets."""

    def __init__(self, *, who_am_i: int = 0x47, noise: float = 0.0, odr_error: float = 0.0) -> None:
        self.accel: Callable[[float], Vector] = lambda _t: LEVEL
        self.gyro: Callable[[float], Vector] = lambda _t: (0.0, 0.0, 0.0)
        self.asked = 0
        self.io = BenchIo(lambda data, count: self.chip.transfer(data, count))
        self.chip = Icm42688Chip(
            lambda: self.io.t, self._imu, who_am_i=who_am_i, noise=noise, odr_error=odr_error, oversample=1
        )
        self.io.sleep(0.2)

    def _imu(self, t: float) -> tuple[Vector, Vector]:
        self.asked += 1
        return self.accel(t), self.gyro(t)

    def run_fifo(self, *, interface: int = 0x70, odr: int = 0x08, filters: int = 0x44, sources: int = 0x07) -> None:
        """All registers set, sensors on and up, FIFO flushed, first count read."""
        for register, value in (
            (0x4C, interface),
            (0x4F, odr),
            (0x50, 0x20 | odr),
            (0x52, filters),
            (0x65, 0x02),
            (0x5F, sources),
            (0x16, 0x40),
            (0x4E, 0x0F),
        ):
            self.io.write(register, value)
        self.io.sleep(0.1)
        self.io.write(0x4B, 0x02)
        self.io.read(0x2D, 3)

    def count(self) -> int:
        return int.from_bytes(self.io.read(0x2E, 2), "big")

    def packet(self) -> tuple[int, ...]:
        return struct.unpack(">B6hbH", self.io.read(0x30, 16))


def test_reset_state_and_identity() -> None:
    bench = Bench()
    assert bench.io.read(0x75, 1) == b"\x47"
    assert bench.io.read(0x2D, 1) == b"\x10"  # RESET_DONE_INT, cleared by reading
    assert bench.io.read(0x2D, 1) == b"\x00"
    assert bench.io.read(0x4C, 1) == b"\x30"
    assert bench.io.read(0x4E, 3) == b"\x00\x06\x06"
    assert bench.io.read(0x1D, 14) == b"\x80\x00" * 7
    bench.io.sleep(1.0)
    assert bench.count() == 0
    assert bench.asked == 0  # off it samples nothing


def test_a_reset_takes_a_millisecond() -> None:
    bench = Bench()
    bench.io.write(0x4F, 0x08)
    bench.io.write(0x11, 0x01)
    bench.io.write(0x4F, 0x08)
    assert bench.io.read(0x4F, 1) == b"\x06"
    bench.io.sleep(0.001)
    bench.io.write(0x4F, 0x08)
    assert bench.io.read(0x4F, 1) == b"\x08"


def test_a_write_within_200_us_of_the_start_is_lost() -> None:
    bench = Bench()
    bench.io.write(0x4E, 0x0F)
    bench.io.write(0x4F, 0x08)
    assert bench.io.read(0x4F, 1) == b"\x06"
    bench.io.sleep(200e-6)
    bench.io.write(0x4F, 0x08)
    assert bench.io.read(0x4F, 1) == b"\x08"


def test_filter_and_fifo_cant_be_set_while_the_sensors_run() -> None:
    bench = Bench()
    bench.run_fifo()
    for register in (0x16, 0x4C, 0x52, 0x5F):
        before = bench.io.read(register, 1)
        bench.io.write(register, before[0] ^ 0x40)
        assert bench.io.read(register, 1) == before


def test_another_bank_hides_the_identity() -> None:
    bench = Bench()
    bench.io.write(0x76, 0x01)
    assert bench.io.read(0x75, 2) == b"\x00\x01"
    bench.io.write(0x76, 0x00)
    assert bench.io.read(0x75, 1) == b"\x47"


def test_a_packet_is_header_accel_gyro_temperature_time() -> None:
    bench = Bench()
    bench.gyro = lambda _t: (0.0, math.radians(100), 0.0)
    bench.chip.temperature_degc = 30.0
    bench.run_fifo()
    bench.io.sleep(0.1)
    assert bench.packet()[:8] == (0x68, 0, 0, 4096, 0, 1640, 0, round(5 * 2.07))


def test_packets_of_one_sensor_are_half_as_long() -> None:
    bench = Bench()
    bench.run_fifo(interface=0x30, sources=0x01)
    bench.io.sleep(0.1)
    assert bench.count() % 8 == 0
    assert bench.io.read(0x30, 8) == struct.pack(">B3hb", 0x40, 0, 0, 4096, 0)


def test_the_byte_order_of_data_and_count_is_a_setting_each() -> None:
    bench = Bench()
    bench.run_fifo(interface=0x40)
    bench.io.sleep(0.1)
    assert bench.io.read(0x2E, 2)[::-1] == bytes((0, 10))
    assert struct.unpack("<B6hbH", bench.io.read(0x30, 16))[3] == 4096


@pytest.mark.parametrize(
    ("odr", "odr_error", "expected"), [(8, 0.0, 1000), (7, 0.0, 2000), (9, 0.0, 500), (8, 0.01, 1010)]
)
def test_odr_and_oscillator_set_the_rate(odr: int, odr_error: float, expected: int) -> None:
    bench = Bench(odr_error=odr_error)
    bench.run_fifo(odr=odr)
    begin, packets = bench.io.t, 0
    while bench.io.t < begin + 10.0:
        bench.io.sleep(0.02)
        waiting = bench.count()
        packets += waiting
        bench.io.read(0x30, 16 * waiting)
    assert packets == pytest.approx(expected, abs=6)


def test_ranges_scale_and_clip_above_the_mark_of_an_invalid_sample() -> None:
    bench = Bench()
    bench.run_fifo(odr=0x68)  # +-250 deg/s
    bench.gyro = lambda _t: (math.radians(300), math.radians(-300), math.radians(100))
    bench.io.sleep(1.0)
    bench.io.write(0x4B, 0x02)
    bench.io.sleep(0.1)
    assert bench.packet()[4:7] == (32767, -32766, 13120)


@pytest.mark.parametrize(("choice", "corner_hz"), [(4, 100.0), (5, 62.5), (7, 25.0)])
def test_the_low_pass_has_its_corner(choice: int, corner_hz: float) -> None:
    """At 1 kHz the bandwidth is 1 kHz / 10, 16 or 40; 63 % of a step takes 1 / (2 pi corner) seconds."""
    bench = Bench()
    bench.run_fifo(odr=0x06, filters=choice << 4 | choice)
    step_t = bench.io.t
    bench.gyro = lambda t: (1.0 if t > step_t else 0.0, 0.0, 0.0)
    while struct.unpack(">h", bench.io.read(0x25, 2))[0] < 0.632 * math.degrees(1.0) * 16.4:
        bench.io.sleep(0.0002)
        assert bench.io.t < step_t + 1.0
    assert bench.io.t - step_t == pytest.approx(1 / (2 * math.pi * corner_hz), abs=0.0015)


def test_until_the_sensors_are_up_their_samples_are_invalid() -> None:
    bench = Bench()
    bench.io.write(0x5F, 0x07)
    bench.io.write(0x16, 0x40)
    bench.io.write(0x4F, 0x08, 0x28)
    bench.io.write(0x4E, 0x0F)
    bench.io.sleep(0.075)
    marks = [bench.packet()[3:5] for _ in range(7)]
    assert marks[0] == (-32768, -32768)
    assert (4096, -32768) in marks
    assert marks[-1] == (4096, 0)


def test_overflow_pushes_out_the_oldest_whole_packets() -> None:
    bench = Bench()
    bench.gyro = lambda t: (t, 0.0, 0.0)
    bench.run_fifo()
    bench.io.sleep(3.0)
    status = bench.io.read(0x2D, 1)[0]
    assert status & 0x02
    assert bench.io.read(0x2D, 1)[0] & 0x02 == 0  # reading clears it
    assert bench.count() == 128
    ages = []
    for _ in range(128):
        packet = bench.packet()
        assert packet[0] == 0x68
        ages.append(bench.io.t - packet[4] / (math.degrees(1.0) * 16.4))
    assert ages[0] == pytest.approx(1.28, abs=0.05)


def test_a_long_pause_costs_no_more_than_the_fifo_holds() -> None:
    bench = Bench()
    bench.run_fifo()
    bench.io.sleep(3600.0)
    bench.asked = 0
    assert bench.count() == 128
    assert bench.asked < 600


def test_the_first_count_after_a_flush_is_zero() -> None:
    bench = Bench()
    bench.run_fifo()
    bench.io.write(0x4B, 0x02)
    bench.io.sleep(0.1)
    assert bench.count() == 0
    assert bench.count() == 10


def test_an_unfinished_packet_stays_and_an_empty_fifo_says_so() -> None:
    bench = Bench()
    bench.run_fifo()
    bench.io.sleep(0.021)
    assert bench.count() == 2
    bench.io.read(0x30, 5)
    assert bench.count() == 2
    data = bench.io.read(0x30, 48)
    assert data[0] == data[16] == 0x68
    assert data[32] & 0x80


def test_noise_is_the_data_sheets_and_repeats_with_its_seed() -> None:
    runs = []
    for _ in range(2):
        bench = Bench(noise=1.0)
        bench.run_fifo()
        values = []
        for _ in range(1000):
            bench.io.sleep(0.01)
            values.append(struct.unpack(">h", bench.io.read(0x1F, 2))[0])
        runs.append(values)
    assert runs[0] == runs[1]
    spread = math.sqrt(sum(v * v for v in runs[0]) / len(runs[0]))
    assert spread == pytest.approx(70e-6 * math.sqrt(40 * math.pi / 2) * 4096, rel=0.15)


# --- the driver on it


def running(bench: Bench, rate: float = 100) -> Icm42688:
    driver = Icm42688()
    driver.start(bench.io, rate, "ICM-42688-P")
    return driver


@pytest.mark.parametrize("chip", sorted(SPECIMEN.identities))
def test_the_first_read_has_the_samples_since_start(chip: int) -> None:
    bench = Bench(who_am_i=chip)
    driver = running(bench)
    bench.io.sleep(0.1)
    assert driver.read(bench.io) == 10 * struct.pack(">6hb", 0, 0, 4096, 0, 0, 0, 0)


def test_a_transfer_is_at_most_252_bytes_however_much_waits() -> None:
    bench = Bench()
    driver = running(bench)
    bench.io.sleep(1.2)
    got = driver.read(bench.io)
    assert isinstance(got, bytes)
    assert len(got) // 13 == pytest.approx(120, abs=1)
    assert max(transfer.read_count for transfer in bench.io.log) <= 252


def test_an_overflow_is_found_without_its_flag() -> None:
    """A read whose status was lost with a missing acknowledge has cleared the flag for the next one."""
    bench = Bench()
    driver = running(bench)
    bench.io.sleep(5.0)
    bench.io.read(0x2D, 1)
    assert driver.read(bench.io) == Gap("fifo overflow")
    bench.io.sleep(0.1)
    assert len(driver.read(bench.io)) == 10 * 13


def test_a_change_of_rate_in_the_header_is_no_fault() -> None:
    """HEADER_ODR_ACCEL and HEADER_ODR_GYRO are set on some chips' first packet after a start."""
    bench = Bench()
    driver = running(bench)
    bench.io.sleep(0.05)
    answer = bench.chip.transfer

    def marked(data: bytes, count: int) -> bytes:
        got = answer(data, count)
        return bytes((got[0] | 0x03,)) + got[1:] if data == b"\x30" else got

    assert len(driver.read(BenchIo(marked))) == 5 * 13


def test_packets_out_of_step_are_a_gap_and_the_next_are_whole() -> None:
    bench = Bench()
    driver = running(bench)
    bench.io.sleep(0.1)
    bench.chip.shifted = 3
    assert driver.read(bench.io) == Gap("fifo out of step")
    bench.io.sleep(0.1)
    assert driver.read(bench.io) == 10 * struct.pack(">6hb", 0, 0, 4096, 0, 0, 0, 0)


def test_a_gyroscope_without_samples_is_silence_not_full_scale() -> None:
    bench = Bench()
    driver = running(bench)
    bench.chip.gyro_invalid = True
    bench.io.sleep(0.05)
    driver.read(bench.io)
    for _ in range(20):
        bench.io.sleep(0.05)
        assert driver.read(bench.io) == b""


@pytest.mark.parametrize("lost", ["first", "last"])
def test_samples_lost_in_mid_stream_are_a_gap(lost: str) -> None:
    bench = Bench()
    driver = running(bench)
    for invalid in (lost == "first", lost == "last"):
        bench.chip.gyro_invalid = invalid
        bench.io.sleep(0.05)
        bench.count()  # the chip takes its samples when it is spoken to
    assert driver.read(bench.io) == Gap("invalid sample")
    bench.chip.gyro_invalid = False
    bench.io.sleep(0.05)
    assert len(driver.read(bench.io)) == 5 * 13


def test_a_configuration_that_was_not_kept_is_a_fault_with_a_hint() -> None:
    bench = Bench()
    answer = bench.chip.transfer
    io = BenchIo(lambda data, count: b"" if data[:1] == b"\x52" and not count else answer(data, count))
    with pytest.raises(SensorFault, match="did not keep") as caught:
        Icm42688().start(io, 100, "ICM-42688-P")
    assert "VCC" in caught.value.hint


def test_a_chip_that_lost_its_power_goes_silent() -> None:
    bench = Bench()
    driver = running(bench)
    bench.io.sleep(0.05)
    assert driver.read(bench.io)
    bench.chip.power_cycle()
    for _ in range(20):
        bench.io.sleep(0.05)
        assert driver.read(bench.io) == b""


def test_a_chip_that_another_program_left_in_another_bank_is_told_apart_by_reading() -> None:
    bench = Bench()
    bench.io.write(0x76, 0x02)
    with pytest.raises(SensorFault, match="another bank") as caught:
        probe(bench.io, Icm42688())
    assert "take its power away" in caught.value.hint
    assert bench.io.writes() == [(0x76, 0x02)]


@pytest.mark.parametrize("degc", [0.0, 40.0])
def test_temperature(degc: float) -> None:
    bench = Bench()
    bench.chip.temperature_degc = degc
    driver = running(bench)
    bench.io.sleep(0.015)
    got = driver.read(bench.io)
    assert isinstance(got, bytes)
    (raw,) = struct.unpack(">12xb", got)
    temperature = driver.channels("ICM-42688-P")[6]
    assert raw * temperature.scale + temperature.offset == pytest.approx(degc, abs=0.3)


@pytest.mark.parametrize(("who_am_i", "says"), [(0x44, "ICM-42686"), (0x67, "ICM-42670"), (0x69, "defective")])
def test_a_relative_is_named_and_not_driven(who_am_i: int, says: str) -> None:
    with pytest.raises(SensorFault) as caught:
        probe(Bench(who_am_i=who_am_i).io, Icm42688())
    assert says in caught.value.hint
