"""Whole sessions on paper: who comes when after a run, with pain or without, with a routine or by hand; what they hear,
when, and what the numbers were. 75 kg (735.5 N), 1.75 m; a calf's stroke is 0.16 of that: 28 cm.
"""

from __future__ import annotations

import gzip
from typing import Any

import msgspec
import pytest
from coached import (
    ROUTINES,
    WEIGHT_N,
    Expected,
    Life,
    coached,
    expect,
    lived,
    so_far,
    told,
    topics,
    travelled,
    when_worked,
)
from msgspec import structs
from rolling import ROLLER, cues, only, ticked

from firmware_host.coaching.cues import CUES
from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Advice, PhaseChanged, SessionDone, SetDone
from firmware_host.coaching.inputs import Command, Tool
from firmware_host.coaching.replay import replay
from firmware_host.coaching.routine import Routine, RoutineStep
from firmware_host.coaching.setup import Carried, Trouble
from firmware_host.history.recording import encode, encode_header, new_header, read

pytestmark = pytest.mark.slow

HOUR = 3600.0
DAY = 24 * HOUR
DECIDED_S = 0.3
"""From the moment that a cue is due until it is given: a sample or two, and a tick."""


def turns(start: float, until: float, length_m: float, seconds: float) -> list[Expected]:
    """rotate_leg: after every fourth pass, once the next one has gone a centimetre back."""
    known_s = travelled(length_m, seconds, 0.01)
    due = [start + n * seconds + known_s for n in range(4, 60, 4)]
    return [("rotate_leg", t - 0.1, t + DECIDED_S) for t in due if t < until]


# --- who comes back when (W1-W5) ---------------------------------------------------------------------------------

PHASES: list[tuple[str, float | None, int | None, str, float, float, float]] = [
    # ago, soreness, phase, force factor, shortest pass, set time: guidance 2.4
    ("40 min", 40 * 60.0, None, "light", 0.6, 2.5, 30.0),
    ("90 min", 90 * 60.0, None, "between", 0.8, 2.5, 45.0),
    ("3 h", 3 * HOUR, None, "deep", 1.25, 3.0, 60.0),
    ("10 h", 10 * HOUR, None, "moderate", 1.0, 2.5, 45.0),
    ("30 h, not asked", 30 * HOUR, None, "gentle", 0.6, 3.0, 30.0),
    ("30 h, sore", 30 * HOUR, 6, "gentle", 0.6, 3.0, 30.0),
    ("30 h, not sore", 30 * HOUR, 2, "maintenance", 1.0, 2.0, 45.0),
    ("3 days", 3 * DAY, None, "maintenance", 1.0, 2.0, 45.0),
    ("unknown", None, None, "unknown", 1.0, 2.0, 45.0),
]


@pytest.mark.parametrize(("who", "ago_s", "sore", "phase", "factor", "shortest_s", "set_s"), PHASES)
def test_who_comes_back_after_a_run_has_the_phases_limits_and_hears_its_set_time(
    who: str, ago_s: float | None, sore: int | None, phase: str, factor: float, shortest_s: float, set_s: float
) -> None:
    life = Life()
    life.rest(1.0)
    if ago_s is not None:
        life.say("run_finished", ago_s=ago_s)
    if sore is not None:
        life.say("soreness", value=sore)
    life.say("select", muscle="calves", side="left")
    low_n, high_n = factor * 0.20 * WEIGHT_N, factor * 0.35 * WEIGHT_N
    life.land(0.75 * high_n).mark("go").passes(round(set_s * 1.1 / 4), length=0.25, seconds=4.0)
    engine, events = so_far(life)
    shown = engine.snapshot()
    (tool,) = shown.tools
    assert shown.phase == phase
    assert tool.mean_speed_limit_m_s == pytest.approx(0.28 / shortest_s, abs=1e-6)
    assert tool.live_speed_limit_m_s == pytest.approx(2 * 0.28 / shortest_s, abs=1e-6)
    assert tool.force_low_n == pytest.approx(low_n, abs=0.001)
    assert tool.force_high_n == pytest.approx(high_n, abs=0.001)
    assert shown.set is not None
    assert shown.set.target_s == set_s
    due = life.at["go"] + when_worked(set_s, seconds=4.0)
    expected = turns(life.at["go"], due, 0.25, 4.0)
    heard = [cue for cue in told(events) if cue.cue != "move_on"]
    expect(list(heard), expected)
    first = told(events, "move_on")[0]
    assert due - 0.1 <= first.t <= due + DECIDED_S
    changes = only(events, PhaseChanged)
    assert [one.phase for one in changes] == ([] if phase == "unknown" else ["gentle"] * (sore == 2) + [phase])  # type: ignore[attr-defined]
    assert shown.ask_soreness is (who == "30 h, not asked")


