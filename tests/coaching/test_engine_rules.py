"""The contract's definitions, one by one, on rolling that is known on paper."""

from __future__ import annotations

import pytest
from rolling import ROLLER, Rolling, cues, only, run, setup

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Contact, Hold, Pass, Rejected, SessionDone, SetDone, ShortPass, Spot
from firmware_host.coaching.inputs import (
    Calibration,
    DeviceFault,
    ForceSample,
    HapticRan,
    ImuSample,
    Input,
    StreamGap,
    Tick,
    Tool,
)


def begun(force_n: float = 200.0) -> Rolling:
    """Two quiet seconds off the body, the calf selected, then contact."""
    rolling = Rolling(force_n=0.0).rest(2.0).say("select", muscle="calves", side="left")
    return rolling.press(force_n).rest(1.0)


def test_a_stroke_is_a_pass_with_its_length_direction_and_times() -> None:
    events = run(begun().stroke(0.25, 3.0).rest(1.5).inputs)
    (one,) = only(events, Pass)
    assert isinstance(one, Pass)
    assert one.length_m == pytest.approx(0.25, abs=0.002)
    assert (one.direction, one.muscle, one.side, one.tool) == (1, "calves", "left", "roller")
    # A half sine of 0.131 m/s peak crosses 0.8 cm/s 58 ms after its start and before its end.
    assert one.start == pytest.approx(3.058, abs=0.02)
    assert one.end == pytest.approx(5.942, abs=0.02)
    assert one.t == pytest.approx(5.942 + 0.7, abs=0.05)
    assert one.peak_speed_m_s == pytest.approx(0.131, abs=0.003)
    assert one.mean_speed_m_s == pytest.approx(one.length_m / (one.end - one.start), rel=1e-3)
    assert one.mean_force_n == pytest.approx(200.0)
    assert one.flags == ()


def test_there_and_back_are_two_passes_of_opposite_direction() -> None:
    events = run(begun().passes(4).rest(1.0).inputs)
    passes = only(events, Pass)
    assert [one.direction for one in passes] == [1, -1, 1, -1]
    assert all(one.length_m == pytest.approx(0.25, abs=0.004) for one in passes)
    # Each is decided once 1 cm has been travelled back, long before the way back is over.
    assert all(one.t - one.end < 0.7 for one in passes[:-1])


@pytest.mark.parametrize(("stop_s", "passes"), [(0.4, 1), (1.0, 2)])
def test_a_short_stop_does_not_end_a_pass_and_a_longer_one_does(stop_s: float, passes: int) -> None:
    events = run(begun().stroke(0.15, 2.0).rest(stop_s).stroke(0.15, 2.0).rest(1.0).inputs)
    assert len(only(events, Pass)) == passes


def test_short_movements_are_short_passes_or_nothing() -> None:
    events = run(begun().stroke(0.05, 1.5).rest(1.0).stroke(0.015, 1.0).rest(1.0).inputs)
    assert not only(events, Pass)
    (short,) = only(events, ShortPass)
    assert short.length_m == pytest.approx(0.05, abs=0.002)


def test_nothing_counts_off_the_body_and_lifting_off_ends_a_pass() -> None:
    rolling = begun().steady(0.1, 1.5).press(0.0).steady(0.1, 1.5).press(200.0).steady(0.1, 1.5).rest(1.0)
    events = run(rolling.inputs)
    passes = only(events, Pass)
    assert len(passes) == 2
    assert passes[0].end == pytest.approx(4.5, abs=0.05)
    assert passes[1].start == pytest.approx(6.0, abs=0.05)
    assert [event.on for event in only(events, Contact)] == [True, False, True]


def test_a_hold_is_told_at_three_seconds_and_dated_back() -> None:
    events = run(begun().stroke(0.2, 2.5).rest(8.0).stroke(-0.2, 2.5).rest(1.0).inputs)
    (hold,) = only(events, Hold)
    assert isinstance(hold, Hold)
    assert hold.start == pytest.approx(5.5, abs=0.1)
    assert hold.end == pytest.approx(13.5, abs=0.1)
    assert hold.duration_s == pytest.approx(hold.end - hold.start, abs=1e-5)
    assert hold.position_m == pytest.approx(0.2, abs=0.01)
    assert hold.flags == ("short",)
    told = next(event for event in events if getattr(event, "cue", "") == "spot_found")
    assert told.t == pytest.approx(hold.start + 3.0, abs=0.2)


