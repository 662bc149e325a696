"""Speed profiles: how far, how fast and with what acceleration a move has gone at each moment.

A profile is a function of seconds since the move began, giving (distance, speed, acceleration) in one unit,
its seconds and its seconds squared. All have finite acceleration; all but `quintic` begin and end at rest.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin
from typing import Literal

from msgspec import Struct

Profile = Callable[[float], tuple[float, float, float]]
Shape = Literal["min_jerk", "sine", "trapezoid"]

TRAPEZOID_RAMP = 0.2
"""Share of a trapezoid's time spent speeding up, and again slowing down: peak over mean speed 1.25."""


class Ripple(Struct, frozen=True):
    """A sine on top of a move: tremor, sway, small circles, unsteady speed."""

    amplitude: float
    """Metres along the muscle (radians once it is placed on a roller)."""
    frequency_hz: float
    phase_rad: float


def quintic(distance: float, seconds: float, speed: float = 0.0, end_speed: float = 0.0) -> Profile:
    """The least-jerk way from `speed` to `end_speed` over `distance`, with no acceleration at either end.

    At rest at both ends it is the minimum-jerk reach of Flash and Hogan (1985), peak over mean speed 1.875.
    """
    rest = distance - speed * seconds
    gain = (end_speed - speed) * seconds
    c3 = (10 * rest - 4 * gain) / seconds**3
    c4 = (-15 * rest + 7 * gain) / seconds**4
    c5 = (6 * rest - 3 * gain) / seconds**5

    def at(t: float) -> tuple[float, float, float]:
        t2 = t * t
        return (
            speed * t + t2 * t * (c3 + t * (c4 + t * c5)),
            speed + t2 * (3 * c3 + t * (4 * c4 + t * 5 * c5)),
            t * (6 * c3 + t * (12 * c4 + t * 20 * c5)),
        )

    return at


def half_sine(distance: float, seconds: float) -> Profile:
    """Speed is half a sine: peak over mean 1.571."""
    rate = pi / seconds
    half = distance / 2

    def at(t: float) -> tuple[float, float, float]:
        c, s = cos(rate * t), sin(rate * t)
        return half * (1 - c), half * rate * s, half * rate * rate * c

    return at


def trapezoid(distance: float, seconds: float) -> Profile:
    """Even acceleration, even speed, even braking."""
    ramp = TRAPEZOID_RAMP * seconds
    top = distance / (seconds - ramp)
    push = top / ramp

    def at(t: float) -> tuple[float, float, float]:
        if t < ramp:
            return push * t * t / 2, push * t, push
        if t <= seconds - ramp:
            return top * (t - ramp / 2), top, 0.0
        left = seconds - t
        return distance - push * left * left / 2, push * left, -push

    return at


def still(_t: float) -> tuple[float, float, float]:
    """Nothing moves."""
    return 0.0, 0.0, 0.0


def rippled(base: Profile, seconds: float, ripples: tuple[Ripple, ...], ramp_s: float) -> Profile:
    """`base` with `ripples` on top, faded in and out over `ramp_s` so that both ends stay as they were."""
    ramp_s = min(ramp_s, seconds / 2)
    rate = pi / (2 * ramp_s)
    waves = tuple((r.amplitude, 2 * pi * r.frequency_hz, r.phase_rad) for r in ripples)

    def at(t: float) -> tuple[float, float, float]:
        x, v, a = base(t)
        sum_x = sum_v = sum_a = 0.0
        for amplitude, omega, phase in waves:
            s = amplitude * sin(omega * t + phase)
            sum_x += s
            sum_v += amplitude * omega * cos(omega * t + phase)
            sum_a -= omega * omega * s
        if ramp_s <= t <= seconds - ramp_s:
            return x + sum_x, v + sum_v, a + sum_a
        # Fade sin^2 in from the nearer end; at the far end time runs the other way.
        near, sign = (t, 1.0) if t < ramp_s else (seconds - t, -1.0)
        s, c = sin(rate * near), cos(rate * near)
        fade, slope, bend = s * s, sign * 2 * rate * s * c, 2 * rate * rate * (c * c - s * s)
        return (
            x + fade * sum_x,
            v + fade * sum_v + slope * sum_x,
            a + fade * sum_a + 2 * slope * sum_v + bend * sum_x,
        )

    return at
