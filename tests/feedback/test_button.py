"""Gestures of the one button, by table and at random."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_host.feedback.button import BOUNCE_S, DOUBLE_S, HELD_S, Gestures

Edge = tuple[float, bool]
LATER = 100.0


def recognised(edges: list[Edge], until: float = LATER) -> list[str]:
    gestures = Gestures()
    said: list[str] = []
    for t, pressed in edges:
        said += gestures.edge(t, pressed)
    return said + list(gestures.advance(until))


def press(start: float, seconds: float) -> list[Edge]:
    return [(start, True), (start + seconds, False)]


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        ([], []),
        (press(1.0, 0.1), ["short"]),
        (press(1.0, 0.79), ["short"]),
        (press(1.0, 0.81), ["held"]),
        (press(1.0, 30), ["held"]),
        (press(1.0, 0.1) + press(1.3, 0.1), ["double"]),
        (press(1.0, 0.1) + press(1.44, 0.1), ["double"]),
        (press(1.0, 0.1) + press(1.46, 0.1), ["short", "short"]),
        (press(1.0, 0.1) + press(1.3, 2.0), ["held"]),
        (press(1.0, 0.1) + press(1.3, 0.1) + press(1.6, 0.1), ["double", "short"]),
        (press(1.0, 0.1) + press(1.3, 0.1) + press(1.6, 0.1) + press(1.9, 0.1), ["double", "double"]),
        (press(1.0, 1.0) + press(2.1, 0.1), ["held", "short"]),
        ([(1.0, True)], ["held"]),
        ([(1.0, False), (2.0, False)], []),
        ([(1.0, True), (1.05, True), (1.1, False)], ["short"]),
    ],
)
def test_gestures_by_table(edges: list[Edge], said: list[str]) -> None:
    assert recognised(edges) == said


def test_held_is_said_while_the_button_is_still_down() -> None:
    gestures = Gestures()
    assert gestures.edge(1.0, True) == []
    assert gestures.advance(1.0 + BOUNCE_S) == []
    assert gestures.due() == pytest.approx(1.0 + HELD_S)
    assert gestures.advance(1.0 + HELD_S - 0.001) == []
    assert gestures.advance(1.0 + HELD_S + 0.001) == ["held"]
    assert gestures.due() is None
    assert recognised([(1.0, True)], until=1.0 + HELD_S + 0.001) == ["held"]


def test_a_short_press_is_said_only_once_a_second_one_is_too_late() -> None:
    gestures = Gestures()
    gestures.edge(1.0, True)
    gestures.edge(1.1, False)
    assert gestures.advance(1.1 + DOUBLE_S - 0.001) == []
    assert gestures.advance(1.1 + DOUBLE_S + 0.001) == ["short"]


BOUNCES = (0.0, 0.002, 0.005, 0.006, 0.012)


def bouncing(t: float, to: bool) -> list[Edge]:
    """A contact that closes or opens at `t` and chatters for 12 ms."""
    return [(t + delay, to if index % 2 == 0 else not to) for index, delay in enumerate(BOUNCES)]


@pytest.mark.parametrize(
    ("times", "said"),
    [((1.0, 1.2), ["short"]), ((1.0, 1.2, 1.4, 1.6), ["double"]), ((1.0, 2.0), ["held"])],
)
def test_bounce_changes_nothing(times: tuple[float, ...], said: list[str]) -> None:
    edges: list[Edge] = []
    for index, t in enumerate(times):
        edges += bouncing(t, index % 2 == 0)
    assert recognised(edges) == said


def test_a_spike_shorter_than_a_bounce_is_no_press() -> None:
    assert recognised([(1.0, True), (1.01, False)]) == []


def test_a_spike_in_a_long_press_does_not_end_it() -> None:
    assert recognised([(1.0, True), (1.79, False), (1.805, True), (3.0, False)]) == ["held"]


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans())), st.lists(st.floats(0, 30), max_size=5))
def test_any_edges_at_any_times_say_no_more_than_was_pressed(gaps: list[Edge], looks: list[float]) -> None:
    """Never raises; however often it is asked in between, at most one gesture a press, and then it rests."""
    edges: list[Edge] = []
    t = 0.0
    for gap, pressed in gaps:
        t += gap
        edges.append((t, pressed))
    gestures = Gestures()
    said: list[str] = []
    for t, pressed in edges:
        for look in sorted(looks):
            if look < t:
                said += gestures.advance(look)
        said += gestures.edge(t, pressed)
    said += gestures.advance(t + 100)
    presses = sum(now and not before for (_, before), (_, now) in zip([(0.0, False), *edges], edges, strict=False))
    assert len(said) <= presses
    assert gestures.due() is None
    assert gestures.advance(t + 200) == []
    assert said == recognised(edges, until=t + 100)


@given(st.lists(st.tuples(st.floats(allow_nan=False), st.booleans())))
def test_a_clock_that_runs_back_is_survived(edges: list[Edge]) -> None:
    assert set(recognised(edges, until=LATER)) <= {"short", "double", "held"}
