"""What people say of themselves, on paper: pain, ratings, soreness, the checklist, the plan, and taking it back.

As test_coach_rules.py: 75 kg, 1.75 m, the article's profile.
"""

from __future__ import annotations

import pytest
from coached import (
    BALL,
    DAY,
    EDGE_M_S,
    HOUR,
    WEIGHT_N,
    Life,
    ask,
    calf,
    coached,
    expect,
    lived,
    played,
    so_far,
    speed_over,
    told,
    topics,
    travelled,
    when_worked,
)
from msgspec import structs
from rolling import ROLLER, cues, only

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import (
    Advice,
    Pass,
    PhaseChanged,
    Rating,
    Rejected,
    SessionDone,
    Spot,
)
from firmware_host.coaching.inputs import Command, HapticRan, Tick, Tool
from firmware_host.coaching.setup import Carried, Trouble

# --- pain, rest and ratings (S1, S6, G5) -------------------------------------------------------------------------


@pytest.mark.parametrize(("ago_s", "rests"), [(HOUR, True), (DAY - 1.0, True), (DAY, False), (DAY + 1.0, False)])
def test_a_muscle_that_was_stopped_for_pain_rests_24_hours_of_the_engines_time(ago_s: float, rests: bool) -> None:
    trouble = Trouble(t=10.0 - ago_s, muscle="calves", side="left", kind="pain")
    for side, warned in (("left", rests), ("right", False)):
        engine = Engine(coached(carried=Carried(now=9.0, troubles=(trouble,))))
        events = ask(engine, 10.0, "select", muscle="calves", side=side)
        assert ("rest_muscle" in topics(events)) is warned  # type: ignore[arg-type]
        assert bool(told(events, "rest_muscle")) is warned  # type: ignore[arg-type]
    if rests and ago_s == HOUR:
        engine = Engine(coached(carried=Carried(now=9.0, troubles=(trouble,))))
        (cue,) = told(ask(engine, 10.0, "select", muscle="calves", side="left"))  # type: ignore[arg-type]
        assert "rests for 23 h more" in cue.words
        assert cue.reason.value == 23 * HOUR


@pytest.mark.parametrize(("ago_s", "rests"), [(DAY - 1.0, True), (DAY, False)])
def test_a_plan_leaves_a_muscle_out_for_24_hours_and_no_longer(ago_s: float, rests: bool) -> None:
    trouble = Trouble(t=10.0 - ago_s, muscle="calves", side="left", kind="pain")
    engine = Engine(coached(carried=Carried(now=9.0, troubles=(trouble,))))
    ask(engine, 10.0, "routine", routine="quick")
    plan = engine.snapshot().plan
    assert plan is not None
    assert (("calves", "left") not in {(one.muscle, one.side) for one in plan.steps}) is rests


@pytest.mark.parametrize(
    "state", ["nothing", "chosen", "rolling", "holding", "break", "masked", "cue", "hands", "plan"]
)
def test_a_pain_stop_is_said_by_the_very_input_that_tells_it(state: str) -> None:
    life = Life()
    life.rest(1.0)
    if state == "plan":
        life.say("routine", routine="quick").land(180.0).passes(2)
    elif state != "nothing":
        life.say("select", muscle="calves", side="left", tool="hands" if state == "hands" else None)
    if state in ("rolling", "holding", "break", "masked", "cue"):
        life.land(180.0).passes(1)
    if state == "holding":
        life.rest(5.0)
    elif state == "break":
        life.lift(0.5)
    elif state == "masked":
        life.inputs.append(HapticRan(life.t, "roller", 0.3))
        life.rest(0.1)
    elif state == "cue":
        life.steady(0.35, 0.35)  # slow_down is said in just this stroke
    engine, before = so_far(life)
    if state == "cue":
        assert told(before)[-1].t > life.t - 0.1
    events = ask(engine, life.t, "pain", kind="sharp")
    (stop,) = told(events)  # type: ignore[arg-type]
    assert (stop.cue, stop.t) == ("stop_pain", life.t)
    (session,) = only(events, SessionDone)  # type: ignore[arg-type]
    assert session.ended == "pain"  # type: ignore[attr-defined]
    assert engine.snapshot().session is None
    assert engine.snapshot().pain is True
    assert "pain_stop" in topics(events)  # type: ignore[arg-type]


