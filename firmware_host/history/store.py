"""The session store: events to rows as they happen.

A session's row is opened by its first pass, hold, spot or set, so that a killed program loses none of it; the
`session` event closes it. What a killed program left open is closed as "interrupted" at the next start. A session
that ends with neither a kept set nor a spot leaves no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from firmware_host.clock import rfc3339
from firmware_host.coaching.events import Cue, Event, EventBase, Hold, Pass, SessionDone, SetDone, Spot, Stroke
from firmware_host.coaching.inputs import Command
from firmware_host.history.database import StoreError, connect, explained, transaction
from firmware_host.history.reader import Reader

RATING_BELONGS = timedelta(hours=1)
"""A rating given this long before or after a session is about it."""
MIN_SET_S = 3.0
"""contract.md: under 3 s of work a set is not kept."""

# The set that ran when the program was killed, from its passes and holds: what they are is known, how much of it
# was within the guidance is not.
_CUT_SET = f"""
    INSERT INTO sets (session_id, at, t_s, tool, muscle, side, start_s, end_s, duration_s, work_s, passes,
        short_passes, holds, hold_s, distance_m, mean_speed_m_s, in_guidance, mean_force_n, peak_force_n,
        force_source, verdicts)
    SELECT ?1, max(at), max(t_s), tool, muscle, side, min(start_s), max(end_s), max(end_s) - min(start_s),
        sum(seconds), sum(kind = 'pass'), sum(kind = 'short_pass'), sum(kind = 'hold'),
        total(seconds) FILTER (WHERE kind = 'hold'), total(length_m),
        coalesce(sum(length_m) / sum(seconds) FILTER (WHERE kind <> 'hold'), 0), NULL,
        sum(mean_force_n * seconds) / sum(seconds) FILTER (WHERE mean_force_n IS NOT NULL), max(peak_force_n),
        iif(count(mean_force_n), 'measured', 'not_measured'), '[]'
    FROM (
        SELECT at, t_s, tool, muscle, side, kind, start_s, end_s, end_s - start_s AS seconds, length_m,
            mean_force_n, peak_force_n
        FROM passes WHERE session_id = ?1 AND set_id IS NULL
        UNION ALL
        SELECT at, t_s, tool, muscle, side, 'hold', start_s, end_s, end_s - start_s, NULL, mean_force_n, NULL
        FROM holds WHERE session_id = ?1 AND set_id IS NULL
    ) AS loose
    WHERE start_s >= (SELECT coalesce(max(end_s), -1e12) FROM sets
        WHERE session_id = ?1 AND tool IS loose.tool)
    GROUP BY tool, muscle, side HAVING sum(seconds) >= {MIN_SET_S}
