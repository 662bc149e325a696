"""`slowroll run-finished` as its users type it, against a coach that runs: over a broker, and through the folder."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from brokers import Listener, Mosquitto, free_port, until
from product import SCENARIO, Product, slowroll
from run_files import bomb, fit, gpx

from firmware_host.cli import main


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "in one way"),
        (("--minutes-ago", "5", "--at", "2026-08-01T07:30"), 2, "in one way"),
        (("--minutes-ago", "-5"), 2, "no number of minutes"),
        (("--minutes-ago", "nan"), 2, "no number of minutes"),
        (("--minutes-ago", "999999"), 2, "14 days"),
        (("--at", "half past seven"), 2, "is no time"),
        (("--minutes-ago", "5", "--effort", "11"), 2, "effort"),
        (("--at", "2199-01-01T00:00"), 1, "future"),
        (("--at", "2024-06-01T00:00Z"), 1, "14 days"),
        (("none.fit",), 2, "Check the path"),
        (("bomb.gpx",), 1, "entities"),
        (("ahead.gpx",), 1, "future"),
        (("ask.json",), 2, "no run"),
        (("--minutes-ago", "5"), 1, "slowroll run"),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "bomb.gpx").write_bytes(bomb())
    (tmp_path / "ahead.gpx").write_bytes(gpx(datetime.now(UTC) + timedelta(hours=1)))
    (tmp_path / "ask.json").write_bytes(b"{}")
    try:
        ended = main(["run-finished", *words])
    except SystemExit as stop:  # argparse
        ended = int(stop.code or 0)
    told = capsys.readouterr()
    assert ended == code, told.err
    assert said in told.err
    assert told.out == ""


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Callable[..., Product]]:
    started: list[Product] = []

    def start(*arguments: str) -> Product:
        started.append(Product(tmp_path, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.end(signal.SIGKILL)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder)
    broker.start()
    yield broker
    broker.stop()


def config(folder: Path, broker: str, port: int) -> str:
    path = folder / "slowroll.toml"
    path.write_text(SCENARIO.format(scenario="still", broker=broker, mqtt_port=port, page="false", http_port=8080))
    return str(path)


def state(listener: Listener) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(listener.last("state") or b"{}")
    return told


@pytest.mark.slow
@pytest.mark.broker
def test_the_phase_follows_what_is_said_over_the_broker_and_by_files(
    tmp_path: Path, mosquitto: Mosquitto, product: Callable[..., Product]
) -> None:
    listener = Listener(mosquitto.port)
    where = config(tmp_path, "127.0.0.1", mosquitto.port)
    station = product("run", "--config", where)
    until(lambda: state(listener).get("tools"), "the station is online", 30)
    assert state(listener)["phase"] == "unknown"
    loose = state(listener)["tools"][0]

    told = slowroll("run-finished", "--config", where, "--minutes-ago", "30", "--effort", "6", state=station.state)
    assert told.returncode == 0, told.stderr
    assert b"30 min ago" in told.stdout
    until(lambda: state(listener)["phase"] == "light", "the light phase")
    held = state(listener)["tools"][0]
    assert held["force_high_n"] < loose["force_high_n"]
    assert listener.json("result/run_finished")[-1]["ok"]

    lunch = tmp_path / "lunch.fit"
    lunch.write_bytes(fit(datetime.now(UTC) - timedelta(hours=3)))
    told = slowroll("run-finished", "--config", where, str(lunch), state=station.state)
    assert told.returncode == 0, told.stderr
    assert b"FIT, running" in told.stdout
    until(lambda: state(listener)["phase"] == "deep", "the deep phase")

    # A later run, dropped into the folder.
    (station.state / "runs" / "evening.gpx").write_bytes(gpx(datetime.now(UTC) - timedelta(minutes=90)))
    until(lambda: state(listener)["phase"] == "between", "the phase between", 30)
    assert "evening.gpx: the run ended 1 h 30 min ago" in station.output
    listener.close()

    # The broker is gone: the request takes the way through the folder.
    mosquitto.stop()
    told = slowroll("run-finished", "--config", where, "--minutes-ago", "5", state=station.state)
    assert told.returncode == 0, told.stderr
    assert station.end() == 0
    assert "Traceback" not in station.output


@pytest.mark.slow
def test_without_a_broker_the_folder_carries_it(tmp_path: Path, product: Callable[..., Product]) -> None:
    where = config(tmp_path, "", free_port())
    station = product("run", "--config", where)
    until(lambda: (station.state / "runs").is_dir(), "the coach runs", 30)
    told = slowroll("run-finished", "--config", where, "--minutes-ago", "30", state=station.state)
    assert told.returncode == 0, told.stderr
    assert "Limits and times follow" in station.output
    assert station.end() == 0
    told = slowroll("run-finished", "--config", where, "--minutes-ago", "30", state=station.state)
    assert told.returncode == 1
    assert b"nobody took" in told.stderr
    assert not list((station.state / "runs").iterdir())
