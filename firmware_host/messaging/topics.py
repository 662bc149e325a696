"""Every topic under `slowroll/<station>/`, in one table: name, QoS, retained, durable (docs/contract, MQTT).

Durable messages wait in the outbox until the broker has acknowledged them, also over a restart. Everything
else is lost when the broker is away, or, where it is retained, sent again as its last value.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

ROOT = "slowroll"

ONLINE = b"online"
OFFLINE = b"offline"

Qos = Literal[0, 1]


class Topic(NamedTuple):
    """How one topic is sent. `suffix` is what follows `slowroll/<station>/`."""

    suffix: str
    qos: Qos
    retained: bool
    what: str


AVAILABILITY = Topic("availability", 1, True, "online or offline; the broker itself says offline when we are lost")
STATE = Topic("state", 0, True, "all that is known now: on change (at most 1 Hz) and every 5 s")
LIVE = Topic("live", 0, False, "10 Hz, one message for each tool on the body")
EVENT = Topic("event/<event>", 1, False, "what the engine decided, one topic for each kind")
COMMAND = Topic("cmd/<command>", 1, False, "what a person or a program asks for; retained ones are ignored")
RESULT = Topic("result/<command>", 1, False, "the answer to a command")

TABLE: tuple[Topic, ...] = (
    AVAILABILITY,
    STATE,
    LIVE,
    EVENT,
    Topic("session/last", 1, True, "the last session, whole"),
    Topic("history", 1, True, "totals of the last 30 sessions"),
    Topic("spots", 1, True, "tender spots"),
    Topic("diagnostics", 0, True, "devices, losses and queues, every 10 s"),
    COMMAND,
    RESULT,
)

DURABLE = frozenset({"event/set", "event/session", "event/spot", "session/last"})
"""Suffixes whose messages survive a broker that is away: what can't be measured a second time."""

_ANSWERABLE = re.compile(r"[a-z_]{1,32}")


def full(station: str, suffix: str) -> str:
    """The topic on the wire."""
    return f"{ROOT}/{station}/{suffix}"


def suffix_of(station: str, topic: str) -> str | None:
    """What follows this station's base, or None for another station's topic."""
    base = full(station, "")
    return topic[len(base) :] if topic.startswith(base) else None


def find(suffix: str) -> Topic:
    """The table's row for a suffix such as "history" or "event/pass"; ValueError if there is none."""
    pattern = f"{suffix.split('/')[0]}/<"
    for topic in TABLE:
        if topic.suffix == suffix or topic.suffix.startswith(pattern):
            return topic
    raise ValueError(f"there is no topic {suffix!r}; firmware_host/messaging/topics.py has the table")


def command_filter(station: str) -> str:
    """What to subscribe to for every command."""
    return full(station, "cmd/+")


def command_name(station: str, topic: str) -> str | None:
    """The command a topic names, or None where it names none."""
    suffix = suffix_of(station, topic)
    return suffix.removeprefix("cmd/") if suffix is not None and suffix.startswith("cmd/") else None


def result_suffix(command: str) -> str:
    """Where the answer to `command` goes: a name no command could have is answered on `result/unknown`.

    The name comes from outside and may be empty, endless, or hold characters a topic can't.
    """
    return f"result/{command if _ANSWERABLE.fullmatch(command) else 'unknown'}"
