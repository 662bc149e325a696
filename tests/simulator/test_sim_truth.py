"""The truth on hand-made trajectories whose answers are known on paper."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import asin, cos, pi, sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import EVERY_KIND

from firmware_host.profiles import load_profile
from firmware_host.simulator import truth
from firmware_host.simulator.path import Trace
from firmware_host.simulator.truth import RATE_HZ, Truth, find
from firmware_host.simulator.world import World

pytestmark = pytest.mark.slow

MASS_KG = 75.0
WEIGHT_N = MASS_KG * 9.80665
PRESSED_N = 0.3 * WEIGHT_N
Speed = Callable[[float], float]
Piece = tuple[float, Speed]


def at(speed_m_s: float) -> Speed:
    return lambda t: speed_m_s


def sine_stroke(length_m: float, seconds: float) -> Piece:
    """Half a sine of speed: peak pi/2 times the mean."""
    return seconds, lambda t: length_m / seconds * pi / 2 * sin(pi * t / seconds)


def rest(seconds: float) -> Piece:
    return seconds, at(0.0)


def trace_of(*pieces: Piece, force: Callable[[float], float] = lambda t: PRESSED_N) -> Trace:
    """The pieces one after the other, sampled as the truth samples."""
    total = sum(seconds for seconds, _ in pieces)
    times = [i / RATE_HZ for i in range(round(total * RATE_HZ) + 1)]
    speeds: list[float] = []
    starts = [0.0]
    for seconds, _ in pieces:
        starts.append(starts[-1] + seconds)
    for t in times:
        k = max(i for i in range(len(pieces)) if starts[i] <= t + 1e-9)
        speeds.append(pieces[k][1](t - starts[k]))
    return Trace(times, speeds, [force(t) for t in times])


def found(*pieces: Piece, force: Callable[[float], float] = lambda t: PRESSED_N) -> Truth:
    return find(trace_of(*pieces, force=force), "foam_roller", MASS_KG, [(0.0, "calves")])


def test_a_sine_stroke_is_one_pass_between_its_crossings() -> None:
    result = found(rest(2), sine_stroke(0.28, 4.0), rest(2))
    (stroke,) = result.passes
    peak = 0.07 * pi / 2
    early = 4.0 / pi * asin(0.008 / peak)  # when half a sine first reaches 0.8 cm/s
    assert stroke.start == pytest.approx(2 + early, abs=1e-4)
    assert stroke.end == pytest.approx(6 - early, abs=1e-4)
    assert stroke.direction == 1
    assert stroke.length_m == pytest.approx(0.28 * cos(pi * early / 4.0), abs=1e-5)
    assert stroke.peak_speed_m_s == pytest.approx(peak, rel=1e-5)
    assert stroke.mean_speed_m_s == pytest.approx(stroke.length_m / (stroke.end - stroke.start))
    assert stroke.mean_force_n == pytest.approx(PRESSED_N)
    assert stroke.muscle == "calves"
    assert not stroke.near_threshold
    assert result.short_passes == ()
    assert result.holds == ()


def test_strokes_to_and_fro_are_a_pass_each_with_their_signs() -> None:
    strokes = [sine_stroke(0.25 * (-1) ** i, 3.0) for i in range(6)]
    result = found(rest(1), *strokes, rest(1))
    assert [stroke.direction for stroke in result.passes] == [1, -1, 1, -1, 1, -1]
    for before, after in pairwise(result.passes):
        assert before.end < after.start < before.end + 0.2
    assert result.short_passes == ()


@pytest.mark.parametrize(("stop_s", "passes"), [(0.4, 1), (0.65, 1), (0.75, 2), (0.8, 2)])
def test_a_short_stop_does_not_split_a_pass_and_a_long_one_does(stop_s: float, passes: int) -> None:
    """Speed jumps here, so that the stop is exactly as long as it says."""
    result = found(rest(1), (2.0, at(0.07)), rest(stop_s), (2.0, at(0.07)), rest(1))
    assert len(result.passes) == passes
    if passes == 1:
        assert result.passes[0].length_m == pytest.approx(0.28, abs=1e-3)
        assert result.passes[0].end == pytest.approx(5 + stop_s, abs=0.005)
    else:
        assert [stroke.length_m for stroke in result.passes] == pytest.approx([0.14, 0.14], abs=1e-3)
        assert result.passes[0].end == pytest.approx(3.0, abs=0.005)


@pytest.mark.parametrize(("back_m", "directions"), [(0.007, [1]), (0.012, [1, 1])])
def test_a_twitch_back_splits_only_from_one_centimetre(back_m: float, directions: list[int]) -> None:
    result = found(rest(1), (2.0, at(0.08)), (0.2, at(-back_m / 0.2)), (2.0, at(0.08)), rest(1))
    assert [stroke.direction for stroke in result.passes] == directions
    assert result.short_passes == ()
    if len(directions) == 1:
        assert result.passes[0].length_m == pytest.approx(0.32 - back_m, abs=1e-3)
        assert result.passes[0].peak_speed_m_s == pytest.approx(0.08)


def test_a_reversal_ends_one_pass_at_the_turn_and_begins_the_next() -> None:
    """A cosine's turn: speed goes through zero without a rest."""
    result = found(rest(1), sine_stroke(0.2, 3.0), sine_stroke(-0.2, 3.0), rest(1))
    first, second = result.passes
    margin = 3.0 / pi * asin(0.008 / (0.2 / 3 * pi / 2))
    assert first.end == pytest.approx(4 - margin, abs=1e-3)
    assert second.start == pytest.approx(4 + margin, abs=1e-3)


