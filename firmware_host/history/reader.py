"""The history read: rows to totals. `slowroll sessions` uses this alone, while the daemon may be writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from firmware_host.clock import rfc3339
from firmware_host.coaching.events import Verdict
from firmware_host.coaching.guidance import Profile, SafetyGuide, SessionGuide
from firmware_host.coaching.setup import KnownSpot, Trouble
from firmware_host.history.database import connect_to_read, explained
from firmware_host.history.dose import SetWork, balances, days_between, due, lengths, muscle_doses, weeks
from firmware_host.history.helped import Change, Rated, Used, changes, helped
from firmware_host.history.spots import SpotMap, SpotMark, known_spots, spot_map
from firmware_host.history.summary import (
    RECENT_SESSIONS,
    HistorySummary,
    PainStop,
    Rating,
    SessionDetail,
    SessionTotals,
    SetRow,
    Worked,
    muscle_histories,
)
from firmware_host.history.trends import streaks, week_work
from firmware_host.history.troubles import Said, resting, trouble_by_muscle

Table = Literal["sets", "passes", "holds", "spots", "cues", "ratings", "pains"]

DAYS = 28
"""How far back doses and balance go, unless asked: four weeks have four of every weekday."""
AHEAD = timedelta(days=1)
"""What an engine is told of may lie so far ahead of the clock. People end a session by pulling the plug, and a
Raspberry Pi then starts with the time it wrote down last: the pain stop of a minute ago is in the future until the
network comes up, and must not be forgotten for it."""
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


_SET_WORK = (
    "session_id, at, muscle, side, work_s, passes, holds, hold_s, distance_m, mean_speed_m_s, in_guidance,"
    " mean_force_n, force_source, work_source"
)
"""As `dose.SetWork` has them, `at` once."""


class UnknownSession(LookupError):
    """There is no such session; the text names the nearest."""


class Reader:
    """One history file. Use it from one thread.

    Every method may raise `StoreError`: locked, damaged, not ours to read.
    """

    def __init__(self, path: Path, check: bool = True) -> None:
        """Without `check` the whole file is not looked through as it is opened: quicker, for one question."""
        self.path = path
        self._check = check
        self._open: sqlite3.Connection | None = None

    def open(self) -> None:
        self._open = connect_to_read(self.path, self._check)

    def close(self) -> None:
        """May be called twice."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def summary(self, now: datetime, profile: Profile | None = None, days: int = DAYS) -> HistorySummary:
        """What goes to `history`; days and weeks are those of `now`'s time zone. `profile` says what to aim at (None:
        the article's figures), `days` how far back doses and balance go.
        """
        session = profile.session if profile is not None else SessionGuide()
        safety = profile.safety if profile is not None else SafetyGuide()
        ended = list(self._rows("SELECT started_at, work_s FROM sessions WHERE ended IS NOT NULL"))
        started = [(datetime.fromisoformat(row["started_at"]).astimezone(now.tzinfo), row["work_s"]) for row in ended]
        past = [(moment, work_s) for moment, work_s in started if moment <= now]
        streak_days, streak_weeks = streaks((moment.date() for moment, _ in started), now.date())
        week_sessions, week_minutes = week_work(started, now)
        consistency = weeks(past, now)
        lately = [work_s for moment, work_s in past if moment.date().isoformat() >= consistency[0].since]
        recent = self._set_works("at BETWEEN ? AND ?", _text(_back(now, days)), _text(now))
        doses = muscle_doses(self._last_set_works(now), recent, now)
        said = list(self.said(now, max(safety.help_days, safety.rest_s / 86400), safety.help_rating))
        troubles = trouble_by_muscle(said, now, safety)
        left_out = resting(said, now, safety) | {one.muscle for one in troubles if one.words is not None}
        left_out |= {name for name, guide in profile.muscles.items() if guide.instead} if profile is not None else set()
        return HistorySummary(
            sessions=tuple(self.sessions(RECENT_SESSIONS, ended_only=True)),
            total_sessions=len(ended),
            total_work_s=sum(row["work_s"] for row in ended),
            streak_days=streak_days,
            streak_weeks=streak_weeks,
            week_sessions=week_sessions,
            week_minutes=week_minutes,
            muscles=muscle_histories(self._worked()),
            days=days,
            days_since=min((days_between(moment, now) for moment, _ in past), default=None),
            week_goal=session.week,
            weeks=consistency,
            lengths=lengths(lately, session.low_s, session.high_s),
            balance=balances(recent),
            doses=doses,
            helped=helped(self.changes(now)),
            troubles=troubles,
            due=due(doses, left_out),
        )

    def spots(self, now: datetime | None = None) -> SpotMap:
        """What goes to `spots`; with `now` weeks are those of its time zone, and marks of the future are left out."""
        if now is None:
            return spot_map(self._spot_marks("1", ()))
        return spot_map(self._spot_marks("at <= ?", (_text(now),)), now.tzinfo)

    def known_spots(self, now: datetime) -> tuple[KnownSpot, ...]:
        """The tender spots that an engine beginning at `now` is told of (`spots.known_spots` says which)."""
        return known_spots(self.spots(now + AHEAD), now)

    def troubles(self, now: datetime, now_t: float, days: float, rating_from: int) -> tuple[Trouble, ...]:
        """Pain stops and ratings of `rating_from` and more of the last `days`, oldest first, on the clock of a run
        that is at `now_t`. What lies up to `AHEAD` in the future counts as now; what lies further, as after a clock
        that ran ahead, is left out.
        """
        return tuple(
            Trouble(
                t=round(now_t - max(0.0, (now - one.at).total_seconds()), 3),
                muscle=one.muscle,
                side=one.side,
                kind=one.kind,
                value=one.value,
            )
            for one in self.said(now, days, rating_from, AHEAD)
        )

    def said(self, now: datetime, days: float, rating_from: int, ahead: timedelta = timedelta()) -> Iterator[Said]:
        """Pain stops and ratings of `rating_from` and more of the last `days`, or `ahead`; oldest first."""
        rows = self._rows(
            "SELECT at, muscle, side, 'pain' AS kind, NULL AS value FROM pains WHERE at BETWEEN ?1 AND ?2"
            " UNION ALL SELECT at, muscle, side, 'rating', value FROM ratings"
            " WHERE kind = 'rate' AND value >= ?3 AND at BETWEEN ?1 AND ?2 ORDER BY at",
            _text(_back(now, days)),
            _text(now + ahead),
            rating_from,
        )
        for row in rows:
            yield Said(datetime.fromisoformat(row["at"]), *row)

    def changes(self, now: datetime) -> list[Change]:
        """Every rating before with its rating after."""
        rated = (
            "session_id IN (SELECT session_id FROM ratings WHERE kind = 'rate' AND moment = 'before')"
            " AND muscle IS NOT NULL AND at <= ?"
        )
        ratings = self._rows(
            f"SELECT session_id, muscle, side, moment, value FROM ratings WHERE kind = 'rate' AND moment IS NOT NULL"
            f" AND {rated} ORDER BY id",
            _text(now),
        )
        used = self._rows(
            "SELECT DISTINCT session_id, muscle, side, coalesce(tool_kind, tool, 'unknown'), phase"
            f" FROM sets JOIN sessions ON sessions.id = session_id WHERE {rated}",
            _text(now),
        )
        return changes((Rated(*row) for row in ratings), (Used(*row) for row in used))

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

    def _set_works(self, where: str, *values: Any) -> list[SetWork]:
        """Kept sets, oldest first, by their time: an index has it."""
        rows = self._rows(f"SELECT {_SET_WORK} FROM sets WHERE {where} ORDER BY sets.at, sets.id", *values)
        return [SetWork(row["session_id"], datetime.fromisoformat(row["at"]), *tuple(row)[1:]) for row in rows]

    def _last_set_works(self, now: datetime) -> list[SetWork]:
        """Of each muscle and side the sets of the last session that had it."""
        return self._set_works(
            "(muscle, coalesce(side, ''), session_id) IN (SELECT muscle, coalesce(side, ''), session_id FROM"
            " (SELECT muscle, side, session_id, max(at) FROM sets WHERE muscle IS NOT NULL AND at <= ?1"
            " GROUP BY muscle, side)) AND at <= ?1",
            _text(now),
        )

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


def _back(now: datetime, days: float) -> datetime:
    """`days` before `now`, or the first moment there is."""
    try:
        return now - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _set_row(row: sqlite3.Row) -> SetRow:
    fields: dict[str, Any] = {name: row[name] for name in SetRow.__struct_fields__}
    fields["verdicts"] = msgspec.json.decode(fields["verdicts"], type=tuple[Verdict, ...])
    fields["prompted"] = msgspec.json.decode(fields["prompted"], type=tuple[str, ...])
    fields["stacked"] = None if fields["stacked"] is None else bool(fields["stacked"])
    return SetRow(**fields)
