"""The past as a replay needs it: receipts in order, and what was known before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.model.delivery import Delivery
    from gateway.model.receipt import JournaledReceipt
    from gateway.ports.journal import RoutedEvent


@dataclass(frozen=True, slots=True)
class Beginning:
    """A receipt before which it is known what was known of every agent: its *place*; *since*:
    nothing received then or later stands before it, or is missing behind it (`None`: nothing at
    all).
    """

    place: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class PastReceipt:
    """A translated receipt at its *place* in the order in which receipts came.

    What of it is in quarantine is not among what it skips; *aside* has the reasons.
    """

    place: int
    receipt: JournaledReceipt
    aside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MadeEvent:
    """An event that was made of a receipt, as JSON. *told* are the destinations to which it was
    owed where a replay has made it (`None`: none has).
    """

    id: str
    event: bytes
    told: frozenset[str] | None = None


class Past(Protocol):
    """What was received is kept as long as `retention` says, with what was known by the hour."""

    async def beginning(self, since: datetime | None) -> Beginning | None:
        """Return where to begin in order to have all that was received at *since* or later
        (`None`: as much as there is): the first receipt of an hour. One that begins later than
        *since* where that is not kept any more; `None` where nothing was received since.
        """
        ...

    async def receipts_from(self, place: int, limit: int, *, first: int) -> Sequence[PastReceipt]:
        """Return up to *limit* translated receipts from *place* on, fewer where they are big.

        What an operator gave back to translation stands where it was received, if that is *first*
        or later, else with the records given back alone where it was translated again.
        """
        ...

    async def agents_before(self, place: int, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what was known of agents before a `Beginning` (absent where nothing was)."""
        ...

    async def events_of_receipts(
        self, receipts: Sequence[JournaledReceipt]
    ) -> Mapping[str, Sequence[MadeEvent]]:
        """Return for each receipt's id the events that were made of it, in their order."""
        ...

    async def keep_revised(
        self, receipt: JournaledReceipt, revised: Sequence[RoutedEvent]
    ) -> Sequence[Delivery]:
        """Keep events made of a receipt again, and what they are owed, all or none; return the
        deliveries that may be sent. What a replay has made already is owed only to destinations to
        which it was not yet; what was made otherwise, or what retention has reached, to nobody.
        Where something of the agent is held that came with the same receipt, so are these.
        """
        ...