def test_a_slow_turn_back_ends_the_movement_and_begins_none() -> None:
    result = found(rest(1), (2.0, at(0.08)), (4.0, at(-0.012)), rest(1))
    assert [stroke.direction for stroke in result.passes] == [1]
    assert result.short_passes == ()


def test_lengths_decide_between_pass_short_pass_and_nothing() -> None:
    result = found(rest(1), sine_stroke(0.14, 2.0), rest(1), sine_stroke(0.06, 1.0), rest(1), sine_stroke(0.015, 0.8))
    assert [round(stroke.length_m, 2) for stroke in result.passes] == [0.14]
    assert [round(stroke.length_m, 2) for stroke in result.short_passes] == [0.06]


def test_the_muscle_decides_from_which_length_a_pass_counts() -> None:
    trace = trace_of(rest(2), sine_stroke(0.07, 2.0), rest(2), sine_stroke(0.07, 2.0), rest(2))
    result = find(trace, "foam_roller", MASS_KG, [(0.0, "calves"), (5.0, "glutes")])
    assert [stroke.muscle for stroke in result.short_passes] == ["calves"]
    assert [stroke.muscle for stroke in result.passes] == ["glutes"]
    unknown = find(trace, "foam_roller", MASS_KG)
    assert [stroke.muscle for stroke in unknown.passes] == [None, None]


def test_events_near_a_threshold_are_marked_and_near_misses_listed() -> None:
    result = found(rest(1), sine_stroke(0.104, 2.0), rest(1), sine_stroke(0.0195, 0.5), rest(2.5))
    assert [stroke.near_threshold for stroke in result.passes] == [True]
    assert [miss.kind for miss in result.near_misses] == ["short_pass"]


def test_a_hold_is_the_time_between_two_movements() -> None:
    result = found(rest(1), sine_stroke(0.2, 3.0), rest(22), sine_stroke(-0.2, 3.0), rest(1))
    (hold,) = result.holds
    before, after = result.passes
    assert hold.start == before.end
    assert hold.end == after.start
    assert hold.duration_s == pytest.approx(22.3, abs=0.2)
    assert hold.position_m == pytest.approx(0.2, abs=1e-3)
    assert hold.excursion_m < 0.002


def test_small_circles_are_part_of_the_hold_and_no_passes() -> None:
    """+-8 mm at 0.5 Hz: 2.5 cm/s, well over the speed at which a movement begins."""
    circles: Piece = (20.0, lambda t: 0.008 * pi * cos(pi * t))
    result = found(rest(1), sine_stroke(0.2, 3.0), rest(1), circles, rest(1), sine_stroke(-0.2, 3.0), rest(1))
    (hold,) = result.holds
    assert hold.duration_s == pytest.approx(22.3, abs=0.3)
    assert hold.excursion_m == pytest.approx(0.016, abs=0.001)
    assert len(result.passes) == 2
    assert result.short_passes == ()


