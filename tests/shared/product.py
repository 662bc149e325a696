"""The whole product as its users start it: `slowroll` in a process of its own, with a state folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

SCENARIO = """
station = "bench"
[[tools]]
name = "roller"
radius_m = 0.075
stiffness_n_m = 20000
axis = [1, 0, 0]
pressure = "bladder"
[tools.imu]
driver = "mpu6050"
bus = "sim"
[tools.force]
driver = "mprls"
bus = "sim"
[pins]
factory = "mock"
motor = 18
led_red = 22
led_green = 23
led_blue = 24
button = 17
[simulator]
scenario = "{scenario}"
[mqtt]
broker = "{broker}"
port = {mqtt_port}
[page]
enabled = {page}
port = {http_port}
"""


class Product:
    """One run of a `slowroll` command; output goes to a file, so that a full pipe can't stop it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.state = folder / "state"
        self._log = folder / "output.txt"
        environment = os.environ | {"STATE_DIRECTORY": str(self.state), "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "firmware_host", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def end(self, number: signal.Signals = signal.SIGTERM, limit_s: float = 10.0) -> int:
        """Send the signal; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(limit_s)

    def recordings(self) -> list[Path]:
        return sorted(self.state.glob("**/recordings/*.jsonl*"))


def slowroll(*arguments: str, state: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end."""
    environment = dict(os.environ) | ({"STATE_DIRECTORY": str(state)} if state is not None else {})
    return subprocess.run(
        [sys.executable, "-m", "firmware_host", *arguments], capture_output=True, env=environment, timeout=120
    )
