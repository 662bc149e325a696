"""The state folder: can it be written, is there room, is the history sound, are recordings there; and what the person
has said and calibrated. Nothing is changed: a probe file is made and removed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from firmware_host import calibrations
from firmware_host.check.finding import Finding, Result, Value
from firmware_host.check.machine import Machine
from firmware_host.history.database import StoreError
from firmware_host.history.historian import DATABASE, RECORDINGS
from firmware_host.history.reader import Reader
from firmware_host.remembered import ACKNOWLEDGED, Acknowledged
from firmware_host.settings import Settings, ToolSettings, state_dir

AREA = "state"
FULL_BYTES, LITTLE_BYTES = 50e6, 500e6
"""A session's recording is about 3 MB for ten minutes; SQLite needs room to work, too."""
MB_A_MINUTE = 0.3
SERVICE_STATE = "/var/lib/slowroll"


def storage(machine: Machine, settings: Settings) -> Iterator[Finding]:
    state = state_dir(machine.environ)
    usable = yield from _folder(machine, state)
    if not usable and not os.access(_nearest(state), os.R_OK | os.X_OK):
        return  # each line would only say the same
    if usable:
        yield from _room(machine, state)
    yield _history(state)
    yield _recordings(state, settings)
    yield _checklist(machine, state)
    yield from _calibrations(state, settings)


def _folder(machine: Machine, state: Path) -> Generator[Finding, None, bool]:
    """Yields the line; returns whether there is a place that can be written."""
    place = _nearest(state)
    service = machine.path(SERVICE_STATE)
    other = (
        f"the service keeps its own; to look at that: sudo STATE_DIRECTORY={SERVICE_STATE} slowroll check"
        if service.is_dir() and "STATE_DIRECTORY" not in machine.environ
        else ""
    )
    try:
        if not os.path.isdir(place):
            raise NotADirectoryError(20, "Not a directory")
        with NamedTemporaryFile(dir=place, prefix=".slowroll-check-") as probe:
            probe.write(b"x" * 4096)
            probe.flush()
    except OSError as error:
        yield _finding(
            "state folder",
            "problem",
            f"{place} can't be written: {error.strerror or error}",
            _unwritable(error, place, state, machine),
        )
        return False
    made = "" if place == state else ", made at the first start"
    yield _finding("state folder", "ok", f"{state}: can be written{made}", other)
    return True


def _nearest(state: Path) -> Path:
    """The folder itself, or the one above it in which it would be made."""
    while not os.path.exists(state) and state != state.parent:  # unlike Path.exists it never raises
        state = state.parent
    return state


def _unwritable(error: OSError, place: Path, state: Path, machine: Machine) -> str:
    name = type(error).__name__
    if name == "PermissionError":
        owner = machine.owner_of(place)
        return (
            f"it belongs to {owner}: sudo -u {owner} STATE_DIRECTORY={state} slowroll check (and run it so, too), "
            "or set $STATE_DIRECTORY to a folder of your own"
        )
    if error.errno == 28:
        return _make_room(place)
    if error.errno == 30:
        return "it is mounted read-only, usually after a fault of the card: dmesg | grep -e mmc -e ext4; try a new card"
    return "set $STATE_DIRECTORY to a folder that can be written"


def _make_room(place: Path) -> str:
    return f"make room: sudo journalctl --vacuum-size=50M; sudo apt clean; what is big: du -xh {place} | sort -h | tail"


def _room(machine: Machine, state: Path) -> Iterator[Finding]:
    place = _nearest(state)
    try:
        free = machine.free_bytes(place)
    except OSError as error:
        yield _finding("disk", "not checked", f"{place}: {error.strerror or error}")
        return
    minutes = free / 1e6 / MB_A_MINUTE
    says = f"{_size(free)} free where {state} is"
    values: dict[str, Value] = {"free_bytes": free}
    if free < FULL_BYTES:
        yield _finding("disk", "problem", f"{says}: full, so sessions won't be recorded", _make_room(place), values)
    elif free < LITTLE_BYTES:
        yield _finding("disk", "warning", f"{says}: {minutes / 60:.0f} hours of recording", _make_room(place), values)
    else:
        yield _finding("disk", "ok", says, "", values)


