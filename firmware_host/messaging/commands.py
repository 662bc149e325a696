"""`cmd/<command>` in, a command, a service request or a refusal that teaches out. Pure, and never raises.

Whatever anybody publishes ends here, so everything is bounded before it is understood: size, then nesting,
then JSON, then fields. What a word means (is there such a muscle in this profile?) is the engine's to say.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from firmware_host.clock import rfc3339
from firmware_host.coaching.inputs import Command, Side

MAX_BYTES = 4096
MAX_DEPTH = 8
CLOCK_SKEW_S = 60.0
"""A phone's clock may be this far ahead of ours: "I finished just now" is not a run in the future."""
OLDEST_RUN_S = 30 * 86400.0
"""No recovery phase looks back further than 48 h (guidance 2.4); a month is a slip of the keyboard."""

Id = Annotated[str, Meta(max_length=64, description="Comes back in the result.")]
Word = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Rating = Annotated[int, Meta(ge=0, le=10)]
Moment = Annotated[datetime, Meta(tz=True)]


class Fields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payload of a command; every one may carry an id."""

    id: Id | None = None


class Start(Fields, frozen=True, kw_only=True):
    """Begin a session."""


class End(Fields, frozen=True, kw_only=True):
    """End the session."""


class Select(Fields, frozen=True, kw_only=True):
    """The next set is on this muscle."""

    muscle: Word
    side: Side | None = None
    tool: Word | None = None
    """A tool of the station by name, or "hands"."""


class Next(Fields, frozen=True, kw_only=True):
    """Go on to the routine's next set."""


class Back(Fields, frozen=True, kw_only=True):
    """Back to the routine's set before."""


class Repeat(Fields, frozen=True, kw_only=True):
    """This set of the routine anew."""


class Undo(Fields, frozen=True, kw_only=True):
    """Take back the last spot or rating, or the last next, back or repeat."""


class UseRoutine(Fields, frozen=True, kw_only=True):
    """Plan this routine for today and stand at its first set."""

    name: Word
    muscle: Word | None = None
    """For a routine that leaves its muscle open."""


class UseProfile(Fields, frozen=True, kw_only=True):
    """Go by another profile until the next start, or until another one is named."""

    name: Word


class RunFinished(Fields, frozen=True, kw_only=True):
    """When the run ended: `at` (RFC 3339, with its zone) or `minutes_ago`, one of the two."""

    at: Moment | None = None
    minutes_ago: Annotated[float, Meta(ge=0, le=OLDEST_RUN_S / 60)] | None = None
    effort: Rating | None = None
    """How hard it was, 0 to 10."""


class Pain(Fields, frozen=True, kw_only=True):
    """It hurts in the wrong way: stop."""

    kind: Word | None = None


class Rate(Fields, frozen=True, kw_only=True):
    """How tender the muscle is, 0 to 10."""

    value: Rating
    when: Literal["before", "after"] | None = None


class Soreness(Fields, frozen=True, kw_only=True):
    """How sore the legs are from the run, as a whole, 0 to 10."""

    value: Rating


class Acknowledge(Fields, frozen=True, kw_only=True):
    """The checklist before the first use was read."""


class SpotHere(Fields, frozen=True, kw_only=True):
    """There is a tender spot where the tool is now."""


class Tare(Fields, frozen=True, kw_only=True):
    """The pressure sensor carries nothing now."""

    tool: Word | None = None


class Quiet(Fields, frozen=True, kw_only=True):
    """No vibration, no sound, until it is switched off again."""

    on: bool