def test_a_calm_session_is_a_quiet_one() -> None:
    """A set as it should be, light first: nothing is corrected, and nobody speaks more than five times a minute."""
    life = Life()
    life.rest(1.0).say("select", muscle="calves", side="left").land(180.0).mark("go")
    life.passes(4, seconds=3.5).press(215.0).passes(10, seconds=3.5).mark("off").lift()
    events = lived(life)
    assert not [cue for cue in cues(events) if CUES[cue].corrects]
    assert set(cues(events)) == {"rotate_leg", "move_on"}
    assert len(cues(events)) <= 5 * (life.at["off"] - life.at["go"]) / 60 + 1
    (done,) = only(events, SetDone)
    assert done.in_guidance == 1.0  # type: ignore[attr-defined]


def test_the_phase_moves_on_in_the_middle_of_a_session_and_says_so() -> None:
    life = Life()
    life.rest(1.0).say("run_finished", ago_s=HOUR - 8.0).say("select", muscle="calves", side="left")
    life.land(120.0).passes(4)
    events = lived(life)
    light, between = only(events, PhaseChanged)
    assert (light.phase, between.before, between.phase) == ("light", "light", "between")  # type: ignore[attr-defined]
    assert 9.0 <= between.t <= 9.15
    assert between.words.startswith("60 min after the run: between. Pressure 0.8 times the usual")  # type: ignore[attr-defined]


# --- pain (S1, S6) -----------------------------------------------------------------------------------------------


def test_pain_and_the_same_muscle_again_on_the_same_day() -> None:
    life = Life()
    life.rest(1.0).say("select", muscle="calves", side="left").land(200.0).passes(3)
    life.steady(0.05, 1.0).mark("pain").say("pain", kind="sharp").passes(2).lift()
    engine, events = so_far(life)
    expect(events, [("stop_pain", life.at["pain"], life.at["pain"])])
    (session,) = only(events, SessionDone)
    assert (session.ended, len(session.sets)) == ("pain", 1)  # type: ignore[attr-defined]
    assert topics(events) == ["pain_stop"]
    assert session.advice == tuple(one.words for one in events if isinstance(one, Advice))  # type: ignore[attr-defined]
    assert engine.snapshot().set is None  # what was rolled afterwards counts nowhere

    # Three hours later, by the engine that has followed.
    later = Engine(structs.replace(engine.successor(), carried=structs.replace(engine.successor().carried, now=0.0)))
    t = life.t + 3 * HOUR
    said = [*later.feed(Command(t=t, command="select", muscle="calves", side="left"))]
    expect(said, [("rest_muscle", t, t)])
    assert "21 h more" in told(said)[0].words
    assert topics(said) == ["rest_muscle"]
    said = [*later.feed(Command(t=t + 2, command="select", muscle="calves", side="right"))]
    assert said == []
    said = [*later.feed(Command(t=t + 4, command="routine", routine="quick"))]
    plan = later.snapshot().plan
    assert plan is not None
    assert ("calves", "left") not in [(step.muscle, step.side) for step in plan.steps]
    assert ("calves", "right") in [(step.muscle, step.side) for step in plan.steps]
    assert any("rests" in words and "left calf" in words for words in plan.explained)


def test_the_third_pain_stop_in_14_days_says_to_seek_help() -> None:
    carried = Carried()
    for day, helped in ((0, False), (6, False), (13, True)):
        t = day * DAY
        life = Life()
        life.t = t
        life.rest(1.0).say("select", muscle="calves", side="left").land(200.0).passes(2).say("pain")
        engine = Engine(coached(carried=structs.replace(carried, now=t)))
        events = [event for given in life.inputs for event in engine.feed(given)]
        assert ("seek_help" in topics(events)) is helped
        assert cues(events).count("stop_pain") == 1
        carried = engine.successor().carried
    assert len(carried.troubles) == 3


def test_who_rates_3_then_6_then_8_is_told_what_follows_without_a_cue() -> None:
    life = Life()
    life.rest(1.0).say("select", muscle="calves", side="left").land(150.0).passes(4)
    life.say("rate", value=3, when="before").passes(2).say("rate", value=6).passes(2).say("rate", value=8).passes(2)
    events = lived(life.say("end"))
    assert topics(events) == ["rating_rising", "rating_high", "rating_rising"]
    (session,) = only(events, SessionDone)
    assert [words[:24] for words in session.advice] == [  # type: ignore[attr-defined]
        "Your rating rose from 3 ",
        "8 of 10 is over the 6 th",
        "Your rating rose from 3 ",
    ]
    assert set(cues(events)) <= {"rotate_leg", "ease_off"}  # 150 N is under 0.6 of the top


