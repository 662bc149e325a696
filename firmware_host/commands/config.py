"""`slowroll config show|check`: which file counts, whether it is sound, and every effective value."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from firmware_host.commands import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware_host.coaching.guidance import Profile
    from firmware_host.settings import Settings


def add(commands: Any) -> None:
    sub = commands.add_parser(
        "config",
        help="show or check the configuration",
        description="show: the effective settings, and the profile's numbers with the source and file of each. "
        "check: is the file sound, and every profile and routine beside it?",
    )
    sub.add_argument("what", choices=("show", "check"), help="show: the effective values; check: is the file sound?")
    sub.add_argument("--profile", metavar="NAME", help="show this profile's numbers alone")
    sub.add_argument("--muscle", metavar="MUSCLE", help="show what holds for one muscle alone")
    sub.add_argument("--phase", metavar="PHASE", help="show what holds in one recovery phase alone")
    sub.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from firmware_host.commands.common import file_of

    asked = args.profile, args.muscle, args.phase
    if args.what == "check" and any(asked):
        raise CommandError("--profile, --muscle and --phase belong to `config show`: check looks at everything")
    path = file_of(args)
    place = str(path) if path is not None else "no file found: the defaults"
    return _check(path, place) if args.what == "check" else _show(path, place, *asked)


def _check(path: Any, place: str) -> int:
    """What is wrong with the file is this command's finding, so it exits 1 and not 2."""
    from firmware_host.commands.common import check_sensors, found_routines, profile_of, profiles_dir, settings_in
    from firmware_host.profiles import other_profiles

    try:
        settings = settings_in(path)
        profile = profile_of(settings, path)
        unusable = check_sensors(settings, path)
        others, faults = other_profiles(settings.coach.profile, profiles_dir(path))
        routines, more = found_routines(settings, path, (profile, *others.values()))
    except CommandError as error:
        raise CommandError(str(error), exit_code=1) from error
    if unusable or faults or more:
        raise CommandError("; ".join((*unusable, *faults, *more)), exit_code=1)
    sys.stdout.write(
        f"{place}: fine. Profile {profile.name} (others: {', '.join(others)}), {len(settings.tools)} tool(s), "
        f"routines {', '.join(routines)} (at the start: {settings.coach.routine or 'none'}).\n"
    )
    return 0


def _show(path: Any, place: str, name: str | None, muscle: str | None, phase: str | None) -> int:
    """The settings as a file that can be read again; the profile, which is a file of its own, as comments."""
    import msgspec

    from firmware_host.commands.common import profiles_dir, settings_in
    from firmware_host.commands.numbers import profile_lines
    from firmware_host.profiles import sourced_profile
    from firmware_host.settings import SettingsError

    settings = settings_in(path)
    asked = "--profile" if name is not None else f"{path}: coach.profile" if path is not None else "coach.profile"
    try:
        sourced = sourced_profile(settings.coach.profile if name is None else name, profiles_dir(path), asked)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    lines = [f"# {place}"]
    if name is None and muscle is None and phase is None:
        lines += [*toml_lines(msgspec.to_builtins(settings)), ""]
        lines += [f"# {line}" for line in _routine_lines(settings, path, sourced.profile)] + [""]
    lines += [f"# {line}".rstrip() for line in profile_lines(sourced, settings, muscle, phase)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _routine_lines(settings: Settings, path: Any, profile: Profile) -> Iterator[str]:
    """What can be followed; of the owner's that can't, why."""
    from firmware_host.commands.common import found_routines, profiles_dir
    from firmware_host.profiles import other_profiles

    others, _ = other_profiles(settings.coach.profile, profiles_dir(path))
    routines, faults = found_routines(settings, path, (profile, *others.values()))
    yield "Routines (docs/routines.md):"
    for name, routine in routines.items():
        mark = ", followed from the start" if name == settings.coach.routine else ""
        yield f"  {name}: {routine.about} ({', '.join(step.muscle for step in routine.steps)}){mark}"
    yield from (f"  left out: {fault}" for fault in faults)


def toml_lines(table: dict[str, Any], name: str = "") -> Iterator[str]:
    """`table` as TOML: its own values first, then the tables inside it. What has no value is a comment."""
    from firmware_host.profile_numbers import literal

    inner = {key: value for key, value in table.items() if _is_table(value)}
    for key, value in table.items():
        if key not in inner:
            yield f"# {key} is not set" if value is None or value == () else f"{key} = {literal(value)}"
    for key, value in inner.items():
        full = f"{name}.{key}" if name else key
        for one in [value] if isinstance(value, dict) else value:
            yield ""
            yield f"[{full}]" if isinstance(value, dict) else f"[[{full}]]"
            yield from toml_lines(one, full)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, tuple) and bool(value) and isinstance(value[0], dict))
