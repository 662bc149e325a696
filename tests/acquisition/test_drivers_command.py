"""`slowroll drivers`: a person reads it, a script goes by its exit code."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_host.commands import CommandError, drivers
from sensors.catalog import BUILT_IN, Catalog
from sensors.conformance.bench import BenchIo
from sensors.driver import SensorFault

pytestmark = pytest.mark.slow

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
    assert "Look at: gyroscope full scale and sensitivity" in out


@pytest.mark.parametrize(("what", "code"), [("show", 2), ("test", 1)])
def test_an_unknown_driver(config: str, what: str, code: int) -> None:
    with pytest.raises(CommandError, match="did you mean mprls") as caught:
        slowroll("--config", config, "drivers", what, "mprl")
    assert caught.value.exit_code == code


@pytest.mark.parametrize("words", [(), ("--fifo",), ("--role", "force"), ("--role", "force", "--fifo")], ids=" ".join)
def test_a_new_driver_is_in_order_at_once(
    words: tuple[str, ...], config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert slowroll("--config", config, "drivers", "new", "my_chip2", *words) == 0
    folder = Path(config).parent / "drivers"
    text = (folder / "my_chip2.py").read_text()
    assert text.count("TODO") >= 10
    assert all(len(line) <= 120 for line in text.splitlines())
    assert "slowroll drivers test my_chip2" in capsys.readouterr().out
    assert slowroll("--config", config, "drivers", "list") == 0, "the test beside it is no driver"
    assert slowroll("--config", config, "drivers", "show", "my_chip2") == 0
    capsys.readouterr()
    assert slowroll("--config", config, "drivers", "test", "my_chip2") == 0
    out = capsys.readouterr().out
    assert "2 ok, 0 wrong" in out
    assert "There is no model of this chip" in out
    assert "--live` makes, with the chip itself: address, probe-reads-only, start" in out
    assert "Only a model of the chip can make: foreign-refused, transcript" in out


def test_the_test_it_writes_runs_and_can_fail(tmp_path: Path, config: str) -> None:
    file = tmp_path / "mine.py"
    assert slowroll("--config", config, "drivers", "new", "mine", "--fifo", "--out", str(file)) == 0
    run = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path))
    assert subprocess.run(run, capture_output=True, cwd=Path(__file__).parents[2]).returncode == 0
    file.write_text(file.read_text().replace("(0x6A, 0x6B)", "(0xD4,)"))
    broken = subprocess.run(run, capture_output=True, cwd=Path(__file__).parents[2], text=True)
    assert broken.returncode == 1
    assert "7-bit" in broken.stdout


def test_a_skeleton_starts_nothing_until_it_is_filled_in(tmp_path: Path, config: str) -> None:
    file = tmp_path / "mine.py"
    slowroll("--config", config, "drivers", "new", "mine", "--out", str(file))
    io = BenchIo(lambda _data, count: bytes(count))
    with pytest.raises(SensorFault, match="skeleton"):
        Catalog().make(str(file)).start(io, 100, "mine")
    assert io.log == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Mine", "can't be a driver's name"),
        ("../mine", "can't be a driver's name"),
        ("9dof", "can't be a driver's name"),
        ("class", "can't be a driver's name"),
        ("m" * 41, "can't be a driver's name"),
        ("test_mine", "taken for a test"),
        ("mpu6050", "already"),
    ],
)
def test_a_name_that_can_not_be(name: str, says: str, config: str) -> None:
    with pytest.raises(CommandError, match=says):
        slowroll("--config", config, "drivers", "new", name)
    assert list((Path(config).parent / "drivers").iterdir()) == []


@pytest.mark.parametrize("there", ["mine.py", "test_mine.py"])
def test_nothing_is_overwritten(there: str, config: str) -> None:
    folder = Path(config).parent / "drivers"
    (folder / there).write_text("precious")
    with pytest.raises(CommandError, match="is there already and is left as it is"):
        slowroll("--config", config, "drivers", "new", "mine")
    assert [(file.name, file.read_text()) for file in folder.iterdir()] == [(there, "precious")]


def test_no_place_for_a_new_one(tmp_path: Path) -> None:
    empty = tmp_path / "slowroll.toml"
    empty.write_text("")
    with pytest.raises(CommandError, match="set drivers_dir"):
        slowroll("--config", str(empty), "drivers", "new", "mine")
    with pytest.raises(CommandError, match=r"end in \.py"):
        slowroll("--config", str(empty), "drivers", "new", "mine", "--out", str(tmp_path / "mine"))
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="can't be written"):
        slowroll("--config", str(empty), "drivers", "new", "mine", "--out", str(tmp_path / "file" / "mine.py"))


def test_one_mistake_with_many_findings_is_told_once(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "buggy.py"
    file.write_text(WRONG.split("class")[0] + "class Buggy(Mpu6050):\n    def read(self, io):\n        return io.x\n")
    assert slowroll("--config", config, "drivers", "test", str(file)) == 1
    out = capsys.readouterr().out
    assert out.count("has no attribute 'x' (buggy.py line 7)") == 1
    assert out.count("the same as nack") > 5
