"""The published schemas come out of the code's own types and name every topic, event and command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from firmware_host.messaging import topics
from firmware_host.messaging.commands import COMMANDS
from firmware_host.schema import EVENTS, asyncapi, write


def test_every_topic_event_and_command_has_a_channel_with_its_qos() -> None:
    document = asyncapi()
    addresses = {channel["address"] for channel in document["channels"].values()}
    for topic in topics.TABLE:
        names = EVENTS if topic.suffix.startswith("event/") else COMMANDS if "<" in topic.suffix else {"": None}
        for name in names:
            suffix = topic.suffix.split("<")[0] + name if name else topic.suffix
            assert f"slowroll/{{station}}/{suffix}" in addresses
    assert document["operations"]["state"]["bindings"]["mqtt"] == {"qos": 0, "retain": True}
    assert document["operations"]["cmd_pain"]["action"] == "receive"


def test_references_lead_somewhere(tmp_path: Path) -> None:
    written = write(tmp_path)
    assert {path.name for path in written} == {
        "settings.schema.json",
        "recording-header.schema.json",
        "events.schema.json",
        "help.schema.json",
        "asyncapi.json",
    }
    for path in written:
        document = msgspec.json.decode(path.read_bytes())
        for reference in _references(document):
            target: Any = document
            for part in reference.removeprefix("#/").split("/"):
                target = target[part]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return here + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []
