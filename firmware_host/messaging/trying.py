"""One connection to the broker and away again: is it there, and does it let us in? For `slowroll check`."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import time
from queue import Empty, SimpleQueue
from typing import Any, Literal, NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from firmware_host.messaging import topics
from firmware_host.messaging.client import checked_host, password_of
from firmware_host.messaging.errors import MessagingError
from firmware_host.settings import MqttSettings

LIMIT_S = 5.0

How = Literal["in", "no commands", "settings", "no name", "nobody listens", "no answer", "no entry", "tls", "refused"]
"""`no commands`: logged in, but not allowed to subscribe to commands. `no entry`: wrong user or password."""


class Tried(NamedTuple):
    """What came of it; `words` are the system's or the broker's."""

    how: How
    words: str = ""


def try_broker(settings: MqttSettings, station: str, limit_s: float = LIMIT_S) -> Tried:
    """Connect, log in, subscribe to commands, leave. Nothing is published, and a running station's own connection
    goes on: the client's name is another one.
    """
    heard: SimpleQueue[Tried] = SimpleQueue()
    try:
        host = checked_host(settings.broker)
        client = _client(settings, station, heard, limit_s)
    except MessagingError as error:
        return Tried("settings", str(error))
    try:
        client.connect(host, settings.port)
    except ssl.SSLError as error:
        return Tried("tls", error.reason or str(error))
    except OSError as error:
        return _unreachable(error)
    client.loop_start()
    try:
        return heard.get(timeout=limit_s)
    except Empty:
        return Tried("no answer", f"connected, but no MQTT answer within {limit_s:g} s")
    finally:
        client.disconnect()
        client.loop_stop()


def _client(settings: MqttSettings, station: str, heard: SimpleQueue[Tried], limit_s: float) -> paho.Client:
    name = f"slowroll-{station}-check-{os.getpid()}-{time.monotonic_ns() % 10_000}"
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv311)
    if settings.username is not None:
        client.username_pw_set(settings.username, password_of(settings))
    if settings.tls:
        client.tls_set_context(ssl.create_default_context())
    client.connect_timeout = limit_s

    def connected(client: paho.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if reason.is_failure:
            # 134 and 135 are "bad user name or password" and "not authorized" (MQTT 5, 3.2.2.2; paho maps 3.1.1 so)
            heard.put(Tried("no entry" if reason.value in (134, 135) else "refused", str(reason)))
        else:
            client.subscribe(topics.command_filter(station), topics.COMMAND.qos)

    def subscribed(_client: paho.Client, _data: Any, _mid: int, reasons: Any, _more: Any) -> None:
        heard.put(Tried("no commands" if any(reason.is_failure for reason in reasons) else "in"))

    def closed(_client: paho.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        heard.put(Tried("refused", f"the other side closed the connection ({reason})"))

    client.on_connect = connected
    client.on_subscribe = subscribed
    client.on_disconnect = closed
    return client


def _unreachable(error: OSError) -> Tried:
    words = error.strerror or str(error)
    if isinstance(error, socket.gaierror):
        return Tried("no name", words)
    if error.errno == errno.ECONNREFUSED:
        return Tried("nobody listens", words)
    return Tried("no answer", words)
