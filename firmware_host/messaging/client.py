"""The thin skin around paho: what happens on the wire comes out as signals, in order, on one callable.

paho calls back on its own thread and partly with its own lock held, so a callback only hands a signal over;
taking a lock there that another thread holds around `publish` would deadlock. `Up` is told at the SUBACK, not
at the CONNACK: by then paho has sent again what was in flight, so order is kept, and commands are heard.
"""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from firmware_host.messaging import topics
from firmware_host.messaging.commands import MAX_BYTES
from firmware_host.messaging.errors import MessagingError
from firmware_host.settings import MqttSettings

KEEPALIVE_S = 10
RETRY_FIRST_S, RETRY_LAST_S = 1, 30
EMBEDDED = "embedded"


class Up(NamedTuple):
    """Connected; `commands` is False if the broker does not let us subscribe to them."""

    commands: bool


class Down(NamedTuple):
    """The connection is lost."""

    why: str


class Refused(NamedTuple):
    """The broker answered, and does not let us in."""

    why: str


class Unreachable(NamedTuple):
    """There is no broker at the address, or none we can talk to."""

    why: str


class Acknowledged(NamedTuple):
    """QoS 1: the broker has it. QoS 0: it left for the socket."""

    mid: int


class Received(NamedTuple):
    """A message on `cmd/+`; `payload` is cut off one byte beyond the limit, which is enough to refuse it."""

    topic: str
    payload: bytes
    retained: bool


Signal = Up | Down | Refused | Unreachable | Acknowledged | Received


class Link:
    """One connection to the broker, which comes back by itself after 1 to 30 s, for ever.

    `signal` is called on paho's thread and must not block or take a lock that is held around `publish`.
    """

    def __init__(self, settings: MqttSettings, station: str, signal: Callable[[Signal], None]) -> None:
        self._settings = settings
        self._station = station
        self._signal = signal
        self._client: paho.Client | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to connect. MessagingError if the settings can't work; a broker that is away is no error."""
        host = checked_host(self._settings.broker)
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"slowroll-{self._station}", protocol=paho.MQTTv311)
        if self._settings.username is not None:
            client.username_pw_set(self._settings.username, password_of(self._settings))
        if self._settings.tls:
            client.tls_set_context(ssl.create_default_context())
        availability = topics.AVAILABILITY
        client.will_set(
            topics.full(self._station, availability.suffix),
            topics.OFFLINE,
            availability.qos,
            availability.retained,
        )
        client.reconnect_delay_set(RETRY_FIRST_S, RETRY_LAST_S)
        client.on_socket_open = _no_delay
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.connect_async(host, self._settings.port, KEEPALIVE_S)
        self._client = client
        client.loop_start()

    def publish(self, topic: str, payload: bytes, qos: topics.Qos, retained: bool) -> int | None:
        """Hand a message over; its id in `Acknowledged`, or None if it was not taken.

        QoS 1 is taken even when the connection has just been lost: paho sends it again, in order, as soon as
        there is a new one.
        """
        if self._client is None:
            return None
        info = self._client.publish(topic, payload, qos, retained)
        taken = info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS
        kept = qos == 1 and info.rc == MQTTErrorCode.MQTT_ERR_NO_CONN
        return info.mid if taken or kept else None

    def stop(self, connected: bool) -> None:
        """Say goodbye. When `connected`, returns once the goodbye has left for the socket."""
        if self._client is None:
            return
        self._stopping = True
        self._client.disconnect()
        if connected:
            self._client.loop_stop()
        # Not connected: paho's thread may sit in a connect for seconds. It sees the goodbye and ends by itself.

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if self._stopping:
            client.disconnect()  # it came up while the goodbye was being said
        elif reason.is_failure:
            self._signal(Refused(str(reason)))
        else:
            client.subscribe(topics.command_filter(self._station), topics.COMMAND.qos)

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, reasons: Any, _more: Any) -> None:
        self._signal(Up(commands=not any(reason.is_failure for reason in reasons)))

    def _on_connect_fail(self, client: paho.Client, _data: Any) -> None:
        if self._stopping:
            client.disconnect()  # the connect had begun before the goodbye, and hid it
            return
        # paho calls this from its `except OSError`, and gives the reason in no other way.
        error = sys.exc_info()[1]
        self._signal(Unreachable(str(error) if error is not None else "no answer"))

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        self._signal(Down(str(reason)))

    def _on_publish(self, _client: paho.Client, _data: Any, mid: int, _reason: Any, _more: Any) -> None:
        self._signal(Acknowledged(mid))

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # a broker should have refused it; it can name no command of ours
            topic = ""
        self._signal(Received(topic, bytes(message.payload[: MAX_BYTES + 1]), message.retain))


def _no_delay(_client: paho.Client, _data: Any, sock: Any) -> None:
    """Without this, small messages wait for one another: 40 ms stalls at 10 Hz (measured)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def checked_host(broker: str) -> str:
    if broker == EMBEDDED:
        return "127.0.0.1"
    try:
        fits = bool(broker) and not set(broker) & set("/@ ") and bool(broker.encode("idna"))
    except UnicodeError:
        fits = False
    if not fits:
        raise MessagingError(
            f"mqtt.broker {broker!r} is not the name or address of a machine. Write the bare name, without "
            'mqtt:// and without a port: broker = "homeassistant.local", port = 1883'
        )
    return broker


def password_of(settings: MqttSettings) -> str | None:
    if settings.password_file is None:
        return None
    path = Path(settings.password_file).expanduser()
    try:
        return path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise MessagingError(
            f"mqtt.password_file {path} can't be read: {error}. It holds the password of the broker's user "
            f"{settings.username!r} on its first line, readable for the user that runs slowroll"
        ) from error
