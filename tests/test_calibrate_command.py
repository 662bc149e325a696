"""`slowroll calibrate`: reading the sensors itself, asking a station that runs, and refusing where neither can be."""

from __future__ import annotations

import io
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from brokers import Mosquitto, accepts, free_port, until
from product import SCENARIO, Product, slowroll

from firmware_host import calibrations, running
from firmware_host.calibrating.bench import Progress
from firmware_host.commands.calibration_view import Keys, View, bar, words_to_do

pytestmark = pytest.mark.slow

CONFIG = SCENARIO.replace("axis = [1, 0, 0]\n", "")


def config(folder: Path, scenario: str, broker: str = "", port: int = 1883, extra: str = "") -> str:
    path = folder / f"{scenario}.toml"
    path.write_text(
        CONFIG.format(scenario=scenario, broker=broker, mqtt_port=port, page="false", http_port=8080) + extra
    )
    return str(path)


def calibrate(folder: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "firmware_host", "calibrate", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        env=os.environ | {"STATE_DIRECTORY": str(folder / "state"), "HOME": str(folder)},
        timeout=120,
    )


# --- quick ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gyro", "--tool", "stick"), "has no tool 'stick'; it has: roller"),
        (("radius", "--distance", "20"), "0.3 to 5 metres"),
        (("force", "--mass", "a lot"), "no mass of 0.5 to 200 kg"),
        (("span",), "--muscle"),
        (("span", "--muscle", "calfs"), "did you mean 'calves'"),
        ((), "WHAT"),
    ],
)
def test_wrong_use_is_told(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = calibrate(tmp_path, *arguments, *(("--config", config(tmp_path, "still")) if arguments else ()))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_several_tools_have_to_be_told_apart(tmp_path: Path) -> None:
    done = calibrate(tmp_path, "gyro", "--config", config(tmp_path, "still", extra='[[tools]]\nname = "stick"\n'))
    assert done.returncode == 2
    assert "--tool roller | --tool stick" in done.stderr


def test_a_lock_says_whether_somebody_runs_and_ends_with_it(tmp_path: Path) -> None:
    assert not running.is_held(tmp_path)
    held = running.hold(tmp_path)
    assert held is not None
    assert running.is_held(tmp_path)
    held.close()
    assert not running.is_held(tmp_path)
    assert running.hold(tmp_path / "nowhere") is None


def test_a_slowroll_that_can_not_be_asked_has_to_be_stopped_first(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    held = running.hold(tmp_path / "state")
    assert held is not None
    done = calibrate(tmp_path, "gyro", "--config", config(tmp_path, "still"))
    assert done.returncode == 1
    assert "sudo systemctl stop slowroll" in done.stderr
    away = calibrate(tmp_path, "gyro", "--config", config(tmp_path, "still", "127.0.0.1", free_port()))
    assert away.returncode == 1
    assert "no broker answers" in away.stderr
    held.close()


def progress(**fields: object) -> Progress:
    known: dict[str, object] = {"what": "force", "tool": "roller", "step": "load", "do": "Press.", "share": 0.5}
    return Progress(**{**known, **fields})  # type: ignore[arg-type]


def test_without_a_terminal_each_thing_to_do_is_one_line() -> None:
    out = io.StringIO()
    view = View(out)
    for problem in ("", "", "it moved", "it moved", ""):
        view.show(progress(problem=problem), None, False)
    assert out.getvalue().splitlines() == ["> Press.", "  ! it moved"]


def test_what_to_press_is_said() -> None:
    waiting = progress(wants_mark=True)
    assert "type the kg" in words_to_do(waiting, None, False, "Enter")
    assert "Put 5 kg" in words_to_do(waiting, 5.0, True, "Enter")
    assert words_to_do(progress(what="span", wants_mark=True), None, False, "Enter") == "Press. (Enter)"
    shown = bar(progress(live={"reading_pa": 105_182.0, "above_zero_pa": 4439.0}))
    assert shown == "[##########..........] reads 105.18 kPa  4.439 kPa above zero"


def test_keys_come_line_by_line_and_never_wait() -> None:
    reading, writing = os.pipe()
    source = os.fdopen(reading)  # held: closed with it
    keys = Keys(source)
    assert keys.line() is None
    os.write(writing, b"5\n\n1")
    assert (keys.line(), keys.line(), keys.line()) == ("5", "", None)
    os.write(writing, b"0\n")
    assert keys.line() == "10"
    os.close(writing)
    assert keys.line() is None
    assert keys.ended


# --- in real time ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "scenario", "said"),
    [("gyro", "still", "gyroscope bias"), ("axis", "turns", "rolling axis"), ("radius", "metre", "radius 7.5")],
)
def test_it_reads_the_sensors_and_keeps_what_it_found(tmp_path: Path, what: str, scenario: str, said: str) -> None:
    done = calibrate(tmp_path, what, "--config", config(tmp_path, scenario))
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
    assert what in calibrations.sensors(tmp_path / "state")["roller imu"].done


@pytest.mark.slow
def test_a_roller_that_rolls_gets_no_bias_and_the_reason(tmp_path: Path) -> None:
    done = calibrate(tmp_path, "gyro", "--config", config(tmp_path, "metre"))
    assert done.returncode == 1
    assert "not still" in done.stderr
    assert not (tmp_path / "state" / calibrations.NAME).exists()


@pytest.mark.slow
def test_in_a_terminal_masses_are_asked_one_by_one(tmp_path: Path) -> None:
    """A person types the kg when the scale shows it; here the pseudo terminal's other end does."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "firmware_host", "calibrate", "force", "--config", config(tmp_path, "scale")],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"STATE_DIRECTORY": str(tmp_path / "state"), "HOME": str(tmp_path), "COLUMNS": "200"},
        start_new_session=True,
    )
    os.close(theirs)
    seen = bytearray()

    def read_until(words: str) -> None:
        while words.encode() not in seen:
            seen.extend(os.read(ours, 4096))

    read_until("type the kg")
    seen.clear()
    read_until("4.4")  # kPa above zero: 5 kg are on it
    os.write(ours, b"5\n")
    read_until("1 of at least 2 masses")
    os.write(ours, b"heavy\n")
    read_until("is no mass")
    seen.clear()
    read_until("9.0")
    os.write(ours, b"10,0 kg\n")
    read_until("2 of at least 2 masses")
    os.write(ours, b"\n")
    read_until("by 2 points")
    assert process.wait(10) == 0
    os.close(ours)
    (points,) = (one.points for one in calibrations.load(tmp_path / "state").values())
    assert [force_n for _, force_n in points] == pytest.approx([49.03, 98.07], abs=0.01)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder)
    broker.start()
    yield broker
    broker.stop()


@pytest.mark.slow
@pytest.mark.broker
def test_a_station_that_runs_is_asked_over_its_broker(tmp_path: Path, mosquitto: Mosquitto) -> None:
    path = config(tmp_path, "turns", "127.0.0.1", mosquitto.port)
    station = Product(tmp_path, "run", "--config", path)
    until(lambda: "Slowroll runs" in station.output and accepts(mosquitto.port), "the station runs", 30)
    try:
        until(lambda: calibrate(tmp_path, "axis", "--config", path).returncode == 0, "the axis is found", 60)
        refused = calibrate(tmp_path, "gyro", "--tool", "roller", "--config", path)
        assert refused.returncode == 1, "it rolls: 4 s of rest are not there"
        assert "The station 'bench' runs" in refused.stderr
        assert "not still" in refused.stderr
        until(lambda: (tmp_path / "state" / calibrations.NAME).exists(), "it is kept")
    finally:
        assert station.end() == 0
    assert set(calibrations.sensors(tmp_path / "state")["roller imu"].done) == {"axis"}


@pytest.mark.slow
def test_ctrl_c_changes_nothing(tmp_path: Path) -> None:
    one = Product(tmp_path, "calibrate", "axis", "--config", config(tmp_path, "still"))
    until(lambda: "three whole turns" in one.output, "it waits for turns", 30)
    assert one.end(signal.SIGINT) == 130
    assert "Nothing was changed" in one.output
    assert not (tmp_path / "state" / calibrations.NAME).exists()
    assert slowroll("calibrate", "--help").returncode == 0
