"""Movements along the muscle: where rolling begins and ends, by the contract's definition, online.

1. A movement begins once |speed| exceeds 1.5 cm/s; its start is the crossing of 0.8 cm/s before that.
2. It ends when |speed| stays below 0.8 cm/s for 0.7 s: at the crossing where it fell below.
3. It ends at a reversal, once 1.0 cm has been travelled back from the furthest point: at the crossing of
   0.8 cm/s before that point; the way back may already be the next movement.
4. It ends on leaving the body, after 0.5 s without IMU data, or at a gap: there, or at the crossing before.
5. A shorter stop does not end it. There is no limit on its duration.

Everything is decided from inputs up to now and dated back; crossings are interpolated between samples.
"""

from __future__ import annotations

BEGIN_M_S = 0.015
EDGE_M_S = 0.008
QUIET_S = 0.7
BACK_M = 0.010
NO_DATA_S = 0.5
KEPT_SAMPLES = 4096
"""Speed samples kept for the smoothness of one movement; a longer one is thinned by half, again and again."""

Point = tuple[float, float]
"""(time in s, position in m)."""


class Movement:
    """One movement, open or closed. Position and speed are signed; `direction` is the speed's sign."""

    __slots__ = ("direction", "end", "peak_m_s", "speeds", "start", "twitches")

    def __init__(self, start: Point, direction: int) -> None:
        self.start = start
        self.end = start
        self.direction = direction
        self.peak_m_s = 0.0
        self.speeds: list[Point] = []
        """(time, speed along `direction`) of every sample in it."""
        self.twitches = 0
        """Times it ran backwards without ending."""

    @property
    def duration_s(self) -> float:
        return self.end[0] - self.start[0]

    @property
    def length_m(self) -> float:
        return max(0.0, (self.end[1] - self.start[1]) * self.direction)

    @property
    def mean_m_s(self) -> float:
        return self.length_m / self.duration_s if self.duration_s > 0 else 0.0

    def trim(self) -> None:
        """Drop what lies outside start and end, and take the peak of the rest."""
        first, last = self.start[0], self.end[0]
        self.speeds = [point for point in self.speeds if first <= point[0] <= last]
        self.peak_m_s = max((speed for _, speed in self.speeds), default=self.mean_m_s)


