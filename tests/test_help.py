"""What the page's help is made of: its shape, its numbers under the profile in use, and the places of its sources."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from firmware_host.coaching.cues import CUES
from firmware_host.coaching.guidance import Profile
from firmware_host.coaching.routine import Routine, RoutineStep
from firmware_host.explanations import Help, explanations, help_payload, sources, topics
from firmware_host.profile_numbers import spoken
from firmware_host.profiles import load_profile, profile_files
from firmware_host.settings import shipped_config

ROOT = Path(__file__).parents[1]
ARTICLE = load_profile("article")
QUICK = Routine(
    name="quick", title="Quick", about="Five minutes.", source="the article", steps=(RoutineStep(muscle="calves"),)
)
CHECKLIST = SimpleNamespace(
    title="Before you start",
    notice="Not medicine.",
    question="None of this is so.",
    groups=(
        SimpleNamespace(
            title="Do not roll on",
            source="S23",
            items=(SimpleNamespace(text="an open wound", share=0.73), SimpleNamespace(text="a scar", share=None)),
        ),
    ),
    sources={"S23": SimpleNamespace(title="Bartsch 2021", tag="abs")},
)
"""As firmware_host/checklist.py reads it."""


def payload(profile: Profile = ARTICLE) -> dict[str, Any]:
    return help_payload(profile, {"scan": load_profile("scan")}, {"quick": QUICK}, CHECKLIST)


def test_the_shape_is_the_one_the_page_reads() -> None:
    """Names that web/src reads: a change here is a change there."""
    found = payload()
    assert set(found) == {
        "profile",
        "profiles",
        "routines",
        "checklist",
        "rules",
        "cues",
        "topics",
        "sources",
        "legend",
    }
    assert found["profile"] == "article"
    assert [one["name"] for one in found["profiles"]] == ["article", "scan"]
    assert found["routines"] == [{"name": "quick", "title": "Quick", "about": "Five minutes.", "source": "the article"}]
    assert found["checklist"] == {
        "title": "Before you start",
        "intro": "Not medicine. Who goes on says: “None of this is so.”",
        "items": [
            {"text": "an open wound (73 % of the experts)", "kind": "Do not roll on", "source": "S23 [abs]"},
            {"text": "a scar", "kind": "Do not roll on", "source": "S23 [abs]"},
        ],
        "source": "S23: Bartsch 2021",
    }
    assert set(found["rules"][0]) == {
        "id",
        "title",
        "wants",
        "numbers",
        "source",
        "how",
        "built",
        "where",
        "cues",
    }
    assert set(found["cues"][0]) == {"name", "words", "when", "numbers", "source", "how", "rules"}
    assert set(found["topics"][0]) == {"title", "text", "source"}
    assert set(found["sources"][0]) == {"id", "where"}
    msgspec.convert(msgspec.json.decode(msgspec.json.encode(found)), Help)  # and it survives the wire


def test_rules_and_cues_are_all_there_and_lead_to_each_other() -> None:
    found = payload()
    rules = {one["id"]: one for one in found["rules"]}
    cues = {one["name"]: one for one in found["cues"]}
    assert set(rules) == set(explanations().rules)
    assert list(cues) == list(CUES), "highest priority first"
    for name, rule in rules.items():
        assert all(name in cues[cue]["rules"] for cue in rule["cues"])
    assert rules["G4"]["cues"] == ["start_lighter", "lean_in"]
    assert cues["slow_down"]["words"] == CUES["slow_down"].words
    assert len(found["topics"]) == len(topics())


def numbers_of(profile: str, rule: str) -> dict[str, str]:
    found = payload(load_profile(profile))
    return {one["place"]: one["value"] for entry in found["rules"] if entry["id"] == rule for one in entry["numbers"]}


def test_numbers_are_the_profiles_with_their_unit() -> None:
    assert numbers_of("article", "S1") == {"safety.rest_s": "24 h", "safety.rising": "2"}
    tempo = numbers_of("article", "G1")
    assert "speed_m_s" not in tempo, "not given"
    assert tempo["phases.*.shortest_pass_s"].startswith("light, between, moderate: 2.5 s; deep, gentle: 3 s")
    scan = numbers_of("scan", "G1")
    assert scan["speed_m_s"] == "2.5 cm/s"
    assert "phases.*.shortest_pass_s" not in scan, "not gone by"
    assert (
        "calves, hamstrings, quadriceps: foam roller, massage stick, hands"
        in numbers_of("article", "T5")["muscles.*.tools"]
    )
    assert set(numbers_of("article", "M1c").values()) == {"4"}
    assert numbers_of("article", "G7")["phases.*.holds_most"] == "deep: 2", "the others give none"
    assert numbers_of("tempo", "G1")["phases.*.shortest_pass_s"] == "all phases: 2 s"


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("hold.done_s", 20.0, "20 s"),
        ("start.seconds", 15.0, "15 s"),
        ("session.leg_low_s", 120.0, "2 min"),
        ("phases.deep.until_s", 21600.0, "6 h"),
        ("spot.near_m", 0.03, "3 cm"),
        ("muscles.calves.force_high_bw", 0.35, "35 % of body weight"),
        ("muscles.tibialis_anterior.force_low_n", 30.0, "30 N"),
        ("phases.light.pain_most", 4, "4 of 10"),
        ("joint.speed_share", 0.5, "50 %"),
        ("phases.light.hold_cues", False, "no"),
        ("muscles.calves.instead", (), "none named"),
    ],
)
def test_a_number_is_told_with_its_unit(place: str, value: Any, told: str) -> None:
    assert spoken(place, value) == told


def test_a_profile_that_leaves_a_muscle_out_has_help_all_the_same() -> None:
    fewer = msgspec.structs.replace(
        ARTICLE,
        muscles={"calves": ARTICLE.muscles["calves"]},
        order=("calves",),
        phases={"unknown": ARTICLE.phases["unknown"]},
    )
    rules = {one["id"]: one["numbers"] for one in help_payload(fewer, {}, {}, CHECKLIST)["rules"]}
    assert rules["M4c"] == []
    assert rules["G9"]


def test_the_sources_are_those_of_the_guidance() -> None:
    """config/sources.toml is shipped; docs/ is not. Section 5 is where they are kept."""
    section = (ROOT / "docs" / "guidance.md").read_text(encoding="utf-8").split("\n## 5. Sources")[1]
    listed = section.split("\n", 1)[1].split("\nNot found")[0].strip().split(" · ")
    assert len(listed) == 42
    assert sources() == dict(one.split(" ", 1) for one in listed)


def test_every_source_that_is_named_can_be_looked_up() -> None:
    """In everything shipped that people read; a rule's id such as S6 is none of a source's."""
    config = Path(str(shipped_config()))
    named: set[str] = set()
    for file in sorted(config.rglob("*.toml")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if re.match(r"\w*source = ", line):
                named |= set(re.findall(r"\bS\d+\b", line))
    assert len(named) > 15
    assert named <= set(sources())
    assert sorted(profile_files(None))
