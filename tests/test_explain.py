"""`slowroll explain` knows every rule of the guidance and every cue, and promises nothing that is not built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from firmware_host.cli import main
from firmware_host.coaching.cues import CUES
from firmware_host.commands.explained import explained
from firmware_host.explanations import PLACE, explanations, filled, topics
from firmware_host.profile_numbers import number_in
from firmware_host.profiles import load_profile, profile_files

KNOWN = explanations()
TOPICS = topics()
GUIDANCE = (Path(__file__).parents[1] / "docs" / "guidance.md").read_text(encoding="utf-8")


def ids_of_section_4() -> set[str]:
    section = GUIDANCE.split("\n## 4.")[1].split("\n## 5.")[0]
    rows = re.findall(r"^\| ([A-Z]\d+[a-f]?) \|(.*)$", section, re.MULTILINE)
    # One row holds four rules: "| C2 | sleep, C3 nutrition (protein), C4 stretching/mobility |".
    inside = {one for _, text in rows for one in re.findall(r"(?<=, )C\d", text)}
    return {name for name, _ in rows} | inside


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", *words]) == 0
    return capsys.readouterr().out


def test_every_rule_of_the_guidance_is_there_and_no_other() -> None:
    ids = ids_of_section_4()
    assert len(ids) == 66
    assert {"G11", "M1f", "C4", "K1"} <= ids
    assert set(KNOWN.rules) == ids


def test_every_cue_is_there_and_no_other() -> None:
    assert set(KNOWN.cues) == set(CUES)
    assert {rule for cue in KNOWN.cues.values() for rule in cue.rules} <= set(KNOWN.rules)


@pytest.mark.parametrize("profile", sorted(profile_files(None)))
def test_every_number_is_in_every_profile(profile: str) -> None:
    loaded = load_profile(profile)
    places = {place for entry in (*KNOWN.rules.values(), *KNOWN.cues.values()) for place in entry.numbers}
    for place in places:
        found = number_in(loaded, place)
        assert found or place == "speed_m_s", place


def test_every_source_is_the_articles_a_tag_or_this_projects() -> None:
    for name, entry in {**KNOWN.rules, **KNOWN.cues}.items():
        assert re.search(r"the article|this project|\[(abs|sec|drv|mem)\]", entry.source), name


def test_the_contract_lists_the_cues_in_their_priority() -> None:
    contract = (Path(__file__).parents[1] / "docs" / "contract.md").read_text(encoding="utf-8")
    listed = contract.split("Cues, highest priority first: ")[1].split("At most one")[0]
    listed = re.sub(r"\(.*?\)", "", listed)  # what calls for a cue, such as the flag too_fast
    assert re.findall(r"[a-z_]+", listed) == list(CUES)


def test_a_rule_that_names_a_cue_is_one_of_its_rules() -> None:
    """So that the page's links lead both ways."""
    named = [
        (cue, name) for name, rule in KNOWN.rules.items() for cue in re.findall(rf"\b({'|'.join(CUES)})\b", rule.where)
    ]
    assert len(named) > 35
    assert [(cue, name) for cue, name in named if name not in KNOWN.cues[cue].rules] == []


def test_what_no_sensor_sees_is_not_called_measured() -> None:
    """Guidance 4.7: which muscle, which leg, rotation, posture, bones, pain, breathing, hydration."""
    unseen = {"G5", "G8", "G11", "T4", "M8", "S1", "S3", "S6", "C1", "C2", "C3", "C4"}
    unseen |= {"M1a", "M1c", "M1f", "M2a", "M2c", "M3a", "M3c", "M3d", "M4a", "M5a", "M5b", "M6b"}
    assert {name for name in unseen if KNOWN.rules[name].how == "measured"} == set()
    assert {"rotate_leg", "breathe", "next_up"} == {name for name, cue in KNOWN.cues.items() if cue.how == "prompted"}


def test_what_is_measured_names_its_number_or_the_sensor() -> None:
    for name, rule in KNOWN.rules.items():
        if rule.how == "measured" and not rule.numbers:
            assert re.search("force sensor|history", rule.where), name


def test_a_rule_is_told_with_its_number_source_and_how_it_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "g7")
    assert shown.startswith("G7: Hold a tender spot\n")
    for words in (
        "hold.done_s = 20.0",
        "hold.enough_s = 30.0",
        "S20 [abs]",
        "measured",
        "yes. ",
        "spot_near, hold_on, hold_done",
        "light false",
        "phases.*.holds_most: deep 2",
    ):
        assert words in shown


