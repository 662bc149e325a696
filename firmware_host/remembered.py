"""What the daemon remembers of the person over a restart: when the run ended, how sore the legs are, and that the
checklist was read. Two small JSON files in the state folder, never the owner's configuration.

A Raspberry Pi has no clock of its own, so the wall clock may be years off and jump when the network comes up:

1. What was said while this process runs is known on its monotonic clock. No jump changes it; after one the file is
   written again, with the wall time that is now known to be right.
2. What comes from the file is known on the wall clock alone. After a jump its age is another one, and handed on.
3. From the file counts nothing while the clock has not been set, nothing in the future (a minute's skew apart), and at
   the start no run from over `OLDEST` ago. What the engine was told before a jump back to before the run, it keeps:
   that clock knows nothing better.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from firmware_host.clock import Clock
from firmware_host.coaching.inputs import Command, DeviceFault
from firmware_host.coaching.setup import Carried
from firmware_host.runs.ending import SKEW, clock_unset

log = logging.getLogger("slowroll")

RUN = "run.json"
ACKNOWLEDGED = "acknowledged.json"
VERSION = 1
ASIDE = ".unreadable"
DEVICE = "state"
"""Under this name a disk that says no is reported."""

STEP_S = 60.0
"""The wall clock has jumped if it is further than this from where the monotonic clock says it should be."""
OLDEST = timedelta(days=30)
LONGEST_S = 365 * 86400.0
"""The engine takes no run from longer ago."""
LOOK_S = 1.0
RETRY_S = 30.0

Moment = Annotated[datetime, Meta(tz=True)]


class Soreness(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    value: Annotated[int, Meta(ge=0, le=10)]
    at: Moment


class Run(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """run.json."""

    version: int = VERSION
    ended_at: Moment | None = None
    effort: Annotated[int, Meta(ge=0, le=10)] | None = None
    soreness: Soreness | None = None


class Acknowledged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """acknowledged.json: the checklist was read then."""

    version: int = VERSION
    at: Moment


T = TypeVar("T", Run, Acknowledged)


# --- files ----------------------------------------------------------------------------------------------------------


def load(path: Path, kind: type[T]) -> T | None:
    """What the file says; None without one. One that can't be used is moved aside, which is said. Raises OSError."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        found = msgspec.json.decode(raw, type=kind)
        why = "" if found.version == VERSION else f"version {found.version}, and this slowroll knows {VERSION}"
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        why = str(error)
    if not why:
        return found
    aside = path.with_name(path.name + ASIDE)
    path.replace(aside)
    log.warning("%s can't be used (%s): it was moved to %s. What it said is asked again.", path, why, aside)
    return None


