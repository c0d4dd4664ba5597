"""What was received, and what was known of agents before it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import orjson

from gateway.model.clock import from_millis, to_millis
from gateway.model.printable import printable
from gateway.ports import Beginning, MadeEvent, PastReceipt
from gateway.store.sqlite.books import book
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.fanout import as_json, insert_event, owe_new
from gateway.store.sqlite.hours import HOUR_MILLIS
from gateway.store.sqlite.rows import RECEIPT, receipt_from_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import apsw

    from gateway.model.delivery import Delivery
    from gateway.model.receipt import JournaledReceipt
    from gateway.ports import RoutedEvent
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

INDEX_ROWS = 50_000
PAGE_BYTES = 4 * 1024 * 1024

BOUNDS = "SELECT key, value FROM meta WHERE key IN ('states_kept_from', 'forgotten_until')"
FORGOTTEN = "SELECT value FROM meta WHERE key = 'forgotten_until'"
# A slice of the index: its first place, its last time, its rows.
FIRST_OF = """
    SELECT min(seq), max(received_at), count(*) FROM (
        SELECT seq, received_at FROM receipts INDEXED BY receipts_age WHERE received_at >= ?
        ORDER BY received_at LIMIT ?)
"""
FIRST_PLACE = """
    SELECT min(place) FROM receipts INDEXED BY receipts_place
    WHERE place IS NOT NULL AND received_at >= ?
"""
RECEIVED_AT = "SELECT received_at FROM receipts WHERE seq >= ? ORDER BY seq LIMIT 1"
# In the order of their places, without the bodies. Of a receipt and the copy of it that an
# operator gave back, the copy stands for both.
PLACES = """
    SELECT place, seq, bytes, is_moved FROM (
        SELECT * FROM (
            SELECT seq AS place, seq, length(body) AS bytes, 0 AS is_moved FROM receipts r
            WHERE seq >= ?1 AND (place IS NULL OR place < ?2)
                AND seq NOT IN (SELECT seq FROM untranslated)
                AND NOT EXISTS (SELECT 1 FROM receipts INDEXED BY receipts_place
                    WHERE place = r.seq AND place >= ?2
                        AND seq NOT IN (SELECT seq FROM untranslated))
            ORDER BY seq LIMIT ?3)
        UNION ALL SELECT * FROM (
            SELECT place, max(seq) AS seq, length(body) AS bytes, 1 AS is_moved
            FROM receipts INDEXED BY receipts_place
            WHERE place >= max(?1, ?2) AND seq NOT IN (SELECT seq FROM untranslated)
            GROUP BY place ORDER BY place LIMIT ?3)
    ) ORDER BY place LIMIT ?3
"""
ONE = f"SELECT {RECEIPT} FROM receipts WHERE seq = ?"  # noqa: S608 - a constant of ours
ASIDE = "SELECT reason, place FROM quarantine INDEXED BY quarantine_receipt WHERE receipt = ?"
BEFORE = """
    SELECT k.value, CASE WHEN s.key IS NULL THEN a.known ELSE s.known END
    FROM json_each(?) k
    LEFT JOIN agent_states s ON s.key = k.value AND s.before = (
        SELECT min(before) FROM agent_states WHERE key = k.value AND before >= ?)
    LEFT JOIN agents a ON a.key = k.value
"""
EVENTS_OF = """
    SELECT id, event, told FROM events INDEXED BY events_age WHERE recorded_at = ? AND receipt = ?
    ORDER BY seq
"""
MADE_BEFORE = "SELECT seq, event, told FROM events WHERE id = ?"
NOTE_TOLD = "UPDATE events SET told = ? WHERE seq = ?"
# What is held of an agent that came with the same receipt.
HELD_WITH_IT = """
    SELECT held FROM outbox INDEXED BY outbox_held
    WHERE destination = ? AND subject = ? AND held IS NOT NULL AND recorded_at = ?
    ORDER BY seq DESC LIMIT 1
"""

Place = tuple[int, int, int, bool]
"""A receipt's place, its sequence number, its bytes, and whether it has been moved."""


