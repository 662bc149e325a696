"""Each of the coach's rules on paper: who weighs 75 kg and is 1.75 m tall, by the article's profile.

Calves, no run known (guidance 2.2, 2.4): mean limit 0.28 m / 2 s = 0.14 m/s, live 0.28; band 0.20-0.35 x 735.5 N =
147.1-257.4 N, of whose top 80 % are 205.9 N.
"""

from __future__ import annotations

import pytest
from coached import (
    BALL,
    HOUR,
    SPANNED,
    STICK,
    WEIGHT_N,
    Life,
    ask,
    calf,
    coached,
    expect,
    lived,
    so_far,
    told,
    travelled,
    when_worked,
)
from msgspec import structs
from rolling import ROLLER, cues, only

from firmware_host.coaching.cues import CUES, CueDesk
from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import (
    Hold,
    Pass,
    Reason,
    Rejected,
    SessionDone,
    SetDone,
    Spot,
)
from firmware_host.coaching.inputs import Tick, Tool, ToolKind
from firmware_host.coaching.setup import Carried, KnownSpot, Trouble

# --- start light (G4) --------------------------------------------------------------------------------------------


def test_who_starts_over_80_percent_of_the_top_is_told_after_half_a_second() -> None:
    life = calf(230.0)
    life.passes(2)
    life.press(190.0).passes(4)
    cue, again = told(lived(life), "start_lighter")
    assert 4.0 <= again.t - cue.t <= 4.1  # as long as it goes on, after a pause
    assert life.at["on"] - 0.3 + 0.5 <= cue.t <= life.at["on"] - 0.3 + 0.65
    assert (cue.reason.value, cue.reason.limit, cue.reason.unit) == (230, 206, "N")
    assert "G4" in cue.reason.source


@pytest.mark.parametrize("force_n", [205.0, 190.0])
def test_up_to_80_percent_is_a_light_start(force_n: float) -> None:
    life = calf(force_n)
    life.passes(6)
    assert not told(lived(life), "start_lighter")


def test_after_three_passes_or_15_s_the_start_is_over() -> None:
    three = calf(190.0)
    three.passes(4, seconds=2.5)  # the third shows as one once the fourth has begun
    three.press(240.0).passes(4, seconds=2.5)
    assert not told(lived(three), "start_lighter")
    slow = calf(190.0)
    slow.passes(1, seconds=20.0).press(240.0).passes(2, seconds=2.5)
    assert not told(lived(slow), "start_lighter")


def test_who_presses_over_the_top_at_once_is_told_to_ease_off_first() -> None:
    """The contract's order; and no "lighter first" for who has eased off by then."""
    life = calf(300.0)
    life.rest(0.9)
    life.press(180.0).passes(6)
    assert cues(lived(life)) == ["ease_off", "rotate_leg"]
    staying = calf(300.0)
    staying.passes(2)
    assert cues(lived(staying))[:2] == ["ease_off", "start_lighter"]


def test_nobody_is_asked_to_lean_in_while_starting_light() -> None:
    life = calf(120.0)
    life.passes(6)
    cue = told(lived(life), "lean_in")[0]
    third_pass_over = life.at["on"] + 9.0
    assert third_pass_over <= cue.t <= third_pass_over + 1.0
    assert (cue.reason.value, cue.reason.limit) == (120, 147)


# --- joints and the belly (S3, S4) -----------------------------------------------------------------------------


def test_the_end_of_a_calibrated_span_reached_at_speed_is_told_two_centimetres_before() -> None:
    life = calf(tool=SPANNED)
    life.mark("out").stroke(0.30, 2.2)
    life.passes(1, length=-0.25).rest(1.0)
    (cue,) = told(lived(life, coached(SPANNED)), "near_joint")
    near = life.at["out"] + travelled(0.30, 2.2, 0.28)
    assert near <= cue.t <= near + 0.05
    assert cue.reason.limit == 0.02
    assert cue.reason.value == pytest.approx(0.02, abs=0.004)


def test_slowly_or_without_a_span_or_short_of_it_no_joint_is_told() -> None:
    slow = calf(tool=SPANNED)
    slow.stroke(0.30, 5.0).rest(1.0)  # 2 cm before the end at 4.7 cm/s, under half of the mean limit
    assert not told(lived(slow, coached(SPANNED)), "near_joint")
    short = calf(tool=SPANNED)
    short.stroke(0.27, 2.2).stroke(-0.27, 2.2).stroke(0.27, 2.2).rest(1.0)
    assert not told(lived(short, coached(SPANNED)), "near_joint")
    unknown = calf()
    unknown.stroke(0.30, 2.2).rest(1.0)
    assert not told(lived(unknown), "near_joint")


