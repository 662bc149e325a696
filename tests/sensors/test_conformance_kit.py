"""The kit passes every shipped driver, and says in words what it finds (the mistakes: test_seeded_mistakes.py)."""

from __future__ import annotations

import math
from typing import ClassVar

import pytest

from sensors.catalog import BUILT_IN, Catalog
from sensors.chips.model import Specimen
from sensors.conformance import check, specimen_of
from sensors.driver import I2CDriver, I2CIo
from sensors.imu.mpu6050 import Mpu6050

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_shipped_driver_conforms(name: str) -> None:
    findings = check(Catalog(installed=()).get(name))
    assert [finding for finding in findings if finding.result == "failed"] == []
    assert sum(finding.result == "ok" for finding in findings) >= 10


def failures(driver: type[I2CDriver]) -> dict[str, str]:
    """What the kit finds on one old and one newer variant: enough to see every mistake, and quick."""
    specimen = specimen_of(driver)
    assert isinstance(specimen, Specimen)
    few = specimen._replace(identities=specimen.identities[:2])
    return {finding.check: finding.says for finding in check(driver, few) if finding.result == "failed"}


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
