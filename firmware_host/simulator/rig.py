"""The simulated roller's chips on a simulated bus, and a whole session read from them as fast as the machine can.

Nothing here stands in for the product: the real drivers and the real acquisition read register-level models of the
chips. Live (`bus = "sim"`) the bus thread opens `Rig.open_bus`; `simulate` polls the same bus on a manual clock.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from firmware_host.acquisition.devices import devices_for
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import Input, Person, Tick
from firmware_host.settings import SensorSettings, ToolSettings
from firmware_host.simulator.bus import SimBus
from firmware_host.simulator.scenarios import find
from firmware_host.simulator.world import RADIUS_M, STIFFNESS_N_M, TOOL_NAME, World
from sensors.catalog import Catalog
from sensors.chips.mprls import MprlsChip
from sensors.chips.mpu6050 import Mpu6050Chip

BUS = "sim"
TICK_S = 0.1
LATE_S = 0.2
"""Readings of one moment have all arrived this much later: a FIFO is read every 0.05 s."""
OSCILLATOR_ERROR = 0.01
"""The chip's clock is off by up to this share (PS-MPU-6000A-00 6.6)."""

TOOL_SETTINGS = ToolSettings(
    name=TOOL_NAME,
    kind="foam_roller",
    radius_m=RADIUS_M,
    stiffness_n_m=STIFFNESS_N_M,
    axis=(1.0, 0.0, 0.0),
    pressure="bladder",
    imu=SensorSettings(driver="mpu6050", bus=BUS),
    force=SensorSettings(driver="mprls", bus=BUS),
)
"""The simulated roller as an owner would write it into the configuration."""


class Rig:
    """An MPU-6050 and an MPRLS in the roller of `world`, running on `now` (seconds, monotonic)."""

    def __init__(self, world: World, now: Callable[[], float], seed: int = 1) -> None:
        rng = random.Random(f"{seed}:chips")
        imu = Mpu6050Chip(
            now,
            world.imu,
            odr_error=rng.uniform(-OSCILLATOR_ERROR, OSCILLATOR_ERROR),
            seed=rng.getrandbits(32),
        )
        self._bus = SimBus((imu, MprlsChip(now, world.pressure, seed=rng.getrandbits(32))))

    def open_bus(self) -> SimBus:
        """The bus with both chips on it, as acquisition opens it."""
        return self._bus


def simulate(
    scenario: str, seed: int = 1, seconds: float | None = None, person: Person | None = None
) -> Iterator[Input]:
    """Every engine input of one session, in order of time: samples, the person's commands, ticks at 10 Hz.

    `seconds` None: as long as the scenario takes. The same arguments give the same inputs. Raises `UnknownScenario`.
    """
    if seconds is None:
        seconds = find(scenario).seconds
    world = World(scenario, seed, seconds, person=person)
    return _run(world, seed, seconds)


def _run(world: World, seed: int, seconds: float) -> Iterator[Input]:
    clock = ManualClock()
    waiting: list[Input] = []
    devices = devices_for((TOOL_SETTINGS,), Catalog(installed=()))[BUS]
    bus = I2CBus(BUS, Rig(world, clock.now, seed).open_bus, devices, clock, waiting.extend)
    ticks = 0
    while clock.now() < seconds + LATE_S:
        due = bus.poll()
        now = clock.now()
        while ticks * TICK_S <= now:
            waiting.append(Tick(round(ticks * TICK_S, 6)))
            ticks += 1
        waiting += world.take_commands(now)
        yield from _take(waiting, min(now - LATE_S, seconds))
        clock.sleep(due - now)
    bus.stop()
    yield from _take(waiting, seconds)


def _take(waiting: list[Input], until: float) -> list[Input]:
    """Remove what is due from `waiting`, oldest first."""
    due = sorted((given for given in waiting if given.t <= until), key=lambda given: given.t)
    waiting[:] = [given for given in waiting if given.t > until]
    return due
