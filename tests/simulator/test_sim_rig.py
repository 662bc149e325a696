"""End to end: what the real drivers read from the simulated chips is what was true."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import pytest
from people import EVERY_KIND

from firmware_host.acquisition.devices import devices_for
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import Command, ForceSample, ImuSample, Input, Person, Tick
from firmware_host.settings import PersonSettings, SimulatorSettings
from firmware_host.simulator.live import Simulation
from firmware_host.simulator.rig import TOOL_SETTINGS, Rig, settings_of, simulate
from firmware_host.simulator.scenarios import SCENARIOS, UnknownScenario
from firmware_host.simulator.world import World
from sensors.catalog import Catalog

pytestmark = pytest.mark.slow

SECONDS = 30.0
ROLLER_SCENARIOS = [name for name in EVERY_KIND if SCENARIOS[name].tool == "foam_roller"]


def root_mean_square(errors: list[float]) -> float:
    return sqrt(sum(error * error for error in errors) / len(errors))


@pytest.mark.parametrize("scenario", ROLLER_SCENARIOS)
def test_the_samples_track_the_true_rate_and_pressure(scenario: str) -> None:
    inputs = list(simulate(scenario, 2, SECONDS))
    world = World(scenario, 2, SECONDS)
    axis = world.true_axis
    rate_errors: list[float] = []
    pressure_errors: list[float] = []
    for given in inputs:
        if isinstance(given, ImuSample):
            assert given.gyro is not None
            bias = world.gyro_bias(given.t)
            seen = sum(a * (g - b) for a, g, b in zip(axis, given.gyro, bias, strict=True))
            rate_errors.append(seen - world.motion(given.t).rate_rad_s)
        elif isinstance(given, ForceSample):
            assert isinstance(given.value, float)
            pressure_errors.append(given.value - world.pressure(given.t)[0])
    assert len(rate_errors) == pytest.approx(100 * SECONDS, rel=0.02)
    assert len(pressure_errors) == pytest.approx(50 * SECONDS, rel=0.02)
    # 0.5 % scale error, a 44 Hz low-pass and a few tenths of a millisecond of stamp, on rates up to 7 rad/s.
    assert root_mean_square(rate_errors) < 0.04
    assert root_mean_square(pressure_errors) < 20


@pytest.mark.parametrize("scenario", EVERY_KIND)
def test_inputs_come_in_order_of_time_with_ticks_and_commands_and_no_faults(scenario: str) -> None:
    inputs = list(simulate(scenario, 1, 12.0))
    assert all(before.t <= after.t for before, after in pairwise(inputs))
    assert inputs[-1].t <= 12.0
    ticks = [given.t for given in inputs if isinstance(given, Tick)]
    assert ticks == [round(i * 0.1, 6) for i in range(121)]
    assert {type(given) for given in inputs} <= {ImuSample, ForceSample, Tick, Command}
    commands = [given for given in inputs if isinstance(given, Command)]
    assert commands == World(scenario, 1, 12.0).take_commands(12.0)
    silent = ("still", "turns", "metre", "scale", "ends")
    assert ([given.command for given in commands[-1:]] == ["end"]) is (scenario not in silent)


def test_the_same_arguments_give_the_same_inputs_and_another_seed_does_not() -> None:
    first = list(simulate("mixed", 3, 10.0))
    assert list(simulate("mixed", 3, 10.0)) == first
    assert list(simulate("mixed", 4, 10.0)) != first


def test_a_heavier_person_presses_harder() -> None:
    def most(person: Person) -> float:
        inputs = simulate("calm", 1, 10.0, person)
        return max(given.value for given in inputs if isinstance(given, ForceSample) and isinstance(given.value, float))

    assert most(Person(mass_kg=100)) > most(Person(mass_kg=60)) + 5000


def test_without_seconds_it_takes_the_scenarios_own() -> None:
    assert max(given.t for given in simulate("still")) == pytest.approx(SCENARIOS["still"].seconds, abs=0.05)


def test_an_unknown_scenario_is_refused() -> None:
    with pytest.raises(UnknownScenario):
        list(simulate("slow"))


def test_the_tool_of_the_world_is_the_tool_of_the_settings() -> None:
    tool = World("calm").tool
    for field in ("name", "kind", "radius_m", "stiffness_n_m", "axis", "pressure"):
        assert getattr(tool, field) == getattr(TOOL_SETTINGS, field)
    assert settings_of(tool) == TOOL_SETTINGS


@pytest.mark.parametrize("scenario", ["stick", "ball"])
def test_a_tool_in_the_hand_has_an_imu_on_the_bus_and_a_force_sensor_beside_it(scenario: str) -> None:
    inputs = list(simulate(scenario, 2, SECONDS))
    world = World(scenario, 2, SECONDS)
    rate_errors: list[float] = []
    force_errors: list[float] = []
    for given in inputs:
        if isinstance(given, ImuSample):
            assert given.gyro is not None
            rate_errors += [seen - true for seen, true in zip(given.gyro, world.imu(given.t)[1], strict=True)]
        elif isinstance(given, ForceSample):
            assert isinstance(given.value, float)
            said = world.reading(given.t)
            assert isinstance(said, float)
            force_errors.append(given.value - said)
    assert len(rate_errors) / 3 == pytest.approx(100 * SECONDS, rel=0.02)
    assert len(force_errors) == 50 * SECONDS + 1
    # A 44 Hz low-pass and a few tenths of a millisecond of stamp, on rates up to 16 rad/s.
    assert root_mean_square(rate_errors) < 0.15
    assert root_mean_square(force_errors) == pytest.approx(0.4, rel=0.1)


@pytest.mark.parametrize("scenario", ["stick", "ball"])
def test_live_there_is_only_a_foam_roller(scenario: str) -> None:
    with pytest.raises(UnknownScenario, match=f"'{scenario}' is with a massage_{scenario}.*slowroll simulate"):
        Simulation(SimulatorSettings(scenario=scenario), ManualClock(), PersonSettings())


def test_a_rig_serves_a_bus_that_was_opened_late_and_opened_again() -> None:
    """As the daemon does: the bus is opened by acquisition, on the daemon's own clock."""
    clock = ManualClock()
    clock.sleep(5.0)
    rig = Rig(World("calm", 1), clock.now)
    got: list[Input] = []
    for _ in range(2):
        got.clear()
        devices = devices_for((TOOL_SETTINGS,), Catalog(installed=()))["sim"]
        bus = I2CBus("sim", rig.open_bus, devices, clock, got.extend)
        end = clock.now() + 2.0
        while clock.now() < end:
            clock.sleep(bus.poll() - clock.now())
        bus.stop()
        assert sum(isinstance(given, ImuSample) for given in got) > 150
        assert sum(isinstance(given, ForceSample) for given in got) > 75
        assert all(isinstance(given, ImuSample | ForceSample) for given in got)
