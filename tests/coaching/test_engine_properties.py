"""Rules that hold whatever the engine is fed."""

from __future__ import annotations

import itertools
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rolling import ROLLER, Rolling, cues, only, run, setup, ticked

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Cue, Hold, Pass, SessionDone, SetDone, ShortPass
from firmware_host.coaching.inputs import (
    Calibration,
    Command,
    DeviceFault,
    ForceSample,
    HapticRan,
    ImuSample,
    Input,
    Recalibrated,
    StreamGap,
    Tick,
    Tool,
)
from firmware_host.coaching.requests import COMMANDS

encode = msgspec.json.encode
any_float = st.floats(allow_nan=True, allow_infinity=True, width=64) | st.floats(-50, 50)
any_t = st.floats(0, 30) | any_float
tools = st.sampled_from(["roller", "stick", ""])
vectors = st.none() | st.tuples(any_float, any_float, any_float)
anything: st.SearchStrategy[Any] = st.one_of(
    st.builds(ImuSample, any_t, tools, vectors, vectors),
    st.builds(
        ForceSample,
        any_t,
        tools,
        st.sampled_from(["force", "pressure", "strips"]),
        any_float | st.lists(any_float, max_size=4).map(tuple),
    ),
    st.builds(StreamGap, any_t, tools, st.text(max_size=5), st.sampled_from(["imu", "force"])),
    st.builds(HapticRan, any_t, tools, any_float),
    st.builds(
        Recalibrated, any_t, tools, st.builds(Calibration, zero=st.none() | any_float, span_m=st.none() | any_float)
    ),
    st.builds(
        DeviceFault,
        any_t,
        st.none() | tools,
        st.text(max_size=5),
        st.text(max_size=5),
        st.text(max_size=5),
        st.booleans(),
    ),
    st.builds(
        Command,
        t=any_t,
        command=st.sampled_from([*COMMANDS, "nonsense"]),
        muscle=st.none() | st.sampled_from(["calves", "glutes", "x"]),
        side=st.none() | st.sampled_from(["left", "right", "x"]),
        tool=st.none() | tools,
        ago_s=st.none() | any_float,
        value=st.none() | st.integers(-5, 20),
        on=st.none() | st.booleans(),
    ),
    st.builds(Tick, any_t),
)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("stroke"), st.floats(-0.3, 0.3), st.floats(0.3, 5.0)),
        st.tuples(st.just("rest"), st.floats(0.1, 8.0), st.just(0.0)),
        st.tuples(st.just("press"), st.sampled_from([0.0, 30.0, 100.0, 200.0, 400.0]), st.just(0.0)),
        st.tuples(st.just("buzz"), st.floats(0.05, 0.4), st.just(0.0)),
        st.tuples(st.just("say"), st.sampled_from(["next", "spot", "end"]), st.just(0.0)),
    ),
    min_size=1,
    max_size=14,
)


def play(script: list[Any], tool: Tool = ROLLER) -> list[Input]:
    rolling = Rolling(tool).rest(1.0).say("select", muscle="calves", side="left")
    for what, a, b in script:
        if what == "stroke":
            rolling.stroke(a, b)
        elif what == "rest":
            rolling.rest(a)
        elif what == "press":
            rolling.press(a)
        elif what == "buzz":
            rolling.inputs.append(HapticRan(rolling.t, "roller", a))
        else:
            rolling.say(a)
    return rolling.rest(1.0).inputs


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(anything, max_size=60))
def test_never_raises_and_always_says_something_that_can_be_written(inputs: list[Input]) -> None:
    engine = Engine(setup())
    said = [event for one in inputs for event in engine.feed(one)] + engine.close()
    encode(said)
    encode(engine.snapshot())
    encode(engine.motion_of("roller"))
    assert math.isfinite(engine.now)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(steps)
