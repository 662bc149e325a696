"""A recording through the engine, as fast as it goes: the same inputs give the same events, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import floor

from msgspec import structs

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Event, Motion
from firmware_host.coaching.inputs import ImuSample, Input, Tick

TICK_S = 0.1


def with_ticks(inputs: Iterable[Input]) -> Iterator[Input]:
    """The inputs, with 10 Hz ticks put in where a recording has none of its own.

    Whether it has is decided within the first second of it: a live recording ticks from its first moment on.
    """
    held: list[Input] = []
    own = False
    first: float | None = None
    iterator = iter(inputs)
    for given in iterator:
        held.append(given)
        first = given.t if first is None else first
        if given.__class__ is Tick:
            own = True
            break
        if given.t - first > 1.0:
            break
    if own or first is None:
        yield from held
        yield from iterator
        return
    count = floor(first / TICK_S) + 1
    due = count * TICK_S
    for part in (held, iterator):
        for given in part:
            while given.t > due and given.t < first + 1e7:
                yield Tick(round(due, 6))
                count += 1
                due = count * TICK_S
            yield given


def replay(engine: Engine, inputs: Iterable[Input], events: bool, motion: bool) -> Iterator[Event | Motion]:
    """Events, motion lines, or both in the order they come about; at the end the open set and session close."""
    feed = engine.feed
    for given in with_ticks(inputs):
        happened = feed(given)
        if motion and given.__class__ is ImuSample:
            line = engine.motion_of(given.tool)
            if line is not None:
                # A sample without a gyroscope, or refused: what was known stands, at its time.
                yield line if line.t >= given.t else structs.replace(line, t=given.t)
        if happened and events:
            yield from happened
    if events:
        yield from engine.close()
