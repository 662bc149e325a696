"""Matching what the engine said with what was true, by docs/contract.md, Words: same kind and tool, overlapping by half
of their union, each used once; what is within 5 % of a threshold counts neither way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray


class Span(Protocol):
    """Anything from `start` to `end`, seconds."""

    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


Said = TypeVar("Said", bound=Span)
True_ = TypeVar("True_", bound=Span)

LEAST_OVERLAP = 0.5


def overlap(a: Span, b: Span) -> float:
    """Intersection over union of two spans in time."""
    both = min(a.end, b.end) - max(a.start, b.start)
    union = max(a.end, b.end) - min(a.start, b.start)
    return max(0.0, both) / union if union > 0 else 0.0


def paired(said: Sequence[Said], true: Sequence[True_]) -> list[tuple[Said, True_]]:
    """What matches, best overlap first, each used once; in the order of the truth."""
    close = [(overlap(one, want), i, j) for i, one in enumerate(said) for j, want in enumerate(true)]
    pairs: dict[int, int] = {}
    used: set[int] = set()
    for share, i, j in sorted(close, key=lambda item: -item[0]):
        if share >= LEAST_OVERLAP and i not in used and j not in pairs:
            pairs[j] = i
            used.add(i)
    return [(said[pairs[j]], true[j]) for j in sorted(pairs)]


@dataclass
class Score:
    """Counts of one kind of event, and how far off the matched ones begin and end (s)."""

    hit: int = 0
    missed: int = 0
    false: int = 0
    start_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)
    duration_s: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Each miss, for people."""

    def add(self, other: Score) -> None:
        self.hit += other.hit
        self.missed += other.missed
        self.false += other.false
        self.start_s += other.start_s
        self.end_s += other.end_s
        self.duration_s += other.duration_s
        self.notes += other.notes

    @property
    def true(self) -> int:
        return self.hit + self.missed

    @property
    def f1(self) -> float | None:
        """None: there was nothing to find, and nothing was said."""
        total = 2 * self.hit + self.missed + self.false
        return 2 * self.hit / total if total else None


def score(
    said: Sequence[Said], true: Sequence[True_], counts: Callable[[True_], bool], excused: Sequence[Span], kind: str
) -> tuple[Score, list[tuple[Said, True_]]]:
    """How well `said` matches `true`, and the pairs that count.

    `counts`: whether a true span does, or is too near a threshold. `excused`: spans that are no event of this kind but
    so nearly that saying one is not wrong.
    """
    pairs = paired(said, true)
    found = Score()
    counted = [(one, want) for one, want in pairs if counts(want)]
    found.hit = len(counted)
    found.start_s = [abs(one.start - want.start) for one, want in counted]
    found.end_s = [abs(one.end - want.end) for one, want in counted]
    found.duration_s = [abs((one.end - one.start) - (want.end - want.start)) for one, want in counted]
    matched_true = {id(want) for _, want in pairs}
    for want in true:
        if id(want) not in matched_true and counts(want):
            found.missed += 1
            found.notes.append(f"missed {kind} {_when(want)}{_nearest(want, said)}")
    matched_said = {id(one) for one, _ in pairs}
    for one in said:
        if id(one) not in matched_said and max((overlap(one, near) for near in excused), default=0.0) < LEAST_OVERLAP:
            found.false += 1
            found.notes.append(f"false {kind} {_when(one)}{_nearest(one, true)}")
    return found, counted


def _when(span: Span) -> str:
    return f"{span.start:.2f}-{span.end:.2f}"


def _nearest(span: Span, others: Sequence[Span]) -> str:
    best = max(others, key=lambda other: overlap(span, other), default=None)
    return f" (nearest {_when(best)})" if best is not None and overlap(span, best) > 0 else ""


def percentile(values: Sequence[float] | NDArray[np.float64], percent: float) -> float | None:
    """Nearest rank; None of nothing."""
    if not len(values):
        return None
    return float(sorted(values)[max(0, ceil(percent / 100 * len(values)) - 1)])
