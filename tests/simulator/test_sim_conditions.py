"""Each condition changes what it says, by as much as it says, and nothing else."""

from __future__ import annotations

from math import acos, degrees, hypot, radians

import pytest

from firmware_host.coaching.inputs import ForceSample, HapticRan, ImuSample
from firmware_host.simulator import conditions, truth
from firmware_host.simulator.conditions import CONDITIONS, ConditionError, Conditions
from firmware_host.simulator.motor import bursts
from firmware_host.simulator.rig import simulate
from firmware_host.simulator.scenarios import SCENARIOS
from firmware_host.simulator.tools import RADIUS_M, FoamRoller
from firmware_host.simulator.world import World

pytestmark = pytest.mark.slow

TIMES = [i * 0.05 for i in range(600)]


def test_no_conditions_and_the_clean_ones_are_the_ordinary_world() -> None:
    assert Conditions() == CONDITIONS["clean"]
    plain, clean = World("calm", 3), World("calm", 3, conditions=CONDITIONS["clean"])
    assert plain.tool == clean.tool
    assert [plain.imu(t) for t in TIMES] == [clean.imu(t) for t in TIMES]
    assert list(simulate("calm", 3, 8.0)) == list(simulate("calm", 3, 8.0, conditions=CONDITIONS["clean"]))


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_person_does_the_same_whatever_is_wrong_with_the_sensors(name: str) -> None:
    if name == "begin_in_motion":
        return  # she does the same from another moment on: below
    plain, other = World("mixed", 4), World("mixed", 4, conditions=CONDITIONS[name])
    for t in TIMES:
        assert plain.motion(t)[:6] == other.motion(t)[:6]


def test_the_scale_error_may_be_given_either_way() -> None:
    told = World("calm", 1, gyro_scale_error=0.02)
    conditioned = World("calm", 1, conditions=Conditions(gyro_scale_error=0.02))
    assert [told.imu(t) for t in TIMES] == [conditioned.imu(t) for t in TIMES]
    both = World("calm", 1, gyro_scale_error=0.005, conditions=Conditions(gyro_scale_error=0.02))
    assert [both.imu(t) for t in TIMES] == [World("calm", 1).imu(t) for t in TIMES]


def test_misalignment_is_exactly_what_it_says() -> None:
    for seed in range(5):
        axis = World("calm", seed, conditions=Conditions(misalignment_deg=4.0)).true_axis
        assert degrees(acos(axis[0])) == pytest.approx(4.0)


def test_the_bias_drifts_and_wanders_on_every_axis() -> None:
    ways = set()
    for seed in range(6):
        plain, drifting = World("still", seed), World("still", seed, conditions=CONDITIONS["bias_drift"])
        assert drifting.gyro_bias(0.0) == pytest.approx(plain.gyro_bias(0.0))
        after = [degrees(a - b) for a, b in zip(drifting.gyro_bias(180.0), plain.gyro_bias(180.0), strict=True)]
        assert all(3.9 <= abs(way) <= 5.1 for way in after)
        ways.add(tuple(way > 0 for way in after))
        gyro = drifting.imu(60.0)[1]
        assert gyro == pytest.approx(drifting.gyro_bias(60.0))
    assert len(ways) > 2


def test_the_lever_is_exactly_what_it_says() -> None:
    world = World("calm", 2, conditions=CONDITIONS["off_axis"])
    roller = world._tool
    assert isinstance(roller, FoamRoller)
    assert hypot(roller._lever_y, roller._lever_z) == pytest.approx(0.045)


@pytest.mark.parametrize("scenario", ["calm", "fast", "holding", "stick", "ball"])
def test_begun_in_motion_she_rolls_from_the_first_moment(scenario: str) -> None:
    plain = World(scenario, 5, 30.0)
    moving = World(scenario, 5, 30.0, conditions=CONDITIONS["begin_in_motion"])
    first = moving.motion(0.0)
    assert abs(first.speed_m_s) > 0.02
    on_n, _ = truth.contact_thresholds_n(moving.tool.kind, 75.0)
    assert first.force_n > on_n
    assert moving.tool.calibration.gyro_bias is None
    assert plain.tool.calibration.gyro_bias is not None
    (said,) = moving.take_commands(0.0)
    assert (said.t, said.command) == (0.0, "select")
    assert abs(plain.motion(0.0).speed_m_s) == 0.0
    contacts = truth.of_world(moving, scenario, 5, 30.0).contacts
    assert (contacts[0].t, contacts[0].on, contacts[-1].on) == (0.0, True, False)


