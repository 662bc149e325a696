"""The technique cards say what the article says, of every muscle and every tool that suits it."""

from __future__ import annotations

import re

import pytest

from firmware_host.coaching.techniques import MuscleCard, Technique, card_for, named
from firmware_host.profiles import load_profile, profile_files
from firmware_host.settings import SettingsError
from firmware_host.techniques import load_techniques, techniques_from_recording

CARDS = load_techniques()
TECHNIQUES = [
    pytest.param(card, kind, technique, id=f"{muscle}-{kind}")
    for muscle, card in CARDS.items()
    for kind, technique in card.tools.items()
]
NAMED_ALONE = ("tfl", "hip_flexors", "plantar_fascia")
"""The article names them, and says no more."""


@pytest.mark.parametrize("name", profile_files(None))
def test_every_muscle_of_every_profile_has_a_card_with_every_tool_that_suits_it(name: str) -> None:
    for muscle, guide in load_profile(name).muscles.items():
        assert set(CARDS[muscle].tools) == set(guide.tools), muscle


@pytest.mark.parametrize(
    ("muscle", "start", "end"),
    [
        ("calves", "just above the ankle", "below the knee"),
        ("hamstrings", "just below the glutes", "just above the knee"),
        ("quadriceps", "just above the knee", "the top of the hip"),
        ("it_band", "just above the knee", "the hip"),
    ],
)
def test_bounds_are_the_articles_in_its_direction(muscle: str, start: str, end: str) -> None:
    assert (CARDS[muscle].start, CARDS[muscle].end) == (start, end)


def test_what_the_article_says_of_single_muscles() -> None:
    calves, thigh = CARDS["calves"].tools, CARDS["quadriceps"].tools
    assert "Achilles tendon up to the knee" in calves["hands"].position
    assert "cross the other leg over" in calves["foam_roller"].more
    assert "outer hip" in CARDS["glutes"].end
    assert "just outside the shin bone" in CARDS["tibialis_anterior"].tools["massage_stick"].position
    assert "intense" in CARDS["it_band"].tools["foam_roller"].note
    assert "Numbness or tingling: stop" in CARDS["glutes"].tools["massage_ball"].note
    assert "foam_roller" not in CARDS["tibialis_anterior"].tools
    for turned in (calves["foam_roller"], CARDS["hamstrings"].tools["foam_roller"], thigh["foam_roller"]):
        words = " ".join(turned.lanes)
        assert len(turned.lanes) == 3
        assert "inward" in words
        assert "outward" in words
    assert thigh["massage_stick"].lanes == ("Front of the thigh", "Inner side", "Outer side")
    assert len(CARDS["glutes"].tools["foam_roller"].lanes) == 3
    assert CARDS["it_band"].tools["foam_roller"].lanes == ()


def test_bones_and_joints_are_named() -> None:
    assert "kneecap" in CARDS["quadriceps"].keep_off
    assert "hip bone" in CARDS["quadriceps"].keep_off
    for muscle in ("it_band", "tibialis_anterior"):  # the fibular head (S40)
        assert "outside of the knee" in CARDS[muscle].keep_off


def test_more_pressure_is_offered_on_the_calves_in_the_deep_phase_alone() -> None:
    assert [muscle for muscle, card in CARDS.items() if any(one.more for one in card.tools.values())] == ["calves"]
    for deep in (False, True):
        card = card_for(CARDS, "calves", "left", "foam_roller", deep)
        assert card is not None
        assert bool(card.more) is deep


@pytest.mark.parametrize(("card", "kind", "technique"), TECHNIQUES)
def test_it_can_be_said_in_one_breath(card: MuscleCard, kind: str, technique: Technique) -> None:
    assert len(technique.position) < 120
    assert technique.position.endswith(".")
    for text in (technique.note, technique.more):
        assert len(text) < 120
        assert text == "" or text.endswith(".")
    for text in (*technique.lanes, card.start, card.end, card.keep_off):
        assert 0 < len(text) < 70
        assert not text.endswith(".")
    assert len(technique.lanes) in (0, 3)


@pytest.mark.parametrize("muscle", CARDS)
def test_every_source_names_the_article_a_tag_or_this_project(muscle: str) -> None:
    card = CARDS[muscle]
    for source in (card.source, *(technique.source for technique in card.tools.values())):
        assert re.search(r"the article|this project's choice \[drv\]", source)
    if muscle in NAMED_ALONE:
        assert "this project's choice [drv]" in card.source
        assert all("this project's choice [drv]" in technique.source for technique in card.tools.values())


def test_a_muscle_is_named_as_it_is_said() -> None:
    assert named(CARDS, "it_band", "left") == "left IT band"
    card = card_for(CARDS, "it_band", "left", "foam_roller")
    assert card is not None
    assert card.title == "Left IT band"


def test_stored_cards_are_checked() -> None:
    with pytest.raises(SettingsError, match=r"line 1: must be a table of muscles by name"):
        techniques_from_recording([1], "line 1")
    with pytest.raises(SettingsError, match=r"line 1: calves: .*one is missing"):
        techniques_from_recording({"calves": {}}, "line 1")