def test_small_circles_are_a_hold_at_whatever_speed() -> None:
    rolling = begun().stroke(0.2, 2.5).rest(1.0)
    for _ in range(10):
        rolling.stroke(0.014, 0.5).stroke(-0.014, 0.5)
    events = run(rolling.rest(1.0).stroke(-0.2, 2.5).rest(1.0).inputs)
    (hold,) = only(events, Hold)
    assert hold.duration_s == pytest.approx(12.1, abs=0.2)
    assert 0.01 < hold.excursion_m < 0.02
    assert not only(events, ShortPass)


def test_hold_cues_come_at_20_s_and_after_leaving_early() -> None:
    early = cues(run(begun().stroke(0.2, 2.5).rest(8.0).stroke(-0.2, 2.5).rest(1.0).inputs))
    assert early == ["spot_found", "breathe", "hold_on"]
    long = cues(run(begun().stroke(0.2, 2.5).rest(24.0).stroke(-0.2, 2.5).rest(1.0).inputs))
    assert long == ["spot_found", "breathe", "hold_done"]
    longer = cues(run(begun().stroke(0.2, 2.5).rest(32.0).stroke(-0.2, 2.5).rest(1.0).inputs))
    assert longer == ["spot_found", "breathe", "hold_done", "hold_enough"]


def test_too_fast_is_said_within_0_8_s_of_staying_above_the_live_limit() -> None:
    # Calves, unknown phase: mean limit 0.28 m / 2 s, live limit twice that, 0.28 m/s.
    events = run(begun().stroke(0.1, 1.5).rest(1.0).steady(-0.35, 1.2).rest(1.0).inputs)
    cue = next(event for event in events if getattr(event, "cue", "") == "slow_down")
    over = 5.5
    assert over < cue.t <= over + 0.8
    assert cue.reason.limit == pytest.approx(0.28)
    assert cue.reason.value == pytest.approx(0.35, abs=0.01)
    assert "too_fast" in only(events, Pass)[-1].flags


def test_a_calm_session_has_no_slow_down() -> None:
    assert "slow_down" not in cues(run(begun().passes(10, 0.25, 3.5).rest(1.0).inputs))


def test_pressure_cues_follow_the_band() -> None:
    # 20-35 % of 75 kg: 147 to 257 N.
    assert "ease_off" in cues(run(begun(330.0).passes(1).rest(1.0).inputs))
    assert "lean_in" in cues(run(begun(90.0).passes(3).rest(1.0).inputs))
    quiet = cues(run(begun(200.0).passes(3).rest(1.0).inputs))
    assert "ease_off" not in quiet
    assert "lean_in" not in quiet
    flags = only(run(begun(330.0).passes(1).rest(1.0).inputs), Pass)[0].flags
    assert "too_hard" in flags


def test_a_set_begins_at_contact_and_sums_its_work() -> None:
    rolling = begun().passes(6).rest(5.0).say("end")
    events = run(rolling.inputs)
    (done,) = only(events, SetDone)
    assert isinstance(done, SetDone)
    assert done.start == pytest.approx(2.0, abs=0.05)
    assert (done.passes, done.holds, done.muscle, done.side) == (6, 1, "calves", "left")
    # 18 s of rolling and 5 s of holding, less the turning points, slower than 0.8 cm/s for 0.12 s each.
    assert done.work_s == pytest.approx(18.0 + 5.0 - 6 * 0.12, abs=0.2)
    assert done.work_s <= done.duration_s + 1e-6
    assert done.distance_m == pytest.approx(1.5, abs=0.03)
    assert done.force_source == "measured"
    (session,) = only(events, SessionDone)
    assert isinstance(session, SessionDone)
    assert session.sets == (done,)
    assert (session.ended, session.per_leg_s) == ("person", {"left": done.work_s})


def test_move_on_comes_when_the_set_reached_its_time() -> None:
    events = run(begun().passes(17).rest(0.5).inputs)
    told = next(event for event in events if getattr(event, "cue", "") == "move_on")
    assert told.reason.limit == 45.0
    assert told.t == pytest.approx(3.0 + 45.0 + 15 * 0.12, abs=0.3)


