"""The light for people who see other colours, or none.

Colour blindness is simulated with the matrices of Machado, Oliveira and Fernandes, "A physiologically-based model for
simulation of color vision deficiency", IEEE TVCG 15(6), 2009, at full severity; colours are compared in CIE 1976
L*a*b* (dE*ab, where 2.3 is just noticeable). An LED on PWM is linear light, so its levels go in as linear RGB with
the primaries of sRGB: a real LED's are purer, and lie further apart.
"""

from __future__ import annotations

from itertools import combinations
from math import dist
from typing import Any

import pytest
from feedback_doubles import snapshot, tool
from msgspec.structs import replace

from firmware_host.feedback.mood import LOOKS, Mood, mood_of
from firmware_host.feedback.patterns import AMBER, BLUE, MAGENTA, RED, WHITE, Rgb

Matrix = tuple[Rgb, Rgb, Rgb]
SIGHT: dict[str, Matrix] = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
SRGB_TO_XYZ: Matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE_POINT: Rgb = (0.9505, 1.0, 1.089)
PALETTE = {"blue": BLUE, "amber": AMBER, "magenta": MAGENTA, "red": RED, "white": WHITE}
KINDS: tuple[Any, ...] = tuple(kind for kind in LOOKS if kind != "dark")
RHYTHM_S = 12.0
"""A whole number of periods of every look."""


def times(matrix: Matrix, colour: Rgb) -> Rgb:
    red, green, blue = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix)
    return (red, green, blue)


def seen(colour: Rgb, sight: str) -> Rgb:
    red, green, blue = (min(1.0, max(0.0, part)) for part in times(SIGHT[sight], colour))
    return (red, green, blue)


def lab(colour: Rgb) -> Rgb:
    x, y, z = (
        ratio ** (1 / 3) if ratio > 0.008856 else 7.787 * ratio + 16 / 116
        for ratio in (part / white for part, white in zip(times(SRGB_TO_XYZ, colour), WHITE_POINT, strict=True))
    )
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def luminance(colour: Rgb) -> float:
    """What somebody without any colour sees."""
    return times(SRGB_TO_XYZ, colour)[1]


def levels(kind: Any) -> list[float]:
    """Luminance of a state over time."""
    return [luminance(mood_after(kind, step / 50).at(step / 50)) for step in range(round(RHYTHM_S * 50))]


def mood_after(kind: Any, t: float) -> Mood:
    """A state that began `t` ago; what breathes does so by its snapshots."""
    if kind == "hold":
        return mood_of(snapshot(tool(state="holding", speed_m_s=0.0, hold_s=t + 0.01)))
    return mood_of(replace(snapshot(), resting=True, t=t)) if kind == "rest" else Mood(kind)


def rhythm(kind: Any) -> tuple[bool, ...]:
    top = max(levels(kind))
    return tuple(level > 0.1 * top for level in levels(kind))


def test_the_matrices_are_those_of_the_paper() -> None:
    """White and black stay what they are for everybody: each row sums to 1."""
    for matrix in SIGHT.values():
        for row in matrix:
            assert sum(row) == pytest.approx(1.0, abs=2e-3)
    assert lab(WHITE) == pytest.approx((100.0, 0.0, 0.0), abs=0.1)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(("one", "other"), list(combinations(PALETTE, 2)))
def test_the_palette_is_told_apart(one: str, other: str, sight: str) -> None:
    """Several times the just noticeable difference. Blue and magenta are nearest, for protanopes; no two states, and
    no two cues, differ by those alone."""
    assert dist(lab(seen(PALETTE[one], sight)), lab(seen(PALETTE[other], sight))) > 12


@pytest.mark.parametrize("sight", SIGHT)
def test_what_is_to_be_corrected_does_not_look_like_what_is_fine(sight: str) -> None:
    for colour in (RED, AMBER):
        assert dist(lab(seen(colour, sight)), lab(seen(BLUE, sight))) > 60
    assert dist(lab(seen(RED, sight)), lab(seen(MAGENTA, sight))) > 30, "too hard and too fast"


@pytest.mark.parametrize(("one", "other"), list(combinations(KINDS, 2)))
def test_states_differ_without_any_colour(one: Any, other: Any) -> None:
    """By rhythm; steady ones, and those that breathe, by brightness."""
    if rhythm(one) == rhythm(other):
        assert LOOKS[one].blink is LOOKS[other].blink is None
        ratio = max(levels(one)) / max(levels(other))
        assert max(ratio, 1 / ratio) > 4


def test_the_rhythms_of_what_blinks_are_unlike() -> None:
    """Not the same up to where they begin, either."""
    blinking = [kind for kind in KINDS if LOOKS[kind].blink is not None]
    for one, other in combinations(blinking, 2):
        a, b = rhythm(one), rhythm(other)
        assert all(a != b[shift:] + b[:shift] for shift in range(0, len(b), 10)), (one, other)
