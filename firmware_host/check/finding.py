"""One line of `slowroll check`: what was looked at, how it is, and what to do next."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Result = Literal["ok", "not checked", "warning", "problem"]
"""`warning`: it works, but not as it should. `problem`: something that is wanted does not work."""

Value = float | int | str | bool | None


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is told to people, and in `values` what was measured, for programs (SI, the unit in the name)."""

    area: str
    """The heading it stands under, such as "I2C"."""
    subject: str
    """What was looked at, such as "bus 1"."""
    result: Result
    says: str
    do: str = ""
    """The next step, with the exact command where there is one; an ok line may have one as an offer."""
    values: dict[str, Value] = {}


def worst(findings: list[Finding]) -> Result:
    """How the whole is: what was not checked is no fault."""
    for result in ("problem", "warning"):
        if any(finding.result == result for finding in findings):
            return "problem" if result == "problem" else "warning"
    return "ok"
