"""The BMI270's model, and its driver where only this chip can go wrong. Bosch's bytes are nowhere in here."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from sensors.chips.bmi270 import SPECIMEN, Bmi270Chip, made_up_configuration
from sensors.chips.model import Vector
from sensors.conformance import signal, wire
from sensors.conformance.bench import BenchIo, Trial, Wrong
from sensors.driver import STANDARD_GRAVITY, Channel, Gap, I2CIo, SensorFault
from sensors.imu import bmi270_blob
from sensors.imu.bmi270 import Bmi270
from sensors.imu.bosch_fifo import DROPPED, OUT_OF_STEP, OVERFLOW, split

CONFIGURATION = made_up_configuration()


class MadeUp(Bmi270):
    def configuration(self) -> bytes:
        return CONFIGURATION


class Bench:
    """A model with its own time, and motion that a test sets."""

    def __init__(self) -> None:
        self.accel: Vector = (0.0, 0.0, STANDARD_GRAVITY)
        self.gyro: Vector = (0.0, 0.0, 0.0)
        self.io = BenchIo(lambda data, count: self.chip.transfer(data, count))
        self.io.t = 0.0
        self.chip = Bmi270Chip(lambda: self.io.t, lambda _t: (self.accel, self.gyro), noise=0.0)
        self.io.sleep(0.2)

    def wake(self) -> None:
        self.io.write(0x7C, 0x00)
        self.io.sleep(0.001)

    def upload(self, data: bytes = CONFIGURATION, chunk: int = 32) -> int:
        """Send it, and return INTERNAL_STATUS."""
        self.wake()
        self.io.write(0x59, 0x00)
        for offset in range(0, len(data), chunk):
            self.io.write(0x5B, offset // 2 & 0x0F, offset // 2 >> 4)
            self.io.write(0x5E, *data[offset : offset + chunk])
        self.io.write(0x59, 0x01)
        self.io.sleep(0.15)
        return self.io.read(0x21, 1)[0]

    def run(self, *settings: int, sources: int = 0xD0) -> None:
        """Upload, set registers 0x40 and following, switch on, and wait for both sensors."""
        assert self.upload() == 1
        self.io.write(0x40, *(settings or (0xA8, 0x02, 0xE8, 0x08)))
        self.io.write(0x48, 0x00, sources)
        self.io.write(0x7D, 0x0E)
        self.io.sleep(0.06)
        self.io.write(0x7E, 0xB0)

    def count(self) -> int:
        return int.from_bytes(self.io.read(0x24, 2), "little")

    def started(self) -> MadeUp:
        driver = MadeUp()
        driver.start(self.io, 100, "BMI270")
        return driver


def samples(data: bytes | Gap) -> list[tuple[int, ...]]:
    assert isinstance(data, bytes)
    return list(struct.iter_unpack("<6h", data))


# --- the model


def test_reset_state() -> None:
    bench = Bench()
    assert bench.io.read(0x00, 1) == b"\x24"
    assert bench.io.read(0x7C, 1) == b"\x03"
    assert bench.io.read(0x21, 1) == b"\x00"
    assert bench.io.read(0x40, 4) == b"\xa8\x02\xa9\x00"


def test_asleep_it_takes_no_settings() -> None:
    bench = Bench()
    bench.io.write(0x43, 0x03)
    assert bench.io.read(0x43, 1) == b"\x00"
    bench.io.write(0x7C, 0x00)
    bench.io.write(0x43, 0x03)  # within the 450 us
    assert bench.io.read(0x43, 1) == b"\x00"
    bench.io.sleep(0.001)
    bench.io.write(0x43, 0x03)
    assert bench.io.read(0x43, 1) == b"\x03"


@pytest.mark.parametrize("chunk", [2, 32, 256, 8192])
def test_a_whole_configuration_is_taken_however_it_is_cut(chunk: int) -> None:
    bench = Bench()
    assert bench.upload(chunk=chunk) == 1
    assert bench.chip.configuration == CONFIGURATION


@pytest.mark.parametrize("size", [0, 32, 8160])
def test_a_configuration_that_is_cut_short_is_refused(size: int) -> None:
    assert Bench().upload(CONFIGURATION[:size]) == 2


def test_single_bytes_and_skipped_addresses_are_refused() -> None:
    assert Bench().upload(chunk=1) == 2
    bench = Bench()
    bench.wake()
    bench.io.write(0x59, 0x00)
    for offset in range(0, 8192, 32):  # the address counted in bytes, not in words
        bench.io.write(0x5B, offset & 0x0F, offset >> 4 & 0xFF)
        bench.io.write(0x5E, *CONFIGURATION[offset : offset + 32])
    bench.io.write(0x59, 0x01)
    bench.io.sleep(0.15)
    assert bench.io.read(0x21, 1) == b"\x02"


def test_without_a_configuration_nothing_moves() -> None:
    bench = Bench()
    bench.wake()
    bench.io.write(0x48, 0x00, 0xD0)
    bench.io.write(0x7D, 0x0E)
    bench.io.sleep(1.0)
    assert bench.count() == 0
    assert bench.io.read(0x0C, 12) == bytes(12)


def test_the_configuration_is_gone_after_a_reset() -> None:
    bench = Bench()
    bench.run()
    bench.io.write(0x7E, 0xB6)
    bench.io.sleep(0.2)
    assert bench.io.read(0x21, 1) == b"\x00"
    assert bench.io.read(0x7C, 1) == b"\x03"


def test_data_registers_have_the_accelerometer_first_and_the_fifo_has_it_last() -> None:
    bench = Bench()
    bench.gyro = (0.0, math.radians(100), 0.0)
    bench.run()
    bench.io.sleep(0.5)
    accel_z, gyro_y = 4096, round(100 * 32768 / 2000)
    assert struct.unpack("<6h", bench.io.read(0x0C, 12)) == (0, 0, accel_z, 0, gyro_y, 0)
    bench.io.write(0x7E, 0xB0)
    bench.io.sleep(0.0101)
    frame = bench.io.read(0x26, 13)
    assert frame[0] == 0x8C
    assert struct.unpack("<6h", frame[1:]) == (0, gyro_y, 0, 0, 0, accel_z)


def test_the_rate_about_z_leaks_into_x_as_gyr_cas_says() -> None:
    bench = Bench()
    bench.gyro = (0.0, 0.0, math.radians(500))
    bench.run()
    bench.io.sleep(0.5)
    x, _, z = struct.unpack("<3h", bench.io.read(0x12, 6))
    assert bench.io.read(0x3C, 1)[0] == 40
    assert x == pytest.approx(40 * z / 512, abs=1)
    bench.chip.cross_axis = -3
    assert bench.io.read(0x3C, 1)[0] == 0x7D


@pytest.mark.parametrize(("acc_range", "g"), [(0, 2), (1, 4), (2, 8), (3, 16)])
def test_ranges_scale_and_clip(acc_range: int, g: int) -> None:
    bench = Bench()
    bench.accel = (3 * STANDARD_GRAVITY, 0.0, 0.0)
    bench.run(0xA8, acc_range, 0xE8, 0x00)
    bench.io.sleep(0.5)
    assert struct.unpack("<h", bench.io.read(0x0C, 2))[0] == min(32767, 3 * 32768 // g)


@pytest.mark.parametrize(("odr", "expected"), [(0x07, 50), (0x08, 100), (0x09, 200)])
def test_the_rate_is_that_of_the_registers(odr: int, expected: int) -> None:
    bench = Bench()
    bench.run(0xA0 | odr, 0x02, 0xE0 | odr, 0x00)
    begins = bench.io.t
    frames = 0
    for _ in range(80):
        bench.io.sleep(0.05)
        count = bench.count()
        frames += count // 13
        bench.io.read(0x26, count)
    assert frames == pytest.approx((bench.io.t - begins) * expected, abs=2)


def test_two_rates_give_frames_of_one_sensor() -> None:
    bench = Bench()
    bench.run(0xA8, 0x02, 0xE9, 0x00)  # accelerometer 100 Hz, gyroscope 200 Hz
    bench.io.sleep(0.1)
    headers = [bench.io.read(0x26, size)[0] for size in (13, 7, 13, 7)]
    assert sorted(headers) == [0x88, 0x88, 0x8C, 0x8C]


def test_a_frame_read_in_part_comes_again() -> None:
    bench = Bench()
    bench.run()
    bench.io.sleep(0.1)
    count = bench.count()
    first = bench.io.read(0x26, 5)
    assert bench.count() == count
    assert bench.io.read(0x26, 13)[:5] == first
    assert bench.count() == count - 13


def test_an_empty_fifo_sends_0x80() -> None:
    bench = Bench()
    bench.run()
    assert bench.io.read(0x26, 4) == b"\x80" * 4


def test_an_overflow_shows_as_a_skip_frame_that_is_not_in_the_count() -> None:
    bench = Bench()
    bench.run()
    bench.io.sleep(2.0)
    assert bench.count() == 2048 // 13 * 13
    data = bench.io.read(0x26, 2 + 13)
    assert data[0] == 0x40
    assert 40 <= data[1] <= 45  # 200 samples, 157 of them still there
    assert data[2] == 0x8C
    assert bench.io.read(0x26, 1)[0] == 0x8C


def test_stop_on_full_keeps_the_oldest() -> None:
    bench = Bench()
    bench.run()
    bench.io.write(0x48, 0x01)
    bench.io.sleep(0.5)
    bench.count()  # the model takes its samples when it is spoken to
    bench.gyro = (1.0, 0.0, 0.0)
    bench.io.sleep(5.0)
    data = bench.io.read(0x26, 15)
    assert data[0] == 0x40
    assert struct.unpack("<h", data[3:5]) == (0,)


def test_a_changed_setting_leaves_its_mark_in_the_fifo() -> None:
    bench = Bench()
    bench.run()
    bench.io.write(0x41, 0x03)
    assert bench.io.read(0x26, 5)[0] == 0x48


def test_a_long_pause_costs_no_more_than_the_fifo_holds() -> None:
    bench = Bench()
    bench.run()
    bench.io.sleep(3600.0)
    assert bench.count() <= 2048


# --- the FIFO's frames

SAMPLE = bytes(range(12))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", (b"", 0, "")),
        (b"\x8c" + SAMPLE, (SAMPLE, 13, "")),
        (b"\x8f" + SAMPLE, (SAMPLE, 13, "")),  # both interrupt pins were high
        (b"\x8c" + SAMPLE + b"\x8c" + SAMPLE[:5], (SAMPLE, 13, "")),
        (b"\x84" + SAMPLE[:6] + b"\x8c" + SAMPLE, (SAMPLE, 20, "")),
        (b"\x88" + SAMPLE[:6] + b"\x44\x01\x02\x03" + b"\x8c" + SAMPLE, (SAMPLE, 24, "")),
        (b"\x48\x01\x02\x03\x04" + b"\x8c" + SAMPLE, (SAMPLE, 18, "")),
        (b"\x40\x07" + b"\x8c" + SAMPLE, (b"", 0, OVERFLOW)),
        (b"\x8c" + SAMPLE + b"\x50\x01", (SAMPLE, 13, DROPPED)),
        (b"\x80\x80", (b"", 0, OUT_OF_STEP)),
        (b"\x13\x8c", (b"", 0, OUT_OF_STEP)),
    ],
)
def test_split(data: bytes, expected: tuple[bytes, int, str]) -> None:
    assert split(data, 4) == expected


# --- the driver


def test_start_and_read() -> None:
    bench = Bench()
    driver = bench.started()
    assert bench.chip.configuration == CONFIGURATION
    bench.io.sleep(0.1)
    got = samples(driver.read(bench.io))
    assert len(got) in (9, 10, 11)
    assert set(got) == {(0, 0, 0, 0, 0, 4096)}


@pytest.mark.parametrize(("bus_hz", "limit_s"), [(62_500, 1.8), (250_000, 0.7)])
def test_start_on_a_slow_bus(bus_hz: float, limit_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensors.conformance.bench.BUS_HZ", bus_hz)
    bench = Bench()
    before = bench.io.t
    bench.started()
    assert bench.io.t - before < limit_s


def test_what_was_left_over_of_the_leak_is_less_than_a_thousandth() -> None:
    for cross_axis in (40, -40, 63, -64):
        bench = Bench()
        bench.chip.cross_axis = cross_axis
        bench.gyro = (0.0, 0.0, math.radians(500))
        driver = bench.started()
        bench.io.sleep(0.5)
        x, _, z, *_ = samples(driver.read(bench.io))[-1]
        assert abs(x) <= z / 1000


def test_a_clipped_rate_is_left_at_the_rail() -> None:
    bench = Bench()
    bench.gyro = (math.radians(2500), 0.0, math.radians(1000))
    driver = bench.started()
    bench.io.sleep(0.5)
    assert samples(driver.read(bench.io))[-1][0] == 32767


def test_long_queues_are_read_in_several_transfers() -> None:
    bench = Bench()
    driver = bench.started()
    bench.io.sleep(1.0)
    mark = len(bench.io.log)
    assert len(samples(driver.read(bench.io))) in (99, 100, 101)
    assert max(transfer.read_count for transfer in bench.io.log[mark:]) <= 252


def test_a_configuration_the_chip_refuses_is_a_fault_that_says_so() -> None:
    class Damaged(Bmi270):
        def configuration(self) -> bytes:
            return CONFIGURATION[:-32]

    with pytest.raises(SensorFault, match=r"INTERNAL_STATUS 0x02: init_err") as caught:
        Damaged().start(Bench().io, 100, "BMI270")
    assert "wires" in caught.value.hint


def test_settings_that_are_not_kept_are_a_fault() -> None:
    class Forgetful(Bmi270Chip):
        def _store(self, register: int, value: int) -> None:
            if register != 0x43:
                super()._store(register, value)

    bench = Bench()
    bench.chip = Forgetful(lambda: bench.io.t, lambda _t: (bench.accel, bench.gyro))
    with pytest.raises(SensorFault, match="did not keep its configuration"):
        bench.started()


# --- where the configuration comes from


def source(values: bytes, name: str = "bmi270_config_file[]") -> str:
    numbers = ",\n".join(", ".join(f"0x{v:02x}" for v in values[i : i + 16]) for i in range(0, len(values), 16))
    return f"/* bmi270_config_file = {{ 1 }}; */\n#include <x.h>\nconst uint8_t {name} = {{\n{numbers}\n}};\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on it but this home folder."""
    monkeypatch.setattr(bmi270_blob, "KERNEL_COPY", tmp_path / "no-such.fw")
    monkeypatch.setattr(bmi270_blob, "PACKAGES", ())
    monkeypatch.setattr(bmi270_blob, "SYSTEM_DIR", tmp_path / "etc")
    folder = tmp_path / ".config" / "slowroll"
    folder.mkdir(parents=True)
    return tmp_path