def test_who_keeps_off_the_joint_for_a_pass_is_warned_anew_without_a_longer_pause() -> None:
    life = calf(tool=SPANNED)
    for way_m in (0.30, 0.23, 0.23):
        life.stroke(way_m, 2.2).stroke(-0.25, 2.2).stroke(0.10, 2.0).stroke(-0.08, 2.0)
    warned = told(lived(life.rest(1.0), coached(SPANNED)), "near_joint")
    assert len(warned) == 3
    assert [cue.repeat_after_s for cue in warned] == [4.0, 4.0, 4.0]


def test_beyond_the_span_is_an_overshoot() -> None:
    life = calf(tool=SPANNED)
    life.stroke(0.32, 4.0).stroke(-0.28, 4.0).rest(1.0)
    flags = [one.flags for one in only(lived(life, coached(SPANNED)), Pass)]  # type: ignore[attr-defined]
    assert ["overshoot" in one for one in flags] == [True, False]


def test_the_bellys_share_is_that_of_the_middle_70_percent() -> None:
    whole, ends = calf(tool=SPANNED), calf(tool=SPANNED)
    whole.steady(0.05, 6.0).steady(-0.05, 6.0).rest(1.0)
    # 4 s in the middle, 20 s at the end; the middle is found from the extremes, 0 and 30 cm.
    ends.steady(0.0725, 4.0).steady(0.001, 10.0).rest(10.0)
    assert only(lived(whole, coached(SPANNED)), SetDone)[0].belly_share == pytest.approx(0.7, abs=0.04)  # type: ignore[attr-defined]
    assert only(lived(ends, coached(SPANNED)), SetDone)[0].belly_share < 0.25  # type: ignore[attr-defined]
    assert only(lived(calf().passes(4)), SetDone)[0].belly_share is None  # type: ignore[attr-defined]


# --- tender spots (G6, G7) ---------------------------------------------------------------------------------------

SPOT = KnownSpot(muscle="calves", side="left", position_m=0.15, position_sd_m=0.005)


def test_a_known_spot_is_told_three_centimetres_ahead_and_again_after_growing_pauses() -> None:
    life = calf()
    life.mark("go").passes(6).rest(1.0)
    heard = told(lived(life, coached(carried=Carried(spots=(SPOT,)))), "spot_near")
    out, back = travelled(0.25, 3.0, 0.12), travelled(0.25, 3.0, 0.07)
    # Pass 1; 2 falls into the pause of 4 s; 3; 4 and 5 into one of 8 s; 6.
    due = [out, 6.0 + out, 15.0 + back]
    assert [cue.repeat_after_s for cue in heard] == [4.0, 8.0, 16.0]
    for cue, t in zip(heard, due, strict=True):
        assert life.at["go"] + t <= cue.t <= life.at["go"] + t + 0.06
    assert heard[0].reason.limit == pytest.approx(0.07)


def test_slowly_over_a_spot_is_flagged_and_asks_for_nothing() -> None:
    life = calf()
    life.stroke(0.25, 8.0).stroke(-0.25, 3.0).rest(1.0)
    events = lived(life, coached(carried=Carried(spots=(SPOT,))))
    assert [("slow_over_spot" in one.flags) for one in only(events, Pass)] == [True, False]  # type: ignore[attr-defined]
    assert len(told(events, "spot_near")) == 1


def test_a_stroke_that_begins_or_ends_on_a_spot_did_not_go_over_it() -> None:
    life = calf()
    life.stroke(0.15, 3.0).rest(1.0).stroke(0.12, 2.4).rest(1.0)
    events = lived(life, coached(carried=Carried(spots=(SPOT,))))
    assert len(only(events, Pass)) == 2
    assert not any("slow_over_spot" in one.flags for one in only(events, Pass))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "spot",
    [
        structs.replace(SPOT, side="right"),
        structs.replace(SPOT, muscle="glutes"),
        structs.replace(SPOT, position_sd_m=0.04),
    ],
)
def test_another_legs_spot_or_one_known_too_badly_is_not_told(spot: KnownSpot) -> None:
    life = calf()
    life.passes(3).rest(1.0)
    assert not told(lived(life, coached(carried=Carried(spots=(spot,)))), "spot_near")


