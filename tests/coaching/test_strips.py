"""Few strips in a roller that turns: each is believed only while it points to the body."""

from __future__ import annotations

from math import cos, pi, sin

import pytest

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Event, Pass
from firmware_host.coaching.force import ForceChannel
from firmware_host.coaching.inputs import Calibration, ForceSample, ImuSample, Person, Tool
from firmware_host.coaching.setup import Setup
from firmware_host.coaching.strips import StripGate
from firmware_host.profiles import load_profile

ROOM = pi / 180


def strip(angle: float, at: float) -> float:
    """A strip under full load within 25 degrees of `at`, none beyond 35."""
    off = abs((angle - at + pi) % (2 * pi) - pi) / ROOM
    return max(0.0, min(1.0, (35 - off) / 10)) * 0.5


def swings(count: int) -> list[float]:
    """Angles of a roller rolled to and fro over 230 degrees, a degree a step."""
    there = [degree * ROOM for degree in range(231)]
    return (there + there[::-1]) * count


def test_six_strips_are_their_sum() -> None:
    assert StripGate().read((0.1, 0.2, 0.0, 0.0, 0.0, 0.3), 1.0) == pytest.approx(0.6)


def test_one_strip_says_nothing_while_it_points_away_and_the_load_while_it_points_to_the_body() -> None:
    gate = StripGate()
    said = [(angle, gate.read((strip(angle, 2.0),), angle)) for angle in swings(4)]
    late = said[len(said) // 2 :]
    known = [(angle, value) for angle, value in late if value is not None]
    assert {value for _, value in known} == {0.5}
    assert all(abs(angle - 2.0) < 20 * ROOM for angle, _ in known)
    assert len(known) > 100


def test_off_the_body_shows_when_it_points_there_again_or_after_a_turn() -> None:
    gate = StripGate()
    for angle in swings(3):
        gate.read((strip(angle, 2.0),), angle)
    assert gate.read((0.0,), 2.0) == 0.0
    away = [gate.read((0.0,), 3.0 + degree * ROOM) for degree in range(361)]
    assert away[0] is None
    assert away[-1] == 0.0


def test_one_strip_keeps_a_tool_on_the_body_through_whole_strokes() -> None:
    tool = Tool(name="r", kind="foam_roller", pressure="strips", calibration=Calibration())
    channel = ForceChannel(tool, Person())
    states = []
    for i, angle in enumerate(swings(4)):
        channel.on_body = channel.update(ForceSample(i * 0.02, "r", "strips", (strip(angle, 2.0),)), angle)
        states.append(channel.on_body)
    first = states.index(True)
    assert all(states[first:])
    assert channel.force_n is None
    assert channel.load == pytest.approx(1.0)
    lifted = [
        channel.update(ForceSample(100 + i * 0.02, "r", "strips", (0.0,)), angle) for i, angle in enumerate(swings(1))
    ]
    assert not all(lifted)


def test_two_strips_take_turns() -> None:
    gate = StripGate()
    values = [gate.read((strip(angle, 0.5), strip(angle, 0.5 + pi)), angle) for angle in swings(4)]
    assert {value for value in values[len(values) // 2 :] if value is not None} == {0.5}


def test_a_contact_pad_never_says_newtons() -> None:
    tool = Tool(
        name="s", kind="massage_stick", pressure="contact", calibration=Calibration(zero=0.0, points=((0.5, 100.0),))
    )
    channel = ForceChannel(tool, Person())
    for i in range(100):
        channel.on_body = channel.update(ForceSample(i * 0.02, "s", "strips", (0.6 * (1 - cos(i / 10)) / 2,)), 0.0)
    assert channel.force_n is None
    assert channel.load is not None


def test_a_reading_at_the_sensors_end_is_saturated() -> None:
    channel = ForceChannel(Tool(name="r", kind="foam_roller", pressure="force", force_full_scale=300.0), Person())
    for i in range(200):
        value = min(300.0, 200.0 + 150.0 * sin(i / 20))
        channel.on_body = channel.update(ForceSample(i * 0.02, "r", "force", value), 0.0)
        assert channel.saturated is (value >= 299.7)


def test_a_pass_says_that_its_force_is_that_or_more() -> None:
    def flags(top_n: float) -> tuple[str, ...]:
        tool = Tool(name="r", kind="foam_roller", axis=(1.0, 0.0, 0.0), pressure="force", force_full_scale=top_n)
        engine = Engine(Setup(person=Person(), tools=(tool,), profile=load_profile("article")))
        said: list[Event] = []
        for i in range(900):
            t = i / 100
            rate = 1.2 * sin(t) if t > 1 else 0.0
            angle = -1.2 * cos(t)
            accel = (0.0, 9.81 * sin(angle), 9.81 * cos(angle))
            said += engine.feed(ForceSample(t, "r", "force", min(top_n, 200.0 + 30.0 * sin(5 * t))))
            said += engine.feed(ImuSample(t, "r", accel, (rate, 0.0, 0.0)))
        return next(event.flags for event in said if isinstance(event, Pass))

    assert "saturated" in flags(210.0)
    assert "saturated" not in flags(500.0)
