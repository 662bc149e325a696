"""The engine: inputs in, events out; pure and total.

`feed` takes one input and returns what follows from it. It has no clock, no I/O and no randomness: the same inputs
give the same events, however they are batched, so a recording is a test. Whatever it is fed, it returns a list and
raises nothing; what it can't use is answered with a `rejected` event and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from msgspec import Struct, structs

from firmware_host.coaching import guidance
from firmware_host.coaching.cues import CUES, CueDesk, Given
from firmware_host.coaching.events import (
    Contact,
    Cue,
    Ended,
    Event,
    EventBase,
    Fault,
    Hold,
    Motion,
    Pass,
    Reason,
    Recovered,
    Rejected,
    ShortPass,
)
from firmware_host.coaching.guidance import Limits, Profile
from firmware_host.coaching.holds import WINDOW_M
from firmware_host.coaching.inputs import (
    Command,
    DeviceFault,
    ForceSample,
    HapticRan,
    ImuSample,
    Input,
    Person,
    Recalibrated,
    StreamGap,
    Tick,
    Tool,
)
from firmware_host.coaching.requests import COMMANDS, Selection
from firmware_host.coaching.session import OpenSession, OpenSet, rounded
from firmware_host.coaching.smoothness import smoothness
from firmware_host.coaching.snapshot import Snapshot, ToolSnapshot
from firmware_host.coaching.track import Finding, HoldBegun, HoldEnded, Stroke, Tally, ToolTrack, Touched

SILENT_S = 1.0
"""A movement is closed by silence when no IMU sample came for 0.5 s, and lines may be 0.5 s late."""
FARTHEST_S = 1e9


class Carried(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a new engine takes over from the one before it, so that each recording stands alone."""

    now: float = 0.0
    run_end_t: float | None = None
    quiet: bool = False
    pain: bool = False
    faults: dict[str, str] = {}


class Setup(Struct, frozen=True, kw_only=True):
    """What an engine is made of: the first line of a recording, with the profile read in."""

    person: Person
    tools: tuple[Tool, ...]
    profile: Profile
    session_timeout_s: float = 300.0
    carried: Carried = Carried()


