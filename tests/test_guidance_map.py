"""docs/guidance.md section 6 maps every requirement to code, test and how it is known, and is never out of date."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from firmware_host.explanations import explanations

ROOT = Path(__file__).parents[1]
GUIDANCE = (ROOT / "docs" / "guidance.md").read_text(encoding="utf-8")


class Row(NamedTuple):
    name: str
    code: tuple[str, ...]
    tests: tuple[str, ...]
    known: str


def section(number: int) -> str:
    return GUIDANCE.split(f"\n## {number}. ")[1].split("\n## ")[0]


def required() -> set[str]:
    """The ids of section 4. One of its rows holds three: "| C2 | sleep, C3 nutrition, C4 stretching |"."""
    rows = re.findall(r"^\| ([A-Z]\d+[a-f]?) \|(.*)$", section(4), re.MULTILINE)
    return {name for name, _ in rows} | {one for _, text in rows for one in re.findall(r"(?<=, )C\d", text)}


def rows_in(table: str) -> list[Row]:
    cells = re.findall(r"^\| ([A-Z]\d+[a-f]?) \| (.*) \| (.*) \| (.*) \|$", table, re.MULTILINE)
    return [
        Row(name, tuple(re.findall("`([^`]+)`", code)), tuple(re.findall("`([^`]+)`", tests)), known)
        for name, code, tests, known in cells
    ]


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def wrong(row: Row, known_how: str | None) -> list[str]:
    """What does not hold in a row; `known_how` is explain.toml's."""
    found = []
    if not row.code or not row.tests:
        found.append("names no code or no test")
    for place in row.code:
        path = ROOT / place if place.startswith(("config/", "web/")) else ROOT / "firmware_host" / place
        if not path.is_file():
            found.append(f"there is no {place}")
    for place in row.tests:
        file, _, name = place.partition("::")
        path = ROOT / "tests" / file
        if not path.is_file() or not path.name.startswith("test_"):
            found.append(f"there is no test file {file}")
        elif name and not (name.startswith("test_") and name in functions_of(path)):
            found.append(f"{file} has no {name}")
    if row.known != known_how:
        found.append(f"known: {row.known!r} here, {known_how!r} in config/explain.toml")
    return found


ROWS = rows_in(section(6))


def test_every_requirement_has_one_row_and_nothing_else_has() -> None:
    assert len(required()) == 66
    assert sorted(row.name for row in ROWS) == sorted(required())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_a_row_names_is_there(row: Row) -> None:
    rule = explanations().rules.get(row.name)
    assert wrong(row, rule.how if rule is not None else None) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("| G1 | `coaching/nowhere.py` | `test_guidance_map.py` | measured |", "there is no coaching/nowhere.py"),
        ("| G1 | `coaching/cues.py` | `test_nowhere.py` | measured |", "there is no test file test_nowhere.py"),
        ("| G1 | `coaching/cues.py` | `shared/brokers.py` | measured |", "there is no test file shared/brokers.py"),
        ("| G1 | `coaching/cues.py` | `test_guidance_map.py::test_no` | measured |", "has no test_no"),
        ("| G1 | `coaching/cues.py` | `test_guidance_map.py::wrong` | measured |", "has no wrong"),
        ("| G1 | `coaching/cues.py` | `test_guidance_map.py` | prompted |", "known: 'prompted'"),
        ("| G1 | nothing | `test_guidance_map.py` | measured |", "names no code"),
        ("| G1 | `coaching/cues.py` | none yet | measured |", "no test"),
    ],
)
def test_a_row_that_is_out_of_date_is_seen(line: str, says: str) -> None:
    (row,) = rows_in(line)
    assert any(says in one for one in wrong(row, "measured"))


def test_a_right_row_is_let_through() -> None:
    here = "test_guidance_map.py::test_a_right_row_is_let_through"
    (row,) = rows_in(f"| G1 | `coaching/cues.py`, `config/explain.toml` | `{here}`, `test_help.py` | measured |")
    assert wrong(row, "measured") == []
