"""`slowroll sessions list|show|export`: what was done, for people and for other programs."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firmware_host.history.reader import Reader
    from firmware_host.history.summary import SessionDetail, SessionTotals, SetRow

NOTHING_YET = "No sessions yet. They are kept as you roll with slowroll run.\n"


def add(commands: Any) -> None:
    """Put `sessions` into the command line."""
    parser = commands.add_parser("sessions", help="list, show or export what was done")
    what = parser.add_subparsers(dest="what", required=True, metavar="list|show|export")
    listing = what.add_parser("list", help="all sessions, newest first")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    showing = what.add_parser("show", help="one session: its sets, passes, spots, ratings and cues")
    showing.add_argument("id", type=int, metavar="ID", help="as in `sessions list`")
    showing.add_argument("--json", action="store_true", help="one JSON object")
    exporting = what.add_parser("export", help="everything as JSON, or one table as CSV")
    exporting.add_argument("--format", choices=("json", "csv"), default="json", help="default: json")
    tables = ("sets", "passes", "holds", "spots", "ratings", "pains")
    exporting.add_argument("--what", dest="table", choices=tables, help="CSV rows (default: sets)")
    exporting.add_argument("--out", metavar="FILE", help="default: stdout")
    for sub in (listing, showing, exporting):
        # SUPPRESS: a `--config` given before the word stays
        sub.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        sub.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """0 fine, also with no sessions; 1 the history can't be read; 2 wrong use, such as an unknown id."""
    from firmware_host.commands import CommandError
    from firmware_host.history.database import StoreError
    from firmware_host.history.historian import DATABASE
    from firmware_host.history.reader import Reader, UnknownSession
    from firmware_host.settings import state_dir

    if args.what == "export" and args.table and args.format != "csv":
        raise CommandError("--what chooses the rows of a CSV file: add --format csv (json has everything)")
    path = state_dir() / DATABASE
    try:
        if not path.exists():
            return _nothing_yet(args)
        reader = Reader(path)
        reader.open()
        try:
            return {"list": _list, "show": _show, "export": _export}[args.what](reader, args)
        finally:
            reader.close()
    except UnknownSession as error:
        raise CommandError(f"{error} (slowroll sessions list shows all)") from error
    except StoreError as error:
        raise CommandError(str(error), exit_code=1) from error
    except PermissionError as error:
        raise CommandError(f"{path}: may not be read by this user; try with sudo", exit_code=1) from error


def _nothing_yet(args: argparse.Namespace) -> int:
    from firmware_host.commands import CommandError
    from firmware_host.commands.common import demo_hint

    if args.what == "show":
        raise CommandError(f"there is no session {args.id}: there are no sessions yet")
    sys.stderr.write(NOTHING_YET + demo_hint(f"sessions {args.what}"))
    return 0


def _list(reader: Reader, args: argparse.Namespace) -> int:
    sessions = reader.sessions()
    if args.json:
        _json_lines(sessions)
    elif not sessions:
        _nothing_yet(args)
    else:
        _table(
            ("id", "started", "work", "sets", "passes", "holds", "in guidance", "phase", "ended"),
            [
                (
                    str(one.id),
                    _local(one.started_at),
                    _minutes(one.work_s),
                    str(one.sets),
                    str(one.passes),
                    str(one.holds),
                    _percent(one.in_guidance),
                    one.phase,
                    one.ended or "running",
                )
                for one in sessions
            ],
        )
    return 0


def _show(reader: Reader, args: argparse.Namespace) -> int:
    detail = reader.session(args.id)
    if args.json:
        _json_lines([detail])
        return 0
    _heading(detail)
    if detail.sets:
        sys.stdout.write("\n")
        _table(
            ("muscle", "side", "tool", "work", "passes", "holds", "mean cm/s", "in guidance", "mean force"),
            [_set_cells(one) for one in detail.sets],
        )
    for number, one in enumerate(detail.sets, 1):
        for note in _notes(one):
            sys.stdout.write(f"Set {number}: {note}\n")
    _passes(list(reader.rows("passes", args.id)))
    for spot in detail.spots:
        rated = "" if spot.rating is None else f", rated {spot.rating} of 10"
        held = ", marked by a long hold" if spot.by == "hold" else ""
        place = f"{_where(spot.muscle, spot.side)} at {spot.position_m * 100:.0f} cm"
        sys.stdout.write(f"Tender spot: {place}{rated}{held}\n")
    for rating in detail.ratings:
        moment = "" if rating.moment is None else f" {rating.moment}"
        name = "Soreness" if rating.kind == "soreness" else "Rated"
        about = "the legs" if rating.kind == "soreness" else _where(rating.muscle, rating.side)
        sys.stdout.write(f"{name}{moment}: {rating.value} of 10 ({about})\n")
    for pain in detail.pains:
        sys.stdout.write(f"Stopped for pain: {_where(pain.muscle, pain.side)}, {_local(pain.at)}\n")
    if detail.cues:
        sys.stdout.write("Cues: " + ", ".join(f"{cue} {times} x" for cue, times in detail.cues.items()) + "\n")
    for advice in detail.advice:
        sys.stdout.write(f"Advice: {advice}\n")
    return 0


