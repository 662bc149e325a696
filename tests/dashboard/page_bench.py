"""What the page's tests stand on: a real mosquitto, a client that publishes and listens, and patience."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 10.0


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
    """Return once `condition` holds; fail, naming `what`, when it doesn't in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what}"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


class Mosquitto:
    """A mosquitto of our own on one port; it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._config = folder / "mosquitto.conf"
        # "user root" matters only where the tests run as root: mosquitto would look for its own account.
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nuser root\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not Path(self._program).exists():
            pytest.fail("these tests need mosquitto; install it with: sudo apt-get install mosquitto")
        self._process = subprocess.Popen(
            [self._program, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(lambda: answers(self.port), "mosquitto's port")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(5)
            self._process = None


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
