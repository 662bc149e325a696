"""`slowroll acknowledge`: the checklist before the first use, read and said yes to, once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from firmware_host.commands import CommandError

YES = "yes"


def add(commands: Any) -> None:
    sub = commands.add_parser("acknowledge", help="read the checklist before the first use, and say yes to it")
    sub.add_argument("--yes", action="store_true", help="say yes without being asked; for scripts")
    sub.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """0 it is acknowledged, by now or before; 1 it was not, or can't be kept; 2 there is nobody to ask."""
    from firmware_host.checklist import checklist, lines
    from firmware_host.clock import SystemClock
    from firmware_host.remembered import ACKNOWLEDGED, Acknowledged, load
    from firmware_host.settings import state_dir

    asked = checklist()
    state = state_dir()
    sys.stdout.write("\n".join(lines(asked)) + "\n\n")
    try:
        before = load(state / ACKNOWLEDGED, Acknowledged)
    except OSError as error:
        raise _no_file(state, error) from error
    if before is not None:
        sys.stdout.write(f"This was acknowledged already, on {before.at.astimezone():%Y-%m-%d at %H:%M}.\n")
        return 0
    if not args.yes and not _says_yes(asked.question):
        sys.stderr.write("slowroll: not acknowledged. Until it is, the coach begins no session.\n")
        return 1
    _keep(state, SystemClock())
    sys.stdout.write("Acknowledged. It is asked once; a coach that runs goes on within a second or two.\n")
    return 0


def _says_yes(question: str) -> bool:
    if not sys.stdin.isatty():
        raise CommandError(
            "the checklist needs somebody to say yes, and there is no terminal to ask on. Run slowroll acknowledge in "
            "one, or read the list above and run slowroll acknowledge --yes"
        )
    sys.stdout.write(f"{question}\nWrite {YES} if that is so: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() == YES


def _keep(state: Path, clock: Any) -> None:
    from firmware_host.remembered import acknowledge

    try:
        acknowledge(state, clock.wall())
    except OSError as error:
        raise _no_file(state, error) from error


def _no_file(state: Path, error: OSError) -> CommandError:
    return CommandError(
        f"{error.filename or state} can't be used: {error.strerror or error}. Run this as the user that runs "
        "slowroll, with its state folder in $STATE_DIRECTORY (under systemd: "
        "sudo STATE_DIRECTORY=/var/lib/slowroll slowroll acknowledge)",
        exit_code=1,
    )
