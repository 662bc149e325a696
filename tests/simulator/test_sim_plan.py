"""The plan: moves join without a jump, times may come out of order, the person gets off in time."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, pi

import pytest

from firmware_host.coaching.inputs import Command
from firmware_host.simulator.conditions import ConditionError
from firmware_host.simulator.plan import KEPT_S, Act, Move, Plan, Roller, Say
from firmware_host.simulator.profiles import Ripple

ROLLER = Roller(0.075, 20_000.0, 735.0)


def for_ever(*acts: Act) -> Iterator[Act]:
    yield from acts
    while True:
        yield Move(seconds=1.0, share=0.0)


def plan_of(*acts: Act, step_off_t: float | None = None) -> Plan:
    return Plan(for_ever(*acts), ROLLER, 0.5, step_off_t)


def test_a_stroke_turns_the_roller_by_its_travel_over_the_effective_radius() -> None:
    plan = plan_of(
        Move(seconds=1.0, share=0.3), Move(seconds=3.0, travel_m=0.28, share=0.3), Move(seconds=1.0, share=0.3)
    )
    radius_m = 0.075 - 0.3 * 735 / 20_000 / 3
    assert plan.segment(0.5).turn(0.5) == (0.5, 0.0, 0.0)
    angle, rate, _ = plan.segment(4.5).turn(4.5)
    assert angle == pytest.approx(0.5 + 0.28 / radius_m)
    assert rate == 0.0


def test_moves_join_without_a_jump_in_angle_rate_or_force() -> None:
    plan = plan_of(
        Move(seconds=1.0, share=0.3),
        Move(seconds=2.0, travel_m=0.15, share=0.25, end_speed_m_s=0.1),
        Move(seconds=0.2, travel_m=0.02, share=0.0, end_speed_m_s=0.1),
        Move(seconds=0.6, travel_m=0.024, share=0.0),
    )
    for joint in (1.0, 3.0, 3.2, 3.8):
        before, after = plan.segment(joint - 1e-7), plan.segment(joint + 1e-7)
        assert before is not after
        for x, y in zip(before.turn(joint)[:2], after.turn(joint)[:2], strict=True):
            assert x == pytest.approx(y, abs=1e-9)
        assert before.share(joint) == pytest.approx(after.share(joint), abs=1e-9)


def test_force_gets_there_in_the_seconds_given() -> None:
    plan = plan_of(Move(seconds=4.0, share=0.4, force_s=1.0))
    segment = plan.segment(0.5)
    assert segment.share(0.5) == pytest.approx(0.2)
    assert segment.share(1.0) == pytest.approx(0.4)
    assert segment.share(3.0) == pytest.approx(0.4)


def test_times_may_come_out_of_order_but_not_from_long_ago() -> None:
    plan = plan_of(*(Move(seconds=1.0, travel_m=0.1, share=0.2) for _ in range(30)))
    at_20 = plan.segment(20.3).turn(20.3)
    plan.segment(22.0)
    assert plan.segment(20.3).turn(20.3) == at_20
    plan.segment(29.0)
    with pytest.raises(ValueError, match=f"kept for {KEPT_S:g} s.*t=20.300"):
        plan.segment(20.3)


def test_commands_come_at_their_place_once() -> None:
    select = Command(t=0.0, command="select", muscle="calves", side="left", tool="roller")
    plan = plan_of(Move(seconds=1.5, share=0.0), Say(select), Move(seconds=1.0, share=0.0))
    assert plan.take_commands(1.4) == []
    (said,) = plan.take_commands(1.5)
    assert (said.t, said.command, said.muscle) == (1.5, "select", "calves")
    assert plan.take_commands(10.0) == []


def test_the_person_steps_off_in_mid_stroke_and_says_so() -> None:
    plan = plan_of(
        Say(Command(t=0.0, command="select")),
        Move(seconds=1.0, share=0.3),
        Move(seconds=4.0, travel_m=0.3, share=0.3),
        step_off_t=3.0,
    )
    before = plan.segment(2.999).turn(3.0)
    after = plan.segment(3.0).turn(3.0)
    assert before[1] > 1.0  # rad/s: she was rolling
    assert after[:2] == pytest.approx(before[:2])
    assert plan.segment(3.5).share(3.5) == 0.0
    assert plan.segment(30.0).turn(30.0)[1] == 0.0
    assert [command.command for command in plan.take_commands(30.0)] == ["select", "end"]


def test_who_never_came_does_not_say_that_she_goes() -> None:
    plan = plan_of(step_off_t=3.0)
    plan.segment(10.0)
    assert plan.take_commands(10.0) == []


def test_it_can_begin_in_the_middle_of_the_first_stroke_on_the_body() -> None:
    """Not in the nudge before, nor in the trembling rest."""
    acts = (
        Say(Command(t=0.0, command="select")),
        Move(seconds=1.0, travel_m=0.1, share=0.0),
        Move(seconds=1.0, share=0.3),
        Move(seconds=1.0, share=0.3, ripples=(Ripple(4e-5, 9.0, 0.0),)),
        Move(seconds=4.0, travel_m=0.2, share=0.3),
        Move(seconds=2.0, share=0.3),
    )
    whole = plan_of(*acts)
    moving = Plan(for_ever(*acts), ROLLER, 0.5, 6.0, in_motion=True)
    assert moving.take_commands(0.0) == [Command(t=0.0, command="select")]
    assert moving.segment(0.0).turn(0.0) == pytest.approx(whole.segment(5.0).turn(5.0))
    assert moving.segment(3.0).turn(3.0) == pytest.approx(whole.segment(8.0).turn(8.0))
    assert moving.segment(6.3).share(6.3) == 0.0  # she steps off when she was told to


def test_there_is_no_beginning_in_motion_where_nobody_moves() -> None:
    with pytest.raises(ConditionError, match="nobody moves"):
        Plan(for_ever(), ROLLER, 0.5, None, in_motion=True)


def test_a_ball_goes_both_ways_and_spins_and_all_of_it_joins_without_a_jump() -> None:
    ball = Roller(0.032, inf, 100.0)
    acts = (
        Move(seconds=1.0, share=1.0),
        Move(seconds=2.0, travel_m=0.03, across_m=0.04, twist_rad=0.8, share=1.0),
        Move(
            seconds=4.0,
            share=1.0,
            ripples=(Ripple(0.008, 0.5, 0.0),),
            across_ripples=(Ripple(0.008, 0.5, pi / 2),),
            twist_ripples=(Ripple(0.3, 0.2, 0.0),),
        ),
    )
    plan = Plan(for_ever(*acts), ball, 0.0, None)
    assert plan.segment(0.5).quiet
    rolled = plan.segment(3.0)
    assert not rolled.quiet
    assert rolled.turn(3.0)[0] == pytest.approx(0.03 / 0.032)
    assert rolled.across(3.0)[:2] == pytest.approx((0.04 / 0.032, 0.0))
    assert rolled.twist(3.0)[:2] == pytest.approx((0.8, 0.0))
    assert plan.segment(5.0).across(5.0)[0] != pytest.approx(0.04 / 0.032, abs=0.1)
    for joint in (1.0, 3.0, 7.0):
        before, after = plan.segment(joint - 1e-7), plan.segment(joint + 1e-7)
        for way in ("turn", "across", "twist"):
            assert getattr(before, way)(joint)[:2] == pytest.approx(getattr(after, way)(joint)[:2], abs=1e-9)


def test_a_ball_left_in_mid_move_comes_to_rest_every_way() -> None:
    ball = Roller(0.032, inf, 100.0)
    acts = (Move(seconds=1.0, share=1.0), Move(seconds=2.0, travel_m=0.03, across_m=0.06, twist_rad=1.0, share=1.0))
    plan = Plan(for_ever(*acts), ball, 0.0, 2.0)
    before = plan.segment(1.999)
    after = plan.segment(2.0)
    for way in ("turn", "across", "twist"):
        assert getattr(before, way)(2.0)[1] > 0.4
        assert getattr(after, way)(2.0)[:2] == pytest.approx(getattr(before, way)(2.0)[:2])
        assert getattr(plan.segment(4.0), way)(4.0)[1] == 0.0
