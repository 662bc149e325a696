"""The messenger on real brokers: what a subscriber sees, and what a person's message becomes."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from broker_bench import (
    LED,
    Wire,
    contact,
    cue,
    session_done,
    set_done,
    settings,
    snapshot,
    spot,
    tool,
)
from brokers import STATION, Listener, Mosquitto, until

from firmware_host.clock import SystemClock
from firmware_host.coaching.inputs import Command
from firmware_host.messaging.commands import HistoryRequest
from firmware_host.messaging.embedded import EmbeddedBroker, free_port
from firmware_host.messaging.errors import MessagingError
from firmware_host.messaging.messenger import QUEUE_LIMIT, SNAPSHOT_LIMIT, Messenger
from firmware_host.messaging.payloads import ResultPayload
from firmware_host.settings import MqttSettings

pytestmark = pytest.mark.slow

StartStation = Callable[..., Any]
Listen = Callable[..., Listener]


def online(messenger: Messenger) -> None:
    until(lambda: messenger.connected, "the station is connected")


def test_a_late_subscriber_finds_state_and_availability(
    broker: Mosquitto | EmbeddedBroker, station: StartStation, listen: Listen
) -> None:
    messenger = station(broker.port).messenger
    online(messenger)
    messenger.snapshot(snapshot(3.0, tool(t=3.0)), LED, 0.0)
    messenger.retained("history", {"sessions": []})
    early = listen(broker.port)
    until(lambda: early.last("state") and early.last("history"), "the retained topics are published")
    late = listen(broker.port)
    retained = {("availability", True), ("state", True), ("history", True)}
    until(lambda: {(topic, kept) for topic, _, kept in late.heard} >= retained, "all are replayed")
    state = late.json("state")[-1]
    assert state["phase"] == "deep"
    assert state["tools"][0]["state"] == "off"
    assert state["at"].endswith("Z")
    assert late.last("availability") == b"online"
    assert late.json("history")[-1] == {"sessions": []}


def test_stop_says_offline_after_all_that_was_told(
    broker: Mosquitto | EmbeddedBroker, station: StartStation, listen: Listen
) -> None:
    messenger = station(broker.port).messenger
    listener = listen(broker.port)
    online(messenger)
    for number in range(1, 6):
        messenger.event(set_done(number))
    messenger.event(session_done())
    messenger.stop()
    messenger.stop()
    until(lambda: listener.last("availability") == b"offline", "offline is heard")
    told = [topic for topic, _, _ in listener.heard if topic.startswith(("event", "avail"))]
    assert told == ["availability", *["event/set"] * 5, "event/session", "availability"]
    assert not messenger.connected
    late = listen(broker.port)
    until(lambda: late.last("availability") == b"offline", "offline is retained")


def test_live_is_sent_on_the_body_only_with_limits_and_lights(
    broker: Mosquitto | EmbeddedBroker, station: StartStation, listen: Listen
) -> None:
    messenger = station(broker.port).messenger
    listener = listen(broker.port)
    online(messenger)
    moving = tool(t=7.0, on_body=True, state="rolling", speed_m_s=-0.11, position_m=0.2)
    messenger.snapshot(snapshot(7.0, tool(tool="stick"), moving, last_cue=cue(6.0)), LED, 0.5)
    messenger.snapshot(snapshot(7.1, tool(tool="stick"), tool()), LED, 0.0)
    messenger.event(contact(on=False))
    until(lambda: listener.payloads("event/contact"), "the last message is heard")
    (live,) = listener.json("live")
    at = live.pop("at")
    assert at.endswith("Z")
    assert live == {
        "tool": "roller",
        "t": 7.0,
        "speed_m_s": -0.11,
        "limits": {
            "mean_speed_m_s": 0.093,
            "live_speed_m_s": 0.187,
            "force_low_n": None,
            "force_high_n": None,
        },
        "force_n": None,
        "load": None,
        "position_m": 0.2,
        "state": "rolling",
        "hold_s": 0.0,
        "cue": "slow_down",
        "led": [0.0, 0.2, 1.0],
        "haptic": 0.5,
    }


def test_events_have_their_own_topics_and_durable_ones_an_id(
    broker: Mosquitto | EmbeddedBroker, station: StartStation, listen: Listen
) -> None:
    messenger = station(broker.port).messenger
    listener = listen(broker.port)
    online(messenger)
    for event in (contact(), cue(2.0), set_done(4), set_done(5), spot(), session_done()):
        messenger.event(event)
    messenger.retained("session/last", {"started_at": "2026-08-01T10:00:00Z", "id": "kept"})
    until(lambda: listener.payloads("session/last"), "everything is heard")
    heard = {topic: payload for topic, payload, _ in listener.heard}
    assert set(heard) == {
        "availability",
        "event/contact",
        "event/cue",
        "event/set",
        "event/spot",
        "event/session",
        "session/last",
    }
    assert not any(retained for _, _, retained in listener.heard if _ != b"online")
    first, second = listener.json("event/set")
    assert (first["event"], first["passes"], second["passes"]) == ("set", 4, 5)
    assert first["id"] != second["id"]
    assert first["id"].startswith(f"{STATION}-")
    assert listener.json("session/last")[0]["id"] == "kept"
    assert all("at" in json.loads(payload) for topic, payload in heard.items() if topic != "availability")
    assert "id" not in listener.json("event/contact")[0]


def test_a_command_comes_in_with_the_time_it_came(
    broker: Mosquitto | EmbeddedBroker, station: StartStation, listen: Listen
) -> None:
    one = station(broker.port)
    listener = listen(broker.port)
    online(one.messenger)
    listener.send("cmd/select", '{"muscle": "calves", "side": "left", "id": "7"}')
    listener.send("cmd/history", "")
    until(lambda: len(one.commands) == 2, "both commands came")
    select, history = one.commands
    assert 0 < select.t < 1000
    assert select == Command(t=select.t, command="select", muscle="calves", side="left", id="7")
    assert history == HistoryRequest()
    one.messenger.answer("select", ResultPayload(id="7", ok=True))
    until(lambda: listener.payloads("result/select"), "the answer is heard")
    assert listener.json("result/select") == [{"id": "7", "ok": True, "why": "", "data": None}]


def test_junk_is_answered_with_a_reason_and_goes_no_further(
    broker: Mosquitto | EmbeddedBroker, station: StartStation, listen: Listen
) -> None:
    one = station(broker.port)
    listener = listen(broker.port)
    online(one.messenger)
    listener.send("cmd/rate", '{"value": 11, "id": "r"}')
    listener.send("cmd/rate", b"\x00\xff" * 10_000)
    listener.send("cmd/strat", "{}")
    listener.send("cmd/" + "long" * 2000, "{}")
    listener.send("cmd/end", "")
    until(lambda: one.commands, "the good command came")
    until(lambda: listener.payloads("result/unknown"), "the last refusal is heard")
    high, huge = listener.json("result/rate")
    assert (high["id"], high["ok"]) == ("r", False)
    assert high["why"].startswith("value: expected `int` <= 10")
    assert "over 4096 bytes" in huge["why"]
    assert "did you mean 'start'?" in listener.json("result/strat")[0]["why"]
    assert [command.command for command in one.commands] == ["end"]


def test_a_retained_command_is_ignored(
    broker: Mosquitto | EmbeddedBroker, station: StartStation, listen: Listen
) -> None:
    listener = listen(broker.port)
    listener.send("cmd/end", "{}", retain=True)
    listener.send("cmd/nonsense", "{}", retain=True)
    one = station(broker.port)
    online(one.messenger)
    listener.send("cmd/next", "{}")
    until(lambda: one.commands, "the live command came")
    assert [command.command for command in one.commands] == ["next"]
    assert not [topic for topic, _, _ in listener.heard if topic.startswith("result/")]


@pytest.mark.broker
def test_a_station_that_is_killed_is_reported_offline_by_the_broker(
    mosquitto: Mosquitto, listen: Listen, tmp_path: Path
) -> None:
    listener = listen(mosquitto.port)
    script = Path(__file__).with_name("station_process.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(mosquitto.port), str(tmp_path / "state")], stdin=subprocess.PIPE
    )
    until(lambda: listener.last("availability") == b"online", "the station is online")
    process.kill()
    process.wait(10)
    until(lambda: listener.last("availability") == b"offline", "the broker says offline")
    process.stdin.close()  # type: ignore[union-attr]


def mosquitto_with_password(folder: Path) -> Mosquitto:
    folder.mkdir()
    users = folder / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "coach", "s3cret"], check=True)
    broker = Mosquitto(folder, f"allow_anonymous false\npassword_file {users}\n")
    broker.start()
    return broker


@pytest.mark.broker
def test_a_password_opens_the_door_and_a_wrong_one_is_said_once(
    tmp_path: Path, station: StartStation, caplog: pytest.LogCaptureFixture
) -> None:
    broker = mosquitto_with_password(tmp_path / "mosquitto")
    try:
        secret = tmp_path / "secret"
        secret.write_text("s3cret\n")
        online(station(broker.port, username="coach", password_file=str(secret)).messenger)
        wrong = tmp_path / "wrong"
        wrong.write_text("guess\n")
        refused = station(broker.port, tmp_path / "other", username="coach", password_file=str(wrong))
        until(lambda: "refuses the login" in caplog.text, "the refusal is said")
        assert not refused.messenger.connected
        (record,) = [record for record in caplog.records if "refuses the login" in record.message]
        assert record.levelno == logging.ERROR
    finally:
        broker.stop()


def test_a_password_file_that_is_not_there_is_explained(tmp_path: Path) -> None:
    wanted = settings(free_port(), username="coach", password_file=str(tmp_path / "nowhere"))
    messenger = Messenger(wanted, STATION, SystemClock(), tmp_path, lambda request: None)
    with pytest.raises(MessagingError, match=r"mqtt\.password_file .*nowhere can't be read"):
        messenger.start()
    messenger.stop()


@pytest.mark.parametrize("broker_name", ["mqtt://attic", "", "at tic", "a..b", "x" * 70])
def test_a_broker_that_can_be_no_host_is_explained(tmp_path: Path, broker_name: str) -> None:
    wanted = MqttSettings(broker=broker_name)
    messenger = Messenger(wanted, STATION, SystemClock(), tmp_path, lambda request: None)
    with pytest.raises(MessagingError, match="Write the bare name"):
        messenger.start()


def test_nothing_told_before_anybody_listens_grows_without_bound(tmp_path: Path) -> None:
    messenger = Messenger(settings(free_port()), STATION, SystemClock(), tmp_path, lambda request: None)
    for number in range(QUEUE_LIMIT * 2):
        messenger.snapshot(snapshot(number / 10), LED, 0.0)
        messenger.event(contact())
    assert messenger._told.qsize() == QUEUE_LIMIT
    assert messenger.dropped["live"] >= QUEUE_LIMIT * 2 - SNAPSHOT_LIMIT
    assert messenger.dropped["event"] > QUEUE_LIMIT


def test_what_is_no_retained_topic_is_refused_at_once(tmp_path: Path) -> None:
    messenger = Messenger(settings(free_port()), STATION, SystemClock(), tmp_path, lambda request: None)
    with pytest.raises(ValueError, match="'live' is not a retained topic"):
        messenger.retained("live", {})


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def ends(messenger: Messenger) -> bool:
    stopping = threading.Thread(target=messenger.stop, daemon=True)
    stopping.start()
    stopping.join(5)
    return not stopping.is_alive()


def test_without_a_broker_it_ends_and_leaves_no_thread(station: StartStation) -> None:
    messenger = station(free_port()).messenger
    messenger.event(set_done(1))
    assert {"messenger", f"paho-mqtt-client-slowroll-{STATION}"} <= threads()
    assert ends(messenger)
    until(lambda: not {"messenger", f"paho-mqtt-client-slowroll-{STATION}"} & threads(), "threads end")


def test_a_broker_that_says_nothing_more_does_not_hold_up_the_end(
    embedded: EmbeddedBroker, station: StartStation, listen: Listen
) -> None:
    wire = Wire(embedded.port)
    wire.mend()
    messenger = station(wire.port).messenger
    listener = listen(embedded.port)
    online(messenger)
    wire.deaf = True
    messenger.event(set_done(1))
    assert ends(messenger)
    until(lambda: listener.last("availability") == b"offline", "the broker had heard the last word")
    wire.cut()


def test_small_messages_do_not_wait_for_one_another(embedded: EmbeddedBroker, station: StartStation) -> None:
    messenger = station(embedded.port).messenger
    online(messenger)
    connection = messenger._link._client.socket()
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_a_bug_in_what_a_command_does_is_not_swallowed(
    embedded: EmbeddedBroker, listen: Listen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", died.append)

    def buggy(request: object) -> None:
        raise RuntimeError("a bug")

    messenger = Messenger(settings(embedded.port), STATION, SystemClock(), tmp_path, buggy)
    messenger.start()
    online(messenger)
    listen(embedded.port).send("cmd/next", "")
    until(lambda: died, "the thread dies")
    assert str(died[0].exc_value) == "a bug"
    messenger.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself; its key lies beside it."""
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "certificate.pem")]
    subprocess.run([*words.split(), *files], check=True, capture_output=True)
    return tmp_path / "certificate.pem"


@pytest.mark.broker
def test_tls_is_spoken_with_a_broker_we_trust_and_with_no_other(
    tmp_path: Path,
    certificate: Path,
    station: StartStation,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    key = certificate.with_name("key.pem")
    broker = Mosquitto(folder, f"allow_anonymous true\ncertfile {certificate}\nkeyfile {key}\n")
    broker.start()
    try:
        suspicious = station(broker.port, tmp_path / "one", tls=True).messenger
        until(lambda: "CERTIFICATE_VERIFY_FAILED" in caplog.text, "distrust is said")
        assert not suspicious.connected
        suspicious.stop()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        online(station(broker.port, tmp_path / "two", tls=True).messenger)
    finally:
        broker.stop()
