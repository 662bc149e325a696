"""The massage stick's physics against identities that do not use its own formulas."""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, pi, sin

import numpy as np
import pytest
from numpy.typing import NDArray

from firmware_host.simulator import truth
from firmware_host.simulator.conditions import Conditions
from firmware_host.simulator.tools import STICK_RADIUS_M, G, MassageStick
from firmware_host.simulator.world import World

Array = NDArray[np.float64]
TIMES = (6.0, 7.37, 9.8, 14.31, 21.05)
H = 1e-4


def stick_of(world: World) -> MassageStick:
    stick = world._tool
    assert isinstance(stick, MassageStick)
    return stick


def attitude(world: World, t: float) -> Array:
    """Body to world: the tilt about y, then the turn about the tilted axis."""
    tilt, angle = stick_of(world).tilt(t)[0], world.motion(t).angle_rad
    about_y = np.array([[cos(tilt), 0, sin(tilt)], [0, 1, 0], [-sin(tilt), 0, cos(tilt)]])
    about_x = np.array([[1, 0, 0], [0, cos(angle), -sin(angle)], [0, sin(angle), cos(angle)]])
    return np.asarray(about_y @ about_x)


def place(world: World, t: float) -> Array:
    """Where the sensor is in the world: rolled along -y, shaken, off the axis."""
    stick = stick_of(world)
    centre = np.array([axis[0] for axis in stick.shake(t)])
    centre[1] -= STICK_RADIUS_M * world.motion(t).angle_rad
    return np.asarray(centre + attitude(world, t) @ np.array([0.0, *stick._lever]))


@pytest.mark.parametrize("t", TIMES)
def test_the_gyroscope_is_the_derivative_of_the_attitude(t: float) -> None:
    world = World("stick", 3)
    turning = (attitude(world, t + H) - attitude(world, t - H)) / (2 * H)
    cross = attitude(world, t).T @ turning
    felt = stick_of(world).felt(t)
    assert felt[3:] == pytest.approx((cross[2, 1], cross[0, 2], cross[1, 0]), abs=1e-5)


@pytest.mark.parametrize("t", TIMES)
def test_the_accelerometer_is_the_second_derivative_of_the_sensors_path(t: float) -> None:
    world = World("stick", 3, conditions=Conditions(lever_m=0.012))
    acceleration = (place(world, t + H) - 2 * place(world, t) + place(world, t - H)) / H**2
    want = attitude(world, t).T @ (acceleration + np.array([0.0, 0.0, G]))
    assert stick_of(world).felt(t)[:3] == pytest.approx(tuple(want), abs=0.01)


def test_before_it_is_taken_up_it_lies_still_and_shows_gravity() -> None:
    for seed in range(5):
        world = World("stick", seed)
        felt = stick_of(world).felt(1.0)
        assert hypot(*felt[:3]) == pytest.approx(G)
        assert felt[3:] == (0.0, 0.0, 0.0)
        assert world.imu(1.0)[1] == pytest.approx(world.gyro_bias(1.0))


def test_in_the_hand_its_axis_tilts_by_some_degrees_and_wanders_slowly() -> None:
    for seed in range(5):
        stick = stick_of(World("stick", seed))
        tilts = [degrees(stick.tilt(3 + i * 0.05)[0]) for i in range(1200)]
        assert max(abs(tilt) for tilt in tilts) < 11
        assert 1.5 < max(tilts) - min(tilts) < 8
        changes = sum((a - b) * (b - c) < 0 for a, b, c in zip(tilts, tilts[1:], tilts[2:], strict=False))
        assert changes < 2 * 0.5 * 60  # two turns a period, under 0.5 Hz


def test_the_hand_shakes_it_by_half_a_metre_per_second_squared_and_takes_it_nowhere() -> None:
    for seed in range(5):
        stick = stick_of(World("stick", seed))
        shaken = [stick.shake(3 + i * 0.01) for i in range(3000)]
        power = [sum(axis[2] ** 2 for axis in one) for one in shaken]
        assert 0.3 < (sum(power) / len(power)) ** 0.5 < 0.8
        assert max(abs(axis[0]) for one in shaken for axis in one) < 0.025


def test_gravity_about_the_axis_still_gives_the_angle_on_average() -> None:
    world = World("stick", 2)
    stick, off = stick_of(world), []
    for i in range(3000):
        t = 4 + i * 0.01
        felt = stick.felt(t)
        seen = atan2(felt[1], felt[2]) - world.motion(t).angle_rad
        off.append((seen + pi) % (2 * pi) - pi)
    assert abs(sum(off) / len(off)) < 0.02
    assert 0.005 < (sum(one * one for one in off) / len(off)) ** 0.5 < 0.4


def test_a_pass_is_two_to_three_turns_at_sixty_to_two_hundred_newton() -> None:
    result = truth.of_world(World("stick", 1, 120.0), "stick", 1, 120.0)
    whole = [stroke for stroke in result.passes if stroke.length_m > 0.2]
    assert len(whole) > 12
    for stroke in whole:
        assert 1.6 < stroke.length_m / (2 * pi * STICK_RADIUS_M) < 3.0
        assert 60 <= stroke.mean_force_n <= 200 or stroke.muscle == "tibialis_anterior"
    assert {stroke.muscle for stroke in result.passes} >= {"calves", "tibialis_anterior"}
    assert result.holds


def test_its_owner_knows_its_axis_its_radius_and_its_zero() -> None:
    world = World("stick", 1)
    tool = world.tool
    assert (tool.name, tool.kind, tool.radius_m, tool.stiffness_n_m) == ("stick", "massage_stick", 0.02, None)
    assert (tool.axis, tool.pressure, tool.calibration.points) == ((1.0, 0.0, 0.0), "force", ())
    unloaded = world.reading(0.5)
    assert tool.calibration.zero is not None
    assert isinstance(unloaded, float)
    assert unloaded == pytest.approx(tool.calibration.zero, abs=0.3)
