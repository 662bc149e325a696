"""What holds of the coach whatever people do and say, with routines, techniques and two tools at hand."""

from __future__ import annotations

import itertools
import os
from typing import Any, NamedTuple

import msgspec
import pytest
from coached import ROUTINES, Life, coached
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from rolling import ROLLER

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import (
    Cue,
    Event,
    Hold,
    Pass,
    PhaseChanged,
    SessionDone,
    SetDone,
    ShortPass,
)
from firmware_host.coaching.inputs import Command, HapticRan, Input, Tick, Tool
from firmware_host.coaching.requests import COMMANDS
from firmware_host.coaching.setup import Carried

pytestmark = pytest.mark.slow

encode = msgspec.json.encode
EXAMPLES = int(os.environ.get("SLOWROLL_EXAMPLES", "20"))
"""A run over night may try more."""
HOUR, DAY = 3600.0, 86400.0
BARE = Tool(name="roller", kind="foam_roller", radius_m=0.075, axis=(1.0, 0.0, 0.0))
"""Without a force sensor: rolling is contact, and rest is lifting off."""
STICK = Tool(name="stick", kind="massage_stick", radius_m=0.02, axis=(1.0, 0.0, 0.0), pressure="force")
BEGINS = ("start", "select", "next", "routine")
"""What a person says to go on after a pain stop."""
MUSCLES = ["calves", "it_band", "glutes", "tibialis_anterior", "plantar_fascia", "elbow"]

said = st.builds(
    dict,
    command=st.sampled_from([*COMMANDS, "routine", "routine", "next", "next", "undo", "select", "nonsense"]),
    muscle=st.none() | st.sampled_from(MUSCLES),
    side=st.none() | st.sampled_from(["left", "right", "middle"]),
    tool=st.none() | st.sampled_from(["roller", "stick", "hands", "hammer"]),
    routine=st.none() | st.sampled_from([*ROUTINES, "quick", "nothing"]),
    profile=st.none() | st.sampled_from(["article", "scan", "x"]),
    ago_s=st.none() | st.sampled_from([0.0, 3590.0, 7195.0, 3 * HOUR, 30 * HOUR, 3 * DAY, -5.0, 1e12, float("nan")]),
    effort=st.none() | st.integers(0, 10),
    kind=st.none() | st.sampled_from(["sharp", "numb", ""]),
    value=st.none() | st.integers(-1, 12),
    when=st.none() | st.sampled_from(["before", "after", "never"]),
    on=st.none() | st.booleans(),
)
likely = st.builds(
    dict,
    command=st.sampled_from(["routine", "next", "back", "repeat", "undo", "start", "spot", "rate", "soreness", "pain"]),
    routine=st.just("quick"),
    value=st.integers(0, 10),
)
moves = st.one_of(
    st.tuples(st.just("stroke"), st.floats(-0.3, 0.3), st.floats(0.4, 4.0)),
    st.tuples(st.just("rest"), st.floats(0.1, 6.0), st.just(0.0)),
    st.tuples(st.just("press"), st.sampled_from([0.0, 0.0, 100.0, 180.0, 230.0, 400.0]), st.just(0.0)),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 20.0, 70.0, 310.0]), st.just(0.0)),
    st.tuples(st.just("buzz"), st.floats(0.05, 0.4), st.just(0.0)),
    st.tuples(st.just("say"), said | likely, st.just(0.0)),
    st.tuples(st.just("say"), said | likely, st.just(0.0)),
)


class Script(NamedTuple):
    moves: list[tuple[str, Any, float]]
    tool: Tool = ROLLER


scripts = st.builds(Script, st.lists(moves, min_size=1, max_size=14), st.sampled_from([ROLLER, BARE]))


def acted(script: Script, t: float = 0.0) -> list[Input]:
    """The script as inputs, with ticks: ten a second while something moves, one a second while nobody does."""
    life = Life(script.tool, force_n=180.0)
    life.t = t
    life.rest(0.3)
    for what, a, b in script.moves:
        if what == "stroke":
            life.stroke(a, b)
        elif what == "rest":
            life.rest(a)
        elif what == "press":
            life.press(a).rest(0.2)
        elif what == "buzz":
            life.inputs.append(HapticRan(life.t, "roller", a))
        elif what == "say":
            life.say(**a)
        else:
            for _ in range(round(a)):
                life.idle(1.0)
    ticked: list[Input] = []
    due = t
    for one in life.inputs:
        if one.t >= due and not isinstance(one, Tick):
            ticked.append(Tick(one.t))
            due = one.t + 0.1
        ticked.append(one)
    return ticked


