"""The history read: rows to totals. `slowroll sessions` uses this alone, while the daemon may be writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from firmware_host.clock import rfc3339
from firmware_host.coaching.events import Verdict
from firmware_host.history.database import connect_to_read, explained
from firmware_host.history.summary import (
    RECENT_SESSIONS,
    HistorySummary,
    PainStop,
    Rating,
    SessionDetail,
    SessionTotals,
    SetRow,
    SpotMap,
    SpotMark,
    Worked,
    muscle_histories,
    spot_map,
    streaks,
    week_work,
)

Table = Literal["sets", "passes", "holds", "spots", "cues", "ratings", "pains"]

MAX_ID = 2**62
"""Larger numbers, which anyone may send, would be more than SQLite can compare."""

_TOTALS = """
    SELECT sessions.id, started_at, ended_at, phase, profile, routine, ended, recording,
        count(sets.id) AS sets, total(passes) AS passes, total(short_passes) AS short_passes,
        total(holds) AS holds, total(hold_s) AS hold_s, total(distance_m) AS distance_m,
        sessions.work_s, sessions.in_guidance
    FROM sessions LEFT JOIN sets ON sets.session_id = sessions.id
    WHERE {where} GROUP BY sessions.id ORDER BY started_at DESC, sessions.id DESC LIMIT {limit}
