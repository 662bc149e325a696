"""People who calibrate a foam roller that is as it came out of the box: one for each of `slowroll calibrate`.

(For the gyroscope there is `still`.) They go on for ever, so that whoever comes late to the terminal finds them at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import pi

from firmware_host.simulator.person import Person
from firmware_host.simulator.plan import Act, Move
from firmware_host.simulator.tools import RADIUS_M

REST_S = 4.0
FREE_TURNS = 3.6
DISTANCE_M = 1.0
SCALE_KG = (5.0, 10.0, 20.0, 30.0)
"""What the one with the scale puts or presses on the roller, each for `PRESSED_S`."""
PRESSED_S = 20.0
BODY_KG = 75.0
REACH_M = 0.13
"""`ends`: her strokes go so far to either side of the middle: 26 cm from end to end."""


def _way(metres: float, seconds: float) -> Iterator[Act]:
    yield Move(seconds=seconds, travel_m=metres, share=0.0)


def turns(person: Person) -> Iterator[Act]:
    """Pushed so that it rolls freely for more than three turns, left alone, and back."""
    yield from person.lie(REST_S)
    way_m = FREE_TURNS * 2 * pi * RADIUS_M
    while True:
        for sign in (1, -1):
            yield from _way(sign * way_m, 8.0)
            yield from person.lie(REST_S)


def metre(person: Person) -> Iterator[Act]:
    """A metre over the floor from mark to mark, a rest, and back."""
    yield from person.lie(REST_S)
    while True:
        for sign in (1, -1):
            yield from _way(sign * DISTANCE_M, 6.0)
            yield from person.lie(REST_S)


def scale(person: Person) -> Iterator[Act]:
    """Presses the roller on a bathroom scale: 5, 10, 20 and 30 kg (of a person of 75), each for 20 s."""
    yield from person.lie(2 * REST_S)
    while True:
        for kg in SCALE_KG:
            yield Move(seconds=1.0, share=kg / BODY_KG)
            yield Move(seconds=PRESSED_S, share=kg / BODY_KG)
        yield Move(seconds=1.0, share=0.0)
        yield from person.lie(2 * REST_S)


def ends(person: Person) -> Iterator[Act]:
    """On the calf from one end to the other, 26 cm, staying 4 s at each."""
    yield from person.lie(REST_S)
    person.pressing = 0.28
    yield from person.touch_down(-REACH_M)
    while True:
        for place_m in (REACH_M, -REACH_M):
            yield from person.stroke(place_m, 4.0, "sine")
            yield from person.pause((4.0, 4.0))
