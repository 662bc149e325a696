"""Force sensors by kind: what they say of a known force, and what their owner makes of it."""

from __future__ import annotations

import random
from itertools import pairwise
from math import pi, radians

import pytest

from firmware_host.coaching.inputs import ForceSample
from firmware_host.simulator.conditions import CONDITIONS, Conditions
from firmware_host.simulator.pressure import ContactPad, LoadCell, Strips, noisy
from firmware_host.simulator.rig import simulate
from firmware_host.simulator.world import World


def felt(strips: Strips, force_n: float, angle: float) -> tuple[float, ...]:
    reading = strips.reading(force_n, angle, 0.0)
    assert isinstance(reading, tuple)
    return reading


def test_six_strips_together_hardly_show_the_angle() -> None:
    for seed in range(5):
        strips = Strips(6, random.Random(seed))
        sums = [sum(felt(strips, 250.0, i * pi / 500)) for i in range(1000)]
        ripple = (max(sums) - min(sums)) / (sum(sums) / len(sums))
        assert 0.01 < ripple < 0.15
        most = [sum(value > 0 for value in felt(strips, 250.0, i * pi / 500)) for i in range(1000)]
        assert set(most) <= {1, 2}


def test_one_strip_feels_the_load_once_a_turn_for_seventy_degrees() -> None:
    strips = Strips(1, random.Random(3))
    values = [felt(strips, 250.0, i * pi / 1800)[0] for i in range(3600)]
    pressed = [value > 0 for value in values]
    assert sum(not a and b for a, b in pairwise([*pressed, pressed[0]])) == 1
    assert sum(pressed) / 10 == pytest.approx(70, abs=0.5)  # tenths of a degree
    steps = [abs(b - a) for a, b in pairwise(values)]
    assert max(steps) < 0.01  # smooth: nothing jumps


def test_a_strip_faces_up_when_the_roller_has_turned_it_there() -> None:
    """Turning by 60 degrees hands the load to the strip before it."""
    strips = Strips(6, random.Random(1))
    angle = next(i * 0.001 for i in range(7000) if felt(strips, 250.0, i * 0.001)[3] > 0.3)
    angle += radians(25)
    before, after = felt(strips, 250.0, angle), felt(strips, 250.0, angle + radians(60))
    assert before.index(max(before)) == 3
    assert after.index(max(after)) == 2


def test_strips_feel_more_under_more_and_nothing_off_the_body() -> None:
    strips = Strips(6, random.Random(2))
    sums = [sum(felt(strips, float(force_n), 1.0)) for force_n in range(0, 700, 50)]
    assert sums[0] == 0.0
    assert all(a < b < 1.0 for a, b in pairwise(sums))


@pytest.mark.parametrize("kind", ["strips", "force"])
def test_the_owners_calibration_gives_back_the_true_force(kind: str) -> None:
    """From the samples in the stream, as the engine applies zero and points, against the truth."""
    told = Conditions(pressure=kind)  # type: ignore[arg-type]
    world = World("calm", 7, 40.0, conditions=told)
    calibration = world.tool.calibration
    assert calibration.zero is not None
    points = ((0.0, 0.0), *calibration.points) if calibration.points else ((0.0, 0.0), (1.0, 1.0))
    checked = 0
    for given in simulate("calm", 7, 40.0, conditions=told):
        if not isinstance(given, ForceSample):
            continue
        value = sum(given.value) if isinstance(given.value, tuple) else given.value
        above = value - calibration.zero
        (p0, f0), (p1, f1) = next(((a, b) for a, b in pairwise(points) if above < b[0]), points[-2:])
        force_n = f0 + (above - p0) / (p1 - p0) * (f1 - f0)
        true_n = world.motion(given.t).force_n
        assert force_n == pytest.approx(true_n, abs=6 + 0.12 * true_n)
        checked += true_n > 100
    assert checked > 800


def test_one_strip_is_not_calibrated() -> None:
    assert World("calm", 1, conditions=CONDITIONS["one_strip"]).tool.calibration.points == ()
    assert len(World("calm", 1, conditions=CONDITIONS["strips"]).tool.calibration.points) == 5


def test_a_load_cell_is_linear_and_its_zero_wanders_by_a_newton() -> None:
    cell = LoadCell(random.Random(4))

    def says(force_n: float, t: float) -> float:
        reading = cell.reading(force_n, 0.0, t)
        assert isinstance(reading, float)
        return reading

    gain = (says(200.0, 0.0) - says(0.0, 0.0)) / 200
    assert gain == pytest.approx(1.0, abs=0.0101)
    assert says(100.0, 0.0) - says(0.0, 0.0) == pytest.approx(100 * gain)
    zeros = [says(0.0, float(t)) for t in range(0, 600, 5)]
    assert 1.5 < max(zeros) - min(zeros) <= 2.0
    assert max(abs(b - a) for a, b in pairwise(zeros)) < 0.2


def test_a_contact_pad_is_soon_saturated() -> None:
    pad = ContactPad(45.0)
    says = [pad.reading(float(force_n), 0.0, 0.0)[0] for force_n in (0, 5, 45, 150, 300)]  # type: ignore[index]
    assert says[0] == 0.0
    assert says[1] < 0.02
    assert says[2] == pytest.approx(0.5)
    assert 0.9 < says[3] < says[4] < 1.0


def test_noise_is_as_large_as_it_says_and_keeps_within_the_range() -> None:
    cell, rng = LoadCell(random.Random(1)), random.Random(2)
    readings = [noisy(cell, 100.0, rng) for _ in range(2000)]
    off = [reading - 100.0 for reading in readings if isinstance(reading, float)]
    assert (sum(one * one for one in off) / len(off)) ** 0.5 == pytest.approx(cell.noise, rel=0.1)
    pads = [noisy(ContactPad(45.0), (0.0, 1.0), rng) for _ in range(200)]
    assert all(0.0 <= value <= 1.0 for pad in pads if isinstance(pad, tuple) for value in pad)
    assert len(set(pads)) > 50
