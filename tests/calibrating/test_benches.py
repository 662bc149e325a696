"""Each calibration on the chip models' samples of a simulated roller, and its arithmetic on any numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from math import cos, pi, radians, sin, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from firmware_host.calibrating.axis import AxisBench
from firmware_host.calibrating.bench import Bench
from firmware_host.calibrating.force import ForceBench, judge_point, line_of, why_not_rising, with_point
from firmware_host.calibrating.gyro import GyroBench
from firmware_host.calibrating.radius import RadiusBench
from firmware_host.calibrating.span import SpanBench
from firmware_host.coaching.force import GRAVITY
from firmware_host.coaching.inputs import (
    Calibration,
    ForceSample,
    ImuSample,
    Input,
    Person,
    StreamGap,
    Tick,
    Tool,
)
from firmware_host.simulator.calibrators import BODY_KG, DISTANCE_M, PRESSED_S, REACH_M, REST_S, SCALE_KG
from firmware_host.simulator.conditions import Conditions
from firmware_host.simulator.rig import simulate
from firmware_host.simulator.world import World

pytestmark = pytest.mark.slow

SEEDS = (1, 2, 3)
PLAIN = Tool(name="roller", kind="foam_roller", stiffness_n_m=20_000, pressure="bladder")
"""As an owner has it who has not calibrated anything: the axis is not known either."""
STEP_S = 0.01


def fed(bench: Bench, inputs: Iterable[Input], each: Callable[[Bench, Input], None] | None = None) -> Bench:
    for one in inputs:
        bench.take(one)
        if each is not None:
            each(bench, one)
        if bench.over:
            break
    return bench


def samples(rates: Iterable[tuple[float, float, float]], start: float = 0.0) -> Iterator[ImuSample]:
    for i, rate in enumerate(rates):
        yield ImuSample(start + i * STEP_S, "roller", (0.0, 0.0, 9.81), rate)


def still(seconds: float, bias: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> list[tuple[float, float, float]]:
    return [bias] * round(seconds / STEP_S)


# --- gyro -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bias_of_a_chip_at_rest_is_found_to_a_twentieth_of_a_dps(seed: int) -> None:
    bench = fed(GyroBench(PLAIN), simulate("still", seed, 8.0))
    assert bench.found is not None, bench.problem
    found, true = bench.found.calibration.gyro_bias, World("still", seed).gyro_bias(3.0)
    assert found is not None
    assert max(abs(a - b) for a, b in zip(found, true, strict=True)) < radians(0.05)
    assert bench.found.residual is not None
    assert bench.found.residual < radians(0.1)
    assert len(bench.found.raw) == 8
    assert bench.found.calibration == Calibration(gyro_bias=found), "only what was measured"


def test_rolling_is_no_rest_and_the_refusal_says_so() -> None:
    bench = fed(GyroBench(PLAIN), simulate("metre", 1, 40.0))
    assert bench.step == "refused"
    assert bench.problem.startswith("not still")


def test_moved_in_the_third_second_it_begins_anew_and_says_so() -> None:
    said: set[str] = set()
    rates = [*still(3.0), *[(0.0, 0.3, 0.0)] * 100, *still(6.0)]
    bench = fed(GyroBench(PLAIN), samples(rates), lambda one, _: said.add(one.problem))
    assert bench.found is not None
    assert bench.now > 8.0
    assert any("moved" in problem for problem in said)


def test_a_bias_that_looks_like_a_turn_is_refused_with_the_way_out() -> None:
    bench = fed(GyroBench(PLAIN), samples(still(40.0, (0.0, 0.0, 0.2))))
    assert bench.step == "refused"
    assert "11.5 dps" in bench.problem
    assert "quarter turn" in bench.problem


@settings(deadline=None, max_examples=30)
@given(st.tuples(*[st.floats(-0.1, 0.1)] * 3))
def test_any_bias_that_can_be_one_is_given_back(bias: tuple[float, float, float]) -> None:
    bench = fed(GyroBench(PLAIN), samples(still(8.0, bias)))
    assert bench.found is not None
    assert bench.found.calibration.gyro_bias == pytest.approx(bias, abs=1e-6)


# --- axis -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_three_free_turns_find_the_axis_to_a_fifth_of_a_degree(seed: int) -> None:
    bench = fed(AxisBench(PLAIN), simulate("turns", seed, 30.0))
    assert bench.found is not None, bench.problem
    found = bench.found.calibration.axis
    assert found is not None
    off = sum(a * b for a, b in zip(found, World("turns", seed).true_axis, strict=True))
    assert off > cos(radians(0.2))
    assert max(found, key=abs) > 0
    assert bench.found.residual is not None
    assert bench.found.residual < 0.01


def turning(axis: tuple[float, float, float], seconds: float, rate: float) -> list[tuple[float, float, float]]:
    x, y, z = (component * rate for component in axis)
    return [(x, y, z)] * round(seconds / STEP_S)


def wobbling(second: float) -> list[tuple[float, float, float]]:
    """About x, and by `second` of it (effective value) about y."""
    swing = second * sqrt(2)
    return [*still(3.0), *((4.0, 4.0 * swing * sin(i * 0.13), 0.0) for i in range(600))]


@pytest.mark.parametrize(("second", "refused"), [(0.085, False), (0.115, True)])
def test_over_ten_percent_about_a_second_axis_is_refused(second: float, refused: bool) -> None:
    bench = fed(AxisBench(PLAIN), samples(wobbling(second)))
    assert (bench.step == "refused") is refused
    assert ("10 %" in bench.problem) is refused


def test_too_few_turns_and_a_clipped_gyroscope_are_refused() -> None:
    few = fed(AxisBench(PLAIN), samples([*still(3.0), *turning((1, 0, 0), 2.0, 5.0), *still(70.0)]))
    assert few.step == "refused"
    assert few.problem.startswith("too few turns: 1.6 of 3")
    quick = structs.replace(PLAIN, gyro_full_scale_rad_s=radians(250))
    clipped = fed(AxisBench(quick), samples([*still(3.0), *turning((1, 0, 0), 2.0, radians(250))]))
    assert clipped.problem.startswith("clipped")
    assert "250 dps" in clipped.problem


@settings(deadline=None, max_examples=40)
@given(
    st.floats(0, 2 * pi),
    st.floats(-1, 1),
    st.tuples(*[st.floats(-0.08, 0.08)] * 3),
    st.sampled_from((-1.0, 1.0)),
)
def test_any_axis_is_found_whatever_the_bias_and_the_direction(
    about: float, up: float, bias: tuple[float, float, float], sign: float
) -> None:
    flat = sqrt(1 - up * up)
    axis = (flat * cos(about), flat * sin(about), up)
    rates = [(x + bias[0], y + bias[1], z + bias[2]) for x, y, z in [*still(3.0), *turning(axis, 6.0, sign * 4.0)]]
    bench = fed(AxisBench(PLAIN), samples(rates))
    assert bench.found is not None, bench.problem
    found = bench.found.calibration.axis
    assert found is not None
    assert abs(sum(a * b for a, b in zip(found, axis, strict=True))) > 0.9999
    assert max(found, key=abs) > 0


# --- radius ---------------------------------------------------------------------------------------------------------


def radius_bench(seed: int, distance_m: float = DISTANCE_M, tool: Tool = PLAIN) -> Bench:
    # A gyroscope that is 2 % wrong: gravity at either mark is what tells.
    inputs = simulate("metre", seed, 40.0, conditions=Conditions(gyro_scale_error=0.02))
    return fed(RadiusBench(tool, Person(), distance_m), inputs)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_metre_there_and_back_finds_the_radius_to_half_a_percent(seed: int) -> None:
    bench = radius_bench(seed, tool=structs.replace(PLAIN, radius_m=0.070))
    assert bench.found is not None, bench.problem
    assert bench.found.calibration.radius_m == pytest.approx(0.075, rel=0.005)
    assert bench.found.residual is not None
    assert bench.found.residual < 0.0003


@pytest.mark.parametrize(
    ("distance_m", "radius_m", "said"),
    [(0.7, 0.075, "a radius of 5.2 cm"), (2.0, 0.075, "about 1.00 m of 2 m"), (1.0, 0.05, "about 0.67 m of 1 m")],
)
def test_another_distance_or_radius_than_said_is_refused(distance_m: float, radius_m: float, said: str) -> None:
    bench = radius_bench(1, distance_m, structs.replace(PLAIN, radius_m=radius_m))
    if not bench.over:
        bench.finish()
    assert bench.step == "refused"
    assert said in bench.problem


def rolled(angles: list[float]) -> Iterator[ImuSample]:
    """Rests at these angles for 2 s each, with 4 s of rolling between, as a sensor in the roller's middle feels it."""
    t, angle = 0.0, angles[0]
    for before, after in pairwise([angles[0], *angles]):
        for rest_s, to in ((4.0, after), (3.0, after)):
            count = round(rest_s / STEP_S)
            rate = (to - angle) / rest_s if to != angle else 0.0
            for _ in range(count):
                angle += rate * STEP_S
                t += STEP_S
                yield ImuSample(t, "roller", (0.0, 9.80665 * sin(angle), 9.80665 * cos(angle)), (rate, 0.0, 0.0))
        del before


