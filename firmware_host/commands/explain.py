"""`slowroll explain [RULE]`: what a rule or cue wants, its number and source, and whether anything measures it."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add(commands: Any) -> None:
    sub = commands.add_parser("explain", help="what a rule or cue wants, and where its number is from")
    sub.add_argument("rule", nargs="?", metavar="RULE", help="such as G1 or slow_down; without it, all in short")
    sub.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from firmware_host.commands.common import profile_of, settings_of
    from firmware_host.commands.rules import explained, explanations, find, overview

    known = explanations()
    if args.rule is None:
        lines = list(overview(known))
    else:
        name = find(args.rule, known)
        settings, path = settings_of(args)
        lines = list(explained(name, known, profile_of(settings, path)))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
