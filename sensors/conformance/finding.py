"""What one check found."""

from __future__ import annotations

from typing import Literal, NamedTuple

Result = Literal["ok", "failed", "not_checked"]


class Finding(NamedTuple):
    """What one check found."""

    check: str
    result: Result
    says: str
    """What was checked (ok), what is wrong and which line of the data sheet to look at, or why not checked."""
