"""What several commands need: settings and profile from `--config`, errors turned into exits."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from firmware_host.commands import CommandError

if TYPE_CHECKING:
    from pathlib import Path

    from firmware_host.coaching.guidance import Profile
    from firmware_host.settings import Settings


def settings_of(args: argparse.Namespace) -> tuple[Settings, Path | None]:
    """The settings to use and the file they came from (None: the defaults)."""
    from firmware_host.settings import Settings, SettingsError, config_path, load

    try:
        path = config_path(args.config)
        return (load(path) if path is not None else Settings()), path
    except SettingsError as error:
        raise CommandError(str(error)) from error


def profile_of(settings: Settings, path: Path | None) -> Profile:
    """The profile the settings name; the owner's own stand in `profiles/` beside the configuration."""
    from firmware_host.profiles import load_profile
    from firmware_host.settings import SettingsError

    try:
        return load_profile(settings.coach.profile, path.parent / "profiles" if path is not None else None)
    except SettingsError as error:
        raise CommandError(str(error)) from error
