"""From a turning roller to a buzz, a message, a page and a file: the daemon on simulated chips, as its users run it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from brokers import Listener, Mosquitto, accepts, free_port, until
from product import SCENARIO, Product, slowroll

pytestmark = pytest.mark.slow


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Callable[..., Product]]:
    started: list[Product] = []

    def start(*arguments: str) -> Product:
        started.append(Product(tmp_path, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.end(signal.SIGKILL)


def config(folder: Path, **values: object) -> str:
    path = folder / "slowroll.toml"
    defaults: dict[str, object] = {"scenario": "demo", "page": "false", "http_port": 8080}
    path.write_text(SCENARIO.format(**(defaults | values)))
    return str(path)


def state_of(listener: Listener) -> dict[str, Any]:
    return msgspec.json.decode(listener.last("state") or b"{}")


@pytest.mark.broker
def test_a_station_on_a_real_broker_coaches_survives_it_and_replays(
    tmp_path: Path, mosquitto: Mosquitto, product: Callable[..., Product]
) -> None:
    listener = Listener(mosquitto.port)
    station = product("run", "--config", config(tmp_path, broker="127.0.0.1", mqtt_port=mosquitto.port))
    until(lambda: listener.last("availability") == b"online", "the station is online", 30)
    until(lambda: listener.json("event/cue"), "a cue: the routine's first step", 40)
    assert listener.json("event/cue")[0]["cue"] == "next_up"
    fast = "slow_down: the simulated person begins too fast"
    until(lambda: [one for one in listener.json("event/cue") if one["cue"] == "slow_down"], fast, 40)
    until(lambda: [one for one in listener.json("live") if one["haptic"] > 0 or one["led"] != [0, 0, 0]], "the LED")
    live = listener.json("live")[-1]
    assert live["tool"] == "roller"
    assert live["force_n"] > 0
    until(lambda: len(listener.json("event/pass")) >= 2, "two passes", 40)
    state = state_of(listener)
    assert (state["muscle"], state["side"]) == ("calves", "left")

    listener.send("cmd/select", b'{"muscle": "calfs", "id": "a"}')
    until(lambda: listener.json("result/select"), "an answer to a wrong command")
    (answer,) = listener.json("result/select")
    assert (answer["id"], answer["ok"]) == ("a", False)
    assert "did you mean" in answer["why"]

    # The broker goes away and comes back; the station runs on and finds it again.
    mosquitto.kill()
    time.sleep(1.0)
    mosquitto.start()
    listener.close()
    again = Listener(mosquitto.port)
    until(lambda: again.last("availability") == b"online" and again.json("live"), "live values after the outage", 40)

    again.send("cmd/end", b'{"id": "b"}')
    until(lambda: again.json("session/last"), "the session, once it was ended")
    until(lambda: [one for one in again.json("event/session") if one["ended"] == "person"], "the session event")
    said = {one["t"]: one for one in again.json("event/set")}
    history = again.json("history")
    assert station.end() == 0
    until(lambda: again.last("availability") == b"offline", "offline on the way out")
    again.close()

    assert history
    recording = station.recordings()[0]
    replayed = slowroll("replay", str(recording))
    assert replayed.returncode == 0, replayed.stderr
    events = [msgspec.json.decode(line) for line in replayed.stdout.splitlines()]
    assert next(event for event in events if event["event"] == "session")["ended"] == "person"
    for event in events:
        if event["event"] == "set":
            live_set = {key: value for key, value in said[event["t"]].items() if key not in ("at", "id")}
            assert live_set == event, "replay says something else than the live run"
    listed = slowroll("sessions", "list", "--json", state=station.state)
    assert listed.returncode == 0
    assert msgspec.json.decode(listed.stdout.splitlines()[0])["ended"] == "person"


def test_replay_gives_the_live_events_byte_for_byte(tmp_path: Path) -> None:
    """Everything the live engine said between the session's beginning and end, and nothing else."""
    from firmware_host.clock import SystemClock
    from firmware_host.coaching.events import Event
    from firmware_host.daemon import Daemon
    from firmware_host.profiles import load_profile
    from firmware_host.settings import parse

    text = SCENARIO.format(scenario="demo", broker="", mqtt_port=1, page="false", http_port=1)
    said: list[bytes] = []
    header_t: list[float] = []

    def watch(daemon: Daemon, events: list[Event]) -> None:
        said.extend(msgspec.json.encode(event) for event in events)
        if not header_t:
            header_t.append(daemon.clock.now())
        if daemon.clock.now() > 40:
            daemon.stop()

    daemon = Daemon(parse(text, "test"), load_profile("article"), SystemClock(speed=4.0), tmp_path, watch)
    assert daemon.run() == 0
    (recording,) = tmp_path.glob("recordings/*.jsonl*")
    replayed = slowroll("replay", str(recording)).stdout.splitlines()
    live = [line for line in said if b'"event"' in line]
    assert len(live) > 10
    # The live list ends before the shutdown's own set and session events.
    assert replayed[: len(live)] == live
    assert [msgspec.json.decode(line)["event"] for line in replayed[len(live) :]] in (
        ["set", "session"],
        ["pass", "set", "session"],
        ["hold", "set", "session"],
        ["short_pass", "set", "session"],
    )


def test_the_demo_says_where_to_look_and_ends_within_two_seconds(
    tmp_path: Path, product: Callable[..., Product]
) -> None:
    http, mqtt = free_port(), free_port()
    demo = product("demo", "--headless", "--speed", "3", "--http-port", str(http), "--mqtt-port", str(mqtt))
    until(lambda: "pass " in demo.output, "a pass in the terminal", 40)
    assert f"http://localhost:{http}" in demo.output
    assert accepts(http)
    assert accepts(mqtt)
    begun = time.monotonic()
    assert demo.end(signal.SIGINT) == 0
    assert time.monotonic() - begun < 2.0
    assert not accepts(http)
    until(lambda: not accepts(mqtt), "the broker is gone too", 2)
    assert "Traceback" not in demo.output


def test_a_killed_demo_leaves_no_broker_behind(tmp_path: Path, product: Callable[..., Product]) -> None:
    http, mqtt = free_port(), free_port()
    demo = product("demo", "--headless", "--http-port", str(http), "--mqtt-port", str(mqtt))
    until(lambda: accepts(http) and accepts(mqtt), "the demo runs", 30)
    os.kill(demo.process.pid, signal.SIGKILL)
    until(lambda: not accepts(mqtt), "the embedded broker dies with its parent", 5)


def test_the_demo_ends_by_itself_after_its_seconds(product: Callable[..., Product]) -> None:
    http, mqtt = free_port(), free_port()
    demo = product(
        "demo", "--headless", "--speed", "4", "--seconds", "12", "--http-port", str(http), "--mqtt-port", str(mqtt)
    )
    assert demo.process.wait(30) == 0


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path, product: Callable[..., Product]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        demo = product("demo", "--headless", "--http-port", str(port), "--mqtt-port", str(free_port()))
        assert demo.process.wait(20) == 2
        assert str(port) in demo.output
        assert "Traceback" not in demo.output
