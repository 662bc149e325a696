"""When a session is due, and when a goal fits best; said as the run becomes known."""

from __future__ import annotations

import pytest
from msgspec import structs
from rolling import Rolling, setup

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Advice, SessionDone
from firmware_host.coaching.inputs import Command, Input
from firmware_host.coaching.setup import Carried
from firmware_host.routines import load_routines

HOUR = 3600.0


def told(goal: str | None, hours: float, effort: int | None = None) -> list[str]:
    engine = Engine(structs.replace(setup(), goal=goal))
    events = engine.feed(Command(t=1.0, command="run_finished", ago_s=hours * HOUR, effort=effort))
    return [event.words for event in events if isinstance(event, Advice) and event.topic == "timing"]


@pytest.mark.parametrize(
    ("goal", "hours", "words"),
    [
        ("release", 0.5, "the best time begins in 90 min"),
        ("release", 2.0, "the best time is now"),
        ("release", 6.0, "its best time is over"),
        ("calm", 0.0, "the best time is now"),
        ("soreness", 3.0, "the best time begins in 21 h"),
    ],
)
def test_the_goal_says_when(goal: str, hours: float, words: str) -> None:
    (said,) = told(goal, hours)
    assert said.startswith("A session of 5-10 minutes is due. Your goal, ")
    assert words in said


def test_without_a_goal_only_the_session_is_due_and_an_easy_run_asks_for_nothing() -> None:
    assert told(None, 1.0) == ["A session of 5-10 minutes is due."]
    assert told(None, 1.0, effort=5) == ["A session of 5-10 minutes is due."]
    assert told(None, 1.0, effort=4) == ["An easy run (4 of 10): a session is up to you."]
    assert told(None, 48.0) == []


def fed(engine: Engine, inputs: list[Input]) -> Engine:
    for given in inputs:
        engine.feed(given)
    return engine


def test_a_session_since_the_run_is_enough_and_one_before_it_is_not() -> None:
    rolling = Rolling(force_n=0.0).rest(2.0).say("run_finished", ago_s=HOUR)
    engine = fed(Engine(setup()), rolling.inputs)
    assert engine.snapshot().due
    done = len(rolling.inputs)
    rolling.say("select", muscle="calves", side="left").press(200.0).rest(1.0).passes(3).press(0.0).rest(1.0).say("end")
    fed(engine, rolling.inputs[done:])
    assert not engine.snapshot().due
    assert not Engine(engine.successor()).snapshot().due
    engine.feed(Command(t=rolling.t + 1, command="run_finished", ago_s=0.0))
    assert engine.snapshot().due, "another run"


def test_a_session_of_earlier_times_counts_by_when_it_ended() -> None:
    for session_t, due in ((-2 * HOUR, True), (-0.5 * HOUR, False)):
        carried = Carried(run_end_t=-HOUR, session_t=session_t)
        assert Engine(structs.replace(setup(), carried=carried)).snapshot().due is due


def test_a_routine_begins_and_a_session_ends_with_what_no_sensor_sees() -> None:
    """Guidance G11, C1 to C4: said, not measured."""
    engine = Engine(structs.replace(setup(), routines=load_routines(None)[0]))
    rolling = Rolling(force_n=0.0).rest(2.0).say("routine", routine="quick").rest(0.5)
    rolling.press(200.0).rest(1.0).passes(11).press(0.0).rest(0.5).say("end")
    events = [event for given in rolling.inputs for event in engine.feed(given)]
    plan = next(event for event in events if isinstance(event, Advice) and event.topic == "plan")
    assert plan.words.startswith("Drink something first, and make yourself comfortable. ")
    (session,) = [event for event in events if isinstance(event, SessionDone)]
    for word in ("drink", "sleep", "protein", "mobility", "None of it is measured"):
        assert any(word in line for line in session.advice), word
