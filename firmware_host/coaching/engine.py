"""The engine: inputs in, events out; pure and total.

`feed` takes one input and returns what follows from it. It has no clock, no I/O and no randomness: the same inputs
give the same events, however they are batched, so a recording is a test. Whatever it is fed, it returns a list and
raises nothing; what it can't use is answered with a `rejected` event and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from firmware_host.coaching import judging, views
from firmware_host.coaching.events import Contact, Event, Fault, Hold, Motion, Pass, Reason, Recovered, Rejected
from firmware_host.coaching.findings import Finding, HoldBegun, HoldEnded, Refused, Stroke, Touched
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
)
from firmware_host.coaching.movements import NO_DATA_S
from firmware_host.coaching.requests import COMMANDS
from firmware_host.coaching.session import OpenSet
from firmware_host.coaching.sets import Sets
from firmware_host.coaching.setup import Setup
from firmware_host.coaching.snapshot import Snapshot
from firmware_host.coaching.tender import SAME_SPOT_M
from firmware_host.coaching.track import ToolTrack

SILENT_S = 1.0
"""A movement is closed by silence when no IMU sample came for 0.5 s, and lines may be 0.5 s late."""
FARTHEST_S = 1e9


class Engine(Sets):
    """One station: its tools, the set and session that are on, and the cues."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
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
        return views.snapshot(self)

    # --- inputs ----------------------------------------------------------------------------------------------

    def _imu(self, given: ImuSample) -> None:
        track = self.tracks.get(given.tool)
        if track is None:
            self._unknown_tool(given)
            return
        last = track.motion.t
        if last is not None and given.t - last > NO_DATA_S:
            self.all_found(track, track.lose_imu(last))
        found = track.sample(given)
        if found:
            self.all_found(track, found)
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
                self.all_found(track, track.lose_imu(last))
            if track.changes:
                self.all_found(track, track.late_changes(now))
        if self.run_end_t is not None and (
            now - self.run_end_t >= self._next_window_s or self.safety.soreness is not None
        ):
            self.enter_phase_now()
        if not self.acknowledged:
            self._ask_to_read(now)
        if self.session is None:
            return
        open_set = self.set
        if open_set is not None:
            self._tick_in_set(open_set, now)
        if self.session is not None and now - self.session.last_t > self.setup.session_timeout_s:
            self.end_session("time-out", self.session.last_t)

    def _tick_in_set(self, open_set: OpenSet, now: float) -> None:
        session = self.session
        assert session is not None
        if open_set.track is None:
            open_set.pass_by_hand(now)
            session.last_t = max(session.last_t, open_set.last_t)
            work_s = open_set.tally.work_s
            if work_s >= open_set.limits.set_s:
                if self.step is not None:
                    self.move_on()
                    return
                self.advice.set_time(work_s, open_set.limits, open_set.tool, now)
        else:
            self.advice.silence(open_set.track, now)
            self.off_for(open_set.track)
        self.advice.session_time(open_set.tool, now - session.start, now)

    def _ask_to_read(self, now: float) -> None:
        """Somebody rolls before the checklist was read: nothing is coached."""
        on_body = any(
            track.movements.movement is not None if track.force.always_on else track.on_body
            for track in self.tracks.values()
        )
        if on_body and self.desk.ready("read_first", now):
            reason = Reason(value=None, limit=None, unit="", source="checklist before use: S23, S24 [abs]")
            self.desk.while_("read_first", now, None, reason)

    def _gap(self, given: StreamGap) -> None:
        track = self.tracks.get(given.tool)
        if track is None:
            self._unknown_tool(given)
        elif given.of == "force":
            track.lose_force(given.t)
        else:
            last = track.motion.t
            self.all_found(track, track.lose_imu(given.t if last is None else last))

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

    def all_found(self, track: ToolTrack, found: list[Finding]) -> None:
        for finding in found:
            self._found(track, finding)

    def _found(self, track: ToolTrack, finding: Finding) -> None:
        if isinstance(finding, Touched):
            self._touched(track, finding)
        elif isinstance(finding, Refused):
            self.reject("imu", f"{track.tool.name}: a reading that is no number, or from before the last one")
        elif not self.may_begin:
            return  # after a pain stop nothing is counted until the person starts again, nor before the checklist
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
        if not touched.on or track.force.always_on:
            return
        if self.armed:
            self.begin_set(track, touched.t)
        elif self._in_set(track):
            self.advice.touched(track)

    def _stroke(self, track: ToolTrack, stroke: Stroke) -> None:
        movement = stroke.movement
        if self.set is None and self.armed and movement.length_m >= WINDOW_M:
            self.begin_set(track, movement.start[0])  # a tool without a force sensor: rolling is contact
        self.active(movement.end[0])
        slowly = self._in_set(track) and self.advice.stroke_over()
        kind, fields = judging.stroke(stroke, track, self.profile, slowly, self.selection.muscle)
        if kind is None:
            return
        self.emit(kind, track.tool.name, **fields)
        if kind is Pass:
            track.watch.tally.passes += 1
            if self._in_set(track):
                jerk = judging.jerk(movement, fields["smoothness"], self.profile.cues)
                self.advice.after_pass(track, stroke, jerk, self.now)
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
        self.emit(Hold, track.tool.name, **judging.hold(ended, track))
        if self._in_set(track):
            self.advice.hold_ended(track, ended.span, self.now)
            self._mark_by_hold(track, ended)

    def _mark_by_hold(self, track: ToolTrack, ended: HoldEnded) -> None:
        """Who stays 20 s on a spot has found a tender one; unless it was marked in this set already."""
        place_m = ended.span.middle_m - track.origin_m
        long_enough = ended.span.duration_s >= self.profile.hold.done_s
        if long_enough and all(abs(place_m - mark) > SAME_SPOT_M for mark in self.marks_m):
            self.mark_spot(track.tool.name, place_m, track.motion.position_sd, None, "hold")

    def _in_set(self, track: ToolTrack) -> bool:
        return self.set is not None and self.set.track is track

    def active(self, t: float) -> None:
        """Something was done at `t`: the session does not time out."""
        if self.session is not None:
            self.session.last_t = max(self.session.last_t, t)
        if self.set is not None:
            self.set.last_t = max(self.set.last_t, t)
