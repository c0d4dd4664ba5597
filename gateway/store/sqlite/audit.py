"""What operators did, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.model.clock import from_millis, to_millis
from gateway.model.printable import printable
from gateway.ports import AuditEntry
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.rows import millis_or_none

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

KEPT = 100_000
"""More than operators do in years."""

KEEP = "INSERT INTO audit (at, who, action, asked, why, result) VALUES (?, ?, ?, ?, ?, ?)"
FORGET = "DELETE FROM audit WHERE n <= (SELECT max(n) FROM audit) - ?"
FIND = """
    SELECT at, who, action, asked, why, result FROM audit
    WHERE at >= coalesce(?, at) AND at <= coalesce(?, at) ORDER BY n DESC LIMIT ?
"""


class SqliteAudit:
    """Appended to, never changed."""

    _database: Database

    async def keep_audit(self, entry: AuditEntry) -> None:
        """Make an entry durable."""
        row = (
            to_millis(entry.at),
            printable(entry.who),
            entry.action,
            orjson.dumps(dict(entry.asked), default=str).decode(),
            None if entry.why is None else printable(entry.why),
            orjson.dumps(dict(entry.result), default=str).decode(),
        )

        def run(transaction: Transaction) -> None:
            transaction.run(KEEP, row)
            transaction.run(FORGET, (KEPT,))

        await self._database.write(run)

    async def audit(
        self, *, since: datetime | None = None, until: datetime | None = None, limit: int = 100
    ) -> Sequence[AuditEntry]:
        """Return the newest entries of a span, newest first."""
        asked = (millis_or_none(since), millis_or_none(until), limit)
        rows = await self._database.read(lambda connection: rows_of(connection, FIND, asked))
        return [
            AuditEntry(from_millis(at), who, action, orjson.loads(told), why, orjson.loads(result))
            for at, who, action, told, why, result in rows
        ]
