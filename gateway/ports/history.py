"""What was, for whoever wants to know why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.model.receipt import JournaledReceipt


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An event as it was made, and the receipt it came from (`None`: from none)."""

    event: bytes
    receipt_id: str | None


@dataclass(frozen=True, slots=True)
class PastDelivery:
    """What became of an event at a destination. *outcome* is a word of `outcome_name`, or what it
    still waits for: ``pending``, ``held``. *at* is when, or when it is due.
    """

    destination: str
    outcome: str
    attempts: int
    status: int | None
    at: datetime | None
    detail: str | None


class History(Protocol):
    """What was, for whoever wants to know why."""

    async def events_of(
        self, subject: str, *, until: datetime, limit: int = 100
    ) -> Sequence[PastEvent]:
        """Return the newest events of a subject recorded at *until* or before, newest first."""
        ...

    async def event(self, event_id: str) -> PastEvent | None:
        """Return an event, `None` where it is kept no longer."""
        ...

    async def receipt(self, receipt_id: str) -> JournaledReceipt | None:
        """Return a receipt, `None` where it is kept no longer."""
        ...

    async def receipts_between(
        self, source: str, since: datetime, until: datetime, *, limit: int = 200
    ) -> Sequence[JournaledReceipt]:
        """Return the translated receipts of a source received in a span, oldest first."""
        ...

    async def deliveries_of(self, event_id: str) -> Sequence[PastDelivery]:
        """Return what became of an event at each destination, one after the other."""
        ...