def test_numbness_has_words_of_its_own() -> None:
    engine, _ = so_far(calf().passes(1))
    events = ask(engine, 9.0, "pain", kind="numb")
    assert topics(events) == ["pain_stop", "numbness"]  # type: ignore[arg-type]


def test_3_then_6_rises_and_8_is_too_high_for_pressure_and_for_holds() -> None:
    life = calf()
    life.passes(2)
    engine, _ = so_far(life)
    t = life.t
    assert topics(ask(engine, t, "rate", value=3)) == []  # type: ignore[arg-type]
    rising = ask(engine, t, "rate", value=6)
    assert topics(rising) == ["rating_rising"]  # type: ignore[arg-type]
    assert "from 3 to 6" in rising[-1].words  # type: ignore[attr-defined]
    high = engine.snapshot().tools[0].force_high_n
    assert high == pytest.approx(0.35 * WEIGHT_N, abs=0.01)
    over = ask(engine, t, "rate", value=8)
    assert topics(over) == ["rating_high", "rating_rising"]  # type: ignore[arg-type]
    assert "8 of 10 is over the 6" in over[1].words  # type: ignore[attr-defined]
    assert "no holds" in over[1].words  # type: ignore[attr-defined]
    shown = engine.snapshot().tools[0]
    assert shown.force_high_n == pytest.approx(0.6 * 0.35 * WEIGHT_N, abs=0.01)
    assert shown.force_low_n == pytest.approx(0.6 * 0.20 * WEIGHT_N, abs=0.01)
    ask(engine, t, "select", muscle="calves", side="right")
    assert engine.snapshot().tools[0].force_high_n == high
    ask(engine, t, "select", muscle="calves", side="left")
    assert engine.snapshot().tools[0].force_high_n == pytest.approx(0.6 * high)
    ended = ask(engine, t + 1, "end")
    (session,) = only(ended, SessionDone)  # type: ignore[arg-type]
    assert len(session.advice) == 3  # type: ignore[attr-defined]
    ask(engine, t + 2, "select", muscle="calves", side="left")
    ask(engine, t + 2, "start")
    assert engine.snapshot().tools[0].force_high_n == high


@pytest.mark.parametrize(("value", "asked"), [(7, True), (8, False)])
def test_over_the_phases_cap_nobody_is_asked_to_hold(value: int, asked: bool) -> None:
    life = calf(130.0).passes(2).say("rate", value=value)
    life.stroke(0.15, 3.0).rest(5.0).stroke(-0.15, 3.0).rest(1.0)
    assert ("spot_found" in cues(lived(life))) is asked


def test_three_high_ratings_or_pain_stops_of_one_muscle_in_14_days_ask_for_help() -> None:
    old = (
        Trouble(t=-13 * DAY, muscle="calves", side="right", kind="pain"),
        Trouble(t=-2 * DAY, muscle="calves", side="left", kind="rating", value=7),
    )
    for first, helped in ((-13 * DAY, True), (-14 * DAY - 60, False)):
        troubles = (structs.replace(old[0], t=first), old[1])
        engine, _ = so_far(calf().passes(1), coached(carried=Carried(troubles=troubles)))
        events = ask(engine, 8.0, "rate", value=7)
        assert ("seek_help" in topics(events)) is helped  # type: ignore[arg-type]
        if helped:
            (word,) = [one for one in events if isinstance(one, Advice) and one.topic == "seek_help"]
            assert word.words.startswith("3 pain stops or ratings of 7 and more here in 14 days.")
            assert "Slowroll makes no diagnosis" in word.words


# --- soreness (W3, S5) -------------------------------------------------------------------------------------------


