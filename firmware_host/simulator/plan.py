"""What the person does, laid out in time: moves one after the other, each placed when its time comes.

The plan is kept in the tool's angle, so that angle, rate and angular acceleration are exact at any time; travel
along the muscle follows from angle and force (tools.py). Moves are taken from the person only as far as time has
come, so a person can still change her mind; what is long past is dropped.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from math import hypot
from typing import NamedTuple

import msgspec
from msgspec import Struct

from firmware_host.coaching.inputs import Command
from firmware_host.simulator.conditions import ConditionError
from firmware_host.simulator.profiles import (
    Profile,
    Ripple,
    Shape,
    half_sine,
    quintic,
    rippled,
    still,
    trapezoid,
)

KEPT_S = 5.0
"""How far back in time the plan can still be asked."""
LIFT_OFF_S = 0.2
"""Time in which the person steps off at the end."""
STEP_OFF_BEFORE_END_S = 2.0
COAST_S = 0.6
"""A roller let go in mid-turn comes to rest in this time."""
REST_S = 5.0
STROKE_M_S = 0.02
"""A move at this speed on the body is rolling, not trembling."""
NOBODY_MOVES_S = 60.0


class Move(Struct, frozen=True, kw_only=True):
    """One thing the person does. Off the body (`share` 0 before and after) it is the roller alone that turns."""

    seconds: float
    travel_m: float = 0.0
    """Along the muscle, positive with the rate about the tool's axis."""
    share: float
    """Force on the tool at the end of the move, as a share of its load: body weight on a roller."""
    force_s: float | None = None
    """Seconds at the start of the move in which the force gets there; None: the whole move."""
    shape: Shape = "min_jerk"
    end_speed_m_s: float = 0.0
    """Speed handed to the next move; only a min_jerk move may begin or end in motion."""
    ripples: tuple[Ripple, ...] = ()
    ripple_ramp_s: float = 0.3
    across_m: float = 0.0
    """A ball alone: travel in the second direction. At rest at the end, like `twist_rad`."""
    across_ripples: tuple[Ripple, ...] = ()
    twist_rad: float = 0.0
    """A ball alone: turn about the vertical."""
    twist_ripples: tuple[Ripple, ...] = ()
    """Their amplitudes are in rad."""


class Say(Struct, frozen=True):
    """A command the person gives (by button or page) at this point of the plan."""

    command: Command
    """Its `t` is filled in when the time is known."""


class Turn(Struct, frozen=True):
    """From here on another muscle is under the tool; nothing is said, as when a routine has announced it."""

    muscle: str


Act = Move | Say | Turn


class Roller(Struct, frozen=True):
    """What turns travel into angle and a share of the load into sag."""

    radius_m: float
    stiffness_n_m: float
    """Infinite: rigid."""
    load_n: float
    """What a share of 1 is: body weight on a roller."""

    def effective_radius_m(self, force_n: float) -> float:
        """Sag takes a third of itself off the rolling radius, as in a tyre (guidance 2.5, S33)."""
        return self.radius_m - force_n / self.stiffness_n_m / 3


class Aside(NamedTuple):
    """What a ball does besides: its angle (rad) in one more direction, from where it was when the move began."""

    angle: float
    profile: Profile

    def at(self, t: float) -> tuple[float, float, float]:
        """Angle, rate and angular acceleration `t` seconds after the move began."""
        turned, rate, acceleration = self.profile(t)
        return self.angle + turned, rate, acceleration


NO_ASIDE = Aside(0.0, still)


