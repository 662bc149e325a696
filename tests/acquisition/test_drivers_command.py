"""`slowroll drivers`: a person reads it, a script goes by its exit code."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from firmware_host.commands import CommandError, drivers
from sensors.catalog import BUILT_IN

WRONG = """
from sensors.driver import Channel
from sensors.imu.mpu6050 import Mpu6050

class Degrees(Mpu6050):
    def channels(self, chip):
        return (*super().channels(chip)[:4], *(Channel(f"gyro_{axis}", 1 / 16.4) for axis in "xyz"))
"""


def slowroll(*words: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config")
    drivers.add(parser.add_subparsers(required=True))
    args = parser.parse_args(words)
    code = args.func(args)
    assert isinstance(code, int)
    return code


@pytest.fixture
def config(tmp_path: Path) -> str:
    folder = tmp_path / "drivers"
    folder.mkdir()
    file = tmp_path / "slowroll.toml"
    file.write_text(f'drivers_dir = "{folder}"\n')
    return str(file)


def test_list_names_every_driver(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowroll("--config", config, "drivers", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(BUILT_IN)


def test_list_shows_a_broken_one_and_the_rest(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    (Path(config).parent / "drivers" / "mine.py").write_text("import nothing_like_this")
    assert slowroll("--config", config, "drivers", "list") == 1
    out = capsys.readouterr().out
    assert "mine         can't be used" in out
    assert "nothing_like_this" in out
    assert "mpu6050" in out


def test_show(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowroll("--config", config, "drivers", "show", "mpu6050") == 0
    out = capsys.readouterr().out
    assert "0x68, 0x69" in out
    assert "gyro_x rad/s" in out
    assert 'imu = { driver = "mpu6050" }' in out


def test_test_passes_a_shipped_driver(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowroll("--config", config, "drivers", "test", "mprls") == 0
    assert "0 wrong" in capsys.readouterr().out


def test_test_finds_what_is_wrong_in_a_file(tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "degrees.py"
    file.write_text(WRONG)
    assert slowroll("--config", config, "drivers", "test", str(file)) == 1
    out = capsys.readouterr().out
    assert "WRONG        rotation-axes" in out
    assert "Look at: gyroscope range and sensitivity" in out


@pytest.mark.parametrize(("what", "code"), [("show", 2), ("test", 1)])
def test_an_unknown_driver(config: str, what: str, code: int) -> None:
    with pytest.raises(CommandError, match="did you mean mprls") as caught:
        slowroll("--config", config, "drivers", what, "mprl")
    assert caught.value.exit_code == code
