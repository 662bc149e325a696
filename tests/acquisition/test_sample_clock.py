"""Stamps are close to the truth, rise strictly, never lie ahead, and find the chip's true rate."""

from __future__ import annotations

import itertools
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_host.acquisition.sample_clock import SampleClock


def simulate(
    true_hz: float,
    seconds: float,
    seed: int,
    stall_s: float = 0.05,
    lose_at: int | None = None,
) -> tuple[SampleClock, list[float], list[float], list[float]]:
    """A FIFO read each 50 ms with scheduler jitter and 1 % stalls: (clock, errors, arrival errors, stamps)."""
    rng = random.Random(seed)
    clock = SampleClock(100.0, 0.0)
    taken, t, turn = 0, 0.003, 0
    errors: list[float] = []
    arrival: list[float] = []
    stamps: list[float] = []
    while t < seconds:
        t += 0.05 + abs(rng.gauss(0, 0.0005)) + (stall_s if rng.random() < 0.01 else 0.0)
        waiting = int(t * true_hz) - taken
        turn += 1
        truth = [(taken + i + 1) / true_hz for i in range(waiting)]
        taken += waiting
        if turn == lose_at:
            continue
        got = clock.stamp(waiting, t, t + 0.004)
        errors += [stamp - true for stamp, true in zip(got, truth, strict=True)]
        arrival += [t - (waiting - 1 - i) / 100.0 - true for i, true in enumerate(truth)]
        stamps += got
    return clock, errors, arrival, stamps


@pytest.mark.parametrize("true_hz", [96.0, 99.0, 100.0, 101.0, 104.0])
def test_closer_than_the_time_of_the_read(true_hz: float) -> None:
    clock, errors, arrival, _ = simulate(true_hz, 60.0, seed=3)
    late = errors[len(errors) // 4 :]
    assert statistics.pstdev(late) < 0.0015
    assert statistics.pstdev(late) < 0.6 * statistics.pstdev(arrival[len(arrival) // 4 :])
    assert max(abs(error) for error in errors) < 0.012
    assert clock.rate_hz == pytest.approx(true_hz, abs=0.15)


@pytest.mark.parametrize("true_hz", [99.84, 104.0, 108.16])
def test_under_a_millisecond_at_104_hz_read_every_50_ms(true_hz: float) -> None:
    """1 % of the reads are 50 ms late; the bus thread keeps to its beat, as supervision.py does."""
    rng = random.Random(7)
    clock = SampleClock(104.0, 0.0)
    errors: list[float] = []
    taken = 0
    for turn in range(1, 2400):
        before = turn * 0.05 + abs(rng.gauss(0, 0.0005)) + (0.045 if rng.random() < 0.01 else 0.0)
        waiting = int(before * true_hz) - taken
        stamps = clock.stamp(waiting, before, before + 0.004)
        errors += [stamp - (taken + i + 1) / true_hz for i, stamp in enumerate(stamps)]
        taken += waiting
    assert statistics.pstdev(errors[1040:]) < 0.001


def test_the_rate_is_not_told_before_it_is_known() -> None:
    clock = SampleClock(100.0, 0.0)
    for turn in range(1, 30):
        clock.stamp(5, turn * 0.05, turn * 0.05)
    assert clock.rate_hz is None


def test_a_late_read_spreads_its_samples_where_they_were_taken() -> None:
    clock = SampleClock(100.0, 0.0)
    for turn in range(1, 101):
        clock.stamp(5, turn * 0.05, turn * 0.05 + 0.004)
    stamps = clock.stamp(25, 5.25, 5.254)
    truth = [5.0 + (i + 1) * 0.01 for i in range(25)]
    assert max(abs(a - b) for a, b in zip(stamps, truth, strict=True)) < 0.006


def test_after_a_lost_reply_the_stamps_are_right_again() -> None:
    clock, errors, _, stamps = simulate(101.0, 30.0, seed=5, lose_at=300)
    assert max(abs(error) for error in errors) < 0.012
    assert clock.rate_hz == pytest.approx(101.0, abs=0.2)
    holes = [b - a for a, b in itertools.pairwise(stamps) if b - a > 0.03]
    assert len(holes) == 1
    assert holes[0] == pytest.approx(0.06, abs=0.015)


def test_no_samples_no_stamps() -> None:
    assert SampleClock(100.0, 0.0).stamp(0, 1.0, 1.0) == []


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.001, 2.0), st.integers(0, 90), st.floats(0, 0.2)), min_size=1, max_size=40),
    st.sampled_from([50.0, 52.0, 100.0, 104.0, 200.0, 208.0]),
)
def test_stamps_rise_and_never_lie_ahead(reads: list[tuple[float, int, float]], nominal_hz: float) -> None:
    """Whatever counts come at whatever times."""
    clock = SampleClock(nominal_hz, 10.0)
    t, last = 10.0, 10.0
    for pause, count, took in reads:
        t += pause
        for stamp in clock.stamp(count, t, t + took):
            assert last < stamp <= t + took + 1e-9
            last = stamp
        t += took
