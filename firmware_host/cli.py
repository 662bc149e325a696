"""The `slowroll` command: parse, call, print. No logic.

Each command is a module in `firmware_host/commands` with `add(subparsers)`; what it needs is imported only when it
runs, so `slowroll --help` stays quick on a small machine.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from firmware_host.commands import NAMES, CommandError

FINE, FINDING, WRONG_USE = 0, 1, 2


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="slowroll",
        description="A foam roller with a Raspberry Pi, as a coach.",
        epilog="Wellness, not medicine: self-massage is not a diagnosis or treatment. Start with: slowroll demo",
    )
    top.add_argument("--version", action="store_true", help="say which version this is")
    commands = top.add_subparsers(metavar="COMMAND", dest="command")
    for name in NAMES:
        import_module(f"firmware_host.commands.{name.replace('-', '_')}").add(commands)
    for sub in commands.choices.values():
        common(sub, None, False)
    return top


def common(sub: argparse.ArgumentParser, config: str | None, debug: bool | str) -> None:
    """What every command takes, before or after the words inside it (`slowroll sessions list --config FILE`)."""
    if not any("--config" in action.option_strings for action in sub._actions):
        sub.add_argument(
            "--config", metavar="FILE", default=config, help="configuration file (`config show` says which)"
        )
    sub.add_argument("--debug", action="store_true", default=debug, help="log more, and show a traceback on errors")
    for action in sub._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                # SUPPRESS: what was given before the word is not overwritten by a default after it.
                common(inner, argparse.SUPPRESS, argparse.SUPPRESS)


def main(argv: Sequence[str] | None = None) -> int:
    top = parser()
    args = top.parse_args(argv)
    if args.version:
        from firmware_host.version import version

        sys.stdout.write(f"slowroll {version()}\n")
        return FINE
    if args.command is None:
        top.print_help()
        return FINE
    logging.basicConfig(level=logging.DEBUG if args.debug else logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        code: int = args.func(args)
        sys.stdout.flush()
        return code
    except CommandError as error:
        if args.debug:
            raise
        sys.stderr.write(f"slowroll: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output went away (`slowroll replay ... | head`): nothing is left to say, and what is
        # still buffered must not fail once more as the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt:
        return 130