def test_slipping_on_the_way_back_is_refused() -> None:
    tool = structs.replace(PLAIN, axis=(1.0, 0.0, 0.0))
    bench = fed(RadiusBench(tool, Person()), rolled([0.0, 13.33, 13.33 - 12.6]))
    assert bench.step == "refused"
    assert "slipped" in bench.problem
    on = fed(RadiusBench(tool, Person()), rolled([0.0, 13.33, 26.66]))
    assert "instead of back" in on.problem


def test_pressed_while_it_rolls_the_sag_is_taken_out_again() -> None:
    """200 N on 20 kN/m: 10 mm of sag, a third of it off the rolling radius (S33)."""
    known = Calibration(zero=0.0, points=((1000.0, 100.0),))
    tool = structs.replace(PLAIN, axis=(1.0, 0.0, 0.0), calibration=known)
    turn = 1.0 / (0.075 - 0.01 / 3)
    inputs: list[Input] = []
    for i, one in enumerate(rolled([0.0, turn, 0.0])):
        inputs.append(one)
        if i % 2 == 0:
            inputs.append(ForceSample(one.t, "roller", "pressure", 2000.0))
    bench = fed(RadiusBench(tool, Person()), inputs)
    assert bench.found is not None, bench.problem
    assert bench.found.calibration.radius_m == pytest.approx(0.075, rel=0.003)
    assert bench.found.raw[0][2] == pytest.approx(0.01 / 3, rel=0.01)


