"""The simulated tool's chips on a simulated bus, and a whole session read from them as fast as the machine can.

Nothing here stands in for the product: the real drivers and the real acquisition read register-level models of the
chips. Live (`bus = "sim"`) the bus thread opens `Rig.open_bus`; `simulate` polls the same bus on a manual clock.
Force sensors without a chip model put their samples straight into `simulate`'s stream; what a worse range and a
poor link do to the samples is done to that stream.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from math import radians

import msgspec

from firmware_host.acquisition.devices import devices_for
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import ForceSample, HapticRan, ImuSample, Input, Person, Tick, Tool, Vector
from firmware_host.settings import SensorSettings, ToolSettings
from firmware_host.simulator import link
from firmware_host.simulator.bus import SimBus
from firmware_host.simulator.conditions import GYRO_RANGE_DPS, Conditions
from firmware_host.simulator.motor import bursts
from firmware_host.simulator.pressure import noisy
from firmware_host.simulator.scenarios import find
from firmware_host.simulator.tools import BUILDS, RADIUS_M, STIFFNESS_N_M
from firmware_host.simulator.world import World
from sensors.catalog import Catalog
from sensors.chips.mprls import MprlsChip
from sensors.chips.mpu6050 import Mpu6050Chip

BUS = "sim"
TICK_S = 0.1
FORCE_S = 0.02
LATE_S = 0.2
"""Readings of one moment have all arrived this much later: a FIFO is read every 0.05 s."""
OSCILLATOR_ERROR = 0.01
"""The chip's clock is off by up to this share (PS-MPU-6000A-00 6.6)."""

TOOL_SETTINGS = ToolSettings(
    name=BUILDS["foam_roller"].name,
    kind="foam_roller",
    radius_m=RADIUS_M,
    stiffness_n_m=STIFFNESS_N_M,
    axis=(1.0, 0.0, 0.0),
    pressure="bladder",
    imu=SensorSettings(driver="mpu6050", bus=BUS),
    force=SensorSettings(driver="mprls", bus=BUS),
)
"""The simulated roller as an owner would write it into the configuration."""


def settings_of(tool: Tool) -> ToolSettings:
    """A simulated tool as its owner would configure it; the force sensor only where there is a chip to read."""
    return ToolSettings(
        name=tool.name,
        kind=tool.kind,
        radius_m=tool.radius_m,
        stiffness_n_m=tool.stiffness_n_m,
        axis=tool.axis,
        pressure=tool.pressure,
        imu=SensorSettings(driver="mpu6050", bus=BUS),
        force=SensorSettings(driver="mprls", bus=BUS) if tool.pressure == "bladder" else None,
    )


class Rig:
    """An MPU-6050, and an MPRLS where there is a bladder, in the tool of `world`, on `now` (seconds, monotonic)."""

    def __init__(self, world: World, now: Callable[[], float], seed: int = 1) -> None:
        rng = random.Random(f"{seed}:chips")
        imu = Mpu6050Chip(
            now,
            world.imu,
            odr_error=rng.uniform(-OSCILLATOR_ERROR, OSCILLATOR_ERROR),
            seed=rng.getrandbits(32),
        )
        if world.tool.pressure == "bladder":
            self._bus = SimBus((imu, MprlsChip(now, world.pressure, seed=rng.getrandbits(32))))
        else:
            self._bus = SimBus((imu,))

    def open_bus(self) -> SimBus:
        """The bus with its chips on it, as acquisition opens it."""
        return self._bus


def simulate(
    scenario: str,
    seed: int = 1,
    seconds: float | None = None,
    person: Person | None = None,
    conditions: Conditions | None = None,
) -> Iterator[Input]:
    """Every engine input of one session, in order of time: samples, the person's commands, ticks at 10 Hz.

    `seconds` None: as long as the scenario takes. The same arguments give the same inputs. Raises `UnknownScenario`,
    and `ConditionError` where conditions and tool don't go together.
    """
    if seconds is None:
        seconds = find(scenario).seconds
    conditions = conditions or Conditions()
    inputs = _run(World(scenario, seed, seconds, person=person, conditions=conditions), seed, seconds)
    if conditions.gyro_range_dps < GYRO_RANGE_DPS:
        inputs = _clipped(inputs, radians(conditions.gyro_range_dps))
    return link.worsened(inputs, seed, seconds) if conditions.link == "bad" else inputs


def _run(world: World, seed: int, seconds: float) -> Iterator[Input]:
    clock = ManualClock()
    waiting: list[Input] = []
    devices = devices_for((settings_of(world.tool),), Catalog(installed=()))[BUS]
    bus = I2CBus(BUS, Rig(world, clock.now, seed).open_bus, devices, clock, waiting.extend)
    own = _OwnInputs(world, seed)
    while clock.now() < seconds + LATE_S:
        waiting += own.haptic(clock.now())
        due = bus.poll()
        now = clock.now()
        waiting += own.until(now)
        yield from _take(waiting, min(now - LATE_S, seconds))
        clock.sleep(due - now)
    bus.stop()
    yield from _take(waiting, seconds)


class _OwnInputs:
    """What comes by no bus: ticks, commands, force without a chip, and the motor's bursts."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._tool = world.tool.name
        self._noise = random.Random(f"{seed}:force noise")
        self._sensor = world.force_sensor if world.tool.pressure != "bladder" else None
        self._bursts = bursts(seed)
        self._burst = next(self._bursts) if world.conditions.haptic == "bursts" else None
        self._ticks = 0
        self._forces = 0

    def haptic(self, now: float) -> list[Input]:
        """Run the motor where its time has come, before the sensors that feel it are read."""
        ran: list[Input] = []
        while self._burst is not None and self._burst[0] <= now:
            start, seconds = self._burst
            self._world.motor(1.0, start)
            self._world.motor(0.0, start + seconds)
            ran.append(HapticRan(start, self._tool, seconds))
            self._burst = next(self._bursts)
        return ran

    def until(self, now: float) -> list[Input]:
        """Everything else up to `now`."""
        came: list[Input] = []
        while self._ticks * TICK_S <= now:
            came.append(Tick(round(self._ticks * TICK_S, 6)))
            self._ticks += 1
        while self._sensor is not None and self._forces * FORCE_S <= now:
            t = round(self._forces * FORCE_S, 6)
            value = noisy(self._sensor, self._world.reading(t), self._noise)
            came.append(ForceSample(t, self._tool, self._sensor.unit, value))
            self._forces += 1
        return came + list(self._world.take_commands(now))


def _clipped(inputs: Iterator[Input], full_scale: float) -> Iterator[Input]:
    """`inputs` as a gyroscope of that range (rad/s) gives them: the driver has one range only, so it is done here."""

    def clip(rate: float) -> float:
        return max(-full_scale, min(full_scale, rate))

    for given in inputs:
        if isinstance(given, ImuSample) and given.gyro is not None:
            x, y, z = given.gyro
            if max(abs(x), abs(y), abs(z)) > full_scale:
                seen: Vector = (clip(x), clip(y), clip(z))
                given = msgspec.structs.replace(given, gyro=seen)
        yield given


def _take(waiting: list[Input], until: float) -> list[Input]:
    """Remove what is due from `waiting`, oldest first."""
    due = sorted((given for given in waiting if given.t <= until), key=lambda given: given.t)
    waiting[:] = [given for given in waiting if given.t > until]
    return due
