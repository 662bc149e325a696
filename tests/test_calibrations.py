"""The state file: what was found, by sensor; old versions are read, and a power cut leaves one of two whole files."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from firmware_host import calibrations
from firmware_host.calibrations import CalibrationsError, Done, described, keep, load, merged, sensors
from firmware_host.coaching.inputs import Calibration

GYRO = Done(
    calibration=Calibration(gyro_bias=(0.01, -0.02, 0.0)), at="2026-08-01T10:00:00.000Z", residual=0.0002, unit="rad/s"
)
FORCE = Done(
    calibration=Calibration(zero=101_000.0, points=((4000.0, 50.0), (16_000.0, 200.0))),
    at="2026-08-02T10:00:00.000Z",
    residual=3.0,
    unit="N",
    raw=((5.1, 4000.0, 20.0), (20.4, 16_000.0, 90.0)),
)


def test_nothing_was_calibrated_yet(tmp_path: Path) -> None:
    assert load(tmp_path) == {}
    assert described(tmp_path) == ()


def test_what_was_found_is_kept_by_sensor_and_read_by_tool(tmp_path: Path) -> None:
    keep(tmp_path, "roller", "gyro", GYRO, "mpu6050")
    keep(tmp_path, "roller", "force", FORCE, "mprls")
    keep(tmp_path, "stick", "gyro", GYRO, None)
    known = sensors(tmp_path)
    assert set(known) == {"roller imu", "roller force", "stick imu"}
    assert known["roller force"].done["force"] == FORCE
    assert load(tmp_path)["roller"] == Calibration(
        gyro_bias=(0.01, -0.02, 0.0), zero=101_000.0, points=((4000.0, 50.0), (16_000.0, 200.0))
    )
    again = structs.replace(GYRO, calibration=Calibration(gyro_bias=(0.0, 0.0, 0.1)))
    keep(tmp_path, "roller", "gyro", again, "mpu6050")
    assert load(tmp_path)["roller"].gyro_bias == (0.0, 0.0, 0.1)
    assert load(tmp_path)["roller"].points, "the rest stays"


def test_another_chip_takes_nothing_over(tmp_path: Path) -> None:
    keep(tmp_path, "roller", "gyro", GYRO, "mpu6050")
    keep(tmp_path, "roller", "force", FORCE, "mprls")
    now = {"roller imu": "icm20948", "roller force": "mprls"}
    assert load(tmp_path, now)["roller"] == FORCE.calibration
    assert load(tmp_path, {"roller imu": "mpu6050"})["roller"].gyro_bias is not None
    unused = {one.device: one.words.partition("; not used: ")[2] for one in described(tmp_path, now)}
    assert unused == {"roller force": "", "roller imu": "found with mpu6050, and it is icm20948 now"}
    span = Done(calibration=Calibration(span_m=0.27, span_muscle="calves"))
    keep(tmp_path, "roller", "span", span, "icm20948")
    assert set(sensors(tmp_path)["roller imu"].done) == {"span"}, "the old chip's bias is gone with it"


def test_the_first_version_is_read_and_written_anew(tmp_path: Path) -> None:
    old = {"version": 1, "tools": {"roller": {"gyro_bias": [0.1, 0, 0], "zero": 5.0, "span_m": 0.3}, "ball": {}}}
    (tmp_path / calibrations.NAME).write_bytes(msgspec.json.encode(old))
    assert load(tmp_path) == {"roller": Calibration(gyro_bias=(0.1, 0, 0), zero=5.0, span_m=0.3)}
    assert {one.what: one.at for one in described(tmp_path)} == {"gyro": None, "force": None, "span": None}
    keep(tmp_path, "roller", "force", FORCE, "mprls")
    assert msgspec.json.decode((tmp_path / calibrations.NAME).read_bytes())["version"] == 2
    assert load(tmp_path)["roller"].span_m == 0.3
    assert load(tmp_path)["roller"].zero == 101_000.0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not a calibration file"),
        (b'{"version":3}', "version 3; this slowroll knows 2"),
        (b'{"version":2,"sensors":{"roller imu":{"done":{"gyr":{"calibration":{}}}}}}', "not a calibration file"),
        (b"\xff\xfe", "not a calibration file"),
    ],
)
def test_a_file_that_can_not_be_used_is_named_and_left_alone(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / calibrations.NAME
    path.write_bytes(content)
    with pytest.raises(CalibrationsError, match=said) as caught:
        load(tmp_path)
    assert str(path) in str(caught.value)
    with pytest.raises(CalibrationsError):
        keep(tmp_path, "roller", "gyro", GYRO, None)
    assert path.read_bytes() == content


def test_a_power_cut_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path, "roller", "gyro", GYRO, "mpu6050")
    before = (tmp_path / calibrations.NAME).read_bytes()

    def cut(_: int) -> None:
        raise OSError(5, "power cut")

    monkeypatch.setattr("firmware_host.calibrations.os.fsync", cut)
    with pytest.raises(OSError, match="power cut"):
        keep(tmp_path, "roller", "force", FORCE, "mprls")
    assert (tmp_path / calibrations.NAME).read_bytes() == before


def test_what_is_calibrated_is_told_with_date_and_error(tmp_path: Path) -> None:
    keep(tmp_path, "roller", "gyro", GYRO, "mpu6050")
    keep(tmp_path, "roller", "force", FORCE, "mprls")
    keep(tmp_path, "roller", "radius", Done(calibration=Calibration(radius_m=0.0748), residual=0.0002, unit="m"), None)
    words = {one.what: one.words for one in described(tmp_path)}
    assert words == {
        "force": "force up to 200 N by 2 points (within 3 N), on 2026-08-02",
        "gyro": "gyroscope bias (0.57, -1.15, 0.00) dps (within 0.011 dps), on 2026-08-01",
        "radius": "radius 7.48 cm (within 0.02 cm), date not kept",
    }


number = st.floats(-1e6, 1e6)
some = st.builds(
    Calibration,
    gyro_bias=st.none() | st.tuples(number, number, number),
    axis=st.none() | st.tuples(number, number, number),
    radius_m=st.none() | number,
    zero=st.none() | number,
    points=st.lists(st.tuples(number, number), max_size=4).map(tuple),
    span_m=st.none() | number,
    span_muscle=st.none() | st.just("calves"),
)


@given(some, some)
def test_every_field_belongs_to_exactly_one_thing_that_is_calibrated(known: Calibration, found: Calibration) -> None:
    all_of_it = known
    for what in calibrations.WHATS:
        all_of_it = merged(all_of_it, what, found)
    assert all_of_it == found
