"""Sets and sessions: what was done, on which muscle, side and tool, and how much of it within the guidance.

1. A set begins at the first contact after `select` or `next`; selecting while on the body begins it at once.
2. It ends at the next of these, at `end`, at time-out, or when the session ends; under 3 s of work is not kept.
3. A session is its sets, until the person ends it, pain stops it, or nothing happens for a while.
"""

from __future__ import annotations

from firmware_host.coaching.events import Ended, ForceSource, SessionDone, SetDone, Verdict
from firmware_host.coaching.guidance import Limits
from firmware_host.coaching.snapshot import SessionSnapshot, SetBrief, SetSnapshot
from firmware_host.coaching.track import ToolTrack
from firmware_host.coaching.watch import Tally

LEAST_WORK_S = 3.0


def rounded(value: float) -> float:
    """Six decimals: micrometres and microseconds; keeps events readable and free of the last bits' noise."""
    return round(value, 6)


class OpenSet:
    """The set that is on. One tool; its tally lives in the tool's track."""

    __slots__ = ("last_t", "limits", "muscle", "side", "start", "track")

    def __init__(self, start: float, track: ToolTrack, muscle: str | None, side: str | None, limits: Limits) -> None:
        self.start = start
        self.track = track
        self.muscle = muscle
        self.side = side
        self.limits = limits
        self.last_t = start
        """When something was last done in it."""

    @property
    def tally(self) -> Tally:
        return self.track.watch.tally

    def snapshot(self) -> SetSnapshot:
        tally = self.tally
        return SetSnapshot(
            started_t=rounded(self.start),
            work_s=rounded(tally.work_s),
            target_s=self.limits.set_s,
            passes=tally.passes,
            short_passes=tally.short_passes,
            holds=tally.holds,
            hold_s=rounded(tally.hold_s),
            in_guidance=share(tally.ok_s, tally.work_s),
        )

    def done(self, now: float, end: float) -> SetDone | None:
        """The set as an event, or None if too little was done to keep it."""
        tally = self.tally
        if tally.work_s < LEAST_WORK_S:
            return None
        end = max(end, self.start)
        work_s = min(tally.work_s, end - self.start)  # a movement's last sample may lie beyond its interpolated end
        mean_force = tally.impulse_ns / tally.force_time_s if tally.force_time_s > 0 else None
        return SetDone(
            t=rounded(now),
            tool=self.track.tool.name,
            muscle=self.muscle,
            side=self.side,
            start=rounded(self.start),
            end=rounded(end),
            duration_s=rounded(end - self.start),
            work_s=rounded(work_s),
            passes=tally.passes,
            short_passes=tally.short_passes,
            holds=tally.holds,
            hold_s=rounded(tally.hold_s),
            distance_m=rounded(tally.distance_m),
            mean_speed_m_s=rounded(tally.distance_m / tally.moving_s) if tally.moving_s > 0 else 0.0,
            in_guidance=share(tally.ok_s, tally.work_s),
            mean_force_n=rounded(mean_force) if mean_force is not None else None,
            peak_force_n=rounded(tally.peak_n) if mean_force is not None else None,
            force_source=self._force_source(mean_force),
            verdicts=self._verdicts(mean_force),
        )

    def _force_source(self, mean_force: float | None) -> ForceSource:
        if mean_force is not None:
            return "measured"
        return "not_measured" if self.track.force.always_on else "uncalibrated"

    def _verdicts(self, mean_force: float | None) -> tuple[Verdict, ...]:
        tally, limits = self.tally, self.limits
        time = Verdict(
            rule="set_time",
            is_="low" if tally.work_s < limits.set_low_s else "high" if tally.work_s > limits.set_high_s else "ok",
            value=rounded(tally.work_s),
            limit=limits.set_s,
        )
        mean = tally.distance_m / tally.moving_s if tally.moving_s > 0 else 0.0
        speed = Verdict(
            rule="mean_speed",
            is_="high" if mean > limits.mean_speed_m_s else "ok",
            value=rounded(mean),
            limit=rounded(limits.mean_speed_m_s),
        )
        if mean_force is None or limits.force_high_n is None or limits.force_low_n is None:
            force = Verdict(rule="mean_force", is_="not_measured", value=None, limit=None)
        elif mean_force > limits.force_high_n:
            force = Verdict(
                rule="mean_force", is_="high", value=rounded(mean_force), limit=rounded(limits.force_high_n)
            )
        else:
            force = Verdict(
                rule="mean_force",
                is_="low" if mean_force < limits.force_low_n else "ok",
                value=rounded(mean_force),
                limit=rounded(limits.force_low_n),
            )
        return time, speed, force


class OpenSession:
    __slots__ = ("in_guidance_s", "last_t", "sets", "start", "work_s")

    def __init__(self, start: float) -> None:
        self.start = start
        self.last_t = start
        self.sets: list[SetDone] = []
        self.work_s = 0.0
        self.in_guidance_s = 0.0

    def add(self, done: SetDone) -> None:
        self.sets.append(done)
        self.work_s += done.work_s
        self.in_guidance_s += done.work_s * done.in_guidance

    def snapshot(self, open_set: OpenSet | None) -> SessionSnapshot:
        work, ok = self.work_s, self.in_guidance_s
        if open_set is not None:
            work += open_set.tally.work_s
            ok += open_set.tally.ok_s
        return SessionSnapshot(
            started_t=rounded(self.start),
            work_s=rounded(work),
            in_guidance=share(ok, work),
            sets=tuple(
                SetBrief(
                    muscle=done.muscle,
                    side=done.side,
                    tool=done.tool,
                    work_s=done.work_s,
                    passes=done.passes,
                    holds=done.holds,
                    in_guidance=done.in_guidance,
                )
                for done in self.sets
            ),
        )

    def done(self, now: float, end: float, phase: str, profile: str, ended: Ended) -> SessionDone:
        per_leg: dict[str, float] = {}
        for done in self.sets:
            if done.side is not None:
                per_leg[done.side] = rounded(per_leg.get(done.side, 0.0) + done.work_s)
        advice: tuple[str, ...] = ()
        if ended == "pain":
            advice = ("Rest this muscle for a day. If pain stays, sharpens or spreads, see a professional.",)
        return SessionDone(
            t=rounded(now),
            start=rounded(self.start),
            end=rounded(max(end, self.start)),
            phase=phase,
            profile=profile,
            routine=None,
            sets=tuple(self.sets),
            per_leg_s=per_leg,
            work_s=rounded(self.work_s),
            in_guidance=share(self.in_guidance_s, self.work_s),
            ended=ended,
            advice=advice,
        )


def share(part: float, whole: float) -> float:
    """`part` of `whole` as 0..1, 0 where there is no whole."""
    return round(min(1.0, max(0.0, part / whole)), 4) if whole > 0 else 0.0
