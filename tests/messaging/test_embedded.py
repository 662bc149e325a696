from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from brokers import Listener, accepts, until

from firmware_host.messaging.embedded import EmbeddedBroker, free_port
from firmware_host.messaging.errors import MessagingError

pytestmark = pytest.mark.slow


def test_it_carries_messages_and_ends(embedded: EmbeddedBroker, listen: Callable[..., Listener]) -> None:
    one, other = listen(embedded.port), listen(embedded.port)
    one.send("event/pass", b"hello")
    until(lambda: other.payloads("event/pass") == [b"hello"], "the message is heard")
    embedded.stop()
    assert not accepts(embedded.port)
    embedded.stop()


def test_it_can_be_started_again_on_its_port(embedded: EmbeddedBroker) -> None:
    embedded.stop()
    embedded.start()
    assert accepts(embedded.port)


def test_it_listens_on_loopback_alone(embedded: EmbeddedBroker) -> None:
    hexadecimal = f"{embedded.port:04X}"
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{hexadecimal}")
    ]
    assert listening == [f"0100007F:{hexadecimal}"]


def test_a_port_in_use_is_explained() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(MessagingError, match=f"port {port} is in use.*--mqtt-port"):
            EmbeddedBroker(port).start()


def test_a_missing_amqtt_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "amqtt", None)
    with pytest.raises(MessagingError, match=r"pip install 'slowroll\[broker\]'"):
        EmbeddedBroker(free_port()).start()


PARENT = """
import sys
from firmware_host.messaging.embedded import EmbeddedBroker
broker = EmbeddedBroker(int(sys.argv[1]))
broker.start()
print(broker._child.pid, flush=True)
sys.stdin.read()
"""


def test_it_dies_with_a_parent_that_is_killed_and_says_nothing() -> None:
    port = free_port()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert accepts(port)
    os.kill(parent.pid, signal.SIGKILL)
    _, said = parent.communicate(timeout=10)  # ends only when the child has closed its standard error too
    assert said == b""
    until(lambda: not Path(f"/proc/{child}").exists() or is_zombie(child), "the broker is gone")
    assert not accepts(port)


def is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_ctrl_c_in_the_terminal_leaves_it_to_its_parent(embedded: EmbeddedBroker) -> None:
    assert embedded._child is not None
    assert os.getpgid(embedded._child.pid) != os.getpgid(0)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(embedded._child.pid, number)
    assert accepts(embedded.port)


def test_nothing_is_left_running_after_stop(embedded: EmbeddedBroker) -> None:
    before = threading.active_count()
    child = embedded._child
    assert child is not None
    embedded.stop()
    assert child.poll() is not None
    assert threading.active_count() <= before
