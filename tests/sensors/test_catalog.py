"""Names are found wherever a driver may be, and a broken one disturbs nobody."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from sensors.catalog import BUILT_IN, ENTRY_POINT_GROUP, Catalog, CatalogError
from sensors.imu.mpu6050 import Mpu6050

OWN = """
from sensors.driver import Channel, I2CDriver

class Squeeze(I2CDriver):
    name = "squeeze"
    role = "force"
    addresses = (0x40,)
    frame = ">H"
    rates = (50,)
    source = "none"

    def channels(self, chip):
        return (Channel("force", 0.1),)

    def start(self, io, rate, chip):
        return rate

    def read(self, io):
        return io.read(0, 2)

    def stop(self, io):
        pass
"""


def folder_with(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def test_built_in_by_name() -> None:
    assert Catalog(installed=()).get("mpu6050") is Mpu6050
    assert Catalog(installed=()).make("mpu6050").name == "mpu6050"


def test_every_built_in_has_the_name_it_is_listed_under() -> None:
    entries = Catalog(installed=()).entries()
    assert {entry.name for entry in entries} == set(BUILT_IN)
    for entry in entries:
        assert entry.driver is not None
        assert entry.driver.name == entry.name
        assert entry.origin == "built-in"


def test_drop_in_folder(tmp_path: Path) -> None:
    catalog = Catalog(folder_with(tmp_path, squeeze=OWN, _notes="raise RuntimeError"), installed=())
    assert catalog.get("squeeze").name == "squeeze"
    listed = {entry.name: entry for entry in catalog.entries()}
    assert listed["squeeze"].origin == "drivers folder"
    assert "_notes" not in listed


def test_a_folder_driver_wins_over_a_shipped_one(tmp_path: Path) -> None:
    catalog = Catalog(folder_with(tmp_path, mpu6050=OWN), installed=())
    assert catalog.get("mpu6050").__name__ == "Squeeze"


def test_by_file_by_class_and_by_module(tmp_path: Path) -> None:
    file = folder_with(tmp_path, squeeze=OWN) / "squeeze.py"
    catalog = Catalog(installed=())
    assert catalog.get(str(file)).__name__ == "Squeeze"
    assert catalog.get(f"{file}:Squeeze").__name__ == "Squeeze"
    assert catalog.get("sensors.imu.mpu6050:Mpu6050") is Mpu6050


def test_entry_points_are_not_imported_until_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path, slowroll_test_package=OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("squeeze", "slowroll_test_package:Squeeze", ENTRY_POINT_GROUP)
    catalog = Catalog(installed=(point,))
    catalog.get("mpu6050")
    assert "slowroll_test_package" not in sys.modules
    assert catalog.get("squeeze").name == "squeeze"
    monkeypatch.delitem(sys.modules, "slowroll_test_package")


def test_a_folder_is_not_imported_for_another_name(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    catalog = Catalog(folder_with(tmp_path, noisy=f"open({str(touched)!r}, 'w').close()"), installed=())
    catalog.get("mprls")
    assert not touched.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import no_such_package_here", "No module named 'no_such_package_here'"),
        ("def broken(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("x = 1 / 0", "ZeroDivisionError"),
        ("x = 1", "defines no driver"),
        (OWN.replace("    rates = (50,)\n", ""), "has no rates"),
        (OWN.replace("    def read(self, io):\n        return io.read(0, 2)\n", ""), "has no read()"),
    ],
)
def test_a_broken_driver_is_listed_with_its_error_and_hurts_nobody(tmp_path: Path, text: str, says: str) -> None:
    catalog = Catalog(folder_with(tmp_path, bad=text), installed=())
    listed = {entry.name: entry for entry in catalog.entries()}
    assert listed["mpu6050"].driver is Mpu6050
    assert listed["bad"].driver is None
    assert says in listed["bad"].error
    assert "bad.py" in listed["bad"].error
    with pytest.raises(CatalogError, match=r"bad\.py"):
        catalog.get("bad")


def test_a_broken_entry_point(tmp_path: Path) -> None:
    point = EntryPoint("gone", "package_that_was_removed.driver:Gone", ENTRY_POINT_GROUP)
    catalog = Catalog(installed=(point,))
    with pytest.raises(CatalogError, match="is its package installed"):
        catalog.get("gone")
    with pytest.raises(CatalogError, match="Nothing is not in it"):
        catalog.get("sensors.imu.mpu6050:Nothing")
    with pytest.raises(CatalogError, match="is not a driver"):
        catalog.get("sensors.driver:Channel")


def test_a_constructor_that_fails(tmp_path: Path) -> None:
    text = OWN + "\n    def __init__(self, pin):\n        self.pin = pin\n"
    with pytest.raises(CatalogError, match="makes a driver without arguments"):
        Catalog(folder_with(tmp_path, needy=text), installed=()).make("needy")


def test_several_drivers_in_one_file_must_be_named(tmp_path: Path) -> None:
    text = OWN + OWN.replace("Squeeze", "Press")
    file = folder_with(tmp_path, two=text) / "two.py"
    with pytest.raises(CatalogError, match="several drivers"):
        Catalog(installed=()).get(str(file))
    assert Catalog(installed=()).get(f"{file}:Press").__name__ == "Press"


@pytest.mark.parametrize(("name", "says"), [("mpu6500", "did you mean mpu6050"), ("zzz", "known are .*mprls, mpu6050")])
def test_an_unknown_name_gets_the_nearest(name: str, says: str) -> None:
    with pytest.raises(CatalogError, match=says):
        Catalog(installed=()).get(name)


def test_missing_file_and_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="there is no driver file"):
        Catalog(installed=()).get(str(tmp_path / "nothing.py"))
    catalog = Catalog(tmp_path / "nowhere", installed=())
    assert "is not a folder" in catalog.folder_error()
    assert catalog.get("mpu6050") is Mpu6050
    with pytest.raises(CatalogError, match="is not a folder"):
        catalog.get("squeeze")
