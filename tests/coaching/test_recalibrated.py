"""What was calibrated against what was learned: which of them holds, and from when."""

from __future__ import annotations

from math import cos, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from rolling import ROLLER, Rolling, setup

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Event, Pass
from firmware_host.coaching.inputs import (
    Calibration,
    Command,
    ForceSample,
    ImuSample,
    Input,
    Recalibrated,
    Tool,
    Vector,
)

BLADDER = structs.replace(ROLLER, pressure="bladder")
NEWTONS = Calibration(zero=101_000.0, points=((15_000.0, 100.0), (40_000.0, 300.0)))
TILT = radians(20)
ASKEW: Vector = (cos(TILT), sin(TILT), 0.0)


def with_tool(tool: Tool) -> Engine:
    return Engine(structs.replace(setup(), tools=(tool,)))


def fed(engine: Engine, inputs: list[Input]) -> list[Event]:
    return [event for one in inputs for event in engine.feed(one)]


def askew(inputs: list[Input]) -> list[Input]:
    """The sensor sits turned about its z axis: the roller's axis is `ASKEW` in it."""
    c, s = cos(TILT), sin(TILT)

    def turn(v: Vector) -> Vector:
        return (c * v[0] - s * v[1], s * v[0] + c * v[1], v[2])

    return [
        structs.replace(one, gyro=turn(one.gyro), accel=turn(one.accel))
        if isinstance(one, ImuSample) and one.gyro is not None and one.accel is not None
        else one
        for one in inputs
    ]


# --- axis -------------------------------------------------------------------------------------------------------------


def test_a_calibrated_axis_wins_over_the_one_that_was_told() -> None:
    inputs = askew(Rolling().rest(2.0).stroke(0.30, 3.0).rest(1.0).inputs)
    told = with_tool(ROLLER)
    calibrated = with_tool(structs.replace(ROLLER, calibration=Calibration(axis=ASKEW)))
    fed(told, inputs)
    fed(calibrated, inputs)
    right, wrong = calibrated.motion_of("roller"), told.motion_of("roller")
    assert right is not None
    assert wrong is not None
    assert right.angle_rad == pytest.approx(4.0, abs=0.01)
    assert abs(wrong.angle_rad - 4.0) > 0.02


@given(st.tuples(*[st.floats(-1, 1)] * 3), st.tuples(*[st.floats(-1, 1)] * 3))
def test_the_direction_is_the_owners_whatever_the_calibrations_sign(told: Vector, measured: Vector) -> None:
    tool = structs.replace(ROLLER, axis=told, calibration=Calibration(axis=measured))
    used = tool.rolling_axis
    assert used is not None
    assert sum(a * b for a, b in zip(used, told, strict=True)) >= 0
    assert used in (measured, tuple(-c for c in measured))
    assert structs.replace(tool, axis=None).rolling_axis == measured
    assert structs.replace(tool, calibration=Calibration()).rolling_axis == told


def test_an_axis_calibrated_while_it_runs_holds_at_once_and_goes_on_to_the_next_engine() -> None:
    life = Rolling().rest(2.0).stroke(0.30, 3.0).rest(1.0)
    before = len(life.inputs)
    life.stroke(0.30, 3.0).rest(1.0)
    inputs = askew(life.inputs)
    engine = with_tool(structs.replace(ROLLER, axis=None))
    fed(engine, inputs[:before])
    fed(engine, [Recalibrated(inputs[before - 1].t, "roller", Calibration(axis=ASKEW))])
    track = engine.tracks["roller"]
    assert track.motion.axis == pytest.approx(ASKEW)
    start = track.motion.angle
    fed(engine, inputs[before:])
    assert track.motion.angle - start == pytest.approx(4.0, abs=0.02)
    assert track.motion.axis == pytest.approx(ASKEW), "what was calibrated is not refined by rolling"
    assert engine.successor().tools[0].rolling_axis == pytest.approx(ASKEW)


# --- bias -------------------------------------------------------------------------------------------------------------


