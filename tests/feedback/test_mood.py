"""The light between cues, from snapshots."""

from __future__ import annotations

from typing import Any

import pytest
from feedback_doubles import snapshot, tool
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firmware_host.coaching.snapshot import Snapshot, ToolSnapshot
from firmware_host.feedback.mood import LOOKS, Mood, mood_of
from firmware_host.feedback.patterns import DARK


def pressing(force_n: float, **changes: Any) -> ToolSnapshot:
    """A tool under `force_n`, with a band up to 322 N of which 80 % are allowed at first."""
    return tool(force_n=force_n, force_low_n=184.0, force_high_n=322.0, start_high_n=257.6, **changes)


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
        (snapshot(pressing(321.0)), "fine"),
        (snapshot(pressing(323.0)), "too_hard"),
        (snapshot(pressing(323.0, speed_m_s=0.3)), "too_hard"),
        (snapshot(pressing(323.0, state="holding", hold_s=8.0)), "too_hard"),
        (snapshot(pressing(323.0, on_body=False, state="off")), "off_body"),
        (snapshot(pressing(300.0)), "fine"),
        (replace(snapshot(pressing(250.0)), starting_light=True), "fine"),
        (replace(snapshot(pressing(300.0)), starting_light=True), "start_light"),
        (replace(snapshot(pressing(300.0, speed_m_s=0.15)), starting_light=True), "start_light"),
        (replace(snapshot(pressing(300.0, speed_m_s=0.3)), starting_light=True), "over"),
        (replace(snapshot(pressing(323.0)), starting_light=True), "too_hard"),
        (replace(snapshot(tool()), starting_light=True), "fine"),
        (replace(snapshot(), resting=True), "rest"),
        (replace(snapshot(tool(on_body=False, state="off")), resting=True), "rest"),
        (replace(snapshot(tool(state="still", speed_m_s=0.0)), resting=True), "fine"),
        (replace(snapshot(faults=("roller imu",)), resting=True), "fault"),
        (replace(snapshot(), acknowledged=False), "unacknowledged"),
        (replace(snapshot(pressing(323.0)), acknowledged=False), "unacknowledged"),
        (replace(snapshot(faults=("roller imu",)), acknowledged=False), "fault"),
        (replace(snapshot(pain=True), acknowledged=False), "pain"),
    ],
)
def test_mood_by_table(given_: Snapshot, kind: str) -> None:
    assert mood_of(given_).kind == kind


def hold_level(hold_s: float, **changes: Any) -> float:
    """Brightness of the light `hold_s` into a hold."""
    made = replace(snapshot(tool(state="holding", speed_m_s=0.0, hold_s=hold_s)), **changes)
    assert mood_of(made).kind == "hold"
    return max(mood_of(made).at(0.0))


TENTHS = [step / 10 for step in range(1, 400)]
"""The snapshots of a hold, ten a second."""


def breaths(levels: list[float]) -> list[float]:
    """The peaks of a light that goes up and down, plateaus counted once."""
    shape = [level for level, before in zip(levels, [None, *levels], strict=False) if level != before]
    return [now for before, now, after in zip(shape, shape[1:], shape[2:], strict=False) if before < now > after]


def test_a_hold_breathes_three_times_in_30_seconds_and_its_peaks_rise() -> None:
    levels = [hold_level(held) for held in TENTHS if held < 30.0]
    peaks = breaths(levels)
    assert len(peaks) == 3
    assert peaks == sorted(peaks)
    assert peaks[0] < 0.5 < peaks[1] < 0.65 < peaks[2] < 1.0
    rising = [step / 10 for step in range(1, 300) if hold_level(step / 10 + 0.05) > hold_level(step / 10 - 0.05)]
    assert all(held % 10 < 5.0 or held == 20.0 for held in rising), "in for five seconds, then out"


def test_the_two_marks_show_in_whatever_phase_they_come() -> None:
    """Before the first mark it goes out between breaths, after it no more; from the second on it is steady."""
    for in_s, out_s in ((5.0, 5.0), (4.0, 6.0), (3.0, 4.5)):
        breath = {"breathe_in_s": in_s, "breathe_out_s": out_s}
        before = [hold_level(held, **breath) for held in TENTHS if held < 20.0]
        between = [hold_level(held, **breath) for held in TENTHS if 20.0 <= held < 30.0]
        after = {hold_level(held, **breath) for held in TENTHS if held >= 30.0}
        assert min(before) < 0.05
        assert max(before) < 0.62
        assert min(between) >= 0.3
        assert len(set(between)) > 5
        assert after == {1.0}


def test_a_hold_and_a_rest_are_written_a_few_times_a_second_at_most() -> None:
    holds = [hold_level(held) for held in TENTHS]
    rests = [mood_of(replace(snapshot(), resting=True, t=t)).fill for t in TENTHS]
    for levels in (holds, rests):
        changed = [t for t, level, before in zip(TENTHS[1:], levels[1:], levels, strict=False) if level != before]
        assert all(sum(start <= other < start + 1.0 for other in changed) <= 3 for start in changed)
        assert len(set(levels)) >= 9


def test_a_rest_breathes_by_the_clock_whatever_comes_between() -> None:
    resting = replace(snapshot(), resting=True)
    levels = [mood_of(replace(resting, t=1000 + step / 10)).fill for step in range(600)]
    assert len(breaths(levels)) == 6
    assert levels[:100] == levels[100:200] == levels[500:]
    assert max(mood_of(replace(resting, t=1004.9)).at(0.0)) < max(Mood("fine").at(0.0))


@given(st.floats(0, 1e5), st.floats(1e-3, 600), st.floats(1e-3, 600), st.floats(0, 600), st.floats(0, 600))
def test_any_breath_is_a_brightness(t: float, in_s: float, out_s: float, done_s: float, enough_s: float) -> None:
    breath = {"breathe_in_s": in_s, "breathe_out_s": out_s, "hold_done_s": done_s, "hold_enough_s": enough_s}
    for made in (
        replace(snapshot(tool(state="holding", hold_s=t)), **breath),
        replace(snapshot(), resting=True, t=t, **breath),
    ):
        mood = mood_of(made)
        assert 0.0 <= mood.fill <= 1.0
        assert mood.next_edge(0.0) is None, "one steady level: no rhythm that a new snapshot could start anew"


def test_the_light_beginning_rises_in_steps() -> None:
    levels = [max(Mood("start_light").at(step / 10)) for step in range(20)]
    assert levels[:16] == sorted(levels[:16])
    assert len(set(levels)) == 5
    assert levels[16:] == [0.0] * 4


@pytest.mark.parametrize("kind", sorted(LOOKS))
def test_no_second_has_more_than_three_flashes(kind: Any) -> None:
    mood = Mood(kind)
    lit = [mood.at(step / 1000) != DARK for step in range(5000)]
    starts = [step / 1000 for step in range(1, 5000) if lit[step] and not lit[step - 1]]
    assert all(sum(start <= other < start + 1 for other in starts) <= 3 for start in starts)


@given(st.sampled_from(sorted(LOOKS)), st.floats(0, 1e6))
def test_nothing_changes_before_the_next_edge(kind: Any, elapsed: float) -> None:
    mood = Mood(kind)
    edge = mood.next_edge(elapsed)
    if edge is None:
        assert mood.at(elapsed) == mood.at(elapsed + 1.0)
        return
    assert elapsed < edge <= elapsed + 4.0 + 1e-6
    if edge - elapsed > 1e-6:
        assert mood.at(elapsed + 0.5 * (edge - elapsed)) == mood.at(elapsed)