def test_nowhere_to_be_found_says_what_to_get(home: Path) -> None:
    with pytest.raises(SensorFault, match="not on this machine") as caught:
        bmi270_blob.load({"HOME": str(home)})
    assert "BMI270_SensorAPI" in caught.value.hint
    assert "~/.config/slowroll" in caught.value.hint


def test_a_folder_that_can_t_be_looked_into_is_passed_by(home: Path) -> None:
    (home / "etc").mkdir()
    (home / "etc" / "bmi270_config.bin").write_bytes(CONFIGURATION)
    assert bmi270_blob.load({"XDG_CONFIG_HOME": f"/{'x' * 5000}"}) == CONFIGURATION


@pytest.mark.parametrize("xdg", [False, True])
def test_the_owners_file_of_bytes_or_of_source(home: Path, xdg: bool) -> None:
    environ = {"XDG_CONFIG_HOME": str(home / ".config")} if xdg else {"HOME": str(home)}
    folder = home / ".config" / "slowroll"
    (folder / "bmi270.c").write_text(source(CONFIGURATION))
    assert bmi270_blob.load(environ) == CONFIGURATION
    other = bytes(reversed(CONFIGURATION))
    (folder / "bmi270_config.bin").write_bytes(other)
    assert bmi270_blob.load(environ) == other


