"""Sets and sessions: what was done, on which muscle, side and tool, and how much of it within the guidance.

1. A set begins at the first contact after `select` or `next`; selecting while on the body begins it at once.
2. It ends at the next of these, at `end`, at time-out, or when the session ends; under 3 s of work is not kept.
3. A session is its sets, until the person ends it, pain stops it, or nothing happens for a while.
"""

from __future__ import annotations

from firmware_host.coaching.events import Ended, ForceSource, SessionDone, SetDone, Verdict
from firmware_host.coaching.guidance import Limits
from firmware_host.coaching.routine import HANDS
from firmware_host.coaching.snapshot import SessionSnapshot, SetBrief, SetSnapshot
from firmware_host.coaching.track import ToolTrack
from firmware_host.coaching.watch import Tally

LEAST_WORK_S = 3.0


def rounded(value: float) -> float:
    """Six decimals: micrometres and microseconds; keeps events readable and free of the last bits' noise."""
    return round(value, 6)


class OpenSet:
    """The set that is on: with a tool, whose track has its tally, or by hand, where only time is known."""

    __slots__ = ("_by_hand", "last_t", "limits", "muscle", "side", "start", "tool", "track")

    def __init__(
        self, start: float, track: ToolTrack | None, muscle: str | None, side: str | None, limits: Limits
    ) -> None:
        self.start = start
        self.track = track
        """None: by hand."""
        self.tool = track.tool.name if track is not None else HANDS
        self.muscle = muscle
        self.side = side
        self.limits = limits
        self.last_t = start
        """When something was last done in it."""
        self._by_hand = Tally()

    @property
    def tally(self) -> Tally:
        return self._by_hand if self.track is None else self.track.watch.tally

    @property
    def off_body(self) -> bool:
        """Its tool is off the body: a break."""
        return self.track is not None and not self.track.on_body

    def pass_by_hand(self, now: float) -> None:
        """Time passes in a set by hand; well over its time nobody can tell whether it goes on."""
        self._by_hand.work_s = max(0.0, now - self.start)
        if self._by_hand.work_s <= self.limits.overtime_s:
            self.last_t = max(self.last_t, now)

    def in_guidance(self) -> float | None:
        return None if self.track is None else share(self.tally.ok_s, self.tally.work_s)

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
            in_guidance=self.in_guidance(),
        )

    def done(
        self, now: float, end: float, prompted: tuple[str, ...], belly_share: float | None, stacked: bool | None
    ) -> SetDone | None:
        """The set as an event, or None if too little was done to keep it."""
        tally = self.tally
        end = max(end, self.start)
        work_s = min(tally.work_s, end - self.start)  # a movement's last sample may lie beyond its interpolated end
        if tally.work_s < LEAST_WORK_S or (self.track is None and work_s < LEAST_WORK_S):
            return None
        mean_force = tally.impulse_ns / tally.force_time_s if tally.force_time_s > 0 else None
        return SetDone(
            t=rounded(now),
            tool=self.tool,
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
            in_guidance=self.in_guidance(),
            mean_force_n=rounded(mean_force) if mean_force is not None else None,
            peak_force_n=rounded(tally.peak_n) if mean_force is not None else None,
            force_source=self._force_source(mean_force),
            verdicts=self._verdicts(mean_force, work_s),
            work_source="declared" if self.track is None else "measured",
            prompted=prompted,
            belly_share=round(belly_share, 4) if belly_share is not None else None,
            stacked=stacked,
        )

    def _force_source(self, mean_force: float | None) -> ForceSource:
        if mean_force is not None:
            return "measured"
        return "not_measured" if self.track is None or self.track.force.always_on else "uncalibrated"

    def _verdicts(self, mean_force: float | None, work_s: float) -> tuple[Verdict, ...]:
        tally, limits = self.tally, self.limits
        time = Verdict(
            rule="set_time",
            is_="low" if work_s < limits.set_low_s else "high" if work_s > limits.set_high_s else "ok",
            value=rounded(work_s),
            limit=limits.set_s,
        )
        if self.track is None:
            speed = Verdict(rule="mean_speed", is_="not_measured", value=None, limit=None)
        else:
            mean = tally.distance_m / tally.moving_s if tally.moving_s > 0 else 0.0
            speed = Verdict(
                rule="mean_speed",
                is_="high" if mean > limits.mean_speed_m_s else "ok",
                value=rounded(mean),
                limit=rounded(limits.mean_speed_m_s),
            )
        return time, speed, _force_verdict(mean_force, limits), *_holds_verdict(tally, limits)


