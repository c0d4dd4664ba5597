"""A damaged database file: told from one that is not ours, looked through, set aside."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import apsw

from gateway.store.sqlite import files, glimpses
from gateway.store.sqlite.connection import APPLICATION_ID, migrations, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

MAGIC = b"SQLite format 3\x00"
HEADER_BYTES = 100
_APPLICATION_ID = struct.Struct(">I")
_APPLICATION_ID_AT = 68
MOST_PROBLEMS = 20

MISSING = (
    ("outbox rows without their event", "outbox o LEFT JOIN events e ON e.seq = o.event", "e.seq"),
    (
        "receipts to be translated that are not there",
        "untranslated u LEFT JOIN receipts r ON r.seq = u.seq",
        "r.seq",
    ),
    (
        "quarantine entries without their receipt",
        "quarantine q LEFT JOIN receipts r ON r.seq = q.receipt",
        "r.seq",
    ),
)
COUNTED = """
    SELECT 'receipts', count(*) FROM receipts
    UNION ALL SELECT 'untranslated', count(*) FROM untranslated
    UNION ALL SELECT 'events', count(*) FROM events
    UNION ALL SELECT 'agents', count(*) FROM agents
    UNION ALL SELECT 'quarantine', count(*) FROM quarantine
    UNION ALL SELECT 'quarantine:' || source, count(*) FROM quarantine GROUP BY source
    UNION ALL SELECT 'dead_letters', count(*) FROM dead_letters
    UNION ALL SELECT 'dead_letters:' || destination, count(*) FROM dead_letters
        GROUP BY destination
    UNION ALL SELECT 'pending:' || destination, count(*) FROM outbox WHERE held IS NULL
        GROUP BY destination
    UNION ALL SELECT 'held:' || destination, count(*) FROM outbox WHERE held IS NOT NULL
        GROUP BY destination
    UNION ALL SELECT 'outcome:' || destination || ':' || outcome, count(*) FROM outcomes
        GROUP BY destination, outcome
"""
NO_ROWS = frozenset({"receipt_seq", "event_seq", "delivery_seq", glimpses.KEPT})
"""What counts up, whatever goes."""


def is_ours(path: Path) -> bool:
    """Whether the file was a store of ours, as far as a damaged one tells: by its header, or, where
    that is gone, by the log beside it.
    """
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except OSError:
        return False
    if header.startswith(MAGIC) and len(header) == HEADER_BYTES:
        (told,) = _APPLICATION_ID.unpack_from(header, _APPLICATION_ID_AT)
        return int(told) == APPLICATION_ID
    return path.with_name(f"{path.name}-wal").exists()


def is_lost(path: Path, *, had_store: bool) -> bool:
    """Whether a store of ours stood there, and nothing of it is in the file any more: SQLite would
    take an empty one for a new one, and throw the log beside it away.
    """
    if _bytes_of(path):
        return False
    return had_store or _bytes_of(path.with_name(f"{path.name}-wal")) > 0


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def set_aside(path: Path, now: datetime) -> Path:
    """Rename a database with what belongs to it; return its new path. It is durable."""
    aside = path.with_name(f"{path.name}.corrupt-{now:%Y%m%dT%H%M%SZ}")
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    files.sync_folder(path.parent)
    return aside


def set_aside_before(path: Path) -> list[str]:
    """Return the names of the databases that were set aside and are still there."""
    found = path.parent.glob(f"{path.name}.corrupt-*")
    return sorted(each.name for each in found if not each.name.endswith(("-wal", "-shm")))


def problems_of(path: Path) -> list[str]:
    """Look through a whole database file; return what is wrong with it, at most some of it."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as problem:
        return [f"it cannot be opened: {problem}"]
    try:
        connection.execute("BEGIN")
        return list(_problems(connection))[:MOST_PROBLEMS]
    except apsw.Error as problem:
        return [f"it cannot be read: {problem}"]
    finally:
        connection.close(force=True)


def is_sound(connection: apsw.Connection) -> bool:
    """Whether SQLite finds nothing wrong with the pages."""
    return rows_of(connection, "PRAGMA quick_check(1)") == [("ok",)]


def _problems(connection: apsw.Connection) -> Iterator[str]:
    if connection.pragma("application_id") != APPLICATION_ID:
        yield "it is not a store of wfm-gateway"
        return
    version, known = connection.pragma("user_version"), len(migrations())
    for (text,) in rows_of(connection, f"PRAGMA integrity_check({MOST_PROBLEMS})"):
        if text != "ok":
            yield f"SQLite: {text}"
    if version != known:
        yield f"its schema is {version}, this program's is {known}"
        return
    for words, joined, key in MISSING:
        ((count,),) = rows_of(connection, f"SELECT count(*) FROM {joined} WHERE {key} IS NULL")  # noqa: S608 - constants of ours
        if count:
            yield f"{count} {words}"
    yield from _wrong_counts(connection)


def _wrong_counts(connection: apsw.Connection) -> Iterator[str]:
    kept: dict[str, int] = dict(rows_of(connection, "SELECT name, n FROM counts"))
    found: dict[str, int] = dict(rows_of(connection, COUNTED))
    for name in sorted((kept.keys() | found.keys()) - NO_ROWS):
        if kept.get(name, 0) != found.get(name, 0):
            yield f"the count {name} is {kept.get(name, 0)}, the rows are {found.get(name, 0)}"


def copy(path: Path, target: Path) -> int:
    """Copy the database as it is now to a new private file; return its size in bytes.

    Raises:
        FileExistsError: there is something at *target* already.
        OSError: it cannot be written there.
        apsw.Error: it cannot be read, or there is no room.
    """
    partial = target.with_name(f"{target.name}.partial")
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, files.PRIVATE))
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.execute("VACUUM INTO ?", (str(partial),))
        finally:
            connection.close(force=True)
        files.sync_file(partial)
        os.link(partial, target)  # unlike a rename it replaces nothing
    finally:
        partial.unlink(missing_ok=True)
    files.sync_folder(target.parent)
    return target.stat().st_size