class HistoryFields(Fields, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The sessions between two moments; without them, all."""

    from_: Moment | None = None
    to: Moment | None = None


class ForgetFields(Fields, frozen=True, kw_only=True):
    """Remove one session for good."""

    session: Annotated[str, Meta(min_length=1, max_length=64)] | int


class CalibrateFields(Fields, frozen=True, kw_only=True):
    """One step of a calibration; the answer says what to do next."""

    what: Literal["gyro", "axis", "radius", "force", "span"]
    tool: Word | None = None
    """May be left out where there is one tool."""
    step: Literal["begin", "look", "mark", "finish", "cancel"] = "begin"
    """Begin; say where it stands; now (force: `kg` is on it; span: here is an end); that is all; never mind."""
    kg: Annotated[float, Meta(gt=0, le=200)] | None = None
    distance_m: Annotated[float, Meta(gt=0, le=5)] | None = None
    muscle: Word | None = None


class HistoryRequest(Struct, frozen=True, kw_only=True):
    """`cmd/history`: answer with the sessions that started in [start, end); None is open."""

    start: datetime | None = None
    end: datetime | None = None
    id: str | None = None


class ForgetRequest(Struct, frozen=True, kw_only=True):
    """`cmd/forget`: remove this session."""

    session: str
    id: str | None = None


class CalibrateRequest(Struct, frozen=True, kw_only=True):
    """`cmd/calibrate`: take this step, and answer with where it stands."""

    asked: CalibrateFields
    id: str | None = None


class Refusal(Struct, frozen=True, kw_only=True):
    """Nothing was done; `why` is for the person who sent it."""

    command: str
    why: str
    id: str | None = None


Request = Command | HistoryRequest | ForgetRequest | CalibrateRequest

COMMANDS: Mapping[str, type[Fields]] = MappingProxyType(
    {
        "start": Start,
        "end": End,
        "select": Select,
        "next": Next,
        "back": Back,
        "repeat": Repeat,
        "undo": Undo,
        "routine": UseRoutine,
        "profile": UseProfile,
        "run_finished": RunFinished,
        "pain": Pain,
        "rate": Rate,
        "soreness": Soreness,
        "spot": SpotHere,
        "tare": Tare,
        "quiet": Quiet,
        "acknowledge": Acknowledge,
        "history": HistoryFields,
        "forget": ForgetFields,
        "calibrate": CalibrateFields,
    }
)
"""The payload of every command of this release, by name."""


class _OnlyId(Struct):
    id: Id | None = None


def decode(name: str, payload: bytes, now: float, wall: datetime) -> Request | Refusal:
    """Understand one message.

    `name` is the last level of its topic, `now` the run's clock in seconds (it becomes the command's `t`),
    `wall` the wall clock, with its zone, against which `run_finished` is measured.
    """
    kind = COMMANDS.get(name)
    if kind is None:
        return Refusal(command=name, why=_unknown(name), id=_id_of(payload))
    unsafe = _unsafe(payload)
    if unsafe is not None:
        return Refusal(command=name, why=unsafe)
    try:
        fields = msgspec.json.decode(payload.strip() or b"{}", type=kind)
    except UnicodeDecodeError:
        return Refusal(command=name, why="the payload is not UTF-8 text: send JSON, or nothing at all")
    except msgspec.ValidationError as error:
        return Refusal(command=name, why=_misfit(name, kind, str(error)), id=_id_of(payload))
    except msgspec.DecodeError as error:
        return Refusal(command=name, why=f"the payload is not JSON ({error}); {_takes(name, kind)}")
    return _request(name, fields, now, wall)


def _request(name: str, fields: Fields, now: float, wall: datetime) -> Request | Refusal:
    if isinstance(fields, HistoryFields):
        if fields.from_ is not None and fields.to is not None and fields.to < fields.from_:
            return Refusal(command=name, why="to is before from: swap them", id=fields.id)
        return HistoryRequest(start=fields.from_, end=fields.to, id=fields.id)
    if isinstance(fields, ForgetFields):
        return ForgetRequest(session=str(fields.session), id=fields.id)
    if isinstance(fields, CalibrateFields):
        return CalibrateRequest(asked=fields, id=fields.id)
    if isinstance(fields, RunFinished):
        return _run_finished(name, fields, now, wall)
    if isinstance(fields, UseProfile):
        return Command(t=now, command=name, profile=fields.name, id=fields.id)
    if isinstance(fields, UseRoutine):
        return Command(t=now, command=name, routine=fields.name, muscle=fields.muscle, id=fields.id)
    return Command(t=now, command=name, **msgspec.structs.asdict(fields))


def _run_finished(name: str, fields: RunFinished, now: float, wall: datetime) -> Request | Refusal:
    """The engine never sees a wall clock: the moment becomes seconds before now."""
    if (fields.at is None) == (fields.minutes_ago is None):
        why = 'say when the run ended, once: {"minutes_ago": 90} or {"at": "2026-08-01T07:30:00+02:00"}'
        return Refusal(command=name, why=why, id=fields.id)
    if fields.minutes_ago is not None:
        ago_s = fields.minutes_ago * 60
    else:
        assert fields.at is not None
        ago_s = (wall - fields.at) / timedelta(seconds=1)
    if ago_s < -CLOCK_SKEW_S:
        why = (
            f"that run ends in the future: it is {rfc3339(wall)} here. Check the zone of `at`; "
            "if this machine's clock is wrong, send minutes_ago instead"
        )
        return Refusal(command=name, why=why, id=fields.id)
    if ago_s > OLDEST_RUN_S:
        why = f"that run ended more than 30 days before {rfc3339(wall)}, which no guidance looks back to"
        return Refusal(command=name, why=why, id=fields.id)
    return Command(t=now, command=name, ago_s=max(0.0, ago_s), effort=fields.effort, id=fields.id)


def _unsafe(payload: bytes) -> str | None:
    """Why this payload is not even looked into, or None."""
    if len(payload) > MAX_BYTES:
        return f"the payload is over {MAX_BYTES} bytes; no command needs a hundredth of that"
    if _depth(payload) > MAX_DEPTH:
        return f"the payload is nested more than {MAX_DEPTH} deep; no command is nested at all"
    return None


def _depth(payload: bytes) -> int:
    """How deep brackets nest outside strings, also in what is not JSON."""
    depth = deepest = 0
    for byte in re.sub(rb'"(?:[^"\\]|\\.)*"', b"", payload, flags=re.DOTALL):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _id_of(payload: bytes) -> str | None:
    """The id of a payload that is refused for another reason, so that its sender knows which one it was."""
    if _unsafe(payload) is not None:
        return None
    try:
        return msgspec.json.decode(payload, type=_OnlyId).id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _unknown(name: str) -> str:
    shown = name if len(name) <= 32 else f"{name[:32]}..."
    near = difflib.get_close_matches(name[:32], COMMANDS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(COMMANDS)}"
    return f"there is no command {shown!r}: {hint}"


def _takes(name: str, kind: type[Fields]) -> str:
    return f"{name} takes {', '.join(_names(kind))}"


def _names(kind: type[Fields]) -> list[str]:
    """Field names as written on the wire, the id last."""
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    return [name for name in names if name != "id"] + ["id"]


def _misfit(name: str, kind: type[Fields], complaint: str) -> str:
    """msgspec's complaint in the words of the sender."""
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", complaint, re.DOTALL)
    if unknown:
        near = difflib.get_close_matches(unknown[1][:64], _names(kind), n=1)
        hint = f"did you mean {near[0]!r}?" if near else _takes(name, kind)
        return f"unknown field {unknown[1][:64]!r}: {hint}"
    missing = re.fullmatch(r"Object missing required field `(.*)`", complaint)
    if missing:
        return f"{missing[1]} is missing: {_takes(name, kind)}"
    what, _, path = complaint.partition(" - at `$.")
    where = f"{path.rstrip('`')}: " if path else ""
    return f"{where}{what[0].lower()}{what[1:]}; {_takes(name, kind)}"
