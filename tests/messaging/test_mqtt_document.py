"""docs/mqtt.md is what owners copy from: its commands are understood, its samples are what is sent."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from firmware_host.calibrating.bench import Progress
from firmware_host.coaching.events import SetDone
from firmware_host.messaging import topics
from firmware_host.messaging.commands import COMMANDS, Refusal, decode
from firmware_host.messaging.payloads import LivePayload, ResultPayload, StatePayload
from firmware_host.settings import parse

TEXT = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text(encoding="utf-8")
PUBLISHED = [shlex.split(line) for line in TEXT.splitlines() if line.startswith("mosquitto_pub ")]


@pytest.mark.parametrize("words", PUBLISHED, ids=" ".join)
def test_every_command_shown_is_understood(words: list[str]) -> None:
    name = words[2].removeprefix("slowroll/home/cmd/")
    payload = words[4].encode() if words[3] == "-m" else b""
    assert not isinstance(decode(name, payload, 1.0, datetime(2026, 8, 1, tzinfo=UTC)), Refusal)


def test_every_command_is_shown() -> None:
    assert {words[2].removeprefix("slowroll/home/cmd/") for words in PUBLISHED} == set(COMMANDS)


def test_the_table_is_the_codes() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([01]) \| (yes|no|ignored) \|", TEXT, re.MULTILINE)
    assert [(name, int(qos), kept == "yes") for name, qos, kept in rows] == [row[:3] for row in topics.TABLE]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("state", StatePayload),
        ("live", LivePayload),
        ("event", SetDone),
        ("result", ResultPayload),
        ("calibrate", Progress),
    ],
)
def test_the_samples_have_the_fields_that_are_sent(name: str, kind: type[msgspec.Struct]) -> None:
    match = re.search(rf"^```json {name}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert match is not None
    sample = msgspec.json.decode(match[1])
    again = msgspec.json.decode(msgspec.json.encode(msgspec.json.decode(match[1], type=kind)))
    assert {**again, **{key: sample[key] for key in ("at", "id") if key in sample}} == sample


def test_the_settings_shown_are_read() -> None:
    match = re.search(r"^```toml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert match is not None
    assert parse(match[1], "docs/mqtt.md").mqtt.username == "slowroll"
