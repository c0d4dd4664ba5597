"""The books that figures are made of, and what is known of contacts told in pieces."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import orjson

from gateway.model.agent import Status
from gateway.model.booking import contact_entry_from_json
from gateway.model.clock import to_millis
from gateway.model.ledger import AgentEntry, Heard, Mark
from gateway.model.printable import printable
from gateway.store.sqlite import glimpses
from gateway.store.sqlite.connection import connect, rows_of
from gateway.store.sqlite.glimpses import composed_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    import apsw

    from gateway.model.ledger import ContactEntry, Millis
    from gateway.ports.ledger import LedgerPages
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

T = TypeVar("T")

SLICE = 2_000
"""Contacts that one look reads: nothing is held open for longer."""

AGENTS_LOOKED_AT = 200
STANDING = 2
"""Entries that say how an agent stood, a state and a login or logout; `PAST` looks for one more."""

STEP = 500
"""Rows that one transaction forgets."""

KNOWN_CONTACTS = "SELECT key, known FROM contacts WHERE key IN (SELECT value FROM json_each(?))"
CONVERSATIONS = """
    SELECT name, conversation FROM conversations WHERE name IN (SELECT value FROM json_each(?))
"""
HEAR_ON = """
    UPDATE ledger_heard SET until = max(until, ?3) WHERE source = ?1 AND since = (
        SELECT max(since) FROM ledger_heard WHERE source = ?1) AND until >= ?2
"""
HEAR_ANEW = "INSERT OR IGNORE INTO ledger_heard (source, since, until) VALUES (?, ?, ?)"
UNHEAR_LATER = "DELETE FROM ledger_heard WHERE source = ? AND since > ?"
UNHEAR = "UPDATE ledger_heard SET until = ?2 WHERE source = ?1 AND until > ?2"
HEARD = """
    SELECT source, since, until FROM ledger_heard WHERE since < ? AND until > ?
    ORDER BY source, since
"""
NEXT_AGENT = """
    SELECT min(agent) FROM (
        SELECT min(agent) AS agent FROM ledger_agents WHERE agent > ?1
        UNION ALL SELECT min(agent) FROM ledger_glimpses WHERE agent > ?1)
"""
ENTRY = "agent, at, mark, status, reason"
STOOD = f"""
    SELECT {ENTRY}, n FROM ledger_agents WHERE agent = ? AND at < ? AND mark = 'state'
    ORDER BY at DESC, n DESC LIMIT 1
"""  # noqa: S608 - a constant of ours
WAS_IN = f"""
    SELECT {ENTRY}, n FROM ledger_agents WHERE agent = ? AND at < ? AND mark <> 'state'
    ORDER BY at DESC, n DESC LIMIT 1
"""  # noqa: S608 - a constant of ours
ENTRIES = f"""
    SELECT {ENTRY} FROM ledger_agents WHERE agent = ? AND at >= ? AND at < ? ORDER BY at, n
"""  # noqa: S608 - a constant of ours
COLUMN = {"arrival": "arrived_at", "end": "ended_at"}
CONTACTS = """
    SELECT {column}, key, entry FROM ledger_contacts
    WHERE {column} >= ? AND {column} < ? AND ({column}, key) > (?, ?)
    ORDER BY {column}, key LIMIT ?
"""
PAST = "SELECT 1 FROM ledger_agents WHERE agent = ? AND at < ? LIMIT 3"
# Of each agent the state that has lasted since before is kept: figures begin with it.
FORGET_AGENTS = """
    DELETE FROM ledger_agents WHERE (agent, at, n) IN (
        SELECT agent, at, n FROM ledger_agents e WHERE agent = ?1 AND at < ?2 AND EXISTS (
            SELECT 1 FROM ledger_agents later WHERE later.agent = ?1 AND later.at < ?2
                AND (later.mark = 'state') = (e.mark = 'state')
                AND (later.at, later.n) > (e.at, e.n))
        LIMIT ?3)
    RETURNING 0
