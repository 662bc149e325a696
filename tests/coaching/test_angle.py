"""The angle of a turning tool, against the truth it was made from."""

from __future__ import annotations

from math import cos, isfinite, pi, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from turned import TOOL, G, X, errors_deg, follow, resting, rms, strokes, turned, turning

from firmware_host.coaching.angle import AngleFilter
from firmware_host.coaching.inputs import Calibration, Tool, Vector
from firmware_host.coaching.motion import Motion

DPS = radians(1.0)


def _upright(_t: float) -> float:
    return pi / 2


@pytest.mark.parametrize("turns", [200, -200])
def test_counts_200_turns_of_an_off_axis_wheel_to_the_bar(turns: int) -> None:
    truth = turning(turns, 120.0)
    samples = turned(truth, 126.0, lever_m=(0.03, -0.04), rolls_m=0.06, scale=0.02, bias=(3 * DPS, -2 * DPS, DPS))
    error = errors_deg(follow(Motion(TOOL), samples), truth)
    assert abs(error[-1]) < 0.0002 * 360 * abs(turns)
    assert rms(error) < 5.0


@pytest.mark.parametrize("revolutions_per_s", [1, 2, 4])
def test_a_steady_spin_is_not_taken_for_rest_however_it_fits_the_window(revolutions_per_s: int) -> None:
    # Gravity's mean over whole turns stays where it is, as at rest.
    def truth(t: float) -> float:
        return 2 * pi * revolutions_per_s * min(t, 20.0) if t < 20.0 else 40 * pi * revolutions_per_s

    motion = Motion(TOOL)
    error = errors_deg(follow(motion, turned(truth, 19.9)), truth, since=3.0)
    assert motion.bias is None
    assert rms(error) < 3.0


def test_a_lever_of_5_cm_and_spin_do_not_break_the_lock() -> None:
    truth = turning(100, 60.0)  # 20.9 rad/s at most: 22 m/s2 outwards, twice gravity
    error = errors_deg(follow(Motion(TOOL), turned(truth, 66.0, lever_m=(0.03, 0.04))), truth)
    assert rms(error) < 3.0
    assert abs(error[-1]) < 1.0


def test_an_off_axis_sensor_on_a_roller_under_strokes() -> None:
    truth = strokes(3.5, 2.0)
    samples = turned(truth, 60.0, lever_m=(0.03, 0.04), rolls_m=0.075, bias=(2 * DPS, DPS, -DPS))
    assert rms(errors_deg(follow(Motion(TOOL), samples), truth, since=10.0)) < 0.7


