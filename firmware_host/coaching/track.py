"""One tool's track: samples in, what happened out, with masked, late and lost samples put in order.

While the motor runs and half a second after, samples carry the angle by gyroscope alone and wait in a queue;
when the mask is over they go through the same rules in their own time, so nothing begins inside a mask, nothing
is lost, and what turned inside is dated back. After a hole they wait likewise, until gravity has said where the tool
is now. Contact comes from another stream (contacts.py): its changes wait for the sample that reaches their time.
"""

from __future__ import annotations

from collections import deque
from math import inf

from msgspec import structs

from firmware_host.coaching.contacts import FORCE_GAP_S, ContactTrack
from firmware_host.coaching.events import State
from firmware_host.coaching.findings import Finding, HoldBegun, HoldEnded, Refused, Stroke, Touched
from firmware_host.coaching.guidance import Limits
from firmware_host.coaching.holds import HOLD_S, Change, HoldSpan, HoldTracker
from firmware_host.coaching.inputs import Calibration, ImuSample, Person, Tool
from firmware_host.coaching.movements import EDGE_M_S, NO_DATA_S, Movement, MovementTracker
from firmware_host.coaching.watch import Watch

REMEMBERED = 1024
"""Samples kept to look back at: 5 s at 200 Hz, more than a hold takes to be recognised."""


STEADIED_S = 0.06
"""A motor's shake aliases into the rate as a beat of some hertz: in a mask the speed is a mean over this to either
side, nearer samples weighing more (a person's speed changes little in it)."""

Waiting = tuple[float, float, float, float | None, bool, bool]