def _force_verdict(mean_force: float | None, limits: Limits) -> Verdict:
    low, high = limits.force_low_n, limits.force_high_n
    if mean_force is None or low is None or high is None:
        return Verdict(rule="mean_force", is_="not_measured", value=None, limit=None)
    if mean_force > high:
        return Verdict(rule="mean_force", is_="high", value=rounded(mean_force), limit=rounded(high))
    return Verdict(
        rule="mean_force", is_="low" if mean_force < low else "ok", value=rounded(mean_force), limit=rounded(low)
    )


def _holds_verdict(tally: Tally, limits: Limits) -> tuple[Verdict, ...]:
    """Only where the phase has a most."""
    most = limits.holds_most
    if most is None:
        return ()
    return (
        Verdict(rule="holds", is_="high" if tally.holds > most else "ok", value=float(tally.holds), limit=float(most)),
    )


class OpenSession:
    __slots__ = ("_measured_s", "advice", "in_guidance_s", "last_t", "per_leg_s", "sets", "start", "told", "work_s")

    def __init__(self, start: float) -> None:
        self.start = start
        self.last_t = start
        self.sets: list[SetDone] = []
        self.work_s = 0.0
        self._measured_s = 0.0
        self.in_guidance_s = 0.0
        self.per_leg_s: dict[str, float] = {}
        self.advice: list[str] = []
        """What was advised, in words, once each."""
        self.told: set[str] = set()
        """What is told once a session: legs that are done, and the session itself."""

    def add(self, done: SetDone) -> None:
        self.sets.append(done)
        self.work_s += done.work_s
        if done.in_guidance is not None:
            self._measured_s += done.work_s
            self.in_guidance_s += done.work_s * done.in_guidance
        if done.side is not None:
            self.per_leg_s[done.side] = rounded(self.per_leg_s.get(done.side, 0.0) + done.work_s)

    def in_guidance(self) -> float | None:
        return share(self.in_guidance_s, self._measured_s) if self._measured_s > 0 or not self.sets else None

    def advise(self, words: str) -> None:
        if words not in self.advice:
            self.advice.append(words)

    def snapshot(self, open_set: OpenSet | None) -> SessionSnapshot:
        work, measured, ok = self.work_s, self._measured_s, self.in_guidance_s
        if open_set is not None:
            work += open_set.tally.work_s
            if open_set.track is not None:
                measured += open_set.tally.work_s
                ok += open_set.tally.ok_s
        return SessionSnapshot(
            started_t=rounded(self.start),
            work_s=rounded(work),
            in_guidance=share(ok, measured) if measured > 0 else None,
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

    def done(
        self,
        now: float,
        end: float,
        phase: str,
        profile: str,
        routine: str | None,
        ended: Ended,
    ) -> SessionDone:
        return SessionDone(
            t=rounded(now),
            start=rounded(self.start),
            end=rounded(max(end, self.start)),
            phase=phase,
            profile=profile,
            routine=routine,
            sets=tuple(self.sets),
            per_leg_s=dict(self.per_leg_s),
            work_s=rounded(self.work_s),
            in_guidance=self.in_guidance(),
            ended=ended,
            advice=tuple(self.advice),
        )


def share(part: float, whole: float) -> float:
    """`part` of `whole` as 0..1, 0 where there is no whole."""
    return round(min(1.0, max(0.0, part / whole)), 4) if whole > 0 else 0.0
