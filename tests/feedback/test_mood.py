"""The light between cues, from snapshots."""

from __future__ import annotations

from typing import Any

import pytest
from feedback_doubles import snapshot, tool
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firmware_host.coaching.snapshot import Snapshot
from firmware_host.feedback.mood import LOOKS, Mood, mood_of
from firmware_host.feedback.patterns import DARK


@pytest.mark.parametrize(
    ("given_", "kind"),
    [
        (snapshot(), "off_body"),
        (snapshot(tool(on_body=False, state="off", speed_m_s=0.0)), "off_body"),
        (snapshot(tool(state="still", speed_m_s=0.0)), "fine"),
        (snapshot(tool(speed_m_s=0.05)), "fine"),
        (snapshot(tool(speed_m_s=-0.05)), "fine"),
        (snapshot(tool(speed_m_s=0.095)), "fine"),
        (snapshot(tool(speed_m_s=-0.15)), "near"),
        (snapshot(tool(speed_m_s=0.19)), "over"),
        (snapshot(tool(speed_m_s=-0.19)), "over"),
        (snapshot(tool(speed_m_s=0.19, on_body=False, state="off")), "off_body"),
        (snapshot(tool(state="holding", speed_m_s=0.0, hold_s=5.0)), "hold"),
        (snapshot(tool(), faults=("roller imu",)), "fine"),
        (snapshot(tool(speed_m_s=0.19), faults=("roller force",)), "over"),
        (snapshot(tool(state="still", speed_m_s=0.0), faults=("roller imu",)), "fault"),
        (snapshot(tool(on_body=False, state="off"), faults=("roller imu",)), "fault"),
        (snapshot(tool(speed_m_s=0.19), faults=("roller imu",), pain=True), "pain"),
        (snapshot(tool(), tool(tool="stick", speed_m_s=0.3)), "over"),
    ],
)
def test_mood_by_table(given_: Snapshot, kind: str) -> None:
    assert mood_of(given_).kind == kind


def hold_level(hold_s: float) -> float:
    return max(mood_of(snapshot(tool(state="holding", speed_m_s=0.0, hold_s=hold_s))).at(0.0))


def test_a_hold_fills_to_its_two_marks() -> None:
    levels = [hold_level(float(seconds)) for seconds in range(3, 40)]
    assert levels == sorted(levels)
    assert levels[0] < 0.25
    assert hold_level(20.0) == pytest.approx(0.6)
    assert hold_level(30.0) == hold_level(39.0) == 1.0


def test_a_hold_is_written_a_few_times_a_second_at_most() -> None:
    changes = {mood_of(snapshot(tool(state="holding", hold_s=step / 10))) for step in range(30, 301)}
    assert len(changes) < 60


@pytest.mark.parametrize("kind", sorted(LOOKS))
def test_no_second_has_more_than_three_flashes(kind: Any) -> None:
    mood = Mood(kind)
    lit = [mood.at(step / 1000) != DARK for step in range(5000)]
    starts = [step / 1000 for step in range(1, 5000) if lit[step] and not lit[step - 1]]
    assert all(sum(start <= other < start + 1 for other in starts) <= 3 for start in starts)


def test_states_differ_by_more_than_colour() -> None:
    """Someone who sees no colour tells fine, near, over, fault and a hold apart by rhythm or brightness."""
    kinds: tuple[Any, ...] = ("fine", "near", "over", "fault", "off_body")
    grey = [tuple(round(sum(Mood(kind).at(step / 50)), 2) > 0.05 for step in range(200)) for kind in kinds]
    assert len({*grey[:4]}) == 4
    assert sum(Mood("off_body").at(0)) < sum(Mood("fine").at(0)) / 4


@given(st.sampled_from(sorted(LOOKS)), st.floats(0, 1e6))
def test_nothing_changes_before_the_next_edge(kind: Any, elapsed: float) -> None:
    mood = Mood(kind)
    edge = mood.next_edge(elapsed)
    if edge is None:
        assert mood.at(elapsed) == mood.at(elapsed + 1.0)
        return
    assert elapsed < edge <= elapsed + 2.0 + 1e-6
    if edge - elapsed > 1e-6:
        assert mood.at(elapsed + 0.5 * (edge - elapsed)) == mood.at(elapsed)


@given(st.floats(0, 1e4), st.floats(0, 120), st.floats(0, 120))
def test_any_hold_has_a_brightness(held: float, done: float, enough: float) -> None:
    made = replace(snapshot(tool(state="holding", hold_s=held)), hold_done_s=done, hold_enough_s=enough)
    assert 0 <= mood_of(made).fill <= 1