class ToolTrack(ContactTrack):
    """Motion, contact, movements and holds of one tool."""

    __slots__ = (
        "_contact_t",
        "_in_order",
        "_path",
        "_rejected",
        "_step_t",
        "_touched",
        "_waiting",
        "holds",
        "movements",
        "on_body",
        "origin_m",
    )

    def __init__(self, tool: Tool, person: Person, limits: Limits, fast_s: float, hard_s: float) -> None:
        super().__init__(tool, person, Watch(limits, fast_s, hard_s))
        self.movements = MovementTracker()
        self.holds = HoldTracker()
        self.origin_m = 0.0
        """Where the set began: reported positions count from here."""
        self.on_body = False
        """As the samples have reached it."""
        self._touched = False  # a touch has been applied at all
        self._in_order = False
        """On the body, axis known, nothing waiting: a sample outside a mask may be decided on as it comes."""
        self._rejected = 0
        self._waiting: list[Waiting] = []
        """(t, speed, position, force, masked, clipped) of samples that may not be decided on yet."""
        self._contact_t: float | None = None
        self._path: deque[tuple[float, float, float, float | None]] = deque(maxlen=REMEMBERED)
        """(time, position, seconds neither moving nor known to be holding so far, force)."""
        self._step_t = -inf

    @property
    def state(self) -> State:
        if not self.on_body or not self.motion.axis_found:
            return "off"
        if self.holds.running is not None:
            return "holding"
        return "rolling" if self.movements.movement is not None else "still"

    @property
    def position_m(self) -> float:
        """Along the muscle, from where the set began."""
        return self.motion.position - self.origin_m

    @property
    def hold_s(self) -> float:
        running = self.holds.running
        return running.duration_s if running is not None else 0.0

    def learned(self) -> Tool:
        """The tool with what was found out about it: axis, gyroscope bias, zero."""
        motion, force = self.motion, self.force
        calibration = structs.replace(
            force.calibration, gyro_bias=motion.bias or force.calibration.gyro_bias, zero=force.zero
        )
        return structs.replace(self.tool, axis=motion.axis or self.tool.axis, calibration=calibration)

    def calibrate(self, calibration: Calibration) -> None:
        """Another calibration holds from now on."""
        self.tool = structs.replace(self.tool, calibration=calibration)
        self.motion.calibrate(self.tool)
        self.force.calibrate(calibration)

    def begin_set(self, kept_s: float) -> None:
        """Here is position 0. Of what was tallied, the last `kept_s` seconds belong to the new set."""
        self.watch.begin_set(kept_s)
        self.origin_m = self.motion.position

    def end(self, t: float) -> list[Finding]:
        """Close what is open, at `t`: a set or session ends. Still on the body, a new start is made here."""
        found: list[Finding] = []
        self.end_mask()
        while self.changes:
            self._next_change(found)
        self._drain(found)
        at = self.motion.position
        self._finish(self.movements.lift(t, at), found)
        self._end_hold(self.holds.lift(t), found, inf)
        if self.on_body:
            self.movements.touch(t, at)
            self.holds.touch(t, at)
        self.watch.hard_since = self.watch.light_since = None
        return found

    # --- samples -------------------------------------------------------------------------------------------

    def late_changes(self, now: float) -> list[Finding]:
        """Contacts that no sample has reached because samples are missing or behind."""
        found: list[Finding] = []
        while self.changes and (self.motion.t is None or self.changes[0].t <= now - 0.5):
            self._next_change(found)
        return found

    def lose_imu(self, t: float) -> list[Finding]:
        """No data: what was moving ended with the last sample; a hold runs on if the roller is where it was."""
        found: list[Finding] = []
        self._drain(found)
        closed = self.movements.lift(t, self.motion.position)
        self._finish(closed, found)
        if self.on_body:
            self._touched = self._in_order = False
            if closed is not None:
                self.holds.open(closed.end[0], *self._extent_since(closed.end))
        return found

    def sample(self, sample: ImuSample) -> list[Finding] | None:
        """One IMU sample; what it decided, or None (the usual case)."""
        t = sample.t
        motion = self.motion
        force_n = self.force.force_n
        masked = t < self.mask_until and self._mask_from <= t
        found: list[Finding] | None = None
        if motion.update(sample, force_n, masked, self.on_body):
            if masked or self.changes or not self._in_order:
                found = self._sample_in_turn(t, masked)
            else:
                found = self._step(t, motion.speed, motion.position, force_n)
                if motion.clipped:
                    self.watch.stroke.clipped = True
        if motion.rejected != self._rejected:
            self._rejected = motion.rejected
            return [Refused(), *(found or ())]
        return found

    def _sample_in_turn(self, t: float, masked: bool) -> list[Finding] | None:
        """A sample that is not simply the next one on the body: contacts come first, and what waits."""
        motion, force = self.motion, self.force
        found: list[Finding] = []
        while self.changes and self.changes[0].t <= t:
            self._next_change(found)
        recovered = motion.recovered
        if force.always_on and not self.on_body and motion.axis_found:
            self._change(Touched(recovered[0][0] if recovered else t, True), found)
        if recovered:
            self._recover()
        if not self.on_body or not motion.axis_found:
            self._step_t = -inf
            return found or None
        if motion.shifted:
            self._shift()
        self._waiting.append((t, motion.speed, motion.position, force.force_n, masked, motion.clipped))
        # A change that a mask hid is known with the first force reading after it.
        hidden = self._masked_change is not None and t < self.mask_until + FORCE_GAP_S
        self._in_order = not (masked or motion.searching or hidden)
        if self._in_order:
            self._drain(found)
        return found or None

    def _shift(self) -> None:
        """What waits since a hole lies where gravity has just said."""
        by, self.motion.shifted = self.motion.shifted, 0.0
        self._waiting = [(t, speed, x + by, force_n, m, c) for t, speed, x, force_n, m, c in self._waiting]

    def _next_change(self, found: list[Finding]) -> None:
        """Contact begins or ends: what waits from before goes first, and off the body nothing counts."""
        change = self.changes.popleft()
        self._drain(found, change.t)
        if not change.on:
            self._waiting.clear()
        self._change(change, found)

    def _drain(self, found: list[Finding], until: float = inf) -> None:
        """Nothing holds them up any more: let the samples that waited, up to `until`, through the rules."""
        waiting = self._waiting
        self._waiting = [one for one in waiting if one[0] > until] if waiting and waiting[-1][0] > until else []
        if waiting and waiting[0][0] <= until and not self._touched:
            self._touched = True
            self.movements.touch(waiting[0][0], waiting[0][2])
        for i, (t, speed, position, force_n, masked, clipped) in enumerate(waiting):
            if t > until:
                break
            if masked:
                speed = self._steadied(waiting, i)
            found += self._step(t, speed, position, force_n) or ()
            stroke = self.watch.stroke
            stroke.masked = stroke.masked or masked
            stroke.clipped = stroke.clipped or clipped

    def _recover(self) -> None:
        """The axis was found just now: what was rolled since contact goes through the rules as well."""
        motion, force_n = self.motion, self.force.force_n
        since = self._contact_t
        early = [sample for sample in motion.recovered if since is not None and sample[0] >= since]
        motion.recovered.clear()
        if not early or not self.on_body:
            return
        radius, first = motion.radius(force_n), early[0][2]
        # The newest sample's own step is in the position already; the way before it is not.
        before = motion.position
        motion.position += (early[-1][2] - first) * radius
        self._waiting = [
            (t, rate * radius, before + (angle - first) * radius, force_n, False, False) for t, rate, angle in early
        ]

    def _change(self, change: Touched, found: list[Finding]) -> None:
        self.on_body = change.on
        self._in_order = False
        self._contact_t = change.t if change.on else None
        at = self._position_at(change.t)
        if change.on:
            self._touched = True
            self.movements.touch(change.t, at)
            self.holds.touch(change.t, at)
        else:
            self._finish(self.movements.lift(change.t, at), found)
            self._end_hold(self.holds.lift(change.t), found, inf)
            self.motion.lifted()
            self.watch.off_body()
            self._step_t = -inf
        found.append(change)

    def _position_at(self, t: float) -> float:
        for then, position, _, _ in reversed(self._path):
            if then <= t:
                return position
        return self.motion.position

    def _step(self, t: float, speed: float, x: float, force_n: float | None) -> list[Finding] | None:
        """One sample on the body through movements and holds, and into the tally; what it decided, if anything."""
        movements, holds, watch = self.movements, self.holds, self.watch
        found: list[Finding] | None = None
        dt = t - self._step_t
        if dt >= NO_DATA_S:
            dt = 0.0
        self._step_t = t
        self._path.append((t, x, watch.idle_s, force_n))
        if movements.update(t, speed, x):
            found = self._movement_turned(t, x)
        moving = movements.movement is not None
        if holds.segments:
            change = holds.update(t, x)
            if change is not None:
                if found is None:
                    found = []
                self._hold_changed(change, t, x, speed, found)
                moving = movements.movement is not None
        elif not moving:
            holds.open(t, x, x)
        holding = holds.running is not None
        if holding and not moving:
            holds.settle()
        watch.sample(t, dt, speed, force_n, moving, holding)
        return found

    def _movement_turned(self, t: float, x: float) -> list[Finding]:
        """What a crossing of the edge speed, or a movement's beginning or end, means for strokes and holds."""
        movements = self.movements
        movement, closed, fallen = movements.movement, movements.closed, movements.fallen
        found: list[Finding] = []
        if closed is not None:
            self._finish(closed, found, t if movement is None else movement.start[0])
            low, high = self._extent_since(closed.end)
            self.holds.open(closed.end[0], low, high)
        elif movement is not None:
            if movements.begun:
                self.watch.new_stroke()
            if fallen is not None and fallen[0] > movement.start[0]:
                if self.holds.running is None:
                    self.holds.open(fallen[0], min(fallen[1], x), max(fallen[1], x), provisional=True)
                elif fallen[0] - movement.start[0] >= HOLD_S:
                    # Circling in the hold's window, too quickly for a rest: not the movement that will leave it.
                    self._finish(movements.end_at(fallen), found)
        return found

    def _hold_changed(self, change: Change, t: float, x: float, speed: float, found: list[Finding]) -> None:
        if change is Change.BEGUN:
            self._begin_hold(t, found)
            return
        left_from = self._left_from(speed)
        ended = self.holds.leave(t if left_from is None else left_from)
        if not self.holds.segments and self.movements.movement is None:
            self.holds.open(t, x, x)
        self._end_hold(ended, found, t)

    def _left_from(self, speed: float) -> float | None:
        """Where a hold ends that was left: where the movement started that leaves it, or what may yet become one."""
        movement = self.movements.movement
        if movement is not None:
            return movement.start[0]
        return self.movements.about_to_start if speed >= EDGE_M_S or speed <= -EDGE_M_S else None

    def _begin_hold(self, t: float, found: list[Finding]) -> None:
        running = self.holds.running
        assert running is not None
        movement = self.movements.movement
        if movement is not None and movement.start[0] < running.start:
            self._finish(self.movements.end_at((running.start, self._position_at(running.start))), found, t)
        before = self._path[0][2]
        for then, _, idle_s, _ in reversed(self._path):
            if then <= running.start:
                before = idle_s
                break
        self.watch.hold_begun(running.start, before, self._forces(running.start, t))
        found.append(HoldBegun(running))

    def _end_hold(self, span: HoldSpan | None, found: list[Finding], until: float) -> None:
        """A hold is over, if it was one; the samples up to `until` were taken for part of it."""
        if span is not None:
            doing = self.watch.hold_over(span.duration_s, self._forces(span.end, until))
            found.append(HoldEnded(span, doing))

    def _extent_since(self, point: tuple[float, float]) -> tuple[float, float]:
        low = high = point[1]
        for t, x, _, _ in reversed(self._path):
            if t < point[0]:
                break
            low, high = min(low, x), max(high, x)
        return low, high

    def _forces(self, since: float, until: float) -> list[float | None]:
        """Of the samples from `since` to before `until`."""
        forces = []
        for t, _, _, force_n in reversed(self._path):
            if t < since:
                break
            if t < until:
                forces.append(force_n)
        return forces

    def _finish(self, closed: Movement | None, found: list[Finding], until: float = inf) -> None:
        """A movement is over; until `until` (or the last sample) it was taken for work."""
        watch = self.watch
        watch.over_since = None
        if closed is None:
            watch.new_stroke()
            return
        end = closed.end[0]
        idle = max(0.0, min(until, self._step_t) - end)
        doing = watch.stroke_over(closed.length_m, idle, self._forces(end, until), self.holds.running is not None)
        found.append(Stroke(closed, doing))

    def _steadied(self, waiting: list[Waiting], i: int) -> float:
        """The speed about `waiting[i]`, by a triangle of weights."""
        t = waiting[i][0]
        first = last = i
        while first > 0 and t - waiting[first - 1][0] < STEADIED_S:
            first -= 1
        while last + 1 < len(waiting) and waiting[last + 1][0] - t < STEADIED_S:
            last += 1
        weights = [STEADIED_S - abs(one[0] - t) for one in waiting[first : last + 1]]
        return sum(w * one[1] for w, one in zip(weights, waiting[first:], strict=False)) / sum(weights)
