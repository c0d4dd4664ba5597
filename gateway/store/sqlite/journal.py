"""Durable inbound: requests appended, claimed in order, finished with all that came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.model.clock import to_millis
from gateway.model.errors import StoreUnavailableError
from gateway.model.printable import printable
from gateway.model.receipt import JournaledReceipt
from gateway.ports import Appended
from gateway.store.sqlite.books import book_late, learn_contacts
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.fanout import learn, prepare
from gateway.store.sqlite.glimpses import keep_glimpses
from gateway.store.sqlite.hours import LATEST, note_states
from gateway.store.sqlite.identities import keep_badges
from gateway.store.sqlite.quarantine import set_aside
from gateway.store.sqlite.receipts import duplicates_among, insert_receipt
from gateway.store.sqlite.recovery import MAX_CLAIM, finish_receipts
from gateway.store.sqlite.rows import RECEIPT, receipt_from_row
from gateway.store.sqlite.together import insert_events

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import apsw

    from gateway.model.delivery import Delivery
    from gateway.model.receipt import VerifiedReceipt
    from gateway.ports import Finished, Quarantined, RecordKey
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.hours import Hours
    from gateway.store.sqlite.tally import Transaction
    from gateway.store.sqlite.waiting import Waiting

BIG_BODY_BYTES = 256 * 1024
MANY_EVENTS = 1000
"""More than these would keep the loop busy for too long: they go to the writer's thread."""

UNTRANSLATED = f"""
    SELECT {RECEIPT} FROM untranslated CROSS JOIN receipts USING (seq)
    WHERE seq > ? ORDER BY seq LIMIT ?
"""  # noqa: S608 - a constant of ours

KNOWN_AGENTS = "SELECT key, known FROM agents WHERE key IN (SELECT value FROM json_each(?))"


