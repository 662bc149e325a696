"""The history as files for other programs: JSON with everything, or CSV with one table.

Column names are the store's (schema.py): ids, and the unit in the name. Times `*_s` count on the clock of the run;
`session_started_at` and `at` are wall clock, UTC.
"""

from __future__ import annotations

import csv
from typing import Any, Literal, TextIO

import msgspec

from firmware_host.history.reader import Reader, Table
from firmware_host.history.summary import SessionTotals

CsvTable = Literal["sets", "passes", "holds", "spots", "ratings", "pains"]

_OF_SESSION = ("session_started_at", "phase", "profile")
_INSIDE: tuple[Table, ...] = ("passes", "holds", "spots", "cues", "ratings", "pains")


def write_json(reader: Reader, out: TextIO) -> int:
    """Every session, oldest first, with all that belongs to it: a JSON array, one session a line. Returns how many."""
    sessions = reader.sessions()
    out.write("[")
    for index, totals in enumerate(reversed(sessions)):
        out.write("\n" if index == 0 else ",\n")
        out.write(msgspec.json.encode(whole_session(reader, totals)).decode())
    out.write("\n]\n")
    return len(sessions)


def whole_session(reader: Reader, totals: SessionTotals) -> dict[str, Any]:
    """One session with its sets and every single pass, hold, spot, cue, rating and pain stop."""
    detail = reader.session(totals.id)
    whole: dict[str, Any] = {name: getattr(totals, name) for name in totals.__struct_fields__ if name != "sets"}
    whole |= {"per_leg_s": detail.per_leg_s, "advice": detail.advice, "sets": detail.sets}
    for table in _INSIDE:
        whole[table] = [_without_session(row) for row in reader.rows(table, totals.id)]
    return whole


def write_csv(reader: Reader, table: CsvTable, out: TextIO) -> int:
    """One row for each set, pass, hold, spot, rating or pain stop, oldest first, with a header line. Returns how many.

    Ratings and pain stops need no session: its columns are then empty.
    """
    columns = reader.columns(table)
    sessions = {totals.id: totals for totals in reader.sessions()}
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_OF_SESSION, *(f"{table_name(table)}_id" if name == "id" else name for name in columns)])
    count = 0
    for row in reader.rows(table):
        totals = sessions.get(row["session_id"])
        if totals is not None or row["session_id"] is None:  # else it has begun since we looked
            of_session = (totals.started_at, totals.phase, totals.profile) if totals is not None else (None,) * 3
            writer.writerow([*of_session, *(row[name] for name in columns)])
            count += 1
    return count


def table_name(table: CsvTable) -> str:
    """What one row of `table` is called."""
    return "pass" if table == "passes" else table.removesuffix("s")


def _without_session(row: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in row.items() if name != "session_id"}
    if "flags" in fields:
        fields["flags"] = fields["flags"].split()
    return fields