def _export(reader: Reader, args: argparse.Namespace) -> int:
    from firmware_host.commands import CommandError
    from firmware_host.history.export import write_csv, write_json

    try:
        out = open(args.out, "w", encoding="utf-8", newline="") if args.out else sys.stdout  # noqa: SIM115
        try:
            count = write_json(reader, out) if args.format == "json" else write_csv(reader, args.table or "sets", out)
        finally:
            if out is not sys.stdout:
                out.close()
    except BrokenPipeError:
        raise
    except OSError as error:
        place = args.out or "stdout"
        raise CommandError(
            f"{place}: can't be written: {error.strerror or error}. Choose another --out FILE"
        ) from error
    if args.out:
        rows = "sessions" if args.format == "json" else args.table or "sets"
        sys.stderr.write(f"{args.out}: {count} {rows}\n")
    elif count == 0:
        _nothing_yet(args)
    return 0


def _heading(detail: SessionDetail) -> None:
    one = detail.totals
    sys.stdout.write(f"Session {one.id}, {_local(one.started_at)}, {one.ended or 'running'}\n")
    about = [f"phase {one.phase}", f"{_minutes(one.work_s)} of work", f"{_percent(one.in_guidance)} in guidance"]
    if one.profile:
        about.insert(1, f"profile {one.profile}")
    about += [f"{side} leg {_minutes(seconds)}" for side, seconds in sorted(detail.per_leg_s.items())]
    sys.stdout.write(", ".join(about) + "\n")
    if one.recording:
        sys.stdout.write(f"Recording {one.recording}\n")


def _set_cells(one: SetRow) -> tuple[str, ...]:
    force = one.force_source.replace("_", " ") if one.mean_force_n is None else f"{one.mean_force_n:.0f} N"
    if one.work_source == "declared":  # by hand: timed, and nothing else is known of it
        by_hand = (_minutes(one.work_s), "-", "-", "-", "not measured", "not measured")
        return (one.muscle or "-", one.side or "-", one.tool or "-", *by_hand)
    return (
        one.muscle or "-",
        one.side or "-",
        one.tool or "-",
        _minutes(one.work_s),
        str(one.passes),
        str(one.holds),
        f"{one.mean_speed_m_s * 100:.1f}",
        _percent(one.in_guidance),
        force,
    )


def _notes(one: SetRow) -> list[str]:
    """What a set says besides its numbers."""
    notes = []
    if one.prompted:
        notes.append(f"prompted (not measured): {', '.join(one.prompted)}")
    if one.belly_share is not None:
        notes.append(f"{one.belly_share * 100:.0f} % in the middle of the muscle")
    if one.stacked:
        notes.append("pressure stepped up for good, as with the other leg on top")
    return notes


def _passes(rows: list[dict[str, Any]]) -> None:
    passes = [row for row in rows if row["kind"] == "pass"]
    if not passes:
        return
    length = 100 * sum(row["length_m"] for row in passes) / len(passes)
    speed = 100 * sum(row["mean_speed_m_s"] for row in passes) / len(passes)
    fast = sum("too_fast" in row["flags"].split() for row in passes)
    sys.stdout.write(
        f"\n{len(passes)} passes, on average {length:.0f} cm at {speed:.1f} cm/s; {fast} too fast; "
        f"{len(rows) - len(passes)} short ones besides\n"
    )


def _json_lines(items: Iterable[SessionTotals | SessionDetail]) -> None:
    import msgspec

    for item in items:
        sys.stdout.write(msgspec.json.encode(item).decode() + "\n")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as their widest cell; the last is not padded."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def _local(at: str) -> str:
    """The wall clock where the reader is, such as "Sun 2026-11-22 19:30"."""
    return datetime.fromisoformat(at).astimezone().strftime("%a %Y-%m-%d %H:%M")


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"


def _percent(share: float | None) -> str:
    return "not known" if share is None else f"{share * 100:.0f} %"


def _where(muscle: str | None, side: str | None) -> str:
    return " ".join(part for part in (side, muscle) if part) or "no muscle named"