def test_the_machines_file_and_the_kernels(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = home / "kernel.fw"
    kernel.write_bytes(CONFIGURATION)
    monkeypatch.setattr(bmi270_blob, "KERNEL_COPY", kernel)
    assert bmi270_blob.load({"HOME": str(home)}) == CONFIGURATION
    (home / "etc").mkdir()
    (home / "etc" / "bmi270.c").write_text(source(bytes(8192)))
    assert bmi270_blob.load({"HOME": str(home)}) == bytes(8192)


def test_an_installed_package_is_read_and_not_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = home / "site" / "made_up_bmi"
    (home / "site" / "made_up_bmi-1.0.dist-info").mkdir(parents=True)
    (home / "site" / "made_up_bmi-1.0.dist-info" / "METADATA").write_text("Name: made-up-bmi\nVersion: 1.0\n")
    package.mkdir()
    numbers = ", ".join(map(str, CONFIGURATION))
    (package / "config_file.py").write_text(f"raise SystemExit\nbmi270_config_file = [\n    {numbers}]\n")
    monkeypatch.syspath_prepend(str(home / "site"))
    monkeypatch.setattr(bmi270_blob, "PACKAGES", (("made-up-bmi", "made_up_bmi/config_file.py"), ("none", "x")))
    assert bmi270_blob.load({"HOME": str(home)}) == CONFIGURATION


def test_a_named_file_is_the_only_one_looked_at(home: Path) -> None:
    (home / ".config" / "slowroll" / "bmi270_config.bin").write_bytes(CONFIGURATION)
    environ = {"HOME": str(home), "SLOWROLL_BMI270_CONFIG": str(home / "missing.bin")}
    with pytest.raises(SensorFault, match=r"missing\.bin \(\$SLOWROLL_BMI270_CONFIG\) can't be read"):
        bmi270_blob.load(environ)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it has 0 bytes, not 8192"),
        (CONFIGURATION[:8000], "it has 8000 bytes, not 8192"),
        (source(CONFIGURATION[:100]).encode(), "must hold 8192 bytes; it has 100 numbers"),
        (source(CONFIGURATION, "bmi270_context_config_file[]").encode(), "no array bmi270_config_file"),
        (source(CONFIGURATION).replace("0x5b", "0x15b").encode(), "the largest 347"),
    ],
)
def test_a_file_that_is_something_else(home: Path, content: bytes, says: str) -> None:
    path = home / ".config" / "slowroll" / "bmi270_config.bin"
    path.write_bytes(content)
    with pytest.raises(SensorFault) as caught:
        bmi270_blob.load({"HOME": str(home)})
    assert says in caught.value.what
    assert str(path) in caught.value.what
    assert caught.value.hint


