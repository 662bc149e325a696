"""SPARC against the published definition, worked out here once more by direct summation."""

from __future__ import annotations

import cmath
from math import ceil, log2, pi, sin, sqrt

import pytest

from firmware_host.coaching.smoothness import smoothness, sparc


def published(speeds: list[float], rate: float) -> float:
    """Balasubramanian 2015, equations 5-7: padding 4, 10 Hz, 0.05; transform by direct summation."""
    points = 2 ** (ceil(log2(len(speeds))) + 4)
    bins = [k for k in range(points // 2 + 1) if k * rate / points <= 10.0]
    size = [abs(sum(v * cmath.exp(-2j * pi * k * n / points) for n, v in enumerate(speeds))) for k in bins]
    top = max(size)
    size = [value / top for value in size]
    strong = [k for k, value in zip(bins, size, strict=True) if value >= 0.05]
    low, high = strong[0], strong[-1]
    span = (high - low) * rate / points
    total = 0.0
    for k in range(low, high):
        total += sqrt((rate / points / span) ** 2 + (size[k + 1] - size[k]) ** 2)
    return -total


VECTORS = {
    "half sine": [sin(pi * i / 59) for i in range(60)],
    "minimum jerk": [30 * (x := i / 49) ** 2 * (1 - x) ** 2 for i in range(50)],
    "two humps": [sin(pi * i / 59) * (1 + 0.5 * sin(4 * pi * i / 59)) for i in range(60)],
    "with a stop": [sin(pi * i / 29) for i in range(30)] + [0.0] * 15 + [sin(pi * i / 29) for i in range(30)],
}


@pytest.mark.parametrize("name", VECTORS)
def test_it_is_the_published_number(name: str) -> None:
    assert sparc(VECTORS[name], 50.0) == pytest.approx(published(VECTORS[name], 50.0), abs=1e-6)


def test_a_stop_is_less_smooth_than_one_stroke() -> None:
    assert sparc(VECTORS["with a stop"], 50.0) < sparc(VECTORS["half sine"], 50.0) - 0.2


def test_uneven_times_are_put_on_a_grid_first() -> None:
    even = [(i / 50, v) for i, v in enumerate(VECTORS["half sine"])]
    uneven = [
        (t + 0.002 * (i % 3 == 1), sin(pi * (t + 0.002 * (i % 3 == 1)) * 50 / 59)) for i, (t, _) in enumerate(even)
    ]
    a, b = smoothness(even), smoothness(uneven)
    assert a is not None
    assert b is not None
    assert a == pytest.approx(b, abs=0.02)


def test_too_little_to_say_is_none() -> None:
    assert smoothness([(0.0, 1.0)] * 3) is None
    assert smoothness([(i / 100, 0.0) for i in range(50)]) is None
    with pytest.raises(ValueError, match="two samples"):
        sparc([1.0], 100.0)