def made(script: Script, carried: Carried | None = None) -> Engine:
    return Engine(coached(script.tool, STICK, carried=carried or Carried()))


def feed(engine: Engine, inputs: list[Input]) -> list[Event]:
    return [event for one in inputs for event in engine.feed(one)]


def states(engine: Engine) -> tuple[str, ...]:
    flow = engine.flow
    return () if flow is None else tuple(flow.states)


@settings(max_examples=EXAMPLES, deadline=None)
@given(scripts)
def test_nothing_raises_all_can_be_written_and_no_time_is_negative(script: Script) -> None:
    engine = made(script)
    events: list[Event] = []
    for one in acted(script):
        events += engine.feed(one)
        if isinstance(one, Command):
            shown = engine.snapshot()
            encode(shown)
            encode(engine.successor())
            assert shown.plan is None or (shown.plan.left_s >= 0 and shown.plan.total_s > 0)
            assert shown.set is None or (shown.set.work_s >= 0 and shown.set.target_s >= 0)
            assert shown.session is None or shown.session.work_s >= 0
            assert shown.run_ago_s is None or shown.run_ago_s >= 0
            for muscle in MUSCLES:
                for side in ("left", "right", None):
                    assert 0 <= engine.safety.rests_s((muscle, side), engine.now) <= DAY
    events += engine.close()
    encode(events)
    for event in events:
        if isinstance(event, Pass | ShortPass | Hold | SetDone | SessionDone):
            assert event.end >= event.start
        if isinstance(event, Hold | SetDone):
            assert event.duration_s >= 0
        if isinstance(event, SetDone):
            assert 0 <= event.work_s <= event.duration_s + 1e-6
            assert event.in_guidance is None or 0 <= event.in_guidance <= 1
        if isinstance(event, Cue):
            assert event.repeat_after_s >= 0


@settings(max_examples=EXAMPLES, deadline=None)
@given(scripts)
def test_never_two_cues_within_a_second_but_for_pain(script: Script) -> None:
    engine = made(script)
    cues = [event for event in feed(engine, acted(script)) if isinstance(event, Cue)]
    for before, after in itertools.pairwise(cues):
        assert after.cue == "stop_pain" or after.t - before.t >= 1.0


@settings(max_examples=EXAMPLES, deadline=None)
@given(scripts)
def test_a_sessions_minutes_are_its_sets(script: Script) -> None:
    engine = made(script)
    events = feed(engine, acted(script)) + engine.close()
    for event in events:
        if isinstance(event, SessionDone):
            for side in ("left", "right"):
                sets = sum(done.work_s for done in event.sets if done.side == side)
                assert event.per_leg_s.get(side, 0.0) == pytest.approx(sets, abs=1e-5)
            assert event.work_s == pytest.approx(sum(done.work_s for done in event.sets), abs=1e-5)
            assert all(event.start - 1e-6 <= done.start and done.end <= event.end + 1e-6 for done in event.sets)


@settings(max_examples=EXAMPLES, deadline=None)
@given(scripts)
def test_nothing_begins_before_the_checklist_was_read(script: Script) -> None:
    engine = made(script, Carried(acknowledged=False))
    for one in acted(script):
        events = engine.feed(one)
        if engine.acknowledged:
            return
        shown = engine.snapshot() if isinstance(one, Command) else None
        assert engine.session is None
        assert engine.set is None
        assert shown is None or (shown.plan is None and shown.session is None)
        assert not any(isinstance(event, Pass | Hold | SetDone) for event in events)


@settings(max_examples=EXAMPLES, deadline=None)
@given(scripts, scripts)
def test_after_pain_nothing_begins_until_the_person_says_so(before: Script, after: Script) -> None:
    engine = made(before)
    inputs = acted(before)
    feed(engine, inputs)
    engine.feed(Command(t=inputs[-1].t, command="pain"))
    for one in acted(after._replace(tool=before.tool), inputs[-1].t):
        if isinstance(one, Command) and one.command in BEGINS:
            return
        events = engine.feed(one)
        assert engine.session is None
        assert engine.set is None
        assert engine.pain is True
        assert not any(isinstance(event, Pass | Hold | SetDone) for event in events)