@pytest.mark.parametrize("begin", [0.0, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("bias", [(12 * DPS, 0.0, 0.0), (-12 * DPS, 0.0, 0.0), (12 * DPS, -12 * DPS, 12 * DPS)])
def test_begins_in_motion_with_a_bias_of_12_dps(begin: float, bias: Vector) -> None:
    truth = strokes(3.5, 2.5, begin)
    samples = turned(truth, 60.0, lever_m=(0.01, 0.01), rolls_m=0.075, bias=bias)
    error = errors_deg(follow(Motion(TOOL), samples), truth)
    assert max(map(abs, error)) < 8.0
    assert rms(error[2000:]) < 2.5


def test_an_upright_axis_leaves_the_gyroscope_alone() -> None:
    truth = turning(6, 8.0)
    motion = Motion(TOOL)
    error = errors_deg(follow(motion, turned(truth, 40.0, tilt=_upright, bias=(DPS, 0.5 * DPS, -2 * DPS))), truth)
    # A degree or so goes until the rest shows the bias, and again while it slows down to rest.
    assert max(map(abs, error)) < 3.0
    assert abs(error[-1]) < 2.0
    assert motion.bias is not None
    assert motion.bias == pytest.approx((DPS, 0.5 * DPS, -2 * DPS), abs=0.1 * DPS)


def test_a_slow_start_about_an_upright_axis_is_not_taken_for_bias() -> None:
    # Here gravity can't tell turning from bias; but a bias does not grow from one half second to the next.
    truth = turning(3, 20.0)
    error = errors_deg(follow(Motion(TOOL), turned(truth, 40.0, tilt=_upright)), truth)
    assert max(map(abs, error)) < 1.5


def test_from_upright_to_level_it_finds_gravity_again() -> None:
    truth = strokes(3.0, 3.0)
    samples = turned(
        truth, 90.0, tilt=lambda t: pi / 2 * (1 - min(max((t - 20) / 3, 0), 1)), bias=(2 * DPS, 0.5 * DPS, -DPS)
    )
    error = errors_deg(follow(Motion(TOOL), samples), truth)
    assert max(map(abs, error)) < 20 * 2 + 25  # in 20 s the bias alone makes 40 degrees
    level, late = error[3500:], error[6000:]
    assert max(level) - min(level) < 6.0
    assert max(late) - min(late) < 2.0


def test_going_upright_and_back_keeps_to_gravity() -> None:
    truth = strokes(3.0, 3.0)

    def tilt(t: float) -> float:
        return pi / 2 * min(max((t - 20) / 3, 0), 1) * min(max((40 - t) / 3, 0), 1)

    samples = turned(truth, 80.0, tilt=tilt, bias=(2 * DPS, 0.0, 0.0))
    error = errors_deg(follow(Motion(TOOL), samples), truth, since=45.0)
    assert max(map(abs, error)) < 5.0


def test_the_first_angle_is_zero_wherever_gravity_is() -> None:
    for place in (0.0, 1.0, -2.5, pi):
        angle = follow(Motion(TOOL), turned(lambda t, place=place: place, 0.01))  # type: ignore[misc]
        assert angle == [(0.0, 0.0)]


@pytest.mark.parametrize("rolls_m", [0.0, 0.075])
def test_learns_scale_and_how_far_the_axis_moves(rolls_m: float) -> None:
    wheel, roller = AngleFilter(X, 0.075), AngleFilter(X, 0.075)
    for sample in turned(turning(50, 60.0), 66.0, lever_m=(0.02, 0.01), scale=0.02):
        _step(wheel, sample.gyro, sample.accel)
    for sample in turned(strokes(3.5, 1.5), 60.0, lever_m=(0.01, 0.0), rolls_m=rolls_m):
        _step(roller, sample.gyro, sample.accel)
    assert wheel.scale == pytest.approx(1 / 1.02 - 1, abs=1e-3)
    assert roller.centre_m == pytest.approx(rolls_m, abs=0.02)


def test_a_calibrated_bias_is_used_from_the_first_sample() -> None:
    bias = (10 * DPS, 10 * DPS, -10 * DPS)
    known = Tool(name="roller", kind="foam_roller", axis=X, calibration=Calibration(gyro_bias=bias))
    truth = strokes(3.5, 2.5)
    samples = turned(truth, 5.0, rolls_m=0.075, bias=bias)
    knowing, learning = (errors_deg(follow(Motion(tool), samples), truth) for tool in (known, TOOL))
    assert rms(knowing) < 1.0
    assert rms(knowing) < rms(learning)


def test_without_an_accelerometer_it_is_the_gyroscope() -> None:
    turns = AngleFilter(X, 0.075)
    for _ in range(100):
        turns.step((1.0, 0.0, 0.0), None, 0.01)
    assert turns.angle == pytest.approx(1.0, abs=0.006)
    assert not turns.settled
    assert turns.bias == 0.0


def test_certainty_falls_with_time_and_returns_with_gravity() -> None:
    turns = AngleFilter(X, 0.075)
    for sample in turned(resting, 10.0):
        _step(turns, sample.gyro, sample.accel)
    sure = turns.angle_sd
    for _ in range(1000):
        turns.step((0.0, 0.0, 0.0), None, 0.01)
    blind = turns.angle_sd
    turns.unsettle(1.0)
    lost = turns.angle_sd
    for sample in turned(resting, 10.0):
        _step(turns, sample.gyro, sample.accel)
    assert sure < 0.05
    assert blind > sure
    assert lost == pytest.approx((1 + blind**2) ** 0.5)
    assert turns.angle_sd < 0.05


def test_a_better_axis_leaves_the_angle_where_it_is() -> None:
    turns = AngleFilter((0.1, 1.0, 0.05), 0.075)
    for t in range(300):
        # About y: rest, then a slow turn.
        angle = max(t - 100, 0) * 0.005
        turns.step((0.0, 0.5 if t > 100 else 0.0, 0.0), (-G * sin(angle), 0.0, G * cos(angle)), 0.01)
    before = turns.angle
    turns.turn_axis((0.0, 1.0, 0.0))
    assert turns.angle == before
    assert turns.axis == (0.0, 1.0, 0.0)
    for _ in range(300):
        turns.step((0.0, 0.0, 0.0), (-G * sin(angle), 0.0, G * cos(angle)), 0.01)
    assert turns.angle == pytest.approx(angle, abs=0.03)


axes = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: max(map(abs, v)) > 0.01)
rates = st.tuples(*[st.floats(-80, 80)] * 3)
pulls = st.tuples(*[st.floats(-250, 250)] * 3)
steps = st.lists(st.tuples(rates, st.none() | pulls, st.floats(0, 0.5)), max_size=80)


@pytest.mark.slow
@given(axes, steps)
def test_whatever_a_sensor_can_read_the_filter_stays_finite(
    axis: Vector, fed: list[tuple[Vector, Vector | None, float]]
) -> None:
    turns = AngleFilter(axis, 0.075)
    for gyro, accel, dt in fed:
        rate = turns.step(gyro, accel, dt)
        assert all(isfinite(value) for value in (rate, turns.angle, turns.angle_sd, turns.scale, turns.bias))


def _step(turns: AngleFilter, gyro: Vector | None, accel: Vector | None) -> None:
    assert gyro is not None
    turns.step(gyro, accel, 0.01)
