"""docs/write-a-driver.md does what it says: its files work, its commands run, its quotes are what is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import driver_page
import pytest
from test_seeded_mistakes import driver_in

from sensors.catalog import Catalog
from sensors.chips import mpu6050
from sensors.conformance import check
from sensors.driver import I2CDriver

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """A folder with the page's files in it."""
    for name in ("gy521.py", "test_gy521.py"):
        (tmp_path / name).write_text(driver_page.file(name))
    return tmp_path


def in_(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    command = (sys.executable, "-m", *words)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100)


def slowroll(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    assert line.startswith("slowroll ")
    return in_(folder, "firmware_host", *line.split()[1:])


def test_no_code_is_left_out() -> None:
    assert driver_page.unmarked_python() == []
    assert [line.split()[2] for line in driver_page.commands()] == ["new", "test", "test"]


def test_the_skeleton_it_begins_with(tmp_path: Path) -> None:
    done = slowroll(tmp_path, driver_page.commands()[0])
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["gy521.py", "test_gy521.py"]
    skeleton = (tmp_path / "gy521.py").read_text()
    assert "class Gy521(I2CDriver):" in skeleton
    # What the page fills in is what the skeleton asks for.
    for part in ("addresses = ", "ident = Ident(", "def channels", "def start", "def read", "def stop", "source = "):
        assert part in skeleton
        assert part in driver_page.file("gy521.py")
    assert driver_page.file("test_gy521.py") in (tmp_path / "test_gy521.py").read_text()


def test_the_kit_passes_it_whole(bench: Path) -> None:
    done = slowroll(bench, driver_page.commands()[1])
    assert done.returncode == 0, done.stdout
    assert "0 wrong" in done.stdout
    assert "There is no model" not in done.stdout


def test_its_own_test_runs(bench: Path) -> None:
    done = in_(bench, "pytest", "-q", "-p", "no:cacheprovider")
    assert "1 passed" in done.stdout, done.stdout


def test_live_on_the_simulated_bus(bench: Path) -> None:
    line = driver_page.commands()[2]
    assert "--live" in line
    done = slowroll(bench, line.replace("--bus 1", "--bus sim"))
    assert done.returncode == 0, done.stderr
    assert (bench / "gy521-imu.jsonl").exists()
    (bench / "test_recording.py").write_text("".join(f"{line[2:]}\n" for line in done.stdout.splitlines()[-3:]))
    done = in_(bench, "pytest", "-q", "-p", "no:cacheprovider", "test_recording.py")
    assert "1 passed" in done.stdout, done.stdout


def test_the_configuration_takes_it(bench: Path) -> None:
    (bench / "slowroll.toml").write_text(driver_page.file("slowroll.toml"))
    done = slowroll(bench, "slowroll config check --config slowroll.toml")
    assert done.returncode == 0, done.stderr


BROKEN = {
    "accel-filter": (
        '        if chip != "MPU-6050":\n            io.write(0x1D, low_pass)  # ACCEL_CONFIG_2: A_DLPF_CFG\n',
        "",
    ),
    "byte-order": ('">7h"', '"<7h"'),
}


@pytest.mark.parametrize("mark", BROKEN)
def test_what_it_quotes_is_said(mark: str, tmp_path: Path) -> None:
    old, new = BROKEN[mark]
    source = driver_page.file("gy521.py")
    assert old in source
    file = tmp_path / "gy521.py"
    file.write_text(source.replace(old, new))
    says = " ".join(finding.says for finding in check(Catalog(installed=()).get(str(file))))
    assert driver_page.said()[mark] in says


def test_the_example_of_the_api_file_is_a_driver(tmp_path: Path) -> None:
    """The example at the head of sensors/driver.py, as it stands there."""
    text = (ROOT / "sensors" / "driver.py").read_text().split('"""')[1]
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("    from "))
    last = max(number for number, line in enumerate(lines) if line.startswith("    "))
    driver = driver_in("\n".join(line[4:] for line in lines[first : last + 1]), tmp_path)
    # It starts the chip in its own way, which is not the list of writes of the shipped driver.
    found = check(driver, mpu6050.SPECIMEN._replace(transcript=None, identities=(mpu6050.MPU_6050,)))
    assert [finding for finding in found if finding.result == "failed"] == []
    assert sum(finding.result == "ok" for finding in found) >= 10


def test_the_api_is_frozen() -> None:
    """What strangers' drivers build on: more may come, but a change of what is here is another API."""
    import inspect

    import sensors.driver as api

    methods = {
        name: str(inspect.signature(getattr(I2CDriver, name))).replace("'", "")
        for name in ("channels", "start", "read", "stop")
    }
    assert methods == {
        "channels": "(self, chip: str) -> tuple[Channel, ...]",
        "start": "(self, io: I2CIo, rate: float, chip: str) -> float",
        "read": "(self, io: I2CIo) -> bytes | Gap",
        "stop": "(self, io: I2CIo) -> None",
    }
    io = {
        name: str(inspect.signature(getattr(api.I2CIo, name))).replace("'", "")
        for name in ("read", "write", "transfer", "sleep")
    }
    assert io == {
        "read": "(self, register: int, count: int) -> bytes",
        "write": "(self, register: int, *values: int) -> None",
        "transfer": "(self, data: bytes, count: int) -> bytes",
        "sleep": "(self, seconds: float) -> None",
    }
    for kind, fields in ((api.Channel, ("name", "scale", "offset")), (api.Ident, ("register", "chips"))):
        assert kind._fields[: len(fields)] == fields
        assert set(kind._fields[len(fields) :]) <= set(kind._field_defaults), "what is new must have a default"
    assert api.Gap._fields[:1] == ("reason",)
    table = set(I2CDriver.__annotations__)
    assert table >= {
        *("name", "role", "addresses", "ident", "frame", "rates", "fifo"),
        *("gyro_full_scale_rad_s", "force_full_scale", "source"),
    }
