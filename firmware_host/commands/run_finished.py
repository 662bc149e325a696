"""`slowroll run-finished`: tells the running coach when the run ended, from a file, a time, or how long ago."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from firmware_host.commands import CommandError

if TYPE_CHECKING:
    from datetime import datetime

    from firmware_host.settings import Settings


def add(commands: Any) -> None:
    sub = commands.add_parser("run-finished", help="say when your run ended: a FIT, TCX or GPX file, or a time")
    sub.add_argument("file", nargs="?", metavar="FILE", help="the run as the watch or app saved it")
    sub.add_argument("--minutes-ago", type=_minutes, metavar="N", help="it ended N minutes ago")
    sub.add_argument("--at", type=_moment, metavar="TIME", help="it ended at 2026-08-01T07:30 (here; or with its zone)")
    sub.add_argument("--effort", type=int, choices=range(11), metavar="0-10", help="how hard it was")
    sub.set_defaults(func=run)


def _minutes(text: str) -> float:
    from firmware_host.runs.ending import OLDEST

    longest = OLDEST.total_seconds() / 60
    try:
        given = float(text)
    except ValueError:
        given = -1.0
    if not 0 <= given <= longest:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of minutes from 0 to {longest:.0f} ({OLDEST.days} days)"
        )
    return given


def _moment(text: str) -> datetime:
    from datetime import UTC, datetime

    try:
        return datetime.fromisoformat(text).astimezone(UTC)  # without a zone: this machine's
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time: write 2026-08-01T07:30, or 2026-08-01T07:30:00+02:00 for another zone"
        ) from None


def run(args: argparse.Namespace) -> int:
    """0 the coach has taken it; 1 it was refused, or nobody was there to take it; 2 wrong use."""
    from firmware_host.commands.common import settings_of

    given = [args.file is not None, args.minutes_ago is not None, args.at is not None]
    if sum(given) != 1:
        raise CommandError("say when the run ended, in one way: a FILE, --minutes-ago N or --at TIME")
    settings, _ = settings_of(args)
    fields, said = _fields(args)
    if args.effort is not None:
        fields["effort"] = args.effort
    _hand_over(settings, fields)
    sys.stdout.write(f"{said} The station {settings.station!r} has taken it: limits and times follow at once.\n")
    return 0


def _fields(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    """The command's payload, and the sentence that says it."""
    from datetime import timedelta

    from firmware_host.clock import SystemClock, rfc3339
    from firmware_host.runs.ending import spoken, why_not

    if args.minutes_ago is not None:
        return {"minutes_ago": args.minutes_ago}, f"The run ended {spoken(args.minutes_ago * 60)} ago."
    end, source = (args.at, "") if args.at is not None else _end_of(args.file)
    wall = SystemClock().wall()
    why = why_not(end, wall)
    if why:
        raise CommandError(f"{args.file or '--at'}: {why}", exit_code=1)
    ago = spoken((wall - end) / timedelta(seconds=1))
    return {"at": rfc3339(end)}, f"The run ended {ago} ago, at {end.astimezone():%Y-%m-%d %H:%M}{source}."


def _end_of(name: str) -> tuple[datetime, str]:
    """When the run of a file ended, and what else is worth saying of it."""
    from pathlib import Path

    from firmware_host.runs.ending import RunFileError
    from firmware_host.runs.reading import Request, read

    try:
        found = read(Path(name))
    except RunFileError as error:
        raise CommandError(f"{name}: {error}", exit_code=1) from error
    except OSError as error:
        raise CommandError(f"{name}: can't be read: {error.strerror or error}. Check the path") from error
    if isinstance(found, Request):
        raise CommandError(f"{name}: a JSON file is no run; give the FIT, TCX or GPX file, --at or --minutes-ago")
    if found.note:
        sys.stderr.write(f"Note: {found.note}.\n")
    return found.end, f" ({', '.join(part for part in (found.kind, found.sport) if part)})"


def _hand_over(settings: Settings, fields: dict[str, Any]) -> None:
    """Over the broker if there is one of the owner's, else through the folder; CommandError if neither goes."""
    from firmware_host.messaging.client import EMBEDDED
    from firmware_host.messaging.errors import MessagingError

    away = ""
    if settings.mqtt.broker not in ("", EMBEDDED):
        from firmware_host.messaging.asking import NoAnswer, ask

        try:
            result = ask(settings.mqtt, settings.station, "run_finished", fields)
        except NoAnswer as error:
            away = f"{error}, and "
        except MessagingError as error:
            raise CommandError(str(error)) from error
        else:
            _raise_if_refused("" if result.ok else result.why)
            return
    _raise_if_refused(_through_folder(settings, fields, away))


def _through_folder(settings: Settings, fields: dict[str, Any], away: str) -> str:
    import msgspec

    from firmware_host.runs.delivery import NobodyThere, deliver
    from firmware_host.settings import runs_dir, state_dir

    folder = runs_dir(settings, state_dir())
    try:
        return deliver(folder, msgspec.json.encode(fields))
    except NobodyThere as error:
        raise CommandError(
            f"{away}{error}. Start the coach first: slowroll run. If it runs as a service or another user, "
            "say where its state is, in $STATE_DIRECTORY",
            exit_code=1,
        ) from error
    except OSError as error:
        raise CommandError(
            f"{away}{folder} can't be written to: {error.strerror or error}. Run this as the user that runs slowroll",
            exit_code=1,
        ) from error


def _raise_if_refused(why: str) -> None:
    if why:
        raise CommandError(f"refused: {why}", exit_code=1)
