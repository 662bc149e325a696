"""The computer that is looked at: the only way by which the checks reach it, so that a test can be another one."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from firmware_host.acquisition.smbus_io import Bus, open_linux_bus
from firmware_host.clock import Clock, SystemClock

RUN_LIMIT_S = 5.0


class Ran(NamedTuple):
    """What a program said."""

    code: int
    out: str


class Machine:
    """Files under `root`, the buses, the person's rights, other programs, and time."""

    def __init__(
        self, root: Path = Path("/"), environ: Mapping[str, str] = os.environ, clock: Clock | None = None
    ) -> None:
        self.root = root
        self.environ = environ
        self.clock = clock or SystemClock()

    def path(self, place: str) -> Path:
        """Such as path("/dev"), on this machine's root."""
        return self.root / place.lstrip("/")

    def text(self, place: str) -> str:
        """A small file of the system's, stripped; empty if it is not there."""
        try:
            return self.path(place).read_text(encoding="utf-8", errors="replace").strip("\0\n ")
        except OSError:
            return ""

    # --- the bus --------------------------------------------------------------------------------------------------

    def bus_names(self) -> list[str]:
        """The numbers of the I2C buses that can be opened by name."""
        numbers = [device.name.removeprefix("i2c-") for device in self.path("/dev").glob("i2c-*")]
        return sorted((number for number in numbers if number.isdigit()), key=int)

    def open_bus(self, name: str) -> Bus:
        return open_linux_bus(name)

    # --- rights ---------------------------------------------------------------------------------------------------

    def user(self) -> str:
        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return str(os.getuid())

    def groups(self) -> set[str]:
        """Those this login really has."""
        return {_group_name(number) for number in {*os.getgroups(), os.getegid()}}

    def listed_in(self, group: str) -> bool:
        """Whether the list of groups has this user in it, which counts from the next login on."""
        try:
            return self.user() in grp.getgrnam(group).gr_mem
        except KeyError:
            return False

    def group_of(self, path: Path) -> str:
        return _group_name(path.stat().st_gid)

    def owner_of(self, path: Path) -> str:
        try:
            return pwd.getpwuid(path.stat().st_uid).pw_name
        except (OSError, KeyError):
            return "another user"

    # --- the rest -------------------------------------------------------------------------------------------------

    def run(self, *words: str) -> Ran | None:
        """Run a program of the system; None if it is not there, or does not end."""
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, timeout=RUN_LIMIT_S, check=False, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return Ran(done.returncode, done.stdout.strip())

    def free_bytes(self, folder: Path) -> int:
        """What this user can still write. Raises OSError."""
        state = os.statvfs(folder)
        return state.f_bavail * state.f_frsize


def _group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
