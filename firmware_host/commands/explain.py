"""`slowroll explain [RULE]`: what a rule or cue wants, its number and source, and whether anything measures it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import Any

from firmware_host.commands import CommandError


def add(commands: Any) -> None:
    sub = commands.add_parser(
        "explain",
        help="what a rule, cue or topic says, and where its number is from",
        description="Without a word: all rules, cues and topics in short. `topics`: what is behind them. "
        "`sources`: where S1, S2 and so on can be read.",
    )
    sub.add_argument("rule", nargs="*", metavar="RULE", help="such as G1, slow_down, circulation, topics or sources")
    sub.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from firmware_host.commands.common import profile_of, settings_of
    from firmware_host.commands.explained import explained, overview, source_lines, topic_lines
    from firmware_host.explanations import NotKnown, explanations, find, sources, topics

    known, told = explanations(), topics()
    asked = " ".join(args.rule)
    if not asked:
        return _say(overview(known, told))
    if asked.lower() == "sources":
        return _say(source_lines(sources()))
    name = None
    if asked.lower() != "topics":
        try:
            name = find(asked, known, told)
        except NotKnown as error:
            raise CommandError(str(error)) from error
    settings, path = settings_of(args)
    profile = profile_of(settings, path)
    return _say(topic_lines(told.values(), profile) if name is None else explained(name, known, told, profile))


def _say(lines: Iterable[str]) -> int:
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
