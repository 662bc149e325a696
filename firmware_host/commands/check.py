"""`slowroll check`: everything that the coach needs of this machine, looked at, in one table."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from firmware_host.commands.common import seconds

if TYPE_CHECKING:
    from firmware_host.check.finding import Finding

MARKS = {"ok": "ok", "not checked": "-", "warning": "warning", "problem": "PROBLEM"}
WIDEST = 110
SHORTEST_S, LONGEST_S = 1.0, 600.0
COMMAND = re.compile(
    r"\b(?:sudo|slowroll|i2cdetect|ss|journalctl|ping|pip|gpioinfo|mkdir|mv) (?:[^,;()]|\. (?=\w))*[^,;(). ]"
)
"""A command in a next step: it is not broken into lines, so that it can be copied."""


def add(commands: Any) -> None:
    sub = commands.add_parser(
        "check",
        help="look at wiring, sensors, pins, broker, disk and clock, and say what to do next",
        description="Look at everything the coach needs of this machine, and say what to do next. Nothing is changed; "
        "sensors and pins of a slowroll that runs are left alone. Exit code 0: fine; 1: a warning or a problem.",
    )
    sub.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    sub.add_argument("--pulse", action="store_true", help="also run the motor for 0.1 s and show red, green, blue")
    sub.add_argument(
        "--seconds", type=_span, default=5.0, metavar="N", help="measure the sensors for N seconds (default 5)"
    )
    sub.set_defaults(func=run)


def _span(text: str) -> float:
    given = seconds(text)
    if not SHORTEST_S <= given <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text}: from {SHORTEST_S:g} to {LONGEST_S:g} seconds")
    return given


def run(args: argparse.Namespace) -> int:
    """0 fine, 1 a warning or a problem."""
    from firmware_host.check.checks import Asked, checks
    from firmware_host.check.finding import worst
    from firmware_host.check.machine import Machine

    progress = _Progress()
    asked = Asked(args.config, args.pulse, args.seconds)
    findings: list[Finding] = []
    table = _Table()
    for finding in checks(Machine(), asked, progress):
        findings.append(finding)
        progress.clear()
        if not args.json:
            table.line(finding)
    progress.clear()
    if args.json:
        _as_json(findings)
    else:
        table.end(findings)
    return 0 if worst(findings) == "ok" else 1


def _as_json(findings: list[Finding]) -> None:
    import msgspec

    from firmware_host.check.finding import worst
    from firmware_host.version import version

    whole = {"version": version(), "result": worst(findings), "findings": findings}
    sys.stdout.write(msgspec.json.encode(whole).decode() + "\n")


class _Table:
    """One line a finding, wrapped to the terminal, the next step below it."""

    def __init__(self) -> None:
        self._width = min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
        self._area = ""

    def line(self, finding: Finding) -> None:
        if finding.area != self._area:
            sys.stdout.write(f"{'' if not self._area else chr(10)}{finding.area}\n")
            self._area = finding.area
        subject = f"{finding.subject:<21} "
        indent = " " * 10
        first = f"  {MARKS[finding.result]:<8}{subject}"
        sys.stdout.write(self._wrapped(finding.says, first, indent + " " * len(subject)))
        if finding.do:
            sys.stdout.write(self._wrapped(finding.do, f"{indent}  -> ", f"{indent}     ", COMMAND))
        sys.stdout.flush()

    def end(self, findings: list[Finding]) -> None:
        count = {mark: sum(finding.result == mark for finding in findings) for mark in MARKS}
        parts = [f"{count['ok']} ok"]
        parts += [
            f"{count[mark]} {mark}{'s' if count[mark] > 1 else ''}" for mark in ("warning", "problem") if count[mark]
        ]
        parts += [f"{count['not checked']} not checked"] if count["not checked"] else []
        sys.stdout.write(f"\n{', '.join(parts)}.\n")

    def _wrapped(self, text: str, first: str, rest: str, keep: re.Pattern[str] | None = None) -> str:
        glued = keep.sub(lambda command: command[0].replace(" ", "\0"), text) if keep else text
        lines = textwrap.fill(
            glued,
            max(self._width, len(rest) + 20),
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return lines.replace("\0", " ") + "\n"


class _Progress:
    """What goes on, on a terminal; nothing anywhere else."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._shown = ""

    def __call__(self, what: str, share: float) -> None:
        text = f"{what}{f' {share:.0%}' if share else ''}"
        if self._shows and text != self._shown:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
            self._shown = text

    def clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = ""