@settings(max_examples=EXAMPLES, deadline=None)
@given(scripts)
def test_a_plans_steps_only_ever_go_from_next_to_done_or_skipped(script: Script) -> None:
    """Unless the person goes back, repeats, or takes something back."""
    engine = made(script)
    engine.feed(Command(t=0.0, command="routine", routine="quick"))
    for one in acted(script):
        flow, before = engine.flow, states(engine)
        engine.feed(one)
        if engine.flow is None or engine.flow is not flow:
            continue
        after = states(engine)
        if isinstance(one, Command) and one.command in ("back", "repeat", "undo"):
            continue
        changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        assert all(a == "next" and b in ("done", "skipped") for a, b in changed)
        assert len(changed) <= 1
        assert engine.flow.step is None or after[engine.flow.at] == "next"


@settings(max_examples=EXAMPLES, deadline=None)
@given(scripts, st.sampled_from(["spot", "rate", "soreness", "next", "back", "repeat"]), st.integers(0, 10))
def test_undo_is_as_before(script: Script, command: str, value: int) -> None:
    engine = made(script)
    engine.feed(Command(t=0.0, command="routine", routine="quick"))
    inputs = acted(script)
    feed(engine, inputs)
    t = inputs[-1].t

    def standing() -> object:
        shown = engine.snapshot()
        tools = [(one.force_low_n, one.force_high_n) for one in shown.tools]
        spots, troubles = engine.spots.known, engine.successor().carried.troubles
        advised = list(engine.session.advice) if engine.session is not None else []
        notes = [note for note in shown.advice if note.topic not in ("plan", "resume")]  # read once work begins
        rest = engine.phase, shown.sore, shown.muscle, shown.side, tools, troubles, notes, advised
        if command in ("next", "back", "repeat"):
            # A set that was ended on the way is over: its work counts, and a hold that ended with it has marked a spot.
            return rest, states(engine), engine.flow.at if engine.flow is not None else None
        return rest, list(spots), states(engine)

    following, before = engine.following, standing()
    engine.undoable = None
    engine.feed(Command(t=t, command=command, value=value))
    undoable = engine.undoable
    engine.feed(Command(t=t, command="undo"))
    if undoable is not None and (following or command in ("spot", "rate", "soreness")):
        assert standing() == before
    assert engine.undoable is None


@settings(max_examples=EXAMPLES, deadline=None)
@given(scripts)
def test_the_engine_that_follows_carries_on_where_this_one_stands(script: Script) -> None:
    engine = made(script)
    inputs = acted(script)
    feed(engine, inputs)
    feed(engine, acted(Script([("press", 0.0, 0.0), ("rest", 1.0, 0.0)], script.tool), inputs[-1].t))
    engine.feed(Command(t=engine.now, command="end"))
    later = Engine(engine.successor())
    assert later.phase == engine.phase
    assert (later.pain, later.quiet, later.acknowledged) == (engine.pain, engine.quiet, engine.acknowledged)
    assert later.safety.recent(later.now) == engine.safety.recent(engine.now)
    assert later.spots.known == engine.spots.known
    assert later.last_place == engine.last_place
    assert (later.flow and later.flow.progress()) == (engine.flow and engine.flow.progress())
    assert later.successor().carried == engine.successor().carried
    assert encode(later.successor()) == encode(
        msgspec.convert(msgspec.to_builtins(later.successor()), type(later.setup))
    )
    shown, was = later.snapshot(), engine.snapshot()
    for field in ("phase", "profile", "pain", "quiet", "sore", "ask_soreness", "run_ago_s", "plan"):
        assert getattr(shown, field) == getattr(was, field)
    # The same input does the same to both; what was chosen without a session is not carried on.
    engine.selection.clear()
    for one in (Tick(engine.now + 1.0), Command(t=engine.now + 2.0, command="start")):
        assert encode(later.feed(one)) == encode(engine.feed(one))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["run_finished", "soreness", "tick", "select"]),
            st.floats(0.0, 15 * HOUR),
            st.sampled_from([0.0, HOUR - 1, 5 * HOUR, 20 * HOUR, 40 * HOUR]),
            st.integers(0, 10),
        ),
        max_size=12,
    ),
    st.floats(-1e6, 1e6),
)
def test_the_phase_goes_by_time_since_the_run_and_by_soreness_alone(
    steps: list[tuple[str, float, float, int]], zero: float
) -> None:
    """Worked out anew beside the engine; and the same from whatever zero the clock counts, as no other is known."""

    def follow(start: float) -> list[str]:
        engine = made(Script([]), Carried(now=start))
        t, run_t, sore, sore_t = start, None, None, 0.0
        phases = []
        for what, step_s, ago_s, value in steps:
            t = round(t + step_s)
            if what == "run_finished":
                if run_t is not None and abs(t - ago_s - run_t) > 300:
                    sore = None
                run_t = t - ago_s
                engine.feed(Command(t=t, command=what, ago_s=ago_s))
            elif what == "soreness":
                sore, sore_t = value, t
                engine.feed(Command(t=t, command=what, value=value))
            elif what == "select":
                engine.feed(Command(t=t, command=what, muscle="calves"))
            engine.feed(Tick(t))
            assert engine.phase == expected(None if run_t is None else t - run_t, sore if t - sore_t < DAY else None)
            phases.append(engine.phase)
        return phases

    def expected(since: float | None, sore: int | None) -> str:
        if since is None:
            return "unknown"
        for until_h, name in ((1, "light"), (2, "between"), (6, "deep"), (24, "moderate")):
            if since < until_h * HOUR:
                return name
        return "gentle" if since < 48 * HOUR and (sore is None or sore >= 4) else "maintenance"

    assert follow(0.0) == follow(float(round(zero)))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.floats(0, DAY / 3), min_size=1, max_size=8), st.sampled_from(["left", "right", None]))