def test_a_rest_on_the_way_does_not_end_it() -> None:
    tool = structs.replace(PLAIN, axis=(1.0, 0.0, 0.0))
    bench = fed(RadiusBench(tool, Person()), rolled([0.0, 6.0, 13.33, 7.0, 0.0]))
    assert bench.found is not None, bench.problem
    assert bench.found.calibration.radius_m == pytest.approx(0.075, rel=0.003)


# --- force ----------------------------------------------------------------------------------------------------------


def scale_shows(world: World, t: float) -> float:
    """kg, as a bathroom scale under the roller averages them over a breath from `t` on."""
    return sum(world.motion(t + i * 0.05).force_n for i in range(84)) / 84 / GRAVITY


def pressing(shown: dict[float, float]) -> Callable[[Bench, Input], None]:
    """Marks what the scale shows at these times, and finishes 6 s after the last."""
    todo = sorted(shown.items())
    end = todo[-1][0] + 6.0

    def each(bench: Bench, given: Input) -> None:
        if todo and given.t >= todo[0][0]:
            bench.mark(todo.pop(0)[1])
        if not todo and given.t > end:
            bench.finish()

    return each


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_bathroom_scale_shows_gives_a_bladder_its_newtons(seed: int) -> None:
    """The points lie on the sensor's own curve."""
    person = Person(mass_kg=BODY_KG)
    world = World("scale", seed, person=person)
    times = [2 * REST_S + (i + 0.4) * (PRESSED_S + 1.0) for i in range(len(SCALE_KG))]
    shown = {t: scale_shows(world, t) for t in times}
    bench = fed(ForceBench(PLAIN), simulate("scale", seed, 95.0, person), pressing(shown))
    assert bench.found is not None, bench.problem
    calibration = bench.found.calibration
    zero = calibration.zero
    assert zero is not None
    assert zero == pytest.approx(World("scale", seed).pressure(2.0)[0], abs=40)
    assert len(calibration.points) == len(SCALE_KG)
    sensor = world.force_sensor
    assert sensor is not None
    for (above, force_n), t in zip(calibration.points, times, strict=True):
        true = sensor.reading(force_n, 0.0, t + 2.0)
        assert isinstance(true, float)
        assert above == pytest.approx(true - zero, rel=0.02)
    assert bench.found.residual is not None
    assert 0 < bench.found.residual < 20
    assert [row[0] for row in bench.found.raw] == pytest.approx(list(shown.values()))


