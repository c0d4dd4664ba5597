"""Everybody at once: what a snapshot is made of, in slices, and what a vendor was told by one."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from gateway.model.printable import printable
from gateway.ports import Newest
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.selection import CHUNK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

WAITING_SOURCES = """
    SELECT DISTINCT source FROM untranslated CROSS JOIN receipts USING (seq) WHERE seq <= ?
"""
AGENTS_AFTER = "SELECT key, known FROM agents WHERE key > ? ORDER BY key LIMIT ?"
LANES_AFTER = """
    SELECT lane, delivered FROM lanes WHERE destination = ? AND lane > ? ORDER BY lane LIMIT ?
"""
TELL = """
    INSERT INTO lanes (destination, lane, delivered, newest, settled_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (destination, lane) DO UPDATE SET delivered = excluded.delivered,
        newest = max(newest, excluded.newest), settled_at = excluded.settled_at
"""


class SqliteEverybody:
    """`gateway.ports.Everybody` on SQLite."""

    _database: Database

    def newest(self) -> Newest:
        """Return the last sequence numbers that are durable."""
        tally = self._database.tally
        return Newest(receipt=tally["receipt_seq"], delivery=tally["delivery_seq"])

    async def waiting_sources(self, upto: int) -> frozenset[str]:
        """Return the sources that have receipts up to that number not yet translated."""
        rows = await self._database.read(lambda c: rows_of(c, WAITING_SOURCES, (upto,)))
        return frozenset(source for (source,) in rows)

    async def agents_after(self, key: str, limit: int) -> Sequence[tuple[str, bytes]]:
        """Return what is known of the next agents behind *key*, by key."""
        rows = await self._database.read(lambda c: rows_of(c, AGENTS_AFTER, (key, limit)))
        return [(found, known) for found, known in rows]

    async def lanes_after(
        self, destination: str, lane: str, limit: int
    ) -> Sequence[tuple[str, bytes | None]]:
        """Return what was last delivered in the next lanes behind *lane*, by name."""
        values = (destination, lane, limit)
        rows = await self._database.read(lambda c: rows_of(c, LANES_AFTER, values))
        return [(found, delivered) for found, delivered in rows]

    async def told(
        self, destination: str, lanes: Mapping[str, bytes | None], *, newest: int = 0
    ) -> None:
        """Keep what the vendor was told in *lanes* besides deliveries; see `gateway.ports`."""
        now = self._database.now_millis()
        left = iter(lanes.items())
        while several := list(islice(left, CHUNK)):
            rows = [(destination, printable(lane), part, newest, now) for lane, part in several]
            await self._database.write(partial(_tell, rows), slow=True)


def _tell(
    rows: Sequence[tuple[str, str, bytes | None, int, int]], transaction: Transaction
) -> None:
    for row in rows:
        transaction.run(TELL, row)
