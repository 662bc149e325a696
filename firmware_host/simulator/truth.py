"""What truly happened, by the contract's definitions ("Words"): passes, short passes, holds and contacts.

Written from the true motion in one go, with the whole session in view, and independently of firmware_host/coaching:
this is what the coach is measured against. Where the contract's words leave room, this file reads them so:

- The movement that starts after a turn starts at the first crossing of 0.8 cm/s after the turning point, and the one
  before it ends at the last crossing before that point. One begun or cut by contact starts or ends there.
- A stop shorter than 0.7 s at lift-off: the movement ends where it fell below 0.8 cm/s.
- A turn into a speed that never exceeds 1.5 cm/s ends a movement but begins none.
- Holds are looked for from left to right: from contact, or the end of any movement, as far as the window goes; the
  first stretch of 3 s or more counts, and the search goes on at its end. Where position creeps out of the window
  without a movement, the stretch ends there and the next may start there.
- Positions are the travel along the muscle while on the body, 0 at the first sample.
- A hole of the link ends the movement at its beginning, and none begins before its end; a hold goes on through it
  if the tool stayed.
- A strip or a pad is on the body when the true force says so.
- A ball has holds only (spots.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Literal

import msgspec
from msgspec import Struct

from firmware_host.coaching.inputs import Command, ToolKind
from firmware_host.simulator.path import (
    BEGIN_M_S,
    HOLD_S,
    MARGIN,
    Hold,
    Movement,
    NearMiss,
    Path,
    Stretch,
    Trace,
    crossing,
    near,
)
from firmware_host.simulator.spots import Spots
from firmware_host.simulator.tools import G
from firmware_host.simulator.world import World

RATE_HZ = 500

WINDOW_M = 0.02
BALL_WINDOW_M = 0.03
MIN_LENGTH_M: Mapping[str, float] = {
    "calves": 0.10,
    "hamstrings": 0.10,
    "quadriceps": 0.12,
    "it_band": 0.08,
    "glutes": 0.05,
    "tibialis_anterior": 0.06,
}
UNKNOWN_MIN_LENGTH_M = 0.05
"""Guidance 2.2, min stroke to count."""


Along = Literal["muscle", "tool"]


class Stroke(Struct, frozen=True):
    """A pass or a short pass."""

    start: float
    end: float
    direction: int
    length_m: float
    mean_speed_m_s: float
    peak_speed_m_s: float
    start_position_m: float
    end_position_m: float
    mean_force_n: float
    muscle: str | None
    near_threshold: bool
    """Within 5 % of a length or a speed at which it would be something else: counts neither way."""


class Contact(Struct, frozen=True):
    t: float
    on: bool


class Truth(Struct, frozen=True, kw_only=True):
    """The file that `slowroll simulate --truth` writes."""

    scenario: str = ""
    seed: int = 0
    seconds: float = 0.0
    tool: str = ""
    kind: ToolKind = "foam_roller"
    passes: tuple[Stroke, ...] = ()
    short_passes: tuple[Stroke, ...] = ()
    holds: tuple[Hold, ...] = ()
    contacts: tuple[Contact, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()


def of_world(
    world: World,
    scenario: str,
    seed: int,
    seconds: float,
    min_length_m: Mapping[str, float] = MIN_LENGTH_M,
    along: Along = "muscle",
) -> Truth:
    """Sample a fresh `world` from 0 to `seconds` and write down what happened.

    `along`: the way along the muscle, or the tool's own travel, effective radius times angle. They differ where the
    limb pitches or the skin slips: only the tool's own can be measured.
    """
    found = find(
        trace_of(world, seconds, along),
        world.tool.kind,
        world.person.mass_kg,
        _muscles(world.take_commands(seconds), world.turns),
        min_length_m,
        world.holes(seconds),
    )
    return msgspec.structs.replace(found, scenario=scenario, seed=seed, seconds=seconds, tool=world.tool.name)


def trace_of(world: World, seconds: float, along: Along = "muscle") -> Trace:
    """The true motion of a fresh `world` from 0 to `seconds`."""
    times = [i / RATE_HZ for i in range(int(seconds * RATE_HZ) + 1)]
    speed: list[float] = []
    force: list[float] = []
    across: list[float] = []
    ball, muscle = world.tool.kind == "massage_ball", along == "muscle"
    for t in times:
        motion = world.motion(t)
        force.append(motion.force_n)
        if ball:
            _, _, vx, vy = world.path(t)
            speed.append(vx)
            across.append(vy)
        else:
            speed.append(motion.muscle_speed_m_s if muscle else motion.speed_m_s)
    return Trace(times, speed, force, across)


def positions(world: World, times: Sequence[float], along: Along = "tool") -> list[float]:
    """Where the tool is on the body (m) at each of `times` (s, in any order), from a fresh `world`.

    The tool's own travel while on the body, effective radius times angle, 0 at the first contact and standing still
    off the body; or, with `along`, that along the muscle. Raises `TypeError` for a ball, whose places are not on a
    line: ask `world.path`.
    """
    if world.tool.kind == "massage_ball":
        raise TypeError("a massage_ball's places are not on a line: ask World.path")
    if not times:
        return []
    trace = trace_of(world, max(times) + 1 / RATE_HZ, along)
    stretches, _ = _contacts(trace, *contact_thresholds_n(world.tool.kind, world.person.mass_kg))
    place = _positions(trace, stretches)
    return [_between(trace.t, place, t) for t in times]


def _between(times: Sequence[float], values: Sequence[float], t: float) -> float:
    """The value at `t`, linear between samples."""
    i = min(max(bisect_right(times, t), 1), len(times) - 1)
    share = (t - times[i - 1]) / (times[i] - times[i - 1])
    return values[i - 1] + share * (values[i] - values[i - 1])


def to_json(truth: Truth) -> bytes:
    """As the file has it: readable, times to the microsecond, lengths to the micrometre."""
    return msgspec.json.format(msgspec.json.encode(_rounded(msgspec.to_builtins(truth)))) + b"\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return value


def _muscles(commands: Sequence[Command], turns: Sequence[tuple[float, str]]) -> list[tuple[float, str | None]]:
    """When each muscle was selected, or came under the tool as a routine has it."""
    selected = [(command.t, command.muscle) for command in commands if command.command == "select"]
    return sorted([*selected, *turns], key=lambda one: one[0])


def contact_thresholds_n(kind: ToolKind, mass_kg: float) -> tuple[float, float]:
    """Force at which a tool is on the body, and below which it is off again."""
    if kind == "massage_stick":
        return 8.0, 5.0
    if kind == "massage_ball":
        return 15.0, 10.0
    return 0.05 * mass_kg * G, 0.03 * mass_kg * G


def find(
    trace: Trace,
    kind: ToolKind,
    mass_kg: float,
    muscles: Sequence[tuple[float, str | None]] = (),
    min_length_m: Mapping[str, float] = MIN_LENGTH_M,
    holes: Sequence[tuple[float, float]] = (),
) -> Truth:
    """The events in `trace`; `muscles` says from when on each was the selected one, oldest first.

    `holes`: from when until when nothing of the motion was known to anyone.
    """
    on_n, off_n = contact_thresholds_n(kind, mass_kg)
    stretches, contacts = _contacts(trace, on_n, off_n)
    place = _positions(trace, stretches)
    if kind == "massage_ball":
        return _on_spots(trace, place, stretches, contacts, muscles)
    passes: list[Stroke] = []
    short: list[Stroke] = []
    holds: list[Hold] = []
    misses: list[NearMiss] = []
    for stretch in stretches:
        path = Path(trace, place, stretch)
        parts = [Path(trace, place, part).movements() for part in _apart(trace.t, stretch, holes)]
        movements = list(chain.from_iterable(parts))
        found, almost = path.holds(movements, WINDOW_M, lambda t: _selected(muscles, t))
        for movement in movements:
            muscle = _selected(muscles, movement.start)
            least_m = min_length_m.get(muscle or "", UNKNOWN_MIN_LENGTH_M)
            stroke = _stroke(path, movement, muscle, (least_m, WINDOW_M))
            if movement.length_m >= least_m:
                passes.append(stroke)
            elif movement.length_m >= WINDOW_M:
                short.append(stroke)
            elif movement.length_m >= WINDOW_M * (1 - MARGIN):
                misses.append(NearMiss("short_pass", movement.start, movement.end))
        holds += [_perhaps_unknown(hold, holes) for hold in found]
        misses += almost
    return Truth(
        kind=kind,
        passes=tuple(passes),
        short_passes=tuple(short),
        holds=tuple(holds),
        contacts=tuple(contacts),
        near_misses=tuple(misses),
    )


def _on_spots(
    trace: Trace,
    x: Sequence[float],
    stretches: Sequence[Stretch],
    contacts: Sequence[Contact],
    muscles: Sequence[tuple[float, str | None]],
) -> Truth:
    """A ball's holds; it has no passes."""
    holds: list[Hold] = []
    misses: list[NearMiss] = []
    other_way = msgspec.structs.replace(trace, speed_m_s=trace.across_m_s or [0.0] * len(trace.t))
    y = _positions(other_way, stretches)
    for stretch in stretches:
        found, almost = Spots(trace, x, y, stretch).holds(BALL_WINDOW_M, lambda t: _selected(muscles, t))
        holds += found
        misses += almost
    return Truth(kind="massage_ball", holds=tuple(holds), contacts=tuple(contacts), near_misses=tuple(misses))