def force(bench: Bench, value: float | tuple[float, ...], seconds: float, noise: float = 0.0) -> None:
    unit = "strips" if isinstance(value, tuple) else "pressure"
    for i in range(round(seconds / 0.02)):
        off = noise if i % 2 else -noise
        read = tuple(v + off for v in value) if isinstance(value, tuple) else value + off
        bench.take(ForceSample(bench.now + 0.02, "roller", unit, read))


def tared(tool: Tool = PLAIN) -> Bench:
    bench = ForceBench(tool)
    force(bench, 101_000.0, 2.5, 15.0)
    assert bench.step == "load"
    return bench


def test_masses_that_do_not_rise_are_measured_again() -> None:
    bench = tared()
    bench.mark(5.0)
    force(bench, 105_000.0, 5.0)
    bench.mark(20.0)
    force(bench, 105_050.0, 5.0)
    assert bench.step == "load"
    assert "do not rise" in bench.problem
    bench.mark(20.0)
    force(bench, 117_000.0, 5.0)
    bench.finish()
    assert bench.found is not None
    assert [above for above, _ in bench.found.calibration.points] == pytest.approx([4000.0, 16000.0], abs=20)


def test_a_force_that_changes_a_load_that_is_not_there_and_a_sensor_at_its_end_are_no_points() -> None:
    bench = tared(structs.replace(PLAIN, force_full_scale=172_000.0))
    bench.mark(10.0)
    for i in range(25):
        force(bench, 106_000.0 + 120.0 * i, 0.2)
    assert "not steady" in bench.problem
    bench.mark(10.0)
    force(bench, 101_050.0, 5.0)
    assert "did not rise" in bench.problem
    bench.mark(80.0)
    force(bench, 172_000.0, 5.0)
    assert "end of its range" in bench.problem
    bench.mark(500.0)
    assert "0.5 to 200 kg" in bench.problem
    bench.finish()
    assert bench.step == "refused"


def test_an_unsteady_tare_is_told_and_not_taken() -> None:
    bench = ForceBench(PLAIN)
    force(bench, 101_000.0, 5.0, 200.0)
    assert bench.step == "tare"
    assert "not steady" in bench.problem
    bench.mark(5.0)
    assert "first the unloaded" in bench.problem


def test_a_bench_that_everybody_left_ends_by_itself_and_a_mass_gives_new_time() -> None:
    bench = tared()
    force(bench, 101_000.0, 200.0)
    bench.mark(5.0)
    force(bench, 105_000.0, 200.0)
    assert bench.step == "load"
    force(bench, 101_000.0, 120.0)
    assert bench.step == "refused"
    assert "five minutes" in bench.problem


def test_a_load_cell_gives_its_newtons_from_micro_volts_and_says_when_it_is_wired_the_wrong_way() -> None:
    """1 mV/V at 1000 N."""
    tool = structs.replace(PLAIN, pressure="force", force_full_scale=0.5 / 128)

    def cell(bench: Bench, newton: float, seconds: float = 5.0) -> None:
        for i in range(round(seconds / 0.025)):
            noise = 2e-7 if i % 2 else -2e-7
            bench.take(ForceSample(bench.now + 0.025, "roller", "bridge", -3.7e-5 + newton * 1e-6 + noise))

    bench = ForceBench(tool)
    cell(bench, 0.0)
    for kg in (5.0, 20.0):
        bench.mark(kg)
        cell(bench, kg * GRAVITY)
    bench.finish()
    assert bench.found is not None, bench.problem
    assert bench.found.calibration.zero == pytest.approx(-3.7e-5, abs=1e-8)
    for above, force_n in bench.found.calibration.points:
        assert force_n == pytest.approx(above * 1e6, rel=1e-3)
    swapped = ForceBench(tool)
    cell(swapped, 0.0)
    swapped.mark(20.0)
    cell(swapped, -200.0)
    assert "swap its two signal wires" in swapped.problem
    assert swapped.step == "load"


