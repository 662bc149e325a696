"""All checks in order, each finding as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from firmware_host.acquisition.smbus_io import Bus
from firmware_host.check.buses import SIMULATED, Buses
from firmware_host.check.configuration import Wanted
from firmware_host.check.finding import Finding
from firmware_host.check.machine import Machine
from firmware_host.check.motor import buzzed
from firmware_host.check.network import network
from firmware_host.check.pins import pins
from firmware_host.check.running import running
from firmware_host.check.sensors import measured
from firmware_host.check.storage import storage
from firmware_host.check.system import system
from firmware_host.simulator.live import Simulation
from firmware_host.simulator.scenarios import UnknownScenario

SECONDS = 5.0

Progress = Callable[[str, float], None]
"""What goes on, and how far it is (0..1)."""


class Asked(NamedTuple):
    """What the person asked for."""

    config: str | None = None
    pulse: bool = False
    seconds: float = SECONDS


def checks(machine: Machine, asked: Asked, progress: Progress = lambda _what, _share: None) -> Iterator[Finding]:
    wanted = Wanted(machine, asked.config)
    yield from wanted.findings
    settings = wanted.settings
    progress("is a slowroll running?", 0.0)
    evidence = running(machine, settings)
    openers: dict[str, Callable[[], Bus]] = {}
    if SIMULATED in wanted.devices:
        try:
            openers[SIMULATED] = Simulation(settings.simulator, machine.clock, settings.person).open_bus
        except UnknownScenario as error:
            yield Finding(
                area="configuration",
                subject="simulator",
                result="problem",
                says=str(error),
                do="correct scenario under [simulator]",
            )
            wanted.devices.pop(SIMULATED)
    drivers = yield from wanted.drivers()
    progress("who is on the buses?", 0.0)
    buses = Buses(machine, wanted.devices, wanted.motor, drivers, openers, evidence)
    yield from buses.look()
    yield from _sensors(machine, wanted, buses, openers, asked, progress)
    if wanted.path is None or not wanted.sound:
        yield Finding(
            area="pins and network",
            subject="pins, broker, page",
            result="not checked",
            says="they are as the file says, and there is none that can be read",
        )
    else:
        on_bus_1 = any(name.endswith("1") for name in wanted.devices)
        progress("trying pins", 0.0)
        yield from pins(machine, settings.pins, on_bus_1, buses.busy, asked.pulse)
        if asked.pulse and wanted.motor is not None:
            yield buzzed(machine, wanted.motor, buses.motor_at, settings.pins.motor_level)
        progress("is the broker there?", 0.0)
        yield from network(settings)
    progress("looking at what is kept", 0.0)
    yield from storage(machine, settings)
    progress("asking the system", 0.0)
    yield from system(machine)


def _sensors(
    machine: Machine,
    wanted: Wanted,
    buses: Buses,
    openers: dict[str, Callable[[], Bus]],
    asked: Asked,
    progress: Progress,
) -> Iterator[Finding]:
    if buses.ready:
        yield from measured(
            machine, buses.ready, openers, asked.seconds, lambda share: progress("measuring the sensors", share)
        )
    left = [name for name in wanted.devices if name != SIMULATED] if buses.busy else []
    if left:
        yield Finding(
            area="sensors",
            subject="measurement",
            result="not checked",
            says=f"not measured, because slowroll runs ({buses.busy}) and would be disturbed",
            do="how they are now is on the page and in slowroll/<station>/diagnostics; to measure here stop it first: "
            "sudo systemctl stop slowroll, or Ctrl-C where it runs",
        )