def test_circles_that_are_too_wide_are_no_hold() -> None:
    circles: Piece = (20.0, lambda t: 0.02 * pi * cos(pi * t))
    result = found(rest(1), circles, rest(1))
    assert result.holds == ()
    assert len(result.short_passes) > 15


def test_a_hold_begins_with_contact_and_ends_with_lift_off() -> None:
    def force(t: float) -> float:
        return PRESSED_N if 2 <= t < 12 else 0.0

    result = found(rest(14), force=force)
    (hold,) = result.holds
    assert (hold.start, hold.end) == pytest.approx((2.0, 12.0), abs=0.003)
    assert [contact.on for contact in result.contacts] == [True, False]


@pytest.mark.parametrize(("seconds", "holds", "misses"), [(2.5, 0, 0), (2.9, 0, 1), (3.1, 1, 0)])
def test_a_hold_takes_three_seconds(seconds: float, holds: int, misses: int) -> None:
    result = found((2.0, at(0.1)), rest(seconds), (2.0, at(0.1)))
    assert len(result.holds) == holds
    assert len(result.near_misses) == misses
    assert all(hold.near_threshold for hold in result.holds)


def test_a_stretch_is_sought_again_from_every_movement() -> None:
    """A second at one place, 1.5 cm on, then 10 s there with circles that would leave the first window."""
    circles: Piece = (10.0, lambda t: 0.007 * pi * cos(pi * t))
    result = found(rest(1), sine_stroke(0.015, 0.6), rest(0.8), circles, rest(0.8), sine_stroke(0.2, 3.0), rest(1))
    (hold,) = result.holds
    assert hold.start == pytest.approx(1.57, abs=0.03)
    assert hold.duration_s == pytest.approx(11.7, abs=0.2)


def test_contact_comes_at_five_percent_and_goes_at_three_interpolated() -> None:
    def force(t: float) -> float:
        return WEIGHT_N * (0.1 * (t - 1) if t < 3 else max(0.0, 0.2 - 0.1 * (t - 3)))

    result = found(rest(6), force=lambda t: max(0.0, force(t)))
    assert [contact.on for contact in result.contacts] == [True, False]
    assert [contact.t for contact in result.contacts] == pytest.approx([1.5, 4.7], abs=1e-6)


def test_force_between_three_and_five_percent_keeps_what_was() -> None:
    shares = (0.04, 0.06, 0.04, 0.02, 0.04, 0.06)
    result = found(rest(6), force=lambda t: shares[min(5, int(t))] * WEIGHT_N)
    assert [contact.on for contact in result.contacts] == [True, False, True]
    assert [round(contact.t) for contact in result.contacts] == [1, 3, 5]


def test_a_lift_off_in_mid_pass_ends_it_there_and_nothing_counts_off_the_body() -> None:
    """0.1 m/s for 4 s, off the body from 2.5 to 4.2 s."""
    result = found(rest(0.5), (5.5, at(0.1)), rest(1), force=lambda t: 0.0 if 2.5 <= t < 4.2 else PRESSED_N)
    first, second = result.passes
    assert (first.start, first.end) == pytest.approx((0.5, 2.5), abs=0.003)
    assert (second.start, second.end) == pytest.approx((4.2, 6.0), abs=0.003)
    assert second.start_position_m == pytest.approx(first.end_position_m, abs=0.001)


def test_a_stick_and_a_ball_have_their_own_thresholds() -> None:
    pieces = (rest(1), sine_stroke(0.2, 3.0), rest(1))
    light = trace_of(*pieces, force=lambda t: 9.0)
    assert len(find(light, "massage_stick", MASS_KG).passes) == 1
    assert find(light, "foam_roller", MASS_KG).passes == ()
    circles: Piece = (10.0, lambda t: 0.013 * pi * cos(pi * t))
    ball = find(trace_of(rest(1), circles, rest(1), force=lambda t: 16.0), "massage_ball", MASS_KG)
    assert ball.passes == ball.short_passes == ()
    assert [round(hold.duration_s) for hold in ball.holds] == [12]


