from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_host.coaching.inputs import Command
from firmware_host.messaging.commands import (
    COMMANDS,
    MAX_BYTES,
    ForgetRequest,
    HistoryRequest,
    Refusal,
    Request,
    decode,
)

NOW = 12.5
WALL = datetime(2026, 8, 1, 10, 0, tzinfo=UTC)


def said(name: str, payload: Any = None) -> Request | Refusal:
    raw = payload if isinstance(payload, bytes) else b"" if payload is None else json.dumps(payload).encode()
    return decode(name, raw, NOW, WALL)


def refused(name: str, payload: Any = None) -> str:
    answer = said(name, payload)
    assert isinstance(answer, Refusal), answer
    return answer.why


@pytest.mark.parametrize(
    ("name", "payload", "command"),
    [
        ("start", {}, Command(t=NOW, command="start")),
        ("end", None, Command(t=NOW, command="end")),
        ("next", b" \n", Command(t=NOW, command="next")),
        ("spot", {"id": "a1"}, Command(t=NOW, command="spot", id="a1")),
        (
            "select",
            {"muscle": "calves", "side": "left", "tool": "roller", "id": "7"},
            Command(t=NOW, command="select", muscle="calves", side="left", tool="roller", id="7"),
        ),
        ("select", {"muscle": "it_band"}, Command(t=NOW, command="select", muscle="it_band")),
        (
            "select",
            {"muscle": "plantar_fascia", "tool": "hands"},
            Command(t=NOW, command="select", muscle="plantar_fascia", tool="hands"),
        ),
        ("back", None, Command(t=NOW, command="back")),
        ("repeat", {}, Command(t=NOW, command="repeat")),
        ("undo", {"id": "u"}, Command(t=NOW, command="undo", id="u")),
        (
            "routine",
            {"name": "one-muscle", "muscle": "calves", "id": "r"},
            Command(t=NOW, command="routine", routine="one-muscle", muscle="calves", id="r"),
        ),
        ("routine", {"name": "quick"}, Command(t=NOW, command="routine", routine="quick")),
        ("soreness", {"value": 4}, Command(t=NOW, command="soreness", value=4)),
        ("acknowledge", {}, Command(t=NOW, command="acknowledge")),
        ("pain", {}, Command(t=NOW, command="pain")),
        ("pain", {"kind": "sharp"}, Command(t=NOW, command="pain", kind="sharp")),
        ("rate", {"value": 0}, Command(t=NOW, command="rate", value=0)),
        ("rate", {"value": 10, "when": "after"}, Command(t=NOW, command="rate", value=10, when="after")),
        ("profile", {"name": "scan", "id": "p"}, Command(t=NOW, command="profile", profile="scan", id="p")),
        ("tare", {"tool": "stick"}, Command(t=NOW, command="tare", tool="stick")),
        ("quiet", {"on": False}, Command(t=NOW, command="quiet", on=False)),
        (
            "run_finished",
            {"minutes_ago": 90, "effort": 7},
            Command(t=NOW, command="run_finished", ago_s=5400.0, effort=7),
        ),
        (
            "run_finished",
            {"at": "2026-08-01T11:30:00+02:00"},
            Command(t=NOW, command="run_finished", ago_s=1800.0),
        ),
        ("run_finished", {"at": "2026-08-01T10:00:20Z"}, Command(t=NOW, command="run_finished", ago_s=0.0)),
    ],
)
def test_what_a_person_says_becomes_a_command(name: str, payload: Any, command: Command) -> None:
    assert said(name, payload) == command


def test_services_become_requests() -> None:
    week = {"from": "2026-07-01T00:00:00Z", "to": "2026-07-08T00:00:00Z", "id": "w"}
    assert said("history", week) == HistoryRequest(
        start=datetime(2026, 7, 1, tzinfo=UTC), end=datetime(2026, 7, 8, tzinfo=UTC), id="w"
    )
    assert said("history") == HistoryRequest()
    assert said("forget", {"session": 12}) == ForgetRequest(session="12")
    assert said("forget", {"session": "2026-07-01-a", "id": "x"}) == ForgetRequest(session="2026-07-01-a", id="x")