# --- a routine, hands-free (M8, M9, G9, G10) ---------------------------------------------------------------------


def step(life: Life, name: str, passes: int = 17) -> Life:
    """One muscle of a routine: on, its time, off for two seconds."""
    life.land(180.0).mark(f"{name} on").passes(passes).mark(f"{name} off")
    return life.lift(2.0)


def on_to(life: Life, name: str, announced: str) -> list[Expected]:
    """What is heard in a step of 45 s with 17 passes of 3 s: three turns, move_on and its reminder, what comes next."""
    on, off = life.at[f"{name} on"], life.at[f"{name} off"]
    due = on + when_worked(45.0)
    return [
        *turns(on, due, 0.25, 3.0),
        ("move_on", due - 0.1, due + DECIDED_S),
        ("move_on", due + 3.9, due + 4.0 + DECIDED_S),
        (announced, off + 1.0, off + 1.0 + DECIDED_S),
    ]


def test_the_quick_routine_is_followed_by_lifting_off_alone() -> None:
    life = Life()
    life.rest(1.0).mark("asked").say("routine", routine="quick").rest(3.0)
    names = ["calves left", "calves right", "hamstrings left", "hamstrings right", "quads left", "quads right"]
    for name in names:
        step(life, name)
    life.lift(2.0)
    events = lived(life.say("end"))
    expected: list[Expected] = [("next_up", life.at["asked"], life.at["asked"] + 0.1)]
    for name, announced in zip(names[:-1], ["other_side", "next_up"] * 3, strict=False):
        expected += on_to(life, name, announced)
        if name == "quads left":
            expected.append(("leg_done", expected[-1][1] + 1.0, expected[-1][2] + 1.1))
    expected += on_to(life, names[-1], "leg_done")
    expected.append(("session_done", expected[-1][1] + 1.0, expected[-1][2] + 1.1))
    expect(events, expected)
    (session,) = only(events, SessionDone)
    assert isinstance(session, SessionDone)
    assert (session.routine, session.ended) == ("quick", "person")
    assert [(one.muscle, one.side) for one in session.sets] == [
        (muscle, side) for muscle in ("calves", "hamstrings", "quadriceps") for side in ("left", "right")
    ]
    for side in ("left", "right"):
        assert session.per_leg_s[side] == pytest.approx(sum(one.work_s for one in session.sets if one.side == side))


def states(engine: Engine) -> list[str]:
    plan = engine.snapshot().plan
    return [] if plan is None else [one.state for one in plan.steps]


def test_a_routine_with_a_break_a_skip_back_repeat_and_undo() -> None:
    life = Life()
    life.rest(1.0).say("routine", routine="quick").rest(2.0)
    # The left calf with a break in the middle: the same step goes on.
    life.land(180.0).passes(8).lift(6.0)
    engine, events = so_far(life)
    assert states(engine) == ["now", *["next"] * 5]
    assert engine.snapshot().resting is True
    seen = len(life.inputs)

    def go_on() -> list[Any]:
        nonlocal seen
        new, seen = life.inputs[seen:], len(life.inputs)
        return [event for given in new for event in (engine.feed(given))]

    # Ticks go with the samples from here on.
    def tick() -> None:
        life.idle(0.0)

    step(life, "rest of it", 9)
    for _ in range(20):
        life.rest(0.1)
        tick()
    said = go_on()
    assert "other_side" in cues(said)
    assert states(engine) == ["done", "now", *["next"] * 4]
    (done,) = only(said, SetDone)
    assert done.work_s == pytest.approx(17 * 2.88, abs=0.3)  # type: ignore[attr-defined]

    life.say("next")  # the right calf is skipped
    go_on()
    assert states(engine) == ["done", "skipped", "now", "next", "next", "next"]
    life.say("back")
    go_on()
    assert states(engine) == ["done", "now", *["next"] * 4]
    life.say("undo")  # of the way back
    go_on()
    assert states(engine) == ["done", "skipped", "now", "next", "next", "next"]
    life.land(180.0).passes(4).say("repeat")  # the left hamstring from its beginning, on the body: at once
    go_on()
    assert states(engine) == ["done", "skipped", "now", "next", "next", "next"]
    assert engine.set is not None
    assert engine.set.tally.work_s < 0.5
    assert engine.snapshot().muscle == "hamstrings"
    assert events  # the first part said something at all