def _perhaps_unknown(hold: Hold, holes: Sequence[tuple[float, float]]) -> Hold:
    """Near a threshold also if it takes the time in holes, when nobody could see it, to make 3 s, or begins or ends
    in one.
    """
    unseen = sum(max(0.0, min(end, hold.end) - max(start, hold.start)) for start, end in holes)
    edge_unseen = any(start <= edge <= end for start, end in holes for edge in (hold.start, hold.end))
    if not edge_unseen and (unseen == 0.0 or hold.duration_s - unseen > HOLD_S * (1 + MARGIN)):
        return hold
    return msgspec.structs.replace(hold, near_threshold=True)


def _apart(times: Sequence[float], stretch: Stretch, holes: Sequence[tuple[float, float]]) -> list[Stretch]:
    """What the holes leave of a time on the body."""
    parts: list[Stretch] = []
    first, on = stretch.first, stretch.on
    for start, end in holes:
        if end <= stretch.on or start >= stretch.off:
            continue
        last = bisect_left(times, start, stretch.first, stretch.last + 1) - 1
        if last >= first:
            parts.append(Stretch(first, last, on, start))
        first, on = bisect_left(times, end, stretch.first, stretch.last + 1), end
    if first <= stretch.last:
        parts.append(Stretch(first, stretch.last, on, stretch.off))
    return parts


