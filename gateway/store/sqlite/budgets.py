"""How much is kept, and what goes first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gateway.model.clock import to_millis
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.outcome import count_dead, remember, settle
from gateway.store.sqlite.rows import DELIVERY, delivery_from_row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import apsw

    from gateway.model.delivery import Delivery
    from gateway.ports import Kept
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

LOOKED_AT = 5000

# So many rows are looked at and no more, whatever is found among them.
OVERTAKEN = f"""
    SELECT {DELIVERY} FROM (
        SELECT * FROM outbox INDEXED BY outbox_lanes
        WHERE destination = ? AND held IS NULL AND (lane, seq) > (?, ?)
        ORDER BY lane, seq LIMIT ?) o
    JOIN events e ON e.seq = o.event
    WHERE o.collapses AND EXISTS (SELECT 1 FROM outbox n INDEXED BY outbox_lanes
        WHERE n.destination = o.destination AND n.lane = o.lane AND n.held IS NULL
            AND n.seq > o.seq AND n.collapses)
    ORDER BY o.lane, o.seq
"""  # noqa: S608 - a constant of ours
LAST_LOOKED_AT = """
    SELECT lane, seq FROM outbox INDEXED BY outbox_lanes
    WHERE destination = ? AND held IS NULL AND (lane, seq) > (?, ?)
    ORDER BY lane, seq LIMIT 1 OFFSET ?
"""
# Of the oldest the states go last: when all that could collapse has, each is an agent's newest.
OLDEST = f"""
    SELECT {DELIVERY} FROM (
        SELECT * FROM (
            SELECT * FROM outbox INDEXED BY outbox_age
            WHERE destination = ? AND held IS NULL ORDER BY recorded_at, seq LIMIT {LOOKED_AT})
        ORDER BY collapses, recorded_at, seq LIMIT ?) o
    JOIN events e ON e.seq = o.event ORDER BY o.collapses, o.recorded_at, o.seq
"""  # noqa: S608 - a constant of ours
OLDEST_HELD = f"""
    SELECT {DELIVERY} FROM outbox o INDEXED BY outbox_held JOIN events e ON e.seq = o.event
    WHERE o.destination = ? AND o.held IS NOT NULL ORDER BY o.seq LIMIT ?
"""  # noqa: S608 - a constant of ours
FORGET_LETTERS = """
    DELETE FROM dead_letters WHERE n IN (
        SELECT n FROM dead_letters WHERE destination = ? ORDER BY n LIMIT ?)
"""
FORGET_ENTRIES = """
    DELETE FROM quarantine WHERE n IN (SELECT n FROM quarantine ORDER BY n LIMIT ?)
    RETURNING source
"""
Place = tuple[str, int]
"""A lane, and a sequence number in it."""

OVER_BUDGET = "more were held than store.max_held"


class SqliteBudgets:
    """The part of the store that knows how much is too much."""

    _database: Database
    _refusal: str | None

    async def disk_bytes(self) -> int:
        """Return how much the store takes, without the room that it would use again."""

        def look(connection: apsw.Connection) -> int:
            pages, free, size = (
                connection.pragma(name) for name in ("page_count", "freelist_count", "page_size")
            )
            return int((pages - free) * size)

        return await self._database.read(look)

    def refuse_intake(self, why: str | None) -> None:
        """Take no more requests, because of *why*; `None`: take them again."""
        self._refusal = why

    async def overtaken(
        self, destination: str, *, after: Place, most: int
    ) -> tuple[Sequence[Delivery], Place | None]:
        """Look at what is owed behind *after*; return states that a newer one of their lane
        follows, and where to go on.
        """

        def look(connection: apsw.Connection) -> tuple[list[Delivery], Place | None]:
            rows = rows_of(connection, OVERTAKEN, (destination, *after, most))
            last = rows_of(connection, LAST_LOOKED_AT, (destination, *after, most - 1))
            return [delivery_from_row(row) for row in rows], last[0] if last else None

        return await self._database.read(look)

    async def oldest_owed(self, destination: str, *, most: int) -> Sequence[Delivery]:
        """Return deliveries that have been owed for longest, states last."""
        rows = await self._database.read(lambda c: rows_of(c, OLDEST, (destination, most)))
        return [delivery_from_row(row) for row in rows]

    async def forget(self, kept: Kept, name: str, *, most: int) -> int:
        """Remove the oldest of what is kept; return how many went."""
        steps: dict[Kept, Callable[[Transaction], int]] = {
            "quarantine": partial(_forget_entries, most),
            "dead_letters": partial(_forget_letters, name, most),
            "held": partial(_forget_held, name, most, to_millis(self._database.now())),
        }
        return await self._database.write(steps[kept], slow=True)


def _forget_entries(most: int, transaction: Transaction) -> int:
    sources = [source for (source,) in transaction.all(FORGET_ENTRIES, (most,))]
    transaction.count("quarantine", -len(sources))
    for source in sources:
        transaction.count(f"quarantine:{source}", -1)
    return len(sources)


def _forget_letters(destination: str, most: int, transaction: Transaction) -> int:
    transaction.run(FORGET_LETTERS, (destination, most))
    gone = transaction.changed()
    count_dead(transaction, destination, -gone)
    return gone


def _forget_held(destination: str, most: int, now: int, transaction: Transaction) -> int:
    held = list(map(delivery_from_row, transaction.all(OLDEST_HELD, (destination, most))))
    for delivery in held:
        settle(transaction, delivery)
        attempts = delivery.attempts
        remember(
            transaction,
            delivery,
            "dropped",
            attempts=attempts,
            status=None,
            at=now,
            detail=OVER_BUDGET,
        )
    return len(held)
