"""Proof of the haptic mask: the same sessions without and with the motor buzzing give the same passes and holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases import Case
from scoring import paired, percentile
from sessions import Outcome

SAME_S = 0.1
"""Times may differ by this (issue "Measured accuracy")."""


@dataclass(frozen=True)
class _Spell:
    start: float
    end: float


@dataclass
class Masking:
    lines: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    """Bars."""
    notes: list[str] = field(default_factory=list)
    """Each pair too far apart, for people."""


def masked_rows(found: Mapping[Case, Mapping[int, Outcome]]) -> Masking:
    """A line for each scenario measured both ways, and the bars missed.

    Events near a threshold count neither way here either, and are left out.
    """
    told = Masking()
    for case, outcomes in found.items():
        still = found.get(case.undisturbed)
        if case.condition != "haptic" or still is None:
            continue
        for kind in ("passed", "held"):
            _compare(told, case, kind, still, outcomes)
    return told


def _compare(told: Masking, case: Case, kind: str, still: Mapping[int, Outcome], buzzed: Mapping[int, Outcome]) -> None:
    name = f"{case.undisturbed.name}, {'passes' if kind == 'passed' else 'holds'}"
    without = with_buzz = same = 0
    apart: list[float] = []
    for seed, outcome in buzzed.items():
        before = [_Spell(*span) for span in getattr(still[seed], kind)]
        after = [_Spell(*span) for span in getattr(outcome, kind)]
        pairs = paired(after, before)
        without, with_buzz, same = without + len(before), with_buzz + len(after), same + len(pairs)
        for one, other in pairs:
            apart.append(max(abs(one.start - other.start), abs(one.end - other.end)))
            if apart[-1] > SAME_S:
                spans = f"{other.start:.2f}-{other.end:.2f}, buzzing {one.start:.2f}-{one.end:.2f}"
                told.notes.append(f"{name}, seed {seed}: {spans}")
    worst = max(apart, default=0.0)
    fine = without == with_buzz == same and worst <= SAME_S
    if not fine:
        told.missed.append(
            f"{name} with the motor buzzing: {same} the same of {without} and {with_buzz}, {worst:.3f} s apart"
        )
    middle = percentile(apart, 95) or 0.0
    told.lines.append(
        f"  {name:24} without {without:5}  with {with_buzz:5}  the same {same:5}  "
        f"start and end apart: p95 {1e3 * middle:4.0f} ms, most {1e3 * worst:4.0f} ms{'' if fine else ' !'}"
    )