"""
FORGET = (
    """
    DELETE FROM ledger_contacts WHERE key IN (
        SELECT key FROM ledger_contacts INDEXED BY ledger_contacts_end
        WHERE ended_at < ?1 LIMIT ?2)
    RETURNING 0
    """,
    """
    DELETE FROM ledger_contacts WHERE key IN (
        SELECT key FROM ledger_contacts INDEXED BY ledger_contacts_arrival
        WHERE arrived_at < ?1 AND ended_at IS NULL LIMIT ?2)
    RETURNING 0
    """,
    """
    DELETE FROM ledger_heard WHERE (source, since) IN (
        SELECT source, since FROM ledger_heard WHERE until < ?1 LIMIT ?2)
    RETURNING 0
    """,
)


@dataclass(frozen=True, slots=True)
class Pages:
    """`gateway.ports.LedgerPages` on a connection of its own; each look sees the books as they
    are then.
    """

    _connection: apsw.Connection

    def agent_entries(self, since: Millis, until: Millis) -> Iterator[AgentEntry]:
        """Yield entries agent by agent, how they stood before first."""
        agent = ""
        while (found := self._connection.execute(NEXT_AGENT, (agent,)).get) is not None:
            agent = str(found)
            stood = [
                *rows_of(self._connection, STOOD, (agent, since)),
                *rows_of(self._connection, WAS_IN, (agent, since)),
            ]
            told = [
                _agent_entry(*row[:5]) for row in sorted(stood, key=lambda each: (each[1], each[5]))
            ]
            told += [
                _agent_entry(*row)
                for row in rows_of(self._connection, ENTRIES, (agent, since, until))
            ]
            glimpsed = list(composed_entries(self._connection, agent, since, until))
            yield from sorted([*told, *glimpsed], key=lambda each: each.at) if glimpsed else told

    def contact_entries(
        self, since: Millis, until: Millis, *, booked_by: str
    ) -> Iterator[ContactEntry]:
        """Yield contacts in the order of what they are booked by."""
        sql = CONTACTS.format(column=COLUMN[booked_by])
        at, key = since, ""
        while rows := rows_of(self._connection, sql, (since, until, at, key, SLICE)):
            for at, key, entry in rows:  # noqa: B007 - where the next slice begins
                yield contact_entry_from_json(entry)

    def heard(self, since: Millis, until: Millis) -> list[Heard]:
        """Return the spans that overlap the time asked for."""
        return [Heard(*row) for row in rows_of(self._connection, HEARD, (until, since))]


def _agent_entry(agent: str, at: int, mark: str, status: str, reason: str | None) -> AgentEntry:
    return AgentEntry(agent, at, MARKS[mark], STATUSES[status], reason)


MARKS = {each.value: each for each in Mark}
STATUSES = {each.value: each for each in Status}


class SqliteLedger:
    """The part of the store that keeps the books."""

    _database: Database

    async def known_contacts(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what is known of these contacts (absent where nothing is)."""
        return await self._look_up(KNOWN_CONTACTS, keys)

    async def conversations(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return to which conversation names belong (absent where to none)."""
        return await self._look_up(CONVERSATIONS, names)

    async def _look_up(self, sql: str, keys: Sequence[str]) -> dict[str, T]:
        wanted = orjson.dumps([printable(key) for key in keys]).decode()
        return await self._database.read(lambda c: dict(rows_of(c, sql, (wanted,))))

    async def own_key(self, name: str) -> bytes:
        """Return a key of our own, 32 bytes that no other store has."""
        rows = await self._database.read(
            lambda c: rows_of(c, "SELECT value FROM keys WHERE name = ?", (name,))
        )
        return bytes(rows[0][0])

    async def read_ledger(self, work: Callable[[LedgerPages], T]) -> T:
        """Do *work* off the loop, on a connection of its own."""
        path = self._database.path

        def read() -> T:
            connection = connect(path, writes=False)
            try:
                return work(Pages(connection))
            finally:
                connection.close(force=True)

        return await asyncio.to_thread(read)

    async def hear(self, sources: Sequence[str], at: datetime, patience: timedelta) -> None:
        """Note that *sources* are heard at *at*."""
        now = to_millis(at)
        least = to_millis(at - patience)

        def run(transaction: Transaction) -> None:
            for source in sources:
                transaction.run(HEAR_ON, (source, least, now))
                if not transaction.changed():
                    transaction.run(HEAR_ANEW, (source, now, now))

        await self._database.write(run)

    async def unhear(self, source: str, since: datetime) -> None:
        """Take back that a source was heard after *since*."""
        values = (source, to_millis(since))

        def run(transaction: Transaction) -> None:
            transaction.run(UNHEAR_LATER, values)
            transaction.run(UNHEAR, values)

        await self._database.write(run)

    async def prune_ledger(self, now: datetime, retention: timedelta) -> int:
        """Remove one small step of what is past its time of each agent and of the rest."""
        before = to_millis(now - retention)
        removed = 0
        agent: str | None = ""
        while agent is not None:
            agent, several = await self._database.read(partial(_to_forget, agent, before))
            for each in several:
                for sql in (FORGET_AGENTS, glimpses.FORGET):
                    removed += await self._forget(sql, (each, before, STEP))
        for sql in FORGET:
            removed += await self._forget(sql, (before, STEP))
        return removed

    async def _forget(self, sql: str, values: tuple[str | int, ...]) -> int:
        return await self._database.write(lambda t: len(t.all(sql, values)), slow=True)


def _to_forget(
    agent: str, before: Millis, connection: apsw.Connection
) -> tuple[str | None, list[str]]:
    """Look at the next agents; return the last of them (`None`: there are no more), and those of
    whom more is past its time than how they stood.
    """
    several: list[str] = []
    for _ in range(AGENTS_LOOKED_AT):
        found = connection.execute(NEXT_AGENT, (agent,)).get
        if found is None:
            return None, several
        agent = str(found)
        told = len(rows_of(connection, PAST, (agent, before)))
        glimpsed = len(rows_of(connection, glimpses.PAST, (agent, before)))
        if told > STANDING or glimpsed > 1:
            several.append(agent)
    return agent, several
