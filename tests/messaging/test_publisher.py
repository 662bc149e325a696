"""The three classes of message, on a wire that is made of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from broker_bench import (
    BASE,
)
from brokers import STATION

from firmware_host.messaging.outbox import Outbox
from firmware_host.messaging.publisher import IN_FLIGHT, UNACKNOWLEDGED, UNWRITTEN, Publisher
from firmware_host.messaging.topics import Qos


class ListWire:
    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, Qos, bool]] = []
        self.takes = True

    def publish(self, topic: str, payload: bytes, qos: Qos, retained: bool) -> int | None:
        if not self.takes:
            return None
        self.sent.append((topic.removeprefix(BASE), payload, qos, retained))
        return len(self.sent)

    def take(self) -> list[tuple[str, bytes]]:
        """What was sent since the last time, as (suffix, payload)."""
        taken = [(suffix, payload) for suffix, payload, _, _ in self.sent[self._seen :]]
        self._seen = len(self.sent)
        return taken

    _seen = 0


class Bench:
    def __init__(self, folder: Path) -> None:
        self.wire = ListWire()
        self.outbox = Outbox(folder / "outbox.sqlite", 50)
        self.outbox.open()
        self.dropped: Counter[str] = Counter()
        self.publisher = self.again()

    def again(self) -> Publisher:
        """As after a restart: the outbox is what remains."""
        return Publisher(self.wire, self.outbox, STATION, lambda kind: self.dropped.update([kind]))

    def acknowledge_all(self) -> None:
        done = 0
        while done < len(self.wire.sent):
            done += 1
            self.publisher.acknowledged(done)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def put_sets(publisher: Publisher, first: int, last: int) -> None:
    for number in range(first, last + 1):
        publisher.durable("event/set", str(number).encode(), f"id-{number}")


def test_on_connect_retained_comes_first_then_online_then_what_waited(bench: Bench) -> None:
    bench.publisher.retain("state", b"s1")
    bench.publisher.retain("history", b"h")
    bench.publisher.retain("state", b"s2")
    put_sets(bench.publisher, 1, 2)
    assert bench.wire.take() == []
    bench.publisher.up()
    assert bench.wire.take() == [
        ("state", b"s2"),
        ("history", b"h"),
        ("availability", b"online"),
        ("event/set", b"1"),
        ("event/set", b"2"),
    ]
    assert [(qos, retained) for _, _, qos, retained in bench.wire.sent] == [
        (0, True),
        (1, True),
        (1, True),
        (1, False),
        (1, False),
    ]


def test_at_most_ten_durable_messages_are_in_flight(bench: Bench) -> None:
    bench.publisher.up()
    put_sets(bench.publisher, 1, 25)
    sets = [number for suffix, number in bench.wire.take() if suffix == "event/set"]
    assert len(sets) == IN_FLIGHT
    bench.publisher.acknowledged(2)
    assert bench.wire.take() == [("event/set", b"11")]
    bench.acknowledge_all()
    assert [payload for _, payload in bench.wire.take()] == [str(n).encode() for n in range(12, 26)]
    assert len(bench.outbox) == 0
    assert bench.publisher.flushed


def test_what_is_in_flight_is_not_given_to_paho_twice(bench: Bench) -> None:
    bench.publisher.up()
    put_sets(bench.publisher, 1, 3)
    bench.publisher.down()
    put_sets(bench.publisher, 4, 4)
    bench.wire.take()
    bench.publisher.up()
    assert bench.wire.take() == [("availability", b"online"), ("event/set", b"4")]


def test_after_a_restart_everything_unacknowledged_is_sent_again_in_order(bench: Bench) -> None:
    bench.publisher.up()
    put_sets(bench.publisher, 1, 3)
    bench.publisher.acknowledged(2)  # 1 is the availability
    bench.wire.take()
    bench.again().up()
    assert bench.wire.take() == [("availability", b"online"), ("event/set", b"2"), ("event/set", b"3")]


def test_a_durable_retained_message_is_sent_again_on_connect_once_it_was_delivered(bench: Bench) -> None:
    bench.publisher.up()
    bench.publisher.durable("session/last", b"old", "a")
    bench.acknowledge_all()
    bench.publisher.down()
    bench.publisher.durable("session/last", b"new", "b")
    bench.wire.take()
    bench.publisher.up()
    assert bench.wire.take() == [
        ("session/last", b"old"),
        ("availability", b"online"),
        ("session/last", b"new"),
    ]
    assert bench.wire.sent[-1][2:] == (1, True)


def test_live_is_dropped_and_counted_when_away_or_when_the_wire_is_stuck(bench: Bench) -> None:
    bench.publisher.live(b"x")
    assert bench.dropped["live"] == 1
    bench.publisher.up()
    bench.wire.take()
    for _ in range(100):
        bench.publisher.live(b"x")
    assert len(bench.wire.take()) == UNWRITTEN
    assert bench.dropped["live"] == 101 - UNWRITTEN
    bench.acknowledge_all()
    bench.publisher.live(b"y")
    assert bench.wire.take() == [("live", b"y")]


def test_a_stuck_wire_gets_the_newest_state_once_it_moves(bench: Bench) -> None:
    bench.publisher.up()
    for _ in range(UNWRITTEN):
        bench.publisher.live(b"x")
    bench.wire.take()
    for number in range(50):
        bench.publisher.retain("state", str(number).encode())
    assert bench.wire.take() == []
    bench.acknowledge_all()
    assert bench.wire.take() == [("state", b"49")]


def test_unwritten_messages_of_a_lost_connection_do_not_count(bench: Bench) -> None:
    bench.publisher.up()
    for _ in range(UNWRITTEN):
        bench.publisher.live(b"x")
    bench.publisher.down()
    bench.publisher.up()
    bench.wire.take()
    bench.publisher.live(b"y")
    assert bench.wire.take() == [("live", b"y")]


@pytest.mark.parametrize("kind", ["event", "result"])
def test_events_and_answers_do_not_pile_up_in_paho(bench: Bench, kind: str) -> None:
    bench.publisher.event("event/pass", b"offline", kind)
    assert bench.dropped[kind] == 1
    bench.publisher.up()
    for _ in range(500):
        bench.publisher.event("event/pass", b"p", kind)
    assert len(bench.wire.sent) == UNACKNOWLEDGED
    assert bench.dropped[kind] == 501 - len([1 for suffix, *_ in bench.wire.sent if suffix == "event/pass"])


def test_offline_is_the_last_word(bench: Bench) -> None:
    bench.publisher.up()
    put_sets(bench.publisher, 1, 30)
    bench.publisher.leave()
    assert (bench.publisher.flushed, len(bench.outbox)) == (False, 30)
    bench.acknowledge_all()
    assert (bench.publisher.flushed, len(bench.outbox)) == (True, 30 - IN_FLIGHT)
    bench.publisher.live(b"x")
    bench.publisher.retain("state", b"x")
    assert bench.wire.sent[-1] == ("availability", b"offline", 1, True)


def lossy(publisher: Publisher) -> list[Callable[[], None]]:
    return [
        lambda: publisher.event("event/pass", b"p", "event"),
        lambda: publisher.durable("event/set", b"1", "a"),
        lambda: publisher.retain("history", b"h"),
    ]


def test_what_the_wire_does_not_take_is_counted_or_kept(bench: Bench) -> None:
    bench.publisher.up()
    bench.wire.takes = False
    for send in lossy(bench.publisher):
        send()
    assert bench.dropped["event"] == 1
    assert len(bench.outbox) == 1
    bench.wire.take()
    bench.wire.takes = True
    bench.publisher.acknowledged(1)
    assert bench.wire.take() == [("history", b"h"), ("event/set", b"1")]
