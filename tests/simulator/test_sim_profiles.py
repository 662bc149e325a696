"""Speed profiles: each one's speed and acceleration are its distance's derivatives, and it arrives."""

from __future__ import annotations

from math import pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_host.simulator.profiles import Profile, Ripple, half_sine, quintic, rippled, trapezoid

PROFILES = {
    "min_jerk": (quintic(0.3, 2.0), 1.875),
    "sine": (half_sine(0.3, 2.0), pi / 2),
    "trapezoid": (trapezoid(0.3, 2.0), 1.25),
}


@pytest.mark.parametrize("name", PROFILES)
def test_a_stroke_begins_and_ends_at_rest_and_arrives(name: str) -> None:
    profile, peak_over_mean = PROFILES[name]
    assert profile(0.0)[:2] == pytest.approx((0.0, 0.0), abs=1e-12)
    assert profile(2.0)[:2] == pytest.approx((0.3, 0.0), abs=1e-12)
    peak = max(profile(i / 1000 * 2.0)[1] for i in range(1001))
    assert peak / 0.15 == pytest.approx(peak_over_mean, rel=1e-4)


def assert_derivatives(profile: Profile, times: list[float]) -> None:
    h = 1e-5
    for t in times:
        before, here, after = profile(t - h), profile(t), profile(t + h)
        assert here[1] == pytest.approx((after[0] - before[0]) / (2 * h), abs=1e-6)
        assert here[2] == pytest.approx((after[1] - before[1]) / (2 * h), abs=1e-5)


@pytest.mark.parametrize("name", PROFILES)
def test_speed_and_acceleration_are_derivatives(name: str) -> None:
    assert_derivatives(PROFILES[name][0], [0.05, 0.3, 0.77, 1.2, 1.55, 1.9])


def test_a_rippled_move_keeps_its_derivatives_and_its_ends() -> None:
    ripples = (Ripple(0.004, 0.7, 0.3), Ripple(0.0005, 8.0, 1.0))
    profile = rippled(quintic(0.1, 3.0), 3.0, ripples, 0.5)
    assert_derivatives(profile, [0.1, 0.3, 0.7, 1.5, 2.4, 2.6, 2.9])
    assert profile(0.0)[:2] == pytest.approx((0.0, 0.0), abs=1e-12)
    assert profile(3.0)[:2] == pytest.approx((0.1, 0.0), abs=1e-12)


@given(
    distance=st.floats(-0.5, 0.5),
    seconds=st.floats(0.1, 20),
    speed=st.floats(-1, 1),
    end_speed=st.floats(-1, 1),
)
def test_a_quintic_hands_over_speed_exactly(distance: float, seconds: float, speed: float, end_speed: float) -> None:
    profile = quintic(distance, seconds, speed, end_speed)
    assert profile(0.0) == pytest.approx((0.0, speed, 0.0))
    x, v, a = profile(seconds)
    assert x == pytest.approx(distance, abs=1e-9)
    assert v == pytest.approx(end_speed, abs=1e-8)
    assert a == pytest.approx(0.0, abs=1e-6)
