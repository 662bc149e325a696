"""The three classes of message, and what is done with each. Owned by the messenger thread; no locks.

Live: sent now or not at all. Retained: the last value a topic, sent when it changes and again on every connect.
Durable: kept in the outbox until the broker has it. Besides, events and answers at QoS 1: sent when connected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from firmware_host.messaging import topics
from firmware_host.messaging.outbox import Message, Outbox

IN_FLIGHT = 10
"""Durable messages sent and not yet acknowledged."""
UNWRITTEN = 20
"""QoS 0 messages that have not left for the socket: about two seconds of live. Then the link is stuck."""
UNACKNOWLEDGED = 100
"""Events and answers that paho holds for us in memory."""


class Wire(Protocol):
    """What is needed of `client.Link`."""

    def publish(self, topic: str, payload: bytes, qos: topics.Qos, retained: bool) -> int | None: ...


class Publisher:
    """`give_up(kind)` is told of every message that is dropped."""

    def __init__(self, wire: Wire, outbox: Outbox, station: str, give_up: Callable[[str], None]) -> None:
        self._wire = wire
        self._outbox = outbox
        self._station = station
        self._give_up = give_up
        self._connected = False
        self._leaving = False
        self._retained: dict[str, bytes] = {}
        self._unsent: dict[str, None] = {}
        """Suffixes in `_retained` whose value the broker has not been given, oldest first."""
        self._sent_to = 0
        """Position of the last outbox message given to paho."""
        self._in_flight: dict[int, Message] = {}
        self._unacknowledged: set[int] = set()
        self._unwritten: set[int] = set()

    @property
    def flushed(self) -> bool:
        """The broker has everything that was given to it."""
        return not (self._in_flight or self._unacknowledged or self._unwritten)

    def up(self) -> None:
        """Connected: first all we last said, then that we are here, then what waited."""
        self._connected = True
        self._unwritten.clear()
        self._unsent = dict.fromkeys(self._retained)
        self._send_retained()
        self._availability(topics.ONLINE)
        self._send_durable()

    def down(self) -> None:
        """Lost. What is in flight at QoS 1 paho sends again; QoS 0 is gone."""
        self._connected = False
        self._unwritten.clear()

    def leave(self) -> None:
        """The last word: `offline`, behind all that is in flight. Nothing is sent after it."""
        if self._connected:
            self._availability(topics.OFFLINE)
        self._leaving = True

    def live(self, payload: bytes) -> None:
        if not self._open or len(self._unwritten) >= UNWRITTEN:
            self._give_up("live")
            return
        self._send(topics.LIVE.suffix, payload)

    def retain(self, suffix: str, payload: bytes) -> None:
        self._retained[suffix] = payload
        self._unsent[suffix] = None
        self._send_retained()

    def event(self, suffix: str, payload: bytes, kind: str) -> None:
        """An event or an answer; `kind` names it if it is dropped."""
        if not self._open or len(self._unacknowledged) >= UNACKNOWLEDGED or not self._send(suffix, payload):
            self._give_up(kind)

    def durable(self, suffix: str, payload: bytes, id: str) -> None:  # noqa: A002
        self._outbox.put(topics.full(self._station, suffix), payload, id, topics.find(suffix).retained)
        self._send_durable()

    def acknowledged(self, mid: int) -> None:
        self._unwritten.discard(mid)
        self._unacknowledged.discard(mid)
        message = self._in_flight.pop(mid, None)
        if message is not None:
            self._outbox.delete(message.position)
            self._remember(message)
        self._send_retained()
        self._send_durable()

    @property
    def _open(self) -> bool:
        return self._connected and not self._leaving

    def _remember(self, message: Message) -> None:
        """A durable message that is retained too (`session/last`) is sent again on connect, as it was."""
        suffix = topics.suffix_of(self._station, message.topic)
        if message.retained and suffix is not None:
            self._retained[suffix] = message.payload

    def _availability(self, word: bytes) -> None:
        self._send(topics.AVAILABILITY.suffix, word)

    def _send_retained(self) -> None:
        while self._unsent and self._open and len(self._unwritten) < UNWRITTEN:
            suffix = next(iter(self._unsent))
            if not self._send(suffix, self._retained[suffix]):
                return
            del self._unsent[suffix]

    def _send_durable(self) -> None:
        if not self._open:
            return
        for message in self._outbox.after(self._sent_to, IN_FLIGHT - len(self._in_flight)):
            mid = self._wire.publish(message.topic, message.payload, 1, message.retained)
            if mid is None:
                return
            self._in_flight[mid] = message
            self._sent_to = message.position

    def _send(self, suffix: str, payload: bytes) -> bool:
        topic = topics.find(suffix)
        mid = self._wire.publish(topics.full(self._station, suffix), payload, topic.qos, topic.retained)
        if mid is None:
            return False
        (self._unacknowledged if topic.qos else self._unwritten).add(mid)
        return True
