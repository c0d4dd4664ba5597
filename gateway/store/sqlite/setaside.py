"""Quarantine entries as operators see and decide them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from gateway.model.clock import from_millis
from gateway.ports import Quarantined, QuarantineEntry
from gateway.store.sqlite import quarantine
from gateway.store.sqlite.rows import indices, pack_indices
from gateway.store.sqlite.selection import QUARANTINE, chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import apsw

    from gateway.ports import Selection
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction
    from gateway.store.sqlite.waiting import Waiting

ENTRIES = """
    SELECT q.n, q.source, r.id, r.received_at, q.reason, q.detail, q.place, q.excerpt,
        CASE WHEN q.place IS NULL THEN r.body END
    FROM (SELECT * FROM quarantine WHERE {clauses} ORDER BY n DESC LIMIT ?) q
    JOIN receipts r ON r.seq = q.receipt ORDER BY q.n DESC
"""
REMOVE = """
    DELETE FROM quarantine WHERE n IN (SELECT value FROM json_each(?))
    RETURNING receipt, place, source
"""
RECEIPT_STATE = """
    SELECT skip, EXISTS (SELECT 1 FROM untranslated WHERE seq = ?1) FROM receipts WHERE seq = ?1
"""
# A finished receipt comes again at the end of the order. One that is still to be translated
# goes its way without these records, and a copy of it brings them.
GIVE_BACK = """
    UPDATE receipts SET seq = ?2, skip = ?3, chosen = ?4, place = coalesce(place, seq)
    WHERE seq = ?1
"""
COPY = """
    INSERT INTO receipts (seq, id, source, received_at, skip, chosen, signed, query_trusted,
        method, headers, query, body, place)
    SELECT ?2, id, source, received_at, ?3, ?4, signed, query_trusted, method, headers, query, body,
        coalesce(place, seq)
    FROM receipts WHERE seq = ?1
"""
FOLLOW = "UPDATE quarantine SET receipt = ?2 WHERE receipt = ?1"


class SqliteQuarantine:
    """What operators do with what could not be read."""

    _database: Database
    _waiting: Waiting

    async def quarantine_entries(
        self, selection: Selection, *, limit: int = 100
    ) -> Sequence[QuarantineEntry]:
        """Return the newest entries that are meant."""
        clauses, values = QUARANTINE.where(selection)

        def look(connection: apsw.Connection) -> list[QuarantineEntry]:
            rows = connection.execute(ENTRIES.format(clauses=clauses), (*values, limit))
            return [_entry(row) for row in rows]

        return await self._database.read(look)

    async def retry_quarantine(self, selection: Selection) -> int:
        """Give receipts back to translation, just the entries' records; return how many entries."""
        retried = 0
        for numbers in chunks(await self._selected(selection)):
            retried += await self._database.write(
                partial(_retry, numbers), slow=True, committed=self._look_again
            )
        return retried

    async def discard_quarantine(self, selection: Selection) -> int:
        """Remove entries; return how many."""
        removed = 0
        for numbers in chunks(await self._selected(selection)):
            discarded = await self._database.write(partial(_remove, numbers), slow=True)
            removed += len(discarded)
        return removed

    def _look_again(self, _retried: int) -> None:
        self._waiting.look_again()

    async def _selected(self, selection: Selection) -> list[int]:
        return await self._database.read(
            lambda connection: QUARANTINE.selected(connection, selection)
        )


def _entry(row: tuple[Any, ...]) -> QuarantineEntry:
    n, source, receipt_id, received_at, reason, detail, place, excerpt, body = row
    return QuarantineEntry(
        id=QUARANTINE.id_of(n),
        source=source,
        receipt_id=receipt_id,
        received_at=from_millis(received_at),
        entry=Quarantined(reason, detail, place, excerpt),
        body=excerpt if body is None else body,
    )


def _remove(numbers: str, transaction: Transaction) -> list[tuple[int, int | None]]:
    rows = transaction.all(REMOVE, (numbers,))
    quarantine.count(transaction, [source for _, _, source in rows], -1)
    return [(receipt, place) for receipt, place, _ in rows]


def _retry(numbers: str, transaction: Transaction) -> int:
    removed = _remove(numbers, transaction)
    places: dict[int, list[int | None]] = {}
    for receipt, place in removed:
        places.setdefault(receipt, []).append(place)
    for receipt, wanted in places.items():
        _give_back(transaction, receipt, wanted)
    return len(removed)


def _give_back(transaction: Transaction, receipt: int, places: list[int | None]) -> None:
    state = transaction.first(RECEIPT_STATE, (receipt,))
    if state is None:
        return
    skip, waits = state
    chosen = [place for place in places if place is not None]
    is_whole = len(chosen) < len(places)
    again = (
        receipt,
        transaction.next("receipt_seq"),
        pack_indices((indices(skip) or frozenset()).difference(chosen)),
        None if is_whole else pack_indices(chosen),
    )
    if waits:
        transaction.run(COPY, again)
        transaction.count("receipts")
    else:
        transaction.run(GIVE_BACK, again)
        transaction.run(FOLLOW, again[:2])
    transaction.waits(again[1])