# --- the kit on this chip


def trial_of(driver: type[Bmi270]) -> Callable[[], Trial]:
    return lambda: Trial(driver, SPECIMEN, 0x24)


class LargeChunks(Bmi270):
    def _upload(self, io: I2CIo, configuration: bytes) -> None:
        super()._upload(Cut(io, 256), configuration)


class SingleBytes(Bmi270):
    def _upload(self, io: I2CIo, configuration: bytes) -> None:
        super()._upload(Cut(io, 1), configuration)


class Cut:
    """An io that cuts the upload into other pieces."""

    def __init__(self, io: I2CIo, chunk: int) -> None:
        self._io = io
        self._chunk = chunk
        self._kept = bytearray()
        self._offset = 0

    def read(self, register: int, count: int) -> bytes:
        return self._io.read(register, count)

    def sleep(self, seconds: float) -> None:
        self._io.sleep(seconds)

    def transfer(self, data: bytes, count: int) -> bytes:
        return self._io.transfer(data, count)

    def write(self, register: int, *values: int) -> None:
        if register == 0x5E:
            self._kept += bytes(values)
            while len(self._kept) >= self._chunk:
                self._io.write(0x5B, self._offset // 2 & 0x0F, self._offset // 2 >> 4)
                self._io.write(0x5E, *self._kept[: self._chunk])
                self._offset += self._chunk
                del self._kept[: self._chunk]
        elif register != 0x5B:
            self._io.write(register, *values)


class LeavesTheLeak(Bmi270):
    def _without_leak(self, samples: bytearray) -> bytes:
        return bytes(samples)


class AccelerometerFirst(Bmi270):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        gyro_x, gyro_y, gyro_z, *accel = super().channels(chip)
        return (*accel, gyro_x, gyro_y, gyro_z)


class StaysInPowerSave(Bmi270):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        told = super().start(io, rate, chip)
        io.write(0x7D, 0x00)
        return told


class IgnoresTheSkipFrame(Bmi270):
    def read(self, io: I2CIo) -> bytes | Gap:
        got = super().read(io)
        return b"" if isinstance(got, Gap) else got


def test_the_upload_may_be_cut_into_other_pieces() -> None:
    wire.start_transcript(trial_of(LargeChunks))
    wire.starts_at_each_rate(trial_of(LargeChunks))


@pytest.mark.parametrize(
    ("driver", "check", "says"),
    [
        (LeavesTheLeak, signal.rotation_axes, "gyro_x is"),
        (AccelerometerFirst, wire.whole_frames, "accel"),
        (StaysInPowerSave, wire.starts_at_each_rate, "no sample comes"),
        (IgnoresTheSkipFrame, wire.overflow_is_a_gap, "instead of a Gap"),
    ],
)
def test_a_mistake_is_found(driver: type[Bmi270], check: Callable[[wire.NewTrial], None], says: str) -> None:
    with pytest.raises(Wrong, match=says):
        check(trial_of(driver))


def test_an_upload_byte_by_byte_is_refused_by_the_chip() -> None:
    trial = trial_of(SingleBytes)()
    with pytest.raises(SensorFault, match="did not accept"):
        trial.driver.start(trial.io, 100, "BMI270")


def test_a_driver_is_outfitted_on_the_bench_only() -> None:
    trial = trial_of(Bmi270)()
    assert type(trial.driver).__name__ == "Bmi270"
    assert trial.driver.configuration() == CONFIGURATION  # type: ignore[attr-defined]
    assert "configuration" in vars(Bmi270)
    assert Bmi270.configuration is not type(trial.driver).configuration  # type: ignore[attr-defined]


def test_errors_are_tried_at_every_kind_of_transfer_and_not_at_every_one() -> None:
    trial = trial_of(Bmi270)()
    trial.start()
    places = wire._unlike(trial.io.log)
    assert len(places) < 30 < len(trial.io.log)
    kinds = {(log.written[:1], len(log.written), log.read_count) for log in trial.io.log}
    broken = [trial.io.log[index] for index in places]
    assert {(log.written[:1], len(log.written), log.read_count) for log in broken} == kinds
