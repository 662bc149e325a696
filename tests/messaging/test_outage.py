"""Brokers that come late, go, are killed, or hear us without our knowing: what is durable arrives, in order."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from broker_bench import (
    LED,
    Wire,
    contact,
    cue,
    set_done,
    snapshot,
    tool,
)
from brokers import Listener, Mosquitto, until

from firmware_host.messaging.embedded import EmbeddedBroker, free_port
from firmware_host.messaging.messenger import Messenger

StartStation = Callable[..., Any]
Listen = Callable[..., Listener]

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).with_name("station_process.py")


@pytest.fixture
def wire(broker: Mosquitto | EmbeddedBroker) -> Iterator[Wire]:
    """Between the station and the broker; it starts cut."""
    relay = Wire(broker.port)
    yield relay
    relay.cut()


@pytest.fixture
def listener(broker: Mosquitto | EmbeddedBroker, listen: Listen) -> Listener:
    """On the broker's own side, so that it hears what happens while the wire is cut."""
    return listen(broker.port)


def waiting(state_dir: Path) -> int:
    """Messages in the outbox, as seen from outside."""
    file = state_dir / "outbox.sqlite"
    if not file.exists():
        return 0
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as disk:
        try:
            (count,) = disk.execute("SELECT count(*) FROM outbox").fetchone()
        except sqlite3.OperationalError:  # its table is not there yet
            count = 0
    disk.close()
    return int(count)


def sets_heard(*listeners: Listener) -> list[int]:
    """Numbers of the sets, each where it was heard first."""
    numbers = [payload["passes"] for listener in listeners for payload in listener.json("event/set")]
    return list(dict.fromkeys(numbers))


def one_id_for_each_set(*listeners: Listener) -> bool:
    payloads = [payload for listener in listeners for payload in listener.json("event/set")]
    ids = {payload["passes"]: payload["id"] for payload in payloads}
    return len(set(ids.values())) == len(ids) and all(ids[one["passes"]] == one["id"] for one in payloads)


def tell_sets(messenger: Messenger, first: int, last: int) -> None:
    for number in range(first, last + 1):
        messenger.event(set_done(number))


def test_a_broker_that_comes_late_is_found(
    wire: Wire, listener: Listener, station: StartStation, caplog: pytest.LogCaptureFixture
) -> None:
    messenger = station(wire.port).messenger
    tell_sets(messenger, 1, 3)
    until(lambda: "No MQTT broker at" in caplog.text, "that there is no broker is said")
    assert not messenger.connected
    wire.mend()
    until(lambda: sets_heard(listener) == [1, 2, 3], "what waited is heard")
    assert listener.heard[0][0] == "availability"
    assert messenger.connected


def test_an_outage_costs_live_and_passing_events_but_no_set(
    wire: Wire, listener: Listener, station: StartStation, tmp_path: Path
) -> None:
    wire.mend()
    messenger = station(wire.port).messenger
    until(lambda: messenger.connected, "connected")
    tell_sets(messenger, 1, 2)
    messenger.snapshot(snapshot(1.0, tool(on_body=True)), LED, 0.0)
    until(lambda: listener.payloads("live") and sets_heard(listener) == [1, 2], "the beginning is heard")
    wire.cut()
    until(lambda: not messenger.connected, "the loss is seen")
    tell_sets(messenger, 3, 30)
    messenger.event(contact())
    messenger.event(cue(2.0))
    for number in range(10):
        messenger.snapshot(snapshot(2.0 + number, tool(on_body=True, t=2.0 + number)), LED, 0.0)
        until(lambda: messenger._told.empty(), "it was taken")
    until(lambda: waiting(tmp_path / "state") == 28, "they wait on disk")
    assert messenger.dropped == {"event": 2, "live": 10}
    wire.mend()
    until(lambda: sets_heard(listener) == list(range(1, 31)), "all sets are heard, in order")
    assert one_id_for_each_set(listener)
    assert len(listener.payloads("live")) == 1
    assert not listener.payloads("event/contact")
    until(lambda: [one["t"] for one in listener.json("state")] == [1.0, 11.0], "the newest state is sent")
    until(lambda: waiting(tmp_path / "state") == 0, "the outbox is empty")


