"""Ratings before and after, put side by side: by muscle, tool, phase, and all three together. Pure.

1. A change is one muscle and side in one session: its first rating "before", its last one "after".
2. A muscle that was rated but not worked in that session is no change.
3. Fewer than `ENOUGH` changes say nothing: the numbers stay away.

These are self-reports of one person who knows what was done, without any comparison: they tell what was said before and
after, not what did it. Ratings fall by themselves as well, and are higher on days on which somebody thinks of rating.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Literal, NamedTuple

from msgspec import Struct

ENOUGH = 5
"""Fewer pairs of ratings are too few to say: this project's choice [drv]."""
SEVERAL = "several"
"""The tool, where one muscle was worked with more than one kind in a session."""

By = Literal["all", "muscle", "tool", "phase", "together"]


class Rated(NamedTuple):
    """One rating of a muscle, in the order given."""

    session: int
    muscle: str
    side: str | None
    moment: str
    value: int


class Used(NamedTuple):
    """A muscle and side was worked in a session of this phase, with this kind of tool."""

    session: int
    muscle: str
    side: str | None
    tool: str
    phase: str


class Change(NamedTuple):
    muscle: str
    tool: str
    phase: str
    before: int
    after: int


class Helped(Struct, frozen=True, kw_only=True):
    """What was said before and after, for what is named here; what is null may be anything."""

    by: By
    muscle: str | None
    tool: str | None
    """The kind of tool; its name in sets that were kept before kinds were."""
    phase: str | None
    n: int
    """Pairs of ratings: one is one muscle and side in one session."""
    before: float | None
    """Median; null, as the next two are, with fewer than five pairs: too few to say."""
    after: float | None
    change: float | None
    """Median of after less before: below 0, ratings were lower afterwards."""


def changes(ratings: Iterable[Rated], used: Iterable[Used]) -> list[Change]:
    """Rules 1 and 2; `ratings` oldest first."""
    before: dict[tuple[int, str, str | None], int] = {}
    after: dict[tuple[int, str, str | None], int] = {}
    for one in ratings:
        key = (one.session, one.muscle, one.side)
        if one.moment == "before":
            before.setdefault(key, one.value)
        else:
            after[key] = one.value
    tools: dict[tuple[int, str, str | None], set[str]] = {}
    phases: dict[int, str] = {}
    for work in used:
        tools.setdefault((work.session, work.muscle, work.side), set()).add(work.tool)
        phases[work.session] = work.phase
    return [
        Change(
            muscle=key[1],
            tool=next(iter(tools[key])) if len(tools[key]) == 1 else SEVERAL,
            phase=phases[key[0]],
            before=said,
            after=after[key],
        )
        for key, said in before.items()
        if key in after and key in tools
    ]


def helped(found: Iterable[Change]) -> tuple[Helped, ...]:
    """All together first, then by muscle, by tool, by phase, and by all three; the most pairs first."""
    groups: dict[tuple[By, str | None, str | None, str | None], list[Change]] = {}
    for one in found:
        for key in (
            ("all", None, None, None),
            ("muscle", one.muscle, None, None),
            ("tool", None, one.tool, None),
            ("phase", None, None, one.phase),
            ("together", one.muscle, one.tool, one.phase),
        ):
            groups.setdefault(key, []).append(one)
    order: tuple[By, ...] = ("all", "muscle", "tool", "phase", "together")
    rows = [_row(*key, group) for key, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (order.index(row.by), -row.n, row.muscle or "", row.tool or "")))


def _row(by: By, muscle: str | None, tool: str | None, phase: str | None, group: list[Change]) -> Helped:
    enough = len(group) >= ENOUGH
    return Helped(
        by=by,
        muscle=muscle,
        tool=tool,
        phase=phase,
        n=len(group),
        before=float(median(one.before for one in group)) if enough else None,
        after=float(median(one.after for one in group)) if enough else None,
        change=float(median(one.after - one.before for one in group)) if enough else None,
    )