def test_30_hours_after_a_run_soreness_decides_between_gentle_and_maintenance() -> None:
    engine = Engine(coached())
    ask(engine, 1.0, "run_finished", ago_s=30 * HOUR)
    assert (engine.snapshot().phase, engine.snapshot().ask_soreness) == ("gentle", True)
    for value, phase in ((3, "maintenance"), (4, "gentle"), (9, "gentle"), (0, "maintenance")):
        before = engine.snapshot().phase
        events = ask(engine, 2.0, "soreness", value=value)
        assert (engine.snapshot().phase, engine.snapshot().ask_soreness) == (phase, False)
        assert bool(only(events, PhaseChanged)) is (phase != before)  # type: ignore[arg-type]


def test_what_was_said_of_soreness_holds_24_h_or_until_the_next_run() -> None:
    engine = Engine(coached())
    ask(engine, 0.0, "run_finished", ago_s=10 * HOUR)
    ask(engine, 0.0, "soreness", value=2)
    engine.feed(Tick(14 * HOUR))
    assert engine.snapshot().phase == "maintenance"  # 24 h after the run, and not sore
    engine.feed(Tick(24 * HOUR - 1))
    assert engine.snapshot().phase == "maintenance"
    (changed,) = only(engine.feed(Tick(24 * HOUR)), PhaseChanged)
    assert (changed.before, changed.phase) == ("maintenance", "gentle")  # type: ignore[attr-defined]
    assert engine.snapshot().ask_soreness is True
    ask(engine, 25 * HOUR, "soreness", value=1)
    assert engine.snapshot().phase == "maintenance"
    ask(engine, 26 * HOUR, "run_finished", ago_s=25 * HOUR)
    assert (engine.snapshot().phase, engine.snapshot().sore) == ("gentle", None)


# --- before the first use (S8) -----------------------------------------------------------------------------------


def test_until_the_checklist_was_read_nothing_begins() -> None:
    life = Life()
    life.rest(1.0)
    for command, fields in (
        ("start", {}),
        ("select", {"muscle": "calves"}),
        ("next", {}),
        ("routine", {"routine": "quick"}),
    ):
        life.say(command, **fields)
    life.land(200.0).passes(4).lift()
    engine, events = so_far(life, coached(carried=Carried(acknowledged=False)))
    assert [one.input for one in only(events, Rejected)] == ["start", "select", "next", "routine"]  # type: ignore[attr-defined]
    assert all("checklist" in one.why for one in only(events, Rejected))  # type: ignore[attr-defined]
    assert set(cues(events)) == {"read_first"}
    assert 1.0 <= told(events)[0].t <= 1.2
    assert not only(events, Pass)
    assert engine.snapshot().session is None
    ask(engine, life.t, "acknowledge")
    assert engine.snapshot().acknowledged is True
    assert ask(engine, life.t, "select", muscle="calves", side="left") == []
    assert engine.successor().carried.acknowledged is True


# --- the plan ------------------------------------------------------------------------------------------------------


def test_a_plan_says_what_comes_next_and_where_and_the_other_side() -> None:
    life = Life()
    life.rest(1.0).say("routine", routine="quick").rest(1.0).land(180.0).passes(16).lift(2.0)
    heard = told(lived(life))
    assert heard[0].words == (
        "Next: left calf, 45 s. Sit down, one calf on the roller, hands on the floor; lift your hips to press. "
        "From just above the ankle to below the knee."
    )
    (on,) = [cue for cue in heard if cue.cue == "move_on"]
    assert on.words == "Lift off. Next: right calf."
    assert (heard[-1].cue, heard[-1].words) == ("other_side", "Other side: right calf.")


# --- undo ----------------------------------------------------------------------------------------------------------


def test_speed_over_is_what_it_says() -> None:
    """The tests' own arithmetic: a half sine of 0.3 m in 2 s peaks at 0.2356 m/s, half of it after a sixth."""
    assert speed_over(0.3, 2.0, 0.2356 / 2) == pytest.approx(2.0 / 6, abs=1e-3)
    assert travelled(0.3, 2.0, 0.15) == pytest.approx(1.0)
    assert played(Life().rest(0.5))[1] == []