class Segment:
    """A move in its place. Not changed once it is placed, except that the person may step off before its end."""

    __slots__ = (
        "_across",
        "_force_s",
        "_profile",
        "_share",
        "_share_change",
        "_twist",
        "angle",
        "end",
        "next",
        "start",
    )

    def __init__(
        self,
        start: float,
        end: float,
        angle: float,
        profile: Profile,
        share: tuple[float, float],
        force_s: float,
        across: Aside = NO_ASIDE,
        twist: Aside = NO_ASIDE,
    ) -> None:
        self.start = start
        self.end = end
        self.angle = angle
        self._profile = profile
        self._share = share[0]
        self._share_change = share[1] - share[0]
        self._force_s = force_s
        self._across = across
        self._twist = twist
        self.next: Segment | None = None
        """What follows, once it is placed."""

    @property
    def quiet(self) -> bool:
        """Nothing turns in it."""
        return self._profile is still and self._across.profile is still and self._twist.profile is still

    def across(self, t: float) -> tuple[float, float, float]:
        """As `turn`, of a ball in the second direction."""
        return self._across.at(t - self.start)

    def twist(self, t: float) -> tuple[float, float, float]:
        """As `turn`, of a ball about the vertical."""
        return self._twist.at(t - self.start)

    def turn(self, t: float) -> tuple[float, float, float]:
        """Angle (rad), rate (rad/s) and angular acceleration (rad/s2)."""
        turned, rate, acceleration = self._profile(t - self.start)
        return self.angle + turned, rate, acceleration

    def share(self, t: float) -> float:
        """Share of the load on the tool, before breathing and unevenness; smooth to its second derivative."""
        if self._share_change == 0.0:
            return self._share
        u = (t - self.start) / self._force_s
        if u >= 1.0:
            return self._share + self._share_change
        return max(0.0, self._share + self._share_change * u * u * u * (10 - u * (15 - 6 * u)))


