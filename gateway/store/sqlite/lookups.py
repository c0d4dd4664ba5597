"""What operators look up, and the agents whose deliveries they let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.ports import DestinationMark, SeenState, ToldState
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.held import Place, let_go
from gateway.store.sqlite.identities import keep_badges
from gateway.store.sqlite.rows import time_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import apsw

    from gateway.model.badge import BadgeChange
    from gateway.model.delivery import Delivery
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

SIZES = ("receipts", "untranslated", "events", "quarantine", "dead_letters", "agents")
SIZES_BY_NAME = ("outcome:", "quarantine:", "dead_letters:")

SEEN_STATES = """
    SELECT source, code, label, status, mapped FROM seen_states ORDER BY source, label, code
"""

TOLD_STATES = "SELECT source, status, code, label FROM told_states ORDER BY n"


class SqliteLookups:
    """The rest of what operators ask the store."""

    _database: Database

    async def agents(self, *, source: str | None = None) -> Mapping[str, bytes]:
        """Return what is known of every agent, by key."""
        sql = "SELECT key, known FROM agents ORDER BY key"
        values: tuple[str, ...] = ()
        if source is not None:
            # ';' is the character after ':': all keys that start with the source's name and ':'.
            sql = "SELECT key, known FROM agents WHERE key >= ? AND key < ? ORDER BY key"
            values = (f"{source}:", f"{source};")
        return await self._database.read(lambda c: dict(rows_of(c, sql, values)))

    async def agent_keys(self) -> Sequence[str]:
        """Return the key of every agent of whom something is known."""
        rows = await self._database.read(lambda c: rows_of(c, "SELECT key FROM agents"))
        return [key for (key,) in rows]

    async def seen_states(self) -> Sequence[SeenState]:
        """Return every activity and state name told, by source."""
        rows = await self._database.read(lambda connection: rows_of(connection, SEEN_STATES))
        return [
            SeenState(source, code, label, status, bool(mapped))
            for source, code, label, status, mapped in rows
        ]

    async def told_states(self) -> Sequence[ToldState]:
        """Return every status with its reason that events told, the newest `MOST_TOLD_STATES`."""
        rows = await self._database.read(lambda connection: rows_of(connection, TOLD_STATES))
        return [
            ToldState(source, status, code or None, label or None)
            for source, status, code, label in rows
        ]

    async def sizes(self) -> Mapping[str, int]:
        """Count rows; see `gateway.ports.Records`."""
        tally = self._database.tally
        sizes = {name: tally[name] for name in SIZES}
        for prefix in SIZES_BY_NAME:
            sizes.update(tally.starting(prefix))
        return sizes

    async def release(
        self,
        destination: str,
        subject: str,
        *,
        lane: str,
        identity: str | None,
        skip_superseded: bool = False,
        badges: Sequence[BadgeChange] = (),
    ) -> Sequence[Delivery]:
        """Let go of an agent's held deliveries into *lane*; return them, in their old order."""
        now = self._database.now_millis()

        def run(transaction: Transaction) -> list[Delivery]:
            keep_badges(transaction, badges, now)
            place = Place(destination, subject, lane, identity)
            return let_go(transaction, place, now, skip_superseded=skip_superseded)

        return await self._database.write(run, slow=True)

    async def marks(self) -> Mapping[str, DestinationMark]:
        """Return each destination's mark."""

        def look(connection: apsw.Connection) -> dict[str, DestinationMark]:
            rows = rows_of(connection, "SELECT name, paused, parked_since FROM destinations")
            return {
                name: DestinationMark(paused=bool(paused), parked_since=time_or_none(since))
                for name, paused, since in rows
            }

        return await self._database.read(look)
