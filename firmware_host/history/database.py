"""SQLite as this room uses it: opening, migrating, transactions, and its errors in words a person can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from firmware_host.history.schema import MIGRATIONS

BUSY_S = 0.5
"""Wait this long for another program's lock; short, because the historian has to stop within a second."""
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class StoreError(Exception):
    """The history can't be read or written now: `what`, and in `hint` the likely cause and the next step."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}. {hint}")
        self.what = what
        self.hint = hint


class CorruptStore(StoreError):
    """The file is damaged, or not a database at all."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the history at `path` for writing: made if it is not there, checked, and brought up to date.

    WAL, so that `slowroll sessions` reads while the daemon writes; synchronous FULL, because people end a
    session by pulling the plug, and a row every few seconds costs an SD card little.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path.parent}: can't make this folder: {error.strerror or error}",
            "Likely it belongs to another user: run as that user, or set $STATE_DIRECTORY",
        ) from error
    with explained(path):
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        with explained(path):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _prepare(connection, path)
            _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path, check: bool = True) -> sqlite3.Connection:
    """Open the history at `path` without ever writing to it; `check` looks through the whole file for damage."""
    with explained(path):
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_S, isolation_level=None)
    try:
        with explained(path):
            _prepare(connection, path, check)
            if _version(connection, path) < len(MIGRATIONS):
                raise StoreError(
                    f"{path}: written by an older slowroll", "Start slowroll run once: it brings it up to date"
                )
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, check: bool = True) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    if not check:
        return
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _corrupt(path, str(found))


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path}: written by a newer slowroll (version {version} of its tables, this one knows up to "
            f"{len(MIGRATIONS)})",
            "Update slowroll, or move the file away to start a new history",
        )
    return version


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    for version in range(_version(connection, path), len(MIGRATIONS)):
        with transaction(connection):
            # Another program may have taken this step while we waited for the lock.
            if _version(connection, path) == version:
                for statement in _statements(MIGRATIONS[version]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")


def _statements(script: str) -> Iterator[str]:
    """One statement after the other: `executescript` would end the transaction it is to be part of."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of what is done inside, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """SQLite's complaints about the file or the disk as `StoreError`; its complaints about our SQL stay bugs."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _BROKEN:
            raise _corrupt(path, str(error)) from error
        if not isinstance(error, sqlite3.OperationalError) or code == sqlite3.SQLITE_ERROR:
            raise
        raise StoreError(f"{path}: {error}", _hint(code, path)) from error


def _hint(code: int, path: Path) -> str:
    if code == sqlite3.SQLITE_FULL:
        return f"Free some space (df -h {path.parent}); older recordings beside it are the largest files"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "Another program holds it: is a second slowroll running, or a database browser open?"
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return "Likely it belongs to another user (systemd's slowroll?): run as that user, or with sudo"
    return "Likely a failing SD card or a disk that went away; see dmesg"


def _corrupt(path: Path, why: str) -> CorruptStore:
    return CorruptStore(
        f"{path}: damaged, or not a slowroll history ({' '.join(why.split())})",
        "Likely power was lost while the card wrote. slowroll run moves it aside and starts a new one; "
        "the old one may still be saved with: sqlite3 FILE .recover",
    )


def move_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged history, with its journal, so that a new one can be made; returns the new name.

    Raises StoreError if the folder does not allow it.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    try:
        for suffix in ("-wal", "-shm", ""):
            old = path.with_name(path.name + suffix)
            if old.exists():
                old.rename(aside.with_name(aside.name + suffix))
    except OSError as error:
        raise StoreError(
            f"{path}: damaged, and can't be moved aside: {error.strerror or error}", f"Move it away: mv {path}*"
        ) from error
    return aside
