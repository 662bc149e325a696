"""What the page's tests stand on: a real mosquitto, a client that publishes and listens, and patience."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 10.0


class Ear:
    """An MQTT client that publishes, and remembers what it hears."""

    def __init__(self, port: int, station: str) -> None:
        self.base = f"slowroll/{station}/"
        self.heard: list[tuple[str, bytes]] = []
        self._subscribed = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._on_message
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S), "the test's own client could not subscribe"

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe(f"{self.base}cmd/#", 1)

    def _on_subscribe(self, *_: Any) -> None:
        self._subscribed.set()

    def _on_message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self.heard.append((message.topic.removeprefix(self.base), message.payload))

    def say(self, suffix: str, payload: Any, retain: bool = False) -> None:
        """Publish a struct (as the daemon encodes it), bytes as they are."""
        data = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        self._client.publish(self.base + suffix, data, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def commands(self, name: str) -> list[dict[str, Any]]:
        """Payloads heard on cmd/<name>."""
        return [msgspec.json.decode(data) for topic, data in list(self.heard) if topic == f"cmd/{name}"]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