class Plan:
    """Where the roller is at any time, from a person's acts. May be asked from several threads."""

    def __init__(
        self,
        acts: Iterator[Act],
        roller: Roller,
        angle: float,
        step_off_t: float | None,
        in_motion: bool = False,
    ) -> None:
        """`angle` is where the tool lies when the person begins; at `step_off_t` she gets off, whatever she is doing.

        `in_motion`: time begins in the middle of her first stroke. Raises `ConditionError` if there is none.
        """
        self._acts = acts
        self._roller = roller
        self._step_off_t: float | None = None
        self._stepped_off = False
        self._spoke = False
        self._lock = threading.Lock()
        self._said: list[Command] = []
        self.turns: list[tuple[float, str]] = []
        """When another muscle came under the tool without a word."""
        self._now = Segment(0.0, 0.0, angle, still, (0.0, 0.0), 1.0)
        self._segments: tuple[Segment, ...] = (self._now,)
        if in_motion:
            self._skip_to_motion()
        self._step_off_t = step_off_t

    @property
    def oldest(self) -> Segment:
        """The first move that is still known; the others follow by `next`."""
        return self._segments[0]

    def segment(self, t: float) -> Segment:
        """The move that is going on at `t` (0 s and later). Raises `ValueError` for times long past."""
        segment = self._now
        if segment.start <= t < segment.end:
            return segment
        if t >= self._segments[-1].end:
            self._extend(t)
        for segment in reversed(self._segments):
            if segment.start <= t:
                self._now = segment
                return segment
        raise ValueError(
            f"the simulated person's plan is kept for {KEPT_S:g} s and was asked for t={t:.3f}, "
            f"before {self._segments[0].start:.3f}; ask in order of time, or make a new World with the same seed"
        )

    def take_commands(self, until: float) -> list[Command]:
        """The commands given up to `until`, oldest first; each is handed out once."""
        self._extend(until)
        with self._lock:
            due = [command for command in self._said if command.t <= until]
            self._said = [command for command in self._said if command.t > until]
        return due

    def _skip_to_motion(self) -> None:
        """Move everything back in time, so that the first stroke on the body is under way at 0."""
        last = self._segments[-1]
        while not self._in_stroke(last):
            if last.end > NOBODY_MOVES_S:
                raise ConditionError(
                    f"condition begin_in_motion: nobody moves in the first {NOBODY_MOVES_S:g} s of this scenario; "
                    "choose another one"
                )
            self._place_next()
            last = self._segments[-1]
        before = (last.start + last.end) / 2
        for segment in self._segments:
            segment.start -= before
            segment.end -= before
        self._said = [msgspec.structs.replace(command, t=0.0) for command in self._said]

    def _in_stroke(self, segment: Segment) -> bool:
        middle = (segment.start + segment.end) / 2
        speed = hypot(segment.turn(middle)[1], segment.across(middle)[1]) * self._roller.radius_m
        return segment.share(segment.start) > 0.0 and segment.share(middle) > 0.0 and speed > STROKE_M_S

    def _extend(self, t: float) -> None:
        with self._lock:
            while self._segments[-1].end <= t:
                self._place_next()

    def _place_next(self) -> None:
        last = self._segments[-1]
        limit = self._step_off_t
        if limit is not None and last.end >= limit:
            self._step_off(last)
            return
        act = next(self._acts)
        if isinstance(act, Say):
            self._say(act.command, last.end)
            return
        if isinstance(act, Turn):
            self.turns.append((last.end, act.muscle))
            return
        segment = self._placed(act, last)
        if limit is not None and segment.end > limit:
            segment.end = limit
        self._add(segment)

    def _step_off(self, last: Segment) -> None:
        """Lift off, let the roller run out and leave it; the session is over."""
        if self._stepped_off:
            self._add(self._placed(Move(seconds=REST_S, share=0.0), last))
            return
        self._stepped_off = True
        _, rate, _ = last.turn(last.end)
        speed = rate * self._roller.radius_m
        if last.share(last.end) > 0.0 or rate != 0.0:
            last = self._add(
                self._placed(
                    Move(
                        seconds=LIFT_OFF_S,
                        travel_m=speed * LIFT_OFF_S,
                        share=0.0,
                        end_speed_m_s=speed,
                    ),
                    last,
                )
            )
            self._add(self._placed(Move(seconds=COAST_S, travel_m=0.4 * speed * COAST_S, share=0.0), last))
        if self._spoke:
            self._say(Command(t=0.0, command="end"), self._segments[-1].end)

    def _say(self, command: Command, t: float) -> None:
        self._spoke = True
        self._said.append(msgspec.structs.replace(command, t=round(t, 6)))

    def _add(self, segment: Segment) -> Segment:
        oldest = segment.start - KEPT_S
        self._segments[-1].next = segment
        self._segments = (*(s for s in self._segments if s.end > oldest), segment)
        return segment

    def _placed(self, move: Move, last: Segment) -> Segment:
        """`move` begun where `last` ends."""
        start = last.end
        angle, rate, _ = last.turn(start)
        share = (last.share(start), move.share)
        force_n = (share[0] + share[1]) / 2 * self._roller.load_n
        radius_m = self._roller.effective_radius_m(force_n)
        turn = move.travel_m / radius_m
        end_rate = move.end_speed_m_s / radius_m
        if abs(rate) < 1e-9:
            rate = 0.0
        if rate != 0.0 or end_rate != 0.0:
            profile = quintic(turn, move.seconds, rate, end_rate)
        elif turn == 0.0:
            profile = still
        else:
            shapes = {"min_jerk": quintic, "sine": half_sine, "trapezoid": trapezoid}
            profile = shapes[move.shape](turn, move.seconds)
        if move.ripples:
            ripples = tuple(Ripple(r.amplitude / radius_m, r.frequency_hz, r.phase_rad) for r in move.ripples)
            profile = rippled(profile, move.seconds, ripples, move.ripple_ramp_s)
        force_s = min(move.seconds, move.force_s or move.seconds)
        across = _aside(move, last.across(start), move.across_m / radius_m, move.across_ripples, radius_m)
        twist = _aside(move, last.twist(start), move.twist_rad, move.twist_ripples, 1.0)
        return Segment(start, start + move.seconds, angle, profile, share, force_s, across, twist)


def _aside(
    move: Move, was: tuple[float, float, float], turn: float, ripples: tuple[Ripple, ...], radius_m: float
) -> Aside:
    """One more direction of `move`, from what it `was` doing to rest; a braking ball runs on a little."""
    angle, rate, _ = was
    if abs(rate) < 1e-9:
        rate = 0.0
    if rate == 0.0 and turn == 0.0 and not ripples:
        return NO_ASIDE if angle == 0.0 else Aside(angle, still)
    profile = quintic(turn or 0.4 * rate * move.seconds, move.seconds, rate, 0.0)
    if ripples:
        placed = tuple(Ripple(r.amplitude / radius_m, r.frequency_hz, r.phase_rad) for r in ripples)
        profile = rippled(profile, move.seconds, placed, move.ripple_ramp_s)
    return Aside(angle, profile)
