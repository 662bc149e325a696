"""Commands to a running station over its broker, and their answers: what `slowroll run-finished` and `calibrate` do."""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

import msgspec
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from firmware_host.messaging import topics
from firmware_host.messaging.client import checked_host, password_of
from firmware_host.messaging.errors import MessagingError
from firmware_host.messaging.payloads import ResultPayload
from firmware_host.settings import MqttSettings

CONNECT_S = 5.0
ONLINE_S = 3.0
"""`availability` is retained: it is there with the subscription, or nowhere."""
ANSWER_S = 10.0

Signal = tuple[str, Any]
"""("up", None), ("refused", why) or (topic suffix, payload)."""


class NoAnswer(MessagingError):
    """Broker or station are away, or did not answer; nothing is known to have changed."""


class Conversation:
    """One command after the other to a running station, over one connection; a context manager.

    Entering raises NoAnswer where broker or station are away, MessagingError for settings that can't work. Nothing is
    published to a station that is not online: a broker may keep it, and "90 minutes ago" would come late.
    """

    def __init__(self, settings: MqttSettings, station: str, command: str) -> None:
        self._settings = settings
        self._station = station
        self._command = command
        self._heard: SimpleQueue[Signal] = SimpleQueue()
        self._client = _client(settings, station, command, self._heard)

    def __enter__(self) -> Conversation:
        settings, station = self._settings, self._station
        where = f"{settings.broker}:{settings.port}"
        try:
            self._client.connect(checked_host(settings.broker), settings.port)
        except OSError as error:
            raise NoAnswer(f"no broker answers at {where} ({error})") from error
        self._client.loop_start()
        try:
            up = f"the broker at {where} did not answer"
            _wait(self._heard, lambda topic, _: topic == "up", CONNECT_S, up)
            _wait(
                self._heard,
                lambda topic, payload: topic == topics.AVAILABILITY.suffix and payload == topics.ONLINE,
                ONLINE_S,
                f"the station {station!r} is not online at the broker {where}",
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def ask(self, fields: dict[str, Any]) -> ResultPayload:
        """Publish `cmd/<command>` and wait for its result. NoAnswer if there is none in time."""
        asked = uuid.uuid4().hex
        payload = msgspec.json.encode({**fields, "id": asked})
        self._client.publish(topics.full(self._station, f"cmd/{self._command}"), payload, topics.COMMAND.qos)
        mine = _wait(
            self._heard,
            lambda topic, payload: topic == topics.result_suffix(self._command) and _id_of(payload) == asked,
            ANSWER_S,
            f"the station {self._station!r} did not answer within {ANSWER_S:.0f} s",
        )
        return msgspec.json.decode(mine, type=ResultPayload)


def ask(settings: MqttSettings, station: str, command: str, fields: dict[str, Any]) -> ResultPayload:
    """One command and its result. NoAnswer, or MessagingError for settings that can't work."""
    with Conversation(settings, station, command) as talk:
        return talk.ask(fields)


def _client(settings: MqttSettings, station: str, command: str, heard: SimpleQueue[Signal]) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
    if settings.username is not None:
        client.username_pw_set(settings.username, password_of(settings))
    if settings.tls:
        client.tls_set_context(ssl.create_default_context())
    client.connect_timeout = CONNECT_S
    wanted = (topics.result_suffix(command), topics.AVAILABILITY.suffix)

    def connected(client: paho.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if reason.is_failure:
            heard.put(("refused", str(reason)))
        else:
            client.subscribe([(topics.full(station, suffix), 1) for suffix in wanted])

    def message(_client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        heard.put((topics.suffix_of(station, message.topic) or "", bytes(message.payload)))

    client.on_connect = connected
    client.on_subscribe = lambda *_: heard.put(("up", None))
    client.on_message = message
    return client


def _wait(heard: SimpleQueue[Signal], fits: Callable[[str, Any], bool], limit_s: float, otherwise: str) -> Any:
    deadline = time.monotonic() + limit_s
    while True:
        try:
            topic, payload = heard.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise NoAnswer(otherwise) from None
        if topic == "refused":
            raise NoAnswer(f"the broker does not let us in ({payload}): see mqtt.username and mqtt.password_file")
        if fits(topic, payload):
            return payload


def _id_of(payload: bytes) -> str | None:
    try:
        return msgspec.json.decode(payload, type=ResultPayload).id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
