"""The light between cues: how it goes, from a snapshot. Pure.

Colour-blind safe: blue, amber and magenta differ in hue for every common kind of colour blindness, and each
state has its own rhythm besides: fine is steady, near the limit blinks slowly, over it fast, a fault twice
and a pause, a hold grows brighter. First that applies:

1. pain: steady magenta, calm
2. a fault while no tool is seen moving: the coach may be blind, so no speed colour is shown
3. over the live limit, 4. near it (rolling)
5. a hold, 6. on the body, 7. off the body
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from firmware_host.coaching.snapshot import Snapshot
from firmware_host.feedback.patterns import AMBER, BLUE, DARK, MAGENTA, WHITE, Burst, Rgb

MoodKind = Literal["dark", "off_body", "fine", "near", "over", "hold", "fault", "pain"]

NEAR_LIMIT = 0.8
"""From this share of the live limit on, speed counts as near it. Not the mean limit: a smooth stroke at the mean
limit peaks at 1.57 / 2 of the live one, and must not look wrong in its middle."""
HOLD_START, HOLD_DONE, HOLD_ENOUGH = 0.15, 0.6, 1.0
"""Brightness of the hold's light as it begins, at the first mark (20 s) and at the second (30 s)."""
HOLD_STEP = 0.02
"""The hold's light grows in steps of this much, so that it is written a few times a second at most."""


class Blink(NamedTuple):
    """A rhythm that repeats every `period_s`; lit during `flashes`. At most three flashes a second.

    Counted in whole microseconds: in floats a phase and its edge may disagree by a rounding, and a flash be skipped.
    """

    period_s: float
    flashes: tuple[Burst, ...]

    def lit(self, elapsed_s: float) -> bool:
        phase = _us(elapsed_s) % _us(self.period_s)
        return any(_us(flash.start_s) <= phase < _us(flash.end_s) for flash in self.flashes)

    def next_edge(self, elapsed_s: float) -> float:
        """When, counted as `elapsed_s` is, the light next goes on or off."""
        now = _us(elapsed_s)
        begun = now - now % _us(self.period_s)
        edges = [_us(edge) for flash in self.flashes for edge in (flash.start_s, flash.end_s)]
        return min(begun + edge for edge in (*edges, _us(self.period_s)) if begun + edge > now) / 1e6


def _us(seconds: float) -> int:
    return round(seconds * 1e6)


class Look(NamedTuple):
    colour: Rgb
    level: float
    blink: Blink | None = None


LOOKS: Mapping[MoodKind, Look] = {
    "dark": Look(DARK, 0.0),
    "off_body": Look(BLUE, 0.08),
    "fine": Look(BLUE, 0.5),
    "near": Look(AMBER, 0.7, Blink(1.0, (Burst(0.0, 0.7),))),
    "over": Look(MAGENTA, 1.0, Blink(0.4, (Burst(0.0, 0.2),))),
    "hold": Look(WHITE, 1.0),
    "fault": Look(AMBER, 0.7, Blink(2.0, (Burst(0.0, 0.12), Burst(0.27, 0.12)))),
    "pain": Look(MAGENTA, 0.5),
}


class Mood(NamedTuple):
    """What the light says while no cue plays."""

    kind: MoodKind
    fill: float = 1.0
    """Brightness, 0..1; below 1 only for a hold that is not over."""

    def at(self, elapsed_s: float) -> Rgb:
        """The colour `elapsed_s` after this mood began."""
        look = LOOKS[self.kind]
        if look.blink is not None and not look.blink.lit(elapsed_s):
            return DARK
        red, green, blue = look.colour
        level = look.level * self.fill
        return (red * level, green * level, blue * level)

    def next_edge(self, elapsed_s: float) -> float | None:
        """When, in seconds since this mood began, the light next changes; None if it is steady."""
        blink = LOOKS[self.kind].blink
        return None if blink is None else blink.next_edge(elapsed_s)


def mood_of(snapshot: Snapshot) -> Mood:
    """The mood that `snapshot` calls for, by the rules above; with several tools the first rule met by
    any."""
    if snapshot.pain:
        return Mood("pain")
    tools = [tool for tool in snapshot.tools if tool.on_body]
    rolling = [tool for tool in tools if tool.state == "rolling"]
    moving = bool(rolling) or any(tool.state == "holding" for tool in tools)
    if snapshot.faults and not moving:
        return Mood("fault")
    if any(abs(tool.speed_m_s) > tool.live_speed_limit_m_s for tool in rolling):
        return Mood("over")
    if any(abs(tool.speed_m_s) >= NEAR_LIMIT * tool.live_speed_limit_m_s for tool in rolling):
        return Mood("near")
    held = max((tool.hold_s for tool in tools if tool not in rolling), default=0.0)
    if held > 0:
        return Mood("hold", _fill(held, snapshot.hold_done_s, snapshot.hold_enough_s))
    return Mood("fine" if tools else "off_body")


def _fill(held_s: float, done_s: float, enough_s: float) -> float:
    """Brightness of a hold: straight up to the first mark, then to the second, in steps."""
    first = min(1.0, held_s / max(done_s, 0.1))
    second = min(1.0, max(0.0, held_s - done_s) / max(enough_s - done_s, 0.1))
    level = HOLD_START + (HOLD_DONE - HOLD_START) * first + (HOLD_ENOUGH - HOLD_DONE) * second
    return round(round(level / HOLD_STEP) * HOLD_STEP, 2)