def test_move_on_waits_for_a_hold_to_be_over() -> None:
    events = run(begun().passes(13).rest(24.0).stroke(-0.2, 2.5).rest(1.0).inputs)
    told = [(event.cue, event.t) for event in events if hasattr(event, "cue")]
    assert [cue for cue, _ in told if cue not in ("rotate_leg", "breathe")][:3] == [
        "spot_found",
        "hold_done",
        "move_on",
    ]
    assert min(t for cue, t in told if cue in ("move_on", "set_overtime")) > 3.0 + 39.0 + 24.0


def test_next_goes_to_the_other_side_and_then_to_the_next_muscle() -> None:
    rolling = begun().passes(2).press(0.0).rest(1.0).say("next").press(200.0).rest(0.5).passes(2).press(0.0).rest(1.0)
    rolling.say("next").press(200.0).rest(0.5).passes(2).rest(1.0)
    sets = only(run(rolling.inputs), SetDone)
    assert [(done.muscle, done.side) for done in sets] == [
        ("calves", "left"),
        ("calves", "right"),
        ("hamstrings", "left"),
    ]


def test_under_three_seconds_of_work_a_set_is_not_kept() -> None:
    events = run(begun().stroke(0.12, 2.0).press(0.0).rest(1.0).say("end").inputs)
    assert not only(events, SetDone)
    assert len(only(events, SessionDone)) == 1


def test_pain_stops_everything_at_once_and_counts_nothing_until_a_new_start() -> None:
    rolling = begun().passes(2)
    t = rolling.t
    rolling.say("pain").passes(2).rest(4.0)
    events = run(rolling.inputs)
    stop = next(event for event in events if getattr(event, "cue", "") == "stop_pain")
    assert stop.t == pytest.approx(t)
    (session,) = only(events, SessionDone)
    assert session.ended == "pain"
    assert session.t == stop.t
    assert not [event for event in events if event.t > t and isinstance(event, Pass | Hold)]
    assert "stop_pain" not in cues(events)[1:]


def test_a_session_ends_by_itself_when_nothing_happens() -> None:
    rolling = begun().passes(3).press(0.0).rest(1.0)
    inputs: list[Input] = [*rolling.inputs, *(Tick(rolling.t + i / 10) for i in range(1, 3100))]
    engine_events = run(inputs)
    (session,) = only(engine_events, SessionDone)
    assert session.ended == "time-out"
    assert session.end == pytest.approx(rolling.t - 1.0, abs=0.2)


def test_a_mask_delays_and_dates_back_but_loses_nothing() -> None:
    rolling = begun().stroke(0.25, 3.0)
    rolling.inputs.append(HapticRan(rolling.t - 0.3, "roller", 0.15))
    plain = only(run(begun().passes(4).rest(1.0).inputs), Pass)
    buzzed = begun()
    for i in range(4):
        buzzed.stroke(0.25 if i % 2 == 0 else -0.25, 2.9)
        buzzed.inputs.append(HapticRan(buzzed.t, "roller", 0.15))
        buzzed.steady(0.0, 0.1)
    masked = only(run(buzzed.rest(1.5).inputs), Pass)
    assert len(masked) == len(plain) == 4
    assert all(one.length_m == pytest.approx(0.25, abs=0.004) for one in masked)
    assert all("haptic_masked" in one.flags for one in masked[1:])


def test_no_cue_begins_while_the_motor_runs_or_just_after() -> None:
    rolling = begun(330.0)
    rolling.inputs.append(HapticRan(rolling.t, "roller", 0.15))
    start = rolling.t
    events = run(rolling.passes(1).rest(1.0).inputs)
    given = [event.t - start for event in events if hasattr(event, "cue")]
    assert [wait for wait in given if wait >= 0.65 - 1e-6]
    assert not [wait for wait in given if 0 <= wait < 0.65 - 1e-6]


def test_missing_data_end_a_pass_and_silence_is_told() -> None:
    rolling = begun().steady(0.1, 2.0)
    t = rolling.t
    inputs: list[Input] = [*rolling.inputs, *(Tick(t + i / 10) for i in range(1, 50))]
    events = run(inputs)
    (one,) = only(events, Pass)
    assert one.end == pytest.approx(t, abs=0.02)
    told = next(event for event in events if getattr(event, "cue", "") == "no_signal")
    assert told.t == pytest.approx(t + 2.0, abs=0.3)