def test_a_plan_left_off_goes_on_within_the_hour_with_the_work_done_and_not_after() -> None:
    def come_back(after_s: float) -> tuple[Engine, list[object]]:
        life = Life()
        life.rest(1.0).say("routine", routine="quick").land(180.0).passes(10).lift(1.0)
        engine, events = so_far(life)
        left = life.t
        events += [event for i in range(1, 3100) for event in engine.feed(Tick(left + i / 10))]
        (session,) = only(events, SessionDone)
        assert session.ended == "time-out"  # type: ignore[attr-defined]
        later = Engine(engine.successor())
        t = later.now + after_s
        return later, ask(later, t, "start")

    engine, events = come_back(1800.0)
    assert topics(events) == ["resume"]  # type: ignore[arg-type]
    shown = engine.snapshot()
    assert shown.plan is not None
    assert (shown.muscle, shown.side, shown.routine) == ("calves", "left", "quick")
    assert [one.topic for one in shown.advice] == ["resume"]
    worked_s = 10 * (3.0 - 2 * speed_over(0.25, 3.0, EDGE_M_S))
    assert shown.plan.left_s == pytest.approx(shown.plan.total_s - worked_s, abs=0.1)
    engine, events = come_back(3700.0)
    assert topics(events) == []  # type: ignore[arg-type]
    assert engine.snapshot().plan is None


def test_each_step_reminds_afresh() -> None:
    """Who was told five times to move on is told in time again on the next muscle."""
    life = Life()
    life.rest(1.0).say("routine", routine="quick").land(180.0).mark("first").passes(26).lift(2.0)
    life.land(180.0).mark("second").passes(16).lift(2.0)
    heard = told(lived(life), "move_on")
    second = [cue for cue in heard if cue.t > life.at["second"]]
    due = life.at["second"] + when_worked(45.0)
    assert due - 0.1 <= second[0].t <= due + 0.4
    assert second[0].repeat_after_s == 4.0


def test_a_second_routine_of_a_session_tells_its_own_end() -> None:
    engine = Engine(coached())
    heard: list[str] = []
    t = 1.0
    for _ in range(2):
        ask(engine, t, "routine", routine="quick")
        for _ in range(6):
            t += 3.0
            ask(engine, t, "next")
            heard += [event.cue for i in range(1, 30) for event in told(engine.feed(Tick(t + i / 10)))]
    assert heard.count("session_done") == 2


def test_undo_takes_a_rating_back_with_all_that_followed_from_it() -> None:
    life = calf()
    life.stroke(0.12, 2.5).rest(4.0)
    engine, _ = so_far(life)
    t = life.t
    ask(engine, t, "spot")
    ask(engine, t, "rate", value=7)
    before = engine.snapshot(), engine.successor().carried
    ask(engine, t, "rate", value=9)
    (taken,) = [one for one in ask(engine, t, "undo") if isinstance(one, Rating)]
    assert (taken.value, taken.removed) == (9, True)
    assert (engine.snapshot(), engine.successor().carried) == before
    (session,) = only(ask(engine, t + 1, "end"), SessionDone)  # type: ignore[arg-type]
    assert not any("9" in words for words in session.advice)  # type: ignore[attr-defined]


def test_undo_of_soreness_is_what_was_said_before() -> None:
    engine = Engine(coached())
    ask(engine, 1.0, "run_finished", ago_s=30 * HOUR)
    ask(engine, 2.0, "soreness", value=2)
    ask(engine, 3.0, "soreness", value=8)
    assert engine.snapshot().phase == "gentle"
    ask(engine, 4.0, "undo")
    assert (engine.snapshot().phase, engine.snapshot().sore) == ("maintenance", False)


def test_undo_of_a_step_belongs_to_its_own_plan() -> None:
    engine = Engine(coached(BALL, ROLLER))
    ask(engine, 1.0, "routine", routine="post-run-legs")
    ask(engine, 2.0, "next")
    ask(engine, 3.0, "routine", routine="ball")
    (refused,) = only(ask(engine, 4.0, "undo"), Rejected)  # type: ignore[arg-type]
    assert "plan is over" in refused.why  # type: ignore[attr-defined]
    assert engine.snapshot().plan is not None


