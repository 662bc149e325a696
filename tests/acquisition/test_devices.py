"""From settings to devices, with errors that say what to write instead."""

from __future__ import annotations

import pytest

from firmware_host.acquisition.devices import devices_for
from firmware_host.settings import SettingsError, parse
from sensors.catalog import Catalog


def devices(text: str) -> dict[str, list[str]]:
    found = devices_for(parse(text, "test.toml").tools, Catalog(installed=()))
    return {
        bus: [f"{device.name} {device.driver.name} {device.address} {device.rate:g}" for device in on_bus]
        for bus, on_bus in found.items()
    }


def test_one_list_for_each_bus() -> None:
    text = """
    [[tools]]
    name = "roller"
    pressure = "bladder"
    imu = { driver = "mpu6050" }
    force = { driver = "mprls", rate = 20 }
    [[tools]]
    name = "stick"
    kind = "massage_stick"
    imu = { driver = "mpu6050", bus = "sim", address = 0x69, rate = 200 }
    """
    assert devices(text) == {
        "1": ["roller imu mpu6050 None 100", "roller force mprls None 20"],
        "sim": ["stick imu mpu6050 105 200"],
    }


def test_no_sensors_no_buses() -> None:
    assert devices('[[tools]]\nname = "hands"\nkind = "hands"') == {}


@pytest.mark.parametrize(
    ("imu", "says"),
    [
        (
            '{ driver = "mpu6500" }',
            "tools.roller.imu.driver: there is no driver called 'mpu6500': did you mean mpu6050",
        ),
        ('{ driver = "mprls" }', "mprls is for"),
        ('{ driver = "mpu6050", rate = 123 }', "can't do 123 Hz; write one of 50, 100, 200"),
    ],
)
def test_what_does_not_fit_is_explained(imu: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        devices(f'[[tools]]\nname = "roller"\nimu = {imu}')


def test_two_chips_that_could_be_at_one_address() -> None:
    text = """
    [[tools]]
    name = "roller"
    imu = { driver = "mpu6050" }
    [[tools]]
    name = "stick"
    imu = { driver = "mpu6050", address = 0x69 }
    """
    with pytest.raises(SettingsError, match="roller imu and stick imu on bus 1 could both be at 0x69"):
        devices(text)
