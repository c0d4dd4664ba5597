"""Connections to the database file, and what their errors mean."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import apsw

from gateway.model.errors import StoreError, StoreUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from apsw import SQLiteValue

Row = tuple[Any, ...]

OLDEST_SQLITE = (3, 51, 3)
"""It mended a corruption when two connections write and checkpoint at the same moment
(sqlite.org/wal.html, "the WAL-reset bug")."""

APPLICATION_ID = 0x57464D47
STATEMENTS_KEPT = 300
WRITER_CACHE_KIB = 64 * 1024
"""What 100,000 agents need for their places in the indices."""

READER_CACHE_KIB = 8 * 1024
WAL_FILE_BYTES = 128 * 1024 * 1024

DAMAGED = (apsw.CorruptError, apsw.NotADBError)
"""Errors that say that the file is not what it was written to be."""

UNAVAILABLE = (
    apsw.FullError,
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.NoMemError,
    apsw.ProtocolError,
    apsw.CorruptError,
    apsw.NotADBError,
)
"""Errors that are nobody's operation's fault."""


def refuse_old_sqlite(version: str) -> None:
    """Raise `StoreError` where SQLite's *version* is one that may corrupt the file."""
    if tuple(int(part) for part in version.split(".")[:3]) < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(f"SQLite {version} is too old: {wanted} or later is needed")


def connect(path: Path, *, writes: bool) -> apsw.Connection:
    """Open *path*. Nothing waits for a lock: only a stranger could hold one."""
    connection = apsw.Connection(
        str(path), flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=STATEMENTS_KEPT
    )
    connection.set_busy_timeout(0)
    connection.wal_autocheckpoint(0)
    cache = WRITER_CACHE_KIB if writes else READER_CACHE_KIB
    for name, value in (
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("cache_size", -cache),
        ("journal_size_limit", WAL_FILE_BYTES),
        ("temp_store", "MEMORY"),
        ("secure_delete", "ON"),  # what is removed or replaced leaves no bytes in the file
        ("query_only", int(not writes)),
    ):
        connection.pragma(name, value)
    return connection


def rows_of(
    connection: apsw.Connection, sql: str, bindings: tuple[SQLiteValue, ...] = ()
) -> list[Row]:
    """Return all rows of a query."""
    rows: list[Row] = connection.execute(sql, bindings).fetchall()
    return rows


def unavailable(problem: Exception) -> StoreUnavailableError:
    """Say in words that the store can make nothing durable now."""
    words: dict[type[Exception], str] = {
        apsw.FullError: "the disk is full",
        apsw.ReadOnlyError: "the disk is read-only",
        apsw.CorruptError: "the database file is damaged",
        apsw.NotADBError: "the database file is damaged",
    }
    what = words.get(type(problem), "input/output error")
    return StoreUnavailableError(f"the store is unavailable: {what} ({problem})")


def refuse_foreign(path: Path) -> None:
    """Look at the file before anything is changed in it.

    Raises:
        StoreError: the file is newer than this program, or not one of ours.
    """
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        version, known = connection.pragma("user_version"), len(migrations())
        is_ours = connection.pragma("application_id") == APPLICATION_ID
        is_empty = not rows_of(connection, "SELECT 1 FROM sqlite_schema")
    finally:
        connection.close(force=True)
    if not is_ours and not is_empty:
        raise StoreError(f"{path} is a database, but not of wfm-gateway")
    if version > known:
        raise StoreError(
            f"the store {path} was written by a newer wfm-gateway (its schema is {version}, "
            f"this one knows up to {known}): install that version again"
        )


def migrate(connection: apsw.Connection) -> None:
    """Bring the schema up to date, each step in its own transaction."""
    steps = migrations()
    version = connection.pragma("user_version")
    for number, step in enumerate(steps[version:], start=version + 1):
        with connection:
            connection.execute(step).fetchall()
            connection.pragma("user_version", number)
            connection.pragma("application_id", APPLICATION_ID)


def migrations() -> list[str]:
    """Return the SQL of every step, the first makes the schema from nothing."""
    folder = files("gateway.store.sqlite") / "migrations"
    steps = sorted((step for step in folder.iterdir() if step.name.endswith(".sql")), key=str)
    return [step.read_text(encoding="utf-8") for step in steps]