def test_undo_of_the_next_that_ended_a_plan_brings_it_back() -> None:
    engine = Engine(coached(BALL))
    ask(engine, 1.0, "routine", routine="ball")
    shown = engine.snapshot().plan
    assert shown is not None
    for i in range(len(shown.steps)):
        last = engine.snapshot().plan
        ask(engine, 2.0 + i, "next")
    assert engine.snapshot().plan is None
    ask(engine, 20.0, "undo")
    assert engine.snapshot().plan == last


def test_undo_on_the_body_goes_on_at_once() -> None:
    life = Life()
    life.rest(1.0).say("routine", routine="quick").land(180.0).passes(2).say("next").rest(0.2).say("undo")
    life.passes(2)
    engine, _ = so_far(life)
    shown = engine.snapshot()
    assert (shown.muscle, shown.side) == ("calves", "left")
    assert shown.set is not None


def test_a_rating_is_the_last_spots_too_but_not_before_nor_on_another_muscle() -> None:
    life = calf()
    life.stroke(0.12, 2.5).rest(4.0).say("spot").say("rate", value=5).say("rate", value=3, when="before")
    life.lift().say("select", muscle="calves", side="right").land(180.0).passes(2).say("rate", value=2)
    events = lived(life)
    assert [(one.side, one.rating) for one in only(events, Spot)] == [("left", None), ("left", 5)]  # type: ignore[attr-defined]
    assert [(one.side, one.value, one.when) for one in only(events, Rating)] == [  # type: ignore[attr-defined]
        ("left", 5, "after"),
        ("left", 3, "before"),
        ("right", 2, "after"),
    ]


def test_pain_told_after_the_plan_has_moved_on_is_the_muscles_that_was_rolled() -> None:
    life = Life()
    life.rest(1.0).say("routine", routine="quick").land(180.0).passes(16).lift(2.0)
    engine, _ = so_far(life)
    assert engine.snapshot().side == "right"
    (stop,) = told(ask(engine, life.t, "pain"))  # type: ignore[arg-type]
    assert (stop.cue, stop.muscle, stop.side) == ("stop_pain", "calves", "left"), "the history remembers it by this"
    assert [(one.muscle, one.side) for one in engine.successor().carried.troubles] == [("calves", "left")]


def test_a_rating_after_the_plan_has_moved_on_is_the_muscles_that_was_rolled() -> None:
    life = Life()
    life.rest(1.0).say("routine", routine="quick").land(180.0).passes(16).lift(2.0)
    life.say("rate", value=4).say("rate", value=2, when="before")
    rated = only(lived(life), Rating)
    assert [(one.muscle, one.side, one.when) for one in rated] == [  # type: ignore[attr-defined]
        ("calves", "left", "after"),
        ("calves", "right", "before"),
    ]


def test_pain_and_ratings_after_the_session_are_still_the_last_muscles() -> None:
    """Also by the engine that follows, which the station takes as soon as a session is over."""
    life = calf()
    life.passes(2).say("end")
    engine, _ = so_far(life)
    later = Engine(engine.successor())
    (rating,) = ask(later, life.t + 5, "rate", value=3)
    assert (rating.muscle, rating.side) == ("calves", "left")  # type: ignore[attr-defined]
    ask(later, life.t + 10, "pain")
    assert later.safety.rests_s(("calves", "left"), life.t + 10) == DAY


def test_what_was_said_at_a_pain_stop_stands_for_a_day_also_in_the_next_engine() -> None:
    engine = Engine(coached())
    engine.feed(Command(t=1.0, command="select", muscle="calves", side="left"))
    engine.feed(Command(t=2.0, command="pain"))
    later = Engine(engine.successor())
    (note,) = later.snapshot().advice
    assert (note.topic, note.muscle, note.side) == ("pain_stop", "calves", "left")
    later.feed(Tick(2.0 + 24 * 3600.0 - 1.0))
    assert later.snapshot().advice
    later.feed(Tick(2.0 + 24 * 3600.0))
    assert not later.snapshot().advice


