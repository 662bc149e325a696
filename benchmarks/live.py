"""What the live benchmarks share: a real broker on a free port, the settings of a simulated station, percentiles."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from firmware_host.messaging.embedded import free_port
from firmware_host.settings import MqttSettings, PageSettings, PinSettings, Settings, SimulatorSettings

MOTOR_PIN = 18
BROKER_START_S = 10.0


@contextmanager
def mosquitto() -> Iterator[int | None]:
    """The port of a mosquitto that keeps nothing, or None where it is not installed."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        yield None
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
        broker = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield port
        finally:
            broker.terminate()
            broker.wait(10)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + BROKER_START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def station(scenario: str, mqtt: MqttSettings, page: PageSettings) -> Settings:
    """One simulated roller with an IMU at 100 Hz and a pressure sensor, all outputs on mock pins, recording on."""
    from firmware_host.simulator.rig import TOOL_SETTINGS  # here: footprint.py measures what loading it costs

    return Settings(
        station="bench",
        tools=(TOOL_SETTINGS,),
        pins=PinSettings(factory="mock", motor=MOTOR_PIN, led_red=22, led_green=23, led_blue=24, button=17),
        mqtt=mqtt,
        page=page,
        simulator=SimulatorSettings(scenario=scenario),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: the smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