def save(path: Path, value: Run | Acknowledged) -> None:
    """Atomically: a power cut leaves the old file or the new one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".tmp")
    with part.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(value)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def acknowledged(state: Path) -> bool:
    """Whether the checklist was read. Raises OSError."""
    return load(state / ACKNOWLEDGED, Acknowledged) is not None


def acknowledge(state: Path, wall: datetime) -> None:
    """The checklist was read. Raises OSError."""
    save(state / ACKNOWLEDGED, Acknowledged(at=wall.astimezone(UTC)))


# --- the run, and what a jumping clock does to it -------------------------------------------------------------------


class RunMemory:
    """When the run ended, and how sore the legs are. Pure: whoever asks brings both clocks along, `now` in seconds on
    the monotonic one.
    """

    def __init__(self, run: Run | None = None) -> None:
        self.run = run or Run()
        """As the file should have it."""
        self._end_t: float | None = None
        self._sore_t: float | None = None
        """On the monotonic clock, where it was said in this process."""
        self._offset_s: float | None = None
        """The wall clock, less the monotonic one, when a jump was last looked for and found."""
        self._handed_on = False

    def told(self, now: float, wall: datetime, ago_s: float, effort: int | None = None) -> None:
        """The person has said when the run ended."""
        self._jumped(now, wall)
        self._end_t = now - ago_s
        self.run = replace(self.run, ended_at=_before(wall, ago_s), effort=effort)

    def sore(self, now: float, wall: datetime, value: int | None) -> None:
        """The person has said how sore the legs are, or taken it back (None)."""
        self._jumped(now, wall)
        self._sore_t = None if value is None else now
        said = None if value is None else Soreness(value=value, at=_before(wall, 0.0))
        self.run = replace(self.run, soreness=said)

    def restore(self, now: float, wall: datetime) -> float | None:
        """At the start: how long ago the run of the file ended, or None where that can't be known."""
        self._offset_s = wall.timestamp() - now
        ago_s = _age(self.run.ended_at, wall)
        self._handed_on = ago_s is not None
        return ago_s

    def look(self, now: float, wall: datetime) -> float | None:
        """Now and then: how long ago the run of the file ended, if that is news."""
        jumped = self._jumped(now, wall)
        if self._end_t is not None or (self._handed_on and not jumped):
            return None
        ago_s = _age(self.run.ended_at, wall, LONGEST_S if self._handed_on else OLDEST.total_seconds())
        self._handed_on = self._handed_on or ago_s is not None
        return ago_s

    def soreness(self, now: float, wall: datetime) -> tuple[int, float] | None:
        """What was said of soreness since the run, and how many seconds ago."""
        said, ended_at = self.run.soreness, self.run.ended_at
        if said is None or (ended_at is not None and said.at < ended_at):
            return None
        ago_s = now - self._sore_t if self._sore_t is not None else _age(said.at, wall)
        return None if ago_s is None else (said.value, ago_s)

    def _jumped(self, now: float, wall: datetime) -> bool:
        """Whether the wall clock has jumped; if so, what is known on the other clock gets its right wall time."""
        offset_s = wall.timestamp() - now
        before, self._offset_s = self._offset_s, offset_s
        if before is None:
            return False
        if abs(offset_s - before) <= STEP_S:
            self._offset_s = before  # so that many small ones are noticed too
            return False
        if self._end_t is not None:
            self.run = replace(self.run, ended_at=_before(wall, now - self._end_t))
        if self._sore_t is not None and self.run.soreness is not None:
            at = _before(wall, now - self._sore_t)
            self.run = replace(self.run, soreness=replace(self.run.soreness, at=at))
        return True


def _before(wall: datetime, ago_s: float) -> datetime:
    return wall.astimezone(UTC) - timedelta(seconds=ago_s)


def _age(then: datetime | None, wall: datetime, longest_s: float = OLDEST.total_seconds()) -> float | None:
    """Seconds since `then` by the wall clock, or None if it can't be believed (rule 3)."""
    if then is None or clock_unset(wall):
        return None
    age_s = (wall - then).total_seconds()
    return max(0.0, age_s) if -SKEW.total_seconds() <= age_s <= longest_s else None


# --- for the daemon -------------------------------------------------------------------------------------------------


class Known(NamedTuple):
    """Read at the start."""

    run: Run | None
    acknowledged: bool