def test_a_muscle_rests_24_hours_of_the_engines_time_to_the_second(steps: list[float], side: str | None) -> None:
    engine = made(Script([]))
    engine.feed(Command(t=5.0, command="select", muscle="calves", side=side))
    engine.feed(Command(t=6.0, command="pain"))
    t = 6.0
    for step_s in steps:
        t += step_s
        engine.feed(Tick(t))
        left = max(0.0, 6.0 + DAY - t)
        for asked in ("left", "right"):
            due = left if side in (asked, None) else 0.0
            assert engine.safety.rests_s(("calves", asked), engine.now) == pytest.approx(due, abs=1e-6)
        assert (("calves", side) in engine.safety.resting(engine.now)) is (left > 0)


@settings(max_examples=EXAMPLES, deadline=None)
@given(scripts, st.data())
def test_pain_is_answered_by_its_own_input_whatever_is_on(script: Script, data: st.DataObject) -> None:
    inputs = acted(script)
    place = data.draw(st.integers(0, len(inputs) - 1))
    engine = made(script, Carried(acknowledged=data.draw(st.booleans())))
    feed(engine, inputs[:place])
    events = engine.feed(Command(t=inputs[place].t, command="pain"))
    assert [event.cue for event in events if isinstance(event, Cue)] == ["stop_pain"]
    assert events[-1].ended == "pain"  # type: ignore[union-attr]
    assert engine.session is None


@settings(max_examples=EXAMPLES, deadline=None)
@given(scripts)
def test_the_same_life_is_said_the_same_byte_for_byte(script: Script) -> None:
    inputs = acted(script)
    assert encode(feed(made(script), inputs)) == encode(feed(made(script), inputs))


def test_thinning_out_and_phases_are_seen_by_these_tests() -> None:
    """The strategies reach what they are about: a plan, a phase, a pain stop and a set."""
    moves: list[tuple[str, Any, float]] = [
        ("say", {"command": "run_finished", "ago_s": 3 * HOUR}, 0.0),
        ("say", {"command": "routine", "routine": "quick"}, 0.0),
        *[("stroke", 0.25 if i % 2 == 0 else -0.25, 3.0) for i in range(6)],
        ("say", {"command": "pain"}, 0.0),
    ]
    script = Script(moves)
    engine = made(script)
    events = feed(engine, acted(script))
    kinds = {type(event) for event in events}
    assert {PhaseChanged, Cue, SetDone, SessionDone, Pass} <= kinds
    assert structs.asdict(engine.setup)["routines"]