def test_a_cue_is_told_with_the_engines_words_and_its_rule(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "slow-down")
    assert CUES["slow_down"].words in shown
    assert "G1 (Slow and controlled)" in shown


def test_the_numbers_are_those_of_the_profile_in_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "slowroll.toml"
    config.write_text('[coach]\nprofile = "scan"\n', encoding="utf-8")
    shown = told(capsys, "G1", "--config", str(config))
    assert "speed_m_s = 0.025" in shown
    assert "shortest_pass_s: not used" in shown
    assert "speed_m_s: not given" in told(capsys, "G1", "--config", str(_empty(tmp_path)))


def _empty(folder: Path) -> Path:
    file = folder / "empty.toml"
    file.write_text("", encoding="utf-8")
    return file


def test_without_a_rule_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys)
    for name in (*KNOWN.rules, *KNOWN.cues, *TOPICS):
        assert re.search(rf"^  {name} ", shown, re.MULTILINE), name


def test_every_one_can_be_told() -> None:
    article = load_profile("article")
    for name in (*KNOWN.rules, *KNOWN.cues):
        assert len(list(explained(name, KNOWN, TOPICS, article))) > 3


def test_a_list_of_tools_is_a_number_too() -> None:
    assert dict(number_in(load_profile("article"), "muscles.*.tools"))["muscles.it_band.tools"] == ("foam_roller",)
    with pytest.raises(KeyError):
        number_in(load_profile("article"), "muscles.calves.tools.foam_roller")


def test_the_six_benefits_have_their_evidence_and_none_is_promised() -> None:
    benefits = list(TOPICS.values())[:6]
    assert all("E1" in topic.rules for topic in benefits)
    assert "S26" in TOPICS["circulation"].source
    assert "no source" in TOPICS["lymph"].source
    assert "S25" in TOPICS["elasticity"].source
    assert {"S12", "S16"} <= set(re.findall(r"S\d+", TOPICS["soreness_relief"].source))


def test_every_rule_of_education_has_a_topic() -> None:
    wanted = {"E1", "E2", "C1", "C2", "C3", "C4", "K1", "G11", "S2", "S6", "S7"}
    assert wanted <= {rule for topic in TOPICS.values() for rule in topic.rules}
    assert {rule for topic in TOPICS.values() for rule in topic.rules} <= set(KNOWN.rules)
    questions = [topic for topic in TOPICS.values() if topic.title.endswith("?")]
    assert len(questions) == 5, "the article's five"
    assert all("K1" in topic.rules for topic in questions)


@pytest.mark.parametrize("profile", sorted(profile_files(None)))
def test_topics_take_their_numbers_from_the_profile(profile: str) -> None:
    loaded = load_profile(profile)
    for name, topic in TOPICS.items():
        assert all(number_in(loaded, place) for place in PLACE.findall(topic.text)), name
        assert not re.search(r"[{}]", filled(topic.text, loaded)), name


def test_a_topic_is_told_by_name_title_or_with_all_others(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "how", "hard?")
    assert shown.startswith("How hard?\n")
    assert "Hold a tender spot for 20 s to 30 s" in " ".join(shown.split())
    assert told(capsys, "how-hard") == shown
    everything = told(capsys, "topics")
    assert all(topic.title in everything for topic in TOPICS.values())
    assert "MSSE 42(6):1062" in told(capsys, "sources")


def test_what_a_rule_no_profile_of_the_owners_has_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A profile without a base may leave muscles out."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    shipped = Path(__file__).parents[1] / "config" / "profiles" / "article.toml"
    text = shipped.read_text(encoding="utf-8").replace("[muscles.it_band]", "[muscles.thigh]")
    text = text.replace('"it_band", ', "").replace('name = "article"', 'name = "mine"')
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    config = tmp_path / "slowroll.toml"
    config.write_text('[coach]\nprofile = "mine"\n', encoding="utf-8")
    shown = told(capsys, "M4c", "--config", str(config))
    assert "muscles.it_band.force_cap_bw: not given in this profile" in shown


@pytest.mark.parametrize(
    ("asked", "near"), [("slowdown", "slow_down"), ("G111", "G11"), ("circulaton", "circulation"), ("qqqq", "")]
)
def test_an_unknown_one_is_wrong_use_with_the_nearest_names(
    asked: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", asked]) == 2
    err = capsys.readouterr().err
    assert repr(asked) in err
    assert near in err
    assert "`slowroll explain`" in err
