"""What the product costs a machine: start of the command line, processor and memory of a running daemon.

    .venv/bin/python benchmarks/footprint.py [--seconds 60]

(a) CPU time of `slowroll --help`, user and system, median of 10. Bar: 0.25 s.
(b) The daemon with one roller (IMU at 100 Hz, pressure at 50 Hz) on which somebody rolls, mosquitto as its broker, page
    off, recording on. Bar: under 5 % of one core, and under 60 MB resident.
(c) The same with everything on: embedded broker (a child process), page, and a browser's WebSocket. No bar.

The simulated roller runs inside the daemon's process, and is no part of the product. Its CPU is the time spent in the
simulated bus and person, measured thread by thread as it goes; its memory is what a process that holds the product
already grows by when it loads the simulator and rolls for 60 s. Both are printed and taken off. (On a roller the bus is
a system call instead, some 160 a second.) Exit 1 if a bar is not met.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from live import mosquitto, station

from firmware_host.messaging.embedded import free_port
from firmware_host.settings import MqttSettings, PageSettings, SimulatorSettings

HELP_RUNS = 10
HELP_BAR_S = 0.25
CPU_BAR = 0.05
RSS_BAR_MB = 60.0
WARM_UP_S = 12.0
"""The person is on the roller by then, the session open, every module loaded."""
SCENARIO = "mixed"
GIVE_UP_S = 60.0

Result = dict[str, Any]


# --- in the measured process -----------------------------------------------------------------------------------------


class Simulated:
    """CPU seconds spent in the simulator so far, on whichever threads."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    def timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any) -> Any:
            before = time.thread_time()
            try:
                return call(*given)
            finally:
                self.spent_s += time.thread_time() - before

        return run


def memory_mb(pid: int | str, key: str = "VmRSS") -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/{pid}/status has no {key}")


def children() -> dict[str, tuple[float, float]]:
    """Of every child process: CPU seconds and resident MB."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text(encoding="ascii").split():
            words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            cpu_s = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
            found[pid] = (cpu_s, memory_mb(pid))
    return found


def reading(simulated: Simulated) -> Result:
    """Everything that adds up, now (s)."""
    threads = {
        thread.name: time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
        for thread in threading.enumerate()
        if thread.ident is not None
    }
    return {
        "at": time.monotonic(),
        "process": time.process_time(),
        "simulator": simulated.spent_s,
        "threads": threads,
        "children": children(),
    }


def measured(mqtt: MqttSettings, page: PageSettings, seconds: float) -> Result:
    """Run a daemon; what it used between the warm-up and `seconds` later."""
    from firmware_host import daemon
    from firmware_host.clock import SystemClock
    from firmware_host.profiles import load_profile
    from firmware_host.simulator.bus import SimBus

    simulated = Simulated()
    transfer = SimBus.i2c_rdwr
    SimBus.i2c_rdwr = simulated.timed(transfer)  # type: ignore[method-assign]
    clock = SystemClock()
    readings: list[Result] = []

    def watch(running: daemon.Daemon, _events: Any) -> None:
        if not readings:
            running.simulation.take_commands = simulated.timed(running.simulation.take_commands)
            running.simulation.buzz = simulated.timed(running.simulation.buzz)
            readings.append(reading(simulated))
        elif len(readings) == 1 and clock.now() >= WARM_UP_S:
            readings.append(reading(simulated))
        elif len(readings) == 2 and clock.now() >= WARM_UP_S + seconds:
            readings.append(reading(simulated))
            running.stop()

    settings = station(SCENARIO, mqtt, page)
    with tempfile.TemporaryDirectory() as folder:
        code = daemon.serve(settings, load_profile("article"), clock, Path(folder), watch)
    if code:
        sys.exit("the daemon stopped by a fault of its own")
    first, last = readings[1], readings[2]
    wall = last["at"] - first["at"]
    return {
        "seconds": wall,
        "process": (last["process"] - first["process"]) / wall,
        "simulator": (last["simulator"] - first["simulator"]) / wall,
        "threads": {
            name: (cpu - first["threads"][name]) / wall
            for name, cpu in last["threads"].items()
            if name in first["threads"]
        },
        "children": [
            {"cpu": (cpu - first["children"][pid][0]) / wall, "rss_mb": rss}
            for pid, (cpu, rss) in last["children"].items()
            if pid in first["children"]
        ],
        "rss_mb": memory_mb("self"),
        "peak_mb": memory_mb("self", "VmHWM"),
    }


def simulator_memory() -> Result:
    """What the simulator adds to a process that holds the product."""
    import firmware_host.daemon
    import firmware_host.messaging.messenger  # noqa: F401
    from firmware_host.feedback.pins import open_factory

    open_factory("mock")
    before = memory_mb("self")
    from firmware_host.clock import ManualClock
    from firmware_host.settings import PersonSettings
    from firmware_host.simulator.live import Simulation
    from firmware_host.simulator.rig import simulate

    simulation = Simulation(SimulatorSettings(scenario=SCENARIO), ManualClock(), PersonSettings())
    for _ in simulate(SCENARIO, 1, 60.0):
        pass
    return {"simulator_mb": memory_mb("self") - before, "kept": simulation is not None}


# --- in the measuring process ----------------------------------------------------------------------------------------


def in_a_process(*arguments: str, give_up_s: float) -> Result:
    """This script again, in a process of its own; its last line is the result."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], stdout=subprocess.PIPE, timeout=give_up_s, check=True, text=True
    )
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


