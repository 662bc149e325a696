"""One tool under its limits: since when it has been too fast, too hard or too light, and what adds up in a set."""

from __future__ import annotations

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
        "_hard_s",
        "hard_since",
        "hold",
        "idle_s",
        "light_since",
        "limits",
        "over_since",
        "stroke",
        "tally",
    )

    def __init__(self, limits: Limits, fast_s: float, hard_s: float) -> None:
        self.limits = limits
        self._fast_s = fast_s
        self._hard_s = hard_s
        self.tally = Tally()
        self.stroke = Doing()
        self.hold = Doing()
        self.idle_s = 0.0
        """Seconds neither moving nor known to be holding, ever."""
        self.over_since: float | None = None
        """Speed has been over the live limit since then; the others likewise over and under the force band."""
        self.hard_since: float | None = None
        self.light_since: float | None = None

    def begin_set(self, kept_s: float) -> None:
        """Of what was tallied, the last `kept_s` seconds belong to the new set."""
        tally = self.tally
        if kept_s <= 0:
            self.tally = Tally()
        else:
            tally.work_s = min(tally.work_s, kept_s)
            tally.ok_s = min(tally.ok_s, tally.work_s)
            tally.moving_s = min(tally.moving_s, kept_s)

    def stroke_over(self, length_m: float, idle: float, holding: bool) -> Doing:
        """A movement ended `idle` seconds ago, as shows only now: that time was no work after all."""
        tally = self.tally
        tally.distance_m += length_m
        tally.moving_s = max(0.0, tally.moving_s - idle)
        if not holding:
            tally.work_s = max(0.0, tally.work_s - idle)
            tally.ok_s = max(0.0, tally.ok_s - idle)
            self.idle_s += idle
        return self.new_stroke()

    def new_stroke(self) -> Doing:
        """Begin to watch another stroke; what was watched in the last one."""
        done, self.stroke = self.stroke, Doing()
        return done

    def hold_begun(self, idle_before: float) -> None:
        """A hold was recognised: the time since `idle_before` was work, as is known only now."""
        still = self.idle_s - idle_before
        self.tally.work_s += still
        if self.hard_since is None:
            self.tally.ok_s += still

    def hold_over(self, duration_s: float | None) -> Doing:
        """A hold ended (None: it was too short to be one); what was watched in it."""
        if duration_s is not None:
            self.tally.holds += 1
            self.tally.hold_s += duration_s
        done, self.hold = self.hold, Doing()
        return done

    def off_body(self) -> None:
        self.over_since = self.hard_since = self.light_since = None

    def sample(
        self,
        t: float,
        dt: float,
        speed: float,
        force_n: float | None,
        moving: bool,
        holding: bool,
        masked: bool,
        clipped: bool,
    ) -> None:
        """Limits and tallies of one sample."""
        limits = self.limits
        fast = moving and speed > limits.live_speed_m_s
        if not fast:
            self.over_since = None
        elif self.over_since is None:
            self.over_since = t
        elif t - self.over_since >= self._fast_s:
            self.stroke.too_fast = True
        ok = not fast
        if force_n is not None:
            ok = self._force(t, force_n) and ok
            for doing in (self.stroke, self.hold):
                doing.n += 1
                doing.force_sum += force_n
                if force_n > doing.peak_n:
                    doing.peak_n = force_n
        if masked:
            self.stroke.masked = self.hold.masked = True
        if clipped:
            self.stroke.clipped = True
        tally = self.tally
        if moving:
            tally.moving_s += dt
        if moving or holding:
            tally.work_s += dt
            if ok:
                tally.ok_s += dt
        else:
            self.idle_s += dt
        if force_n is not None:
            tally.impulse_ns += force_n * dt
            tally.force_time_s += dt
            if force_n > tally.peak_n:
                tally.peak_n = force_n

    def _force(self, t: float, force_n: float) -> bool:
        limits = self.limits
        high, low = limits.force_high_n, limits.force_low_n
        if high is None or low is None:
            return True
        if force_n > high:
            self.light_since = None
            if self.hard_since is None:
                self.hard_since = t
            elif t - self.hard_since >= self._hard_s:
                self.stroke.hard = self.hold.hard = True
            return False
        self.hard_since = None
        if force_n < low:
            if self.light_since is None:
                self.light_since = t
            return False
        self.light_since = None
        return True
