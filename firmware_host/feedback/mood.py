"""The light between cues: how it goes, from a snapshot. Pure.

Colour-blind safe: each state has its own rhythm or brightness, so that nobody needs the colours, and the colours
differ for every kind of dichromacy besides (tests/feedback/test_colours.py). Fine is steady, near the limit blinks
slowly, too fast blinks fast and evenly, too hard long-short-short as its cue feels, the light beginning rises in
steps, a fault shows twice and a pause, pain is steady but for a wink, a hold and a rest breathe. First that applies,
pressure before speed as among the cues:

1. pain
2. a fault while no tool is seen moving: the coach may be blind, so no speed colour is shown
3. the checklist was not acknowledged: a quiet white light now and then, as nothing is coached
4. too hard: the force over its band, rolling or holding
5. over the live limit
6. in the light beginning of a set, more force than that allows
7. near the live limit (rolling)
8. a hold, 9. on the body, 10. resting in a session, 11. off the body

The breathing pacer goes up and down in steps, as nothing fades here. Where in a breath it is comes from the snapshot
alone: in a hold from how long it has lasted, so that with 5 s in and 5 s out the marks at 20 and 30 s fall on the
ends of the second and third breath; in a rest from the run's clock, so that nothing that comes between starts it anew.
A `Mood` that breathes is therefore one steady level, the next one another, and no timer has to live on in the thread.

The hold timer is in the same light. Its peaks rise from breath to breath. At the first mark the light stops going
out between breaths, at the second it stops breathing and is steady: both can be seen at once, whatever the phase, and
without having kept an eye on the brightness.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from firmware_host.coaching.snapshot import Snapshot, ToolSnapshot
from firmware_host.feedback.patterns import AMBER, BLUE, DARK, MAGENTA, RED, WHITE, Rgb

MoodKind = Literal[
    "dark",
    "off_body",
    "rest",
    "fine",
    "near",
    "start_light",
    "over",
    "too_hard",
    "hold",
    "unacknowledged",
    "fault",
    "pain",
]

NEAR_LIMIT = 0.8
"""From this share of the live limit on, speed counts as near it. Not the mean limit: a smooth stroke at the mean
limit peaks at 1.57 / 2 of the live one, and must not look wrong in its middle."""
HOLD_START, HOLD_DONE, HOLD_ENOUGH = 0.3, 0.6, 1.0
"""Peak brightness of the hold's breath as it begins, at the first mark (20 s) and at the second (30 s)."""
HOLD_OUT, HOLD_OUT_AFTER = 0.02, 0.3
"""Brightness at the end of a breath out, before the first mark and after it."""
BREATH_STEPS = 10
"""Steps of brightness each way."""
STEP_S = 0.4
"""No step is shorter: a quick breath has fewer, and the light is written a few times a second at most."""
SHORTEST_BREATH_S = 0.5
"""Each way; the light must not flash."""


class Lit(NamedTuple):
    """One stretch of light in a rhythm."""

    start_s: float
    seconds: float
    level: float = 1.0

    @property
    def end_s(self) -> float:
        return self.start_s + self.seconds


class Blink(NamedTuple):
    """A rhythm that repeats every `period_s`; lit during `flashes`. At most three flashes a second.

    Counted in whole microseconds: in floats a phase and its edge may disagree by a rounding, and a flash be skipped.
    """

    period_s: float
    flashes: tuple[Lit, ...]

    def level(self, elapsed_s: float) -> float:
        """0..1 of the look's own brightness."""
        phase = _us(elapsed_s) % _us(self.period_s)
        lit = (flash.level for flash in self.flashes if _us(flash.start_s) <= phase < _us(flash.end_s))
        return next(lit, 0.0)

    def next_edge(self, elapsed_s: float) -> float:
        """When, counted as `elapsed_s` is, the light next changes."""
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
    "rest": Look(BLUE, 0.35),
    "fine": Look(BLUE, 0.5),
    "near": Look(AMBER, 0.7, Blink(1.0, (Lit(0.0, 0.7),))),
    "start_light": Look(AMBER, 0.8, Blink(2.0, tuple(Lit(0.4 * n, 0.4, 0.25 * (n + 1)) for n in range(4)))),
    "over": Look(MAGENTA, 1.0, Blink(0.4, (Lit(0.0, 0.2),))),
    "too_hard": Look(RED, 1.0, Blink(1.6, (Lit(0.0, 0.5), Lit(0.65, 0.15), Lit(0.95, 0.15)))),
    "hold": Look(WHITE, 1.0),
    "unacknowledged": Look(WHITE, 0.12, Blink(4.0, (Lit(0.0, 1.0),))),
    "fault": Look(AMBER, 0.7, Blink(2.0, (Lit(0.0, 0.12), Lit(0.27, 0.12)))),
    # Calm: nothing is to be done. The wink tells it from "fine" for those who see no colour.
    "pain": Look(MAGENTA, 0.5, Blink(3.0, (Lit(0.0, 2.6),))),
}