def test_two_strips_can_not_be_calibrated_and_six_can() -> None:
    two = ForceBench(structs.replace(PLAIN, pressure="strips"))
    force(two, (0.0, 0.0), 0.1)
    assert two.step == "refused"
    assert "strips" in two.problem
    six = ForceBench(structs.replace(PLAIN, pressure="strips"))
    force(six, (0.0,) * 6, 2.5)
    six.mark(10.0)
    force(six, (0.1, 0.05, 0.0, 0.0, 0.0, 0.0), 5.0)
    six.finish()
    assert six.found is not None
    assert six.found.calibration.points == ((pytest.approx(0.15), pytest.approx(98.0665, abs=0.001)),)
    assert six.found.residual is None, "one point is always on its line"


masses = st.lists(st.floats(1, 100), min_size=1, max_size=8, unique_by=lambda kg: round(kg / 5))


@given(masses, st.floats(1, 1000))
def test_a_sensor_in_proportion_lies_on_its_line(kgs: list[float], gain: float) -> None:
    points = [(kg, kg * gain, 0.0) for kg in kgs]
    pairs, residual_n = line_of(points)
    assert [force_n for _, force_n in pairs] == sorted(force_n for _, force_n in pairs)
    assert all(force_n / above == pytest.approx(GRAVITY / gain, rel=1e-3) for above, force_n in pairs)
    assert residual_n is None if len(kgs) == 1 else residual_n < 0.5
    for i in range(1, len(points) + 1):
        assert why_not_rising(points[:i]) == ""


@given(masses.filter(lambda kgs: len(kgs) > 1), st.floats(1, 1000), st.data())
def test_a_point_out_of_order_is_always_noticed(kgs: list[float], gain: float, data: st.DataObject) -> None:
    kgs = sorted(kgs)
    if kgs[-1] / kgs[-2] < 1.03:
        kgs[-1] = kgs[-2] * 1.5
    points = [(kg, kg * gain, 0.0) for kg in kgs[:-1]]
    low = data.draw(st.floats(0.1, 1.0))
    assert "do not rise" in why_not_rising([*points, (kgs[-1], points[-1][1] * low, 0.0)])


@given(masses, masses)
def test_the_same_mass_measured_anew_takes_the_old_ones_place(first: list[float], second: list[float]) -> None:
    points: list[tuple[float, float, float]] = []
    for kg in [*first, *second, *first]:
        points = with_point(points, (kg, kg * 10, 0.0))
    assert points == sorted(points)
    assert all(b[0] - a[0] > 0.02 * b[0] * 0.99 for a, b in pairwise(points))
    assert first[-1] in [kg for kg, _, _ in points]


@given(st.floats(200, 1e5), st.floats(0, 0.05))
def test_a_mean_is_the_mean_and_breath_is_let_through(above: float, breath: float) -> None:
    why, (_, mean, _) = judge_point(10.0, [above * (1 + breath * sin(i * 0.03)) for i in range(209)], "pressure")
    assert why == ""
    assert mean == pytest.approx(above, rel=0.01)


# --- span -----------------------------------------------------------------------------------------------------------

TOUCHED = REST_S + 2.0


def at_ends(first: float, second: float) -> Callable[[Bench, Input], None]:
    """Marks at these times."""
    todo = [first, second]

    def each(bench: Bench, given: Input) -> None:
        if todo and given.t >= todo[0]:
            todo.pop(0)
            bench.mark()

    return each


