"""What several commands need: settings and profile from `--config`, and its errors as exits; light to import."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from firmware_host.commands import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from firmware_host.coaching.guidance import Profile
    from firmware_host.coaching.routine import Routine
    from firmware_host.settings import Settings

LONGEST_S = 1e6
"""Eleven days: nobody means more, and a thread can't be asked to wait for ever."""


def seconds(text: str) -> float:
    """argparse's type for a number of seconds above 0."""
    try:
        given = float(text)
    except ValueError:
        given = 0.0
    if not 0 < given <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return given


def settings_of(args: argparse.Namespace) -> tuple[Settings, Path | None]:
    """The settings to use and the file they came from (None: the defaults)."""
    path = file_of(args)
    return settings_in(path), path


def file_of(args: argparse.Namespace) -> Path | None:
    """The configuration file, wherever it is; CommandError if one was named that is not there."""
    from firmware_host.settings import SettingsError, config_path

    try:
        return config_path(args.config)
    except SettingsError as error:
        raise CommandError(str(error)) from error


def settings_in(path: Path | None) -> Settings:
    """What the file says; the defaults without one."""
    from firmware_host.settings import Settings, SettingsError, load

    try:
        return load(path) if path is not None else Settings()
    except SettingsError as error:
        raise CommandError(str(error)) from error


def profiles_dir(path: Path | None) -> Path | None:
    """The owner's folder of profiles, beside the configuration; it need not be there."""
    return path.parent / "profiles" if path is not None else None


def profile_of(settings: Settings, path: Path | None) -> Profile:
    """The profile the settings name; the owner's own stand in `profiles/` beside the configuration."""
    from firmware_host.profiles import load_profile
    from firmware_host.settings import SettingsError

    where = f"{path}: " if path is not None else ""
    try:
        return load_profile(settings.coach.profile, profiles_dir(path), f"{where}coach.profile")
    except SettingsError as error:
        raise CommandError(str(error)) from error


def other_profiles_of(settings: Settings, path: Path | None) -> dict[str, Profile]:
    """The profiles a person may switch to; one that can't be used is said on stderr and left out."""
    from firmware_host.profiles import other_profiles

    others, faults = other_profiles(settings.coach.profile, profiles_dir(path))
    for fault in faults:
        sys.stderr.write(f"slowroll: a profile is left out: {fault}\n")
    return others


def routines_of(settings: Settings, path: Path | None, profiles: Iterable[Profile]) -> dict[str, Routine]:
    """The routines a person may follow; one that can't be used is said on stderr and left out."""
    routines, faults = found_routines(settings, path, profiles)
    for fault in faults:
        sys.stderr.write(f"slowroll: a routine is left out: {fault}\n")
    return routines


def found_routines(
    settings: Settings, path: Path | None, profiles: Iterable[Profile]
) -> tuple[dict[str, Routine], list[str]]:
    """The routines over the muscles of these profiles, and what is wrong with the owner's that can't be used.

    CommandError if that is the one `coach.routine` asks for, or if there is none of that name.
    """
    from firmware_host.routines import check_routine, load_routines
    from firmware_host.settings import SettingsError
    from firmware_host.techniques import load_techniques

    muscles = dict.fromkeys([*load_techniques(), *(muscle for profile in profiles for muscle in profile.muscles)])
    own = path.parent / "routines" if path is not None else None
    routines, faults = load_routines(own, muscles)
    wanted = settings.coach.routine
    for fault in faults:
        if own is not None and wanted is not None and fault.startswith(f"{own / wanted}.toml: "):
            raise CommandError(fault)  # not the shipped one in its place: that is not what the owner wrote
    try:
        check_routine(wanted, routines, f"{path}: coach.routine" if path is not None else "coach.routine")
    except SettingsError as error:
        raise CommandError(str(error)) from error
    return routines, faults


def check_sensors(settings: Settings, path: Path | None) -> list[str]:
    """What can be known of the sensors without any: drivers, rates, addresses, and the simulated person's name.

    Drivers of the owner's own that can't be used are returned, in words: the rest can run without them.
    """
    from pathlib import Path

    from firmware_host.acquisition.devices import broken, devices_for
    from firmware_host.settings import SettingsError
    from firmware_host.simulator.scenarios import UnknownScenario, find
    from sensors.catalog import Catalog

    folder = settings.drivers_dir
    catalog = Catalog(Path(folder).expanduser() if folder is not None else None)
    try:
        unusable = broken(devices_for(settings.tools, catalog))
        find(settings.simulator.scenario)
    except SettingsError as error:
        raise CommandError(f"{path}: {error}") from error
    except UnknownScenario as error:
        raise CommandError(f"{path}: simulator.scenario: {error}") from error
    if catalog.folder_error():
        raise CommandError(f"{path}: {catalog.folder_error()}")
    return unusable


def demo_hint(words: str) -> str:
    """Where the demo's own history is, for whoever looks for it with `slowroll WORDS`; empty if there is none."""
    from firmware_host.history.historian import DATABASE
    from firmware_host.settings import state_dir

    folder = state_dir() / "demo"
    if not (folder / DATABASE).exists():
        return ""
    return f"The demo keeps its own: STATE_DIRECTORY={folder} slowroll {words}\n"


def need_tools(settings: Settings, path: Path | None) -> None:
    """Nothing can be read where no tool is named."""
    from firmware_host.settings import shipped_config

    if not settings.tools:
        where = f"{path}: it names no [[tools]]" if path is not None else "there is no configuration yet"
        raise CommandError(
            f"{where}, so there is nothing to read. Say which sensors your roller has: every setting is explained in "
            f"{shipped_config() / 'slowroll.toml'}, whole files are in examples/ beside it. Without hardware: "
            "slowroll demo"
        )