def test_a_hold_of_20_s_is_a_tender_spot_and_one_marked_by_hand_is_not_marked_twice() -> None:
    life = calf()
    life.stroke(0.12, 2.5).rest(21.0).stroke(0.12, 2.5).rest(1.0)
    (spot,) = only(lived(life), Spot)
    assert (spot.by, spot.rating) == ("hold", None)  # type: ignore[attr-defined]
    assert spot.position_m == pytest.approx(0.12, abs=0.005)  # type: ignore[attr-defined]
    short = calf()
    short.stroke(0.12, 2.5).rest(19.0).stroke(0.12, 2.5).rest(1.0)
    assert not only(lived(short), Spot)
    both = calf()
    both.stroke(0.12, 2.5).rest(5.0).say("spot").rest(17.0).stroke(0.12, 2.5).rest(1.0)
    assert [one.by for one in only(lived(both), Spot)] == ["person"]  # type: ignore[attr-defined]


# --- rhythm and rotation (G2, M1c) -------------------------------------------------------------------------------


def test_a_jerky_pass_asks_for_smoothness() -> None:
    life = calf()
    life.passes(2)
    life.mark("jerk").steady(0.03, 2.5).steady(0.25, 0.7).steady(-0.01, 0.1).stroke(-0.2, 3.0)
    events = lived(life.rest(1.0))
    (cue,) = told(events, "smooth_out")
    assert ["jerky" in one.flags for one in only(events, Pass)] == [False, False, True, False]  # type: ignore[attr-defined]
    assert life.at["jerk"] + 3.2 < cue.t < life.at["jerk"] + 4.5


def test_every_four_passes_the_next_lane_is_asked_for_in_order() -> None:
    life = calf()
    life.passes(13, seconds=2.5)
    engine, events = so_far(life)
    heard = told(events, "rotate_leg")
    assert [cue.words for cue in heard] == ["Turn the leg inward.", "Turn the leg outward.", "Leg straight."]
    for cue, passes in zip(heard, (4, 8, 12), strict=True):
        over = life.at["on"] + passes * 2.5
        assert over <= cue.t <= over + 1.2
    assert engine.snapshot().lane == "Leg straight"
    (done,) = only(engine.close(), SetDone)
    assert done.prompted == ("Turn the leg inward", "Turn the leg outward", "Leg straight")  # type: ignore[attr-defined]


def test_on_a_muscle_without_lanes_nobody_is_asked_to_turn() -> None:
    life = calf(40.0, STICK)
    life.passes(9)
    events = lived(life, coached(STICK))
    assert not told(events, "rotate_leg")


# --- holds (G7, G8) ----------------------------------------------------------------------------------------------


def test_a_hold_is_told_at_3_8_20_and_30_seconds() -> None:
    life = calf(180.0)
    life.stroke(0.2, 2.5).hold(33.0).stroke(-0.2, 2.5).rest(0.5)
    start = life.at["hold"]
    expect(
        lived(life),
        [
            (name, start + s - 0.1, start + s + 0.15)
            for name, s in (("spot_found", 3.0), ("breathe", 8.0), ("hold_done", 20.0), ("hold_enough", 30.0))
        ],
    )


def test_who_leaves_a_spot_early_as_the_set_has_had_its_time_is_not_called_back() -> None:
    """ "Stay a little longer" and, a second later, "time for the next muscle": nobody can do both."""
    life = calf(180.0)
    life.passes(14).mark("hold").rest(10.0).stroke(0.2, 3.0).rest(0.5)
    events = lived(life)
    assert [one.flags for one in only(events, Hold)] == [("short",)]  # type: ignore[attr-defined]
    heard = cues(events)
    assert "hold_on" not in heard
    assert heard[-1] == "move_on"


def test_in_the_light_phase_no_hold_is_asked_for_and_over_10_s_is_long() -> None:
    life = calf(110.0).say("run_finished", ago_s=40 * 60.0)
    assert isinstance(life, Life)
    life.stroke(0.2, 3.0).hold(12.0).stroke(-0.2, 3.0).rest(0.5)
    events = lived(life)
    assert cues(events) == []
    assert [one.flags for one in only(events, Hold)] == [("long",)]  # type: ignore[attr-defined]