class SqlitePast:
    """The part of the store that a replay reads."""

    _database: Database

    async def beginning(self, since: datetime | None) -> Beginning | None:
        """Return where to begin in order to have all that was received since."""
        bounds: dict[str, int] = dict(await self._database.read(lambda c: rows_of(c, BOUNDS)))
        kept_from, forgotten = bounds.get("states_kept_from", 1), bounds.get("forgotten_until")
        earliest = 0 if forgotten is None else (forgotten // HOUR_MILLIS + 1) * HOUR_MILLIS
        asked = 0 if since is None else to_millis(since) // HOUR_MILLIS * HOUR_MILLIS
        hour = max(earliest, asked)
        first = await self._first_since(hour)
        if first is None:
            return None
        if first >= kept_from:
            return Beginning(first, from_millis(hour) if hour else None)
        received = await self._database.read(lambda c: rows_of(c, RECEIVED_AT, (kept_from,)))
        return Beginning(kept_from, from_millis(received[0][0])) if received else None

    async def _first_since(self, at: int) -> int | None:
        """Return the first place of all that was received at *at* or later. They do not stand in
        the order of their times exactly: every one is looked at.
        """
        ((moved,),) = await self._database.read(lambda c: rows_of(c, FIRST_PLACE, (at,)))
        found: list[int | None] = [moved]
        start, several = at, INDEX_ROWS
        while several == INDEX_ROWS:
            first, last, several = await self._database.read(partial(_slice, start))
            found.append(first)
            start = max(last or 0, start + 1)
        return min((each for each in found if each is not None), default=None)

    async def receipts_from(self, place: int, limit: int, *, first: int) -> Sequence[PastReceipt]:
        """Return translated receipts from *place* on, in the order in which they came."""
        return await self._database.read(partial(_page, place, limit, first))

    async def agents_before(self, place: int, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what was known of agents before a beginning."""
        wanted = orjson.dumps([printable(key) for key in keys]).decode()
        rows = await self._database.read(lambda c: rows_of(c, BEFORE, (wanted, place)))
        return {key: known for key, known in rows if known is not None}

    async def events_of_receipts(
        self, receipts: Sequence[JournaledReceipt]
    ) -> Mapping[str, Sequence[MadeEvent]]:
        """Return the events that were made of receipts, in their order."""
        keys = [(to_millis(each.verified.receipt.received_at), each.id) for each in receipts]

        def look(connection: apsw.Connection) -> dict[str, list[MadeEvent]]:
            return {
                key[1]: [_made_event(*row) for row in rows_of(connection, EVENTS_OF, key)]
                for key in keys
            }

        return await self._database.read(look)

    async def keep_revised(
        self, receipt: JournaledReceipt, revised: Sequence[RoutedEvent]
    ) -> Sequence[Delivery]:
        """Keep events made of a receipt again, and what they are owed, all or none; see
        `gateway.ports.Past`.
        """
        prepared = [(each, as_json(each.event)) for each in revised]
        received_at = to_millis(receipt.verified.receipt.received_at)

        def run(transaction: Transaction) -> list[Delivery]:
            deliveries: list[Delivery] = []
            forgotten = transaction.first(FORGOTTEN)
            if forgotten is None or forgotten[0] < received_at:
                for routed, text in prepared:
                    deliveries += _revise(transaction, routed, text, receipt.id)
            return deliveries

        return await self._database.write(run)


def _slice(start: int, connection: apsw.Connection) -> tuple[int | None, int | None, int]:
    ((first, last, several),) = rows_of(connection, FIRST_OF, (start, INDEX_ROWS))
    return first, last, several


def _page(place: int, limit: int, first: int, connection: apsw.Connection) -> list[PastReceipt]:
    page: list[PastReceipt] = []
    room = PAGE_BYTES
    for found in rows_of(connection, PLACES, (place, first, limit)):
        room -= found[2]
        if room < 0 and page:
            break
        page.append(_past_receipt(connection, found))
    return page


def _past_receipt(connection: apsw.Connection, found: Place) -> PastReceipt:
    place, seq, _, is_moved = found
    receipt = receipt_from_row(rows_of(connection, ONE, (seq,))[0])
    aside = rows_of(connection, ASIDE, (seq,))
    skip = receipt.skip.difference(index for _, index in aside)
    whole = replace(receipt, skip=skip, only=None if is_moved else receipt.only)
    return PastReceipt(place, whole, frozenset(reason for reason, _ in aside))


def _made_event(event_id: str, event: bytes, told: str | None) -> MadeEvent:
    return MadeEvent(event_id, event, None if told is None else frozenset(orjson.loads(told)))


def _revise(
    transaction: Transaction, routed: RoutedEvent, text: bytes, receipt_id: str
) -> list[Delivery]:
    """Keep one event that a replay has made; return what may be sent of it."""
    event = routed.event
    subject, recorded_at = printable(event.subject), to_millis(event.recorded_at)
    row = event.id, receipt_id, subject, event.type.value, recorded_at
    seq, told = insert_event(transaction, (*row, text)), set[str]()
    if seq is None:
        seq, text, before = transaction.first(MADE_BEFORE, (event.id,)) or (0, b"", None)
        if before is None:
            return []
        told = set(orjson.loads(before))
    else:
        book(transaction, event, seq, is_revised=True)
    deliveries = []
    for new in routed.deliveries:
        if new.destination not in told:
            held = new.held or _held_with_it(transaction, new.destination, subject, recorded_at)
            delivery = owe_new(transaction, replace(new, held=held), event, text, seq)
            deliveries += [delivery] if held is None else []
            told.add(new.destination)
    transaction.run(NOTE_TOLD, (orjson.dumps(sorted(told)).decode(), seq))
    return deliveries


def _held_with_it(
    transaction: Transaction, destination: str, subject: str, recorded_at: int
) -> str | None:
    """Return why what a revision stands in for is held, `None`: it is not."""
    if not transaction.total(f"held:{destination}"):
        return None
    held = transaction.first(HELD_WITH_IT, (destination, subject, recorded_at))
    return None if held is None else str(held[0])
