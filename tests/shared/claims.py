"""Claims that the sources do not carry, and where a person can read words of ours.

A sentence with such a claim is let through only where it denies it in so many words ("does not flush"); all others
that may stay are listed, letter by letter and with the reason, in tests/test_claims.py.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]


class Claim(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    why: str
    """Why it may not be said, and the source of docs/guidance.md for that."""


class Found(NamedTuple):
    where: str
    claim: str
    sentence: str


def _claim(name: str, pattern: str, why: str) -> Claim:
    return Claim(name, re.compile(pattern, re.IGNORECASE), why)


_GAP = r"\b[^.;:]{0,40}?\b"
_RAISES = r"\b(?:improv|increas|boost|enhanc|promot|stimulat)\w*"
_LOWERS = (
    r"\b(?:reduc|reliev|eas(?:e|es|ed|ing)\b|alleviat|eliminat|lessen|decreas|banish|sooth"
    r"|lower(?:s|ed|ing| the| your)\b)\w*"
)

CLAIMS = (
    _claim("heals", r"\bheal(?:s|ed|ing)?\b", "no source says so; guidance, Wording"),
    _claim("cures", r"\bcur(?:e|es|ed|ing)\b", "no source says so"),
    _claim(
        "treats",
        r"\b(?:treat(?:s|ed|ing)?(?! as\b)|treatments?|therap(?:y|ies|eutic))\b",
        "self-massage is no treatment of an acute injury: the article (S7)",
    ),
    _claim("diagnoses", r"\bdiagnos(?:e|es|ed|ing|is|tic)\b", "self-massage is no diagnosis: the article (S7)"),
    _claim("flushes", r"\bflush(?:es|ed|ing)?\b", "measured, massage did the opposite: S26"),
    _claim("detox", r"\bdetox\w*|\btoxins?\b", "no source says so"),
    _claim(
        "removes lactic acid or waste",
        rf"\b(?:remov|clear|wash|drain|flush|eliminat|carr(?:y|ies)\b|get rid|rids?\b)\w*{_GAP}"
        r"(?:lactic acid|lactate|waste|by-?products)\b"
        r"|\b(?:lactic acid|lactate|waste)\s+(?:removal|clearance|away)\b",
        "the article's, not borne out: massage slowed lactate down (S26)",
    ),
    _claim(
        "breaks up adhesions",
        rf"\b(?:break|broke|loosen|dissolv|releas|remov|remodel)\w*{_GAP}(?:adhesions?|scar tissue|fascia|knots)\b"
        r"|\bmyofascial release\b",
        "the article's, not borne out: forces outside the normal range for 1 % (S25)",
    ),
    _claim(
        "prevents injury",
        rf"\b(?:prevent|avoid|protect|reduc|fewer|less|lower(?:s|ed|ing| the| your)\b)\w*{_GAP}injur(?:y|ies)\b"
        r"|\binjury[- ]prevention\b",
        "the article's; no source measured it",
    ),
    _claim(
        "speeds recovery",
        rf"\b(?:speed|accelerat|boost|improv|enhanc|quicken|shorten|faster|quicker|optimi[sz])\w*{_GAP}"
        r"recover(?:y|s|ing)?\b|\brecovers?\s+(?:\w+\s+)?(?:faster|quicker|sooner|better)\b",
        "no performance gain, small effects on soreness: S12, S16",
    ),
    _claim(
        "works better",
        r"\bworks? (?:better|best)\b|\b(?:more|most|highly|very|truly) effective\b|\bsuperior\b"
        r"|\bbetter (?:results|outcomes)\b",
        "slow and fast gave the same: S3; pressure of 3.9-8.2 of 10 too: S5",
    ),
    _claim(
        "improves blood flow",
        rf"(?:{_RAISES}|\b(?:more|better|brings?|bringing|deliver\w*))\b[^.;:]{{0,40}}?"
        r"\b(?:circulation|blood(?! pressure)|oxygen|nutrients)\b",
        "the article's, not borne out: flow was lower after massage (S26)",
    ),
    _claim(
        "helps the lymph",
        rf"(?:{_RAISES}|\bbetter)\b[^.;:]{{0,40}}?\blymph\w*|\blymph\w* drainage\b",
        "the article's; no source known",
    ),
    _claim(
        "takes pain away",
        rf"{_LOWERS}{_GAP}(?:pain|soreness|doms|aches?)\b|\bpain(?:-| )(?:free|relief|killer)\b",
        "studies found less soreness on average, small: S12, S13, S15; say what they found, not what it does",
    ),
    _claim(
        "less swelling or inflammation",
        rf"(?:{_LOWERS}|\bless)\b[^.;:]{{0,40}}?\b(?:inflammat\w+|swelling)\b",
        "the article's; no source known",
    ),
    _claim(
        "improves performance or mobility",
        rf"{_RAISES}{_GAP}(?:performance|strength|flexibility|mobility|elasticity|range of motion)\b"
        r"|\brun (?:stronger|faster)\b",
        "no performance gain: S16; range of motion took over 4 weeks: S27",
    ),
    _claim(
        "releases muscles",
        r"\b(?:releas|relax|loosen|melt|soften)(?:es|s|ed|ing)?\s+(?:the\s+|your\s+|tight\s+|tense\s+|sore\s+)*"
        r"(?:muscles?|tension|knots?|trigger points?|stiffness)\b",
        "whether a muscle lets go nobody measures: guidance 4.7",
    ),
    _claim(
        "proven",
        r"\b(?:clinically|medically|scientifically)\s+\w+|\bproven\b|\bscience-backed\b|\bevidence-based\b",
        "small trials, mixed results: guidance 2.1",
    ),
    _claim("guarantees", r"\bguarante\w+", "it promises no effect: README"),
    _claim(
        "is safe",
        r"\b(?:perfectly|completely|absolutely|entirely|100 ?%)\s+safe\b|\bsafe for (?:everyone|all|you)\b"
        r"|\brisk[- ]free\b|\bno side[- ]effects?\b|\b(?:doctor|physio)\w*[- ](?:approved|recommended)\b",
        "there are reasons not to roll: S23, S24",
    ),
    _claim(
        "knows what is not sensed",
        r"\b(?:measur|detect|sens|know|see)(?:es|s|ed|ing)?\s+(?:your\s+|the\s+|how much\s+)*"
        r"(?:pain|soreness|tension release|breathing|posture|hydration|injur(?:y|ies))\b",
        "no sensor here sees it: guidance 4.7",
    ),
)

_DENIAL = re.compile(
    r"(?:(?:\b(?:not|never|nor|neither|cannot)\b|n['’]t\b)(?:\s+(?!(?:only|just|merely|but|and|or)\b)[\w'’-]+){0,2}"
    r"|\b(?:no|nobody|nothing|without)(?:\s+(?!(?:only|just|merely|but|and|or|other|better)\b)[\w'’-]+)?"
    r"|\b(?:no|not)(?:\s+an?)?\s+diagnos\w+(?:\s+or(?:\s+an?)?|\s+and\s+no|/))[\s\"“'‘]*$",
    re.IGNORECASE,
)
"""A negation right before the claim: two words apart at most, "not only" being none; or "no diagnosis or" before it."""
_DENIED_AFTER = re.compile(r"\s+(?:nothing|nobody)\b", re.IGNORECASE)


def claims_in(text: str) -> Iterator[tuple[Claim, str]]:
    """Each claim that `text` makes and does not deny, with its sentence."""
    for sentence in sentences(text):
        for claim in CLAIMS:
            for match in claim.pattern.finditer(sentence):
                if not (_DENIAL.search(sentence[: match.start()]) or _DENIED_AFTER.match(sentence[match.end() :])):
                    yield claim, sentence
                    break


def sentences(text: str) -> Iterator[str]:
    """One at a time, white space evened out; cells of a table and items of a list are sentences of their own."""
    for block in re.split(r"\n\s*\n|\n\s*(?=[-*|] |\d+\. |#)", text):
        for part in re.split(r"(?<=[.!?])\s+|\s*\|\s*", " ".join(block.split())):
            if part:
                yield part


def found_in(where: str, text: str) -> list[Found]:
    return [Found(where, claim.name, sentence) for claim, sentence in claims_in(text)]


# Where people read


def strings_in_toml(path: Path) -> Iterator[str]:
    """Every string, and every comment: owners copy these files."""
    text = path.read_text(encoding="utf-8")
    yield from _strings(tomllib.loads(text))
    for block in re.split(r"(?m)^(?!\s*#).*$", text):
        yield " ".join(line.strip().lstrip("# ") for line in block.splitlines())
    for line in text.splitlines():
        comment = re.search(r'^[^"#]*(?:"[^"]*"[^"#]*)*#(.*)$', line)
        if comment and not line.lstrip().startswith("#"):
            yield comment[1].strip()


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def strings_in_python(path: Path) -> Iterator[str]:
    """Every string literal but docstrings; what is put into an f-string stands as an ellipsis."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # of attributes, too
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | inside:
            yield node.value


