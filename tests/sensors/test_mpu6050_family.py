"""Every chip the MPU-6050 driver takes comes out right, and those that only look like one are refused."""

from __future__ import annotations

import pytest

from sensors.chips.mpu6050 import SPECIMEN
from sensors.conformance.bench import BenchIo, Trial
from sensors.driver import SensorFault
from sensors.imu.mpu6050 import Mpu6050
from sensors.probe import probe


@pytest.mark.parametrize("who_am_i", SPECIMEN.identities)
def test_the_temperature_is_that_of_the_variant(who_am_i: int) -> None:
    """Formulas differ in offset and slope: 25 degC alone would not tell them apart."""
    for degc in (0.0, 40.0):
        trial = Trial(Mpu6050, SPECIMEN, who_am_i)
        trial.chip.temperature_degc = degc  # type: ignore[attr-defined]
        trial.start(100)
        assert trial.frames(0.1, 0.05)[-1]["temperature"] == pytest.approx(degc, abs=0.05)


def test_every_id_the_driver_takes_has_a_model() -> None:
    assert Mpu6050.ident is not None
    assert set(Mpu6050.ident.chips) == set(SPECIMEN.identities)


@pytest.mark.parametrize(
    ("who_am_i", "says"),
    [
        (0x69, "replace the board"),
        (0x75, "replace the board"),
        (0xAC, "ICM-20601: it has other ranges"),
        (0x20, "ICM-20690: it has its gyroscope's range in other bits"),
    ],
)
def test_a_chip_that_only_looks_like_one_is_refused_with_the_reason(who_am_i: int, says: str) -> None:
    io = BenchIo(lambda _data, count: bytes([who_am_i]) * count)
    with pytest.raises(SensorFault) as caught:
        probe(io, Mpu6050())
    assert "0x68 (MPU-6050), " in caught.value.what
    assert len(caught.value.what) < 250  # thirteen ids would hide the sentence
    assert says in caught.value.hint
    assert "set `driver`" not in caught.value.hint  # there is none to set
