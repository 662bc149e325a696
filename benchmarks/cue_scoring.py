"""The word "slow down", and the flag too_fast, against how fast the tool truly was.

- Must carry the flag: a pass over 1.3 times the live limit for 0.8 s. A slow_down must sound in such a pass, or the
  pass stands in the pause that an earlier one stated.
- Must not sound: where the speed was not over the live limit for 0.3 s just before, and the mean of the pass before
  not over the mean limit (each with the 5 % that count neither way); and never in a calm session.
- How late: from the moment the true speed first stays above the live limit, or the pause of an earlier slow_down, or
  a haptic mask (in which no cue begins), was over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware_host.coaching.events import Cue, Pass
from firmware_host.simulator.truth import Stroke, Truth

Array = NDArray[np.float64]

FAR_OVER = 1.3
FAR_OVER_S = 0.8
TOO_FAST_S = 0.3
MARGIN = 0.05
SOUNDED_S = 0.1
"""A cue this long after the pass still belongs to it."""
LOOK_BACK_S = 0.8
"""A cue may come so long after speed was over the limit (docs/contract.md)."""
DECIDED_S = 2.0
"""The mean of a pass is known by then after its end: 0.7 s of rest, and 1 s between two cues."""


class Limit(NamedTuple):
    """From `t` on."""

    t: float
    mean_m_s: float
    live_m_s: float


@dataclass
class CueScore:
    flags_missed: int = 0
    missed: int = 0
    false: int = 0
    flags_wrong: int = 0
    """Passes whose too_fast is not what their true speed says, of any size."""
    due: int = 0
    """Passes that had to carry the flag."""
    late_s: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: CueScore) -> None:
        self.flags_missed += other.flags_missed
        self.missed += other.missed
        self.false += other.false
        self.flags_wrong += other.flags_wrong
        self.due += other.due
        self.late_s += other.late_s
        self.notes += other.notes


@dataclass(frozen=True)
class Course:
    """The true speed of one session beside what was allowed. `speed` is 0 off the body."""

    t: Array
    speed: Array
    limits: Sequence[Limit]

    def limit_at(self, t: float) -> Limit:
        return next((limit for limit in reversed(self.limits) if limit.t <= t), self.limits[0])

    def over(self, factor: float, start: float, end: float) -> list[tuple[float, float]]:
        """From when until when the speed was over `factor` times the live limit, between `start` and `end`."""
        first, last = np.searchsorted(self.t, (start, end))
        t, speed = self.t[first:last], self.speed[first:last]
        if not len(t):
            return []
        since = np.searchsorted([limit.t for limit in self.limits], t, side="right") - 1
        live = np.array([limit.live_m_s for limit in self.limits])[np.maximum(since, 0)]
        edges = np.diff(np.concatenate(([0], (speed > factor * live).astype(int), [0])))
        begins, ends = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0) - 1
        return [(float(t[i]), float(t[j])) for i, j in zip(begins, ends, strict=True)]

    def longest_over(self, factor: float, start: float, end: float) -> float:
        return max((until - since for since, until in self.over(factor, start, end)), default=0.0)


def judge(
    course: Course,
    truth: Truth,
    pairs: Sequence[tuple[Pass, Stroke]],
    cues: Sequence[Cue],
    masks: Sequence[tuple[float, float]],
    calm: bool,
) -> CueScore:
    """`pairs`: passes as said and as true. `cues`: the slow_downs. `masks`: from when until when no cue may begin."""
    found = CueScore()
    said = {id(true): one for one, true in pairs}
    for true in truth.passes:
        _judge_pass(found, course, true, said.get(id(true)), cues)
    for cue in cues:
        if calm or not _deserved(course, truth, cue.t, masks):
            found.false += 1
            found.notes.append(f"false slow_down {cue.t:.2f}: {cue.reason.value} over {cue.reason.limit} m/s")
        elif cue.reason.limit is not None and abs(cue.reason.limit - course.limit_at(cue.t).live_m_s) < 0.002:
            late = _late(course, cue, cues, masks)
            if late is not None:
                found.late_s.append(late)
                if late > LOOK_BACK_S:
                    found.notes.append(f"late slow_down {cue.t:.2f}: by {late:.2f} s")
    return found


def _judge_pass(found: CueScore, course: Course, true: Stroke, said: Pass | None, cues: Sequence[Cue]) -> None:
    when = f"{true.start:.2f}-{true.end:.2f}"
    flagged = said is not None and "too_fast" in said.flags
    if said is not None and flagged != _too_fast(course, true, flagged):
        found.flags_wrong += 1
        found.notes.append(f"too_fast {'said' if flagged else 'not said'} of pass {when}")
    far = [one for one in course.over(FAR_OVER, true.start, true.end) if one[1] - one[0] >= FAR_OVER_S]
    if not far:
        return
    found.due += 1
    if said is not None and not flagged:
        found.flags_missed += 1
        found.notes.append(f"missed too_fast of pass {when}")
    sounded = any(true.start <= cue.t <= true.end + SOUNDED_S for cue in cues)
    if not sounded and not _paused(far[0][0] + FAR_OVER_S, cues):
        found.missed += 1
        found.notes.append(f"missed slow_down in pass {when}, over since {far[0][0]:.2f}")


def _too_fast(course: Course, true: Stroke, flagged: bool) -> bool:
    """What the flag ought to be; `flagged` where the truth is too near a threshold to say."""
    mean_limit = course.limit_at(true.start).mean_m_s
    longest = course.longest_over(1 + MARGIN, true.start, true.end)
    if true.mean_speed_m_s > (1 + MARGIN) * mean_limit or longest > (1 + MARGIN) * TOO_FAST_S:
        return True
    longest = course.longest_over(1 - MARGIN, true.start, true.end)
    if true.mean_speed_m_s < (1 - MARGIN) * mean_limit and longest < (1 - MARGIN) * TOO_FAST_S:
        return False
    return flagged


def _paused(t: float, cues: Sequence[Cue]) -> bool:
    return any(cue.t <= t <= cue.t + cue.repeat_after_s for cue in cues)


def _deserved(course: Course, truth: Truth, t: float, masks: Sequence[tuple[float, float]]) -> bool:
    waited = sum(max(0.0, min(end, t) - max(start, t - DECIDED_S)) for start, end in masks)
    since = t - LOOK_BACK_S - waited
    for start, end in course.over(1 - MARGIN, since - FAR_OVER_S, t):
        if end >= since and end - start >= (1 - MARGIN) * TOO_FAST_S:
            return True
    return any(
        t - DECIDED_S - waited <= one.end <= t + SOUNDED_S
        and one.mean_speed_m_s > (1 - MARGIN) * course.limit_at(one.start).mean_m_s
        for one in truth.passes
    )


def _late(course: Course, cue: Cue, cues: Sequence[Cue], masks: Sequence[tuple[float, float]]) -> float | None:
    """Seconds; None if it was not about a speed over the limit just before."""
    over = [one for one in course.over(1.0, cue.t - 3.0, cue.t) if one[1] - one[0] >= (1 - MARGIN) * TOO_FAST_S]
    if not over:
        return None
    due = over[-1][0]
    for earlier in cues:
        if earlier.t < cue.t:
            due = max(due, earlier.t + earlier.repeat_after_s)
    for start, end in masks:
        if start <= cue.t and end >= due:
            due = max(due, end)
    return max(0.0, cue.t - due)
