"""Matching what the engine said with what was true, by the contract: same kind and tool, overlapping by half of their
union, each used once; events within 5 % of a threshold count neither way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass
class Score:
    """Counts, and the errors of what matched (seconds and shares)."""

    hit: int = 0
    missed: int = 0
    false: int = 0
    start_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)
    size: list[float] = field(default_factory=list)
    """Length error as a share (passes), or duration error in s (holds)."""
    examples: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        self.hit += other.hit
        self.missed += other.missed
        self.false += other.false
        self.start_s += other.start_s
        self.end_s += other.end_s
        self.size += other.size
        self.examples += other.examples

    @property
    def f1(self) -> float:
        total = 2 * self.hit + self.missed + self.false
        return 2 * self.hit / total if total else 1.0


def overlap(a: Any, b: Any) -> float:
    """Intersection over union of two spans in time."""
    both = min(a.end, b.end) - max(a.start, b.start)
    union = max(a.end, b.end) - min(a.start, b.start)
    return max(0.0, both) / union if union > 0 else 0.0


def match(said: Sequence[Any], true: Sequence[Any], excused: Sequence[Any], size: str, label: str) -> Score:
    """`excused`: true spans so near a threshold that either answer is right. `size`: "length" or "duration"."""
    score = Score()
    free = list(said)
    for want in sorted(true, key=lambda span: span.start):
        best = max(free, key=lambda one: overlap(one, want), default=None)
        if best is None or overlap(best, want) < 0.5:
            if not want.near_threshold:
                score.missed += 1
                score.examples.append(f"missed {label} {want.start:.2f}-{want.end:.2f}")
            continue
        free.remove(best)
        if want.near_threshold:
            continue
        score.hit += 1
        score.start_s.append(abs(best.start - want.start))
        score.end_s.append(abs(best.end - want.end))
        if size == "length":
            score.size.append(abs(best.length_m - want.length_m) / want.length_m)
        else:
            score.size.append(abs((best.end - best.start) - (want.end - want.start)))
    for extra in free:
        if max((overlap(extra, one) for one in excused), default=0.0) < 0.5:
            score.false += 1
            score.examples.append(f"false {label} {extra.start:.2f}-{extra.end:.2f}")
    return score


def p95(values: Sequence[float]) -> float:
    """95th percentile (nearest rank); 0 for none."""
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))] if values else 0.0


def middle(values: Sequence[float]) -> float:
    return median(values) if values else 0.0
