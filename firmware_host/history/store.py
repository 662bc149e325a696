"""The session store: events to rows as they happen.

A session's row is opened by its first pass, hold, spot or set, so that a killed program loses none of it; the
`session` event closes it. What a killed program left open is closed as "interrupted" at the next start. A session
that ends with neither a kept set nor a spot leaves no row; its ratings and pain stops stay, without a session.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from firmware_host.clock import rfc3339
from firmware_host.coaching.events import Cue, Event, EventBase, Hold, Pass, Rating, SessionDone, SetDone, Spot, Stroke
from firmware_host.history.database import StoreError, connect, explained, transaction
from firmware_host.history.reader import Reader

RATING_BELONGS = timedelta(hours=1)
"""A rating given this long before or after a session is about it."""
MIN_SET_S = 3.0
"""contract.md: under 3 s of work a set is not kept."""
HANDS = "hands"
"""The tool, and its kind, of sets without a sensor."""

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

    def __init__(self, path: Path, kinds: Mapping[str, str] | None = None) -> None:
        """`kinds` are the tools' kinds by name: events name the tool alone."""
        super().__init__(path)
        self._kinds = {HANDS: HANDS, **(kinds or {})}
        self._session: int | None = None
        """The session that is running, if any."""
        self._before: dict[str, int] | None = None
        """The newest rating and pain stop of the runs before this one, whose `t_s` was another clock's."""

    def open(self) -> None:
        """Open, made if it is not there; opened again after `close` it goes on with the session that ran."""
        self._open = connect(self.path)
        if self._before is None:
            self._before = {
                table: self._value(f"SELECT coalesce(max(id), 0) FROM {table}") for table in ("ratings", "pains")
            }
        if self._session is not None:
            self._session = self._value("SELECT id FROM sessions WHERE id = ? AND ended IS NULL", self._session)

    # --- writing ----------------------------------------------------------------------------------------------

    def add(self, event: Event, at: datetime, recording: str | None = None) -> None:
        """Keep what `event` says; `at` is the wall clock at `event.t`, `recording` the name of the one that runs.

        Contacts, faults, advice and rejected commands are not kept: recordings have them.
        """
        with self._transaction():
            session = self._session
            if session is None and _opens(event):
                session = self._begin(event, at, recording)
            if isinstance(event, Rating):
                self._rate(event, at, session)
            elif isinstance(event, Cue) and event.cue == "stop_pain":
                self._insert("pains", _row(event, at, session))
            if session is not None:
                self._keep(event, at, session)
        self._session = None if isinstance(event, SessionDone) else session

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
            "UPDATE ratings SET session_id = ? WHERE session_id IS NULL AND moment = 'before' AND at BETWEEN ? AND ?",
            session,
            rfc3339(at - RATING_BELONGS),
            rfc3339(at),
        )
        return session

    def _rate(self, rating: Rating, at: datetime, session: int | None) -> None:
        """Keep a rating, or take it back. "before" belongs to the session that follows within an hour, anything else
        to the one that runs or ended within the last hour.
        """
        if rating.removed:
            self._unrate(rating)
            return
        if session is None and rating.when != "before":
            session = self._value(
                "SELECT id FROM sessions WHERE ended_at BETWEEN ? AND ? ORDER BY ended_at DESC LIMIT 1",
                rfc3339(at - RATING_BELONGS),
                rfc3339(at + RATING_BELONGS),  # the clock may have been set back a little since
            )
        fields = {"kind": rating.kind, "value": rating.value, "moment": rating.when}
        self._insert("ratings", _row(rating, at, session) | fields)

    def _unrate(self, rating: Rating) -> None:
        """The newest such rating of this run goes; a spot that got it has the one before it again, if any.

        That is the last one since the mark: while a spot is the last marked, every rating after is its own.
        """
        assert self._before is not None
        given = next(
            self._rows(
                "SELECT id, t_s, session_id FROM ratings WHERE id > ? AND kind = ? AND value = ? AND moment IS ?"
                " AND muscle IS ? AND side IS ? ORDER BY id DESC LIMIT 1",
                self._before["ratings"],
                rating.kind,
                rating.value,
                rating.when,
                rating.muscle,
                rating.side,
            ),
            None,
        )
        if given is not None:
            self._run("DELETE FROM ratings WHERE id = ?", given["id"])
            self._run(
                "UPDATE spots SET (rating, rated_s) = (SELECT value, t_s FROM ratings"
                " WHERE session_id = spots.session_id AND kind = 'rate' AND moment = 'after'"
                " AND muscle IS spots.muscle AND side IS spots.side AND t_s >= spots.t_s ORDER BY id DESC LIMIT 1)"
                " WHERE session_id = ? AND rated_s = ?",
                given["session_id"],
                given["t_s"],
            )

    def _keep(self, event: Event, at: datetime, session: int) -> None:
        if isinstance(event, SessionDone):
            self._end(event, at, session)
            return
        row = _row(event, at, session)
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
        """A rating comes as the spot once more, now with a number: the mark gets it, and stays one mark. So does a
        rating that is taken back, now without; a mark that is taken back goes.
        """
        marked = next(
            self._rows(
                "SELECT id, rating FROM spots WHERE session_id = ? AND tool IS ? AND muscle IS ? AND side IS ?"
                " AND position_m = ? ORDER BY id DESC LIMIT 1",
                row["session_id"],
                spot.tool,
                spot.muscle,
                spot.side,
                spot.position_m,
            ),
            None,
        )
        if spot.removed:
            if marked is not None:
                self._run("DELETE FROM spots WHERE id = ?", marked["id"])
            return
        rated_s = None if spot.rating is None else spot.t
        if marked is None or (spot.rating is None and marked["rating"] is None):
            fields = _fields(spot, ("position_m", "position_sd_m", "rating"))
            self._insert("spots", row | fields | {"marked_by": spot.by, "rated_s": rated_s})
        else:
            self._run("UPDATE spots SET rating = ?, rated_s = ? WHERE id = ?", spot.rating, rated_s, marked["id"])

    def _add_set(self, done: SetDone, row: dict[str, Any]) -> None:
        names = ("duration_s", "work_s", "passes", "short_passes", "holds", "hold_s", "distance_m")
        fields = _fields(done, (*names, "mean_speed_m_s", "in_guidance", "mean_force_n", "peak_force_n"))
        fields |= _fields(done, ("force_source", "work_source", "belly_share", "stacked"))
        fields |= {"verdicts": _json(done.verdicts), "prompted": _json(done.prompted)}
        fields |= {"tool_kind": self._kinds.get(done.tool or "")}
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
        assert self._before is not None
        self._run(  # one that came before the first pass, which opened the session's row
            "UPDATE pains SET session_id = ? WHERE session_id IS NULL AND id > ? AND t_s BETWEEN ? AND ?",
            session,
            self._before["pains"],
            done.start,
            done.end,
        )
        self._drop_if_empty(session)

    def _close_interrupted(self, session: int) -> None:
        self._run(_CUT_SET, session)
        for tool, kind in self._kinds.items():
            self._run(
                "UPDATE sets SET tool_kind = ? WHERE session_id = ? AND tool = ? AND tool_kind IS NULL",
                kind,
                session,
                tool,
            )
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
        if self._value(
            "SELECT EXISTS (SELECT 1 FROM sets WHERE session_id = ?1)"
            " OR EXISTS (SELECT 1 FROM spots WHERE session_id = ?1)",
            session,
        ):
            return
        for table in ("ratings", "pains"):  # said all the same
            self._run(f"UPDATE {table} SET session_id = NULL WHERE session_id = ?", session)
        self._run("DELETE FROM sessions WHERE id = ?", session)

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


def _opens(event: Event) -> bool:
    """Whether a session's row begins with `event`, if none is open."""
    if isinstance(event, Spot):
        return not event.removed
    return isinstance(event, Stroke | Hold | SetDone) or (isinstance(event, SessionDone) and bool(event.sets))


def _row(event: EventBase, at: datetime, session: int | None) -> dict[str, Any]:
    """The columns that the rows of all events have."""
    row: dict[str, Any] = {"session_id": session, "at": rfc3339(at), "t_s": event.t}
    return row | {"tool": event.tool, "muscle": event.muscle, "side": event.side}


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
