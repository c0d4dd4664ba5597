"""Badges and who wore them, in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.model.badge import CONFLICT, EVERYWHERE, Badge, Badges
from gateway.model.clock import to_millis
from gateway.model.printable import printable
from gateway.ports import HeldAgent
from gateway.store.sqlite.connection import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import apsw

    from gateway.model.badge import BadgeChange
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

WORN = "SELECT destination, agent, identity FROM badges"
WAITING = f"""
    SELECT DISTINCT destination, subject, identity FROM outbox INDEXED BY outbox_held
    WHERE held IS NOT NULL AND held = '{CONFLICT}' AND identity IS NOT NULL
"""  # noqa: S608 - a constant of ours
PUT_ON = """
    INSERT INTO badges (agent, destination, identity) VALUES (?, ?, ?)
    ON CONFLICT (agent, destination) DO UPDATE SET identity = excluded.identity
"""
TAKE_OFF = "DELETE FROM badges WHERE agent = ? AND destination = ?"
LAST_OF_AGENT = "SELECT identity FROM went_by WHERE agent = ? ORDER BY since DESC LIMIT 1"
GOES_BY = "INSERT OR IGNORE INTO went_by (identity, since, agent) VALUES (?, ?, ?)"
WENT_BY = """
    SELECT agent FROM went_by WHERE identity = ? AND since <= ? ORDER BY since DESC LIMIT 1
"""
WERE_TOLD = "SELECT DISTINCT agent FROM went_by"
HELD_OF = """
    SELECT h.destination, h.subject, h.n, o.lane, o.held, e.event
    FROM (SELECT destination, subject, count(*) AS n, max(seq) AS newest
          FROM outbox INDEXED BY outbox_held WHERE held IS NOT NULL {which}
          GROUP BY destination, subject) h
    JOIN outbox o ON o.seq = h.newest JOIN events e ON e.seq = o.event
    ORDER BY h.destination, h.subject
"""
OF_THESE = """
    AND destination IN (SELECT value FROM json_each(?))
    AND subject IN (SELECT value FROM json_each(?))
"""


class SqliteIdentities:
    """The part of the store that knows who goes by which identity."""

    _database: Database

    async def badges(self) -> Badges:
        """Return who wears which badge, and who waits for one."""

        def look(connection: apsw.Connection) -> Badges:
            worn, waiting = (
                [Badge(*row) for row in rows_of(connection, sql)] for sql in (WORN, WAITING)
            )
            return Badges(worn, waiting)

        return await self._database.read(look)

    async def who_went_by(self, wfm_id: str, at: datetime) -> str | None:
        """Return the key of the agent who went by a WFM id at that time, or last before it."""
        values = printable(wfm_id), to_millis(at)
        rows = await self._database.read(lambda c: rows_of(c, WENT_BY, values))
        return rows[0][0] if rows else None

    async def who_were_told(self) -> frozenset[str]:
        """Return the keys of the agents who went by a WFM id once."""
        rows = await self._database.read(lambda c: rows_of(c, WERE_TOLD))
        return frozenset(key for (key,) in rows)

    async def held(self) -> Sequence[HeldAgent]:
        """Return the agents for whom deliveries are held, by destination."""
        sql = HELD_OF.format(which="")
        return [HeldAgent(*row) for row in await self._database.read(lambda c: rows_of(c, sql))]

    async def held_of(self, agents: Sequence[str]) -> Sequence[HeldAgent]:
        """Return what is held of these agents."""
        tally = self._database.tally
        names = [key.partition(":")[2] for key, n in tally.starting("held:").items() if n]
        if not names:
            return ()
        sql = HELD_OF.format(which=OF_THESE)
        values = orjson.dumps(names).decode(), orjson.dumps(list(map(printable, agents))).decode()
        rows = await self._database.read(lambda c: rows_of(c, sql, values))
        return [HeldAgent(*row) for row in rows]


def keep_badges(transaction: Transaction, changes: Iterable[BadgeChange], at: int) -> None:
    """Write down what agents go by from *at* (milliseconds) on."""
    for each in changes:
        agent, destination = printable(each.agent), each.destination
        if each.identity is None:
            transaction.run(TAKE_OFF, (agent, destination))
            continue
        identity = printable(each.identity)
        transaction.run(PUT_ON, (agent, destination, identity))
        if destination == EVERYWHERE:
            last = transaction.first(LAST_OF_AGENT, (agent,))
            if last is None or last[0] != identity:
                transaction.run(GOES_BY, (identity, at, agent))
