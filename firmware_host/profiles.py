"""Profiles: the shipped ones and the owner's, read from TOML into `coaching.guidance.Profile`."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from firmware_host.coaching.guidance import Profile
from firmware_host.settings import SettingsError, convert, shipped_config


def profile_files(own: Path | None) -> dict[str, Any]:
    """Profile name -> file; `own` is the owner's folder of profiles, whose files win."""
    found: dict[str, Any] = {}
    for folder in (shipped_config() / "profiles", own):
        if folder is not None and folder.is_dir():
            for file in sorted(folder.iterdir(), key=lambda file: file.name):
                if file.name.endswith(".toml"):
                    found[file.name.removesuffix(".toml")] = file
    return found


def load_profile(name: str, own: Path | None = None, asked: str = "coach.profile") -> Profile:
    """The profile `name`; `SettingsError` for an unknown name, which `asked` says who wrote, or a file that can't be
    used."""
    files = profile_files(own)
    if name not in files:
        near = difflib.get_close_matches(name, files, n=1)
        raise SettingsError(
            f"{asked}: there is no profile {name!r}; "
            + (f"did you mean {near[0]!r}? " if near else "")
            + f"There are: {', '.join(sorted(files))}"
            + (f". One of your own would be {own / name}.toml" if own is not None else "")
        )
    where = str(files[name])
    try:
        table = tomllib.loads(files[name].read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{where}: not valid TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"{where}: can't be read: {error.strerror or error}") from error
    profile: Profile = convert(table, Profile, where)
    check_profile(profile, where)
    return profile


def profile_from_recording(table: dict[str, Any], where: str) -> Profile:
    """The profile a recording was made with, from its first line."""
    profile: Profile = convert(table, Profile, where)
    check_profile(profile, where)
    return profile


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
    for name, guide in (*profile.muscles.items(), ("unknown_muscle", profile.unknown_muscle)):
        if guide.force_low_bw > guide.force_high_bw:
            raise SettingsError(f"{where}: {name}: force_low_bw is above force_high_bw")