@pytest.mark.parametrize("seed", SEEDS)
def test_marks_at_either_end_measure_the_muscle(seed: int) -> None:
    world = World("ends", seed)
    owners = World("calm", seed).tool
    tool = structs.replace(owners, calibration=structs.replace(owners.calibration, span_m=None))
    bench = fed(SpanBench(tool, Person(), "calves"), simulate("ends", seed, 40.0), at_ends(12.0, 20.0))
    assert bench.found is not None, bench.problem
    assert bench.found.calibration.span_muscle == "calves"
    assert bench.found.calibration.span_m == pytest.approx(2 * REACH_M, abs=0.006)
    assert world.tool.calibration == Calibration(), "this roller came out of the box"


def test_a_span_that_is_too_short_is_told_and_can_be_gone_on_with() -> None:
    said: list[str] = []

    def each(bench: Bench, given: Input) -> None:
        if round(given.t, 2) in (12.0, 13.0) and isinstance(given, Tick):
            bench.mark()
            said.append(bench.problem)
        if bench.step == "second_end" and given.t > 20.0:
            bench.mark()

    bench = fed(SpanBench(PLAIN, Person(), "calves", 0.10), simulate("ends", 1, 40.0), each)
    assert said[0] == ""
    assert said[1].startswith("too short")
    assert "10 cm" in said[1]
    assert bench.found is not None


def test_off_the_body_nothing_is_marked_and_lifting_off_begins_anew() -> None:
    bench = SpanBench(PLAIN, Person(), "calves")
    bench.mark()
    assert "feels nobody" in bench.problem
    said: set[str] = set()

    def each(bench: Bench, given: Input) -> None:
        if bench.step == "first_end" and 9.0 < given.t < 9.1:
            bench.mark()
        said.add(bench.problem)

    # She steps off 2 s before the end.
    fed(SpanBench(PLAIN, Person(), "calves"), simulate("ends", 1, 14.0), each)
    assert any("lifted off" in problem for problem in said)


# --- all ------------------------------------------------------------------------------------------------------------


def benches() -> list[Bench]:
    person = Person()
    return [
        GyroBench(PLAIN),
        AxisBench(PLAIN),
        RadiusBench(PLAIN, person),
        ForceBench(PLAIN),
        SpanBench(PLAIN, person, "x"),
    ]


@pytest.mark.parametrize("bench", benches(), ids=lambda bench: bench.what)
def test_a_sensor_that_says_nothing_is_told_with_what_to_do(bench: Bench) -> None:
    fed(bench, (Tick(i * 0.1) for i in range(60)))
    assert bench.step == "refused"
    assert "no sample came" in bench.problem
    assert bench.now < 3.5


@pytest.mark.parametrize("bench", benches(), ids=lambda bench: bench.what)
def test_lost_samples_end_what_needs_every_turn(bench: Bench) -> None:
    bench.take(ImuSample(0.0, "roller", None, (0.0, 0.0, 0.0)))
    bench.take(StreamGap(0.1, "roller", "i2c", "imu"))
    assert (bench.step == "refused") is (bench.what != "force")


number = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-50, 50)
moment = st.floats(0, 400)
anything = st.one_of(
    st.builds(
        ImuSample,
        moment,
        st.sampled_from(("roller", "x")),
        st.none() | st.tuples(*[number] * 3),
        st.tuples(*[number] * 3),
    ),
    st.builds(ForceSample, moment, st.just("roller"), st.sampled_from(("force", "pressure", "strips")), number),
    st.builds(StreamGap, moment, st.just("roller"), st.just("i2c"), st.sampled_from(("imu", "force"))),
    st.builds(Tick, moment),
)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 4), st.lists(anything, max_size=60), st.lists(st.integers(0, 59), max_size=5), st.floats(-5, 300))
def test_whatever_comes_a_bench_never_breaks(which: int, inputs: list[Input], marks: list[int], kg: float) -> None:
    bench = benches()[which]
    for i, one in enumerate(inputs):
        bench.take(one)
        if i in marks:
            bench.mark(kg)
        progress = bench.progress
        assert 0 <= progress.share <= 1
        assert progress.over or progress.do
    if not bench.over:
        bench.finish()
    assert bench.over
    assert (bench.found is None) is (bench.step == "refused")
    assert bench.found is not None or bench.problem
