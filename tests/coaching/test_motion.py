"""What `Motion` makes of what chips and links do to samples: rest, wild values, repeats, clipping, holes, shaking."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, nan, pi, radians
from random import Random

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from turned import TOOL, X, errors_deg, follow, resting, rms, strokes, turned, turning

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Motion as MotionLine
from firmware_host.coaching.inputs import ImuSample, Person, Tool, Vector
from firmware_host.coaching.motion import Motion
from firmware_host.coaching.replay import replay
from firmware_host.coaching.setup import Setup
from firmware_host.profiles import load_profile

DPS = radians(1.0)
ROLLING = strokes(3.5, 2.5)
FASTEST_DPS = 250


@dataclass
class Rolled:
    """Ten seconds of rolling after three of rest, to be spoilt."""

    samples: list[ImuSample]
    error_deg: float
    """Of the angle at the end, unspoilt."""


def truth(t: float) -> float:
    """Strokes that grow from rest within two seconds."""
    grown = min(max((t - 3.0) / 2.0, 0.0), 1.0)
    return ROLLING(t - 3.0) * grown * grown * (3 - 2 * grown)


@pytest.fixture(scope="module")
def rolled() -> Rolled:
    samples = turned(truth, 13.0, rolls_m=0.075)
    return Rolled(samples, max(map(abs, errors_deg(follow(Motion(TOOL), samples), truth))))


def _gyro(sample: ImuSample) -> Vector:
    assert sample.gyro is not None
    return sample.gyro


def _with(sample: ImuSample, **changes: object) -> ImuSample:
    return msgspec.structs.replace(sample, **changes)


# --- rest -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bias", [(10 * DPS, -10 * DPS, 3 * DPS), (-0.5 * DPS, 0.0, 0.2 * DPS)])
def test_learns_the_bias_at_rest_and_takes_it_off(bias: Vector) -> None:
    way = turning(1, 4.0, rest_s=5.0)
    motion = Motion(TOOL)
    error = errors_deg(follow(motion, turned(way, 12.0, bias=bias)), way, since=3.0)
    assert motion.bias == pytest.approx(bias, abs=0.05 * DPS)
    assert max(map(abs, error)) < 1.5


@pytest.mark.parametrize("dps", [0.7, 1.0, 5.0, 20.0])
def test_a_slow_even_roll_is_no_rest(dps: float) -> None:
    motion = Motion(TOOL)
    error = errors_deg(follow(motion, turned(lambda t: dps * DPS * t, 30.0)), lambda t: dps * DPS * t)
    assert motion.bias is None
    assert abs(error[-1]) < 0.5


def test_without_an_accelerometer_slow_is_bias_and_faster_is_a_roll() -> None:
    for dps, taken in ((3.0, True), (9.0, False)):
        motion = Motion(TOOL)
        follow(motion, (_with(sample, accel=None) for sample in turned(lambda t, r=dps: r * DPS * t, 5.0)))  # type: ignore[misc]
        assert (motion.bias is not None) == taken


def test_a_masked_rest_teaches_nothing() -> None:
    motion = Motion(TOOL)
    follow(motion, turned(resting, 5.0, bias=(DPS, 0.0, 0.0)), masked=True)
    assert motion.bias is None


# --- values that can't be ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e30, -1e30, 1e300])
@pytest.mark.parametrize("of", ["gyro", "accel"])
def test_no_number_and_impossible_ones_are_refused_and_counted(rolled: Rolled, value: float, of: str) -> None:
    samples = list(rolled.samples)
    for i, axis in ((0, 0), (1, 1), (500, 0), (501, 2), (800, 1)):
        vector = list(getattr(samples[i], of))
        vector[axis] = value
        samples[i] = _with(samples[i], **{of: tuple(vector)})
    motion = Motion(TOOL)
    error = errors_deg(follow(motion, samples), truth)
    assert motion.rejected == 5
    assert max(map(abs, error)) < rolled.error_deg + 0.5


@pytest.mark.parametrize("wild", [(30.0, 0.0, 0.0), (0.0, -20.0, 0.0), (-70.0, 70.0, 70.0)])
@pytest.mark.parametrize("at", [100, 301, 450, 900])
def test_one_wild_value_is_not_in_the_angle(rolled: Rolled, wild: Vector, at: int) -> None:
    samples = list(rolled.samples)
    samples[at] = _with(samples[at], gyro=wild)
    motion = Motion(TOOL)
    angles = follow(motion, samples)
    unspoilt = dict(follow(Motion(TOOL), rolled.samples))
    assert motion.rejected == 1
    assert len(angles) == len(samples) - 1
    assert max(abs(angle - unspoilt[t]) for t, angle in angles) < 0.3 * DPS


def test_two_wild_values_that_do_not_agree_are_both_refused(rolled: Rolled) -> None:
    samples = list(rolled.samples)
    samples[600] = _with(samples[600], gyro=(40.0, 0.0, 0.0))
    samples[601] = _with(samples[601], gyro=(-40.0, 0.0, 0.0))
    motion = Motion(TOOL)
    error = errors_deg(follow(motion, samples), truth)
    assert motion.rejected == 2
    assert max(map(abs, error)) < rolled.error_deg + 0.5


def test_a_kick_that_the_next_sample_confirms_is_true() -> None:
    def kicked(t: float) -> float:
        return 20.0 * min(max(t - 2.005, 0.0), 0.3)  # 20 rad/s from one sample to the next, and back

    motion = Motion(TOOL)
    angles = follow(motion, turned(kicked, 6.0))
    assert motion.rejected == 0
    error = errors_deg(angles, kicked)
    assert abs(error[-1]) < 2.0
    assert abs(angles[225][1] - kicked(2.25)) < 0.25  # at once: not only when gravity says so


def test_time_that_runs_back_is_refused(rolled: Rolled) -> None:
    samples = list(rolled.samples)
    samples.insert(700, _with(samples[400], t=4.0))
    samples.insert(900, _with(samples[900], t=nan))
    motion = Motion(TOOL)
    spoilt = follow(motion, samples)
    assert motion.rejected == 2
    assert spoilt[-1] == follow(Motion(TOOL), rolled.samples)[-1]


# --- rows that come twice ---------------------------------------------------------------------------------------------


def test_repeated_rows_while_turning_are_counted_and_harmless(rolled: Rolled) -> None:
    samples = []
    for i, sample in enumerate(rolled.samples):
        samples.append(sample)
        if i % 20 == 10 and abs(_gyro(sample)[0]) > 0.5:
            samples.append(_with(sample, t=sample.t + 0.004))
    twice = len(samples) - len(rolled.samples)
    motion = Motion(TOOL)
    angles = follow(motion, samples)
    assert twice > 20
    assert motion.repeated == twice
    assert motion.rejected == 0
    assert angles[-1] == follow(Motion(TOOL), rolled.samples)[-1]


def test_alike_rows_at_rest_are_samples() -> None:
    motion = Motion(TOOL)
    row = turned(resting, 0.01, bias=(2 * DPS, -DPS, 0.0))[0]
    taken = [motion.update(_with(row, t=i * 0.01), None, False, True) for i in range(300)]
    assert all(taken)
    assert motion.repeated == 0
    assert motion.bias == pytest.approx(row.gyro)


# --- the end of the range ---------------------------------------------------------------------------------------------


def _clipping(rate_dps: float, noise: float = 1.0) -> tuple[list[ImuSample], list[bool]]:
    """Half sines up to a rate, as a 250 dps gyroscope shows them, and where it was beyond its end."""
    end = FASTEST_DPS * DPS
    way = strokes(rate_dps * DPS * 2 * 1.5 / pi, 1.5)
    samples, beyond = [], []
    for sample in turned(way, 30.0, noise=noise):
        x, y, z = _gyro(sample)
        beyond.append(abs(x) >= end)
        samples.append(_with(sample, gyro=(min(max(x, -end), end), y, z)))
    return samples, beyond


@pytest.mark.parametrize("said", [True, False])
def test_a_clipped_gyroscope_is_told(said: bool) -> None:
    samples, beyond = _clipping(300)
    tool = Tool(name="roller", kind="foam_roller", axis=X, gyro_full_scale_rad_s=FASTEST_DPS * DPS if said else None)
    motion = Motion(tool)
    flags = []
    for sample in samples:
        motion.update(sample, None, False, True)
        flags.append(motion.clipped)
    late = slice(300, None)  # without a declared range the first plateau teaches its end
    missed = sum(b and not f for b, f in zip(beyond[late], flags[late], strict=True))
    false = sum(f and abs(_gyro(s)[0]) < 0.95 * FASTEST_DPS * DPS for f, s in zip(flags, samples, strict=True))
    assert sum(beyond[late]) > 500
    assert missed == 0
    assert false == 0


def test_clipping_costs_degrees_not_turns() -> None:
    samples, _ = _clipping(300)
    way = strokes(300 * DPS * 2 * 1.5 / pi, 1.5)
    assert rms(errors_deg(follow(Motion(TOOL), samples), way, since=5.0)) < 8.0


def test_below_its_end_nothing_is_clipped() -> None:
    for samples in (_clipping(240)[0], turned(lambda t: 5.0 * t, 20.0, noise=0.0)):
        motion = Motion(TOOL)
        for sample in samples:
            motion.update(sample, None, False, True)
            assert not motion.clipped


# --- what is missing or shaken ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [5.0, 6.3, 8.0, 15.0])
def test_after_a_hole_of_a_second_it_locks_to_gravity_again(begin: float) -> None:
    way = strokes(3.5, 2.5)
    samples = turned(way, 25.0, rolls_m=0.075)
    error = errors_deg(follow(Motion(TOOL), (s for s in samples if not begin < s.t < begin + 1.0)), way, begin + 6.0)
    assert rms(error) < 1.0


def test_lost_samples_cost_little(rolled: Rolled) -> None:
    random = Random(3)
    kept = [sample for sample in rolled.samples if random.random() > 0.1]
    assert max(map(abs, errors_deg(follow(Motion(TOOL), kept), truth))) < rolled.error_deg + 0.5


def test_shaking_in_a_haptic_mask_does_not_move_the_angle(rolled: Rolled) -> None:
    random = Random(5)
    shaken, calm = Motion(TOOL), Motion(TOOL)
    for sample in rolled.samples:
        masked = 6.0 < sample.t < 7.5 or 9.0 < sample.t < 11.0
        assert sample.accel is not None
        x, y, z = sample.accel
        shake = [random.choice((-30.0, 30.0)) for _ in range(3)] if masked else [0.0] * 3
        calm.update(sample, None, masked, True)
        shaken.update(_with(sample, accel=(x + shake[0], y + shake[1], z + shake[2])), None, masked, True)
        assert shaken.angle == calm.angle
        assert abs(errors_deg([(sample.t, shaken.angle)], truth)[0]) < rolled.error_deg + 1.0


# --- properties -------------------------------------------------------------------------------------------------------

any_float = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-50, 50)
vectors = st.none() | st.tuples(any_float, any_float, any_float)
anything = st.lists(st.tuples(st.floats(0, 5) | any_float, vectors, vectors, st.booleans(), st.booleans()), max_size=60)
axes = st.sampled_from([X, (0.0, 1.0, 0.0), (0.5, -0.5, 0.7), None])
steady = st.lists(
    st.tuples(st.floats(0, 0.6), *[st.tuples(*[st.floats(-40, 40)] * 3)] * 2, st.booleans(), st.booleans()), max_size=80
)


@given(anything, axes)
@example([(0.0, None, (0.0, 0.0, 0.0), False, False), (float("inf"), None, (0.0, 0.0, 0.0), False, False)], X)
def test_whatever_it_is_fed_it_never_raises_and_the_angle_is_a_number(
    fed: list[tuple[float, Vector | None, Vector | None, bool, bool]], axis: Vector | None
) -> None:
    motion = Motion(Tool(name="roller", kind="foam_roller", axis=axis))
    for t, accel, gyro, masked, on_body in fed:
        motion.update(ImuSample(t, "roller", accel, gyro), None, masked, on_body)
        assert all(map(isfinite, (motion.angle, motion.speed, motion.position, motion.travelled, motion.position_sd)))


@given(steady, axes)
def test_the_same_samples_give_the_same_numbers(
    fed: list[tuple[float, Vector, Vector, bool, bool]], axis: Vector | None
) -> None:
    def run() -> list[tuple[float, float, float, float, bool]]:
        motion = Motion(Tool(name="roller", kind="foam_roller", axis=axis))
        t, out = 0.0, []
        for dt, accel, gyro, masked, on_body in fed:
            t += dt
            motion.update(ImuSample(t, "roller", accel, gyro), None, masked, on_body)
            out.append((motion.angle, motion.speed, motion.position, motion.position_sd, motion.clipped))
        return out

    first = run()
    assert first == run()
    assert all(isfinite(value) for row in first for value in row)


def test_a_sample_without_a_gyroscope_has_its_line_at_its_own_time() -> None:
    engine = Engine(Setup(person=Person(), tools=(TOOL,), profile=load_profile("article")))
    level = (0.0, 0.0, 9.81)
    gyros = [(0.1, 0.0, 0.0), None, (0.1, 0.0, 0.0), None]
    samples = [ImuSample(i / 100, TOOL.name, level, gyro) for i, gyro in enumerate(gyros)]
    lines = [line for line in replay(engine, samples, events=False, motion=True) if isinstance(line, MotionLine)]
    assert [line.t for line in lines] == [sample.t for sample in samples]