def test_a_broker_that_hears_us_without_our_knowing_gets_duplicates_and_all_in_order(
    wire: Wire, listener: Listener, station: StartStation, tmp_path: Path
) -> None:
    wire.mend()
    messenger = station(wire.port).messenger
    until(lambda: messenger.connected, "connected")
    wire.deaf = True
    tell_sets(messenger, 1, 15)
    until(lambda: sets_heard(listener) == list(range(1, 11)), "ten are in flight")
    until(lambda: waiting(tmp_path / "state") == 15, "none is taken for delivered")
    wire.cut()
    until(lambda: not messenger.connected, "the loss is seen")
    wire.mend()
    until(lambda: waiting(tmp_path / "state") == 0, "all are delivered")
    until(lambda: sets_heard(listener) == list(range(1, 16)), "all are heard, in order")
    assert one_id_for_each_set(listener)
    assert len(listener.payloads("event/set")) == 25


def test_retained_topics_are_said_again_to_a_broker_that_forgot(
    embedded: EmbeddedBroker, station: StartStation, listen: Listen
) -> None:
    messenger = station(embedded.port).messenger
    until(lambda: messenger.connected, "connected")
    messenger.snapshot(snapshot(1.0, tool()), LED, 0.0)
    messenger.retained("spots", [{"muscle": "calves"}])
    messenger.retained("session/last", {"work_s": 41.5})
    first = listen(embedded.port)
    topics = {"state", "spots", "session/last", "availability"}
    until(lambda: {topic for topic, _, _ in first.heard} == topics, "all are heard")
    embedded.stop()
    until(lambda: not messenger.connected, "the loss is seen")
    embedded.start()
    until(lambda: messenger.connected, "connected again")
    late = listen(embedded.port)
    until(lambda: {topic for topic, _, _ in late.heard} == topics, "the new broker has all of them")
    assert late.last("session/last") == first.last("session/last")
    assert late.last("availability") == b"online"


@pytest.mark.broker
def test_a_mosquitto_that_is_killed_and_restarted_gets_everything(
    mosquitto: Mosquitto, station: StartStation, listen: Listen, tmp_path: Path
) -> None:
    listener = listen(mosquitto.port, "keeper")
    until(lambda: mosquitto.has_saved("keeper"), "the listener's session is on its disk")
    messenger = station(mosquitto.port).messenger
    until(lambda: messenger.connected, "connected")
    tell_sets(messenger, 1, 5)
    until(lambda: sets_heard(listener) == [1, 2, 3, 4, 5], "the beginning is heard")
    mosquitto.kill()
    tell_sets(messenger, 6, 20)
    until(lambda: waiting(tmp_path / "state") >= 15, "they wait on disk")
    mosquitto.start()
    until(lambda: sets_heard(listener) == list(range(1, 21)), "all sets are heard, in order")
    assert one_id_for_each_set(listener)
    until(lambda: messenger.connected and listener.last("availability") == b"online", "online again")


def start_process(port: int, state_dir: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(SCRIPT), str(port), str(state_dir)], stdin=subprocess.PIPE)


def tell(process: subprocess.Popen[bytes], numbers: range) -> None:
    assert process.stdin is not None
    process.stdin.write(b"".join(b"%d\n" % number for number in numbers))
    process.stdin.flush()


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(10)
    assert process.stdin is not None
    process.stdin.close()


def test_a_station_killed_while_the_broker_is_away_sends_it_all_in_its_next_life(
    broker: Mosquitto | EmbeddedBroker, station: StartStation, listener: Listener, tmp_path: Path
) -> None:
    state_dir = tmp_path / "state"
    process = start_process(free_port(), state_dir)
    tell(process, range(1, 13))
    until(lambda: waiting(state_dir) == 12, "all wait on disk")
    kill(process)
    messenger = station(broker.port, state_dir).messenger
    tell_sets(messenger, 13, 14)
    until(lambda: sets_heard(listener) == list(range(1, 15)), "both lives are heard, in order")
    assert one_id_for_each_set(listener)


def test_a_station_killed_in_mid_delivery_loses_nothing_it_had_put(
    broker: Mosquitto | EmbeddedBroker, station: StartStation, listener: Listener, tmp_path: Path
) -> None:
    state_dir = tmp_path / "state"
    process = start_process(broker.port, state_dir)
    tell(process, range(1, 400))
    until(lambda: len(sets_heard(listener)) >= 20, "delivery is under way")
    kill(process)
    left = waiting(state_dir)
    messenger = station(broker.port, state_dir).messenger
    messenger.event(set_done(1000))
    until(lambda: sets_heard(listener)[-1:] == [1000], "the next life's set is heard")
    heard = sets_heard(listener)
    assert heard == [*range(1, len(heard)), 1000]
    assert len(heard) > 20
    assert left <= 399
    assert one_id_for_each_set(listener)