def test_in_the_deep_phase_the_third_hold_is_not_asked_for() -> None:
    life = calf(200.0).say("run_finished", ago_s=3 * HOUR)
    for _ in range(3):
        life.stroke(0.15, 4.0).rest(4.0).stroke(-0.15, 4.0).rest(0.8)
    events = lived(life)
    assert len(only(events, Hold)) == 3
    assert len(told(events, "spot_found")) == len(told(events, "hold_on")) == 2


# --- time (G9, G10, D1) ------------------------------------------------------------------------------------------


def test_move_on_comes_at_45_s_of_work_and_overtime_at_60() -> None:
    life = calf(180.0)
    life.mark("work").passes(23)
    heard = [cue for cue in told(lived(life)) if cue.cue in ("move_on", "set_overtime")]
    assert [cue.cue for cue in heard] == ["move_on", "move_on", "move_on", "set_overtime", "set_overtime"]
    on, over = life.at["work"] + when_worked(45.0), life.at["work"] + when_worked(60.0)
    for cue, due in zip(heard, (on, on + 4, on + 12, over, over + 4), strict=True):
        assert due - 0.1 <= cue.t <= due + 0.4
    assert (heard[0].reason.limit, heard[3].reason.limit) == (45.0, pytest.approx(60.0, abs=0.05))


def test_a_leg_is_done_at_three_minutes_and_the_session_at_ten_once_each() -> None:
    life = Life()
    life.rest(0.5)
    for i in range(12):
        side = "left" if i < 4 else "right"
        life.say("select", muscle="calves", side=side, tool="hands").idle(60.0)
    heard = [cue for cue in told(lived(life)) if cue.cue in ("leg_done", "session_done")]
    assert [(cue.cue, cue.words) for cue in heard] == [
        ("leg_done", "Left leg done: 3.0 minutes."),
        ("leg_done", "Right leg done: 3.0 minutes."),
        ("session_done", CUES["session_done"].words),
    ]
    for cue, due in zip(heard, (180.5, 420.5, 600.5), strict=True):
        assert due <= cue.t <= due + 1.2  # set_overtime may have come just before


def test_after_20_minutes_a_break_is_due_and_not_before() -> None:
    life = Life()
    life.rest(0.5)
    for _ in range(23):
        life.say("select", muscle="calves", side="left", tool="hands").idle(53.0)
    heard = told(lived(life), "take_a_break")
    assert 1200.5 <= heard[0].t <= 1202.5
    assert heard[0].reason.limit == 1200.0


def test_hands_time_begins_at_once_is_declared_and_ends_at_end() -> None:
    life = Life()
    life.rest(0.5).say("select", muscle="tibialis_anterior", side="right", tool="hands")
    life.idle(24.0).say("end")
    events = lived(life)
    (done,) = only(events, SetDone)
    assert isinstance(done, SetDone)
    assert (done.tool, done.work_source, done.force_source) == ("hands", "declared", "not_measured")
    assert (done.start, done.end, done.work_s, done.duration_s) == (0.5, 24.5, 24.0, 24.0)
    assert (done.passes, done.in_guidance) == (0, None)
    (session,) = only(events, SessionDone)
    assert session.per_leg_s == {"right": 24.0}  # type: ignore[attr-defined]
    assert session.in_guidance is None  # type: ignore[attr-defined]


def test_by_hand_the_set_time_is_told_as_with_a_tool() -> None:
    life = Life()
    life.rest(0.5).say("select", muscle="tibialis_anterior", side="right", tool="hands")
    life.idle(50.0).say("end")
    heard = told(lived(life))
    assert [cue.cue for cue in heard[:2]] == ["move_on", "move_on"]
    assert 30.5 <= heard[0].t <= 30.7  # the shin's time is 30 s
    assert any(cue.cue == "set_overtime" and 45.5 <= cue.t <= 46.7 for cue in heard)


# --- tools and muscles (T1-T5, M4d) ------------------------------------------------------------------------------

SUITS: dict[str, set[str]] = {
    "calves": {"foam_roller", "massage_stick", "hands"},
    "hamstrings": {"foam_roller", "massage_stick", "hands"},
    "quadriceps": {"foam_roller", "massage_stick", "hands"},
    "it_band": {"foam_roller"},
    "glutes": {"foam_roller", "massage_ball", "hands"},
    "tibialis_anterior": {"massage_stick", "hands"},
    "tfl": {"foam_roller", "massage_ball", "hands"},
    "hip_flexors": {"massage_ball", "hands"},
    "plantar_fascia": {"massage_ball", "hands"},
}
"""Guidance 4.2 and 4.3: each technique lists its tools; the shin never on a foam roller, the small ones by ball."""
TOOLS: dict[ToolKind, Tool] = {"foam_roller": ROLLER, "massage_stick": STICK, "massage_ball": BALL}