def _selected(muscles: Sequence[tuple[float, str | None]], t: float) -> str | None:
    muscle = None
    for since, name in muscles:
        if since <= t:
            muscle = name
    return muscle


def _stroke(path: Path, movement: Movement, muscle: str | None, lengths_m: tuple[float, float]) -> Stroke:
    length_m = movement.length_m
    return Stroke(
        start=movement.start,
        end=movement.end,
        direction=1 if movement.end_m > movement.start_m else -1,
        length_m=length_m,
        mean_speed_m_s=length_m / (movement.end - movement.start),
        peak_speed_m_s=movement.peak_speed_m_s,
        start_position_m=movement.start_m,
        end_position_m=movement.end_m,
        mean_force_n=path.mean_force_n(movement.start, movement.end),
        muscle=muscle,
        near_threshold=any(near(length_m, limit) for limit in lengths_m) or near(movement.peak_speed_m_s, BEGIN_M_S),
    )


def _contacts(trace: Trace, on_n: float, off_n: float) -> tuple[list[Stretch], list[Contact]]:
    """The times on the body. One still going on at the end of the trace ends there, without a contact event."""
    t, force = trace.t, trace.force_n
    stretches: list[Stretch] = []
    contacts: list[Contact] = []
    first: int | None = None
    on = 0.0
    for i, force_n in enumerate(force):
        if first is None and force_n >= on_n:
            first = i
            on = crossing(t[i - 1], force[i - 1], t[i], force_n, on_n) if i else t[i]
            contacts.append(Contact(on, True))
        elif first is not None and force_n < off_n:
            off = crossing(t[i - 1], force[i - 1], t[i], force_n, off_n)
            stretches.append(Stretch(first, i - 1, on, off))
            contacts.append(Contact(off, False))
            first = None
    if first is not None:
        stretches.append(Stretch(first, len(t) - 1, on, t[-1]))
    return stretches, contacts


def _positions(trace: Trace, stretches: Sequence[Stretch]) -> list[float]:
    """Travel along the muscle at each sample: speed integrated on the body, unchanged off it."""
    t, speed = trace.t, trace.speed_m_s
    place = [0.0] * len(t)
    here, done = 0.0, 0
    for stretch in stretches:
        for i in range(done, stretch.first + 1):
            place[i] = here
        for i in range(stretch.first + 1, stretch.last + 1):
            here += (speed[i - 1] + speed[i]) / 2 * (t[i] - t[i - 1])
            place[i] = here
        done = stretch.last + 1
    return place
