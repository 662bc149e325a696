"""A poor link: what gets lost, when it is stamped, and that nothing else is touched."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import pytest

from firmware_host.coaching.inputs import ForceSample, ImuSample, Input, StreamGap, Tick
from firmware_host.simulator import link, truth
from firmware_host.simulator.conditions import CONDITIONS
from firmware_host.simulator.link import holes, worsened
from firmware_host.simulator.rig import simulate
from firmware_host.simulator.world import World

pytestmark = pytest.mark.slow

SECONDS = 300.0


def sent(seconds: float = SECONDS) -> list[Input]:
    """A sample every 10 ms that carries its own number, forces and ticks between."""
    inputs: list[Input] = [
        ImuSample(i * 0.01, "roller", (0.0, 0.0, 9.81), (i * 1e-6, 0.0, 0.0)) for i in range(int(seconds * 100))
    ]
    inputs += [ForceSample(i * 0.02 + 0.001, "roller", "pressure", 101_000.0) for i in range(int(seconds * 50))]
    inputs += [Tick(i * 0.1) for i in range(int(seconds * 10))]
    return sorted(inputs, key=lambda given: given.t)


def number(sample: ImuSample) -> int:
    """Which sample it was; a wild one has lost its number if the x axis was hit."""
    assert sample.gyro is not None
    return round(sample.gyro[0] * 1e6)


def is_wild(sample: ImuSample) -> bool:
    assert sample.accel is not None
    assert sample.gyro is not None
    return max(abs(rate) for rate in sample.gyro) == 30.0 or max(abs(a) for a in sample.accel) == 300.0


@pytest.mark.parametrize("seed", [1, 2])
def test_what_arrives_is_as_late_lost_repeated_and_wild_as_it_says(seed: int) -> None:
    got = [given for given in worsened(sent(), seed, SECONDS) if isinstance(given, ImuSample)]
    wild = [given for given in got if is_wild(given)]
    assert 3 <= len(wild) <= 8
    known = [given for given in got if not is_wild(given)]
    errors = [given.t - number(given) * 0.01 for given in known]
    assert 0.0065 < sqrt(sum(error * error for error in errors) / len(errors)) < 0.0095
    assert max(abs(error) for error in errors) < 0.05
    numbers = [number(given) for given in known]
    assert numbers == sorted(numbers)
    twice = len(numbers) - len(set(numbers))
    assert 20 < twice < 110
    assert all(a.t < b.t or a == b for a, b in pairwise(known))
    down = holes(seed, SECONDS)
    in_holes = sum(int((end - start) * 100) for start, end in down)
    lost = 1 - (len(set(numbers)) + len(wild)) / (SECONDS * 100 - in_holes)
    assert 0.025 < lost < 0.055


@pytest.mark.parametrize("seed", [1, 2])
def test_only_holes_are_longer_than_three_tenths_and_each_is_named_once(seed: int) -> None:
    got = list(worsened(sent(), seed, SECONDS))
    down = holes(seed, SECONDS)
    assert 3 <= len(down) <= 8
    assert all(0.6 <= end - start <= 1.5 for start, end in down)
    known = [given for given in got if isinstance(given, ImuSample) and not is_wild(given)]
    long = [(number(a) * 0.01, number(b) * 0.01) for a, b in pairwise(known) if number(b) - number(a) > 32]
    assert len(long) == len(down)
    for (last, first), (start, end) in zip(long, down, strict=True):
        assert start - 0.011 <= last <= start
        assert end <= first <= end + 0.031  # a wild value may hide the first
    bursts = [number(b) - number(a) for a, b in pairwise(known) if 3 < number(b) - number(a) <= 32]
    assert len(bursts) > 20
    gaps = [given for given in got if isinstance(given, StreamGap)]
    assert [(gap.tool, gap.of) for gap in gaps] == [("roller", "imu")] * len(down)
    for gap, (_, end) in zip(gaps, down, strict=True):
        place = got.index(gap)
        after = next(given for given in got[place:] if isinstance(given, ImuSample))
        before = next(given for given in reversed(got[:place]) if isinstance(given, ImuSample))
        assert before.t < gap.t <= after.t
        assert end - 0.02 < gap.t < end + 0.02


def test_everything_else_passes_unchanged_and_all_is_in_order_of_time() -> None:
    inputs = sent(60.0)
    got = list(worsened(inputs, 3, 60.0))
    others = [given for given in got if not isinstance(given, ImuSample | StreamGap)]
    assert others == [given for given in inputs if not isinstance(given, ImuSample)]
    assert all(a.t <= b.t for a, b in pairwise(got))
    assert got == list(worsened(iter(inputs), 3, 60.0))
    assert got != list(worsened(inputs, 4, 60.0))


def test_a_short_stream_comes_out_to_the_end() -> None:
    inputs = sent(0.05)
    got = list(worsened(inputs, 1, 0.05))
    assert len(got) >= len(inputs) - 2


def test_the_world_tells_its_holes_only_when_the_link_is_bad() -> None:
    assert World("calm", 2).holes(300.0) == ()
    assert World("calm", 2, conditions=CONDITIONS["bad_link"]).holes(300.0) == link.holes(2, 300.0)


def test_in_the_true_passes_no_hole_is_passed_through() -> None:
    cut = 0
    for seed in range(1, 4):
        world = World("calm", seed, 90.0, conditions=CONDITIONS["bad_link"])
        down = world.holes(90.0)
        found = truth.of_world(world, "calm", seed, 90.0)
        for stroke in (*found.passes, *found.short_passes):
            for start, end in down:
                assert stroke.end <= start or stroke.start >= end
                cut += stroke.end == start or stroke.start == end
    assert cut > 1


def test_the_stream_of_a_bad_session_has_the_holes_the_truth_knows() -> None:
    told = CONDITIONS["bad_link"]
    gaps = [given for given in simulate("mixed", 2, 50.0, conditions=told) if isinstance(given, StreamGap)]
    down = holes(2, 50.0)
    assert down
    assert [gap.t for gap in gaps] == pytest.approx([end for _, end in down], abs=0.02)
