"""What was: events, receipts and outcomes looked up without an index that the hot path would pay.

Events and outcomes stand in the order of their times, so that a time is found by halving, and an
agent's by walking on from there in bounded pages.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gateway.model.clock import from_millis, to_millis
from gateway.ports import PastDelivery, PastEvent
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.rows import RECEIPT, receipt_from_row, time_or_none

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import apsw

    from gateway.model.receipt import JournaledReceipt
    from gateway.store.sqlite.database import Database

PAGE = 20_000
MOST_PAGES = 200
"""Four million rows looked through at most, a page at a time: others may read between two."""

Place = tuple[int, int]
"""Of an event: `recorded_at` and `seq`."""

PAGE_ENDS = """
    SELECT recorded_at, seq FROM events INDEXED BY events_age WHERE (recorded_at, seq) < (?, ?)
    ORDER BY recorded_at DESC, seq DESC LIMIT 1 OFFSET ?
"""
EVENTS_OF = """
    SELECT event, receipt FROM events INDEXED BY events_age
    WHERE (recorded_at, seq) < (?, ?) AND (recorded_at, seq) >= (?, ?) AND subject = ?
    ORDER BY recorded_at DESC, seq DESC LIMIT ?
"""
RECEIPTS_AT = f"""
    SELECT {RECEIPT} FROM receipts INDEXED BY receipts_age WHERE received_at = ? AND id = ?
"""  # noqa: S608 - a constant of ours
RECEIPTS_BETWEEN = f"""
    SELECT {RECEIPT} FROM receipts INDEXED BY receipts_age
    WHERE received_at BETWEEN ? AND ? AND source = ?
        AND seq NOT IN (SELECT seq FROM untranslated)
    ORDER BY received_at, seq LIMIT ?
"""  # noqa: S608 - a constant of ours
OWED = """
    SELECT o.destination, o.held, o.attempts, o.due_at
    FROM events e JOIN outbox o ON o.event = e.seq WHERE e.id = ? ORDER BY o.seq
"""
OUTCOME_FROM = "SELECT n, at FROM outcomes WHERE n >= ? ORDER BY n LIMIT 1"
LAST_OUTCOME = "SELECT max(n) FROM outcomes"
OUTCOMES_OF = """
    SELECT destination, outcome, attempts, status, at, detail FROM outcomes
    WHERE n >= ? AND n < ? AND event_id = ? ORDER BY n
"""
EVENT = "SELECT event, receipt FROM events WHERE id = ?"
RECORDED_AT = "SELECT recorded_at FROM events WHERE id = ?"
MILLIS_OF_ID = 12


class SqliteHistory:
    """The part of the store that remembers."""

    _database: Database

    async def events_of(
        self, subject: str, *, until: datetime, limit: int = 100
    ) -> Sequence[PastEvent]:
        """Return the newest events of a subject recorded at *until* or before, newest first."""
        found: list[PastEvent] = []
        below: Place | None = (to_millis(until) + 1, 0)
        for _ in range(MOST_PAGES):
            if below is None or len(found) >= limit:
                break
            look = partial(_events_page, subject, below, limit - len(found))
            rows, below = await self._database.read(look)
            found += rows
        return found

    async def event(self, event_id: str) -> PastEvent | None:
        """Return an event, `None` where it is kept no longer."""
        rows = await self._database.read(lambda c: rows_of(c, EVENT, (event_id,)))
        return PastEvent(*rows[0]) if rows else None

    async def receipt(self, receipt_id: str) -> JournaledReceipt | None:
        """Return a receipt, `None` where it is kept no longer."""
        try:
            received_at = int(receipt_id[:MILLIS_OF_ID], 16)
        except ValueError:
            return None
        key = (received_at, receipt_id)
        rows = await self._database.read(lambda c: rows_of(c, RECEIPTS_AT, key))
        return receipt_from_row(rows[0]) if rows else None

    async def receipts_between(
        self, source: str, since: datetime, until: datetime, *, limit: int = 200
    ) -> Sequence[JournaledReceipt]:
        """Return the translated receipts of a source received in a span, oldest first."""
        span = (to_millis(since), to_millis(until), source, limit)
        rows = await self._database.read(lambda c: rows_of(c, RECEIPTS_BETWEEN, span))
        return [receipt_from_row(row) for row in rows]

    async def deliveries_of(self, event_id: str) -> Sequence[PastDelivery]:
        """Return what became of an event at each destination, one after the other."""
        owed, first, last = await self._database.read(lambda c: _owed(c, event_id))
        found: list[PastDelivery] = []
        for start in range(first, min(last, first + PAGE * MOST_PAGES) + 1, PAGE):
            look = partial(_outcomes_page, event_id, start)
            found += await self._database.read(look)
        return [*found, *owed]


def _events_page(
    subject: str, below: Place, limit: int, connection: apsw.Connection
) -> tuple[list[PastEvent], Place | None]:
    """Return a page's events of a subject, and where the next page starts (`None`: nowhere)."""
    ends = rows_of(connection, PAGE_ENDS, (*below, PAGE - 1))
    end: Place = ends[0] if ends else (0, 0)
    rows = rows_of(connection, EVENTS_OF, (*below, *end, subject, limit))
    return [PastEvent(*row) for row in rows], end if ends else None


def _outcomes_page(event_id: str, start: int, connection: apsw.Connection) -> list[PastDelivery]:
    rows = rows_of(connection, OUTCOMES_OF, (start, start + PAGE, event_id))
    return [
        PastDelivery(name, outcome, attempts, status, from_millis(at), detail)
        for name, outcome, attempts, status, at, detail in rows
    ]


def _owed(connection: apsw.Connection, event_id: str) -> tuple[list[PastDelivery], int, int]:
    """Return what is owed still, and the outcomes among which the rest must be."""
    owed = [
        PastDelivery(name, "held" if held else "pending", attempts, None, time_or_none(due), held)
        for name, held, attempts, due in rows_of(connection, OWED, (event_id,))
    ]
    recorded = rows_of(connection, RECORDED_AT, (event_id,))
    ((last,),) = rows_of(connection, LAST_OUTCOME)
    if not recorded or last is None:
        return owed, 1, 0
    return owed, _first_outcome(connection, recorded[0][0], last), last


def _first_outcome(connection: apsw.Connection, at: int, last: int) -> int:
    """Return the number of the first outcome that may be as late as *at*, by halving."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        rows = rows_of(connection, OUTCOME_FROM, (middle,))
        if rows and rows[0][1] < at:
            low = rows[0][0] + 1
        else:
            high = middle
    return low
