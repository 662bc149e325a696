"""Which cues the present moment of a set calls for; whether and when one is given is the desk's to say (cues.py)."""

from __future__ import annotations

from firmware_host.coaching.cues import CueDesk
from firmware_host.coaching.events import Reason
from firmware_host.coaching.findings import Stroke
from firmware_host.coaching.guidance import Limits, Profile
from firmware_host.coaching.holds import HoldSpan
from firmware_host.coaching.places import Places
from firmware_host.coaching.setup import KnownSpot
from firmware_host.coaching.track import ToolTrack

EASED_S = 1.0
"""Under the band this long, a person who pressed too hard has eased off."""


class Advisor:
    """Raises cues at the desk, for one set after the other. Reasons are made only when a cue could come of them."""

    __slots__ = (
        "_breathed",
        "_desk",
        "_firm_since",
        "_hold_told",
        "_joint_near",
        "_lane_passes",
        "_lanes",
        "_leaning",
        "_means",
        "_moved_on_s",
        "_profile",
        "_spot_told",
        "after_set",
        "no_holds",
        "places",
        "prompted",
        "starting",
    )

    def __init__(self, profile: Profile, desk: CueDesk) -> None:
        self._profile = profile
        self._desk = desk
        self._leaning = False
        """The force was under its band, and has not been in it since."""
        self._hold_told = 0
        """Of the running hold, its 20 s (1) and its 30 s (2) were told."""
        self._breathed = False
        self.no_holds = False
        """The muscle was rated so high that nobody is asked to stay on it."""
        self.after_set = "Time for the next muscle."
        """What move_on says."""
        self.begin_set(None, (), ())

    def begin_set(
        self,
        track: ToolTrack | None,
        lanes: tuple[str, ...],
        spots: tuple[KnownSpot, ...],
        muscle: str | None = None,
    ) -> None:
        """A set begins, with a tool or by hand: its light beginning, its lanes and its spots."""
        profile = self._profile
        span_m = track.tool.span_m(muscle) if track is not None else None
        if track is not None and track.tool.kind == "massage_ball":
            span_m = None  # its positions are a distance, in no direction
        self.places = Places(span_m, profile.joint, profile.spot, spots)
        self.starting = track is not None and track.watch.limits.force_high_n is not None
        """The set is in its light beginning."""
        self.prompted: list[str] = []
        """Lanes that were asked for."""
        self._firm_since: float | None = None
        self._lanes = lanes
        self._lane_passes = 0
        self._means: list[float] = []
        self._spot_told = False
        self._moved_on_s: float | None = None
        """Work at which move_on was first due."""
        self._joint_near = False
        """The stroke that is on came near the joint at speed."""

    # --- every sample ------------------------------------------------------------------------------------------

    def sample(self, track: ToolTrack, now: float) -> bool:
        """What one sample in the set calls for; whether something is being done at all."""
        watch, running = track.watch, track.holds.running
        if not watch.ok or self._leaning:
            self._out_of_limits(track, now)
        if self.starting:
            self._start_light(track, now)
        if self.places.wanted:
            self._by_place(track, now)
        if running is not None and self._hold_told < 2:
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
        if not self.starting and t - since >= self._profile.cues.lean_in_s and self._desk.ready("lean_in", now):
            reason = _force_reason(track, track.watch.limits.force_low_n)
            self._desk.while_("lean_in", now, track.tool.name, reason)
        if t - since >= EASED_S:
            self._desk.heeded("ease_off")

    def _start_light(self, track: ToolTrack, now: float) -> None:
        """The set's beginning: no more than a share of the band's top."""
        guide, tally, top = self._profile.start, track.watch.tally, track.watch.limits.force_high_n
        if top is None or tally.work_s >= guide.seconds or tally.passes >= guide.passes:
            self.starting = False
            self._desk.heeded("start_lighter")
            return
        force, t = track.force.force_n, track.motion.t or now
        if force is None or force <= guide.share * top:
            self._firm_since = None
            return
        if self._firm_since is None:
            self._firm_since = t
        elif t - self._firm_since >= self._profile.cues.ease_off_s and self._desk.ready("start_lighter", now):
            reason = Reason(value=round(force), limit=round(guide.share * top), unit="N", source=guide.source)
            self._desk.while_("start_lighter", now, track.tool.name, reason)

    def _by_place(self, track: ToolTrack, now: float) -> None:
        """Near a joint, or a tender spot, at speed."""
        places, position, speed = self.places, track.position_m, track.motion.speed
        limit = track.watch.limits.mean_speed_m_s
        places.sample(position, speed, track.watch.last_dt, limit)
        left = places.near_joint(position, speed, limit)
        if left is not None:
            self._joint_near = True
            if self._desk.ready("near_joint", now):
                joint = self._profile.joint
                reason = Reason(value=round(left, 3), limit=joint.margin_m, unit="m", source=joint.source)
                self._desk.while_("near_joint", now, track.tool.name, reason)
        if not self._spot_told and self._desk.ready("spot_near", now):
            near = places.near_spot(position, speed, limit)
            if near is not None:
                self._spot_told = True
                guide = self._profile.spot
                slow = round(guide.slow_share * limit, 3)
                reason = Reason(value=round(abs(speed), 3), limit=slow, unit="m/s", source=guide.source)
                self._desk.once("spot_near", now, track.tool.name, reason)

    def _holding(self, track: ToolTrack, running: HoldSpan, now: float) -> None:
        if not self._asks_holds(track):
            return
        hold, held_s = self._profile.hold, running.duration_s
        if not self._breathed and held_s >= self._profile.breath.after_s:
            self._breathed = True
            breath = self._profile.breath
            reason = Reason(value=round(held_s, 1), limit=breath.after_s, unit="s", source=breath.source)
            self._desk.once("breathe", now, track.tool.name, reason)
        if self._hold_told == 0 and held_s >= hold.done_s:
            self._hold_told = 1
            # Where the phase asks for no more, nobody is told to stay on.
            words = "" if track.watch.limits.hold_high_s > hold.done_s else f"{hold.done_s:.0f} seconds: roll on."
            self._once("hold_done", track, now, held_s, hold.done_s, words)
        elif self._hold_told == 1 and held_s >= hold.enough_s:
            self._hold_told = 2
            self._once("hold_enough", track, now, held_s, hold.enough_s)

    def _asks_holds(self, track: ToolTrack) -> bool:
        """Holds are asked for: not in the light phase, nor on a muscle rated too high, nor once there were enough."""
        limits = track.watch.limits
        enough = limits.holds_most is not None and track.watch.tally.holds >= limits.holds_most
        return limits.hold_cues and not self.no_holds and not enough

    def _set_done(self, track: ToolTrack, running: HoldSpan | None, now: float) -> None:
        # Who holds a tender spot is not sent away from it before the hold's own time is over.
        if running is not None and running.duration_s < self._profile.hold.enough_s:
            return
        self.set_time(track.watch.tally.work_s, track.watch.limits, track.tool.name, now)

    # --- what happened -----------------------------------------------------------------------------------------

    def after_pass(self, track: ToolTrack, ended: Stroke, jerk: tuple[float, float, str] | None, now: float) -> None:
        """A pass is over: too fast on the whole, or a sign that slow_down was heeded; and perhaps time to turn.

        `jerk` is what was jerky about it (judging.py).
        """
        mean, most = ended.movement.mean_m_s, track.watch.limits.mean_speed_m_s
        if mean > most:
            self._slow_down(track, mean, most, now)
        elif not ended.doing.too_fast:
            self._desk.heeded("slow_down")
        if jerk is not None:
            value, limit, unit = jerk
            reason = Reason(value=value, limit=limit, unit=unit, source=self._profile.cues.source)
            self._desk.once("smooth_out", now, track.tool.name, reason)
        else:
            self._desk.heeded("smooth_out")
        if ended.doing.mean_n is not None:
            self._means.append(ended.doing.mean_n)
        self._rotate(track, now)

    def stroke_over(self) -> bool:
        """A movement is over; whether it went slowly over a tender spot."""
        self._spot_told = False
        if not self._joint_near:
            self._desk.heeded("near_joint")
        self._joint_near = False
        slowly = self.places.slowly_over()
        if slowly:
            self._desk.heeded("spot_near")
        return slowly

    def _rotate(self, track: ToolTrack, now: float) -> None:
        """Every few passes the next lane, as long as there are any: whether the leg was turned, nobody sees."""
        if not self._lanes:
            return
        guide = self._profile.rotate
        self._lane_passes += 1
        if self._lane_passes < guide.passes or track.watch.tally.work_s >= track.watch.limits.set_s:
            return
        self._lane_passes = 0
        lane = self._lanes[(len(self.prompted) + 1) % len(self._lanes)]
        self.prompted.append(lane)
        reason = Reason(value=float(guide.passes), limit=float(guide.passes), unit="passes", source=guide.source)
        self._desk.once("rotate_leg", now, track.tool.name, reason, f"{lane}.")

    def touched(self, track: ToolTrack) -> None:
        """The tool came onto the body again within the set."""
        self.places.touch(track.position_m)

    def hold_begun(self, track: ToolTrack, running: HoldSpan, now: float) -> None:
        self._hold_told = 0
        self._breathed = False
        # Without a force sensor, rest after the set's time is taken for having lifted off.
        lifted = track.force.always_on and track.watch.tally.work_s >= track.watch.limits.set_s
        if self._asks_holds(track) and not lifted:
            self._once("spot_found", track, now, running.duration_s, self._profile.hold.done_s)

    def hold_ended(self, track: ToolTrack, span: HoldSpan, now: float) -> None:
        asked_s = track.watch.limits.hold_low_s
        # What counts as enough of holds was so before this one: the tally has it already.
        limits = track.watch.limits
        enough = limits.holds_most is not None and track.watch.tally.holds > limits.holds_most
        if not limits.hold_cues or self.no_holds or enough or asked_s <= 0:
            return
        if span.duration_s < asked_s and track.watch.tally.work_s >= limits.set_s:
            return  # the set has had its time: to move on is right, and said
        if span.duration_s < asked_s:
            self._once("hold_on", track, now, span.duration_s, asked_s)
        else:
            self._desk.heeded("hold_on")

    def stacked(self, body_weight_n: float) -> bool | None:
        """Whether the force rose for good, as when the other leg is put on top; None: not measured."""
        means = self._means
        if len(means) < 4:
            return None if not means else False
        step = self._profile.safety.stacked_bw * body_weight_n
        return any(
            min(means[i : i + 2]) - sum(means[:i]) / i >= step and min(means[i:]) - sum(means[:i]) / i >= step / 2
            for i in range(2, len(means) - 1)
        )

    # --- time --------------------------------------------------------------------------------------------------

    def set_time(self, work_s: float, limits: Limits, tool: str, now: float) -> None:
        """The set has reached its time: say so, and more plainly once it is well over it."""
        over_s = limits.overtime_s
        if self._moved_on_s is not None:  # later than the set's time, where a hold was waited for
            over_s = max(over_s, self._moved_on_s + limits.overtime_s - limits.set_s)
        name = "set_overtime" if work_s >= over_s and self._moved_on_s is not None else "move_on"
        if self._desk.ready(name, now):
            if self._moved_on_s is None:
                self._moved_on_s = work_s
            limit = over_s if name == "set_overtime" else limits.set_s
            words = self.after_set if name == "move_on" else ""
            self._raise(name, tool, now, work_s, limit, limits.set_source, words)

    def silence(self, track: ToolTrack, now: float) -> None:
        """No samples from the tool in use: say so."""
        last, limit = track.motion.t, self._profile.cues.no_signal_s
        silent = now - last if last is not None else 0.0
        if silent > limit:
            self._raise("no_signal", track.tool.name, now, silent, limit, self._profile.cues.source)
        else:
            self._desk.heeded("no_signal")

    def session_time(self, tool: str | None, lasted_s: float, now: float) -> None:
        """The session goes on: after 20 minutes a break is due."""
        guide = self._profile.session
        if lasted_s >= guide.break_s and self._desk.ready("take_a_break", now):
            self._raise("take_a_break", tool, now, lasted_s, guide.break_s, guide.source)

    def _once(self, name: str, track: ToolTrack, now: float, held_s: float, limit: float, words: str = "") -> None:
        reason = Reason(value=round(held_s, 1), limit=limit, unit="s", source=self._profile.hold.source)
        self._desk.once(name, now, track.tool.name, reason, words)

    def _raise(
        self, name: str, tool: str | None, now: float, seconds: float, limit: float, source: str, words: str = ""
    ) -> None:
        reason = Reason(value=round(seconds, 1), limit=limit, unit="s", source=source)
        self._desk.while_(name, now, tool, reason, words)

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
