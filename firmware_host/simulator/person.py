"""A person with a tool: what she can do, move by move. Who does what, and when, is in scenarios.py.

Places are metres along the muscle from its middle, positive away from the trunk; a stroke to a larger place turns
the tool in the positive sense about its axis. A ball goes from spot to spot instead. Stroke lengths, shares of body
weight and tempos are those of guidance 2.1 to 2.3; the sizes of tremor, sway and unsteadiness are this project's
estimates.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import atan2, cos, hypot, pi, sin

from msgspec import Struct

from firmware_host.coaching.inputs import Command, ToolKind
from firmware_host.simulator.plan import COAST_S, Act, Move, Say, Turn
from firmware_host.simulator.profiles import Ripple, Shape
from firmware_host.simulator.tools import BUILDS


class Muscle(Struct, frozen=True):
    """Guidance 2.2, for a person of 1.75 m. Shares are of the tool's load: body weight, or 100 N in the hand."""

    stroke_m: float
    low_share: float
    high_share: float


MUSCLES: dict[ToolKind, dict[str, Muscle]] = {
    "foam_roller": {
        "calves": Muscle(0.28, 0.20, 0.35),
        "hamstrings": Muscle(0.30, 0.20, 0.35),
        "quadriceps": Muscle(0.37, 0.20, 0.35),
        "it_band": Muscle(0.30, 0.10, 0.20),
        "glutes": Muscle(0.18, 0.25, 0.45),
        "tfl": Muscle(0.12, 0.15, 0.30),
        # Not what it is for: what somebody does all the same.
        "tibialis_anterior": Muscle(0.25, 0.04, 0.08),
    },
    # 60-200 N with the fall along the muscle; the shin at most 60 N (guidance 2.2).
    "massage_stick": {
        "calves": Muscle(0.28, 0.75, 1.6),
        "hamstrings": Muscle(0.30, 0.75, 1.6),
        "quadriceps": Muscle(0.37, 0.75, 1.6),
        "tibialis_anterior": Muscle(0.25, 0.35, 0.5),
    },
    "massage_ball": {"glutes": Muscle(0.10, 0.65, 1.9)},
}

FALL = 0.2
"""Force falls from the trunk outwards (Baumgart 2019): this share more at one end, as much less at the other."""
FAST_M_S = 0.10
"""A stroke with a higher mean speed is one that a buzz can be about."""
HEEDED_STROKES = 8
"""So many strokes a buzz is remembered."""
HEEDED_STROKE_S = (3.2, 4.0)

MOST_SPIN_RAD_S = pi / 3

SHAPES: tuple[Shape, ...] = ("min_jerk", "sine", "trapezoid")

Range = tuple[float, float]


