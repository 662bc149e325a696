"""What must reach the broker sooner or later: a bounded queue on disk, in the order it was put.

A message leaves when the broker has acknowledged it, so one that was sent and not acknowledged is sent again:
duplicates are possible, and carry the same `id`. Used by one thread.

If the disk can't be written, messages wait in memory (same bound) and are moved to disk, in order, with the
next `put` that succeeds. So whatever waits in memory is newer than whatever is on disk.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger("slowroll.messaging")

_TABLE = """
CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    retained INTEGER NOT NULL
)
"""


class Message(NamedTuple):
    """One message that waits. `position` rises in the order of `put` and is the key for `delete`."""

    position: int
    id: str
    topic: str
    payload: bytes
    retained: bool


class Outbox:
    """`Outbox(path, limit)`; `open` before use. `dropped` counts messages that had to make room.

    No method raises for a disk that is full, read-only or damaged: it says so once, in the log, and goes on.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._disk: sqlite3.Connection | None = None
        self._stored = 0
        self._waiting: list[Message] = []
        self._next = 1
        self._troubled = False
        self._overflowed = False
        self.dropped = 0

    def __len__(self) -> int:
        return self._stored + len(self._waiting)

    def open(self) -> None:
        """Find what an earlier run left; a damaged file is put aside, not overwritten."""
        try:
            self._connect()
        except (sqlite3.DatabaseError, OSError) as error:
            self._failed(error)

    def close(self) -> None:
        if self._disk is not None:
            self._disk.close()
            self._disk = None

    def put(self, topic: str, payload: bytes, id: str, retained: bool = False) -> None:  # noqa: A002
        """Keep a message; when full, the oldest one makes room."""
        self._waiting.append(Message(self._next, id, topic, payload, retained))
        self._next += 1
        self._store_waiting()
        while len(self) > self._limit and self._drop_oldest():
            pass

    def after(self, position: int, count: int) -> list[Message]:
        """The oldest messages behind `position`, at most `count`."""
        if count <= 0:
            return []
        found = self._read(position, count)
        newer = [message for message in self._waiting if message.position > position]
        return found + newer[: count - len(found)]

    def delete(self, position: int) -> None:
        """The broker has it. If the disk refuses, it stays and will be sent once more."""
        kept = [message for message in self._waiting if message.position != position]
        if len(kept) < len(self._waiting):
            self._waiting = kept
        else:
            self._delete_stored(position)

    def _connect(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        disk = sqlite3.connect(self._path, timeout=1.0, isolation_level=None)
        try:
            disk.execute("PRAGMA journal_mode = WAL")
            (verdict,) = disk.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            disk.execute(_TABLE)
            self._stored, last = disk.execute("SELECT count(*), max(position) FROM outbox").fetchone()
        except sqlite3.Error:
            disk.close()
            raise
        self._next = max(self._next, (last or 0) + 1)
        self._disk = disk

    def _store_waiting(self) -> None:
        """Everything that waits in memory, in one transaction; on failure it goes on waiting."""
        if self._disk is None:
            self.open()
        if self._disk is None:
            return
        try:
            self._insert(self._disk)
        except sqlite3.DatabaseError as error:
            self._failed(error)
            return
        if self._troubled:
            self._troubled = False
            log.warning("The outbox %s can be written again; what waited in memory is on disk.", self._path)

    def _insert(self, disk: sqlite3.Connection) -> None:
        # FULL: in WAL mode only this syncs at each commit. A Pi is switched off by pulling the plug, and a set
        # can't be rolled again; one sync every half minute wears nothing out.
        disk.execute("PRAGMA synchronous = FULL")
        disk.execute("BEGIN IMMEDIATE")
        with disk:
            disk.executemany("INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", self._waiting)
        self._stored += len(self._waiting)
        self._waiting = []

    def _read(self, position: int, count: int) -> list[Message]:
        if self._disk is None:
            return []
        try:
            rows = self._disk.execute(
                "SELECT position, id, topic, payload, retained FROM outbox"
                " WHERE position > ? ORDER BY position LIMIT ?",
                (position, count),
            ).fetchall()
        except sqlite3.DatabaseError as error:
            self._failed(error)
            return []
        return [Message(at, name, topic, payload, bool(kept)) for at, name, topic, payload, kept in rows]

    def _delete_stored(self, position: int) -> bool:
        if self._disk is None:
            return False
        try:
            # NORMAL: if the power goes now, the row comes back and is sent again with the same id.
            self._disk.execute("PRAGMA synchronous = NORMAL")
            gone = self._disk.execute("DELETE FROM outbox WHERE position = ?", (position,)).rowcount
        except sqlite3.DatabaseError as error:
            self._failed(error)
            return False
        self._stored -= gone
        return gone > 0

    def _drop_oldest(self) -> bool:
        """The oldest on disk, or the oldest in memory where the disk refuses; False if there is none to drop."""
        oldest = self._read(0, 1)
        if not (oldest and self._delete_stored(oldest[0].position)):
            if not self._waiting:
                return False
            del self._waiting[0]
        self.dropped += 1
        if not self._overflowed:
            self._overflowed = True
            log.error(
                "The outbox is full (%d messages, mqtt.outbox_limit): the oldest sets and sessions are no longer "
                "sent to the broker. They stay in the history. Is the broker's address right?",
                self._limit,
            )
        return True

    def _failed(self, error: Exception) -> None:
        """The disk's own faults are expected; a misuse of SQLite is a bug and goes on up."""
        if type(error) is sqlite3.DatabaseError:  # its plain form: "malformed", "not a database"
            self._start_over(error)
        elif isinstance(error, sqlite3.OperationalError | OSError):
            self._trouble(error)
        else:
            raise error

    def _trouble(self, error: Exception) -> None:
        """Said once until it works again."""
        if not self._troubled:
            self._troubled = True
            log.error(
                "The outbox %s can't be used: %s. Finished sets and sessions are kept in memory meanwhile, and "
                "lost to the broker if the power goes. Is the disk full or read-only?",
                self._path,
                error,
            )

    def _start_over(self, error: Exception) -> None:
        """Put a damaged file aside and begin an empty one."""
        self.close()
        self._stored = 0
        aside = self._path.with_name(f"{self._path.name}.damaged")
        try:
            for ending in ("", "-wal", "-shm"):
                damaged = self._path.with_name(self._path.name + ending)
                if damaged.exists():
                    damaged.replace(aside.with_name(aside.name + ending))
            self._connect()
        except (OSError, sqlite3.Error) as again:
            self._trouble(again)
            return
        log.error(
            "The outbox %s is damaged (%s), as a cut of power can leave it. It is now %s, and a new one was "
            "begun: what had not been sent yet will not reach the broker, but it is in the history.",
            self._path,
            error,
            aside.name,
        )
