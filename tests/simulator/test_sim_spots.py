"""A ball's true holds, on hand-made paths whose answers are known on paper."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_host.simulator.path import Trace
from firmware_host.simulator.truth import RATE_HZ, Truth, find

Velocity = Callable[[float], tuple[float, float]]
Piece = tuple[float, Velocity]


def rest(seconds: float) -> Piece:
    return seconds, lambda t: (0.0, 0.0)


def roll(length_m: float, seconds: float, heading: float = 0.0) -> Piece:
    """Half a sine of speed in one direction."""

    def at(t: float) -> tuple[float, float]:
        speed = length_m / seconds * pi / 2 * sin(pi * t / seconds)
        return speed * cos(heading), speed * sin(heading)

    return seconds, at


def circles(radius_m: float, hertz: float, seconds: float) -> Piece:
    speed = 2 * pi * hertz * radius_m
    return seconds, lambda t: (speed * cos(2 * pi * hertz * t), speed * sin(2 * pi * hertz * t))


def found(*pieces: Piece, force: Callable[[float], float] = lambda t: 120.0) -> Truth:
    total = sum(seconds for seconds, _ in pieces)
    times = [i / RATE_HZ for i in range(round(total * RATE_HZ) + 1)]
    starts = [0.0]
    for seconds, _ in pieces:
        starts.append(starts[-1] + seconds)
    speeds: list[tuple[float, float]] = []
    for t in times:
        k = max(i for i in range(len(pieces)) if starts[i] <= t + 1e-9)
        speeds.append(pieces[k][1](t - starts[k]))
    trace = Trace(times, [x for x, _ in speeds], [force(t) for t in times], [y for _, y in speeds])
    return find(trace, "massage_ball", 75.0, [(0.0, "glutes")])


def test_a_hold_lies_between_two_movements() -> None:
    result = found(rest(1), roll(0.06, 1.5), rest(20), roll(0.06, 1.5, 2.0), rest(1))
    (hold,) = result.holds
    early = 1.5 / pi * 0.127661  # asin(0.008 / (0.04 pi / 2)): the speed's crossing of 0.8 cm/s
    assert (hold.start, hold.end) == pytest.approx((2.5 - early, 22.5 + early), abs=1e-3)
    assert hold.excursion_m < 0.001
    assert hold.mean_force_n == pytest.approx(120.0)
    assert (hold.muscle, hold.position_m, hold.near_threshold) == ("glutes", None, False)
    assert result.passes == result.short_passes == ()


def test_circles_begun_from_a_rest_are_part_of_the_hold() -> None:
    """8 mm at 0.5 Hz: the speed stands at 2.5 cm/s all the time and never falls."""
    result = found(roll(0.06, 1.5), rest(0.5), circles(0.008, 0.5, 20), rest(0.5), roll(0.06, 1.5), rest(1))
    (hold,) = result.holds
    assert hold.duration_s == pytest.approx(21.0, abs=0.2)
    assert hold.excursion_m == pytest.approx(0.016, abs=5e-4)


def test_a_hold_left_straight_out_of_a_circle_ends_where_the_circle_began() -> None:
    result = found(roll(0.06, 1.5), rest(4), circles(0.008, 0.5, 6), (1.5, lambda t: (0.04, 0.0)), rest(1))
    (hold,) = result.holds
    assert hold.end == pytest.approx(5.5, abs=0.01)


@pytest.mark.parametrize(("heading", "length_m", "holds"), [(0.0, 0.029, 1), (pi / 4, 0.029, 1), (pi / 4, 0.031, 2)])
def test_the_window_is_three_centimetres_also_slantwise(heading: float, length_m: float, holds: int) -> None:
    """3.1 cm at 45 degrees is only 2.2 cm in each of the two directions."""
    result = found(rest(5), roll(length_m, 1.0, heading), rest(5))
    assert len(result.holds) == holds


def test_a_hold_begins_with_contact_and_ends_with_lift_off() -> None:
    result = found(rest(14), force=lambda t: 60.0 if 2 <= t < 12 else 0.0)
    (hold,) = result.holds
    assert (hold.start, hold.end) == pytest.approx((2.0, 12.0), abs=0.003)
    assert [contact.on for contact in result.contacts] == [True, False]


def test_what_moves_from_contact_on_without_a_rest_is_no_hold() -> None:
    result = found(circles(0.02, 0.5, 10))
    assert result.holds == ()


def test_creeping_out_ends_a_stretch_and_begins_the_next() -> None:
    result = found((20.0, lambda t: (0.004, 0.0)))
    assert [hold.duration_s for hold in result.holds] == pytest.approx([7.5, 7.5, 5.0], abs=0.02)
    assert result.holds[0].near_threshold  # it fills the window


@pytest.mark.parametrize(("seconds", "holds", "misses"), [(2.4, 0, 0), (2.8, 0, 1), (3.2, 1, 0)])
def test_a_hold_takes_three_seconds(seconds: float, holds: int, misses: int) -> None:
    """The two crossings of 0.8 cm/s add 0.09 s to the rest."""
    result = found(roll(0.08, 1.5), rest(seconds), roll(0.08, 1.5, 1.0), force=lambda t: 60.0)
    assert len(result.holds) == holds
    assert len(result.near_misses) == misses


@settings(deadline=None, max_examples=20)
@given(
    pieces=st.lists(
        st.tuples(st.floats(0.005, 0.1), st.floats(0.3, 2.0), st.floats(-pi, pi), st.floats(0.0, 6.0)),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_the_path_holds_are_in_order_long_enough_and_narrow_enough(
    pieces: list[tuple[float, float, float, float]],
) -> None:
    parts = [part for way, seconds, heading, pause in pieces for part in (roll(way, seconds, heading), rest(pause))]
    result = found(*parts)
    end = 0.0
    for hold in result.holds:
        assert hold.start >= end
        assert hold.duration_s >= 3.0
        assert hold.excursion_m <= 0.03 + 1e-9
        end = hold.end
    longest = max(pause for _, _, _, pause in pieces)
    if longest > 3.2:  # whoever rests so long is found holding
        assert result.holds
