"""docs/write-a-driver.md as a test needs it: the files it writes, the commands it gives, what it says is answered."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "write-a-driver.md"
_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[a-z]+)(?:: (?P<name>\S+))? -->\n)?^```(?P<lang>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
_SAYS = re.compile(r"^<!-- says: (\S+) -->\n> (.+)$", re.M)


def file(name: str) -> str:
    """The file `name`, put together from its blocks."""
    parts = [found["text"] for found in _BLOCK.finditer(PAGE.read_text()) if found["name"] == name]
    assert parts, f"{PAGE.name} has no {name}"
    return "\n".join(parts)


def unmarked_python() -> list[str]:
    """Python on the page that no test would see."""
    found = _BLOCK.finditer(PAGE.read_text())
    return [block["text"] for block in found if block["lang"] == "python" and block["mark"] != "file"]


def commands() -> list[str]:
    """Shell lines marked to be run, and those that need a chip, in order."""
    found = _BLOCK.finditer(PAGE.read_text())
    return [line for block in found if block["lang"] == "sh" for line in block["text"].splitlines()]


def said() -> dict[str, str]:
    """What the page quotes, by its mark."""
    return dict(_SAYS.findall(PAGE.read_text()))
