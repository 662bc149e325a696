"""Profiles: the shipped ones and the owner's, read from TOML into `coaching.guidance.Profile`.

A file may say `base = "article"` and give only what differs: tables merge key by key, everything else replaces.
A shipped profile's base is a shipped one; an owner's may be either, and an owner's file that has a shipped one's name
may have that as its base. What is checked, used and recorded is the merged profile.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import NODEFAULT, structs

from firmware_host.coaching.guidance import TOOL_KINDS, GoalGuide, MuscleGuide, PhaseGuide, Profile, ToolGuide
from firmware_host.settings import NAME_PATTERN, SettingsError, convert, shipped_config

Keys = tuple[str, ...]
"""Where a value stands: ("muscles", "calves", "set_s")."""
_TABLES_BY_NAME: dict[str, type[Any]] = {
    "muscles": MuscleGuide,
    "phases": PhaseGuide,
    "tools": ToolGuide,
    "goals": GoalGuide,
}


class ProfileFile(NamedTuple):
    """A profile as it was found, before anything is known of it."""

    place: Any
    """A `Path`, or what `importlib.resources` has of one."""
    owners: bool


class SourcedProfile(NamedTuple):
    """A profile, and which file each of its values was written in."""

    profile: Profile
    files: Mapping[Keys, str]
    """Full path by the place of the value; what no file gives is not in it."""
    place: str
    """The file asked for."""
    bases: tuple[str, ...]
    """The names of its base, of that one's base, and so on."""


class _Merged(NamedTuple):
    table: dict[str, Any]
    files: dict[Keys, str]
    bases: tuple[str, ...]


def profile_files(own: Path | None) -> dict[str, ProfileFile]:
    """Profile name -> file; `own` is the owner's folder of profiles, whose files win."""
    found: dict[str, ProfileFile] = {}
    for folder, owners in ((shipped_config() / "profiles", False), (own, True)):
        if folder is not None and folder.is_dir():
            for file in sorted(folder.iterdir(), key=lambda file: file.name):
                if file.name.endswith(".toml"):
                    found[file.name.removesuffix(".toml")] = ProfileFile(file, owners)
    return found


def load_profile(name: str, own: Path | None = None, asked: str = "coach.profile") -> Profile:
    """The profile `name`; `SettingsError` for an unknown name, which `asked` says who wrote, or a file that can't be
    used."""
    return sourced_profile(name, own, asked).profile


def sourced_profile(name: str, own: Path | None = None, asked: str = "coach.profile") -> SourcedProfile:
    """As `load_profile`, with the file of every value."""
    files = profile_files(own)
    if name not in files:
        raise SettingsError(
            f"{asked}: {_no_profile(name, files)}"
            + (f". One of your own would be {own / name}.toml" if own is not None else "")
        )
    merged = _merge(name, files[name], own, ())
    where = str(files[name].place)
    profile: Profile = convert(merged.table, Profile, where)
    check_profile(profile, where)
    return SourcedProfile(profile, merged.files, where, merged.bases)


def other_profiles(chosen: str, own: Path | None = None) -> tuple[dict[str, Profile], list[str]]:
    """Every profile but `chosen` that a person may switch to, and what is wrong with those that can't be used.

    A file nobody asked for must not keep the station from starting.
    """
    found: dict[str, Profile] = {}
    faults: list[str] = []
    for name in profile_files(own):
        if name != chosen:
            try:
                found[name] = load_profile(name, own)
            except SettingsError as error:
                faults.append(str(error))
    return found, faults


def profile_from_recording(table: dict[str, Any], where: str) -> Profile:
    """The profile a recording was made with, from its first line."""
    profile: Profile = convert(table, Profile, where)
    check_profile(profile, where)
    return profile


def profiles_from_recording(stored: Any, where: str) -> dict[str, Profile]:
    """The profiles that could be switched to as a recording was made; older recordings have none."""
    if not isinstance(stored, dict) or not all(isinstance(table, dict) for table in stored.values()):
        raise SettingsError(f"{where}: must be a table of profiles by name")
    return {name: profile_from_recording(table, f"{where}.{name}") for name, table in stored.items()}


