"""People who still learn: each does one thing that the coach has a word for, at times that are known beforehand.

Calves of the left leg, 28 cm from end to end, unless said otherwise. Who has done her thing goes on calmly.
"""

from __future__ import annotations

from collections.abc import Iterator

from firmware_host.coaching.inputs import Command
from firmware_host.simulator.person import Person
from firmware_host.simulator.plan import Act, Say

FIRST_REST_S = 3.0
"""The roller lies still before anyone touches it: time to see the gyroscope's bias and the unloaded pressure."""
REACH_M = 0.12
"""Her strokes go so far to either side of the middle."""
SPAN_M = 0.26
"""What the owner of `knee`'s roller has marked as the length of the calf."""
LIGHT, FIRM = 0.22, 0.28
"""Shares of body weight: what one starts with, and a moderate pressure."""


def _begin(person: Person, share: float, muscle: str = "calves") -> Iterator[Act]:
    yield from person.lie(FIRST_REST_S)
    yield from person.select(muscle, "left")
    person.pressing = share
    yield from person.lie(1.0)
    yield from person.touch_down(-REACH_M)


def _strokes(person: Person, count: int, seconds: float, reach_m: float = REACH_M) -> Iterator[Act]:
    """To and fro, each of the same time, resting for a moment at most turns."""
    for _ in range(count):
        yield from person.stroke(reach_m if person.place_m <= 0 else -reach_m, seconds, "sine")
        yield from person.pause((0.1, 0.3))


def _go_on(person: Person) -> Iterator[Act]:
    yield from person.press(FIRM)
    while True:
        yield from _strokes(person, 4, 3.6)
        yield from person.pause((0.9, 1.8))


def rushed(person: Person) -> Iterator[Act]:
    """Two calm strokes, then six of a second each."""
    yield from _begin(person, LIGHT)
    yield from _strokes(person, 2, 3.6)
    for _ in range(6):
        yield from person.stroke(REACH_M if person.place_m <= 0 else -REACH_M, 1.0, "sine")
    yield from person.pause((0.3, 0.4))
    yield from _go_on(person)


def heavy(person: Person) -> Iterator[Act]:
    """Four strokes as one should, then two with nearly half of the body's weight."""
    yield from _begin(person, LIGHT)
    yield from _strokes(person, 4, 3.6)
    yield from person.press(0.48)
    yield from _strokes(person, 2, 3.6)
    yield from _go_on(person)


def eager(person: Person) -> Iterator[Act]:
    """Begins with what would be right later: too much for the first quarter of a minute."""
    yield from _begin(person, 0.28)
    yield from _strokes(person, 2, 3.6)
    yield from person.press(LIGHT)
    yield from _strokes(person, 2, 3.6)
    yield from _go_on(person)


def fitful(person: Person) -> Iterator[Act]:
    """Two even strokes, then two in jumps."""
    yield from _begin(person, LIGHT)
    yield from _strokes(person, 2, 3.6)
    for _ in range(2):
        yield from person.jerky_stroke(3.0)
        yield from person.pause((0.2, 0.3))
    yield from _strokes(person, 2, 3.6)
    yield from _go_on(person)


def impatient(person: Person) -> Iterator[Act]:
    """Three tender spots: left after 11 s, given its 20 s, and stayed on too long."""
    yield from _begin(person, LIGHT)
    yield from _strokes(person, 2, 3.6)
    for place_m, seconds in ((0.0, 11.0), (0.05, 21.5), (-0.05, 34.0)):
        yield from person.go_to_spot(place_m)
        yield from person.hold(seconds)
    yield from person.stroke(REACH_M, 3.6, "sine")
    yield from _go_on(person)


def shin(person: Person) -> Iterator[Act]:
    """Rolls the shin with the foam roller."""
    yield from _begin(person, 0.05, "tibialis_anterior")
    yield from _strokes(person, 4, 3.6, 0.10)
    while True:
        yield from _strokes(person, 4, 3.6, 0.10)
        yield from person.pause((0.9, 1.8))


def knee(person: Person) -> Iterator[Act]:
    """Keeps to the muscle twice, then rolls on over its end at speed, twice."""
    yield from _begin(person, LIGHT)
    yield from _strokes(person, 2, 2.6)
    for _ in range(2):
        yield from person.stroke(0.155, 2.6, "sine")
        yield from person.stroke(-REACH_M, 2.6, "sine")
        yield from person.stroke(0.0, 2.2, "sine")
        yield from person.stroke(-REACH_M, 2.2, "sine")
    yield from _go_on(person)


def tender(person: Person) -> Iterator[Act]:
    """Marks a tender spot, rolls over it again as if nothing were there, then slowly."""
    yield from _begin(person, LIGHT)
    yield from person.stroke(0.0, 2.4, "sine")
    yield from person.pause((0.9, 1.0))
    yield Say(Command(t=0.0, command="spot"))
    yield from person.stroke(REACH_M, 2.4, "sine")
    yield from person.pause((0.2, 0.3))
    yield from person.stroke(-REACH_M, 3.6, "sine")
    yield from person.pause((0.2, 0.3))
    yield from person.stroke(REACH_M, 8.0, "sine")
    yield from person.pause((0.2, 0.3))
    yield from _go_on(person)
