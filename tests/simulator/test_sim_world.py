"""The world's physics against identities that do not use its own formulas."""

from __future__ import annotations

import random
from itertools import pairwise
from math import atan2, cos, hypot, pi, radians, sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import EVERY_KIND

from firmware_host.coaching.inputs import Person
from firmware_host.simulator.pressure import BLADDER_YIELD_PER_N, Bladder
from firmware_host.simulator.scenarios import SCENARIOS, UnknownScenario
from firmware_host.simulator.tools import RADIUS_M, STIFFNESS_N_M, FoamRoller, G
from firmware_host.simulator.world import World

pytestmark = pytest.mark.slow

MOVING = ("calm", "fast", "jerky", "holding", "mixed", "demo")


def dot(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def test_at_rest_the_accelerometer_shows_gravity_and_the_gyroscope_its_bias() -> None:
    for seed in range(5):
        world = World("still", seed)
        accel, gyro = world.imu(2.0)
        gravity = [a - b for a, b in zip(accel, world._accel_bias, strict=True)]
        assert hypot(*gravity) == pytest.approx(G)
        assert gyro == pytest.approx(world.gyro_bias(2.0))
        assert 0 < max(abs(b) for b in world.gyro_bias(2.0)) < radians(6)


def test_the_axis_is_askew_by_one_to_three_degrees() -> None:
    for seed in range(20):
        axis = World("still", seed).true_axis
        assert hypot(*axis) == pytest.approx(1.0)
        assert cos(radians(3)) - 1e-9 <= axis[0] <= cos(radians(1)) + 1e-9


@pytest.mark.parametrize("scenario", MOVING)
def test_speed_is_effective_radius_times_rate_and_sag_takes_a_third(scenario: str) -> None:
    world = World(scenario, 3)
    for i in range(600):
        motion = world.motion(i * 0.05)
        sag_m = motion.force_n / STIFFNESS_N_M
        assert motion.effective_radius_m == pytest.approx(RADIUS_M - sag_m / 3)
        assert motion.speed_m_s == pytest.approx(motion.effective_radius_m * motion.rate_rad_s)


@pytest.mark.parametrize("scenario", MOVING)
def test_the_gyroscope_about_the_true_axis_is_rate_times_scale_plus_bias(scenario: str) -> None:
    world = World(scenario, 4, gyro_scale_error=0.01)
    for i in range(600):
        t = i * 0.05
        _, gyro = world.imu(t)
        seen = dot(gyro, world.true_axis) - dot(world.gyro_bias(t), world.true_axis)
        assert seen == pytest.approx(1.01 * world.motion(t).rate_rad_s, abs=1e-9)


def test_what_turns_across_the_axis_is_steering_about_the_vertical() -> None:
    world = World("calm", 4, gyro_scale_error=0.0)
    _, e1, e2 = world._body_axes
    most = 0.0
    for i in range(1000):
        t = i * 0.02
        motion = world.motion(t)
        gyro = tuple(g - b for g, b in zip(world.imu(t)[1], world.gyro_bias(t), strict=True))
        across, along = dot(gyro, e1), dot(gyro, e2)  # type: ignore[arg-type]
        up = sin(motion.angle_rad), cos(motion.angle_rad)
        assert across * up[1] - along * up[0] == pytest.approx(0.0, abs=1e-9)
        if motion.force_n == 0.0:
            assert hypot(across, along) == pytest.approx(0.0, abs=1e-9)
        most = max(most, hypot(across, along))
    assert radians(0.5) < most < radians(3)


def test_gravity_turns_backwards_in_the_sensor_as_the_roller_turns() -> None:
    """Where the roller hardly accelerates, the accelerometer alone gives the true angle."""
    world = World("holding", 2)
    _, e1, e2 = world._body_axes
    checked = 0
    for i in range(8000):
        t = i * 0.01
        motion = world.motion(t)
        if abs(motion.rate_rad_s) > 0.3 or abs(motion.acceleration_rad_s2) > 0.3:
            continue
        accel = world.imu(t)[0]
        force = tuple(a - b for a, b in zip(accel, world._accel_bias, strict=True))
        seen = atan2(dot(force, e1), dot(force, e2))  # type: ignore[arg-type]
        off = (seen - motion.angle_rad + pi) % (2 * pi) - pi
        assert off == pytest.approx(0.0, abs=0.01)
        checked += 1
    assert checked > 1500


def test_the_accelerometer_shows_what_a_point_off_the_axis_goes_through() -> None:
    """Differentiate the IMU's path over the floor twice, and turn it into the body."""
    world = World("fast", 5)
    u, e1, e2 = world._body_axes
    roller = world._tool
    assert isinstance(roller, FoamRoller)
    y0, z0 = roller._lever_y, roller._lever_z
    t = 6.0
    force_n = world.motion(t).force_n
    radius_m = RADIUS_M - force_n / STIFFNESS_N_M / 3
    start = world.motion(t).angle_rad

    def path(at: float) -> tuple[float, float]:
        angle = world.motion(at).angle_rad
        c, s = cos(angle), sin(angle)
        return -radius_m * (angle - start) + y0 * c - z0 * s, y0 * s + z0 * c

    for at in (6.0, 6.37, 6.8, 7.31):
        t = at
        radius_m = RADIUS_M - world.motion(t).force_n / STIFFNESS_N_M / 3
        h = 1e-3
        (yb, zb), (y, z), (ya, za) = path(t - h), path(t), path(t + h)
        ay, az = (ya - 2 * y + yb) / h**2, (za - 2 * z + zb) / h**2 + G
        angle = world.motion(t).angle_rad
        c, s = cos(angle), sin(angle)
        accel = tuple(a - b for a, b in zip(world.imu(t)[0], world._accel_bias, strict=True))
        assert dot(accel, u) == pytest.approx(0.0, abs=1e-9)  # type: ignore[arg-type]
        assert dot(accel, e1) == pytest.approx(ay * c + az * s, abs=0.02)  # type: ignore[arg-type]
        assert dot(accel, e2) == pytest.approx(-ay * s + az * c, abs=0.02)  # type: ignore[arg-type]


def test_angle_is_the_integral_of_rate_and_rate_of_acceleration() -> None:
    world = World("jerky", 6)
    dt = 0.0005
    angle = world.motion(4.0).angle_rad
    rate = world.motion(4.0).rate_rad_s
    for i in range(20_000):
        m, n = world.motion(4.0 + i * dt), world.motion(4.0 + (i + 1) * dt)
        angle += (m.rate_rad_s + n.rate_rad_s) / 2 * dt
        rate += (m.acceleration_rad_s2 + n.acceleration_rad_s2) / 2 * dt
    assert angle == pytest.approx(n.angle_rad, abs=1e-4)
    assert rate == pytest.approx(n.rate_rad_s, abs=0.02)


def test_the_bladder_is_convex_reaches_sixty_kilopascal_and_warms() -> None:
    bladder = World("still", 1).force_sensor
    assert isinstance(bladder, Bladder)
    zero = bladder.pascal(0.0, 0.0)
    gauge = [bladder.pascal(float(f), 0.0) - zero for f in range(0, 601, 50)]
    steps = [b - a for a, b in pairwise(gauge)]
    assert all(b > a > 0 for a, b in pairwise(steps))
    assert gauge[9] == pytest.approx(60_000, rel=0.02)
    per_kelvin = (bladder.pascal(0.0, 2000.0) - zero) / bladder.warmth_k(2000.0)
    assert per_kelvin == pytest.approx(345, abs=60)
    assert BLADDER_YIELD_PER_N * 600 < 0.6


def test_the_owners_calibration_gives_back_the_true_force() -> None:
    """Zero and points of the header, linear in between as the engine applies them, against the truth."""
    world = World("calm", 7)
    calibration = world.tool.calibration
    assert calibration.zero is not None
    points = ((0.0, 0.0), *calibration.points)
    checked = 0
    for i in range(400):
        t = i * 0.1
        above = world.pressure(t)[0] - calibration.zero
        pair = next(((a, b) for a, b in pairwise(points) if above < b[0]), points[-2:])
        (p0, f0), (p1, f1) = pair
        force_n = f0 + (above - p0) / (p1 - p0) * (f1 - f0)
        true_n = world.motion(t).force_n
        assert force_n == pytest.approx(true_n, abs=4 + 0.05 * true_n)
        checked += true_n > 100
    assert checked > 200


@pytest.mark.parametrize("scenario", EVERY_KIND)
def test_the_same_seed_is_the_same_world_in_whatever_order_it_is_asked(scenario: str) -> None:
    times = [i * 0.013 for i in range(1500)]
    shuffled = list(times)
    rng = random.Random(1)
    for i in range(0, 1500, 50):
        block = shuffled[i : i + 50]
        rng.shuffle(block)
        shuffled[i : i + 50] = block
    one, two = World(scenario, 9, 20.0), World(scenario, 9, 20.0)
    first = {t: (one.imu(t), one.reading(t)) for t in times}
    second = {t: (two.imu(t), two.reading(t)) for t in shuffled}
    assert first == second
    assert one.take_commands(20.0) == two.take_commands(20.0)
    assert one.tool == two.tool


def test_another_seed_is_another_world() -> None:
    assert World("calm", 1).imu(10.0) != World("calm", 2).imu(10.0)


def test_an_unknown_scenario_is_told_which_there_are() -> None:
    with pytest.raises(UnknownScenario, match=r"'clam'.*Did you mean 'calm'.*calm, fast, jerky") as caught:
        World("clam")
    assert all(name in str(caught.value) for name in SCENARIOS)


@settings(deadline=None, max_examples=25)
@given(
    scenario=st.sampled_from(sorted(SCENARIOS)),
    seed=st.integers(0, 10_000),
    seconds=st.floats(1.0, 60.0),
    mass_kg=st.floats(40, 130),
)
def test_every_world_is_smooth_and_within_reason(scenario: str, seed: int, seconds: float, mass_kg: float) -> None:
    world = World(scenario, seed, seconds, person=Person(mass_kg=mass_kg))
    dt = 0.01
    most_rad_s2 = 150 * RADIUS_M / world.tool.radius_m
    before = world.motion(0.0)
    for i in range(1, int(seconds / dt) + 300):
        motion = world.motion(i * dt)
        assert 0 <= motion.force_n < mass_kg * G
        assert abs(motion.speed_m_s) < 1.5
        assert abs(motion.acceleration_rad_s2) < most_rad_s2
        assert abs(motion.rate_rad_s - before.rate_rad_s) < most_rad_s2 * dt
        assert abs(motion.force_n - before.force_n) < mass_kg * G * dt / 0.1
        before = motion
    assert before.force_n == 0.0  # she has stepped off
    assert before.rate_rad_s == 0.0


def deviation(quiet: World, buzzing: World, t: float) -> float:
    return hypot(*(a - b for a, b in zip(buzzing.imu(t)[0], quiet.imu(t)[0], strict=True)))


def test_the_motor_shakes_the_sensor_while_it_runs_and_runs_down() -> None:
    quiet, buzzing = World("still", 1), World("still", 1)
    buzzing.motor(1.0, 1.0)
    buzzing.motor(0.0, 1.15)

    def strongest(start: float, end: float) -> float:
        return max(deviation(quiet, buzzing, start + i * 1e-4) for i in range(int((end - start) * 1e4)))

    assert strongest(0.9, 0.999) == 0.0
    assert strongest(1.01, 1.14) == pytest.approx(30 * hypot(0.3, 1.0, 0.8), rel=0.02)
    assert 1.0 < strongest(1.2, 1.25) < 25
    assert strongest(1.36, 1.5) == 0.0


def mean_speed(world: World, start: float, end: float) -> float:
    count = int((end - start) * 100)
    return sum(abs(world.motion(start + i / 100).speed_m_s) for i in range(count)) / count


def test_who_heeds_slows_down_after_a_buzz_and_who_does_not_goes_on() -> None:
    for heeds in (True, False):
        world = World("fast", 1, heeds=heeds)
        before = mean_speed(world, 8.0, 12.0)
        world.motor(1.0, 12.0)
        world.motor(0.0, 12.15)
        after = mean_speed(world, 14.5, 20.0)
        assert (after < 0.6 * before) is heeds


def test_a_buzz_while_going_slowly_changes_nothing() -> None:
    heeding, other = World("calm", 1, heeds=True), World("calm", 1)
    assert heeding.motion(12.0) == other.motion(12.0)
    heeding.motor(1.0, 12.0)
    heeding.motor(0.0, 12.15)
    assert [heeding.motion(12 + i * 0.1) for i in range(300)] == [other.motion(12 + i * 0.1) for i in range(300)]


def test_the_demo_goes_on_after_its_story() -> None:
    world = World("demo", 1)
    assert mean_speed(world, 600.0, 700.0) > 0.01
    muscles = [c.muscle for c in world.take_commands(720.0) if c.command == "select"]
    assert len(muscles) > 1
    on = [muscle for _, muscle in world.turns]
    assert on == [one for one in ("calves", "hamstrings", "quadriceps", "tfl", "glutes") for _ in range(2)]