def test_cues_keep_a_second_apart_and_nothing_has_a_negative_duration(script: list[Any]) -> None:
    events = run(play(script))
    times = [event.t for event in events if isinstance(event, Cue) and event.cue != "stop_pain"]
    assert all(b - a >= 1.0 for a, b in itertools.pairwise(times))
    for event in events:
        if isinstance(event, Pass | ShortPass | Hold | SetDone | SessionDone):
            assert event.end >= event.start
            assert event.t >= event.end - 1e-6
        if isinstance(event, Hold):
            assert event.duration_s >= 3.0 - 1e-6
        if isinstance(event, SetDone):
            assert 0 <= event.in_guidance <= 1
            assert event.work_s <= event.duration_s + 0.05


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(steps)
def test_the_same_inputs_give_the_same_events_byte_for_byte(script: list[Any]) -> None:
    inputs = play(script)
    assert encode(run(inputs)) == encode(run(inputs))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(steps)
def test_a_mirrored_axis_mirrors_direction_and_position_only(script: list[Any]) -> None:
    inputs = play(script)
    mirror = Tool(name="roller", kind="foam_roller", radius_m=0.075, axis=(-1.0, 0.0, 0.0), pressure="force")
    one, other = run(inputs), run(inputs, mirror)
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert type(a) is type(b)
        if isinstance(a, Pass | ShortPass) and isinstance(b, Pass | ShortPass):
            assert (a.direction, a.length_m, a.start, a.end) == (-b.direction, b.length_m, b.start, b.end)
        elif isinstance(a, Hold) and isinstance(b, Hold):
            assert (a.start, a.end, a.excursion_m) == (b.start, b.end, b.excursion_m)
            assert abs(a.position_m + b.position_m) <= 2e-6
        elif isinstance(a, Cue) and isinstance(b, Cue):
            assert (a.cue, a.t, a.reason) == (b.cue, b.t, b.reason)


def near_a_threshold(event: Any) -> bool:
    """Within 5 % of being no event, or another kind of event (docs/contract.md, Scoring)."""
    if isinstance(event, Pass | ShortPass):
        return any(abs(event.length_m - limit) <= 0.05 * limit for limit in (0.02, 0.05, 0.10))
    return isinstance(event, Hold) and event.duration_s <= 3.0 * 1.05


@settings(max_examples=25, deadline=None)
@given(steps, st.integers(1, 9))
def test_how_the_streams_are_batched_does_not_change_passes_and_holds(script: list[Any], batch: int) -> None:
    """Force readings delivered up to 0.1 s before the samples they belong to, as a bus in batches does."""
    inputs = [one for one in play(script) if not isinstance(one, HapticRan)]
    batched: list[Input] = []
    for i in range(0, len(inputs), batch):
        part = inputs[i : i + batch]
        batched += [one for one in part if not isinstance(one, ImuSample)]
        batched += [one for one in part if isinstance(one, ImuSample)]
    if any(isinstance(one, Command) and one.command != "select" for one in inputs):
        return  # a command takes effect when it comes, so moving it is another session
    plain, shifted = run(inputs), run(batched)
    if any(near_a_threshold(event) for event in (*plain, *shifted)):
        return  # by the contract, such an event counts neither way
    for kind in (Pass, ShortPass, Hold):
        a, b = only(plain, kind), only(shifted, kind)
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert abs(x.start - y.start) < 0.011  # type: ignore[attr-defined]
            assert abs(x.end - y.end) < 0.011  # type: ignore[attr-defined]


@settings(max_examples=20, deadline=None)
@given(steps, st.data())
def test_pain_ends_the_session_at_once_wherever_it_comes(script: list[Any], data: st.DataObject) -> None:
    inputs = list(ticked(play(script)))
    place = data.draw(st.integers(0, len(inputs) - 1))
    pain = Command(t=inputs[place].t, command="pain")
    engine = Engine(setup())
    for one in inputs[:place]:
        engine.feed(one)
    events = engine.feed(pain)
    assert "stop_pain" in cues(events)
    assert isinstance(events[-1], SessionDone)
    assert events[-1].ended == "pain"
