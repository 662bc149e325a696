"""The shipped chip models by the name of the driver each belongs to."""

from __future__ import annotations

from sensors.chips import (
    ads1115,
    bmi160,
    bmi270,
    bno055,
    icm20948,
    icm42688,
    lps28dfw,
    lsm6ds3,
    lsm6dso,
    mprls,
    mpu6050,
    nau7802,
)
from sensors.chips.model import Specimen

SPECIMENS: dict[str, Specimen] = {
    specimen.driver: specimen
    for specimen in (
        mpu6050.SPECIMEN,
        lsm6ds3.SPECIMEN,
        lsm6dso.SPECIMEN,
        icm20948.SPECIMEN,
        icm42688.SPECIMEN,
        mprls.SPECIMEN,
        nau7802.SPECIMEN,
        lps28dfw.SPECIMEN,
        ads1115.SPECIMEN,
        bmi160.SPECIMEN,
        bmi270.SPECIMEN,
        bno055.SPECIMEN,
    )
}
