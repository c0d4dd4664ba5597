"""A person taken out of the store, in bounded steps, so that no byte of them stays in the file."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import orjson

from gateway.store.sqlite import people
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.outcome import remember, settle
from gateway.store.sqlite.recovery import finish_receipts
from gateway.store.sqlite.rows import (
    DELIVERY,
    RECEIPT,
    delivery_from_row,
    indices,
    pack_indices,
    receipt_from_row,
)
from gateway.store.sqlite.selection import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TypeVar

    import apsw

    from gateway.model.receipt import JournaledReceipt
    from gateway.ports import Key, Page, ReceiptEdit, Row, Table, Text
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.hours import Hours
    from gateway.store.sqlite.tally import Transaction

    T = TypeVar("T")

EDITS = 20
"""Receipts that are rewritten in one transaction: their bodies may be big."""

TRIES = 50
TRY_SECONDS = 0.1
READ_BYTES = 1024 * 1024
REWRITTEN_BYTES = 64 * 1024 * 1024
"""A file so small is written anew where bytes were left: it takes a second at most."""

LAST_TRANSLATED = """
    SELECT coalesce((SELECT min(seq) - 1 FROM untranslated), (SELECT max(seq) FROM receipts), 0)
"""
LAST = "SELECT coalesce(max({key}), 0) FROM {table}"
# The books number their entries among the events, and keep them when those are gone.
LAST_NUMBERED = "SELECT coalesce(max(n), 0) FROM counts WHERE name = 'event_seq'"
KEPT = f"""
    SELECT {RECEIPT} FROM receipts WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq
"""  # noqa: S608 - a constant of ours
SKIPPED = "SELECT skip FROM receipts WHERE seq = ?"
REWRITE = "UPDATE receipts SET body = ?, query = ?, skip = ? WHERE seq = ?"
REMOVE = "DELETE FROM receipts WHERE seq = ?"
ASIDE = "SELECT n, place FROM quarantine INDEXED BY quarantine_receipt WHERE receipt = ?"
OWED = """
    SELECT destination, count(*) FROM outbox INDEXED BY outbox_event
    WHERE event IN (SELECT value FROM json_each(?)) GROUP BY destination
"""
OWED_THERE = f"""
    SELECT {DELIVERY} FROM outbox o INDEXED BY outbox_event JOIN events e ON e.seq = o.event
    WHERE o.event IN (SELECT value FROM json_each(?)) AND o.destination = ? ORDER BY o.seq