def _merge(name: str, file: ProfileFile, own: Path | None, above: Keys) -> _Merged:
    """What the file `name` says on top of its base; `above` are the places of the files that led here."""
    where = str(file.place)
    if where in above:
        chain = " -> ".join(Path(place).name for place in (*above[above.index(where) :], where))
        raise SettingsError(f"{where}: base goes round in a circle: {chain}. Let one of them give every value itself")
    table = _read(file)
    base = table.pop("base", None)
    if base is None:
        _check_name(table.get("name", name), name, where)
        return _Merged(table, dict(_places(table, where)), ())
    if not isinstance(base, str):
        raise SettingsError(f'{where}: base must be the name of a profile in quotes, such as base = "article"')
    _check_name(table.setdefault("name", name), name, where)
    if "about" not in table:
        raise SettingsError(f"{where}: about is missing: say in a few words how it differs from {base}")
    bases = profile_files(own if file.owners and base != name else None)
    if base not in bases:
        raise SettingsError(f"{where}: base: {_no_profile(base, bases)}")
    under = _merge(base, bases[base], own, (*above, where))
    convert(under.table, Profile, str(bases[base].place))  # so that its slips are told as the base's
    _check_added(table, under.table, where)
    _check_sources(table, under.table, where)
    return _Merged(_over(table, under.table), {**under.files, **dict(_places(table, where))}, (base, *under.bases))


def _read(file: ProfileFile) -> dict[str, Any]:
    where = str(file.place)
    try:
        # some editors write a byte order mark, which TOML has not
        return tomllib.loads(file.place.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{where}: not valid TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"{where}: can't be read: {error.strerror or error}") from error


