"""The embedded store: one SQLite file, written by this process alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.store.sqlite.alarms import SqliteAlarms
from gateway.store.sqlite.audit import SqliteAudit
from gateway.store.sqlite.budgets import SqliteBudgets
from gateway.store.sqlite.buried import SqliteDeadLetters
from gateway.store.sqlite.database import open_database
from gateway.store.sqlite.erasure import SqliteErasure
from gateway.store.sqlite.everybody import SqliteEverybody
from gateway.store.sqlite.filing import SqliteFiling
from gateway.store.sqlite.history import SqliteHistory
from gateway.store.sqlite.hours import Hours
from gateway.store.sqlite.identities import SqliteIdentities
from gateway.store.sqlite.journal import SqliteJournal
from gateway.store.sqlite.ledger import SqliteLedger
from gateway.store.sqlite.lookups import SqliteLookups
from gateway.store.sqlite.outbox import SqliteOutbox
from gateway.store.sqlite.past import SqlitePast
from gateway.store.sqlite.retention import FIRST_LANE, SqliteRetention
from gateway.store.sqlite.setaside import SqliteQuarantine
from gateway.store.sqlite.succession import SqliteSuccession
from gateway.store.sqlite.upkeep import SqliteUpkeep
from gateway.store.sqlite.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction


class SqliteStore(
    SqliteJournal,
    SqliteOutbox,
    SqliteQuarantine,
    SqliteDeadLetters,
    SqliteLookups,
    SqliteIdentities,
    SqliteEverybody,
    SqliteRetention,
    SqliteHistory,
    SqliteAudit,
    SqliteSuccession,
    SqlitePast,
    SqliteUpkeep,
    SqliteBudgets,
    SqliteFiling,
    SqliteAlarms,
    SqliteLedger,
    SqliteErasure,
):
    """`gateway.ports.Store` on one SQLite file. It belongs to one event loop."""

    def __init__(self, database: Database, max_untranslated: int | None) -> None:
        self._database = database
        self._max_untranslated = max_untranslated
        self._waiting = Waiting()
        self._turns = {}
        self._hours = Hours()
        self._refusal = None
        self._lanes_from = FIRST_LANE
        self._is_closed = False

    @property
    def set_aside_at_start(self) -> int:
        """How many receipts were under way at two unclean ends, and are in quarantine now."""
        return self._database.set_aside_at_start

    async def check_writable(self) -> None:
        """Make something small durable, or raise `StoreUnavailableError`."""
        now = self._database.now_millis()
        await self._database.write(lambda transaction: _note_probe(transaction, now))

    async def close(self) -> None:
        """Finish what is under way, mark the end as clean, and let go of the store."""
        if not self._is_closed:
            self._is_closed = True
            await self._database.close()


def _note_probe(transaction: Transaction, now: int) -> None:
    # A value that stays the same would write nothing and prove nothing.
    transaction.run("INSERT OR REPLACE INTO meta VALUES ('probed_at', ?)", (now,))


def open_store(
    path: Path,
    *,
    now: Callable[[], datetime],
    max_untranslated: int | None = None,
    on_damage: Callable[[], None] | None = None,
) -> SqliteStore:
    """Open the store at *path*, or make it. *max_untranslated*: `append` refuses beyond it.

    With *on_damage* a damaged one is set aside for a fresh one; it is called where damage shows
    later, and then nothing more can be kept until the store is opened again.

    Raises:
        StoreLockedError: another process has it.
        StoreError: it cannot be opened (too new, not ours, no right to it); the message says why.
    """
    return SqliteStore(open_database(path, now, on_damage), max_untranslated)
