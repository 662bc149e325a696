"""Time stamps that are uneven although the samples were not."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from firmware_host.coaching.evenness import EvenSteps


def lasted(stamps: list[float]) -> list[float]:
    """Where each sample is put, as `Motion` asks."""
    steps, at, places = EvenSteps(), 0.0, [0.0]
    for before, t in pairwise(stamps):
        dt = t - before
        at += dt if steps.low < dt < steps.high else steps.step(t, dt)
        places.append(at)
    return places


def test_an_even_stream_is_believed_to_the_last_digit() -> None:
    stamps = [0.01 * i for i in range(1000)]
    steps = [t - before for before, t in pairwise(stamps)]
    places = lasted(stamps)
    total = 0.0
    for step, place in zip(steps, places[1:], strict=True):
        total += step
        assert place == total


def test_lost_samples_only_make_steps_longer() -> None:
    random = Random(1)
    stamps = [0.01 * i for i in range(3000) if random.random() > 0.05]
    for stamp, place in zip(stamps, lasted(stamps), strict=True):
        assert place == pytest.approx(stamp - stamps[0], abs=1e-9)


def test_bunches_are_dealt_out_evenly_and_keep_time() -> None:
    stamps = [0.06 * (i // 6 + 1) + 0.002 * (i % 6) for i in range(6000)]
    places = lasted(stamps)
    steps = [b - a for a, b in pairwise(places)][1000:]
    assert min(steps) > 0.004
    assert max(steps) < 0.016
    assert max(abs(place - stamp) for place, stamp in zip(places[1000:], stamps[1000:], strict=True)) < 0.1


def test_what_becomes_even_again_is_believed_again() -> None:
    stamps = [0.06 * (i // 6 + 1) + 0.002 * (i % 6) for i in range(1200)]
    stamps += [stamps[-1] + 0.01 * (i + 1) for i in range(1000)]
    places = lasted(stamps)
    assert places[-1] - places[-500] == pytest.approx(stamps[-1] - stamps[-500], abs=1e-9)
    assert places[-1] == pytest.approx(stamps[-1] - stamps[0], abs=1e-6)
