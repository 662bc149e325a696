"""What each cue feels and looks like: a table of rhythms, and pure functions of the time since the cue
began.

Rules the table keeps (tests hold it to them):

1. A burst of the motor lasts at most 150 ms, and all bursts of a cue at most 0.4 s: a running motor
   blinds the IMU, and every burst costs a mask of its length and 0.5 s more.
2. Cues are told apart by rhythm alone, long and short bursts in order and the pauses between them; colour
   only repeats it. 80 ms is a short one (an eccentric-mass motor needs 30-50 ms to spin up), 150 ms a long
   one, 100 ms and more lie between them. A pause is 0.4 s and more of silence, and nothing between 0.3 and
   0.4 s is used, so that nobody has to judge. Those that come while one rolls or holds are without a pause
   and differ by their bursts alone.
3. The light flashes at most three times in any second (WCAG 2.2, 2.3.1): the page may show it large. Where
   two rhythms come together, calm.py sees to it.
4. Every value holds from one edge to the next; nothing fades. So the thread that plays a pattern sleeps
   from edge to edge, and a burst is as long as the table says.
5. Felt are corrections and turning points. What only accompanies (breathe, rotate_leg) or is to be read
   (read_first) is light alone: a burst would blind the IMU for nothing.

The grammar, to be learned in groups (S short, L long, "-" a pause):

- pace, short-short first: SS slow_down, SSL smooth_out
- pressure: long first is less, LSS ease_off, LSSS start_lighter; rising is more, SL lean_in
- a place, the same from both ends: LSL near_joint (turn back), SLS spot_near
- a hold: S spot_found (it began), LS hold_on (stay), LL hold_done (20 s), LLS hold_enough (30 s)
- a set's time: SSS move_on, SSS-L set_overtime (the same, with a word more)
- where to go, shorts in two groups: SS-SS other_side (one side, the other), S-SS next_up
- done, a pause and then long: S-L leg_done, S-LL session_done
- stop and think, a long within a group of the four: SS-LS take_a_break, SL-SS rest_muscle
- look at the page, five shorts: SSS-SS change_tool, SS-SSS switch_to_tfl

The light's colours: magenta something is wrong, amber take care, blue go on, white a hold or an end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Rgb = tuple[float, float, float]
"""Red, green, blue, each 0..1 of the light's own level."""

DARK: Rgb = (0.0, 0.0, 0.0)
BLUE: Rgb = (0.0, 0.25, 1.0)
AMBER: Rgb = (1.0, 0.45, 0.0)
MAGENTA: Rgb = (1.0, 0.0, 0.6)
RED: Rgb = (1.0, 0.0, 0.1)
"""The touch of blue keeps it apart from amber for deuteranopes (tests/feedback/test_colours.py)."""
WHITE: Rgb = (1.0, 1.0, 1.0)

SHORT_S = 0.08
LONG_S = 0.15
PAUSE_S = 0.4
"""Silence from which on a rhythm falls into groups."""
FLASH_S = 0.15
"""Light that goes with a burst lasts this long: 80 ms of light is easily missed."""


class Burst(NamedTuple):
    """One stretch of motor or light, in seconds since the cue began."""

    start_s: float
    seconds: float

    @property
    def end_s(self) -> float:
        return self.start_s + self.seconds


class Output(NamedTuple):
    """What the outputs are to do now."""

    motor: float
    """0..1 of the owner's `motor_level`."""
    led: Rgb | None
    """None: the base mood shows."""


class Pattern(NamedTuple):
    """One cue's rhythm. Between flashes, up to `duration_s`, the light is dark."""

    name: str
    bursts: tuple[Burst, ...]
    flashes: tuple[Burst, ...]
    colour: Rgb
    duration_s: float

    def burst_at(self, elapsed_s: float) -> Burst | None:
        """The burst that runs `elapsed_s` after the cue began, if any."""
        return _running(self.bursts, elapsed_s)

    def at(self, elapsed_s: float) -> Output:
        """What the outputs do `elapsed_s` after the cue began; the base state once it is over."""
        if elapsed_s >= self.duration_s:
            return Output(0.0, None)
        motor = 1.0 if self.burst_at(elapsed_s) else 0.0
        return Output(motor, self.colour if _running(self.flashes, elapsed_s) else DARK)

    def next_edge(self, elapsed_s: float) -> float | None:
        """When, in seconds since the cue began, the output next changes; None once it is over."""
        edges = [edge for part in (*self.bursts, *self.flashes) for edge in (part.start_s, part.end_s)]
        return min((edge for edge in (*edges, self.duration_s) if edge > elapsed_s), default=None)


def _running(parts: tuple[Burst, ...], elapsed_s: float) -> Burst | None:
    for part in parts:
        if part.start_s <= elapsed_s < part.end_s:
            return part
    return None