@pytest.mark.parametrize("kind", [*TOOLS, "hands"])
@pytest.mark.parametrize("muscle", SUITS)
def test_a_tool_that_does_not_suit_the_muscle_is_warned_of_and_not_blocked(muscle: str, kind: str) -> None:
    name = "hands" if kind == "hands" else TOOLS[kind].name  # type: ignore[index]
    engine = Engine(coached(*TOOLS.values()))
    events = ask(engine, 1.0, "select", muscle=muscle, side="left", tool=name)
    events += [event for i in range(30) for event in engine.feed(Tick(1.1 + i / 10))]
    warned = [event for event in events if getattr(event, "cue", "") == "change_tool"]
    assert bool(warned) is (kind not in SUITS[muscle])
    assert not only(events, Rejected)  # type: ignore[arg-type]
    for cue in warned:
        assert all(one.replace("_", " ") in cue.words for one in SUITS[muscle])  # type: ignore[attr-defined]


def test_the_it_band_is_rather_left_to_tfl_and_glutes_once() -> None:
    life = Life()
    life.rest(0.5).say("select", muscle="it_band", side="left").rest(2.5)
    life.say("select", muscle="it_band", side="right").rest(2.5)
    (cue,) = told(lived(life), "switch_to_tfl")
    assert cue.words == "Rather roll what attaches to it: TFL and glute. Or go on, gently."
    assert cue.t <= 0.7


def test_next_says_of_a_muscle_what_select_says_of_it() -> None:
    """Without a plan `next` goes through the article's order, the IT band included."""
    life = Life()
    life.rest(0.5).say("select", muscle="quadriceps", side="right").rest(2.5).say("next").rest(2.5)
    assert len(told(lived(life), "switch_to_tfl")) == 1
    resting = Carried(troubles=(Trouble(t=-HOUR, muscle="calves", side="left", kind="pain"),))
    rested = Life()
    rested.rest(0.5).say("next").rest(2.5)
    assert cues(lived(rested, coached(carried=resting))) == ["rest_muscle"]


# --- more pressure (M1d), thinning out -------------------------------------------------------------------------


@pytest.mark.parametrize(("then_n", "stacked"), [(150.0 + 0.16 * WEIGHT_N, True), (150.0 + 0.14 * WEIGHT_N, False)])
def test_force_that_rose_for_good_by_15_percent_of_body_weight_is_stacked(then_n: float, stacked: bool) -> None:
    life = calf(150.0)
    life.passes(4)
    life.press(then_n).passes(4)
    assert only(lived(life), SetDone)[0].stacked is stacked  # type: ignore[attr-defined]


def test_a_push_for_one_pass_is_not_stacked() -> None:
    life = calf(150.0)
    life.passes(4)
    life.press(290.0).stroke(0.25, 3.0).press(150.0).stroke(-0.25, 3.0).passes(3)
    assert only(lived(life), SetDone)[0].stacked is False  # type: ignore[attr-defined]


def test_cues_that_only_accompany_thin_out_until_something_is_corrected() -> None:
    desk = CueDesk(4.0, 60.0, thin_out=True)
    reason = Reason(value=None, limit=None, unit="", source="a test")
    t = 0.0

    def given(name: str) -> bool:
        nonlocal t
        t += 10.0
        desk.once(name, t, None, reason)
        return desk.next_cue(t) is not None

    assert [given("rotate_leg") for _ in range(12)] == [i in (0, 2, 5, 10) for i in range(12)]
    assert [given("move_on") for _ in range(3)] == [True, True, True]
    assert given("slow_down")
    assert [given("rotate_leg") for _ in range(3)] == [True, False, True]


def test_who_lets_cues_thin_out_is_asked_to_turn_less_often() -> None:
    life = calf(180.0)
    life.passes(13, seconds=2.5)
    assert len(told(lived(life), "rotate_leg")) == 3
    assert len(told(lived(life, coached(thin_out=True)), "rotate_leg")) == 2