def _over(table: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """`table` laid over `base`, key by key."""
    merged = dict(base)
    for key, value in table.items():
        under = merged.get(key)
        merged[key] = _over(value, under) if isinstance(value, dict) and isinstance(under, dict) else value
    return merged


def _places(table: Mapping[str, Any], where: str, above: Keys = ()) -> Iterable[tuple[Keys, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _places(value, where, (*above, key))
        else:
            yield (*above, key), where


def _no_profile(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"there is no profile {name!r}; {hint}There are: {', '.join(sorted(known))}"


def _check_name(given: Any, name: str, where: str) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        raise SettingsError(f"{where}: {name!r} can't be asked for by name: name the file with a-z, 0-9, - and _ alone")
    if given != name:
        raise SettingsError(
            f'{where}: name is {given!r}, but a profile is found by its file: write name = "{name}", or rename the file'
        )


def _check_added(table: Mapping[str, Any], base: Mapping[str, Any], where: str) -> None:
    """A muscle, phase or tool the base does not have is either a whole new one or a slip of the keyboard."""
    for group, kind in _TABLES_BY_NAME.items():
        known, given = base.get(group, {}), table.get(group, {})
        if not isinstance(known, dict) or not isinstance(given, dict):
            continue  # the conversion says what is wrong with it
        needed = [field.encode_name for field in structs.fields(kind) if field.default is NODEFAULT]
        for name, values in given.items():
            missing = [key for key in needed if key not in values] if isinstance(values, dict) else []
            if name not in known and missing:
                near = difflib.get_close_matches(name, list(known), n=1)
                hint = f"did you mean {near[0]!r}? A" if near else "a"
                raise SettingsError(
                    f"{where}: {group}.{name} is not in the base; {hint} new one also needs {', '.join(missing)}"
                )


def _check_sources(table: Mapping[str, Any], base: Mapping[str, Any], where: str, above: str = "") -> None:
    """Where numbers change, the source beside them must be the new ones'."""
    changed = [
        key
        for key, value in table.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and value != base.get(key)
    ]
    if changed and "source" in base and "source" not in table:
        raise SettingsError(
            f"{where}: {above}: {', '.join(changed)} differ{'s' if len(changed) == 1 else ''} from the base, whose "
            'source no longer tells where the number is from. Write source = "...", even if it is "my choice"'
        )
    for key, value in table.items():
        under = base.get(key)
        if isinstance(value, dict) and isinstance(under, dict):
            _check_sources(value, under, where, f"{above}.{key}".lstrip("."))


def check_profile(profile: Profile, where: str) -> None:
    """What one number alone can't show."""
    if "unknown" not in profile.phases:
        raise SettingsError(f"{where}: phases.unknown is missing; it holds when no run time is known")
    for muscle in profile.order:
        if muscle not in profile.muscles:
            raise SettingsError(f"{where}: order names {muscle!r}, which has no [muscles.{muscle}]")
    if not profile.order:
        raise SettingsError(f"{where}: order is empty; `next` needs at least one muscle")
    if profile.set_time.low_s > profile.set_time.high_s:
        raise SettingsError(f"{where}: set_time: low_s is above high_s")
    if profile.hold.done_s > profile.hold.enough_s:
        raise SettingsError(f"{where}: hold: done_s is above enough_s")
    if profile.session.leg_low_s > profile.session.leg_high_s:
        raise SettingsError(f"{where}: session: leg_low_s is above leg_high_s")
    if profile.session.low_s > profile.session.high_s:
        raise SettingsError(f"{where}: session: low_s is above high_s")
    for name, guide in (*profile.muscles.items(), ("unknown_muscle", profile.unknown_muscle)):
        if guide.force_low_bw > guide.force_high_bw:
            raise SettingsError(f"{where}: {name}: force_low_bw is above force_high_bw")
        if guide.force_low_n is not None and guide.force_high_n is not None and guide.force_low_n > guide.force_high_n:
            raise SettingsError(f"{where}: {name}: force_low_n is above force_high_n")
        for muscle in guide.instead:
            if muscle not in profile.muscles:
                raise SettingsError(f"{where}: {name}: instead names {muscle!r}, which has no [muscles.{muscle}]")
    _check_tools(profile, where)
    _check_phases(profile, where)
    for name, goal in profile.goals.items():
        if goal.phase not in profile.phases:
            near = difflib.get_close_matches(goal.phase, profile.phases, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise SettingsError(
                f"{where}: goals.{name}: there is no phase {goal.phase!r}; {hint}There are: {', '.join(profile.phases)}"
            )


def _check_tools(profile: Profile, where: str) -> None:
    for name, tool in profile.tools.items():
        if name not in TOOL_KINDS:
            near = difflib.get_close_matches(name, TOOL_KINDS, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise SettingsError(
                f"{where}: tools.{name}: there is no such kind of tool; {hint}It is {', '.join(TOOL_KINDS)}"
            )
        if tool.force_low_n > tool.force_high_n:
            raise SettingsError(f"{where}: tools.{name}: force_low_n is above force_high_n")


def _check_phases(profile: Profile, where: str) -> None:
    """A moment must not be in two phases: the second would never come; and what a phase asks for must be possible."""
    for name, phase in profile.phases.items():
        low = profile.hold.done_s if phase.hold_low_s is None else phase.hold_low_s
        high = profile.hold.enough_s if phase.hold_high_s is None else phase.hold_high_s
        if low > high:
            raise SettingsError(
                f"{where}: phases.{name}: a hold would be short below {low:g} s and long above {high:g} s; hold_low_s "
                "and hold_high_s stand in place of hold.done_s and hold.enough_s: give the other one, too"
            )
        if phase.pain_most > phase.pain_cap:
            raise SettingsError(f"{where}: phases.{name}: pain_most is above pain_cap")
        if phase.unless_sore and phase.unless_sore not in profile.phases:
            near = difflib.get_close_matches(phase.unless_sore, list(profile.phases), n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise SettingsError(
                f"{where}: phases.{name}: unless_sore names {phase.unless_sore!r}, which is no phase; {hint}There are: "
                f"{', '.join(profile.phases)}"
            )
    windows = sorted(
        (phase.from_s or 0.0, phase.until_s if phase.until_s is not None else float("inf"), name)
        for name, phase in profile.phases.items()
        if phase.from_s is not None or phase.until_s is not None
    )
    for begin, end, name in windows:
        if begin >= end:
            raise SettingsError(f"{where}: phases.{name}: until_s is not after from_s")
    for (_, end, name), (begin, _, later) in pairwise(windows):
        if begin < end:
            raise SettingsError(
                f"{where}: phases.{name} ends after phases.{later} begins: a moment is in one phase only"
            )
