"""Dead letters as operators see and decide them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gateway.model.clock import from_millis, to_millis
from gateway.model.delivery import Delivery
from gateway.ports import DeadLetter
from gateway.store.sqlite.fanout import insert_event, owe
from gateway.store.sqlite.newer import has_newer
from gateway.store.sqlite.outcome import count_dead, remember
from gateway.store.sqlite.selection import DEAD_LETTERS, chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import apsw

    from gateway.ports import Selection
    from gateway.store.sqlite.connection import Row
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

LETTERS = """
    SELECT n, destination, subject, event_id, event_type, event, reason, detail, mapping, status,
        answer, attempts, dead_at
    FROM dead_letters WHERE {clauses} ORDER BY n DESC LIMIT ?
"""
CHOSEN = """
    SELECT n, seq, event_id, destination, lane, subject, event_type, event, recorded_at, identity,
        collapses, attempts
    FROM dead_letters WHERE n IN (SELECT value FROM json_each(?)) ORDER BY n
"""
REMOVE = "DELETE FROM dead_letters WHERE n = ?"
DISCARD = """
    DELETE FROM dead_letters WHERE n IN (SELECT value FROM json_each(?)) RETURNING destination
"""


@dataclass(frozen=True, slots=True)
class _Retried:
    deliveries: list[Delivery]
    superseded: int


class SqliteDeadLetters:
    """What operators do with what could not be delivered."""

    _database: Database

    async def dead_letters(self, selection: Selection, *, limit: int = 100) -> Sequence[DeadLetter]:
        """Return the newest dead letters that are meant."""
        clauses, values = DEAD_LETTERS.where(selection)

        def look(connection: apsw.Connection) -> list[DeadLetter]:
            rows = connection.execute(LETTERS.format(clauses=clauses), (*values, limit))
            return [_letter(row) for row in rows]

        return await self._database.read(look)

    async def retry_dead_letters(
        self,
        selection: Selection,
        *,
        skip_superseded: frozenset[str],
        offer: Callable[[Sequence[Delivery]], None] | None = None,
    ) -> tuple[Sequence[Delivery], int]:
        """Owe dead letters again, at the end of their lanes; see `gateway.ports.Records`."""
        deliveries: list[Delivery] = []
        superseded = 0
        now = self._database.now_millis()
        for numbers in chunks(await self._chosen(selection)):
            retry = partial(_retry, numbers, skip_superseded, now)
            retried = await self._database.write(retry, slow=True)
            if offer is not None:
                offer(retried.deliveries)
            deliveries += retried.deliveries
            superseded += retried.superseded
        return deliveries, superseded

    async def discard_dead_letters(self, selection: Selection) -> int:
        """Remove dead letters; return how many."""
        removed = 0
        for numbers in chunks(await self._chosen(selection)):
            removed += await self._database.write(partial(_discard, numbers), slow=True)
        return removed

    async def _chosen(self, selection: Selection) -> list[int]:
        return await self._database.read(
            lambda connection: DEAD_LETTERS.selected(connection, selection)
        )


def _letter(row: Row) -> DeadLetter:
    values: Row = (DEAD_LETTERS.id_of(row[0]), *row[1:12], from_millis(row[12]))
    return DeadLetter(*values)


def _retry(
    numbers: str, skip_superseded: frozenset[str], now: int, transaction: Transaction
) -> _Retried:
    deliveries: list[Delivery] = []
    superseded = 0
    for n, seq, *columns in transaction.all(CHOSEN, (numbers,)):
        letter = _delivery(seq, columns)
        is_superseded = (
            letter.collapses
            and letter.destination in skip_superseded
            and has_newer(transaction, letter)
        )
        transaction.run(REMOVE, (n,))
        count_dead(transaction, letter.destination, -1)
        if is_superseded:
            superseded += 1
            tried = columns[-1]
            remember(transaction, letter, "superseded", attempts=tried, status=None, at=now)
        else:
            deliveries.append(_owe_again(transaction, letter))
    return _Retried(deliveries, superseded)


def _delivery(seq: int, columns: list[Any]) -> Delivery:
    recorded_at, identity, collapses = columns[6:9]
    values: Row = (seq, *columns[:6], from_millis(recorded_at), identity, bool(collapses))
    return Delivery(*values)


def _owe_again(transaction: Transaction, letter: Delivery) -> Delivery:
    seq = transaction.next("delivery_seq")
    again = replace(letter, seq=seq)
    owe(transaction, again, _event_seq(transaction, letter), None)
    return again


def _event_seq(transaction: Transaction, letter: Delivery) -> int:
    """Return the event's place; retention may have removed it, the dead letter has a copy."""
    known = transaction.first("SELECT seq FROM events WHERE id = ?", (letter.event_id,))
    if known is not None:
        return int(known[0])
    at = to_millis(letter.recorded_at)
    row = letter.event_id, None, letter.subject, letter.event_type, at, letter.event
    seq = insert_event(transaction, row)
    assert seq is not None
    return seq


def _discard(numbers: str, transaction: Transaction) -> int:
    rows = transaction.all(DISCARD, (numbers,))
    for (destination,) in rows:
        count_dead(transaction, destination, -1)
    return len(rows)
