"""The past as a replay needs it: receipts in order, and what was known before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.model.delivery import Delivery
    from gateway.model.receipt import JournaledReceipt
    from gateway.ports.journal import RoutedEvent


class Past(Protocol):
    """What was received is kept as long as `retention` says, with what was known by the hour."""

    async def first_receipt(self, since: datetime) -> int | None:
        """Return the sequence number of the first receipt received at *since* or later, `None`
        where there is none.
        """
        ...

    async def states_kept_from(self) -> int:
        """Return the first receipt before which it is known what was known of agents."""
        ...

    async def receipts_from(self, seq: int, limit: int) -> Sequence[JournaledReceipt]:
        """Return translated receipts from *seq* on, in order."""
        ...

    async def agents_before(self, seq: int, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what was known of agents before the receipt *seq* (absent where nothing was).

        It is certain where *seq* is the first receipt of an hour by the clock.
        """
        ...

    async def events_of_receipt(self, receipt: JournaledReceipt) -> Sequence[bytes]:
        """Return the events that were made of a receipt, in their order."""
        ...

    async def set_aside_for(self, receipt: JournaledReceipt) -> frozenset[str]:
        """Return the reasons for which something of a receipt is in quarantine."""
        ...

    async def keep_revised(
        self, receipt_id: str, revised: Sequence[RoutedEvent]
    ) -> Sequence[Delivery]:
        """Keep events made of a receipt again, and what they are owed, all or none; return the
        deliveries that may be sent. What is kept already changes nothing.
        """
        ...