class Engine:
    """One station: its tools, the set and session that are on, and the cues."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.profile = setup.profile
        carried = setup.carried
        self.now = carried.now
        self.selection = Selection()
        self.run_end_t = carried.run_end_t
        self.phase = guidance.phase_of(self.profile, self._since_run())
        self.tracks: dict[str, ToolTrack] = {}
        cues = self.profile.cues
        for tool in setup.tools:
            self.tracks[tool.name] = ToolTrack(
                tool, setup.person, self.limits_for(tool), cues.too_fast_s, cues.ease_off_s
            )
        self.desk = CueDesk(cues.pause_s, cues.longest_pause_s)
        self.session: OpenSession | None = None
        self.set: OpenSet | None = None
        self.armed = True
        """The next contact begins a set."""
        self.pain = carried.pain
        self.quiet = carried.quiet
        self.last_cue: Cue | None = None
        self.last_spot: tuple[str, float, float] | None = None
        self.faults = dict(carried.faults)
        self._hold_told = 0
        self._events: list[Event] = []
        self._feeders: dict[type, Callable[[Input], None]] = {
            ImuSample: self._imu,  # type: ignore[dict-item]
            ForceSample: self._force,  # type: ignore[dict-item]
            Tick: self._tick,  # type: ignore[dict-item]
            StreamGap: self._gap,  # type: ignore[dict-item]
            HapticRan: self._haptic,  # type: ignore[dict-item]
            Recalibrated: self._recalibrate,  # type: ignore[dict-item]
            DeviceFault: self._device,  # type: ignore[dict-item]
            Command: self._command,  # type: ignore[dict-item]
        }

    # --- the two doors ---------------------------------------------------------------------------------------

    def feed(self, given: Input) -> list[Event]:
        """Take one input; the events that follow from it, in order."""
        t = given.t
        if not -FARTHEST_S < t < FARTHEST_S:
            return [Rejected(t=self.now, input=type(given).__name__, why=f"t {t} is no time of a run")]
        events: list[Event] = []
        self._events = events
        if t > self.now:
            self.now = t
        self._feeders[given.__class__](given)
        if self.desk.waiting:
            given_cue = self.desk.next_cue(self.now)
            if given_cue is not None:
                self.say(given_cue)
        return events

    def close(self) -> list[Event]:
        """No more inputs: end what is open, as at shutdown."""
        events: list[Event] = []
        self._events = events
        self.finish_all()
        self.end_session("shutdown", self.now)
        return events

    def motion_of(self, tool: str) -> Motion | None:
        """The newest `--emit motion` line of a tool, or None before its first sample."""
        track = self.tracks.get(tool)
        if track is None or track.motion.t is None:
            return None
        motion = track.motion
        found = motion.axis_found
        return Motion(
            t=motion.t,  # type: ignore[arg-type]
            tool=tool,
            muscle=self.selection.muscle,
            side=self.selection.side,
            angle_rad=rounded(motion.angle),
            speed_m_s=rounded(motion.speed) if found else 0.0,
            position_m=rounded(track.position_m),
            position_sd_m=rounded(motion.position_sd),
            force_n=rounded(track.force.force_n) if track.force.force_n is not None else None,
            on_body=track.on_body,
            state=track.state,
        )

    def snapshot(self) -> Snapshot:
        """What is going on now."""
        hold = self.profile.hold
        return Snapshot(
            t=rounded(self.now),
            tools=tuple(self._tool_snapshot(track) for track in self.tracks.values()),
            muscle=self.selection.muscle,
            side=self.selection.side,
            tool=self.selection.tool,
            phase=self.phase,
            profile=self.profile.name,
            routine=None,
            set=self.set.snapshot() if self.set is not None else None,
            session=self.session.snapshot(self.set) if self.session is not None else None,
            last_cue=self.last_cue,
            pain=self.pain,
            quiet=self.quiet,
            faults=tuple(self.faults.values()),
            hold_done_s=hold.done_s,
            hold_enough_s=hold.enough_s,
        )

    def _tool_snapshot(self, track: ToolTrack) -> ToolSnapshot:
        limits, motion, force = track.limits, track.motion, track.force
        return ToolSnapshot(
            tool=track.tool.name,
            kind=track.tool.kind,
            t=rounded(motion.t or 0.0),
            state=track.state,
            on_body=track.on_body,
            speed_m_s=rounded(motion.speed) if motion.axis_found else 0.0,
            mean_speed_limit_m_s=rounded(limits.mean_speed_m_s),
            live_speed_limit_m_s=rounded(limits.live_speed_m_s),
            force_n=rounded(force.force_n) if force.force_n is not None else None,
            force_low_n=rounded(limits.force_low_n) if limits.force_low_n is not None else None,
            force_high_n=rounded(limits.force_high_n) if limits.force_high_n is not None else None,
            load=rounded(force.load) if force.load is not None else None,
            position_m=rounded(track.position_m),
            position_sd_m=rounded(motion.position_sd),
            hold_s=rounded(track.hold_s),
        )

    # --- inputs ----------------------------------------------------------------------------------------------

    def _imu(self, given: ImuSample) -> None:
        track = self.tracks.get(given.tool)
        if track is None:
            self._unknown_tool(given)
            return
        last = track.motion.t
        if last is not None and given.t - last > 0.5:
            self._all_found(track, track.lose_imu(last))
        refused = track.motion.rejected
        found = track.sample(given)
        if track.motion.rejected != refused:
            self.reject("imu", f"{given.tool}: a reading that is no number, or from before the last one")
        if found is not None:
            self._all_found(track, found)
        if track.on_body and self.set is not None and self.set.track is track:
            self._advise(track)

    def _force(self, given: ForceSample) -> None:
        track = self.tracks.get(given.tool)
        if track is None:
            self._unknown_tool(given)
            return
        values = given.value if isinstance(given.value, tuple) else (given.value,)
        if not all(isfinite(value) for value in values):
            self.reject("force", f"{given.tool}: a reading that is no number")
            return
        track.press(given)

    def _tick(self, given: Tick) -> None:
        now = self.now
        for track in self.tracks.values():
            last = track.motion.t
            if last is not None and now - last > SILENT_S and track.movements.movement is not None:
                self._all_found(track, track.lose_imu(last))
            self._all_found(track, track.late_changes(now))
        if self.run_end_t is not None:
            self.enter_phase_now()
        if self.session is None:
            return
        self._silence(now)
        if now - self.session.last_t > self.setup.session_timeout_s:
            self.end_session("time-out", self.session.last_t)

    def _silence(self, now: float) -> None:
        """No samples from the tool in use: say so."""
        if self.set is None:
            return
        last = self.set.track.motion.t
        limit = self.profile.cues.no_signal_s
        silent = now - last if last is not None else 0.0
        if silent > limit:
            reason = Reason(value=round(silent, 1), limit=limit, unit="s", source=self.profile.cues.source)
            self.desk.while_("no_signal", now, self.set.track.tool.name, reason)
        else:
            self.desk.heeded("no_signal")

    def _gap(self, given: StreamGap) -> None:
        track = self.tracks.get(given.tool)
        if track is None:
            self._unknown_tool(given)
        elif given.of == "force":
            track.lose_force(given.t)
        else:
            last = track.motion.t
            self._all_found(track, track.lose_imu(given.t if last is None else last))

    def _haptic(self, given: HapticRan) -> None:
        track = self.tracks.get(given.tool)
        if track is None:
            self._unknown_tool(given)
            return
        if not 0 <= given.seconds <= 60:
            self.reject("haptic", f"{given.seconds} s is outside 0..60")
            return
        track.shake(given.t, given.seconds)
        self.desk.muted_until = max(self.desk.muted_until, track.mask_until)

    def _recalibrate(self, given: Recalibrated) -> None:
        track = self.tracks.get(given.tool)
        if track is None:
            self._unknown_tool(given)
        else:
            track.calibrate(given.calibration)

    def _device(self, given: DeviceFault) -> None:
        kind: type[Fault] | type[Recovered] = Fault
        if given.ok:
            kind = Recovered
            self.faults.pop(given.device, None)
        else:
            self.faults[given.device] = f"{given.device}: {given.what}. {given.hint}".strip()
        self.emit(kind, given.tool, device=given.device, what=given.what, hint=given.hint)

    def _command(self, given: Command) -> None:
        carry_out = COMMANDS.get(given.command)
        if carry_out is None:
            self.reject(given.command, f"there is no command {given.command!r}", given.id)
            return
        why = carry_out(self, given)
        if why:
            self.reject(given.command, why, given.id)

    def _unknown_tool(self, given: ImuSample | ForceSample | StreamGap | HapticRan | Recalibrated) -> None:
        self.reject(type(given).__name__, f"there is no tool {given.tool!r} at this station")

    # --- what was found --------------------------------------------------------------------------------------

    def _all_found(self, track: ToolTrack, found: list[Finding]) -> None:
        for finding in found:
            self._found(track, finding)

    def _found(self, track: ToolTrack, finding: Finding) -> None:
        if isinstance(finding, Touched):
            self._touched(track, finding)
        elif self.pain:
            return  # after a pain stop nothing is counted until the person starts again
        elif isinstance(finding, Stroke):
            self._stroke(track, finding)
        elif isinstance(finding, HoldBegun):
            self._hold_begun(track)
        else:
            self._hold_ended(track, finding)

    def _touched(self, track: ToolTrack, touched: Touched) -> None:
        self.emit(Contact, track.tool.name, on=touched.on)
        if self.session is not None:
            self.session.last_t = self.now
        if touched.on and self.armed and not self.pain and not track.force.always_on:
            self.begin_set(track, touched.t)

    def _stroke(self, track: ToolTrack, stroke: Stroke) -> None:
        movement, doing = stroke.movement, stroke.doing
        limits = track.limits
        length = movement.length_m
        if self.set is None and self.armed and length >= WINDOW_M:
            self.begin_set(track, movement.start[0])  # a tool without a force sensor: rolling is contact
        self._active(movement.end[0])
        if track.tool.kind == "massage_ball" or length < WINDOW_M or movement.duration_s <= 0:
            return
        is_pass = length >= limits.min_pass_m
        mean = movement.mean_m_s
        smooth = smoothness(movement.speeds)
        flags: list[str] = []
        mean_too_fast = mean > limits.mean_speed_m_s
        if doing.too_fast or mean_too_fast:
            flags.append("too_fast")
        cues = self.profile.cues
        jerky = (
            movement.peak_m_s > cues.jerky_peak_over_mean * mean
            or movement.twitches >= cues.jerky_twitches
            or (smooth is not None and smooth < cues.jerky_smoothness)
        )
        if jerky:
            flags.append("jerky")
        if doing.hard:
            flags.append("too_hard")
        elif limits.force_low_n is not None and doing.mean_n is not None and doing.mean_n < limits.force_low_n:
            flags.append("too_light")
        span = track.tool.calibration.span_m
        if span is not None and length > span:
            flags.append("overshoot")
        if doing.masked:
            flags.append("haptic_masked")
        if doing.clipped:
            flags.append("clipped")
        self.emit(
            Pass if is_pass else ShortPass,
            track.tool.name,
            start=rounded(movement.start[0]),
            end=rounded(movement.end[0]),
            direction=movement.direction,
            length_m=rounded(length),
            mean_speed_m_s=rounded(mean),
            peak_speed_m_s=rounded(movement.peak_m_s),
            smoothness=rounded(smooth) if smooth is not None else None,
            mean_force_n=rounded(doing.mean_n) if doing.mean_n is not None else None,
            peak_force_n=rounded(doing.peak_n) if doing.mean_n is not None else None,
            coverage=rounded(min(1.0, length / span)) if span else None,
            flags=tuple(flags),
        )
        if is_pass:
            track.tally.passes += 1
            if mean_too_fast:
                self._slow_down(track, mean, limits.mean_speed_m_s)
            elif not doing.too_fast:
                self.desk.heeded("slow_down")
        else:
            track.tally.short_passes += 1

    def _hold_begun(self, track: ToolTrack) -> None:
        running = track.holds.running
        if running is None:
            return
        if self.set is None and self.armed:
            self.begin_set(track, running.start)
        self._active(self.now)
        self._hold_told = 0
        if self.set is not None and self.set.track is track and track.limits.hold_cues:
            hold = self.profile.hold
            reason = Reason(value=round(running.duration_s, 1), limit=hold.done_s, unit="s", source=hold.source)
            self.desk.once("spot_found", self.now, track.tool.name, reason)

    def _hold_ended(self, track: ToolTrack, ended: HoldEnded) -> None:
        span, doing = ended.span, ended.doing
        hold = self.profile.hold
        self._active(span.end)
        short = span.duration_s < hold.done_s
        flags: list[str] = []
        if short:
            flags.append("short")
        elif span.duration_s > hold.enough_s:
            flags.append("long")
        if doing.hard:
            flags.append("too_hard")
        self.emit(
            Hold,
            track.tool.name,
            start=rounded(span.start),
            end=rounded(span.end),
            duration_s=rounded(span.duration_s),
            position_m=rounded(span.middle_m - track.origin_m),
            position_sd_m=rounded(track.motion.position_sd),
            excursion_m=rounded(span.excursion_m),
            mean_force_n=rounded(doing.mean_n) if doing.mean_n is not None else None,
            flags=tuple(flags),
        )
        if self.set is None or self.set.track is not track or not track.limits.hold_cues:
            return
        if short:
            reason = Reason(value=round(span.duration_s, 1), limit=hold.done_s, unit="s", source=hold.source)
            self.desk.once("hold_on", self.now, track.tool.name, reason)
        else:
            self.desk.heeded("hold_on")

    # --- advice ----------------------------------------------------------------------------------------------

    def _advise(self, track: ToolTrack) -> None:
        """What the present sample calls for; reasons are made only when a cue could come of them."""
        now, desk, cues, limits = self.now, self.desk, self.profile.cues, track.limits
        t = track.motion.t or now
        name = track.tool.name
        if track.over_since is not None and t - track.over_since >= cues.too_fast_s and desk.ready("slow_down", now):
            self._slow_down(track, abs(track.motion.speed), limits.live_speed_m_s)
        hard, light = track.hard_since, track.light_since
        if hard is not None:
            if t - hard >= cues.ease_off_s and desk.ready("ease_off", now):
                desk.while_("ease_off", now, name, self._force_reason(track, limits.force_high_n))
        elif light is not None:
            if t - light >= cues.lean_in_s and desk.ready("lean_in", now):
                desk.while_("lean_in", now, name, self._force_reason(track, limits.force_low_n))
            if t - light >= 1.0:
                desk.heeded("ease_off")
        else:
            desk.heeded("lean_in")
        running = track.holds.running
        if running is not None:
            self._active(now)
            done = self.profile.hold.done_s
            if self._hold_told == 0 and running.duration_s >= done and limits.hold_cues:
                self._hold_told = 1
                reason = Reason(
                    value=round(running.duration_s, 1), limit=done, unit="s", source=self.profile.hold.source
                )
                desk.once("hold_done", now, name, reason)
        elif track.movements.movement is not None:
            self._active(now)
        work = track.tally.work_s
        # Who holds a tender spot is not sent away from it before the hold's own time is over.
        staying = running is not None and running.duration_s < self.profile.hold.enough_s
        if work >= limits.set_s and not staying and desk.ready("move_on", now):
            reason = Reason(value=round(work, 1), limit=limits.set_s, unit="s", source=limits.set_source)
            desk.while_("move_on", now, name, reason)

    def _slow_down(self, track: ToolTrack, speed: float, limit: float) -> None:
        reason = Reason(value=round(speed, 3), limit=round(limit, 3), unit="m/s", source=track.limits.speed_source)
        self.desk.while_("slow_down", self.now, track.tool.name, reason)

    def _force_reason(self, track: ToolTrack, limit: float | None) -> Reason:
        force = track.force.force_n
        return Reason(
            value=round(force) if force is not None else None,
            limit=round(limit) if limit is not None else None,
            unit="N",
            source=track.limits.force_source,
        )

    def say(self, given: Given) -> None:
        """Emit a cue."""
        self.emit(
            Cue,
            given.tool,
            cue=given.name,
            reason=given.reason,
            pattern=given.name,
            words=CUES[given.name].words,
            repeat_after_s=given.repeat_after_s,
        )
        cue = self._events[-1]
        assert isinstance(cue, Cue)
        self.last_cue = cue

    # --- sets and sessions -------------------------------------------------------------------------------------

    def _active(self, t: float) -> None:
        if self.session is not None:
            self.session.last_t = max(self.session.last_t, t)
        if self.set is not None:
            self.set.last_t = max(self.set.last_t, t)

    def limits_for(self, tool: Tool) -> Limits:
        return guidance.limits(self.profile, self.setup.person, tool, self.selection.muscle, self.phase)

    def take_limits(self) -> None:
        """The muscle, profile or phase changed: what is measured against changes at once."""
        for track in self.tracks.values():
            track.limits = self.limits_for(track.tool)
        if self.set is not None:
            self.set.limits = self.set.track.limits

    def _since_run(self) -> float | None:
        return None if self.run_end_t is None else self.now - self.run_end_t

    def enter_phase_now(self) -> None:
        """The recovery phase of this moment, with its limits."""
        phase = guidance.phase_of(self.profile, self._since_run())
        if phase != self.phase:
            self.phase = phase
            self.take_limits()

    @property
    def idle(self) -> bool:
        """Nothing is on: no session, no tool on the body (or, without a force sensor, none that rolls)."""
        return self.session is None and all(
            track.movements.movement is None if track.force.always_on else not track.on_body
            for track in self.tracks.values()
        )

    def successor(self) -> Setup:
        """What a new engine needs to go on where this one stands, between sessions."""
        return structs.replace(
            self.setup,
            tools=tuple(track.learned() for track in self.tracks.values()),
            carried=Carried(
                now=self.now, run_end_t=self.run_end_t, quiet=self.quiet, pain=self.pain, faults=dict(self.faults)
            ),
        )

    def begin_session(self) -> None:
        if self.session is None:
            self.session = OpenSession(self.now)
            self.desk.clear()

    def begin_set(self, track: ToolTrack, t: float) -> None:
        """Work begins on `track`, dated `t`."""
        self.begin_session()
        session = self.session
        assert session is not None
        session.start = min(session.start, t)
        self.armed = False
        track.begin_set(self.now - t if track.force.always_on else 0.0)
        self.set = OpenSet(t, track, self.selection.muscle, self.selection.side, track.limits)

    def finish_all(self) -> None:
        """Close the movements and holds that are on: they belong to what is now ending."""
        for track in self.tracks.values():
            self._all_found(track, track.end(self.now))

    def begin_set_if_on_body(self) -> None:
        """The person said what is on the roller now: no new contact need be waited for."""
        chosen = self.selection.tool
        for name, track in self.tracks.items():
            if track.on_body and not track.force.always_on and chosen in (None, name):
                self.begin_set(track, self.now)
                return

    def end_set(self) -> None:
        """Close the open set, if any, and keep it if it was work."""
        open_set, self.set = self.set, None
        if open_set is None:
            return
        done = open_set.done(self.now, min(open_set.last_t, self.now))
        open_set.track.tally = Tally()
        if done is not None:
            self._events.append(done)
            if self.session is not None:
                self.session.add(done)

    def end_session(self, ended: Ended, end: float) -> None:
        self.end_set()
        session, self.session = self.session, None
        self.armed = True
        if session is None:
            return
        if session.sets or ended in ("person", "pain"):
            self._events.append(session.done(self.now, end, self.phase, self.profile.name, ended))
        self.desk.clear()
        self.last_spot = None
        if ended != "shutdown":
            self.selection.clear()
            self.take_limits()

    # --- saying things -----------------------------------------------------------------------------------------

    def emit(self, kind: type[EventBase], tool: str | None, **fields: object) -> None:
        """Append an event with what every event carries."""
        event = kind(t=rounded(self.now), tool=tool, muscle=self.selection.muscle, side=self.selection.side, **fields)
        self._events.append(event)  # type: ignore[arg-type]

    def reject(self, what: str, why: str, given_id: str | None = None) -> None:
        self.emit(Rejected, None, input=what, why=why, id=given_id)