def test_begun_in_motion_it_is_the_same_session_from_the_middle_of_the_first_stroke_on() -> None:
    plain, moving = World("calm", 6), World("calm", 6, conditions=CONDITIONS["begin_in_motion"])
    first = moving.motion(0.0)
    start = next(i / 1000 for i in range(20_000) if abs(plain.motion(i / 1000).angle_rad - first.angle_rad) < 0.003)
    start = min((start + i / 1e5 for i in range(400)), key=lambda t: abs(plain.motion(t).angle_rad - first.angle_rad))
    for t in (1.0, 4.0, 11.0):
        assert moving.motion(t).angle_rad == pytest.approx(plain.motion(start + t).angle_rad, abs=1e-3)


def test_nobody_begins_in_motion_where_nobody_comes() -> None:
    with pytest.raises(ConditionError, match="begin_in_motion: nobody moves"):
        World("still", 1, conditions=CONDITIONS["begin_in_motion"])


def test_a_small_range_clips_and_is_declared() -> None:
    full_scale = radians(250)
    told = Conditions(gyro_range_dps=250.0)
    assert World("fast", 1, conditions=told).tool.gyro_full_scale_rad_s == full_scale
    clipped = [given for given in simulate("fast", 2, 30.0, conditions=told) if isinstance(given, ImuSample)]
    whole = [given for given in simulate("fast", 2, 30.0) if isinstance(given, ImuSample)]
    stuck = 0
    for one, other in zip(clipped, whole, strict=True):
        assert one.gyro is not None
        assert other.gyro is not None
        assert (one.t, one.accel) == (other.t, other.accel)
        assert one.gyro == tuple(max(-full_scale, min(full_scale, rate)) for rate in other.gyro)
        stuck += abs(one.gyro[0]) == full_scale
    assert 50 < stuck < 0.5 * len(clipped)


def test_a_pitching_limb_makes_the_way_along_the_muscle_differ_by_the_pitch_times_the_radius() -> None:
    """Guidance 3: contact moves by r (turn - pitch), so 10 degrees over 28 cm are 1.3 cm."""
    world = World("calm", 2, conditions=Conditions(limb_pitch_deg=10.0))
    for t in TIMES:
        motion = world.motion(t)
        assert motion.speed_m_s == pytest.approx(motion.effective_radius_m * motion.rate_rad_s)
        assert motion.muscle_speed_m_s == pytest.approx(motion.speed_m_s * (1 - RADIUS_M * radians(10) / 0.28))
    assert 0.28 * RADIUS_M * radians(10) / 0.28 == pytest.approx(0.013, abs=1e-4)


def test_slip_loses_its_share_on_average_now_more_now_less() -> None:
    world = World("calm", 2, conditions=Conditions(slip=0.03))
    moving = [m for m in (world.motion(i * 0.02) for i in range(6000)) if abs(m.speed_m_s) > 0.02]
    lost = [1 - m.muscle_speed_m_s / m.speed_m_s for m in moving]
    assert sum(lost) / len(lost) == pytest.approx(0.03, abs=0.004)
    assert min(lost) >= -1e-9
    assert max(lost) == pytest.approx(0.06, abs=0.001)


def test_truth_is_along_the_muscle_or_the_tools_own() -> None:
    told = CONDITIONS["limb_pitch_slip"]

    def lengths(along: truth.Along) -> list[float]:
        found = truth.of_world(World("calm", 1, 40.0, conditions=told), "calm", 1, 40.0, along=along)
        return [stroke.length_m for stroke in found.passes]

    muscle, tool = lengths("muscle"), lengths("tool")
    ordinary = truth.of_world(World("calm", 1, 40.0), "calm", 1, 40.0)
    assert tool == [stroke.length_m for stroke in ordinary.passes]
    for short, whole in zip(muscle, tool, strict=True):
        assert 0.88 < short / whole < 0.96


def test_bursts_shake_imu_and_force_and_are_told_at_their_time() -> None:
    inputs = list(simulate("still", 1, 20.0, conditions=CONDITIONS["haptic"]))
    ran = [given for given in inputs if isinstance(given, HapticRan)]
    quiet = {given.t: given for given in simulate("still", 1, 20.0) if isinstance(given, ImuSample)}
    planned = bursts(1)
    assert [(given.t, given.seconds) for given in ran] == [next(planned) for _ in ran]
    assert 4 <= len(ran) <= 7
    for given in ran:
        assert 0.15 <= given.seconds <= 0.3
    assert [given.t for given in inputs] == sorted(given.t for given in inputs)

    def shaken(start: float, end: float) -> float:
        off = 0.0
        for given in inputs:
            if isinstance(given, ImuSample) and start <= given.t < end:
                other = quiet[given.t]
                assert given.accel is not None
                assert other.accel is not None
                off = max(off, *(abs(a - b) for a, b in zip(given.accel, other.accel, strict=True)))
        return off

    for given in ran:
        assert shaken(given.t, given.t + given.seconds) > 5
        assert shaken(given.t - 0.5, given.t - 0.02) < 0.05
        assert shaken(given.t + given.seconds + 0.5, given.t + given.seconds + 0.8) < 0.05


