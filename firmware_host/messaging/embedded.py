"""A broker of our own for the demo and for one machine: amqtt in a child process, on loopback only.

It enforces no keep-alive and keeps nothing on disk, so a home runs mosquitto (docs/mqtt.md). A child process,
so that it shares no interpreter lock with the sensors' threads.
"""

from __future__ import annotations

import contextlib
import importlib.util
import select
import socket
import subprocess
import sys
from typing import IO

from firmware_host.messaging.errors import MessagingError

HOST = "127.0.0.1"
READY = b"ready"
PORT_IN_USE = b"port in use"

START_LIMIT_S = 30.0
"""A Pi Zero 2 W takes several seconds to import the broker from a slow card."""
STOP_LIMIT_S = 0.8


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class EmbeddedBroker:
    """`EmbeddedBroker(port)`; after `start` it accepts connections at 127.0.0.1:port until `stop`.

    The child watches its standard input, a pipe that nobody writes to: it ends when we do, however we end.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when connections are accepted. MessagingError if amqtt is missing or the port is taken."""
        if importlib.util.find_spec("amqtt") is None:
            raise MessagingError(
                "the embedded broker needs amqtt, which is not installed. Install it with: "
                "pip install 'slowroll[broker]' - or set mqtt.broker to the machine that runs your broker"
            )
        child = subprocess.Popen(
            [sys.executable, "-m", "firmware_host.messaging.embedded_main", str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us: we still have `offline` to say
        )
        self._child = child
        assert child.stdout is not None
        word = _first_line(child.stdout, START_LIMIT_S)
        if word != READY:
            self.stop()
            raise MessagingError(self._explain(word))

    def stop(self) -> None:
        """End the broker; what it retained is gone."""
        child, self._child = self._child, None
        if child is None:
            return
        assert child.stdin is not None
        assert child.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended already
            child.stdin.close()
        try:
            child.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()

    def _explain(self, word: bytes) -> str:
        if word == PORT_IN_USE:
            return (
                f"port {self.port} is in use, most likely by a broker that already runs on this machine. "
                'Use that one with mqtt.broker = "localhost", or choose another port: mqtt.port, or '
                "--mqtt-port for the demo"
            )
        return (
            f"the embedded broker did not start on port {self.port}; what it said is above. "
            "Try: pip install --upgrade 'slowroll[broker]'"
        )


def _first_line(stream: IO[bytes], limit_s: float) -> bytes:
    """The child's verdict; empty if it ended, or said nothing in time."""
    ready, _, _ = select.select([stream], [], [], limit_s)
    return stream.readline().strip() if ready else b""
