"""`slowroll explain` knows every rule of the guidance and every cue, and promises nothing that is not built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from firmware_host.cli import main
from firmware_host.coaching.cues import CUES
from firmware_host.commands.numbers import number_in
from firmware_host.commands.rules import explained, explanations
from firmware_host.profiles import load_profile, profile_files

KNOWN = explanations()
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


def test_what_names_a_cue_that_is_not_built_says_so() -> None:
    contract = (Path(__file__).parents[1] / "docs" / "contract.md").read_text(encoding="utf-8")
    listed = contract.split("Cues, highest priority first: ")[1].split("At most one")[0]
    listed = re.sub(r"\(.*?\)", "", listed)  # what calls for a cue, such as the flag too_fast
    planned = set(re.findall(r"\b[a-z]+_[a-z_]+\b", listed)) - set(CUES)
    assert {"start_lighter", "near_joint"} <= planned
    for name, rule in KNOWN.rules.items():
        for cue in planned:
            if re.search(rf"\b{cue}\b", rule.where):
                assert rule.built != "yes", name
                assert f"{cue} is not built" in rule.where, name


def test_a_rule_is_told_with_its_number_source_and_how_it_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "g7")
    assert shown.startswith("G7: Hold a tender spot\n")
    for words in (
        "hold.done_s = 20.0",
        "hold.enough_s = 30.0",
        "S20 [abs]",
        "measured",
        "partly",
        "hold_on",
        "light false",
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
    for name in (*KNOWN.rules, *KNOWN.cues):
        assert re.search(rf"^  {name} ", shown, re.MULTILINE), name


def test_every_one_can_be_told() -> None:
    article = load_profile("article")
    for name in (*KNOWN.rules, *KNOWN.cues):
        assert len(list(explained(name, KNOWN, article))) > 3


@pytest.mark.parametrize(("asked", "near"), [("slowdown", "slow_down"), ("G111", "G11"), ("qqqq", "")])
def test_an_unknown_one_is_wrong_use_with_the_nearest_names(
    asked: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", asked]) == 2
    err = capsys.readouterr().err
    assert repr(asked) in err
    assert near in err
    assert "`slowroll explain`" in err