def test_creeping_out_of_the_window_ends_a_hold_without_a_movement() -> None:
    result = found((20.0, at(0.004)))
    assert result.passes == result.short_passes == ()
    assert [hold.duration_s for hold in result.holds] == pytest.approx([5.0] * 3 + [4.99], abs=0.05)


def test_a_pass_still_going_on_at_the_end_is_cut_there() -> None:
    result = found(rest(1), (3.0, at(0.1)))
    (stroke,) = result.passes
    assert stroke.end == pytest.approx(4.0)


def with_hole(start: float, end: float, *pieces: Piece) -> Truth:
    return find(trace_of(*pieces), "foam_roller", MASS_KG, [(0.0, "calves")], holes=[(start, end)])


def test_a_hole_cuts_a_pass_into_what_was_seen_of_it() -> None:
    """0.1 m/s for 6 s, nothing known from 3 to 4 s."""
    result = with_hole(3.0, 4.0, rest(1), (6.0, at(0.1)), rest(1))
    first, second = result.passes
    assert (first.start, first.end, second.start, second.end) == pytest.approx((1.0, 3.0, 4.0, 7.0), abs=0.003)
    assert (first.length_m, second.length_m) == pytest.approx((0.2, 0.3), abs=1e-3)
    assert second.start_position_m == pytest.approx(first.end_position_m + 0.1, abs=1e-3)


def test_a_hole_while_nothing_moves_changes_nothing() -> None:
    pieces = rest(1), sine_stroke(0.2, 3.0), rest(22), sine_stroke(-0.2, 3.0), rest(1)
    assert with_hole(12.0, 13.5, *pieces) == found(*pieces)


def test_a_hold_that_begins_in_a_hole_counts_neither_way() -> None:
    """At rest from 4.0 s on, seen from 4.6 s on: when it began nobody can say."""
    result = with_hole(3.8, 4.6, rest(1), (3.0, at(0.05)), rest(3.2), (3.0, at(0.05)), rest(1))
    (hold,) = result.holds
    assert (hold.start, hold.end) == pytest.approx((3.8, 7.2), abs=0.003)
    assert hold.near_threshold
    later = with_hole(5.8, 6.6, rest(1), (3.0, at(0.05)), rest(6), (3.0, at(0.05)), rest(1))
    assert [one.near_threshold for one in later.holds] == [False]


def test_who_comes_on_in_a_hole_is_seen_moving_from_its_end_on() -> None:
    trace = trace_of((6.0, at(0.1)), rest(1), force=lambda t: 0.0 if t < 2.5 else PRESSED_N)
    (stroke,) = find(trace, "foam_roller", MASS_KG, holes=[(2.0, 3.2)]).passes
    assert (stroke.start, stroke.end) == pytest.approx((3.2, 6.0), abs=0.003)


def test_positions_are_effective_radius_times_angle_on_the_body() -> None:
    """Along one stay on the body, against the world's own angle; the same whichever order is asked."""
    result = truth.of_world(World("calm", 2, 30.0), "calm", 2, 30.0)
    on, off = result.contacts[0].t, result.contacts[1].t if len(result.contacts) > 1 else 30.0
    times = [on + 0.1 + i * (off - on - 0.2) / 200 for i in range(201)]
    places = truth.positions(World("calm", 2, 30.0), times)
    assert truth.positions(World("calm", 2, 30.0), times[::-1]) == places[::-1]
    world = World("calm", 2, 30.0)
    before, most = world.motion(times[0]), 0.0
    for i, t in enumerate(times[1:]):
        motion = world.motion(t)
        turned = motion.angle_rad - before.angle_rad
        radius_m = (motion.effective_radius_m + before.effective_radius_m) / 2
        assert places[i + 1] - places[i] == pytest.approx(turned * radius_m, abs=1e-4)
        before, most = motion, max(most, abs(places[i + 1]))
    assert most > 0.2
    assert truth.positions(World("calm", 2, 30.0), [0.0, on]) == pytest.approx([0.0, 0.0], abs=1e-3)
    assert truth.positions(World("calm", 2, 30.0), []) == []


