"""What tests of several rooms share: patience, a real broker, a client that listens, headless Chromium's options."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from firmware_host.messaging.embedded import free_port

STATION = "bench"


def until(condition: Callable[[], Any], what: str, limit_s: float = 20.0) -> None:
    """Wait until `condition` holds; fails after `limit_s`, naming `what`."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit_s} s: {what}"
        time.sleep(0.01)


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Mosquitto:
    """A real mosquitto on a free port of loopback, that keeps what it holds over a kill."""

    def __init__(self, folder: Path, extra: str = "allow_anonymous true\n") -> None:
        self.port = free_port()
        self.folder = folder
        self._config = folder / "mosquitto.conf"
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None
        user = "user root\n" if os.geteuid() == 0 else ""
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\n{extra}{user}"
            f"persistence true\npersistence_location {folder}/\n"
            "autosave_on_changes true\nautosave_interval 1\nset_tcp_nodelay true\n"
        )

    def start(self) -> None:
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        assert program is not None, "mosquitto is missing; install it with: sudo apt-get install mosquitto"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([program, "-c", str(self._config)], stdout=log, stderr=log)
        until(lambda: accepts(self.port) or self._died(), "mosquitto accepts connections")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)
        self._process = None

    def has_saved(self, text: str) -> bool:
        """Whether `text` is in what it would find after a kill."""
        kept = self.folder / "mosquitto.db"
        return kept.exists() and text.encode() in kept.read_bytes()

    def _died(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"mosquitto ended: {self._log.read_text()}"
        return False


class Listener:
    """An MQTT client that hears everything under the station's base, and commands; `name` makes it a session that the
    broker keeps.
    """

    def __init__(self, port: int, name: str | None = None, station: str = STATION) -> None:
        self.base = f"slowroll/{station}/"
        self.heard: list[tuple[str, bytes, bool]] = []
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name or "", clean_session=name is None)
        self._client.on_connect = lambda client, *_: client.subscribe(self.base + "#", 1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(10), "the listener could not subscribe"

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic.removeprefix(self.base), bytes(message.payload), message.retain))

    def payloads(self, suffix: str) -> list[bytes]:
        return [payload for topic, payload, _ in list(self.heard) if topic == suffix]

    def json(self, suffix: str) -> list[dict[str, Any]]:
        return [msgspec.json.decode(payload) for payload in self.payloads(suffix)]

    def last(self, suffix: str) -> bytes | None:
        payloads = self.payloads(suffix)
        return payloads[-1] if payloads else None

    def send(self, suffix: str, payload: bytes | str, retain: bool = False) -> None:
        self._client.publish(self.base + suffix, payload, 1, retain).wait_for_publish(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