"""


class UnknownSession(LookupError):
    """There is no such session; the text names the nearest."""


class Reader:
    """One history file. Use it from one thread.

    Every method may raise `StoreError`: locked, damaged, not ours to read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: sqlite3.Connection | None = None

    def open(self) -> None:
        self._open = connect_to_read(self.path)

    def close(self) -> None:
        """May be called twice."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def summary(self, now: datetime) -> HistorySummary:
        """What goes to `history`; days and weeks are those of `now`'s time zone."""
        ended = list(self._rows("SELECT started_at, work_s FROM sessions WHERE ended IS NOT NULL"))
        worked = self._worked()
        started = [(datetime.fromisoformat(row["started_at"]).astimezone(now.tzinfo), row["work_s"]) for row in ended]
        days, weeks = streaks((moment.date() for moment, _ in started), now.date())
        week_sessions, week_minutes = week_work(started, now)
        return HistorySummary(
            sessions=tuple(self.sessions(RECENT_SESSIONS, ended_only=True)),
            total_sessions=len(ended),
            total_work_s=sum(row["work_s"] for row in ended),
            streak_days=days,
            streak_weeks=weeks,
            week_sessions=week_sessions,
            week_minutes=week_minutes,
            muscles=muscle_histories(worked),
        )

    def spots(self) -> SpotMap:
        """What goes to `spots`."""
        return spot_map(self._spot_marks("1", ()))

    def last_session(self) -> SessionDetail | None:
        """What goes to `session/last`: the newest session that has ended."""
        newest = self.sessions(1, ended_only=True)
        return self.session(newest[0].id) if newest else None

    def sessions(self, limit: int = -1, ended_only: bool = False) -> list[SessionTotals]:
        """Newest first; `limit` -1 for all."""
        return self._totals("ended IS NOT NULL" if ended_only else "1", (), limit)

    def sessions_between(self, since: datetime | None, until: datetime | None) -> list[SessionTotals]:
        """Those that have ended, and started at `since` or later and before `until` (None: open), newest first."""
        where, values = "ended IS NOT NULL", []
        for moment, condition in ((since, " AND started_at >= ?"), (until, " AND started_at < ?")):
            if moment is not None:
                where += condition
                values.append(_text(moment))
        return self._totals(where, tuple(values), -1)

    def totals(self, session: int) -> SessionTotals:
        """Raises UnknownSession."""
        number = min(max(session, -MAX_ID), MAX_ID)
        found = self._totals("sessions.id = ?", (number,), 1) if number == session else []
        if not found:
            near = self._value("SELECT id FROM sessions ORDER BY abs(id - ?), id DESC LIMIT 1", number)
            hint = "there are no sessions yet" if near is None else f"the nearest is {near}"
            raise UnknownSession(f"there is no session {session}; {hint}")
        return found[0]

    def session(self, session: int) -> SessionDetail:
        """Raises UnknownSession."""
        totals = self.totals(session)
        extra = next(self._rows("SELECT per_leg_s, advice FROM sessions WHERE id = ?", session))
        sets = [_set_row(row) for row in self._rows("SELECT * FROM sets WHERE session_id = ? ORDER BY id", session)]
        ratings = [
            Rating(**{name: row[name] for name in Rating.__struct_fields__})
            for row in self._rows("SELECT * FROM ratings WHERE session_id = ? ORDER BY id", session)
        ]
        pains = [
            PainStop(at=row["at"], muscle=row["muscle"], side=row["side"])
            for row in self._rows("SELECT * FROM pains WHERE session_id = ? ORDER BY id", session)
        ]
        cues = self._rows(
            "SELECT cue, count(*) AS times FROM cues WHERE session_id = ? GROUP BY cue ORDER BY cue", session
        )
        return SessionDetail(
            totals=totals,
            per_leg_s=msgspec.json.decode(extra["per_leg_s"], type=dict[str, float]),
            advice=msgspec.json.decode(extra["advice"], type=tuple[str, ...]),
            sets=tuple(sets),
            spots=tuple(self._spot_marks("session_id = ?", (session,))),
            ratings=tuple(ratings),
            pains=tuple(pains),
            cues={row["cue"]: row["times"] for row in cues},
        )

    def rows(self, table: Table, session: int | None = None) -> Iterator[dict[str, Any]]:
        """Rows as they are in `table`, oldest first: of one session, or of all."""
        where, values = ("session_id = ?", (session,)) if session is not None else ("1", ())
        for row in self._rows(f"SELECT * FROM {table} WHERE {where} ORDER BY id", *values):
            yield dict(row)

    def columns(self, table: Table) -> list[str]:
        return [row["name"] for row in self._rows(f"PRAGMA table_info({table})")]

    def _totals(self, where: str, values: tuple[Any, ...], limit: int) -> list[SessionTotals]:
        rows = self._rows(_TOTALS.format(where=where, limit=limit), *values)
        return [msgspec.convert(dict(row), SessionTotals, strict=False) for row in rows]

    def _worked(self) -> list[Worked]:
        rows = self._rows(
            "SELECT muscle, side, max(at) AS at, sum(work_s) AS work_s, sum(work_s * in_guidance)"
            " / nullif(sum(work_s) FILTER (WHERE in_guidance IS NOT NULL), 0) AS in_guidance"
            " FROM sets WHERE muscle IS NOT NULL GROUP BY muscle, side, session_id ORDER BY max(at), max(id)"
        )
        return [Worked(*row) for row in rows]

    def _spot_marks(self, where: str, values: Iterable[Any]) -> list[SpotMark]:
        rows = self._rows(f"SELECT *, marked_by AS by FROM spots WHERE {where} ORDER BY id", *values)
        return [SpotMark(**{name: row[name] for name in SpotMark.__struct_fields__}) for row in rows]

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            raise RuntimeError(f"{self.path}: used before open() or after close()")
        return self._open

    def _rows(self, sql: str, *values: Any) -> Iterator[sqlite3.Row]:
        with explained(self.path):
            yield from self._connection.execute(sql, values)

    def _value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row; None if there is none."""
        row = next(self._rows(sql, *values), None)
        return None if row is None else row[0]


def _text(moment: datetime) -> str:
    """As the rows have it; the first and last day of the calendar, which UTC may not have, count as they are."""
    try:
        return rfc3339(moment)
    except OverflowError:
        return rfc3339(moment.replace(tzinfo=UTC))


def _set_row(row: sqlite3.Row) -> SetRow:
    fields: dict[str, Any] = {name: row[name] for name in SetRow.__struct_fields__}
    fields["verdicts"] = msgspec.json.decode(fields["verdicts"], type=tuple[Verdict, ...])
    fields["prompted"] = msgspec.json.decode(fields["prompted"], type=tuple[str, ...])
    fields["stacked"] = None if fields["stacked"] is None else bool(fields["stacked"])
    return SetRow(**fields)