@pytest.mark.parametrize(
    ("name", "payload", "why"),
    [
        ("strat", {}, "there is no command 'strat': did you mean 'start'?"),
        ("zzz", {}, "there is no command 'zzz': there are: start, end, select"),
        ("x" * 5000, {}, "there is no command 'xxxx"),
        ("select", {}, "muscle is missing: select takes muscle, side, tool, id"),
        ("select", {"mucle": "calves"}, "unknown field 'mucle': did you mean 'muscle'?"),
        ("next", {"after": 3}, "unknown field 'after': next takes id"),
        ("select", {"muscle": "Wade links"}, "muscle: expected `str` matching"),
        ("select", {"muscle": "calves", "side": "both"}, "side: invalid enum value 'both'"),
        ("rate", {"value": 11}, "value: expected `int` <= 10; rate takes value, when, id"),
        ("rate", {"value": -1}, "value: expected `int` >= 0"),
        ("rate", {"value": "5"}, "value: expected `int`, got `str`"),
        ("rate", {"value": True}, "value: expected `int`, got `bool`"),
        ("soreness", {"value": 11}, "value: expected `int` <= 10; soreness takes value, id"),
        ("soreness", {"value": 4, "when": "after"}, "unknown field 'when': soreness takes value, id"),
        ("routine", {}, "name is missing: routine takes name, muscle, id"),
        ("routine", {"name": "My Own"}, "name: expected `str` matching"),
        ("acknowledge", {"on": True}, "unknown field 'on': acknowledge takes id"),
        ("quiet", {}, "on is missing"),
        ("quiet", {"on": 1}, "on: expected `bool`, got `int`"),
        ("start", [], "expected `object`, got `array`"),
        ("start", {"id": "x" * 65}, "id: expected `str"),
        ("start", b"not json", "the payload is not JSON"),
        ("start", b'{"id": NaN}', "the payload is not JSON"),
        ("start", b"\xff\xfe", "the payload is not"),
        ("start", b'{"id": "\xff"}', "the payload is not UTF-8 text"),
        ("start", b" " * (MAX_BYTES + 1), "the payload is over 4096 bytes"),
        ("start", b'{"a":' * 9 + b"1" + b"}" * 9, "the payload is nested more than 8 deep"),
        ("start", b"[" * 4000, "the payload is nested more than 8 deep"),
        ("run_finished", {}, "say when the run ended, once"),
        ("run_finished", {"minutes_ago": 5, "at": "2026-08-01T09:00:00Z"}, "say when the run ended, once"),
        ("run_finished", {"minutes_ago": -1}, "minutes_ago: expected `float` >= 0"),
        ("run_finished", {"minutes_ago": 1e300}, "minutes_ago: expected `float` <= 43200"),
        ("run_finished", {"at": "2026-08-01T10:02:00Z"}, "that run ends in the future: it is 2026-08-01T10:00"),
        ("run_finished", {"at": "2026-06-01T10:00:00Z"}, "that run ended more than 30 days before"),
        ("run_finished", {"at": "2026-08-01T09:00:00"}, "at: expected `datetime` with a timezone"),
        ("run_finished", {"at": "yesterday"}, "at: invalid RFC3339 encoded datetime"),
        ("run_finished", {"minutes_ago": 1, "effort": 11}, "effort: expected `int` <= 10"),
        ("history", {"from": "2026-08-02T00:00:00Z", "to": "2026-08-01T00:00:00Z"}, "to is before from"),
        ("forget", {}, "session is missing"),
        ("forget", {"session": ""}, "session: expected `str` of length >= 1"),
    ],
)
def test_what_can_not_be_done_is_refused_with_a_reason(name: str, payload: Any, why: str) -> None:
    assert refused(name, payload).startswith(why)


def test_brackets_inside_strings_are_no_nesting() -> None:
    assert "is not nested" not in refused("select", {"muscle": '[[[[[[[[[["[['})
    assert "deep" not in refused("select", {"muscle": '[[[[[[[[[["[['})


def test_eight_levels_are_looked_into_nine_are_not() -> None:
    eight = b'{"x":' * 8 + b"1" + b"}" * 8
    assert refused("start", eight).startswith("unknown field 'x'")
    assert "nested" in refused("start", b"[" + eight + b"]")


@pytest.mark.parametrize(("name", "payload"), [("rate", {"value": 99}), ("nope", {}), ("run_finished", {})])
def test_a_refusal_carries_the_id_it_answers(name: str, payload: dict[str, Any]) -> None:
    answer = said(name, {**payload, "id": "q-1"})
    assert isinstance(answer, Refusal)
    assert answer.id == "q-1"


names = st.sampled_from(sorted(COMMANDS)) | st.text(max_size=40)
moments = st.datetimes(timezones=st.sampled_from([UTC])).map(lambda at: at.isoformat()) | st.just(
    "9999-12-31T23:59:59-23:59"
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | moments
keys = st.sampled_from(sorted({name for kind in COMMANDS.values() for name in kind.__struct_encode_fields__}))
objects = st.dictionaries(keys | st.text(max_size=5), st.recursive(leaves, st.lists, max_leaves=5), max_size=5)
payloads = st.binary(max_size=200) | objects.map(lambda value: json.dumps(value).encode())


@pytest.mark.slow
@given(name=names, payload=payloads)
def test_nothing_anybody_sends_raises(name: str, payload: bytes) -> None:
    answer = decode(name, payload, NOW, WALL)
    assert isinstance(answer, Command | HistoryRequest | ForgetRequest | Refusal)
    if isinstance(answer, Refusal):
        assert 0 < len(answer.why) < 600


@given(ago=st.integers(min_value=0, max_value=30 * 86400))
def test_a_moment_becomes_seconds_ago(ago: int) -> None:
    command = said("run_finished", {"at": (WALL - timedelta(seconds=ago)).isoformat()})
    assert isinstance(command, Command)
    assert command.ago_s == ago