def _rhythm(name: str, colour: Rgb, *bursts: tuple[float, float]) -> Pattern:
    """A cue that is felt: the light flashes with each burst; dark for 0.2 s after the last."""
    felt = tuple(Burst(start, seconds) for start, seconds in bursts)
    seen = tuple(Burst(burst.start_s, FLASH_S) for burst in felt)
    return Pattern(name, felt, seen, colour, round(max(part.end_s for part in (*felt, *seen)) + 0.2, 6))


def _light(name: str, colour: Rgb, duration_s: float, *flashes: tuple[float, float]) -> Pattern:
    """A cue that is only seen."""
    return Pattern(name, (), tuple(Burst(start, seconds) for start, seconds in flashes), colour, duration_s)


PATTERNS: Mapping[str, Pattern] = {
    pattern.name: pattern
    for pattern in (
        # While one rolls.
        _rhythm("slow_down", MAGENTA, (0.0, SHORT_S), (0.2, SHORT_S)),
        _rhythm("smooth_out", MAGENTA, (0.0, SHORT_S), (0.2, SHORT_S), (0.4, LONG_S)),
        _rhythm("ease_off", MAGENTA, (0.0, LONG_S), (0.3, SHORT_S), (0.5, SHORT_S)),
        # Slower than the others, for the three flashes a second.
        _rhythm("start_lighter", AMBER, (0.0, LONG_S), (0.35, SHORT_S), (0.68, SHORT_S), (1.01, SHORT_S)),
        _rhythm("lean_in", BLUE, (0.0, SHORT_S), (0.25, LONG_S)),
        _rhythm("near_joint", MAGENTA, (0.0, LONG_S), (0.3, SHORT_S), (0.5, LONG_S)),
        _rhythm("spot_near", AMBER, (0.0, SHORT_S), (0.2, LONG_S), (0.5, SHORT_S)),
        # While one holds.
        _rhythm("spot_found", WHITE, (0.0, SHORT_S)),
        _rhythm("hold_on", AMBER, (0.0, LONG_S), (0.3, SHORT_S)),
        _rhythm("hold_done", WHITE, (0.0, LONG_S), (0.45, LONG_S)),
        _rhythm("hold_enough", WHITE, (0.0, LONG_S), (0.45, LONG_S), (0.75, SHORT_S)),
        # Turning points: nothing is being measured, so a pause costs nothing.
        _rhythm("move_on", BLUE, (0.0, SHORT_S), (0.25, SHORT_S), (0.5, SHORT_S)),
        _rhythm("set_overtime", AMBER, (0.0, SHORT_S), (0.25, SHORT_S), (0.5, SHORT_S), (1.05, LONG_S)),
        _rhythm("other_side", BLUE, (0.0, SHORT_S), (0.2, SHORT_S), (0.85, SHORT_S), (1.05, SHORT_S)),
        _rhythm("next_up", BLUE, (0.0, SHORT_S), (0.6, SHORT_S), (0.8, SHORT_S)),
        _rhythm("leg_done", WHITE, (0.0, SHORT_S), (0.6, LONG_S)),
        _rhythm("session_done", WHITE, (0.0, SHORT_S), (0.6, LONG_S), (0.9, LONG_S)),
        _rhythm("take_a_break", AMBER, (0.0, SHORT_S), (0.2, SHORT_S), (0.75, LONG_S), (1.05, SHORT_S)),
        _rhythm("rest_muscle", MAGENTA, (0.0, SHORT_S), (0.2, LONG_S), (0.85, SHORT_S), (1.05, SHORT_S)),
        _rhythm("change_tool", AMBER, *((at, SHORT_S) for at in (0.0, 0.2, 0.4, 1.05, 1.25))),
        _rhythm("switch_to_tfl", AMBER, *((at, SHORT_S) for at in (0.0, 0.2, 0.85, 1.05, 1.25))),
        # Only seen, each with a rhythm of its own.
        _light("breathe", BLUE, 1.2, (0.0, 1.0)),
        _light("rotate_leg", BLUE, 1.4, (0.0, 0.3), (0.6, 0.6)),
        _light("read_first", WHITE, 2.0, (0.0, 0.5), (1.0, 0.5)),
        # The coach is blind: the motor stays off (outputs go off on sensor loss), the light says so.
        _light("no_signal", AMBER, 1.0, (0.0, 0.12), (0.27, 0.12)),
        # Pain: everything stops; a calm, steady light says that it was understood.
        _light("stop_pain", MAGENTA, 3.0, (0.0, 3.0)),
    )
}


def pattern_named(name: str) -> Pattern:
    """The pattern `name`; ValueError names the known ones."""
    pattern = PATTERNS.get(name)
    if pattern is None:
        raise ValueError(
            f"there is no pattern {name!r}; known are {', '.join(sorted(PATTERNS))}. "
            "A new cue needs a row in firmware_host/feedback/patterns.py"
        )
    return pattern


def burst_plan(name: str) -> tuple[Burst, ...]:
    """The motor bursts of pattern `name`, as (start_s, seconds) since the cue began."""
    return pattern_named(name).bursts
