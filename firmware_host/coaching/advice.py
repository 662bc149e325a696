"""Which cues the present moment calls for; whether and when one is given is the desk's to say (cues.py)."""

from __future__ import annotations

from firmware_host.coaching.cues import CueDesk
from firmware_host.coaching.events import Reason
from firmware_host.coaching.findings import Stroke
from firmware_host.coaching.guidance import Profile
from firmware_host.coaching.holds import HoldSpan
from firmware_host.coaching.track import ToolTrack

EASED_S = 1.0
"""Under the band this long, a person who pressed too hard has eased off."""


class Advisor:
    """Raises cues at the desk. Reasons are made only when a cue could come of them."""

    __slots__ = ("_desk", "_leaning", "_profile", "_told_done")

    def __init__(self, profile: Profile, desk: CueDesk) -> None:
        self._profile = profile
        self._desk = desk
        self._leaning = False
        """The force was under its band, and has not been in it since."""
        self._told_done = False
        """The running hold's 20 s were told."""

    def sample(self, track: ToolTrack, now: float) -> bool:
        """What one sample in the set calls for; whether something is being done at all."""
        watch, running = track.watch, track.holds.running
        if not watch.ok or self._leaning:
            self._out_of_limits(track, now)
        if running is not None and not self._told_done:
            self._holding(track, running, now)
        if watch.tally.work_s >= watch.limits.set_s:
            self._set_done(track, running, now)
        return running is not None or track.movements.movement is not None

    def _out_of_limits(self, track: ToolTrack, now: float) -> None:
        watch = track.watch
        if watch.over_since is not None:
            self._too_fast(track, watch.over_since, now)
        if watch.hard_since is not None:
            self._too_hard(track, watch.hard_since, now)
        elif watch.light_since is not None:
            self._too_light(track, watch.light_since, now)
        elif self._leaning:
            self._leaning = False
            self._desk.heeded("lean_in")

    def _too_fast(self, track: ToolTrack, since: float, now: float) -> None:
        t = track.motion.t or now
        if t - since >= self._profile.cues.too_fast_s and self._desk.ready("slow_down", now):
            self._slow_down(track, abs(track.motion.speed), track.watch.limits.live_speed_m_s, now)

    def _too_hard(self, track: ToolTrack, since: float, now: float) -> None:
        t = track.motion.t or now
        if t - since >= self._profile.cues.ease_off_s and self._desk.ready("ease_off", now):
            reason = _force_reason(track, track.watch.limits.force_high_n)
            self._desk.while_("ease_off", now, track.tool.name, reason)

    def _too_light(self, track: ToolTrack, since: float, now: float) -> None:
        self._leaning = True
        t = track.motion.t or now
        if t - since >= self._profile.cues.lean_in_s and self._desk.ready("lean_in", now):
            reason = _force_reason(track, track.watch.limits.force_low_n)
            self._desk.while_("lean_in", now, track.tool.name, reason)
        if t - since >= EASED_S:
            self._desk.heeded("ease_off")

    def _holding(self, track: ToolTrack, running: HoldSpan, now: float) -> None:
        if running.duration_s >= self._profile.hold.done_s and track.watch.limits.hold_cues:
            self._told_done = True
            self._once("hold_done", track, now, running.duration_s)

    def _set_done(self, track: ToolTrack, running: HoldSpan | None, now: float) -> None:
        # Who holds a tender spot is not sent away from it before the hold's own time is over.
        staying = running is not None and running.duration_s < self._profile.hold.enough_s
        if not staying and self._desk.ready("move_on", now):
            watch = track.watch
            self._raise("move_on", track, now, watch.tally.work_s, watch.limits.set_s, watch.limits.set_source)

    def after_pass(self, track: ToolTrack, ended: Stroke, now: float) -> None:
        """A pass is over: too fast on the whole, or a sign that slow_down was heeded."""
        mean, limit = ended.movement.mean_m_s, track.watch.limits.mean_speed_m_s
        if mean > limit:
            self._slow_down(track, mean, limit, now)
        elif not ended.doing.too_fast:
            self._desk.heeded("slow_down")

    def hold_begun(self, track: ToolTrack, running: HoldSpan, now: float) -> None:
        self._told_done = False
        if track.watch.limits.hold_cues:
            self._once("spot_found", track, now, running.duration_s)

    def hold_ended(self, track: ToolTrack, span: HoldSpan, now: float) -> None:
        if not track.watch.limits.hold_cues:
            return
        if span.duration_s < self._profile.hold.done_s:
            self._once("hold_on", track, now, span.duration_s)
        else:
            self._desk.heeded("hold_on")

    def silence(self, track: ToolTrack, now: float) -> None:
        """No samples from the tool in use: say so."""
        last, limit = track.motion.t, self._profile.cues.no_signal_s
        silent = now - last if last is not None else 0.0
        if silent > limit:
            self._raise("no_signal", track, now, silent, limit, self._profile.cues.source)
        else:
            self._desk.heeded("no_signal")

    def _once(self, name: str, track: ToolTrack, now: float, held_s: float) -> None:
        hold = self._profile.hold
        reason = Reason(value=round(held_s, 1), limit=hold.done_s, unit="s", source=hold.source)
        self._desk.once(name, now, track.tool.name, reason)

    def _raise(self, name: str, track: ToolTrack, now: float, seconds: float, limit: float, source: str) -> None:
        reason = Reason(value=round(seconds, 1), limit=limit, unit="s", source=source)
        self._desk.while_(name, now, track.tool.name, reason)

    def _slow_down(self, track: ToolTrack, speed: float, limit: float, now: float) -> None:
        source = track.watch.limits.speed_source
        reason = Reason(value=round(speed, 3), limit=round(limit, 3), unit="m/s", source=source)
        self._desk.while_("slow_down", now, track.tool.name, reason)


def _force_reason(track: ToolTrack, limit: float | None) -> Reason:
    force = track.force.force_n
    return Reason(
        value=round(force) if force is not None else None,
        limit=round(limit) if limit is not None else None,
        unit="N",
        source=track.watch.limits.force_source,
    )