def test_a_bias_calibrated_while_it_runs_holds_at_once() -> None:
    """No accelerometer and no rest here: nothing else could tell."""
    bias = radians(5.0)
    spinning = [ImuSample(0.01 * i, "roller", None, (1.0 + bias, 0.0, 0.0)) for i in range(1, 300)]
    engine = with_tool(structs.replace(ROLLER, pressure="none"))
    fed(engine, spinning[:100])  # type: ignore[arg-type]
    fed(engine, [Recalibrated(1.0, "roller", Calibration(gyro_bias=(bias, 0.0, 0.0)))])
    motion = engine.tracks["roller"].motion
    fed(engine, spinning[100:101])  # type: ignore[arg-type]
    assert motion.angle == pytest.approx(1.0, abs=0.02), "what the bias had added until then is taken off again"
    start, since = motion.angle, motion.t
    fed(engine, spinning[101:])  # type: ignore[arg-type]
    assert since is not None
    assert motion.t is not None
    assert (motion.angle - start) / (motion.t - since) == pytest.approx(1.0, abs=0.01)


def test_rest_seen_later_wins_over_a_calibrated_bias() -> None:
    engine = with_tool(structs.replace(ROLLER, calibration=Calibration(gyro_bias=(radians(3), 0.0, 0.0))))
    fed(engine, Rolling(bias=(radians(1), 0.0, 0.0)).rest(3.0).inputs)
    assert engine.tracks["roller"].motion.bias == pytest.approx((radians(1), 0.0, 0.0), abs=1e-4)


# --- force ------------------------------------------------------------------------------------------------------------


def pressed(t: float, pascal: float) -> ForceSample:
    return ForceSample(t, "roller", "pressure", pascal)


def test_points_calibrated_while_it_runs_turn_the_next_reading_into_newtons_and_back() -> None:
    engine = with_tool(BLADDER)
    fed(engine, [pressed(0.1 * i, 101_000.0) for i in range(30)])
    fed(engine, [pressed(3.1, 116_000.0), pressed(3.2, 116_000.0)])
    force = engine.tracks["roller"].force
    assert (force.force_n, force.load) == (None, 1.0)
    fed(engine, [Recalibrated(3.25, "roller", NEWTONS)])
    assert (force.force_n, force.load) == (None, None), "nothing is said until there is a reading"
    fed(engine, [pressed(3.3, 116_000.0)])
    assert force.force_n == pytest.approx(100.0)
    assert force.load is None
    fed(engine, [Recalibrated(3.4, "roller", Calibration()), pressed(3.5, 116_000.0)])
    assert force.force_n is None
    assert force.load is not None


def test_a_zero_goes_on_being_followed_after_it_was_calibrated() -> None:
    engine = with_tool(structs.replace(BLADDER, calibration=NEWTONS))
    fed(engine, [pressed(0.02 * i, 101_400.0) for i in range(400)])
    assert engine.tracks["roller"].force.zero == pytest.approx(101_400.0, abs=20), "the weather, not a force"


# --- span -------------------------------------------------------------------------------------------------------------


def coverage_on(muscle: str, calibration: Calibration, late: bool) -> list[float | None]:
    life = Rolling(tool=ROLLER).rest(1.0)
    select: Input = Command(t=life.t, command="select", muscle=muscle, side="left", tool="roller")
    begun = len(life.inputs)
    life.stroke(0.25, 3.0).stroke(-0.25, 3.0).stroke(0.25, 3.0).rest(1.0)
    engine = with_tool(ROLLER if late else structs.replace(ROLLER, calibration=calibration))
    change: list[Input] = [Recalibrated(life.inputs[begun].t, "roller", calibration)] if late else []
    events = fed(engine, [*life.inputs[:begun], select, *change, *life.inputs[begun:]])
    return [one.coverage for one in events if isinstance(one, Pass)]


@pytest.mark.parametrize("late", [False, True], ids=["from the start", "while it runs"])
def test_a_span_says_something_on_its_own_muscle_alone(late: bool) -> None:
    calves = Calibration(span_m=0.5, span_muscle="calves")
    assert coverage_on("calves", calves, late) == [pytest.approx(0.5, abs=0.03)] * 3
    assert coverage_on("hamstrings", calves, late) == [None] * 3
    assert coverage_on("hamstrings", Calibration(span_m=0.5), late) == [pytest.approx(0.5, abs=0.03)] * 3