class Remembered:
    """Both files. They are read at once; `do` is handed what writes them, for another thread. `fault` is told when the
    disk says no, and when it is well again. Everything else is for one thread; it never raises, and waits for no disk.
    """

    def __init__(
        self,
        state: Path,
        clock: Clock,
        fault: Callable[[DeviceFault], None],
        do: Callable[[Callable[[], object]], None],
    ) -> None:
        now, wall = clock.now(), clock.wall()
        self._state = state
        self._clock = clock
        self._fault = fault
        self._do = do
        self._lock = threading.Lock()
        self._unsaved: dict[str, Run | Acknowledged] = {}
        self._faulty = False
        self._looked_t = self._tried_t = now
        self._own: Command | None = None
        """The last command that came from the file, and so is no news for it."""
        known = self._read()
        self.memory = RunMemory(known.run)
        self.acknowledged = known.acknowledged
        ago_s = self.memory.restore(now, wall)
        sore = self.memory.soreness(now, wall)
        self.carried = Carried(
            acknowledged=self.acknowledged,
            run_end_t=None if ago_s is None else now - ago_s,
            effort=None if ago_s is None else self.memory.run.effort,
            soreness=None if sore is None else sore[0],
            soreness_t=0.0 if sore is None else now - sore[1],
        )
        """For the first engine."""
        self._engine = self.carried
        """What the engine knew when it was last heard of."""

    def _read(self) -> Known:
        try:
            return Known(load(self._state / RUN, Run), acknowledged(self._state))
        except OSError as error:
            self._said_no(error)
            return Known(None, False)

    def look(self) -> list[Command]:
        """What the engine has to be told; call it as often as you like, it looks once a second."""
        now = self._clock.now()
        if now - self._looked_t < LOOK_S:
            return []
        self._looked_t = now
        commands = self._after_jump(now, self._clock.wall())
        if not self.acknowledged and self._found_acknowledged():
            self.acknowledged = True
            commands.append(Command(t=now, command="acknowledge"))
        if self._unsaved and now - self._tried_t >= RETRY_S:
            self._tried_t = now
            for name in (RUN, ACKNOWLEDGED):
                self._do(partial(self._write, name))
        return commands

    def _after_jump(self, now: float, wall: datetime) -> list[Command]:
        """A run of another age is another run to the engine, which forgets soreness, and asks for it anew: whether it
        still holds, nobody knows then.
        """
        before = self.memory.run
        ago_s = self.memory.look(now, wall)
        if self.memory.run is not before:
            self._keep(RUN, self.memory.run)
        if ago_s is None:
            return []
        self._own = Command(t=now, command="run_finished", ago_s=ago_s, effort=self.memory.run.effort)
        return [self._own]

    def _found_acknowledged(self) -> bool:
        """Whether `slowroll acknowledge` has been there meanwhile."""
        try:
            return acknowledged(self._state)
        except OSError as error:
            self._said_no(error)
            return False

    def took(self, command: Command, known: Carried) -> None:
        """The engine has taken `command`, and now knows `known`. What counts is the engine's word: an `undo` may have
        taken something back, and a second telling of the same run leaves its effort.
        """
        now, wall = self._clock.now(), self._clock.wall()
        before, self._engine = self._engine, known
        kept = self.memory.run
        news = command is not self._own and (known.run_end_t, known.effort) != (before.run_end_t, before.effort)
        if news and known.run_end_t is not None:
            self.memory.told(now, wall, max(0.0, now - known.run_end_t), known.effort)
        if (known.soreness, known.soreness_t) != (before.soreness, before.soreness_t):
            self.memory.sore(now, wall, known.soreness)
        if self.memory.run is not kept:
            self._keep(RUN, self.memory.run)
        if known.acknowledged and not self.acknowledged:
            self.acknowledged = True
            self._keep(ACKNOWLEDGED, Acknowledged(at=wall.astimezone(UTC)))

    # --- writing ----------------------------------------------------------------------------------------------------

    def _keep(self, name: str, value: Run | Acknowledged) -> None:
        with self._lock:
            self._unsaved[name] = value
        self._do(partial(self._write, name))

    def _write(self, name: str) -> None:
        """On the other thread: the newest of what is to be written."""
        with self._lock:
            value = self._unsaved.get(name)
        if value is None:
            return
        try:
            save(self._state / name, value)
        except OSError as error:
            self._said_no(error)
            return
        with self._lock:
            if self._unsaved.get(name) is value:
                del self._unsaved[name]
        if self._faulty:
            self._faulty = False
            self._fault(DeviceFault(self._clock.now(), None, DEVICE, "writing again", "", ok=True))

    def _said_no(self, error: OSError) -> None:
        """Say it once; again only after it was well in between."""
        if self._faulty:
            return
        self._faulty = True
        what = f"what is remembered over a restart can't be kept: {error.filename or self._state}: "
        hint = (
            "Likely the disk is full or mounted read-only, or the folder belongs to another user. The coach goes on; "
            "after a restart it will ask again"
        )
        self._fault(DeviceFault(self._clock.now(), None, DEVICE, what + (error.strerror or str(error)), hint, ok=False))
