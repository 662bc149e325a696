"""No word a person can read claims what the sources do not carry; the list is tests/shared/claims.py."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from claims import CLAIMS, ROOT, Found, claims_in, found_in, strings_in_python, strings_in_toml, text_of_page, texts

from firmware_host.coaching.cues import CUES
from firmware_host.explanations import sources

TEXTS = texts()

QUOTED, NO_CLAIM = "quoted so as to turn it down", "no claim of ours"
ALLOWED = {
    'Wording: "matches the guidance", never "heals", "flushes" or "works better".': f"{QUOTED}: the rule itself",
    '**But "slow works better" is weakly supported**: Wilke 2019 found stiffness fell at both speeds, no difference '
    "[S3].": f"{QUOTED}: S3",
    "says it facilitates removal of waste like lactic acid": f"{QUOTED}: the next cell of the table is S26",
    "breaks adhesions; IT band caution, do TFL/glutes": f"{QUOTED}: the next cell of the table is S25",
    "The article says that massage brings more blood into the muscle and helps to carry lactic acid away.": (
        f"{QUOTED}: the next sentence is S26"
    ),
    "The article names a better lymph flow and less swelling.": f"{QUOTED}: no source is known, the next sentence says",
    "The article has massage loosen small adhesions and lower the risk of injury.": f"{QUOTED}: S25, and no source",
    "For fewer injuries no source is known to this project.": f"{QUOTED}: nothing is known",
    "Its reason for the water, that it carries waste away, has no source beside it.": QUOTED,
    "None of them is known to work better than another (guidance.md, findings 3 and 5).": QUOTED,
    "2-6 h: deeper, release tension, specific knots; often ideal": f"{NO_CLAIM}: the article's words for W2",
    "over time learn which techniques/tools work best": f"{NO_CLAIM}: what D3 asks for; the answer are own ratings",
    "Find out over time which techniques and tools work best.": f"{NO_CLAIM}: D3, as above",
    "vibration as therapy": f"{NO_CLAIM}: a row's name, whose last cell is: no therapy claim",
    "20-30 s (txortho/NPR, Therapeutic Associates, NASM's Russell 2002); ≥30 s (Real Simple); 30-90 s (RW); ≤20 s (a "
    "chiropractor, nerve/bruise worry); **90 s static raised pain threshold of calf trigger points 2.6→3.0 while "
    "rolling did not**": f"{NO_CLAIM}: a company's name",
}
"""Sentence -> why it may stand."""


@cache
def found_at(where: str) -> list[Found]:
    return [found for text in TEXTS[where] for found in found_in(where, text)]


@pytest.mark.parametrize("where", sorted(TEXTS))
def test_nothing_claims_more_than_its_source(where: str) -> None:
    reasons = {claim.name: claim.why for claim in CLAIMS}
    told = [
        f"{found.claim}: {found.sentence!r}. {reasons[found.claim]}. Say what was found, deny it, or leave it out"
        for found in found_at(where)
        if found.sentence not in ALLOWED
    ]
    assert told == []


@pytest.mark.parametrize("cue", CUES)
def test_no_cue_claims_anything(cue: str) -> None:
    assert list(claims_in(CUES[cue].words)) == []


def test_every_place_where_people_read_is_looked_at() -> None:
    assert {
        "README.md",
        "CHANGELOG.md",
        "docs/guidance.md",
        "config/explain.toml",
        "config/topics.toml",
        "config/profiles/article.toml",
        "firmware_host/cli.py",
        "firmware_host/coaching/cues.py",
        "firmware_host/commands/explain.py",
        "web/src/panels.tsx",
        "web/public/index.html",
        "pyproject.toml",
    } <= set(TEXTS)
    assert any("Slow down." in text for text in TEXTS["firmware_host/coaching/cues.py"])
    assert any("Recent" in text for text in TEXTS["web/src/panels.tsx"])
    assert any("the article: hold 20-30 s" in text for text in TEXTS["config/profiles/article.toml"]), "comments, too"


def test_what_is_allowed_is_still_there_and_still_needs_it() -> None:
    """An entry that nobody needs is a hole."""
    every = {found.sentence for where in TEXTS for found in found_at(where)}
    assert set(ALLOWED) <= every


def test_a_claim_says_where_its_refusal_is_from() -> None:
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS) > 18
    for claim in CLAIMS:
        assert claim.why


BAD = {
    "heals": ["Rolling heals sore legs.", "Healing begins here", "It not only presses, it heals."],
    "cures": ["A cure for stiff legs.", "It cures DOMS"],
    "treats": ["Treats shin splints.", "A treatment for runners", "Trigger-point therapy at home"],
    "diagnoses": ["It diagnoses a tear.", "Get a diagnosis at home."],
    "flushes": ["Flushes the legs.", "It does not hurt and flushes the legs."],
    "detox": ["A detox for tired legs", "Toxins leave the muscle."],
    "removes lactic acid or waste": [
        "Clears lactic acid.",
        "It removes metabolic waste from the muscle",
        "Helps carry lactate away",
        "for faster waste removal",
    ],
    "breaks up adhesions": ["Breaks up scar tissue.", "to break down minor adhesions", "Myofascial release"],
    "prevents injury": [
        "Prevents injuries.",
        "Reduces the risk of injury",
        "Lowers the risk of injury",
        "better injury prevention",
        "Fewer injuries",
    ],
    "speeds recovery": [
        "Speeds up recovery.",
        "Recover faster.",
        "accelerating your recovery",
        "You recover twice sooner",
    ],
    "works better": ["Slow works better.", "A highly effective routine", "Better results in a week", "This works best"],
    "improves blood flow": ["Improves circulation.", "Increased blood flow", "Brings oxygen to the muscle"],
    "helps the lymph": ["Enhanced lymphatic drainage", "Stimulates the lymph"],
    "takes pain away": [
        "Relieves pain.",
        "Eases muscle soreness",
        "Reduces DOMS",
        "It can lower your soreness",
        "for pain relief",
    ],
    "less swelling or inflammation": ["Reduces inflammation.", "Less swelling"],
    "improves performance or mobility": ["Improves flexibility.", "Boost your performance", "Run stronger"],
    "releases muscles": ["Releases tight muscles.", "Loosens knots", "relaxing the muscles"],
    "proven": ["Clinically proven.", "Scientifically tested", "An evidence-based plan"],
    "guarantees": ["Guaranteed to help."],
    "is safe": ["Completely safe.", "No side effects.", "Doctor-recommended"],
    "knows what is not sensed": ["It detects pain.", "Slowroll sees your posture.", "The roller measures soreness"],
}


def test_every_claim_has_sentences_that_must_fail() -> None:
    assert set(BAD) == {claim.name for claim in CLAIMS}


@pytest.mark.parametrize(("claim", "sentence"), [(claim, one) for claim, several in BAD.items() for one in several])
def test_a_claim_is_found(claim: str, sentence: str) -> None:
    assert claim in {found.name for found, _ in claims_in(sentence)}
    assert claim in {found.name for found, _ in claims_in(f"Roll slowly.\nThen hold.   {sentence}\n\nOr not.")}


@pytest.mark.parametrize(
    "sentence",
    [
        "Rolling does not flush anything out.",
        "Slowroll promises no effect, makes no diagnosis and treats nothing.",
        "Self-massage is not a diagnosis or treatment.",
        "Self-massage is no diagnosis and no treatment of an acute injury.",
        "It neither heals nor cures.",
        "Rolling doesn't break up adhesions.",
        "Nothing heals by rolling.",
        "A roller never cures.",
        "Pain itself is not sensed.",
        "Slow down. Ease off: less pressure.",
        "People said on average that they were a little less sore.",
        "MQTT diagnostics every 10 s; a value that is refused is treated as none.",
        "Stop. Rest this muscle; if the pain stays, ask a professional.",
        "A lower leg as hard as wood, or pain when it is stretched: see a professional.",
        "A security token; it obscures nothing.",
    ],
)
def test_what_is_no_claim_is_let_through(sentence: str) -> None:
    assert [(claim.name, text) for claim, text in claims_in(sentence)] == []


@pytest.mark.parametrize(
    "sentence",
    [
        "It does not hurt, it heals.",
        "Not only does it relax, it cures.",
        "No other roller heals as well.",
        "Nothing works better than slow rolling and heals sooner.",
    ],
)
def test_a_denial_of_something_else_is_none(sentence: str) -> None:
    assert list(claims_in(sentence))


def test_strings_are_found_where_people_see_them_and_comments_where_they_do_not_are_left_out(tmp_path: Path) -> None:
    python = tmp_path / "a.py"
    python.write_text(
        '"""Heals."""\nA = 1\n"""Cures."""\nB = f"It {A} heals"\nC = "a " "cure"\n# flush\n', encoding="utf-8"
    )
    assert list(strings_in_python(python)) == ["It … heals", "a cure"]
    toml = tmp_path / "a.toml"
    toml.write_text('# It heals.\n# And cures.\na = "flush"  # a detox\n[t]\nb = ["# toxins"]\n', encoding="utf-8")
    told = {found.claim for text in strings_in_toml(toml) for found in found_in("a", text)}
    assert told == {"heals", "cures", "flushes", "detox"}
    page = tmp_path / "a.tsx"
    page.write_text('// heals\n/* cures */\n<p>It flushes "https://x" legs</p> // detox\n', encoding="utf-8")
    assert {found.claim for found in found_in("a", text_of_page(page))} == {"flushes"}


def test_what_is_allowed_names_sources_that_are_there() -> None:
    named = {
        one for why in (*ALLOWED.values(), *(claim.why for claim in CLAIMS)) for one in re.findall(r"\bS\d\d\b", why)
    }
    assert named
    assert named <= set(sources())
    assert (ROOT / "docs" / "guidance.md").is_file()