def test_another_muscle_takes_the_rested_ones_advice_away() -> None:
    carried = Carried(troubles=(Trouble(t=-3600.0, muscle="calves", side="left", kind="pain"),))
    engine = Engine(coached(carried=carried))
    engine.feed(Command(t=1.0, command="select", muscle="calves", side="left"))
    assert [note.topic for note in engine.snapshot().advice] == ["rest_muscle"]
    engine.feed(Command(t=2.0, command="select", muscle="calves", side="right"))
    assert not engine.snapshot().advice


def test_after_a_step_that_was_taken_up_again_the_next_one_has_its_whole_time() -> None:
    life = Life()
    life.rest(1.0).say("routine", routine="quick").land(180.0).passes(10).lift(1.0)
    engine, _ = so_far(life)
    for i in range(1, 3100):
        engine.feed(Tick(life.t + i / 10))
    later = Engine(engine.successor())
    ask(later, later.now + 60.0, "start")
    ask(later, later.now + 1.0, "next")
    shown = later.snapshot()
    assert (shown.muscle, shown.side) == ("calves", "right")
    assert shown.plan is not None
    assert shown.plan.left_s == shown.plan.total_s - 45.0
    ask(later, later.now + 1.0, "undo")
    again = later.snapshot().plan
    assert again is not None
    assert again.left_s == pytest.approx(again.total_s - 28.8, abs=0.1)


def test_after_another_run_the_soreness_of_the_last_one_is_not_brought_back() -> None:
    engine = Engine(coached())
    ask(engine, 1.0, "run_finished", ago_s=30 * HOUR)
    ask(engine, 2.0, "soreness", value=2)
    ask(engine, 3.0, "soreness", value=1)
    ask(engine, 4.0, "run_finished", ago_s=25 * HOUR)
    (refused,) = only(ask(engine, 5.0, "undo"), Rejected)  # type: ignore[arg-type]
    assert refused.why == "there is nothing to undo"  # type: ignore[attr-defined]
    assert (engine.snapshot().phase, engine.snapshot().sore) == ("gentle", None)


def test_undo_of_next_is_of_next_though_the_hold_that_it_ended_marked_a_spot() -> None:
    life = Life()
    life.rest(1.0).say("routine", routine="quick").land(180.0).passes(2).rest(22.0).say("next")
    engine, events = so_far(life)
    assert len(only(events, Spot)) == 1
    assert engine.snapshot().side == "right"
    ask(engine, life.t, "undo")
    assert engine.snapshot().side == "left"


def test_without_a_force_sensor_four_seconds_of_rest_move_on_and_are_no_hold() -> None:
    bare = Tool(name="roller", kind="foam_roller", radius_m=0.075, axis=(1.0, 0.0, 0.0))
    life = Life(bare)
    life.rest(1.0).say("routine", routine="quick").rest(2.0).mark("go").passes(16).mark("rest").rest(6.0).passes(2)
    engine, events = so_far(life, coached(bare))
    go, rest = life.at["go"], life.at["rest"]
    due = go + when_worked(45.0)
    heard = [cue for cue in told(events) if cue.cue != "rotate_leg"]
    expect(
        list(heard),
        [
            ("next_up", 1.0, 1.1),
            ("move_on", due - 0.3, due + 0.5),
            ("move_on", due + 3.7, due + 4.5),
            ("other_side", rest + 3.9, rest + 5.0),
        ],
    )
    assert engine.snapshot().side == "right"
    assert engine.snapshot().set is not None


def test_undo_goes_back_to_what_was_aside_from_the_plan() -> None:
    engine = Engine(coached())
    ask(engine, 1.0, "routine", routine="quick")
    ask(engine, 2.0, "select", muscle="glutes", side="right")
    ask(engine, 3.0, "next")
    assert (engine.snapshot().muscle, engine.snapshot().side) == ("calves", "left")
    ask(engine, 4.0, "undo")
    shown = engine.snapshot()
    assert (shown.muscle, shown.side) == ("glutes", "right")
    assert shown.plan is not None
    assert "now" not in {step.state for step in shown.plan.steps}
