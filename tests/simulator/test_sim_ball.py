"""The massage ball's physics against identities that do not use its own formulas."""

from __future__ import annotations

from math import degrees, hypot

import numpy as np
import pytest
from numpy.typing import NDArray

from firmware_host.simulator import truth
from firmware_host.simulator.ball import MassageBall, _to_body
from firmware_host.simulator.conditions import Conditions
from firmware_host.simulator.tools import BALL_RADIUS_M, G
from firmware_host.simulator.world import World

pytestmark = pytest.mark.slow

Array = NDArray[np.float64]
TIMES = (6.0005, 6.4003, 6.9008, 12.3004, 31.0507)
H = 2e-4


def ball_of(world: World) -> MassageBall:
    ball = world._tool
    assert isinstance(ball, MassageBall)
    return ball


def attitude(world: World, t: float) -> Array:
    """Body to world."""
    return np.array(_to_body(ball_of(world).attitude(t))).T


def place(world: World, t: float) -> Array:
    """Where the sensor is in the world: the centre rolls towards -y about x, towards +x about y."""
    ball = ball_of(world)
    x, y, _, _ = world.path(t)
    return np.asarray(np.array([y, -x, 0.0]) + attitude(world, t) @ np.array([0.0, *ball._lever]))


@pytest.mark.parametrize("t", TIMES)
def test_the_gyroscope_is_the_derivative_of_the_attitude(t: float) -> None:
    world = World("ball", 5)
    turning = (attitude(world, t + H) - attitude(world, t - H)) / (2 * H)
    cross = attitude(world, t).T @ turning
    felt = ball_of(world).felt(t)
    assert felt[3:] == pytest.approx((cross[2, 1], cross[0, 2], cross[1, 0]), abs=2e-4)


@pytest.mark.parametrize("t", TIMES)
def test_the_accelerometer_is_the_second_derivative_of_the_sensors_path(t: float) -> None:
    """Within a step of a millisecond, and a lever large enough to show."""
    world = World("ball", 5, conditions=Conditions(lever_m=0.02))
    acceleration = (place(world, t + H) - 2 * place(world, t) + place(world, t - H)) / H**2
    want = attitude(world, t).T @ (acceleration + np.array([0.0, 0.0, G]))
    assert ball_of(world).felt(t)[:3] == pytest.approx(tuple(want), abs=0.05)


def test_integrating_the_gyroscope_alone_gives_the_attitude() -> None:
    """By a rule of its own: the matrix exponential of the body rate, twice as fine."""
    world = World("ball", 2)
    ball, dt = ball_of(world), 0.0005
    turned = attitude(world, 5.0)
    for i in range(16_000):
        x, y, z = ball.felt(5.0 + (i + 0.5) * dt)[3:]
        rate = hypot(x, y, z)
        if rate > 0.0:
            k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]) / rate
            turned = turned @ (np.eye(3) + np.sin(rate * dt) * k + (1 - np.cos(rate * dt)) * k @ k)
    assert turned == pytest.approx(attitude(world, 13.0), abs=1e-4)


def test_the_attitude_stays_a_turn() -> None:
    world = World("ball", 4)
    matrix = attitude(world, 60.0)
    assert matrix @ matrix.T == pytest.approx(np.eye(3), abs=1e-9)


def test_at_rest_it_shows_gravity_and_the_bias() -> None:
    for seed in range(5):
        world = World("ball", seed)
        felt = ball_of(world).felt(2.0)
        assert hypot(*felt[:3]) == pytest.approx(G)
        assert felt[3:] == (0.0, 0.0, 0.0)


def test_across_gravity_the_rate_is_path_speed_over_radius() -> None:
    """As guidance 2.3: v = r |omega horizontal|. What is left stands along gravity: the spin, up to 60 dps."""
    world = World("ball", 7)
    ball, spins = ball_of(world), []
    for i in range(2000):
        t = i * 0.03
        up = attitude(world, t).T @ np.array([0.0, 0.0, 1.0])
        rate = np.array(ball.felt(t)[3:])
        spin = float(rate @ up)
        motion = world.motion(t)
        across = rate - spin * up
        assert motion.speed_m_s == pytest.approx(BALL_RADIUS_M * float(np.linalg.norm(across)), abs=1e-9)
        _, _, vx, vy = world.path(t)
        assert motion.speed_m_s == pytest.approx(hypot(vx, vy))
        spins.append(abs(degrees(spin)))
    assert 10 < max(spins) < 62


def test_the_path_is_the_integral_of_its_speeds() -> None:
    world, dt = World("ball", 3), 0.002
    x, y, vx, vy = world.path(4.0)
    for i in range(1, 5001):
        was = vx, vy
        at_x, at_y, vx, vy = world.path(4.0 + i * dt)
        x, y = x + (was[0] + vx) / 2 * dt, y + (was[1] + vy) / 2 * dt
    assert (x, y) == pytest.approx((at_x, at_y), abs=1e-5)


def test_attitudes_long_past_are_refused_with_what_to_do() -> None:
    world = World("ball", 1)
    world.imu(30.0)
    assert world.imu(25.5)
    with pytest.raises(ValueError, match=r"kept for 5 s.*same seed"):
        ball_of(world).attitude(24.9)


@pytest.mark.slow
def test_the_person_stays_and_circles_on_spots_three_to_eight_centimetres_apart() -> None:
    excursions: list[float] = []
    for seed in (2, 3):
        result = truth.of_world(World("ball", seed, 100.0), "ball", seed, 100.0)
        assert result.passes == result.short_passes == ()
        assert len(result.holds) >= 3
        excursions += [hold.excursion_m for hold in result.holds]
        for hold in result.holds:
            assert hold.position_m is None
            assert 60 <= hold.mean_force_n <= 200
            assert hold.muscle == "glutes"
    assert min(excursions) < 0.003
    assert sum(0.008 <= excursion <= 0.021 for excursion in excursions) > 2


def test_it_has_no_axis_and_no_place_on_a_line() -> None:
    world = World("ball", 1)
    tool = world.tool
    assert (tool.name, tool.kind, tool.radius_m, tool.stiffness_n_m) == ("ball", "massage_ball", 0.032, None)
    assert (tool.axis, tool.pressure) == (None, "force")
    with pytest.raises(TypeError, match=r"World\.path"):
        truth.positions(world, [1.0])
    with pytest.raises(TypeError, match="motion"):
        World("stick", 1).path(1.0)