def text_of_page(path: Path) -> str:
    """A source of the page without its comments; its code says nothing to anybody and does no harm."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/|<!--.*?-->", " ", text, flags=re.DOTALL)
    return re.sub(r"(?m)(?<![:\"'])//.*$", " ", text)


def page_files() -> list[Path]:
    web = ROOT / "web"
    kinds = {".ts", ".tsx", ".html"}
    return sorted(path for folder in ("src", "public") for path in (web / folder).rglob("*") if path.suffix in kinds)


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def python_files() -> list[Path]:
    return sorted([*(ROOT / "firmware_host").rglob("*.py"), *(ROOT / "sensors").rglob("*.py")])


def config_files() -> list[Path]:
    return sorted((ROOT / "config").rglob("*.toml"))


def texts() -> dict[str, list[str]]:
    """Everything a person can read, by file."""
    every: dict[Path, list[str]] = {path: [path.read_text(encoding="utf-8")] for path in documents()}
    every |= {path: list(strings_in_toml(path)) for path in [*config_files(), ROOT / "pyproject.toml"]}
    every |= {path: list(strings_in_python(path)) for path in python_files()}
    every |= {path: [text_of_page(path)] for path in page_files()}
    return {path.relative_to(ROOT).as_posix(): found for path, found in every.items()}
