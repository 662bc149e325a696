"""What the rows add up to, as it goes to `history`, the terminal and exports. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from msgspec import Struct

from firmware_host.coaching.events import ForceSource, How, Verdict
from firmware_host.history.dose import Balance, Due, Lengths, MuscleDose, Week
from firmware_host.history.helped import Helped
from firmware_host.history.spots import SpotMark
from firmware_host.history.trends import Trend, trend
from firmware_host.history.troubles import MuscleTrouble

RECENT_SESSIONS = 30
SHARE_STEP = 0.05
"""Less than this much of in_guidance is no trend."""


class SessionTotals(Struct, frozen=True, kw_only=True):
    id: int
    started_at: str
    ended_at: str
    phase: str
    profile: str | None
    routine: str | None
    ended: str | None
    """person, time-out, pain, shutdown; "interrupted" if the program was killed; None while it runs."""
    sets: int
    passes: int
    short_passes: int
    holds: int
    hold_s: float
    distance_m: float
    work_s: float
    in_guidance: float | None
    """None where it isn't known, as for an interrupted session."""
    recording: str | None


class SetRow(Struct, frozen=True, kw_only=True):
    """A kept set; fields as in the `set` event."""

    id: int
    session_id: int
    at: str
    tool: str | None
    muscle: str | None
    side: str | None
    start_s: float
    end_s: float
    duration_s: float
    work_s: float
    passes: int
    short_passes: int
    holds: int
    hold_s: float
    distance_m: float
    mean_speed_m_s: float
    in_guidance: float | None
    mean_force_n: float | None
    peak_force_n: float | None
    force_source: ForceSource
    verdicts: tuple[Verdict, ...]
    tool_kind: str | None
    """None where it was not kept: sets of older versions."""
    work_source: How
    prompted: tuple[str, ...]
    belly_share: float | None
    stacked: bool | None


class PainStop(Struct, frozen=True, kw_only=True):
    """The person stopped for pain."""

    at: str
    muscle: str | None
    side: str | None


class Rating(Struct, frozen=True, kw_only=True):
    """What the person said of it, 0-10."""

    at: str
    kind: Literal["rate", "soreness"]
    value: int
    moment: str | None
    muscle: str | None
    side: str | None


class SessionDetail(Struct, frozen=True, kw_only=True):
    """`session/last`, `slowroll sessions show`: one session and all that belongs to it but its single passes."""

    totals: SessionTotals
    per_leg_s: dict[str, float]
    advice: tuple[str, ...]
    sets: tuple[SetRow, ...]
    spots: tuple[SpotMark, ...]
    ratings: tuple[Rating, ...]
    pains: tuple[PainStop, ...]
    cues: dict[str, int]
    """How often each cue was given."""


class MuscleHistory(Struct, frozen=True, kw_only=True):
    muscle: str
    side: str | None
    last_done: str
    sessions: int
    """In how many sessions it was worked, ever."""
    work_s: float
    """In the last of them."""
    in_guidance: float | None
    """In the last of them."""
    trend: Trend | None
    """Of in_guidance: the last session against up to three before it; None with nothing to compare."""


class HistorySummary(Struct, frozen=True, kw_only=True):
    """`history`: the newest sessions first, and what they add up to."""

    sessions: tuple[SessionTotals, ...]
    """The last 30 that have ended."""
    total_sessions: int
    total_work_s: float
    streak_days: int
    streak_weeks: int
    week_sessions: int
    week_minutes: float
    """Work since Monday, 0:00."""
    muscles: tuple[MuscleHistory, ...]
    days: int
    """How far back `balance` and the `recent` of `doses` go."""
    days_since: int | None
    """Calendar days since the last session; None without one."""
    week_goal: int
    """Sessions a week to aim at, by the profile."""
    weeks: tuple[Week, ...]
    """The last eight, oldest first; the last one is not over."""
    lengths: Lengths
    """Of the sessions of those eight weeks."""
    balance: tuple[Balance, ...]
    """Of everything (muscle null), then by muscle."""
    doses: tuple[MuscleDose, ...]
    helped: tuple[Helped, ...]
    """Ratings before and after, over all sessions; self-reports, and no claim beyond them."""
    troubles: tuple[MuscleTrouble, ...]
    due: tuple[Due, ...]
    """What was not worked for longest."""


class Worked(NamedTuple):
    """One muscle in one session, oldest first where there are several."""

    muscle: str
    side: str | None
    at: str
    work_s: float
    in_guidance: float | None


def muscle_histories(worked: Iterable[Worked]) -> tuple[MuscleHistory, ...]:
    """Per muscle and side, most recently worked first. `worked` is oldest first."""
    grouped: dict[tuple[str, str | None], list[Worked]] = {}
    for one in worked:
        grouped.setdefault((one.muscle, one.side), []).append(one)
    histories = [
        MuscleHistory(
            muscle=muscle,
            side=side,
            last_done=group[-1].at,
            sessions=len(group),
            work_s=group[-1].work_s,
            in_guidance=group[-1].in_guidance,
            trend=trend([w.in_guidance for w in group if w.in_guidance is not None], SHARE_STEP, "better", "worse"),
        )
        for (muscle, side), group in grouped.items()
    ]
    return tuple(sorted(histories, key=lambda history: history.last_done, reverse=True))
