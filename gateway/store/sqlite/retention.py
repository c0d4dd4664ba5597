"""What is past its time goes, a small step at a time.

What goes is looked up by the reader and removed by the writer, which makes sure once more that
it may: nobody's answer waits for the search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from gateway.model.clock import to_millis
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.receipts import SEEN_MILLIS

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    import apsw

    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

STEP_ROWS = 500
STEP_BYTES = 4 * 1024 * 1024
STEP_LANES = 1_000
"""So many lanes are looked at in a step: no index tells which are idle, and nobody waits for it."""


@dataclass(frozen=True, slots=True)
class _Past:
    """One table's share of a step: *find* takes the cut-off and how many, *remove* what it found
    as a JSON array. *find* tells each row's key and roughly its bytes, *remove* when what it
    removed was received, 0 where no replay misses it.
    """

    count: str | None
    find: str
    remove: str


RECEIPTS = _Past(
    "receipts",
    """
    SELECT seq, length(body) FROM receipts INDEXED BY receipts_age
    WHERE received_at < ? AND seq NOT IN (SELECT seq FROM untranslated)
        AND NOT EXISTS (SELECT 1 FROM quarantine WHERE receipt = receipts.seq)
    ORDER BY received_at LIMIT ?
    """,
    """
    DELETE FROM receipts WHERE seq IN (SELECT value FROM json_each(?))
        AND seq NOT IN (SELECT seq FROM untranslated)
        AND NOT EXISTS (SELECT 1 FROM quarantine WHERE receipt = receipts.seq)
    RETURNING received_at
    """,
)
EVENTS = _Past(
    "events",
    """
    SELECT seq, length(event) FROM events INDEXED BY events_age
    WHERE recorded_at < ? AND NOT EXISTS (SELECT 1 FROM outbox WHERE event = events.seq)
    ORDER BY recorded_at LIMIT ?
    """,
    """
    DELETE FROM events WHERE seq IN (SELECT value FROM json_each(?))
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE event = events.seq)
    RETURNING recorded_at
    """,
)
# What is late by more than the retention is another contact.
CONTACTS = _Past(
    None,
    "SELECT key, length(known) FROM contacts INDEXED BY contacts_age WHERE touched_at < ? LIMIT ?",
    "DELETE FROM contacts WHERE key IN (SELECT value FROM json_each(?)) RETURNING 0",
)
CONVERSATIONS = _Past(
    None,
    """
    SELECT name, 0 FROM conversations INDEXED BY conversations_age WHERE touched_at < ? LIMIT ?
    """,
    "DELETE FROM conversations WHERE name IN (SELECT value FROM json_each(?)) RETURNING 0",
)
SEEN = _Past(
    None,
    "SELECT hex(digest), 0 FROM seen INDEXED BY seen_age WHERE seen_at <= ? LIMIT ?",
    "DELETE FROM seen WHERE digest IN (SELECT unhex(value) FROM json_each(?)) RETURNING 0",
)
# Lanes with a memory stay, a mapping may need it however long its agent was away; and those with
# dead letters, which must not be sent again after what came later.
LANES = _Past(
    None,
    """
    SELECT json_array(destination, lane), 0 FROM (
        SELECT * FROM lanes WHERE (destination, lane) > (?3, ?4)
        ORDER BY destination, lane LIMIT ?5) l
    WHERE settled_at < ?1 AND memory IS NULL
        AND NOT EXISTS (SELECT 1 FROM dead_letters d
            WHERE d.destination = l.destination AND d.lane = l.lane)
    LIMIT ?2
    """,
    """
    DELETE FROM lanes WHERE memory IS NULL AND (destination, lane) IN (
        SELECT value ->> 0, value ->> 1 FROM json_each(?))
    RETURNING 0
    """,
)
FIRST_LANE = "", ""
LAST_LOOKED_AT = """
    SELECT destination, lane FROM lanes WHERE (destination, lane) > (?, ?)
    ORDER BY destination, lane LIMIT 1 OFFSET ?
"""
STATES = _Past(
    None,
    """
    SELECT json_array(key, before), coalesce(length(known), 0)
    FROM agent_states INDEXED BY agent_states_age WHERE at < ? LIMIT ?
    """,
    """
    DELETE FROM agent_states WHERE (key, before) IN (
        SELECT value ->> 0, value ->> 1 FROM json_each(?))
    RETURNING at
    """,
)
# The past is whole from here on only.
FORGOTTEN = """
    INSERT INTO meta VALUES ('forgotten_until', ?)
    ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)
"""
OUTCOMES = """
    DELETE FROM outcomes WHERE at < ? AND n IN (SELECT n FROM outcomes ORDER BY n LIMIT ?)
    RETURNING destination, outcome
"""


class SqliteRetention:
    """The part of the store that forgets."""

    _database: Database
    _lanes_from: tuple[str, str]
    """Behind which lane the next step looks."""

    async def prune(self, now: datetime, retention: timedelta) -> int:
        """Remove one small step of what is past its time; return how much was removed."""
        cutoff = to_millis(now - retention)
        shares = [
            (RECEIPTS, cutoff),
            (EVENTS, cutoff),
            (STATES, cutoff),
            (CONTACTS, cutoff),
            (CONVERSATIONS, cutoff),
            (SEEN, to_millis(now) - SEEN_MILLIS),
        ]

        def look(connection: apsw.Connection) -> list[tuple[_Past, str]]:
            found = [(past, _find(connection, past, before)) for past, before in shares]
            found.append((LANES, self._idle_lanes(connection, cutoff)))
            return [(past, keys) for past, keys in found if keys]

        found = await self._database.read(look)
        is_due = await self._database.read(lambda c: _has_outcomes(c, cutoff))
        if not found and not is_due:
            return 0
        return await self._database.write(
            lambda transaction: _remove(transaction, found, cutoff), slow=True
        )

    def _idle_lanes(self, connection: apsw.Connection, before: int) -> str:
        start = self._lanes_from
        keys = _find(connection, LANES, before, (*start, STEP_LANES))
        ends = rows_of(connection, LAST_LOOKED_AT, (*start, STEP_LANES - 1))
        if not keys:
            self._lanes_from = ends[0] if ends else FIRST_LANE
        return keys


def _has_outcomes(connection: apsw.Connection, before: int) -> bool:
    first = rows_of(connection, "SELECT at FROM outcomes ORDER BY n LIMIT 1")
    return bool(first) and first[0][0] < before


def _find(
    connection: apsw.Connection,
    past: _Past,
    before: int,
    more: tuple[str, str, int] | tuple[()] = (),
) -> str:
    """Return the keys of rows for one step, as a JSON array; empty where there are none."""
    keys: list[Any] = []
    size: Any = 0
    for key, length in connection.execute(past.find, (before, STEP_ROWS, *more)):
        keys.append(key)
        size += length
        if size > STEP_BYTES:
            break
    return orjson.dumps(keys).decode() if keys else ""


def _remove(transaction: Transaction, found: list[tuple[_Past, str]], cutoff: int) -> int:
    removed = until = 0
    for past, keys in found:
        gone = transaction.all(past.remove, (keys,))
        removed += len(gone)
        until = max(until, *(at for (at,) in gone), 0)
        if past.count:
            transaction.count(past.count, -len(gone))
    if until:
        transaction.run(FORGOTTEN, (until,))
    rows = transaction.all(OUTCOMES, (cutoff, STEP_ROWS))
    for destination, outcome in rows:
        transaction.count(f"outcome:{destination}:{outcome}", -1)
    return removed + len(rows)
