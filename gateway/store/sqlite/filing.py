"""What was written for whom."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from gateway.model.clock import from_millis, to_millis
from gateway.model.printable import printable
from gateway.ports import Filed
from gateway.store.sqlite.connection import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from apsw import SQLiteValue

    from gateway.model.ledger import Millis
    from gateway.store.sqlite.connection import Row
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

STEP = 500
SINCE = "SELECT since FROM filing WHERE destination = ? AND shape = ?"
BEGIN = "INSERT OR IGNORE INTO filing (destination, shape, since) VALUES (?, ?, ?)"
FILED = """
    SELECT start, until, revision, names, coverage, at, figures, content, problem FROM filed
    WHERE destination = ? AND start >= ? AND start < ? ORDER BY start, until
"""
KEEP = """
    INSERT OR REPLACE INTO filed
    (destination, start, until, revision, names, coverage, at, figures, content, problem)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
OLD = f"""
    SELECT destination, start, until FROM filed WHERE start < ? ORDER BY start LIMIT {STEP}
"""  # noqa: S608 - a constant of ours
FORGET = "DELETE FROM filed WHERE destination = ? AND start = ? AND until = ?"


class SqliteFiling:
    """`gateway.ports.Filing` on SQLite."""

    _database: Database

    async def filing_since(self, destination: str, shape: str, now: datetime) -> datetime:
        """Return when the destination was first asked for in this shape; see `gateway.ports`."""
        key = destination, shape
        rows = await self._database.read(lambda c: rows_of(c, SINCE, key))
        if rows:
            return from_millis(rows[0][0])
        await self._database.write(partial(_run, BEGIN, (*key, to_millis(now))))
        return from_millis(to_millis(now))

    async def filed(self, destination: str, since: Millis, until: Millis) -> Sequence[Filed]:
        """Return what became of the spans that begin in that time, in order."""
        values = destination, since, until
        rows = await self._database.read(lambda c: rows_of(c, FILED, values))
        return [_filed(row) for row in rows]

    async def keep_filed(self, destination: str, filed: Filed) -> None:
        """Keep what became of a span, in place of what was kept of it."""
        row = (
            *(destination, filed.start, filed.until, filed.revision),
            *(json.dumps(filed.names), filed.coverage, to_millis(filed.at)),
            *(filed.figures, filed.content),
            None if filed.problem is None else printable(filed.problem),
        )
        await self._database.write(partial(_run, KEEP, row))

    async def prune_filed(self, before: datetime) -> int:
        """Forget one small step of the spans that began before; return how many."""
        limit = (to_millis(before),)
        if not await self._database.read(lambda c: rows_of(c, OLD, limit)):
            return 0

        def run(transaction: Transaction) -> int:
            rows = transaction.all(OLD, limit)
            for row in rows:
                transaction.run(FORGET, tuple(row))
            return len(rows)

        return await self._database.write(run)


def _run(statement: str, values: tuple[SQLiteValue, ...], transaction: Transaction) -> None:
    transaction.run(statement, values)


def _filed(row: Row) -> Filed:
    start, until, revision, names, coverage, at, figures, content, problem = row
    return Filed(
        start=start,
        until=until,
        revision=revision,
        names=tuple(json.loads(names)),
        coverage=coverage,
        at=from_millis(at),
        figures=figures,
        content=content,
        problem=problem,
    )
