"""What was received, and what was known of agents before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.model.clock import to_millis
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.fanout import as_json, insert_routed
from gateway.store.sqlite.rows import RECEIPT, printable, receipt_from_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from gateway.model.delivery import Delivery
    from gateway.model.receipt import JournaledReceipt
    from gateway.ports import Finished, RoutedEvent
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

HOUR_MILLIS = 3_600_000
AGENTS_NOTED = 100_000

FIRST_SINCE = """
    SELECT seq FROM receipts INDEXED BY receipts_age WHERE received_at >= ?
    ORDER BY received_at, seq LIMIT 1
"""
KEPT_FROM = "SELECT value FROM meta WHERE key = 'states_kept_from'"
FROM = f"""
    SELECT {RECEIPT} FROM receipts WHERE seq >= ? AND finished_at IS NOT NULL ORDER BY seq LIMIT ?
"""  # noqa: S608 - a constant of ours
BEFORE = """
    SELECT k.value, CASE WHEN s.key IS NULL THEN a.known ELSE s.known END
    FROM json_each(?) k
    LEFT JOIN agent_states s ON s.key = k.value AND s.before = (
        SELECT min(before) FROM agent_states WHERE key = k.value AND before >= ?)
    LEFT JOIN agents a ON a.key = k.value
"""
EVENTS_OF = """
    SELECT event FROM events INDEXED BY events_age WHERE recorded_at = ? AND receipt = ?
    ORDER BY seq
"""
REASONS = "SELECT DISTINCT reason FROM quarantine WHERE receipt = ?"
NOTE_STATE = """
    INSERT OR IGNORE INTO agent_states (key, before, at, known)
    VALUES (?1, ?2, ?3, (SELECT known FROM agents WHERE key = ?1))
"""

Change = tuple[str, int, int]
"""An agent's key, and the receipt that changes what is known of it: `seq`, `received_at`."""


class Hours:
    """Which agents' states of the present hour are kept already."""

    def __init__(self) -> None:
        self._hours: dict[str, int] = {}

    def fresh(self, finished: Iterable[Finished]) -> list[Change]:
        """Return the first change of each agent in an hour of which none is kept yet."""
        found: dict[str, Change] = {}
        for each in finished:
            receipt = each.receipt
            received_at = to_millis(receipt.verified.receipt.received_at)
            hour = received_at // HOUR_MILLIS
            for key in map(printable, each.agents):
                if self._hours.get(key) != hour and key not in found:
                    found[key] = key, receipt.seq, received_at
        return list(found.values())

    def keep(self, changes: Iterable[Change]) -> None:
        """Remember changes, now that they are durable."""
        if len(self._hours) > AGENTS_NOTED:
            self._hours.clear()
        self._hours.update((key, at // HOUR_MILLIS) for key, _seq, at in changes)


def note_states(transaction: Transaction, changes: Iterable[Change]) -> None:
    """Keep what was known of agents; before what is known now is written."""
    for change in changes:
        transaction.run(NOTE_STATE, change)


class SqlitePast:
    """The part of the store that a replay reads."""

    _database: Database

    async def first_receipt(self, since: datetime) -> int | None:
        """Return the sequence number of the first receipt received at *since* or later."""
        at = to_millis(since)
        rows = await self._database.read(lambda c: rows_of(c, FIRST_SINCE, (at,)))
        return int(rows[0][0]) if rows else None

    async def states_kept_from(self) -> int:
        """Return the first receipt before which it is known what was known of agents."""
        rows = await self._database.read(lambda c: rows_of(c, KEPT_FROM))
        return int(rows[0][0]) if rows else 1

    async def receipts_from(self, seq: int, limit: int) -> Sequence[JournaledReceipt]:
        """Return translated receipts from *seq* on, in order."""
        rows = await self._database.read(lambda c: rows_of(c, FROM, (seq, limit)))
        return [receipt_from_row(row) for row in rows]

    async def agents_before(self, seq: int, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what was known of agents before the receipt *seq*."""
        wanted = orjson.dumps([printable(key) for key in keys]).decode()
        rows = await self._database.read(lambda c: rows_of(c, BEFORE, (wanted, seq)))
        return {key: known for key, known in rows if known is not None}

    async def events_of_receipt(self, receipt: JournaledReceipt) -> Sequence[bytes]:
        """Return the events that were made of a receipt, in their order."""
        key = (to_millis(receipt.verified.receipt.received_at), receipt.id)
        rows = await self._database.read(lambda c: rows_of(c, EVENTS_OF, key))
        return [event for (event,) in rows]

    async def set_aside_for(self, receipt: JournaledReceipt) -> frozenset[str]:
        """Return the reasons for which something of a receipt is in quarantine."""
        rows = await self._database.read(lambda c: rows_of(c, REASONS, (receipt.seq,)))
        return frozenset(reason for (reason,) in rows)

    async def keep_revised(
        self, receipt_id: str, revised: Sequence[RoutedEvent]
    ) -> Sequence[Delivery]:
        """Keep events made of a receipt again, and what they are owed, all or none."""
        prepared = [(each, as_json(each.event)) for each in revised]

        def run(transaction: Transaction) -> list[Delivery]:
            deliveries: list[Delivery] = []
            for routed, text in prepared:
                insert_routed(transaction, routed, text, receipt_id, deliveries)
            return deliveries

        return await self._database.write(run)
