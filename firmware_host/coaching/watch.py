"""One tool under its limits: since when it has been too fast, too hard or too light, and what adds up in a set."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from firmware_host.coaching.findings import Doing
from firmware_host.coaching.guidance import Limits


class Tally:
    """What was done since it was made: one set's numbers."""

    __slots__ = (
        "distance_m",
        "force_time_s",
        "hold_s",
        "holds",
        "impulse_ns",
        "moving_s",
        "ok_s",
        "passes",
        "peak_n",
        "short_passes",
        "work_s",
    )

    def __init__(self) -> None:
        self.work_s = self.ok_s = self.moving_s = 0.0
        self.distance_m = self.hold_s = 0.0
        self.impulse_ns = self.force_time_s = self.peak_n = 0.0
        self.passes = self.short_passes = self.holds = 0


class Watch:
    """Feed it every sample on the body; it keeps the set's tally, and what is watched in the stroke and the hold."""

    __slots__ = (
        "_fast_s",
        "_force_sum",
        "_hard_s",
        "_hard_span",
        "_high_n",
        "_live_m_s",
        "_low_n",
        "_n",
        "_peak_n",
        "hard_since",
        "hold",
        "idle_s",
        "last_dt",
        "light_since",
        "limits",
        "ok",
        "over_since",
        "stroke",
        "tally",
    )

    def __init__(self, limits: Limits, fast_s: float, hard_s: float) -> None:
        self.take_limits(limits)
        self._fast_s = fast_s
        self._hard_s = hard_s
        self._n = 0
        """Samples with a force, ever; what a stroke or hold had of them, and of their sum, is a difference."""
        self._force_sum = 0.0
        self._peak_n = 0.0
        """No force up to this is the highest of the stroke or of the set."""
        self._hard_span = (-inf, -inf)  # from when to when the force was last too high for long enough
        self.tally = Tally()
        self.stroke = Doing()
        self.hold = Doing()
        self.idle_s = 0.0
        """Seconds neither moving nor known to be holding, ever."""
        self.last_dt = 0.0
        """Seconds the newest sample stands for, at work; 0 if it was none."""
        self.ok = True
        """The newest sample kept its limits: then the three that follow are None."""
        self.over_since: float | None = None
        """Speed has been over the live limit since then; the others likewise over and under the force band."""
        self.hard_since: float | None = None
        self.light_since: float | None = None

    def take_limits(self, limits: Limits) -> None:
        """What is measured against from now on."""
        self.limits = limits
        self._live_m_s = limits.live_speed_m_s
        low, high = limits.force_low_n, limits.force_high_n
        self._low_n, self._high_n = (-inf, inf) if low is None or high is None else (low, high)

    def take_times(self, fast_s: float, hard_s: float) -> None:
        """How long too fast and too hard must last from now on."""
        self._fast_s = fast_s
        self._hard_s = hard_s

    def clear(self) -> None:
        """Nothing is in the tally yet."""
        self.tally = Tally()
        self._peak_n = 0.0

    def begin_set(self, kept_s: float) -> None:
        """Of what was tallied, the last `kept_s` seconds belong to the new set."""
        tally = self.tally
        if kept_s <= 0:
            self.clear()
        else:
            tally.work_s = min(tally.work_s, kept_s)
            tally.ok_s = min(tally.ok_s, tally.work_s)
            tally.moving_s = min(tally.moving_s, kept_s)

    def stroke_over(self, length_m: float, idle: float, forces: Sequence[float | None], holding: bool) -> Doing:
        """A movement ended `idle` seconds ago, as shows only now: that time, with its forces, was no work after all."""
        tally = self.tally
        tally.distance_m += length_m
        tally.moving_s = max(0.0, tally.moving_s - idle)
        if not holding:
            tally.work_s = max(0.0, tally.work_s - idle)
            tally.ok_s = max(0.0, tally.ok_s - idle * self._in_band(forces))
            self.idle_s += idle
        return self.new_stroke()

    def new_stroke(self) -> Doing:
        """Begin to watch another stroke; what was watched in the last one."""
        done, self.stroke = self.stroke, Doing(self._n, self._force_sum)
        self._peak_n = 0.0
        return done.over(self._n, self._force_sum)

    def hold_begun(self, start: float, idle_before: float, forces: Sequence[float | None]) -> None:
        """A hold from `start` on was recognised: the time since `idle_before` was work, as is known only now.

        `forces` are those of its samples so far.
        """
        still = self.idle_s - idle_before
        self.tally.work_s += still
        self.tally.ok_s += still * self._in_band(forces)
        known = [force for force in forces if force is not None]
        self.hold = Doing(self._n - len(known), self._force_sum - sum(known))
        since, until = self._hard_span
        self.hold.hard = until - max(since, start) >= self._hard_s

    def hold_over(self, duration_s: float, forces: Sequence[float | None]) -> Doing:
        """A hold ended, before the samples with these forces; what was watched in it."""
        self.tally.holds += 1
        self.tally.hold_s += duration_s
        known = [force for force in forces if force is not None]
        return self.hold.over(self._n - len(known), self._force_sum - sum(known))

    def _in_band(self, forces: Sequence[float | None]) -> float:
        """Share of samples whose force is in its band, or not measured."""
        good = sum(force is None or self._low_n <= force <= self._high_n for force in forces)
        return good / len(forces) if forces else 1.0

    def off_body(self) -> None:
        self.over_since = self.hard_since = self.light_since = None

    def sample(self, t: float, dt: float, speed: float, force_n: float | None, moving: bool, holding: bool) -> None:
        """Limits and tallies of one sample; it stands for the `dt` seconds before it."""
        tally = self.tally
        ok = True
        if moving and (speed > self._live_m_s or speed < -self._live_m_s):
            ok = False
            if self.over_since is None:
                self.over_since = t
            elif t - self.over_since >= self._fast_s:
                self.stroke.too_fast = True
        else:
            self.over_since = None
        if force_n is not None:
            if self._low_n <= force_n <= self._high_n:
                self.hard_since = self.light_since = None
            else:
                ok = False
                self._pressed_wrong(t, force_n)
            self._n += 1
            self._force_sum += force_n
            if force_n > self._peak_n:
                self._raise_peaks(force_n)
            tally.impulse_ns += force_n * dt
            tally.force_time_s += dt
        self.ok = ok
        if moving:
            tally.moving_s += dt
        elif not holding:
            self.idle_s += dt
            self.last_dt = 0.0
            return
        self.last_dt = dt
        tally.work_s += dt
        if ok:
            tally.ok_s += dt

    def _pressed_wrong(self, t: float, force_n: float) -> None:
        """The force is out of its band."""
        if force_n > self._high_n:
            self.light_since = None
            if self.hard_since is None:
                self.hard_since = t
            elif t - self.hard_since >= self._hard_s:
                self.stroke.hard = self.hold.hard = True
                self._hard_span = (self.hard_since, t)
            return
        self.hard_since = None
        if self.light_since is None:
            self.light_since = t

    def _raise_peaks(self, force_n: float) -> None:
        stroke, tally = self.stroke, self.tally
        stroke.peak_n = max(stroke.peak_n, force_n)
        tally.peak_n = max(tally.peak_n, force_n)
        self._peak_n = min(stroke.peak_n, tally.peak_n)