"""


class Store(Reader):
    """The history opened for writing. Use it from one thread; other programs may read meanwhile.

    Every method may raise `StoreError` (disk full, locked, damaged); nothing is half done then.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._session: int | None = None
        """The session that is running, if any."""

    def open(self) -> None:
        """Open, made if it is not there; opened again after `close` it goes on with the session that ran."""
        self._open = connect(self.path)
        if self._session is not None:
            self._session = self._value("SELECT id FROM sessions WHERE id = ? AND ended IS NULL", self._session)

    # --- writing ----------------------------------------------------------------------------------------------

    def add(self, event: Event, at: datetime, recording: str | None = None) -> None:
        """Keep what `event` says; `at` is the wall clock at `event.t`, `recording` the name of the one that runs.

        Contacts, faults and rejected commands are not kept: recordings have them.
        """
        with self._transaction():
            session = self._session
            if session is None and (isinstance(event, Stroke | Hold | Spot | SetDone) or _has_sets(event)):
                session = self._begin(event, at, recording)
            if session is not None:
                self._keep(event, at, session)
        self._session = None if isinstance(event, SessionDone) else session

    def add_rating(self, command: Command, at: datetime) -> None:
        """Keep a `rate` or `soreness` command. "before" belongs to the session that follows within an hour,
        anything else to the one that runs or ended within the last hour.
        """
        with self._transaction():
            session = self._session
            if session is None and command.when != "before":
                session = self._value(
                    "SELECT id FROM sessions WHERE ended_at >= ? ORDER BY ended_at DESC LIMIT 1",
                    rfc3339(at - RATING_BELONGS),
                )
            self._insert(
                "ratings",
                {
                    "session_id": session,
                    "at": rfc3339(at),
                    "t_s": command.t,
                    "tool": command.tool,
                    "muscle": command.muscle,
                    "side": command.side,
                    "kind": command.command,
                    "value": command.value,
                    "moment": command.when,
                },
            )

    def close_interrupted(self) -> int:
        """Close every session that a killed program left open; returns how many. Call it before the first `add`."""
        with self._transaction():
            left = [row["id"] for row in self._rows("SELECT id FROM sessions WHERE ended IS NULL")]
            for session in left:
                self._close_interrupted(session)
        return len(left)

    def forget(self, session: int) -> str | None:
        """Delete a session and all that belongs to it; returns the name of its recording, if nothing else is in it.

        Raises UnknownSession, and StoreError for the session that is running.
        """
        with self._transaction():
            totals = self.totals(session)
            if totals.ended is None:
                raise StoreError(f"session {session} is still running", "End it, then forget it")
            self._run("DELETE FROM sessions WHERE id = ?", session)
            if self._value("SELECT count(*) FROM sessions WHERE recording = ?", totals.recording):
                return None
        return totals.recording

    def _begin(self, event: EventBase, at: datetime, recording: str | None) -> int:
        started = rfc3339(_wall(getattr(event, "start", event.t), event, at))
        session = self._insert("sessions", {"started_at": started, "ended_at": rfc3339(at), "recording": recording})
        self._run(
            "UPDATE ratings SET session_id = ? WHERE session_id IS NULL AND moment = 'before' AND at >= ?",
            session,
            rfc3339(at - RATING_BELONGS),
        )
        return session

    def _keep(self, event: Event, at: datetime, session: int) -> None:
        if isinstance(event, SessionDone):
            self._end(event, at, session)
            return
        row = {"session_id": session, "at": rfc3339(at), "t_s": event.t}
        row |= {"tool": event.tool, "muscle": event.muscle, "side": event.side}
        if isinstance(event, SetDone):
            self._add_set(event, row)
        elif isinstance(event, Stroke):
            fields = _fields(event, ("direction", "length_m", "mean_speed_m_s", "peak_speed_m_s", "smoothness"))
            fields |= _fields(event, ("mean_force_n", "peak_force_n", "coverage"))
            self._insert(
                "passes",
                row
                | {"kind": "pass" if isinstance(event, Pass) else "short_pass"}
                | _span(event)
                | fields
                | _flags(event),
            )
        elif isinstance(event, Hold):
            fields = _fields(event, ("duration_s", "position_m", "position_sd_m", "excursion_m", "mean_force_n"))
            self._insert("holds", row | _span(event) | fields | _flags(event))
        elif isinstance(event, Spot):
            self._add_spot(event, row)
        elif isinstance(event, Cue):
            why = event.reason
            reason = {"value": why.value, "limit_value": why.limit, "unit": why.unit, "source": why.source}
            self._insert("cues", row | {"cue": event.cue} | reason)

    def _add_spot(self, spot: Spot, row: dict[str, Any]) -> None:
        """A rating comes as the spot once more, now with a number: the mark gets it, and stays one mark."""
        marked = None
        if spot.rating is not None:
            marked = self._value(
                "SELECT id FROM spots WHERE session_id = ? AND tool IS ? AND muscle IS ? AND side IS ?"
                " AND position_m = ? ORDER BY id DESC LIMIT 1",
                row["session_id"],
                spot.tool,
                spot.muscle,
                spot.side,
                spot.position_m,
            )
        if marked is None:
            self._insert("spots", row | _fields(spot, ("position_m", "position_sd_m", "rating")))
        else:
            self._run("UPDATE spots SET rating = ? WHERE id = ?", spot.rating, marked)

    def _add_set(self, done: SetDone, row: dict[str, Any]) -> None:
        names = ("duration_s", "work_s", "passes", "short_passes", "holds", "hold_s", "distance_m")
        fields = _fields(done, (*names, "mean_speed_m_s", "in_guidance", "mean_force_n", "peak_force_n"))
        fields |= {"force_source": done.force_source, "verdicts": _json(done.verdicts)}
        number = self._insert("sets", row | _span(done) | fields)
        for table in ("passes", "holds"):
            self._run(
                f"UPDATE {table} SET set_id = ? WHERE session_id = ? AND set_id IS NULL AND tool IS ?"
                " AND start_s >= ? - 1e-6 AND start_s <= ? + 1e-6",
                number,
                row["session_id"],
                done.tool,
                done.start,
                done.end,
            )

    def _end(self, done: SessionDone, at: datetime, session: int) -> None:
        if not self._value("SELECT count(*) FROM sets WHERE session_id = ?", session):
            for one in done.sets:  # only where the single events were lost on the way
                self._keep(one, _wall(one.t, done, at), session)
        self._run(
            "UPDATE sessions SET started_at = ?, ended_at = ?, phase = ?, profile = ?, routine = ?, ended = ?,"
            " work_s = ?, in_guidance = ?, per_leg_s = ?, advice = ? WHERE id = ?",
            rfc3339(_wall(done.start, done, at)),
            rfc3339(_wall(done.end, done, at)),
            done.phase,
            done.profile,
            done.routine,
            done.ended,
            done.work_s,
            done.in_guidance,
            _json(done.per_leg_s),
            _json(done.advice),
            session,
        )
        self._drop_if_empty(session)

    def _close_interrupted(self, session: int) -> None:
        self._run(_CUT_SET, session)
        number = self._value("SELECT max(id) FROM sets WHERE session_id = ?", session)
        for table in ("passes", "holds"):
            self._run(
                f"UPDATE {table} SET set_id = ?2 WHERE session_id = ?1 AND set_id IS NULL AND EXISTS ("
                f"SELECT 1 FROM sets WHERE sets.id = ?2 AND sets.tool IS {table}.tool"
                f" AND {table}.start_s >= sets.start_s AND {table}.start_s <= sets.end_s)",
                session,
                number,
            )
        self._run(
            "UPDATE sessions SET ended = 'interrupted', ended_at = max(ended_at,"
            " coalesce((SELECT max(at) FROM passes WHERE session_id = ?1), ''),"
            " coalesce((SELECT max(at) FROM holds WHERE session_id = ?1), ''),"
            " coalesce((SELECT max(at) FROM sets WHERE session_id = ?1), '')),"
            " work_s = (SELECT total(work_s) FROM sets WHERE session_id = ?1) WHERE id = ?1",
            session,
        )
        self._drop_if_empty(session)

    def _drop_if_empty(self, session: int) -> None:
        self._run(
            "DELETE FROM sessions WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM sets WHERE session_id = ?1)"
            " AND NOT EXISTS (SELECT 1 FROM spots WHERE session_id = ?1)",
            session,
        )

    # --- SQL --------------------------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with explained(self.path), transaction(self._connection):
            yield

    def _run(self, sql: str, *values: Any) -> None:
        self._connection.execute(sql, values)

    def _insert(self, table: str, row: Mapping[str, Any]) -> int:
        """Add a row, and return its id. Column names come from this module alone."""
        marks = ", ".join("?" * len(row))
        cursor = self._connection.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
        )
        return int(cursor.lastrowid or 0)


def _has_sets(event: Event) -> bool:
    return isinstance(event, SessionDone) and bool(event.sets)


def _wall(t: float, event: EventBase, at: datetime) -> datetime:
    """The wall clock at run time `t`, given that it was `at` when `event` was decided."""
    return at - timedelta(seconds=event.t - t)


def _span(event: Stroke | Hold | SetDone) -> dict[str, Any]:
    return {"start_s": event.start, "end_s": event.end}


def _fields(event: Event, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(event, name) for name in names}


def _flags(event: Stroke | Hold) -> dict[str, Any]:
    return {"flags": " ".join(event.flags)}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
