"""The whole store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gateway.ports.alarms import Alarms
from gateway.ports.audit import Audit
from gateway.ports.budgets import Budgets
from gateway.ports.erasure import Erasure
from gateway.ports.everybody import Everybody
from gateway.ports.filing import Filing
from gateway.ports.history import History
from gateway.ports.identities import Identities
from gateway.ports.journal import Journal
from gateway.ports.ledger import Ledger
from gateway.ports.outbox import Outbox
from gateway.ports.past import Past
from gateway.ports.records import Records
from gateway.ports.succession import Succession
from gateway.ports.upkeep import Upkeep

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class Store(
    Journal,
    Outbox,
    Records,
    Identities,
    Everybody,
    Alarms,
    History,
    Audit,
    Succession,
    Past,
    Upkeep,
    Budgets,
    Ledger,
    Erasure,
    Filing,
    Protocol,
):
    """The whole of what is durable."""

    async def check_writable(self) -> None:
        """Make something small durable, or raise `StoreUnavailableError`: it cannot accept now."""
        ...

    async def close(self) -> None:
        """Finish what is under way, mark the end as clean, and let go of the store."""
        ...

    async def prune(self, now: datetime, retention: timedelta) -> int:
        """Remove one small step of what is past its time; return how much was removed."""
        ...