@pytest.mark.slow
def test_the_whole_post_run_routine_is_six_muscles_on_two_legs_within_its_minutes() -> None:
    """With what is here, a roller: the IT band gives way, the shins are by hand."""
    engine, _ = so_far(Life().rest(1.0).say("routine", routine="post-run-legs"))
    plan = engine.snapshot().plan
    assert plan is not None
    life = Life()
    life.rest(1.0).say("routine", routine="post-run-legs")
    for one in plan.steps:
        if one.kind == "hands":
            life.rest(one.set_s + 1.0)
        else:
            life.land(180.0).passes(round(one.set_s / 2.88) + 1).lift(2.0)
    events = lived(life.say("end"))
    (session,) = only(events, SessionDone)
    assert isinstance(session, SessionDone)
    assert [(one.muscle, one.side) for one in session.sets] == [(one.muscle, one.side) for one in plan.steps]
    assert "it_band" not in {one.muscle for one in session.sets}
    assert cues(events).count("leg_done") == 2
    assert cues(events)[-1] == "session_done"
    assert all(120.0 <= work_s <= 200.0 for work_s in session.per_leg_s.values())


# --- by hand (T4) ------------------------------------------------------------------------------------------------

BY_HAND = Routine(
    name="by-hand",
    title="By hand",
    about="a trial",
    source="a test",
    steps=(RoutineStep(muscle="calves", tool="hands"), RoutineStep(muscle="tibialis_anterior", tool="hands")),
)


def test_a_session_with_hands_moves_on_by_itself_and_says_where() -> None:
    made = structs.replace(coached(), routines=ROUTINES | {"by-hand": BY_HAND})
    life = Life()
    life.rest(1.0).mark("go").say("routine", routine="by-hand").idle(160.0).say("end")
    events = lived(life, made)
    go = life.at["go"]
    expect(
        events,
        [
            ("next_up", go, go + 0.1),
            ("other_side", go + 45.0, go + 45.2),
            ("next_up", go + 90.0, go + 90.3),
            ("other_side", go + 120.0, go + 120.4),
            ("leg_done", go + 121.0, go + 121.5),
            ("leg_done", go + 150.0, go + 150.5),
            ("session_done", go + 151.0, go + 151.6),
        ],
    )
    (session,) = only(events, SessionDone)
    assert isinstance(session, SessionDone)
    assert [one.work_source for one in session.sets] == ["declared"] * 4
    assert [one.work_s for one in session.sets] == pytest.approx([45.0, 45.0, 30.0, 30.0], abs=0.2)
    assert session.in_guidance is None
    assert "thumbs" in told(events)[0].words


# --- recordings --------------------------------------------------------------------------------------------------


def test_a_recorded_life_replays_byte_for_byte_packed_or_not() -> None:
    life = Life()
    life.rest(1.0).say("run_finished", ago_s=3 * HOUR).say("select", muscle="calves", side="left")
    life.land(230.0).passes(5).rest(9.0).say("spot").say("rate", value=5).stroke(-0.25, 3.0).lift().say("end")
    inputs = list(ticked(life.inputs))
    header = new_header("test", "2026-08-01T12:00:00Z", coached().person, (ROLLER,), None)
    lines = b"".join([encode_header(header), *(encode(given) for given in inputs)])
    live = msgspec.json.encode(lived(life))
    for stored in (lines, gzip.decompress(gzip.compress(lines))):
        recorded = read(stored.splitlines(keepends=True), "x")
        for _ in range(2):
            recorded = read(stored.splitlines(keepends=True), "x")
            said = list(replay(Engine(coached()), recorded.inputs(), events=True, motion=False))
            assert msgspec.json.encode(said) == live


def test_three_tools_in_one_session_are_each_warned_of_or_not() -> None:
    """The roller on the calf, the stick on the shin, the roller on the shin."""
    stick = Tool(name="stick", kind="massage_stick", radius_m=0.02, axis=(1.0, 0.0, 0.0), pressure="force")
    life = Life()
    life.rest(1.0).say("select", muscle="calves", side="left", tool="roller").rest(2.0)
    life.say("select", muscle="tibialis_anterior", side="left", tool="stick").rest(2.0)
    life.mark("shin").say("select", muscle="tibialis_anterior", side="left", tool="roller").rest(2.0)
    life.say("select", muscle="tibialis_anterior", side="right", tool="roller").rest(2.0)
    at = life.at["shin"]
    expect(lived(life, coached(ROLLER, stick)), [("change_tool", at, at + 0.1), ("change_tool", at + 2, at + 2.1)])


def test_troubles_of_another_muscle_ask_for_no_help() -> None:
    troubles = tuple(Trouble(t=-DAY, muscle="glutes", side="left", kind="pain") for _ in range(5))
    engine, _ = so_far(
        Life().rest(1.0).say("select", muscle="calves", side="left"), coached(carried=Carried(troubles=troubles))
    )
    assert topics(list(engine.feed(Command(t=1.0, command="pain")))) == ["pain_stop"]