def test_the_force_ripples_while_the_motor_runs_and_for_half_a_second() -> None:
    quiet, buzzing = World("calm", 1), World("calm", 1)
    buzzing.motor(1.0, 8.0)
    buzzing.motor(0.0, 8.2)
    pressed_n = quiet.motion(8.1).force_n
    assert buzzing.motion(8.1) == quiet.motion(8.1)  # the true force is what it was

    def ripple(start: float, end: float) -> float:
        times = [start + i * 0.0005 for i in range(int((end - start) * 2000))]
        return max(abs(buzzing.pressure(t)[0] - quiet.pressure(t)[0]) for t in times)

    whole = ripple(8.01, 8.19)
    slope = (quiet.pressure(8.1)[0] - 101_325) / pressed_n
    assert 0.5 < whole / (slope * (4 + 0.05 * pressed_n)) < 2
    assert 0.05 * whole < ripple(8.45, 8.55) < 0.4 * whole
    assert ripple(8.71, 9.0) == 0.0
    assert ripple(7.5, 7.99) == 0.0


@pytest.mark.parametrize("pressure", ["force", "strips", "contact"])
def test_sensors_without_a_chip_put_fifty_samples_a_second_into_the_stream(pressure: str) -> None:
    told = Conditions(pressure=pressure)  # type: ignore[arg-type]
    forces = [given for given in simulate("calm", 1, 10.0, conditions=told) if isinstance(given, ForceSample)]
    assert [given.t for given in forces] == [round(i * 0.02, 6) for i in range(501)]
    assert {given.unit for given in forces} == {"force" if pressure == "force" else "strips"}
    assert World("calm", 1, conditions=told).tool.pressure == pressure
    assert list(simulate("calm", 1, 3.0, conditions=told)) == list(simulate("calm", 1, 3.0, conditions=told))


def test_without_a_sensor_nothing_is_said_about_force() -> None:
    told = Conditions(pressure="none")
    assert not any(isinstance(given, ForceSample) for given in simulate("stick", 1, 5.0, conditions=told))
    world = World("stick", 1, conditions=told)
    assert (world.tool.pressure, world.tool.calibration.zero) == ("none", None)
    with pytest.raises(TypeError, match="no force sensor"):
        world.reading(1.0)
    with pytest.raises(TypeError, match="ask `reading`"):
        World("stick", 1).pressure(1.0)


@pytest.mark.parametrize(
    ("scenario", "told", "words"),
    [
        ("stick", Conditions(lever_m=0.045), "45 mm off the axis does not fit.*radius 20 mm"),
        ("ball", CONDITIONS["strips"], 'massage_ball has no room for "strips"'),
        ("stick", Conditions(pressure="bladder"), 'massage_stick has no room for "bladder"'),
        ("ball", CONDITIONS["limb_pitch_slip"], "a massage_ball has no passes"),
    ],
)
def test_what_does_not_go_together_is_refused_with_what_does(scenario: str, told: Conditions, words: str) -> None:
    with pytest.raises(ConditionError, match=words):
        World(scenario, 1, conditions=told)


@pytest.mark.parametrize(
    ("field", "value"), [("strips", 0), ("slip", 0.9), ("gyro_range_dps", 4000.0), ("lever_m", -0.1)]
)
def test_values_out_of_reach_are_refused(field: str, value: float) -> None:
    with pytest.raises(ConditionError, match=f"condition {field}: .* is not from"):
        Conditions(**{field: value})  # type: ignore[arg-type]


def test_an_unknown_condition_is_told_which_there_are() -> None:
    with pytest.raises(ConditionError, match=r"'bad_lnk'.*Did you mean 'bad_link'.*clean, scale_2pct") as caught:
        conditions.find("bad_lnk")
    assert all(name in str(caught.value) for name in CONDITIONS)


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_gives_the_same_inputs_again(name: str) -> None:
    first = list(simulate("mixed", 2, 8.0, conditions=CONDITIONS[name]))
    assert list(simulate("mixed", 2, 8.0, conditions=CONDITIONS[name])) == first
    assert len(first) > 1000


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name in ("stick", "ball")])
@pytest.mark.parametrize("name", ["scale_2pct_misaligned_4deg", "bias_drift", "clipped", "haptic", "bad_link"])
def test_stick_and_ball_can_have_their_troubles_too(scenario: str, name: str) -> None:
    inputs = list(simulate(scenario, 2, 12.0, conditions=CONDITIONS[name]))
    assert sum(isinstance(given, ImuSample) for given in inputs) > 1000
    assert sum(isinstance(given, ForceSample) for given in inputs) == 601
