"""The rules that every row of the pattern table keeps."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_host.coaching.cues import CUES
from firmware_host.feedback import patterns
from firmware_host.feedback.patterns import (
    DARK,
    LONG_S,
    PATTERNS,
    PAUSE_S,
    SHORT_S,
    Burst,
    burst_plan,
    pattern_named,
)

names = pytest.mark.parametrize("name", sorted(PATTERNS))
FELT = [name for name in sorted(PATTERNS) if PATTERNS[name].bursts]
SEEN = [name for name in sorted(PATTERNS) if not PATTERNS[name].bursts]
WHILE_WORKING = (
    *("slow_down", "smooth_out", "ease_off", "start_lighter", "lean_in", "near_joint", "spot_near"),
    *("spot_found", "hold_on", "hold_done", "hold_enough", "move_on"),
)
"""Felt while rolling or holding, when there is least attention to spare."""


@names
def test_bursts_are_short_few_and_apart(name: str) -> None:
    bursts = burst_plan(name)
    assert all(0 < burst.seconds <= 0.15 for burst in bursts)
    assert sum(burst.seconds for burst in bursts) <= 0.4 + 1e-9
    for before, after in pairwise(bursts):
        assert after.start_s - before.end_s >= 0.1 - 1e-9


@names
def test_every_part_lies_within_the_duration(name: str) -> None:
    pattern = pattern_named(name)
    assert all(part.start_s >= 0 and part.end_s <= pattern.duration_s for part in pattern.bursts + pattern.flashes)


@names
def test_no_second_has_more_than_three_flashes(name: str) -> None:
    starts = [flash.start_s for flash in pattern_named(name).flashes]
    assert all(sum(start <= other < start + 1 for other in starts) <= 3 for start in starts)


def rhythm(name: str) -> str:
    """As the grammar in patterns.py writes it: SS-LS."""
    bursts = burst_plan(name)
    text = ""
    for burst, before in zip(bursts, (None, *bursts), strict=False):
        if before is not None and burst.start_s - before.end_s >= PAUSE_S:
            text += "-"
        text += "S" if burst.seconds <= SHORT_S else "L"
    return text


def test_rhythms_tell_the_cues_apart() -> None:
    rhythms = {name: rhythm(name) for name in FELT}
    assert len(set(rhythms.values())) == len(FELT), rhythms


def test_while_working_the_bursts_alone_tell_them_apart() -> None:
    """Whoever rolls need not judge pauses; and there are none to wait for."""
    rhythms = {name: rhythm(name) for name in WHILE_WORKING}
    assert len(set(rhythms.values())) == len(WHILE_WORKING)
    assert not [name for name, text in rhythms.items() if "-" in text]


@names
def test_nobody_has_to_judge_a_length_or_a_pause(name: str) -> None:
    """Short or long, together or apart: with nothing in between."""
    bursts = burst_plan(name)
    assert {burst.seconds for burst in bursts} <= {SHORT_S, LONG_S}
    silences = [after.start_s - before.end_s for before, after in pairwise(bursts)]
    assert all(silence <= 0.3 + 1e-9 or silence >= PAUSE_S for silence in silences)


def test_the_grammar_in_the_file_is_the_table() -> None:
    written = re.findall(r"\b([SL]+(?:-[SL]+)?) ([a-z]+_[a-z_]+)", patterns.__doc__ or "")
    assert {name: text for text, name in written} == {name: rhythm(name) for name in FELT}


def test_cues_that_are_only_seen_differ_by_the_rhythm_of_their_light() -> None:
    """Without colour, and from those that are felt as well: there every flash goes with a burst."""
    lights = {name: tuple((flash.start_s, flash.seconds) for flash in PATTERNS[name].flashes) for name in PATTERNS}
    assert len({lights[name] for name in SEEN}) == len(SEEN)
    assert not {lights[name] for name in SEEN} & {lights[name] for name in FELT}


def test_what_the_motor_would_blind_for_nothing_is_only_seen() -> None:
    assert set(SEEN) == {"breathe", "rotate_leg", "read_first", "no_signal", "stop_pain"}


def test_slow_down_is_a_double_tap() -> None:
    assert len(burst_plan("slow_down")) == 2
    assert burst_plan("slow_down")[0].start_s == 0


@pytest.mark.parametrize("name", ["stop_pain", "no_signal"])
def test_a_cue_that_makes_safe_never_runs_the_motor(name: str) -> None:
    assert burst_plan(name) == ()
    pattern = pattern_named(name)
    assert all(pattern.at(step / 100).motor == 0 for step in range(400))


def test_stop_pain_is_a_steady_light() -> None:
    pattern = pattern_named("stop_pain")
    assert {pattern.at(step / 100).led for step in range(int(pattern.duration_s * 100))} == {pattern.colour}


@names
def test_the_motor_runs_exactly_in_its_bursts(name: str) -> None:
    pattern = pattern_named(name)
    for step in range(round(pattern.duration_s * 1000) + 100):
        elapsed = step / 1000 + 0.0005
        inside = any(burst.start_s < elapsed < burst.end_s for burst in pattern.bursts)
        assert pattern.at(elapsed).motor == (1.0 if inside else 0.0)


@given(st.sampled_from(sorted(PATTERNS)), st.floats(0, 5))
def test_nothing_changes_before_the_next_edge(name: str, elapsed: float) -> None:
    pattern = pattern_named(name)
    edge = pattern.next_edge(elapsed)
    if edge is None:
        assert pattern.at(elapsed) == (0.0, None)
        return
    assert edge > elapsed
    for share in (0.0, 0.5, 0.999) if edge - elapsed > 1e-6 else ():
        assert pattern.at(elapsed + share * (edge - elapsed)) == pattern.at(elapsed)


def test_light_between_flashes_is_dark_and_after_the_cue_the_mood_shows() -> None:
    pattern = pattern_named("slow_down")
    assert pattern.at(0.18).led == DARK
    assert pattern.at(pattern.duration_s).led is None


def test_an_unknown_pattern_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no pattern 'wobble'.*slow_down"):
        pattern_named("wobble")


def test_a_burst_knows_its_end() -> None:
    assert Burst(0.5, 0.25).end_s == 0.75


def test_every_cue_of_the_coach_has_a_pattern() -> None:
    assert set(CUES) <= set(PATTERNS)