class Mood(NamedTuple):
    """What the light says while no cue plays. The light's rhythm begins anew with every other `Mood`; those that
    change with time, hold and rest, have none of their own.
    """

    kind: MoodKind
    fill: float = 1.0
    """0..1 of the look's brightness; below 1 only for what breathes."""

    def at(self, elapsed_s: float) -> Rgb:
        """The colour `elapsed_s` after this mood began."""
        look = LOOKS[self.kind]
        level = look.level * self.fill
        if look.blink is not None:
            level *= look.blink.level(elapsed_s)
        red, green, blue = look.colour
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
    if not snapshot.acknowledged:
        return Mood("unacknowledged")
    wrong = _wrong(snapshot, tools, rolling)
    if wrong is not None:
        return Mood(wrong)
    held = max((tool.hold_s for tool in tools if tool not in rolling), default=0.0)
    if held > 0:
        return Mood("hold", _hold_level(held, snapshot))
    if tools:
        return Mood("fine")
    if snapshot.resting:
        share, _ = _breath(snapshot.t, snapshot)
        return Mood("rest", round(HOLD_OUT + (1 - HOLD_OUT) * share, 3))
    return Mood("off_body")


def _wrong(snapshot: Snapshot, tools: list[ToolSnapshot], rolling: list[ToolSnapshot]) -> MoodKind | None:
    """What is to be corrected, or nearly, if anything: rules 4 to 7."""
    if any(_pressed_over(tool, tool.force_high_n) for tool in tools):
        return "too_hard"
    if any(abs(tool.speed_m_s) > tool.live_speed_limit_m_s for tool in rolling):
        return "over"
    if snapshot.starting_light and any(_pressed_over(tool, tool.start_high_n) for tool in tools):
        return "start_light"
    if any(abs(tool.speed_m_s) >= NEAR_LIMIT * tool.live_speed_limit_m_s for tool in rolling):
        return "near"
    return None


def _pressed_over(tool: ToolSnapshot, limit_n: float | None) -> bool:
    return tool.force_n is not None and limit_n is not None and tool.force_n > limit_n


def _breath(elapsed_s: float, snapshot: Snapshot) -> tuple[float, float]:
    """How bright a breath is, 0..1, `elapsed_s` after the first began, and when this one is at its top.

    The share is squared: so the steps look even to the eye, which sees brightness by about its square root.
    """
    in_s = max(SHORTEST_BREATH_S, snapshot.breathe_in_s)
    out_s = max(SHORTEST_BREATH_S, snapshot.breathe_out_s)
    begun = elapsed_s - elapsed_s % (in_s + out_s)
    phase = elapsed_s - begun
    breathing_in = phase < in_s
    way_s = in_s if breathing_in else out_s
    start = 0.0 if breathing_in else in_s
    steps = max(1, min(BREATH_STEPS, int(way_s / STEP_S)))
    step = min(steps - 1, int((phase - start) / way_s * steps))
    up = step / (steps - 1) if steps > 1 else 1.0
    share = up if breathing_in else 1.0 - up
    return share * share, begun + in_s


def _hold_level(held_s: float, snapshot: Snapshot) -> float:
    """Brightness of a hold that has lasted `held_s`: the breath, between its floor and its peak."""
    done_s, enough_s = snapshot.hold_done_s, snapshot.hold_enough_s
    if held_s >= enough_s:
        return HOLD_ENOUGH
    share, top_s = _breath(held_s, snapshot)
    first = min(1.0, top_s / max(done_s, 0.1))
    second = min(1.0, max(0.0, top_s - done_s) / max(enough_s - done_s, 0.1)) if held_s >= done_s else 0.0
    peak = HOLD_START + (HOLD_DONE - HOLD_START) * first + (HOLD_ENOUGH - HOLD_DONE) * second
    floor = HOLD_OUT if held_s < done_s else HOLD_OUT_AFTER
    return round(floor + (peak - floor) * share, 3)
