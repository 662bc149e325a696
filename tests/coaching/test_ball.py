"""A ball's speed and place, and the holds that follow from them, on a simulated one."""

from __future__ import annotations

from functools import cache
from math import cos, hypot, inf, nan, sin

import pytest

from firmware_host.coaching.ball import BallMotion
from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Event, Hold, Pass, ShortPass
from firmware_host.coaching.inputs import ImuSample, Tool
from firmware_host.coaching.replay import replay
from firmware_host.coaching.setup import Setup
from firmware_host.profiles import load_profile
from firmware_host.simulator import truth
from firmware_host.simulator.rig import simulate
from firmware_host.simulator.world import World

SECONDS = 60.0
STILL = ImuSample(0.0, "ball", (0.0, 0.0, 9.81), (0.0, 0.0, 0.0))


@cache
def said(seed: int) -> tuple[Event, ...]:
    world = World("ball", seed, SECONDS)
    engine = Engine(Setup(person=world.person, tools=(world.tool,), profile=load_profile("article")))
    return tuple(replay(engine, simulate("ball", seed, SECONDS), events=True, motion=False))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_ball_has_holds_in_circles_too_and_no_passes(seed: int) -> None:
    true = list(truth.of_world(World("ball", seed, SECONDS), "ball", seed, SECONDS).holds)
    holds = [event for event in said(seed) if isinstance(event, Hold)]
    assert len(holds) == len(true) >= 2
    for hold, one in zip(holds, true, strict=True):
        assert hold.start == pytest.approx(one.start, abs=0.06)
        assert hold.end == pytest.approx(one.end, abs=0.06)
        assert hold.excursion_m == pytest.approx(one.excursion_m, abs=0.003)
    assert not any(isinstance(event, Pass | ShortPass) for event in said(seed))


def test_speed_is_the_rolling_without_the_spin() -> None:
    world = World("ball", 3, SECONDS)
    motion = BallMotion(world.tool)
    worst = 0.0
    for i in range(2000):
        t = i / 100
        accel, gyro = world.imu(t)
        motion.update(ImuSample(t, world.tool.name, accel, gyro), None, False, True)
        if t > 3.0:
            _, _, vx, vy = world.path(t)
            worst = max(worst, abs(motion.speed - hypot(vx, vy)))
    assert motion.travelled > 0.05
    assert worst < 0.006


def test_spinning_on_the_spot_goes_nowhere() -> None:
    motion = BallMotion(Tool(name="ball", kind="massage_ball", radius_m=0.032))
    for i in range(500):
        motion.update(ImuSample(i / 100, "ball", (0.0, 0.0, 9.81), (0.0, 0.0, 3.0)), None, False, True)
    assert motion.speed == pytest.approx(0.0, abs=1e-9)
    assert motion.place == pytest.approx((0.0, 0.0), abs=1e-9)


def test_a_level_turn_rolls_it_by_its_radius() -> None:
    motion = BallMotion(Tool(name="ball", kind="massage_ball", radius_m=0.03))
    for i in range(101):
        angle = 2.0 * i / 100
        accel = (0.0, 9.81 * sin(angle), 9.81 * cos(angle))
        motion.update(ImuSample(i / 100, "ball", accel, (2.0, 0.0, 0.0)), None, False, True)
    assert motion.speed == pytest.approx(0.06, rel=0.01)
    assert hypot(*motion.place) == pytest.approx(0.06, rel=0.02)


@pytest.mark.parametrize("wild", [nan, inf, 1e30])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_what_is_no_reading_is_refused_and_does_no_harm(wild: float, axis: int) -> None:
    motion = BallMotion(Tool(name="ball", kind="massage_ball"))
    motion.update(STILL, None, False, True)
    gyro = (wild if axis == 0 else 0.0, wild if axis == 1 else 0.0, wild if axis == 2 else 0.0)
    assert not motion.update(ImuSample(0.01, "ball", STILL.accel, gyro), None, False, True)
    assert motion.update(ImuSample(0.02, "ball", gyro, (0.0, 0.0, 0.0)), None, False, True)
    assert motion.rejected == 2
    assert motion.speed == pytest.approx(0.0, abs=1e-6)