class SqliteJournal:
    """The inbound half of the store."""

    _database: Database
    _waiting: Waiting
    _max_untranslated: int | None
    _hours: Hours
    _refusal: str | None

    async def append(
        self,
        verified: VerifiedReceipt,
        records: Sequence[RecordKey],
        quarantined: Sequence[Quarantined] = (),
    ) -> Appended:
        """Make a request durable; tell duplicates apart in the same transaction."""
        self._check_room()
        limit = self._max_untranslated
        if limit is not None and self.untranslated_count() >= limit:
            raise StoreUnavailableError(f"{limit} receipts wait to be translated already")
        received_at = to_millis(verified.receipt.received_at)
        now = self._database.now_millis() if quarantined else 0

        def run(transaction: Transaction) -> tuple[JournaledReceipt, frozenset[int], bool]:
            duplicates = duplicates_among(transaction, records, received_at)
            waits = len(duplicates) < len(records)
            if not quarantined:
                skip = duplicates
            else:
                skip = duplicates.union(
                    each.index for each in quarantined if each.index is not None
                )
            receipt = insert_receipt(transaction, verified, received_at, skip, waits=waits)
            if quarantined:
                source = verified.receipt.source
                set_aside(transaction, receipt.seq, source, now, quarantined)
            return receipt, duplicates, waits

        receipt, duplicates, _ = await self._database.write(
            run, slow=len(verified.receipt.body) > BIG_BODY_BYTES, committed=self._hand_on
        )
        return Appended(receipt.id, duplicates)

    def _check_room(self) -> None:
        if self._refusal is not None:
            raise StoreUnavailableError(self._refusal)

    def _hand_on(self, appended: tuple[JournaledReceipt, frozenset[int], bool]) -> None:
        receipt, _, waits = appended
        if waits:
            self._waiting.add(receipt)

    async def quarantine(self, verified: VerifiedReceipt, entry: Quarantined) -> str:
        """Keep a request that cannot be read at all; return its receipt's id."""
        return (await self.append_finished(verified, (entry,))).id

    async def append_finished(
        self, verified: VerifiedReceipt, entries: Sequence[Quarantined]
    ) -> JournaledReceipt:
        """Keep a request of which nothing is to be translated."""
        now = self._database.now_millis()

        self._check_room()

        def run(transaction: Transaction) -> JournaledReceipt:
            at = to_millis(verified.receipt.received_at)
            receipt = insert_receipt(transaction, verified, at, frozenset(), waits=False)
            set_aside(transaction, receipt.seq, verified.receipt.source, now, entries)
            return receipt

        slow = len(verified.receipt.body) > BIG_BODY_BYTES
        return await self._database.write(run, slow=slow)

    async def untranslated(self, limit: int) -> Sequence[JournaledReceipt]:
        """Claim the oldest receipts not yet translated, in order; wait until there is one."""
        waiting = self._waiting
        while True:
            waiting.changed.clear()
            claimed = waiting.take(min(limit, MAX_CLAIM))
            if not claimed and waiting.has_gap:
                claimed = await self._claim_stored(min(limit, MAX_CLAIM))
            if claimed:
                return claimed
            await waiting.changed.wait()

    async def _claim_stored(self, limit: int) -> Sequence[JournaledReceipt]:
        self._waiting.begin_reading()
        try:
            found = await self._read_untranslated(limit)
        except BaseException:
            self._waiting.end_reading((), whole=False)
            raise
        self._waiting.end_reading(found, whole=len(found) < limit)
        return found

    async def _read_untranslated(self, limit: int) -> Sequence[JournaledReceipt]:
        claimed = self._waiting.claimed

        def look(connection: apsw.Connection) -> list[JournaledReceipt]:
            return [
                receipt_from_row(row) for row in connection.execute(UNTRANSLATED, (claimed, limit))
            ]

        return await self._database.read(look)

    async def finish(self, finished: Sequence[Finished]) -> Sequence[Delivery]:
        """Record several translations at once; return the deliveries that may be sent."""
        prepared = [prepare(each) for each in finished]
        if self._hours.latest is None:
            ((self._hours.latest,),) = await self._database.read(lambda c: rows_of(c, LATEST))
        fresh = self._hours.fresh(finished)
        now = self._database.now_millis()

        def run(transaction: Transaction) -> list[Delivery]:
            deliveries: list[Delivery] = []
            keep_glimpses(transaction, finished)  # first: their events' states are not booked then
            book_late(transaction, finished)
            finish_receipts(transaction, [each.receipt.seq for each in finished])
            insert_events(transaction, prepared, deliveries)
            for each in finished:
                if each.badges or each.quarantined:
                    _note_rest(transaction, each, now)
            note_states(transaction, fresh)
            learn(transaction, finished)
            learn_contacts(transaction, finished, now)
            return deliveries

        slow = sum(len(each.events) for each in finished) > MANY_EVENTS
        deliveries = await self._database.write(run, slow=slow)
        self._hours.keep(fresh)
        return deliveries

    def under_way(self, receipt: JournaledReceipt | None) -> None:
        """Note which receipt a mapping is at work on."""
        self._database.mark.note(receipt.seq if receipt is not None else 0)

    def untranslated_count(self) -> int:
        """How many receipts wait to be translated."""
        return self._database.tally["untranslated"]

    async def known_agents(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what is known of these agents (absent where nothing is)."""
        wanted = orjson.dumps([printable(key) for key in keys]).decode()
        return await self._database.read(
            lambda connection: dict(rows_of(connection, KNOWN_AGENTS, (wanted,)))
        )


def _note_rest(transaction: Transaction, finished: Finished, now: int) -> None:
    receipt = finished.receipt
    source = receipt.verified.receipt.source
    if finished.badges:
        keep_badges(transaction, finished.badges, to_millis(receipt.verified.receipt.received_at))
    if finished.quarantined:
        set_aside(transaction, receipt.seq, source, now, finished.quarantined)
