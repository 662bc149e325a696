"""The engine: inputs in, events out; pure and total.

`feed` takes one input and returns what follows from it. It has no clock, no I/O and no randomness: the same inputs
give the same events, however they are batched, so a recording is a test. Whatever it is fed, it returns a list and
raises nothing; what it can't use is answered with a `rejected` event and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from msgspec import structs

from firmware_host.coaching import guidance, judging, views
from firmware_host.coaching.advice import Advisor
from firmware_host.coaching.ball_track import track_for
from firmware_host.coaching.cues import CueDesk, Given
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
    Recovered,
    Rejected,
)
from firmware_host.coaching.findings import Finding, HoldBegun, HoldEnded, Refused, Stroke, Touched
from firmware_host.coaching.guidance import Limits, Profile
from firmware_host.coaching.holds import WINDOW_M
from firmware_host.coaching.inputs import (
    Command,
    DeviceFault,
    ForceSample,
    HapticRan,
    ImuSample,
    Input,
    Recalibrated,
    StreamGap,
    Tick,
    Tool,
)
from firmware_host.coaching.movements import NO_DATA_S
from firmware_host.coaching.requests import COMMANDS, Selection
from firmware_host.coaching.session import OpenSession, OpenSet, rounded
from firmware_host.coaching.setup import Carried, Setup
from firmware_host.coaching.snapshot import Snapshot
from firmware_host.coaching.track import ToolTrack

SILENT_S = 1.0
"""A movement is closed by silence when no IMU sample came for 0.5 s, and lines may be 0.5 s late."""
FARTHEST_S = 1e9


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
        self._next_window_s = guidance.next_window_s(self.profile, self._since_run())
        self.tracks: dict[str, ToolTrack] = {}
        cues = self.profile.cues
        for tool in setup.tools:
            self.tracks[tool.name] = track_for(
                tool, setup.person, self.limits_for(tool), cues.too_fast_s, cues.ease_off_s
            )
        self.desk = CueDesk(cues.pause_s, cues.longest_pause_s, setup.thin_out)
        self.advice = Advisor(self.profile, self.desk)
        self.session: OpenSession | None = None
        self.set: OpenSet | None = None
        self.armed = True
        """The next contact begins a set."""
        self.pain = carried.pain
        self.quiet = carried.quiet
        self.last_cue: Cue | None = None
        self.last_spot: tuple[str, float, float] | None = None
        self.faults = dict(carried.faults)
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
        return None if track is None else views.motion_line(track, self.selection.muscle, self.selection.side)

    def snapshot(self) -> Snapshot:
        """What is going on now."""
        hold = self.profile.hold
        return Snapshot(
            t=rounded(self.now),
            tools=tuple(views.tool_snapshot(track) for track in self.tracks.values()),
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

    # --- inputs ----------------------------------------------------------------------------------------------

    def _imu(self, given: ImuSample) -> None:
        track = self.tracks.get(given.tool)
        if track is None:
            self._unknown_tool(given)
            return
        last = track.motion.t
        if last is not None and given.t - last > NO_DATA_S:
            self._all_found(track, track.lose_imu(last))
        found = track.sample(given)
        if found:
            self._all_found(track, found)
        if self.set is None and self.armed and track.force.always_on:
            self._begin_by_rolling(track)
        open_set, session = self.set, self.session
        if (
            open_set is not None
            and session is not None
            and open_set.track is track
            and track.on_body
            and self.advice.sample(track, self.now)
        ):
            open_set.last_t = session.last_t = self.now

    def _force(self, given: ForceSample) -> None:
        track = self.tracks.get(given.tool)
        if track is None:
            self._unknown_tool(given)
            return
        value = given.value
        if not (all(map(isfinite, value)) if isinstance(value, tuple) else isfinite(value)):
            self.reject("force", f"{given.tool}: a reading that is no number")
            return
        track.press(given)

    def _tick(self, given: Tick) -> None:
        now = self.now
        for track in self.tracks.values():
            last = track.motion.t
            if last is not None and now - last > SILENT_S and track.movements.movement is not None:
                self._all_found(track, track.lose_imu(last))
            if track.changes:
                self._all_found(track, track.late_changes(now))
        if self.run_end_t is not None and now - self.run_end_t >= self._next_window_s:
            self.enter_phase_now()
        if self.session is None:
            return
        if self.set is not None:
            self.advice.silence(self.set.track, now)
        if now - self.session.last_t > self.setup.session_timeout_s:
            self.end_session("time-out", self.session.last_t)

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
        elif isinstance(finding, Refused):
            self.reject("imu", f"{track.tool.name}: a reading that is no number, or from before the last one")
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
        movement = stroke.movement
        if self.set is None and self.armed and movement.length_m >= WINDOW_M:
            self.begin_set(track, movement.start[0])  # a tool without a force sensor: rolling is contact
        self.active(movement.end[0])
        kind, fields = judging.stroke(stroke, track, self.profile)
        if kind is None:
            return
        self.emit(kind, track.tool.name, **fields)
        if kind is Pass:
            track.watch.tally.passes += 1
            self.advice.after_pass(track, stroke, self.now)
        else:
            track.watch.tally.short_passes += 1

    def _begin_by_rolling(self, track: ToolTrack) -> None:
        """Without a force sensor rolling is contact, as soon as it is more than small circles."""
        movement = track.movements.movement
        if movement is None or self.pain:
            return
        if (track.motion.position - movement.start[1]) * movement.direction >= WINDOW_M:
            self.begin_set(track, movement.start[0])

    def _hold_begun(self, track: ToolTrack) -> None:
        running = track.holds.running
        if running is None:
            return
        if self.set is None and self.armed:
            self.begin_set(track, running.start)
        self.active(self.now)
        if self._in_set(track):
            self.advice.hold_begun(track, running, self.now)

    def _hold_ended(self, track: ToolTrack, ended: HoldEnded) -> None:
        self.active(ended.span.end)
        self.emit(Hold, track.tool.name, **judging.hold(ended, track, self.profile))
        if self._in_set(track):
            self.advice.hold_ended(track, ended.span, self.now)

    def _in_set(self, track: ToolTrack) -> bool:
        return self.set is not None and self.set.track is track

    def say(self, given: Given) -> None:
        """Emit a cue."""
        self.emit(
            Cue,
            given.tool,
            cue=given.name,
            reason=given.reason,
            pattern=given.name,
            words=given.words,
            repeat_after_s=given.repeat_after_s,
        )
        cue = self._events[-1]
        assert isinstance(cue, Cue)
        self.last_cue = cue

    # --- sets and sessions -------------------------------------------------------------------------------------

    def active(self, t: float) -> None:
        """Something was done at `t`: the session does not time out."""
        if self.session is not None:
            self.session.last_t = max(self.session.last_t, t)
        if self.set is not None:
            self.set.last_t = max(self.set.last_t, t)

    def limits_for(self, tool: Tool) -> Limits:
        return guidance.limits(self.profile, self.setup.person, tool, self.selection.muscle, self.phase)

    def take_limits(self) -> None:
        """The muscle, profile or phase changed: what is measured against changes at once."""
        for track in self.tracks.values():
            track.watch.take_limits(self.limits_for(track.tool))
        if self.set is not None:
            self.set.limits = self.set.track.watch.limits

    def take_profile(self, profile: Profile) -> None:
        """Go by another profile from now on; the set that is open must have been ended."""
        self.profile = profile
        cues = profile.cues
        self.desk.take_pauses(cues.pause_s, cues.longest_pause_s)
        self.advice = Advisor(profile, self.desk)
        for track in self.tracks.values():
            track.watch.take_times(cues.too_fast_s, cues.ease_off_s)
        since = self._since_run()
        self.phase = guidance.phase_of(profile, since)
        self._next_window_s = guidance.next_window_s(profile, since)
        self.take_limits()

    def _since_run(self) -> float | None:
        return None if self.run_end_t is None else self.now - self.run_end_t

    def enter_phase_now(self) -> None:
        """The recovery phase of this moment, with its limits."""
        since = self._since_run()
        phase = guidance.phase_of(self.profile, since)
        self._next_window_s = guidance.next_window_s(self.profile, since)
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
            profile=self.profile,
            profiles={**self.setup.profiles, self.setup.profile.name: self.setup.profile},
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
        self.set = OpenSet(t, track, self.selection.muscle, self.selection.side, track.watch.limits)

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
        open_set.track.watch.clear()
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
