"""`slowroll report`: what was done over some weeks, for reading, printing, or another program."""

from __future__ import annotations

import argparse
import shutil
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from firmware_host.coaching.guidance import Profile
    from firmware_host.history.reader import Reader

DAYS = 28
MOST_DAYS = 3660
"""Ten years: more than anybody has rolled with this."""
NOTHING_YET = "Nothing to report yet: sessions are kept as you roll with slowroll run.\n"


def add(commands: Any) -> None:
    """Put `report` into the command line."""
    parser = commands.add_parser("report", help="what you did: weeks, muscles, left and right, ratings, spots")
    parser.add_argument("--days", type=_days, default=DAYS, metavar="N", help=f"how far back (default: {DAYS})")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--html", metavar="FILE", help="write a page to print; - for stdout")
    form.add_argument("--json", action="store_true", help="one JSON object")
    parser.set_defaults(func=run)


def _days(text: str) -> int:
    try:
        given = int(text)
    except ValueError:
        given = 0
    if not 1 <= given <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 1 to {MOST_DAYS}")
    return given


def run(args: argparse.Namespace) -> int:
    """0 fine, also with no sessions; 1 the history can't be read; 2 wrong use."""
    from datetime import UTC, datetime

    from firmware_host.commands import CommandError
    from firmware_host.commands.common import demo_hint, profile_of, settings_of
    from firmware_host.history.database import StoreError
    from firmware_host.history.historian import DATABASE
    from firmware_host.history.reader import Reader
    from firmware_host.settings import state_dir

    settings, config = settings_of(args)
    profile = profile_of(settings, config)
    now = datetime.now(UTC).astimezone()  # days and weeks are the owner's
    path = state_dir() / DATABASE
    try:
        if not path.exists():
            sys.stderr.write(NOTHING_YET + demo_hint("report"))
            return 0
        reader = Reader(path)
        reader.open()
        try:
            return _report(reader, now, profile, args)
        finally:
            reader.close()
    except StoreError as error:
        raise CommandError(str(error), exit_code=1) from error
    except PermissionError as error:
        raise CommandError(f"{path}: may not be read by this user; try with sudo", exit_code=1) from error


def _report(reader: Reader, now: datetime, profile: Profile, args: argparse.Namespace) -> int:
    from firmware_host.commands.common import demo_hint
    from firmware_host.history.report import report_of

    report = report_of(reader, now, args.days, profile)
    if report.history.total_sessions == 0 and not report.history.troubles and not args.json:
        sys.stderr.write(NOTHING_YET + demo_hint("report"))
    elif args.json:
        import msgspec

        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    elif args.html is not None:
        from firmware_host.history.report_html import page

        _write(args.html, page(report, now, profile))
    else:
        from firmware_host.history.report_text import report_text

        sys.stdout.write(report_text(report, now, profile, shutil.get_terminal_size((88, 24)).columns))
    return 0


def _write(place: str, text: str) -> None:
    from firmware_host.commands import CommandError

    if place == "-":
        sys.stdout.write(text)
        return
    try:
        with open(place, "w", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise CommandError(
            f"{place}: can't be written: {error.strerror or error}. Choose another --html FILE"
        ) from error
    sys.stderr.write(f"{place}: written; open it in a browser, or print it\n")