def test_off_the_body_the_position_stands_still() -> None:
    """A stroke that is still going on as the leg leaves the roller."""
    world = World("mixed", 1, 120.0)
    result = truth.of_world(world, "mixed", 1, 120.0)
    pairs = [(a.t, b.t) for a, b in pairwise(result.contacts) if not a.on]
    assert pairs
    for left, came in pairs:
        places = truth.positions(World("mixed", 1, 120.0), [left, (left + came) / 2, came])
        assert places == pytest.approx([places[0]] * 3, abs=1e-3)


@settings(deadline=None, max_examples=40)
@given(
    pieces=st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(0.3, 4.0), st.floats(0.0, 5.0)), min_size=1, max_size=6),
    lift_at=st.floats(0, 20),
)
def test_whatever_the_motion_events_are_in_order_apart_and_on_the_body(
    pieces: list[tuple[float, float, float]], lift_at: float
) -> None:
    parts = [part for length, seconds, pause in pieces for part in (sine_stroke(length, seconds), rest(pause))]
    result = found(*parts, force=lambda t: 0.0 if lift_at <= t < lift_at + 1 else PRESSED_N)
    strokes = sorted((*result.passes, *result.short_passes), key=lambda stroke: stroke.start)
    for stroke in strokes:
        assert stroke.end > stroke.start
        assert abs(stroke.end_position_m - stroke.start_position_m) == stroke.length_m
        assert stroke.peak_speed_m_s >= stroke.mean_speed_m_s - 1e-9
        assert not (stroke.start < lift_at < stroke.end - 0.01)
    for before, after in pairwise(strokes):
        assert before.end <= after.start
    for hold in result.holds:
        assert hold.duration_s >= 3
        assert hold.excursion_m <= 0.02 + 1e-9
    for one, two in pairwise(result.holds):
        assert one.end <= two.start
    assert all(stroke.length_m >= 0.1 for stroke in result.passes)
    assert all(0.02 <= stroke.length_m < 0.1 for stroke in result.short_passes)


@pytest.mark.parametrize(("scenario", "low_s", "high_s"), [("calm", 2.5, 5.0), ("fast", 0.8, 1.8)])
def test_people_take_the_time_their_names_say(scenario: str, low_s: float, high_s: float) -> None:
    result = truth.of_world(World(scenario, 5, 60.0), scenario, 5, 60.0)
    whole = [stroke for stroke in result.passes if stroke.length_m > 0.2][:-1]
    assert len(whole) > 8
    assert all(low_s <= stroke.end - stroke.start <= high_s for stroke in whole)


@pytest.mark.slow
def test_the_demo_tells_its_story() -> None:
    """Too fast, then calm; a spot held its time and one left early; pressed too hard; lifted off in mid-stroke."""
    for seed in range(1, 6):
        result = truth.of_world(World("demo", seed, 165.0), "demo", seed, 165.0)
        speeds = [stroke.mean_speed_m_s for stroke in result.passes]
        assert min(speeds[:6]) > 0.13
        assert max(speeds[7:11]) < 0.10
        held, left_early = result.holds
        assert held.duration_s > 20.5
        assert 10 < left_early.duration_s < 13
        assert max(stroke.mean_force_n for stroke in result.passes) > 0.45 * WEIGHT_N
        assert {stroke.muscle for stroke in result.passes} == {"calves", "hamstrings"}
        assert [contact.on for contact in result.contacts] == [True, False] * 4


@pytest.mark.parametrize("scenario", EVERY_KIND)
def test_every_scenario_is_on_the_body_as_often_as_off_it_and_ends_off(scenario: str) -> None:
    result = truth.of_world(World(scenario, 3, 45.0), scenario, 3, 45.0)
    assert [contact.on for contact in result.contacts] == [True, False] * (len(result.contacts) // 2)
    assert bool(result.contacts) is (scenario not in ("still", "turns", "metre"))
    assert bool(result.passes) is (scenario not in ("still", "turns", "metre", "scale", "ball"))


def test_minimum_lengths_are_those_of_the_articles_profile() -> None:
    profile = load_profile("article")
    for muscle, length_m in truth.MIN_LENGTH_M.items():
        assert profile.muscles[muscle].min_pass_m == length_m
    assert profile.unknown_muscle.min_pass_m == truth.UNKNOWN_MIN_LENGTH_M