def test_a_gap_line_ends_the_pass_there() -> None:
    rolling = begun().steady(0.1, 2.0)
    rolling.inputs.append(StreamGap(rolling.t, "roller", "i2c", "imu"))
    passes = only(run(rolling.steady(0.1, 2.0).rest(1.0).inputs), Pass)
    assert len(passes) == 2


def test_a_lost_force_sensor_means_off_the_body() -> None:
    rolling = begun().steady(0.1, 1.5)
    tool = ROLLER
    rolling.inputs.append(StreamGap(rolling.t, "roller", "i2c", "force"))
    engine_inputs = list(rolling.rest(1.0).inputs)
    cut = [given for given in engine_inputs if not (isinstance(given, ForceSample) and given.t > rolling.t - 1.0)]
    events = run(cut, tool)
    assert [event.on for event in only(events, Contact)] == [True, False]
    assert len(only(events, Pass)) == 1


def test_without_a_force_sensor_rolling_is_contact_and_force_is_not_measured() -> None:
    tool = Tool(name="roller", kind="foam_roller", axis=(1.0, 0.0, 0.0))
    events = run(Rolling(tool).rest(2.0).passes(4).rest(1.0).inputs, tool)
    assert len(only(events, Pass)) == 4
    (done,) = only(events, SetDone)
    assert (done.muscle, done.force_source, done.mean_force_n) == (None, "not_measured", None)
    assert done.passes == 4


def test_an_axis_nobody_gave_is_found_from_the_motion() -> None:
    tool = Tool(name="roller", kind="foam_roller")
    events = run(Rolling(tool).rest(2.0).passes(6).rest(1.0).inputs, tool)
    passes = only(events, Pass)
    # The first pass too, though the axis was known only in its middle.
    assert len(passes) == 6
    assert all(one.length_m == pytest.approx(0.25, abs=0.005) for one in passes)
    assert passes[0].start == pytest.approx(2.06, abs=0.03)


def test_an_axis_found_on_the_body_recovers_what_was_rolled_since_contact() -> None:
    tool = Tool(name="roller", kind="foam_roller", pressure="force")
    passes = only(run(begun().passes(4).rest(1.0).inputs, tool), Pass)
    assert len(passes) == 4
    assert all(one.length_m == pytest.approx(0.25, abs=0.005) for one in passes)


def test_a_bladder_uncalibrated_gives_no_newtons() -> None:
    tool = Tool(name="roller", kind="foam_roller", axis=(1.0, 0.0, 0.0), pressure="bladder")
    inputs: list[Input] = []
    for given in begun().passes(4).press(0.0).rest(1.0).inputs:
        if isinstance(given, ForceSample):
            inputs.append(ForceSample(given.t, "roller", "pressure", 104000.0 + 150.0 * float(given.value)))  # type: ignore[arg-type]
        else:
            inputs.append(given)
    events = run(inputs, tool)
    assert len(only(events, Pass)) == 4
    assert all(one.mean_force_n is None for one in only(events, Pass))
    assert only(events, SetDone)[0].force_source == "uncalibrated"


def test_a_bladder_that_is_loaded_at_the_start_recovers_once_it_was_lifted() -> None:
    tool = Tool(name="roller", kind="foam_roller", axis=(1.0, 0.0, 0.0), pressure="bladder")
    rolling = Rolling(force_n=200.0).rest(4.0).press(0.0).rest(2.0).press(200.0).rest(1.0).passes(4).rest(1.0)
    inputs = [
        ForceSample(one.t, "roller", "pressure", 104000.0 + 150.0 * float(one.value))  # type: ignore[arg-type]
        if isinstance(one, ForceSample)
        else one
        for one in rolling.inputs
    ]
    assert len(only(run(inputs, tool), Pass)) == 4


def test_a_calibrated_bladder_gives_newtons_through_its_points() -> None:
    calibration = Calibration(zero=104000.0, points=((15000.0, 100.0), (40000.0, 300.0)))
    tool = Tool(name="roller", kind="foam_roller", axis=(1.0, 0.0, 0.0), pressure="bladder", calibration=calibration)
    inputs: list[Input] = []
    for given in begun().passes(2).rest(1.0).inputs:
        if isinstance(given, ForceSample):
            above = 27500.0 if given.value else 0.0
            inputs.append(ForceSample(given.t, "roller", "pressure", 104800.0 + above))
        else:
            inputs.append(given)
    passes = only(run(inputs, tool), Pass)
    # The zero has drifted by 800 Pa; at rest off the body it is followed.
    assert passes[0].mean_force_n == pytest.approx(200.0, abs=8.0)