"""  # noqa: S608 - a constant of ours
ERASED = "erased"
BY_WHOM = "the person was erased by an operator"


class SqliteErasure:
    """The part of the store that forgets people."""

    _database: Database
    _hours: Hours

    async def ends(self, *, with_untranslated: bool) -> Mapping[Table, Key]:
        """Return the last key of each table that goes on growing."""

        def look(connection: apsw.Connection) -> dict[Table, Key]:
            last = LAST.format(key="seq", table="receipts")
            ((receipt,),) = rows_of(connection, last if with_untranslated else LAST_TRANSLATED)
            found: dict[Table, Key] = {"receipts": (receipt,)}
            for table in people.GROWING:
                (key,) = people.TOLD[table].keys
                ((end,),) = rows_of(connection, LAST.format(key=key, table=table))
                found[table] = (end,)
            ((numbered,),) = rows_of(connection, LAST_NUMBERED)
            return found | {"events": (numbered,)}

        return await self._database.read(look)

    async def rows_after(
        self, table: Table, after: Key | None, upto: Key | None, wanted: Callable[[Row], bool]
    ) -> Page:
        """Look at the next rows of a table behind *after*, up to *upto*."""
        return await self._database.read(
            lambda connection: people.rows_after(connection, table, after, upto, wanted)
        )

    async def kept_receipts(self, seqs: Sequence[int]) -> Sequence[JournaledReceipt]:
        """Return receipts as they are kept."""
        wanted = orjson.dumps(list(seqs)).decode()
        rows = await self._database.read(lambda connection: rows_of(connection, KEPT, (wanted,)))
        return [receipt_from_row(row) for row in rows]

    async def edit_receipts(
        self, edits: Sequence[ReceiptEdit], *, is_real: bool = True
    ) -> Sequence[Key]:
        """Rewrite or remove receipts, with what is in quarantine of what is gone."""
        found: list[Key] = []
        for several in _cut(edits, EDITS):
            if is_real:
                found += await self._database.write(partial(_edit, several), slow=True)
            else:
                found += await self._database.read(partial(_aside, several))
        return found

    async def erase(
        self, table: Table, gone: Sequence[Key], changed: Mapping[Key, tuple[Text, ...]]
    ) -> None:
        """Remove rows, and write others anew."""
        for keys in _cut(gone, CHUNK):
            await self._database.write(partial(people.remove, table=table, gone=keys), slow=True)
        for rows in _cut(changed.items(), CHUNK):
            await self._database.write(partial(_change, table, rows), slow=True)

    async def owed_of(self, events: Sequence[int]) -> Mapping[str, int]:
        """Return how many deliveries of these events each destination is owed."""
        found: dict[str, int] = {}
        for several in _cut(events, CHUNK):
            values = (orjson.dumps(several).decode(),)
            rows = await self._database.read(partial(rows_of, sql=OWED, bindings=values))
            for name, count in rows:
                found[name] = found.get(name, 0) + count
        return found

    async def erase_owed(self, destination: str, events: Sequence[int]) -> int:
        """Take deliveries of these events out of what a destination is owed."""
        now = self._database.now_millis()
        return sum(
            [
                await self._database.write(partial(_settle, destination, several, now), slow=True)
                for several in _cut(events, CHUNK)
            ]
        )

    def forget_agent(self, key: str) -> None:
        """Forget what memory has of an agent."""
        self._hours.forget(key)

    async def scrub(self, words: Sequence[bytes]) -> int:
        """Start the log over; return how often *words* still stand in the files.

        Pages that SQLite split before may hold a copy of what was moved: a small file is then
        written anew.
        """
        left = await self._left(words)
        if left and self._database.path.stat().st_size <= REWRITTEN_BYTES:
            await self._database.rewrite()
            left = await self._left(words)
        return left

    async def _left(self, words: Sequence[bytes]) -> int:
        for _ in range(TRIES):
            if await self._database.start_log_over():
                break
            await asyncio.sleep(TRY_SECONDS)
        path = self._database.path
        files = (path, path.with_name(f"{path.name}-wal"))
        return await asyncio.to_thread(lambda: sum(_count(each, words) for each in files))


def _cut(several: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(several)
    while step := list(islice(left, size)):
        yield step


def _edit(edits: Sequence[ReceiptEdit], transaction: Transaction) -> list[Key]:
    gone = _aside(edits, transaction.connection)
    people.remove(transaction, "quarantine", gone)
    for edit in edits:
        _edit_one(edit, transaction)
    return gone


def _aside(edits: Sequence[ReceiptEdit], connection: apsw.Connection) -> list[Key]:
    """Return the quarantine entries of what is gone."""
    return [
        (n,)
        for edit in edits
        for n, place in rows_of(connection, ASIDE, (edit.seq,))
        if edit.body is None or place in edit.gone
    ]


def _edit_one(edit: ReceiptEdit, transaction: Transaction) -> None:
    if edit.body is None:
        transaction.run(REMOVE, (edit.seq,))
        transaction.count("receipts", -transaction.changed())
        finish_receipts(transaction, [edit.seq])
        return
    known = transaction.first(SKIPPED, (edit.seq,))
    skip = pack_indices((indices(known[0] if known else None) or frozenset()) | edit.gone)
    query = edit.query.encode("utf-8", "surrogatepass")
    transaction.run(REWRITE, (edit.body, query, skip, edit.seq))


def _change(
    table: Table, rows: Sequence[tuple[Key, tuple[Text, ...]]], transaction: Transaction
) -> None:
    for key, texts in rows:
        people.change(transaction, table, key, texts)


def _settle(destination: str, events: Sequence[int], now: int, transaction: Transaction) -> int:
    rows = transaction.all(OWED_THERE, (orjson.dumps(events).decode(), destination))
    for delivery in map(delivery_from_row, rows):
        settle(transaction, delivery)
        remember(
            transaction,
            delivery,
            ERASED,
            attempts=delivery.attempts,
            status=None,
            at=now,
            detail=BY_WHOM,
        )
    return len(rows)


def _count(path: Path, words: Sequence[bytes]) -> int:
    """Count *words* in a file, read in pieces that overlap."""
    longest = max(map(len, words), default=0)
    if not longest or not path.exists():
        return 0
    found, rest = 0, b""
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            held = rest + piece
            for word in words:
                found += held.count(word) - rest.count(word)
            rest = held[-(longest - 1) :] if longest > 1 else b""
    return found
