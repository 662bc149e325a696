"""Routines: the shipped ones and the owner's, read from TOML into `coaching.routine.Routine`.

The owner's stand in routines/ beside the configuration, one file each, named as the routine; one that is called like a
shipped one takes its place. What the profile then makes of a routine is the planner's affair (coaching/planner.py).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from firmware_host.coaching.routine import CHOSEN, Routine
from firmware_host.settings import NAME_PATTERN, SettingsError, convert, shipped_config
from firmware_host.techniques import load_techniques

MOST_STEPS = 40
"""More is no routine but a slip, such as a file written by a program."""


def load_routines(own: Path | None, muscles: Collection[str] | None = None) -> tuple[dict[str, Routine], list[str]]:
    """Every routine by name, and what is wrong with the owner's that can't be used.

    `own` is the owner's folder, which need not be there; `muscles` are those that a step may name (None: those that
    have a technique card; an owner's profile may know more). One broken file must not keep the others away.
    """
    known = load_techniques() if muscles is None else muscles
    found: dict[str, Routine] = {}
    for file in _files(shipped_config() / "routines"):
        found[file.name.removesuffix(".toml")] = _read(file, known)
    faults: list[str] = []
    for file in _files(own):
        try:
            routine = _read(file, known)
        except SettingsError as error:
            faults.append(str(error))
        else:
            found[routine.name] = routine
    return found, faults


def check_routine(name: str | None, routines: Collection[str], where: str) -> None:
    """`SettingsError` if `name`, which stands at `where`, is no routine; None is none."""
    if name is not None and name not in routines:
        raise SettingsError(f"{where}: {_no('routine', name, routines)}")


def routines_from_recording(stored: Any, where: str) -> dict[str, Routine]:
    """The routines that could be followed as a recording was made."""
    if not isinstance(stored, dict) or not all(isinstance(table, dict) for table in stored.values()):
        raise SettingsError(f"{where}: must be a table of routines by name")
    # Their muscles were checked against profiles that may be gone; the planner says what the profile does not know.
    return {name: convert(table, Routine, f"{where}.{name}") for name, table in stored.items()}


def _files(folder: Any) -> list[Any]:
    if folder is None or not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: str(file.name))


def _read(file: Any, muscles: Collection[str]) -> Routine:
    """One file, a `Path` or what `importlib.resources` has of one."""
    where, name = str(file), file.name.removesuffix(".toml")
    try:
        # some editors write a byte order mark, which TOML has not
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{where}: not valid TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"{where}: can't be read: {error.strerror or error}") from error
    if not re.fullmatch(NAME_PATTERN, name):
        raise SettingsError(f"{where}: {name!r} can't be asked for by name: name the file with a-z, 0-9, - and _ alone")
    table.setdefault("name", name)
    routine: Routine = convert(table, Routine, where)
    if routine.name != name:
        raise SettingsError(
            f"{where}: name is {routine.name!r}, but a routine is found by its file: "
            f'write name = "{name}", or rename the file'
        )
    _check(routine, muscles, where)
    return routine


def _check(routine: Routine, muscles: Collection[str], where: str) -> None:
    if not routine.steps:
        raise SettingsError(f'{where}: it has no steps; write [[steps]] and below it muscle = "calves"')
    if len(routine.steps) > MOST_STEPS:
        raise SettingsError(f"{where}: it has {len(routine.steps)} steps; {MOST_STEPS} are the most")
    for number, step in enumerate(routine.steps, 1):
        if step.muscle not in (*muscles, CHOSEN):
            raise SettingsError(f"{where}: step {number}: {_no('muscle', step.muscle, (*muscles, CHOSEN))}")


def _no(what: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]!r}? There are" if near else "there are"
    return f"there is no {what} {name!r}; {hint} {', '.join(known)}"