def test_a_bias_does_not_roll_the_roller() -> None:
    rolling = Rolling(bias=(0.25, -0.1, 0.05)).rest(30.0)
    assert not [event for event in run(rolling.inputs) if isinstance(event, Pass | ShortPass) and event.t > 10.0]


def test_spots_and_ratings() -> None:
    rolling = begun().stroke(0.2, 2.5).rest(5.0).say("spot").say("rate", value=5).rest(1.0)
    spots = only(run(rolling.inputs), Spot)
    assert [spot.rating for spot in spots] == [None, 5]
    assert spots[0].position_m == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize(
    ("command", "fields", "says"),
    [
        ("select", {"muscle": "calfs"}, "did you mean 'calves'"),
        ("select", {"muscle": "calves", "side": "up"}, "neither left nor right"),
        ("select", {"muscle": "calves", "tool": "stick"}, "no tool 'stick'"),
        ("select", {}, "needs a muscle"),
        ("run_finished", {"ago_s": -60.0}, "future"),
        ("rate", {"value": 11}, "0 to 10"),
        ("rate", {"value": 5}, "mark a tender spot first"),
        ("end", {}, "no session"),
        ("dance", {}, "no command 'dance'"),
    ],
)
def test_what_cannot_be_done_is_rejected_with_a_reason(command: str, fields: dict[str, object], says: str) -> None:
    events = run(Rolling(force_n=0.0).rest(0.5).say(command, **fields).inputs)
    (rejected,) = only(events, Rejected)
    assert says in rejected.why


def test_the_run_sets_the_phase_and_with_it_the_limits() -> None:
    rolling = begun().say("run_finished", ago_s=40 * 60.0)
    engine = Engine(setup())
    for given in rolling.inputs:
        engine.feed(given)
    shown = engine.snapshot()
    assert shown.phase == "light"
    # 0.28 m / 2.5 s; 20-35 % of 75 kg times 0.6.
    assert shown.tools[0].mean_speed_limit_m_s == pytest.approx(0.112)
    assert shown.tools[0].force_high_n == pytest.approx(0.35 * 75 * 9.80665 * 0.6, abs=0.01)
    for minutes, phase in ((59.9, "light"), (60, "between"), (120, "deep"), (360, "moderate"), (2881, "maintenance")):
        engine.feed(rolling.say("run_finished", ago_s=minutes * 60.0).inputs[-1])
        assert engine.snapshot().phase == phase


def test_faults_are_shown_until_the_device_is_back() -> None:
    engine = Engine(setup())
    (fault,) = engine.feed(DeviceFault(1.0, "roller", "roller imu", "no answer", "Check the wire.", False))
    assert fault.hint == "Check the wire."  # type: ignore[union-attr]
    assert "Check the wire." in engine.snapshot().faults[0]
    engine.feed(DeviceFault(2.0, "roller", "roller imu", "back", "", True))
    assert engine.snapshot().faults == ()


def test_a_gyroscope_alone_is_enough_to_count_passes() -> None:
    """No accelerometer, no force sensor, no axis given: a phone taped to a wheel."""
    tool = Tool(name="roller", kind="foam_roller")
    inputs: list[Input] = [
        ImuSample(one.t, one.tool, None, one.gyro)
        for one in Rolling(tool).rest(2.0).passes(6).rest(1.0).inputs
        if isinstance(one, ImuSample)
    ]
    passes = only(run(inputs, tool), Pass)
    assert len(passes) == 6
    assert passes[-1].length_m == pytest.approx(0.25, abs=0.004)


def test_motion_lines_begin_at_zero_and_follow_the_angle() -> None:
    engine = Engine(setup())
    rolling = begun().stroke(0.25, 3.0).rest(1.0)
    lines = []
    for given in rolling.inputs:
        engine.feed(given)
        if isinstance(given, ImuSample):
            lines.append(engine.motion_of("roller"))
    first, last = lines[0], lines[-1]
    assert first is not None
    assert last is not None
    assert first.angle_rad == 0.0
    assert last.angle_rad == pytest.approx(0.25 / 0.075, abs=0.02)
    assert last.position_m == pytest.approx(0.25, abs=0.002)
    assert [line.state for line in (lines[0], lines[450], lines[-1]) if line is not None] == ["off", "rolling", "still"]