def _history(state: Path) -> Finding:
    path = state / DATABASE
    try:
        if not path.exists():
            return _finding("history", "ok", "empty: no session was kept yet")
        reader = Reader(path)
        reader.open()
        try:
            count = len(reader.sessions())
            last = reader.sessions(1)
        finally:
            reader.close()
    except StoreError as error:
        return _finding("history", "problem", error.what, error.hint)
    except (OSError, sqlite3.Error) as error:
        return _finding(
            "history", "problem", f"{path} can't be read: {error}", "run this as the user that runs slowroll"
        )
    when = f", the last from {last[0].started_at:.16}".replace("T", " ") if last else ""
    return _finding("history", "ok", f"sound; {count} session(s){when}", "", {"sessions": count})


def _recordings(state: Path, settings: Settings) -> Finding:
    if not settings.history.record:
        return _finding("recordings", "ok", "off (record = false under [history])")
    folder = state / RECORDINGS
    try:
        files = [path for path in folder.iterdir() if path.name.endswith((".jsonl", ".jsonl.gz"))]
        size = sum(path.stat().st_size for path in files)
    except FileNotFoundError:
        return _finding("recordings", "ok", "none yet")
    except OSError as error:
        return _finding(
            "recordings",
            "problem",
            f"{folder} can't be read: {error.strerror or error}",
            "run this as the user that runs slowroll",
        )
    says = f"{len(files)} file(s), {_size(size)}; kept for {settings.history.keep_days} days"
    return _finding("recordings", "ok", says, "", {"files": len(files), "bytes": size})


def _checklist(machine: Machine, state: Path) -> Finding:
    path = state / ACKNOWLEDGED
    do = "slowroll acknowledge (until then the coach begins no session)"
    try:
        said = msgspec.json.decode(path.read_bytes(), type=Acknowledged)
    except FileNotFoundError:
        return _finding(
            "checklist", "warning", "not acknowledged yet: who should not roll, and when to ask a doctor", do
        )
    except OSError as error:
        return _finding(
            "checklist", "not checked", f"{path}: {error.strerror or error}", "run this as the user that runs slowroll"
        )
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _finding("checklist", "warning", f"{path} can't be understood, so it counts as not acknowledged", do)
    return _finding("checklist", "ok", f"acknowledged on {said.at.astimezone():%Y-%m-%d}")


def _calibrations(state: Path, settings: Settings) -> Iterator[Finding]:
    try:
        known = calibrations.described(state, calibrations.drivers_of(settings.tools))
    except calibrations.CalibrationsError as error:
        yield _finding("calibration", "problem", str(error))
        return
    for tool in settings.tools:
        sensors = [sensor for sensor in (tool.imu, tool.force) if sensor is not None]
        if sensors and all(sensor.bus == "sim" for sensor in sensors):
            yield _finding("calibration", "ok", f"{tool.name} is simulated: nothing to calibrate")
        else:
            yield _calibration(tool, [one for one in known if one.device.rpartition(" ")[0] == tool.name])


def _calibration(tool: ToolSettings, known: list[calibrations.Described]) -> Finding:
    """What of a tool is calibrated, since when; what was found with another driver counts for nothing."""
    used = [one for one in known if one.used]
    says = f"{tool.name}: {', '.join(f'{one.what} ({_since(one)})' for one in used) or 'never calibrated'}"
    for one in known:
        if not one.used:
            says += f"; {one.what} not used: its sensor had another driver then"
    if tool.force is not None and not any(one.newtons for one in used):
        says += "; force is told in per cent of your own maximum, not in newtons"
        return _finding("calibration", "ok", says, "for newtons: slowroll calibrate force")
    return _finding("calibration", "ok", says)


def _since(one: calibrations.Described) -> str:
    return one.at[:10] if one.at is not None else "date not kept"


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _finding(subject: str, result: Result, says: str, do: str = "", values: dict[str, Value] | None = None) -> Finding:
    return Finding(area=AREA, subject=subject, result=result, says=says, do=do, values=values or {})
