"""The recovery phase: half-open windows from the run's end, and nothing but the run's own clock moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rolling import ARTICLE, ROLLER, setup

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Advice, PhaseChanged, Rejected
from firmware_host.coaching.guidance import phase_of
from firmware_host.coaching.inputs import Command, ForceSample, ImuSample, Input, StreamGap, Tick
from firmware_host.messaging.commands import Refusal, decode

HOUR = 3600.0
WINDOWS = [
    ("light", 0.0, HOUR),
    ("between", HOUR, 2 * HOUR),
    ("deep", 2 * HOUR, 6 * HOUR),
    ("moderate", 6 * HOUR, 24 * HOUR),
    ("gentle", 24 * HOUR, 48 * HOUR),
    ("maintenance", 48 * HOUR, 360 * HOUR),
]
"""Guidance 2.4, with the two gaps the article leaves (1-2 h, 6-24 h) filled by name."""


def expected(since_s: float) -> str:
    return next(name for name, start, end in WINDOWS if start <= since_s < end)


@pytest.mark.parametrize(("name", "start", "end"), WINDOWS)
def test_a_window_has_its_start_and_not_its_end(name: str, start: float, end: float) -> None:
    assert phase_of(ARTICLE, start) == name
    assert phase_of(ARTICLE, (start + end) / 2) == name
    assert phase_of(ARTICLE, end - 0.001) == name
    if end < 300 * HOUR:
        assert phase_of(ARTICLE, end) != name


def test_no_run_time_is_an_unknown_phase() -> None:
    assert Engine(setup()).snapshot().phase == "unknown"
    assert phase_of(ARTICLE, -0.001) == "unknown"


def test_the_change_shows_at_once_with_its_limits_and_says_the_time_left() -> None:
    engine = Engine(setup())
    engine.feed(Command(t=1.0, command="select", muscle="calves", side="left"))
    before = engine.snapshot()
    said, timing = engine.feed(Command(t=1.0, command="run_finished", ago_s=30 * 60.0))
    assert isinstance(timing, Advice)
    assert timing.words == "A session of 5-10 minutes is due."
    assert isinstance(said, PhaseChanged)
    assert (said.before, said.phase, said.since_run_s) == ("unknown", "light", 1800.0)
    assert said.words == (
        "30 min after the run: light. Pressure 0.6 times the usual, a pass in 2.5 s or more, holds up to 10 s."
    )
    light = engine.snapshot()
    assert (before.phase, light.phase) == ("unknown", "light")
    (loose,), (held) = before.tools, light.tools[0]
    assert held.force_high_n == pytest.approx(0.6 * (loose.force_high_n or 0))
    assert held.mean_speed_limit_m_s < loose.mean_speed_limit_m_s
    engine.feed(Tick(1.0 + 30 * 60.0 - 0.1))
    assert engine.snapshot().phase == "light"
    engine.feed(Tick(1.0 + 30 * 60.0))
    between = engine.snapshot()
    assert between.phase == "between"
    assert between.tools[0].force_high_n == pytest.approx(0.8 * (loose.force_high_n or 0))


def test_a_refused_run_changes_nothing() -> None:
    engine = Engine(setup())
    engine.feed(Command(t=1.0, command="run_finished", ago_s=3 * HOUR))
    for ago_s in (-1.0, float("nan"), float("inf"), None):
        (event,) = engine.feed(Command(t=2.0, command="run_finished", ago_s=ago_s))
        assert isinstance(event, Rejected)
        assert engine.snapshot().phase == "deep"


inputs = st.one_of(
    st.builds(lambda: lambda t: Tick(t)),
    st.builds(lambda: lambda t: ImuSample(t, ROLLER.name, (0.0, 0.0, 9.81), (0.5, 0.0, 0.0))),
    st.builds(lambda: lambda t: ForceSample(t, ROLLER.name, "force", 200.0)),
    st.builds(lambda: lambda t: StreamGap(t, ROLLER.name, "i2c", "imu")),
    st.sampled_from(["start", "end", "next", "spot"]).map(lambda name: lambda t: Command(t=t, command=name)),
)


@given(
    ago_s=st.floats(0, 72 * HOUR),
    steps=st.lists(st.tuples(inputs, st.floats(-0.5, 1800.0), st.floats(-1e9, 1e9)), max_size=40),
)
def test_no_order_of_inputs_and_no_jump_of_the_wall_clock_changes_the_phase(
    ago_s: float, steps: list[tuple[object, float, float]]
) -> None:
    """The run's end arrives as a wall-clock time; from then on the wall jumps by up to 30 years at every step.

    Inputs may be late (a step back). After the tick that reaches a time, the phase is that of the time since.
    """
    wall = datetime(2026, 8, 1, 12, tzinfo=UTC)
    at = (wall - timedelta(seconds=ago_s)).isoformat()
    command = decode("run_finished", f'{{"at": "{at}"}}'.encode(), 10.0, wall)
    assert isinstance(command, Command)
    assert command.ago_s is not None
    engine = Engine(setup())
    engine.feed(command)
    t = newest = 10.0
    for make, step, jump in steps:
        t = max(0.0, newest + step)
        newest = max(newest, t)
        wall += timedelta(seconds=jump)
        wall = max(datetime(1970, 1, 1, tzinfo=UTC), min(wall, datetime(2100, 1, 1, tzinfo=UTC)))
        given_input: Input = make(t)  # type: ignore[operator]
        engine.feed(given_input)
        # Somebody asks for a run in what is now the future, or in no time at all: refused on the way.
        later = (wall + timedelta(days=1)).isoformat()
        assert isinstance(decode("run_finished", f'{{"at": "{later}"}}'.encode(), t, wall), Refusal)
        engine.feed(Tick(newest))
        assert engine.phase == expected(newest - (10.0 - command.ago_s))