class MovementTracker:
    """Feed it (t, speed, position) while on the body. After each `update` that says so, look at `closed`, `begun` and
    `fallen`; `movement` is the one that is on, if any.
    """

    __slots__ = (
        "_advanced",
        "_back",
        "_back_start",
        "_best",
        "_candidate",
        "_end",
        "_last_t",
        "_last_x",
        "_quiet_since",
        "_sign",
        "_speed",
        "_steady",
        "begun",
        "closed",
        "fallen",
        "movement",
    )

    def __init__(self) -> None:
        self.movement: Movement | None = None
        self.closed: Movement | None = None
        """The movement that the newest sample ended."""
        self.begun = False
        """The newest sample began one where none was."""
        self.fallen: Point | None = None
        """The crossing downward of the edge speed that the newest sample made, if it did."""
        self._last_t: float | None = None
        self._last_x = 0.0
        self._speed = 0.0
        self._steady = False  # well under way, or at rest, as of the last sample
        self._sign = 1.0  # the open movement's direction
        self._candidate: Point | None = None  # idle: where a movement that is about to begin would start
        self._forget()

    def _forget(self) -> None:
        self._best = 0.0  # furthest progress along the direction
        self._advanced = False  # a new furthest point since the last rise
        self._end: Point | None = None  # the crossing downward before the furthest point
        self._back: Point | None = None  # newest crossing upward the other way
        self._back_start: Point | None = None  # the same, once the way back was fast enough to be a movement
        self._quiet_since: float | None = None

    @property
    def about_to_start(self) -> float | None:
        """Time at which a movement would start if the present motion became one."""
        return self._candidate[0] if self._candidate is not None else None

    def touch(self, t: float, position: float) -> None:
        """Contact: what moves from here on starts here."""
        self.movement = None
        self._forget()
        self._last_t = None
        self._steady = False
        self._candidate = (t, position)

    def lift(self, t: float, position: float) -> Movement | None:
        """Off the body, or data lost: what was moving ends here, or at the crossing before."""
        closed = self._close((t, position)) if self.movement is not None else None
        self._last_t = None
        self._steady = False
        self._candidate = None
        return closed

    def end_at(self, point: Point) -> Movement | None:
        """The open movement was over at `point`, where it fell below the edge speed and then stayed in place."""
        if self.movement is None:
            return None
        self._end, self._advanced = point, False
        self._steady = False
        if self._candidate is not None and self._candidate[0] < point[0]:
            self._candidate = None  # what starts now starts after the point
        return self._close(point)

    def update(self, t: float, speed: float, position: float) -> bool:
        """One sample on the body; whether it began or closed a movement, or fell below the edge speed.

        Nearly every sample only goes on with what is: well under way, or at rest. Those are dealt with here.
        """
        if self._steady:
            movement = self.movement
            if movement is None:
                if -EDGE_M_S < speed < EDGE_M_S:
                    self._last_t, self._last_x, self._speed = t, position, speed
                    return False
            else:
                along, progress = speed * self._sign, position * self._sign
                if along >= EDGE_M_S and progress > self._best:
                    self._best = progress
                    self._advanced = True
                    self._back_start = None
                    speeds = movement.speeds
                    speeds.append((t, along))
                    if len(speeds) > KEPT_SAMPLES:
                        del speeds[1::2]
                    self._last_t, self._last_x, self._speed = t, position, speed
                    return False
        return self._decide(t, speed, position)

    def _decide(self, t: float, speed: float, position: float) -> bool:
        """Rules 1 to 3, with the crossings they are dated by."""
        now = (t, position)
        before, self._speed = self._speed, speed
        if self._last_t is None:
            # First sample on the body: already moving means started at the contact.
            before = speed
            last = now
            if self._candidate is None or -EDGE_M_S < speed < EDGE_M_S:
                self._candidate = now
        else:
            last = (self._last_t, self._last_x)
        self._last_t = t
        self._last_x = position
        risen = fallen = None
        if speed >= EDGE_M_S:
            if before < EDGE_M_S:
                risen = _crossing(last, now, before, speed, EDGE_M_S)
                if before <= -EDGE_M_S:
                    fallen = _crossing(last, now, before, speed, -EDGE_M_S)
        elif speed <= -EDGE_M_S:
            if before > -EDGE_M_S:
                risen = _crossing(last, now, before, speed, -EDGE_M_S)
                if before >= EDGE_M_S:
                    fallen = _crossing(last, now, before, speed, EDGE_M_S)
        elif before >= EDGE_M_S:
            fallen = _crossing(last, now, before, speed, EDGE_M_S)
        elif before <= -EDGE_M_S:
            fallen = _crossing(last, now, before, speed, -EDGE_M_S)
        self.fallen = fallen
        if self.movement is None:
            self.closed = None
            self.begun = self._idle(now, speed, risen)
        else:
            self.begun = False
            self.closed = self._moving(self.movement, now, speed, before, risen, fallen)
        if self.movement is None:
            self._steady = -EDGE_M_S < speed < EDGE_M_S
        else:
            self._steady = speed * self._sign >= EDGE_M_S
        return self.begun or fallen is not None or self.closed is not None

    def _idle(self, now: Point, speed: float, risen: Point | None) -> bool:
        if risen is not None:
            self._candidate = risen
        if speed > BEGIN_M_S or speed < -BEGIN_M_S:
            self._begin(self._candidate or now, 1 if speed > 0 else -1, now, speed)
            return True
        return False

    def _begin(self, start: Point, direction: int, now: Point, speed: float) -> None:
        self._forget()
        self._sign = float(direction)
        self.movement = Movement(start, direction)
        self.movement.speeds.append((now[0], speed * direction))
        self._best = now[1] * direction
        self._advanced = True

    def _moving(
        self, movement: Movement, now: Point, speed: float, before: float, risen: Point | None, fallen: Point | None
    ) -> Movement | None:
        direction = movement.direction
        along = speed * direction
        speeds = movement.speeds
        speeds.append((now[0], along))
        if len(speeds) > KEPT_SAMPLES:
            del speeds[1::2]
        progress = now[1] * direction
        if progress > self._best:
            self._best = progress
            if along >= EDGE_M_S:
                self._advanced = True
                self._back_start = None
        if fallen is not None:
            if before * direction > 0 and (self._advanced or self._end is None):
                self._end = fallen
                self._advanced = False
            self._quiet_since = fallen[0]
        if risen is not None:
            self._candidate = risen
            self._quiet_since = None
            if along < 0:
                self._back = risen
                movement.twitches += 1
        if self._back_start is None and along < -BEGIN_M_S:
            self._back_start = self._back
        if self._best - progress >= BACK_M:
            return self._reverse(movement, now, speed)
        if self._quiet_since is not None and abs(speed) < EDGE_M_S and now[0] - self._quiet_since >= QUIET_S:
            closed = self._close(now)
            self._candidate = None
            return closed
        return None

    def _reverse(self, movement: Movement, now: Point, speed: float) -> Movement:
        back, back_start = self._back, self._back_start
        movement.twitches = max(0, movement.twitches - 1)  # the last one was the turn itself
        speeds = movement.speeds
        closed = self._close(now)
        self._candidate = back_start or back
        if back_start is not None:
            direction = -closed.direction
            self._begin(back_start, direction, now, speed)
            opened = self.movement
            assert opened is not None
            opened.speeds = [(t, -v) for t, v in speeds if t >= back_start[0]]
        return closed

    def _close(self, at: Point) -> Movement:
        movement = self.movement
        assert movement is not None
        if self._end is not None and (not self._advanced or self._quiet_since is not None):
            movement.end = self._end
        else:
            movement.end = at
        movement.trim()
        self.movement = None
        self._forget()
        return movement


def _crossing(a: Point, b: Point, va: float, vb: float, level: float) -> Point:
    """Where the speed, straight between two samples, crosses `level`."""
    share = (level - va) / (vb - va) if vb != va else 1.0
    share = min(1.0, max(0.0, share))
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
