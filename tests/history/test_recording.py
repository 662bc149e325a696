"""The recording format: what is written is read, and rubbish is named and skipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_host.coaching.inputs import (
    Calibration,
    Command,
    DeviceFault,
    ForceSample,
    HapticRan,
    ImuSample,
    Input,
    Person,
    Recalibrated,
    StreamGap,
    Tick,
    Tool,
)
from firmware_host.history.recording import (
    BadLine,
    RecordingError,
    _decode_any,
    decode,
    encode,
    encode_header,
    new_header,
    read,
)

HEADER = new_header("test", "2026-01-01T00:00:00Z", Person(), (Tool(name="roller", kind="foam_roller"),), None)
FIRST = encode_header(HEADER)
number = st.floats(-1e6, 1e6, allow_nan=False)
moment = st.floats(0, 1e6, allow_nan=False)
vector = st.tuples(number, number, number)
text = st.text(max_size=8)
inputs: st.SearchStrategy[Any] = st.one_of(
    st.builds(ImuSample, moment, st.just("roller"), vector, st.none() | vector),
    st.builds(ImuSample, moment, st.just("roller"), st.none(), vector),
    st.builds(ForceSample, moment, st.just("roller"), st.sampled_from(["force", "bridge", "pressure"]), number),
    st.builds(
        ForceSample, moment, st.just("roller"), st.just("strips"), st.lists(number, min_size=1, max_size=4).map(tuple)
    ),
    st.builds(StreamGap, moment, st.just("roller"), text, st.sampled_from(["imu", "force"])),
    st.builds(HapticRan, moment, st.just("roller"), st.floats(0, 60)),
    st.builds(Recalibrated, moment, st.just("roller"), st.builds(Calibration, zero=st.none() | number)),
    st.builds(DeviceFault, moment, st.none() | st.just("roller"), text, text, text, st.booleans()),
    st.builds(Command, t=moment, command=st.just("select"), muscle=st.none() | text, side=st.none() | text),
    st.builds(Command, t=moment, command=st.just("rate"), value=st.integers(0, 10), when=st.none() | text),
    st.builds(Tick, moment),
)


@settings(max_examples=300, deadline=None)
@given(inputs)
def test_what_is_written_is_read(one: Input) -> None:
    assert decode(encode(one)) == one


def meaning(decoder: Callable[[bytes], Input], line: bytes) -> Input | str:
    try:
        return decoder(line)
    except BadLine as why:
        return str(why)


keys = st.dictionaries(
    st.sampled_from(
        ["tool", "accel", "gyro", "force", "bridge", "pressure", "strips", "tick", "haptic", "gap", "command", "new"]
    ),
    st.sampled_from(["roller", 1, 1.5, 1e9, None, [0, 0, 1], [0, 0, 1e8], [1, 2], [], "]"]),
    max_size=4,
)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(moment | st.sampled_from([1e9, "x"]), keys)
def test_the_short_way_for_common_lines_says_what_the_long_one_says(t: Any, fields: dict[str, Any]) -> None:
    line = msgspec.json.encode({"t": t, **fields}) + b"\n"
    assert meaning(decode, line) == meaning(_decode_any, line)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=20))
def test_rubbish_is_counted_and_nothing_is_raised(lines: list[bytes]) -> None:
    recording = read([FIRST, *(line.replace(b"\n", b"") + b"\n" for line in lines)], "x")
    good = list(recording.inputs())
    blank = sum(not line.strip() for line in lines)
    assert len(good) + recording.bad_lines + blank == len(lines)


def taken(*lines: str) -> tuple[list[float], list[str]]:
    recording = read([FIRST, *(line.encode() + b"\n" for line in lines)], "x")
    return [one.t for one in recording.inputs()], recording.named


def test_time_may_not_run_back_within_a_stream_but_streams_may_differ() -> None:
    times, named = taken(
        '{"t":1.0,"tool":"roller","gyro":[0,0,0]}',
        '{"t":0.7,"tool":"roller","force":10}',
        '{"t":0.9,"tool":"roller","gyro":[0,0,0]}',
        '{"t":1.1,"tool":"roller","gyro":[0,0,0]}',
    )
    assert times == [1.0, 0.7, 1.1]
    assert named == ["line 4: time runs back, from 1 to 0.9"]


def test_one_line_from_the_far_future_does_not_cost_the_rest() -> None:
    times, named = taken(
        '{"t":1.0,"tool":"roller","gyro":[0,0,0]}',
        '{"t":123456.0,"tool":"roller","gyro":[0,0,0]}',
        '{"t":1.1,"tool":"roller","gyro":[0,0,0]}',
    )
    assert times == [1.0, 1.1]
    assert "leaps" in named[0]


def test_a_recording_resumed_hours_later_goes_on_after_one_line() -> None:
    times, named = taken(
        '{"t":1.0,"tool":"roller","gyro":[0,0,0]}',
        *(f'{{"t":{9000 + i},"tool":"roller","gyro":[0,0,0]}}' for i in range(3)),
    )
    assert times == [1.0, 9001, 9002]
    assert len(named) == 1


@pytest.mark.parametrize(
    "line",
    [
        b'{"t":1,"tool":"roller","gyro":[0,0,1e30]}',
        b'{"t":1,"tool":"roller","gyro":[0,0,NaN]}',
        b'{"t":1,"tool":"roller","gyro":[0,0]}',
        b'{"t":1e300,"tool":"roller","gyro":[0,0,0]}',
        b'{"t":1,"tool":"roller"}',
        b'{"t":1,"gyro":[0,0,0]}',
        b'{"t":1,"tool":"roller","haptic":-1}',
        b'{"t":1,"tool":"roller","fault":"x"}',
        b"[1,2]",
    ],
)
def test_a_line_that_is_no_input_says_why(line: bytes) -> None:
    with pytest.raises(BadLine) as caught:
        decode(line)
    assert str(caught.value)


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (b"", "empty"),
        (b'{"format":"other","version":1}\n', "format 'other'"),
        (b'{"format":"slowroll-recording","version":2,"tools":3}\n', "version 2"),
        (b'{"format":"slowroll-recording","version":1,"tools":[]}\n', "no tool"),
        (
            (
                b'{"format":"slowroll-recording","version":1,"person":{"mass_kg":75,"height_m":-1},'
                b'"tools":[{"name":"r","kind":"foam_roller"}]}\n'
            ),
            "is no one",
        ),
        (
            b'{"format":"slowroll-recording","version":1,"tools":[{"name":"r","kind":"foam_roller","radius_m":0}]}\n',
            "above 0",
        ),
    ],
)
def test_a_first_line_that_is_no_header_is_told(first: bytes, says: str) -> None:
    with pytest.raises(RecordingError, match=says):
        read([first], "x")