class Person:
    """The moves, each a short sequence of acts that begins where the last one ended."""

    def __init__(self, rng: random.Random, tool: ToolKind = "foam_roller") -> None:
        self.rng = rng
        self._muscles = MUSCLES[tool]
        self._tool = BUILDS[tool].name
        self.muscle = next(iter(self._muscles.values()))
        self.place_m = 0.0
        self._spot = (0.0, 0.0)
        """Where the ball is on the body, in its two directions."""
        self.pressing = 0.28
        """Share of the load in the middle of the muscle."""
        self._stroke_speed_m_s = 0.0
        self._heeding = 0

    def feel_buzz(self) -> None:
        """The haptic motor is felt: who is going fast slows down for the next strokes."""
        if self._stroke_speed_m_s > FAST_M_S:
            self._heeding = HEEDED_STROKES

    # --- off the body

    def lie(self, seconds: float) -> Iterator[Act]:
        """The roller lies alone on the floor."""
        yield Move(seconds=seconds, share=0.0)

    def nudge(self) -> Iterator[Act]:
        """A hand rolls the roller a little to where it is wanted."""
        travel_m = self.rng.choice((-1, 1)) * self.rng.uniform(0.03, 0.15)
        yield Move(seconds=self.rng.uniform(0.6, 1.2), travel_m=travel_m, share=0.0)

    def turn_to(self, muscle: str) -> Iterator[Act]:
        """The next muscle comes under the tool, as the coach announced it."""
        self._take_up(muscle)
        yield Turn(muscle)

    def _take_up(self, muscle: str) -> None:
        self.muscle = self._muscles[muscle]
        self.pressing = self.rng.uniform(
            0.8 * self.muscle.low_share + 0.2 * self.muscle.high_share,
            0.2 * self.muscle.low_share + 0.8 * self.muscle.high_share,
        )

    def select(self, muscle: str, side: str) -> Iterator[Act]:
        """Say what comes next."""
        self._take_up(muscle)
        yield Say(Command(t=0.0, command="select", muscle=muscle, side=side, tool=self._tool))

    # --- on and off

    def touch_down(self, place_m: float | None = None) -> Iterator[Act]:
        """Lower the weight onto the resting roller, at one end of the muscle if no place is given."""
        self.place_m = self._end(self.rng.choice((-1, 1))) if place_m is None else place_m
        yield Move(seconds=self.rng.uniform(0.5, 1.1), share=self._share(self.place_m))
        yield from self.pause((0.2, 0.6))

    def lift_off(self) -> Iterator[Act]:
        """Take the weight off the resting roller; it is often knocked a little as the leg leaves."""
        yield Move(seconds=self.rng.uniform(0.1, 0.3), share=0.0)
        self._stroke_speed_m_s = 0.0
        yield from self.lie(self.rng.uniform(0.3, 0.8))
        if self.rng.random() < 0.5:
            yield from self.nudge()

    def fly_off(self, seconds: float) -> Iterator[Act]:
        """Lift off in the middle of a stroke: the roller runs on by itself and comes to rest."""
        way_m = self._far_end() - self.place_m
        part = self.rng.uniform(0.5, 0.65)
        speed = 1.5 * way_m / seconds
        self._stroke_speed_m_s = abs(way_m) / seconds
        lift_s = self.rng.uniform(0.1, 0.3)
        yield Move(
            seconds=part * seconds,
            travel_m=part * way_m,
            share=self._share(self.place_m + part * way_m),
            end_speed_m_s=speed,
        )
        yield Move(seconds=lift_s, travel_m=speed * lift_s, share=0.0, end_speed_m_s=speed)
        yield Move(seconds=COAST_S, travel_m=0.4 * speed * COAST_S, share=0.0)
        self._stroke_speed_m_s = 0.0
        yield from self.lie(self.rng.uniform(0.5, 2.0))

    # --- rolling

    def stroke(self, to_m: float, seconds: float, shape: Shape | None = None) -> Iterator[Act]:
        """One direction, from here to `to_m`, as smooth as people are."""
        if self._heeding > 0:
            self._heeding -= 1
            seconds = max(seconds, self.rng.uniform(*HEEDED_STROKE_S))
        usual: Shape = self.rng.choice(SHAPES)
        way_m = to_m - self.place_m
        self._stroke_speed_m_s = abs(way_m) / seconds
        unsteady = Ripple(self.rng.uniform(1e-4, 4e-4), self.rng.uniform(2.0, 3.5), self.rng.uniform(0.0, 2 * pi))
        self.place_m = to_m
        yield Move(
            seconds=seconds,
            travel_m=way_m,
            share=self._share(to_m),
            shape=shape or usual,
            ripples=(unsteady,),
        )

    def passes(self, count: int, seconds: Range, pause: Range) -> Iterator[Act]:
        """To and fro between the ends of the muscle, resting for a moment at most turns."""
        for _ in range(count):
            yield from self.stroke(self._far_end(), self.rng.uniform(*seconds))
            yield from self.pause(pause)

    def short_stroke(self) -> Iterator[Act]:
        """A few centimetres around where she is."""
        way_m = self.rng.uniform(0.03, 0.08) * (-1 if self.place_m > 0 else 1)
        yield from self.stroke(self.place_m + way_m, self.rng.uniform(0.8, 1.6))
        yield from self.pause((0.1, 0.5))

    def creep(self) -> Iterator[Act]:
        """Slowly over the muscle, an inch a second (guidance 1.5)."""
        to_m = self._far_end()
        yield from self.stroke(to_m, abs(to_m - self.place_m) / self.rng.uniform(0.022, 0.03), "trapezoid")
        yield from self.pause((0.2, 0.6))

    def scan(self) -> Iterator[Act]:
        """The whole muscle at an even 2.5 cm/s, with no more than the hand's tremor in it."""
        to_m = self._far_end()
        way_m = to_m - self.place_m
        self.place_m = to_m
        seconds = abs(way_m) / self.rng.uniform(0.0225, 0.024)  # between the crossings of 0.8 cm/s: 2.5
        ripples = (self._tremor(), self._tremor())
        yield Move(seconds=seconds, travel_m=way_m, share=self._share(to_m), shape="trapezoid", ripples=ripples)
        yield from self.pause((0.3, 0.9))

    def jerky_stroke(self, seconds: float) -> Iterator[Act]:
        """One direction in jumps: stops, twitches back by some millimetres, uneven speed."""
        start_m, way_m = self.place_m, self._far_end() - self.place_m
        self._stroke_speed_m_s = abs(way_m) / seconds
        forward = 1 if way_m > 0 else -1
        cuts = sorted(self.rng.uniform(0.15, 0.85) for _ in range(self.rng.randint(2, 4)))
        for done, goal in zip((0.0, *cuts), (*cuts, 1.0), strict=True):
            to_m = start_m + goal * way_m
            yield Move(
                seconds=max(0.25, (goal - done) * seconds * self.rng.uniform(0.7, 1.1)),
                travel_m=to_m - self.place_m,
                share=self._share(to_m),
                shape=self.rng.choice(SHAPES[:2]),
                ripples=(Ripple(self.rng.uniform(0.5e-3, 2e-3), self.rng.uniform(2.5, 5.0), 0.0),),
            )
            self.place_m = to_m
            if goal < 1.0:
                yield from self._hitch(forward)

    def _hitch(self, forward: int) -> Iterator[Act]:
        """A stop, or a twitch back: both too small to end the movement."""
        if self.rng.random() < 0.5:
            yield Move(seconds=self.rng.uniform(0.05, 0.35), share=self._share(self.place_m))
            return
        back_m = -forward * self.rng.uniform(0.003, 0.007)
        self.place_m += back_m
        yield Move(
            seconds=self.rng.uniform(0.15, 0.3),
            travel_m=back_m,
            share=self._share(self.place_m) * self.rng.uniform(0.9, 1.15),
        )

    # --- staying

    def pause(self, seconds: Range) -> Iterator[Act]:
        """Rest for a moment, trembling as one does."""
        length_s = self.rng.uniform(*seconds)
        if length_s > 0.02:
            yield Move(seconds=length_s, share=self._share(self.place_m), ripples=(self._tremor(),))

    def hold(self, seconds: float, circles_m: float = 0.0) -> Iterator[Act]:
        """Stay on a tender spot; `circles_m` is the reach of small circles to either side."""
        rng = self.rng
        self._stroke_speed_m_s = 0.0
        slow = (
            Ripple(circles_m, rng.uniform(0.35, 0.6), rng.uniform(0.0, 2 * pi))
            if circles_m
            else Ripple(rng.uniform(5e-4, 1.1e-3), rng.uniform(0.15, 0.3), rng.uniform(0.0, 2 * pi))
        )
        yield Move(
            seconds=seconds,
            share=self._share(self.place_m) * rng.uniform(0.95, 1.1),
            ripples=(self._tremor(), slow),
            ripple_ramp_s=0.8,
        )

    def go_to_spot(self, place_m: float) -> Iterator[Act]:
        """Roll to a tender spot, gently."""
        way_m = abs(place_m - self.place_m)
        if way_m > 0.005:
            yield from self.stroke(place_m, max(0.8, way_m / self.rng.uniform(0.04, 0.07)), "min_jerk")

    def press(self, share: float, seconds: float = 0.8) -> Iterator[Act]:
        """Shift the weight: from now on `share` of body weight in the middle of the muscle."""
        self.pressing = share
        yield Move(seconds=seconds, share=self._share(self.place_m), ripples=(self._tremor(),))

    # --- with a ball

    def roll_to_spot(self) -> Iterator[Act]:
        """3 to 8 cm over the body to another spot, turning the ball a little on the way; and rest there."""
        rng = self.rng
        way_m = rng.uniform(0.03, 0.08)
        x, y = self._spot
        # Out from the middle at random, back towards it from further out: the muscle is only so large.
        home = atan2(-y, -x)
        off = rng.uniform(-pi, pi) if hypot(x, y) < self.muscle.stroke_m / 4 else rng.uniform(-0.8, 0.8)
        dx, dy = way_m * cos(home + off), way_m * sin(home + off)
        self._spot = x + dx, y + dy
        seconds = way_m / rng.uniform(0.03, 0.06)
        yield Move(
            seconds=seconds,
            travel_m=dx,
            across_m=dy,
            share=self._pressed(),
            # Up to 60 dps: a minimum-jerk turn peaks at 1.875 times its mean.
            twist_rad=rng.uniform(-1, 1) * MOST_SPIN_RAD_S / 1.875 * seconds,
        )
        yield from self._rest_on_spot(rng.uniform(0.6, 1.2))

    def circle(self, seconds: float) -> Iterator[Act]:
        """Work the spot in small circles of 4 to 10 mm radius; begun and ended at rest."""
        rng = self.rng
        radius_m, hertz, phase = rng.uniform(0.004, 0.010), rng.uniform(0.4, 0.7), rng.uniform(0, 2 * pi)
        round_by = rng.choice((-1, 1)) * pi / 2
        yield Move(
            seconds=seconds,
            share=self._pressed(),
            ripples=(Ripple(radius_m, hertz, phase),),
            across_ripples=(Ripple(radius_m * rng.uniform(0.85, 1.0), hertz, phase + round_by),),
            twist_ripples=(Ripple(rng.uniform(0.1, 0.4), rng.uniform(0.1, 0.25), rng.uniform(0, 2 * pi)),),
            ripple_ramp_s=0.8,
        )
        yield from self._rest_on_spot(rng.uniform(0.4, 0.9))

    def stay(self, seconds: float) -> Iterator[Act]:
        """Stay on the spot as still as one can."""
        rng = self.rng

        def sway() -> Ripple:
            return Ripple(rng.uniform(3e-4, 8e-4), rng.uniform(0.15, 0.3), rng.uniform(0, 2 * pi))

        yield Move(
            seconds=seconds,
            share=self._pressed(),
            ripples=(self._tremor(), sway()),
            across_ripples=(self._tremor(), sway()),
            twist_ripples=(Ripple(rng.uniform(0.01, 0.04), rng.uniform(0.1, 0.2), rng.uniform(0, 2 * pi)),),
            ripple_ramp_s=0.8,
        )

    def _rest_on_spot(self, seconds: float) -> Iterator[Act]:
        yield Move(seconds=seconds, share=self._pressed(), ripples=(self._tremor(),))

    def _pressed(self) -> float:
        return self.pressing * self.rng.uniform(0.92, 1.05)

    # --- sizes

    def _share(self, place_m: float) -> float:
        return self.pressing * (1 - FALL * place_m / (self.muscle.stroke_m / 2))

    def _end(self, side: int) -> float:
        return side * self.muscle.stroke_m / 2 * self.rng.uniform(0.82, 1.0)

    def _far_end(self) -> float:
        return self._end(-1 if self.place_m > 0 else 1)

    def _tremor(self) -> Ripple:
        """Physiological tremor, 8-10 Hz, through a leg that carries weight."""
        return Ripple(self.rng.uniform(2e-5, 6e-5), self.rng.uniform(7.5, 9.5), self.rng.uniform(0.0, 2 * pi))
