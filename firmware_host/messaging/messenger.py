"""The messaging room's door: told everything by the engine thread, never blocks it, and talks to the broker.

One `messenger` thread takes what it is told from one queue, encodes it and publishes it; paho's thread puts
what happens on the wire into the same queue. Nothing else is shared, so there is nothing to lock.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import msgspec

from firmware_host.clock import Clock, rfc3339
from firmware_host.coaching.events import Event
from firmware_host.coaching.snapshot import Snapshot
from firmware_host.messaging import commands, topics
from firmware_host.messaging.client import (
    EMBEDDED,
    Acknowledged,
    Down,
    Link,
    Received,
    Refused,
    Signal,
    Unreachable,
    Up,
)
from firmware_host.messaging.commands import Refusal, Request
from firmware_host.messaging.connection_log import ConnectionLog
from firmware_host.messaging.outbox import Outbox
from firmware_host.messaging.pacing import StatePacing, cue_shown
from firmware_host.messaging.payloads import ResultPayload, live_payload, state_payload
from firmware_host.messaging.publisher import Publisher
from firmware_host.settings import MqttSettings

log = logging.getLogger("slowroll.messaging")

Color = tuple[float, float, float]

QUEUE_LIMIT = 2000
"""Things told and not yet taken; beyond it they are dropped and counted. It fills only if the disk hangs."""
SNAPSHOT_LIMIT = 20
COMMAND_LIMIT = 200
"""The queue may be this long before snapshots, and messages from outside, are dropped: events come first."""
FLUSH_S = 0.8
"""For the last messages and `offline` to be acknowledged."""
GOODBYE_S = 0.15


class _Happened(NamedTuple):
    event: Event
    at: datetime


class _Shown(NamedTuple):
    snapshot: Snapshot
    at: datetime
    led: Color
    haptic: float


class _Retain(NamedTuple):
    suffix: str
    payload: object
    at: datetime


class _Answer(NamedTuple):
    command: str
    result: ResultPayload


class _Leave(NamedTuple):
    """Say `offline`, and end once the broker has it."""


class _GiveUp(NamedTuple):
    """End now."""


_Told = _Happened | _Shown | _Retain | _Answer | _Leave | _GiveUp | Signal


class Messenger:
    """Publishes what the engine says, and brings what people command.

    `on_command` is called on the messenger thread with a `Command` (its `t` is now) or a service request;
    whoever carries it out calls `answer`. What can't be understood is answered here.
    """

    def __init__(
        self,
        settings: MqttSettings,
        station: str,
        clock: Clock,
        state_dir: Path,
        on_command: Callable[[Request], None],
    ) -> None:
        self._station = station
        self._clock = clock
        self._on_command = on_command
        self._told: SimpleQueue[_Told] = SimpleQueue()
        self._link = Link(settings, station, self._signal)
        self._outbox = Outbox(state_dir / "outbox.sqlite", settings.outbox_limit)
        self._publisher = Publisher(self._link, self._outbox, station, self._give_up)
        host = "localhost" if settings.broker == EMBEDDED else settings.broker
        self._log = ConnectionLog(f"{host}:{settings.port}", f"slowroll-{station}")
        self._pacing = StatePacing()
        self._dropped: Counter[str] = Counter()
        self._counting = threading.Lock()  # held for one addition, never around a call
        self._connected = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Connect, now or whenever the broker comes. MessagingError if the settings can't work."""
        self._link.start()
        self._thread = threading.Thread(target=self._run, name="messenger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Publish what was told before, then `offline`; returns within a second, whatever the broker does."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._told.put(_Leave())
        thread.join(FLUSH_S)
        if thread.is_alive():
            self._told.put(_GiveUp())
            thread.join(GOODBYE_S)

    @property
    def connected(self) -> bool:
        return self._connected

    @property
    def dropped(self) -> dict[str, int]:
        """Messages given up, by kind: live, event, result, command, retained, outbox."""
        with self._counting:
            counts = dict(self._dropped)
        if self._outbox.dropped:
            counts["outbox"] = self._outbox.dropped
        return counts

    def event(self, event: Event) -> None:
        """Publish an event; sets, sessions and spots reach the broker even if it is away now."""
        self._offer(_Happened(event, self._clock.wall()), QUEUE_LIMIT, "event")

    def snapshot(self, snapshot: Snapshot, led: Color, haptic: float) -> None:
        """10 times a second: what is known, and what LED (red, green, blue, 0..1) and motor (0..1) do."""
        self._offer(_Shown(snapshot, self._clock.wall(), led, haptic), SNAPSHOT_LIMIT, "live")

    def retained(self, suffix: str, payload: object) -> None:
        """The newest value of a retained topic, such as "history"; anything msgspec can encode.

        `session/last` is durable and must encode to a JSON object: it is given `at`, and an `id` unless it
        has one. Raises ValueError for a suffix that is no retained topic.
        """
        if not topics.find(suffix).retained:
            raise ValueError(f"{suffix!r} is not a retained topic")
        self._offer(_Retain(suffix, payload, self._clock.wall()), QUEUE_LIMIT, "retained")

    def answer(self, command: str, result: ResultPayload) -> None:
        """The answer to a command, on `result/<command>`."""
        self._offer(_Answer(command, result), QUEUE_LIMIT, "result")

    def _offer(self, told: _Told, limit: int, kind: str) -> None:
        if self._told.qsize() >= limit:
            self._give_up(kind)
        else:
            self._told.put(told)

    def _signal(self, signal: Signal) -> None:
        """On paho's thread. Only messages from outside can be many; the others are bounded by what we send."""
        if isinstance(signal, Received):
            self._offer(signal, COMMAND_LIMIT, "command")
        else:
            self._told.put(signal)

    def _give_up(self, kind: str) -> None:
        with self._counting:
            self._dropped[kind] += 1

    def _run(self) -> None:
        self._outbox.open()
        leaving = False
        while not (leaving and (self._publisher.flushed or not self._connected)):
            told = self._told.get()
            if isinstance(told, _GiveUp):
                break
            leaving = leaving or isinstance(told, _Leave)
            self._take(told)
        self._outbox.close()
        was_connected, self._connected = self._connected, False
        self._link.stop(was_connected)

    def _take(self, told: _Told) -> None:
        match told:
            case _Shown():
                self._take_snapshot(told)
            case Acknowledged(mid):
                self._publisher.acknowledged(mid)
            case _Happened(event, at):
                self._take_event(event, at)
            case _Retain():
                self._take_retained(told)
            case _Answer(command, result):
                self._publisher.event(topics.result_suffix(command), msgspec.json.encode(result), "result")
            case Received():
                self._take_command(told)
            case _Leave():
                self._publisher.leave()
            case _:
                self._take_change(told)

    def _take_change(self, change: Up | Down | Refused | Unreachable | _GiveUp) -> None:
        """The connection came or went."""
        match change:
            case Up():
                self._publisher.up()
                self._connected = True
                self._log.up(change, self._clock.now())
            case Down():
                self._connected = False
                self._publisher.down()
                self._log.down(change, self._clock.now())
            case Refused():
                self._log.refused(change)
            case Unreachable():
                self._log.unreachable(change)

    def _take_snapshot(self, shown: _Shown) -> None:
        snapshot, at = shown.snapshot, rfc3339(shown.at)
        cue = cue_shown(snapshot)
        for tool in snapshot.tools:
            if tool.on_body:
                payload = live_payload(tool, at, cue, shown.led, shown.haptic)
                self._publisher.live(msgspec.json.encode(payload))
        if self._pacing.due(snapshot):
            self._publisher.retain(topics.STATE.suffix, msgspec.json.encode(state_payload(snapshot, at)))

    def _take_event(self, event: Event, at: datetime) -> None:
        suffix = f"event/{event.__struct_config__.tag}"
        if suffix in topics.DURABLE:
            self._durable(suffix, event, at)
        else:
            payload = {**msgspec.to_builtins(event), "at": rfc3339(at)}
            self._publisher.event(suffix, msgspec.json.encode(payload), "event")

    def _take_retained(self, told: _Retain) -> None:
        if told.suffix in topics.DURABLE:
            self._durable(told.suffix, told.payload, told.at)
        else:
            self._publisher.retain(told.suffix, msgspec.json.encode(told.payload))

    def _durable(self, suffix: str, content: object, at: datetime) -> None:
        """`at` and `id` are added: it may arrive long after, and twice. Random, because a Pi's clock may be
        set back and counters start again."""
        added = {"at": rfc3339(at), "id": f"{self._station}-{uuid.uuid4().hex}"}
        payload = {**added, **msgspec.to_builtins(content)}
        self._publisher.durable(suffix, msgspec.json.encode(payload), str(payload["id"]))

    def _take_command(self, message: Received) -> None:
        name = topics.command_name(self._station, message.topic)
        if name is None or message.retained:
            log.debug("Ignored a retained or misdirected message on %s.", message.topic[:100])
            return
        request = commands.decode(name, message.payload, self._clock.now(), self._clock.wall())
        if isinstance(request, Refusal):
            result = ResultPayload(id=request.id, ok=False, why=request.why)
            self._publisher.event(topics.result_suffix(name), msgspec.json.encode(result), "result")
        else:
            self._on_command(request)
