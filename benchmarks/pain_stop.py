"""How long a pain stop takes from being recognised to outputs that are safe and a session that is closed.

    .venv/bin/python benchmarks/pain_stop.py [--stops 60]

The real daemon in real time with a simulated person who rolls too fast, so that the motor is often running: half of the
stops come from the button (held until it is recognised), half over MQTT where a mosquitto is installed. Recognised: the
button's gesture was told, or the message was understood. Safe: the motor is off and the light shows the stop. Closed:
the `session` event with `ended` "pain" was handed out.

Bar (issue: pain stop from any input): all within 100 ms. Exit 1 if it is not met.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from latency import SCENARIO, hasty
from live import mosquitto, percentile, station

from firmware_host import daemon
from firmware_host.clock import SystemClock
from firmware_host.coaching.events import Event, SessionDone
from firmware_host.coaching.inputs import Command, Input
from firmware_host.profiles import load_profile
from firmware_host.settings import MqttSettings, PageSettings
from firmware_host.simulator.scenarios import SCENARIOS, Scenario

BAR_S = 0.100
AGAIN_S = 2.5
"""Rolled for this long before the next stop."""
GIVE_UP_S = 5.0


class Stops:
    """Presses, publishes and measures, in a thread of its own beside the daemon."""

    def __init__(self, running: daemon.Daemon, count: int, port: int | None) -> None:
        self._running = running
        self._count = count
        self._recognised = threading.Event()
        self._closed = threading.Event()
        self._at = self._closed_at = 0.0
        self.took: dict[str, list[tuple[float, float]]] = {"button": [], "MQTT": []}
        """(safe, closed) in seconds since it was recognised."""
        self._client: paho.Client | None = None
        if port is not None:
            self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
            self._client.connect("127.0.0.1", port)
            self._client.loop_start()
        feedback: Any = running.feedback
        gesture, put = feedback._gesture, running.put

        def told(command: str) -> None:
            self._note(command)
            gesture(command)

        def asked(given: list[Input]) -> None:
            if isinstance(given[0], Command):
                self._note(given[0].command)
            put(given)

        feedback._gesture = told
        running.put = asked  # type: ignore[method-assign]

    def _note(self, command: str) -> None:
        if command == "pain":
            self._at = time.perf_counter()
            self._recognised.set()

    def watch(self, events: list[Event]) -> None:
        if any(isinstance(event, SessionDone) and event.ended == "pain" for event in events):
            self._closed_at = time.perf_counter()
            self._closed.set()

    def run(self) -> None:
        try:
            for i in range(self._count):
                time.sleep(AGAIN_S + 0.13 * (i % 7))  # not in step with the person's strokes
                how = "MQTT" if self._client is not None and i % 2 else "button"
                self.took[how].append(self._one(how))
                self._running.put(
                    [Command(t=self._running.clock.now(), command="select", muscle="calves", side="left")]
                )
        finally:
            self._running.stop()

    def _one(self, how: str) -> tuple[float, float]:
        self._recognised.clear()
        self._closed.clear()
        feedback: Any = self._running.feedback
        if self._client is not None and how == "MQTT":
            self._client.publish("slowroll/bench/cmd/pain", b"", qos=1)
        else:
            feedback._edge(True)
        if not self._recognised.wait(GIVE_UP_S):
            sys.exit(f"{how}: the stop was not recognised")
        shown = self._running.feedback.shown()
        while not (shown.pattern == "stop_pain" and shown.haptic == 0):
            if time.perf_counter() - self._at > GIVE_UP_S:
                sys.exit(f"{how}: the outputs did not become safe")
            time.sleep(0.0002)
            shown = self._running.feedback.shown()
        safe = time.perf_counter() - self._at
        if how == "button":
            feedback._edge(False)
        if not self._closed.wait(GIVE_UP_S):
            sys.exit(f"{how}: the session was not closed")
        return safe, self._closed_at - self._at


def main() -> int:
    parser = argparse.ArgumentParser(description="From a recognised pain stop to safe outputs and a closed session.")
    parser.add_argument("--stops", type=int, default=60, metavar="N", help="how many (60)")
    args = parser.parse_args()
    stops: list[Stops] = []

    def watch(running: daemon.Daemon, events: list[Event]) -> None:
        if not stops:
            stops.append(Stops(running, args.stops, port))
            threading.Thread(target=stops[0].run, daemon=True).start()
        stops[0].watch(events)

    SCENARIOS[SCENARIO] = Scenario(SCENARIO, 1e6, hasty)
    with mosquitto() as port, tempfile.TemporaryDirectory() as folder:
        mqtt = MqttSettings(broker="127.0.0.1", port=port) if port is not None else MqttSettings()
        settings = station(SCENARIO, mqtt, PageSettings(enabled=False))
        if daemon.serve(settings, load_profile("article"), SystemClock(), Path(folder), watch):
            sys.exit("the daemon stopped by a fault of its own")
    met = True
    print(f"{'ms':34} {'p50':>8}  {'p95':>8}  {'max':>8}  {'n':>4}")
    for how, took in stops[0].took.items():
        for what, values in (("outputs safe", [one[0] for one in took]), ("session closed", [one[1] for one in took])):
            if values:
                row = "  ".join(f"{percentile(values, share) * 1000:8.2f}" for share in (0.5, 0.95, 1.0))
                print(f"{how + ': recognised -> ' + what:34} {row}  {len(values):4}")
                met = met and max(values) <= BAR_S
    print(f"bar, all within {BAR_S * 1000:.0f} ms: {'met' if met else 'NOT met'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
