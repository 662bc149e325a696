"""JSON Schemas and the AsyncAPI 3 document, out of the very types the code sends and reads (`make schema`)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args

import msgspec

from firmware_host.coaching import events
from firmware_host.coaching.events import SessionDone
from firmware_host.explanations import Help
from firmware_host.history.recording import Header
from firmware_host.history.spots import SpotMap
from firmware_host.history.summary import HistorySummary
from firmware_host.messaging import topics
from firmware_host.messaging.commands import COMMANDS
from firmware_host.messaging.payloads import DiagnosticsPayload, LivePayload, ResultPayload, StatePayload
from firmware_host.settings import Settings
from firmware_host.version import version

EVENTS: dict[str, type[Any]] = {kind.__struct_config__.tag: kind for kind in get_args(events.Event)}
"""Event name -> type."""
PAYLOADS: dict[str, type[Any]] = {
    "state": StatePayload,
    "live": LivePayload,
    "session/last": SessionDone,
    "history": HistorySummary,
    "spots": SpotMap,
    "diagnostics": DiagnosticsPayload,
}
"""Topic -> type, for the topics with a payload of their own; availability is plain text."""
FILES: dict[str, Any] = {"settings": Settings, "recording-header": Header, "events": events.Event, "help": Help}


def asyncapi() -> dict[str, Any]:
    """The MQTT contract: every topic, who sends it, and what it carries."""
    types = {**PAYLOADS, **{f"event/{name}": kind for name, kind in EVENTS.items()}, "result": ResultPayload}
    types |= {f"cmd/{name}": kind for name, kind in COMMANDS.items()}
    schemas, components = msgspec.json.schema_components(types.values(), ref_template="#/components/schemas/{name}")
    payloads = dict(zip(types, schemas, strict=True))
    payloads["availability"] = {"type": "string", "enum": [topics.ONLINE.decode(), topics.OFFLINE.decode()]}
    for name in COMMANDS:
        payloads[f"result/{name}"] = payloads["result"]
    del payloads["result"]
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for suffix, payload in payloads.items():
        topic = topics.find(suffix)
        key = suffix.replace("/", "_")
        channels[key] = {
            "address": f"{topics.ROOT}/{{station}}/{suffix}",
            "parameters": {"station": {"description": "the station's name in slowroll.toml"}},
            "description": topic.what,
            "messages": {"message": {"contentType": "application/json", "payload": payload}},
        }
        operations[key] = {
            "action": "receive" if suffix.startswith("cmd/") else "send",
            "channel": {"$ref": f"#/channels/{key}"},
            "bindings": {"mqtt": {"qos": topic.qos, "retain": topic.retained}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Slowroll over MQTT", "version": version()},
        "channels": channels,
        "operations": operations,
        "components": {"schemas": components},
    }


def write(folder: Path) -> list[Path]:
    """Write all documents into `folder`; the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = {f"{name}.schema.json": msgspec.json.schema(kind) for name, kind in FILES.items()}
    documents["asyncapi.json"] = asyncapi()
    for name, document in documents.items():
        (folder / name).write_bytes(msgspec.json.format(msgspec.json.encode(document)) + b"\n")
    return [folder / name for name in documents]


if __name__ == "__main__":
    for path in write(Path(sys.argv[1])):
        sys.stdout.write(f"{path}\n")