def help_cpu_s() -> list[float]:
    """CPU seconds of `slowroll --help`, run by run, shortest first."""
    command = Path(sys.executable).with_name("slowroll")
    words = [str(command)] if command.exists() else [sys.executable, "-m", "firmware_host"]
    spent = []
    for _ in range(HELP_RUNS + 1):
        child = subprocess.Popen([*words, "--help"], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"{' '.join(words)} --help ended with {child.returncode}")
        spent.append(used.ru_utime + used.ru_stime)
    return sorted(spent[1:])  # the first one fills the disk cache


@contextmanager
def browser(port: int) -> Iterator[list[int]]:
    """What the page opens: MQTT over its WebSocket, everything of this station. Counts messages."""
    from paho.mqtt import client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    counted = [0]
    client = paho.Client(CallbackAPIVersion.VERSION2, "browser", protocol=paho.MQTTv311, transport="websockets")
    client.ws_set_options(path="/mqtt", headers={"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"})
    client.reconnect_delay_set(1, 1)

    def count(*_: Any) -> None:
        counted[0] += 1

    def subscribe(*_: Any) -> None:
        client.subscribe("slowroll/bench/#")

    client.on_connect = subscribe
    client.on_message = count
    client.connect_async("127.0.0.1", port)
    client.loop_start()
    try:
        yield counted
    finally:
        client.disconnect()
        client.loop_stop()


def show(result: Result, simulator_mb: float) -> tuple[float, float]:
    """Print one daemon; its own share of a core, and MB."""
    cpu = result["process"] - result["simulator"]
    rss = result["rss_mb"] - simulator_mb
    print(
        f"  CPU      {cpu:6.2%} of a core over {result['seconds']:.0f} s"
        f"  (process {result['process']:.2%}, of it simulator {result['simulator']:.2%})"
    )
    for name, share in sorted(result["threads"].items(), key=lambda item: -item[1]):
        print(f"             {share:6.2%} {name}" + (" (with the simulated chips)" if name == "bus sim" else ""))
    print(
        f"  resident {rss:6.1f} MB  (process {result['rss_mb']:.1f} MB, peak {result['peak_mb']:.1f} MB, of it "
        f"simulator {simulator_mb:.1f} MB)"
    )
    for child in result["children"]:
        print(f"  embedded broker, a process of its own: {child['cpu']:.2%} of a core, {child['rss_mb']:.1f} MB")
    return cpu, rss


def verdict(what: str, met: bool) -> bool:
    print(f"  bar: {what}: {'met' if met else 'NOT met'}")
    return met


def report(seconds: float) -> bool:
    """Measure and print everything; True if all bars are met."""
    give_up_s = WARM_UP_S + seconds + GIVE_UP_S
    spent = help_cpu_s()
    print(f"slowroll --help: CPU median {median(spent):.3f} s of {len(spent)} ({spent[0]:.3f} to {spent[-1]:.3f})")
    fine = verdict(f"{HELP_BAR_S} s", median(spent) <= HELP_BAR_S)
    simulator_mb = in_a_process("--part", "memory", give_up_s=GIVE_UP_S)["simulator_mb"]
    with mosquitto() as port:
        broker = (
            "mosquitto" if port is not None else "no broker (mosquitto is not installed), so not what the bar is for"
        )
        print(f"one roller, {broker}, page off, recording on:")
        arguments = ("--part", "lean", "--mqtt-port", str(port or 0), "--seconds", str(seconds))
        cpu, rss = show(in_a_process(*arguments, give_up_s=give_up_s), simulator_mb)
    fine &= verdict(f"under {CPU_BAR:.0%} of a core", cpu < CPU_BAR)
    fine &= verdict(f"under {RSS_BAR_MB:.0f} MB", rss < RSS_BAR_MB)
    print("everything on: embedded broker, page, one browser's WebSocket:")
    mqtt_port, http_port = free_port(), free_port()
    with browser(http_port) as counted:
        ports = ("--mqtt-port", str(mqtt_port), "--http-port", str(http_port))
        show(in_a_process("--part", "full", *ports, "--seconds", str(seconds), give_up_s=give_up_s), simulator_mb)
    print(f"  messages at the browser: {counted[0]}")
    return fine


def part(args: argparse.Namespace) -> Result:
    if args.part == "memory":
        return simulator_memory()
    if args.part == "lean":
        mqtt = MqttSettings(broker="127.0.0.1", port=args.mqtt_port) if args.mqtt_port else MqttSettings()
        return measured(mqtt, PageSettings(enabled=False), args.seconds)
    return measured(
        MqttSettings(broker="embedded", port=args.mqtt_port), PageSettings(port=args.http_port), args.seconds
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="CPU and memory of the command line and the daemon.")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="N", help="how long to measure each daemon (60)")
    for inner in ("--part", "--mqtt-port", "--http-port"):
        parser.add_argument(inner, type=str if inner == "--part" else int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    if args.part is not None:
        print(json.dumps(part(args)))
        return 0
    return 0 if report(args.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
