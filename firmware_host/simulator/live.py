"""The simulated person and roller beside a running daemon: a bus to read, commands, and a buzz that is felt."""

from __future__ import annotations

from firmware_host.clock import Clock
from firmware_host.coaching.inputs import Calibration, Command, Person
from firmware_host.settings import PersonSettings, SimulatorSettings
from firmware_host.simulator.bus import SimBus
from firmware_host.simulator.rig import Rig
from firmware_host.simulator.scenarios import UnknownScenario, find
from firmware_host.simulator.world import World


class Simulation:
    """One simulated person with a foam roller, from now on. Raises `UnknownScenario`, also for one with another tool:
    its force sensor has no chip that a bus could read.
    """

    def __init__(self, settings: SimulatorSettings, clock: Clock, person: PersonSettings) -> None:
        tool = find(settings.scenario).tool
        if tool != "foam_roller":
            raise UnknownScenario(
                f"scenario {settings.scenario!r} is with a {tool}, which is simulated in recordings only (slowroll "
                'simulate); choose one with a foam roller, such as "calm"'
            )
        self._clock = clock
        self._world = World(
            settings.scenario,
            settings.seed,
            person=Person(mass_kg=person.mass_kg, height_m=person.height_m),
            heeds=True,
        )
        self._rig = Rig(self._world, clock.now, settings.seed)
        self._has_said_yes = False

    @property
    def calibration(self) -> Calibration:
        """What a careful owner would have found out about this roller."""
        return self._world.tool.calibration

    def open_bus(self) -> SimBus:
        return self._rig.open_bus()

    def take_commands(self) -> list[Command]:
        """What the person has said by now; first of all, that she has read the checklist."""
        now = self._clock.now()
        said = self._world.take_commands(now)
        if self._has_said_yes:
            return said
        self._has_said_yes = True
        return [Command(t=now, command="acknowledge"), *said]

    def buzz(self, t: float, seconds: float) -> None:
        """The motor runs from `t` for `seconds`: the sensors shake, and the person feels it."""
        self._world.motor(1.0, t)
        self._world.motor(0.0, t + seconds)
