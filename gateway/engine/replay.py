"""Replay: stored receipts translated again by today's mappings, and what differs told.

The tracker is a scratch one: it starts from what was known before the hour of the first receipt,
and what it comes to know is forgotten. Asked again it finds its own revisions and tells nothing
twice: an interrupted replay is gone on with by asking for it again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from gateway.engine.differences import Differences
from gateway.engine.retelling import Retelling, Ways
from gateway.flow import Contacts, Known, Routing, contact_keys, fan_out
from gateway.model.clock import rfc3339
from gateway.model.errors import ContentError, OperationError
from gateway.model.event import EventType, event_from_envelope
from gateway.pipeline.read import read
from gateway.pipeline.revise import compare
from gateway.pipeline.track import KnownAgent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from gateway.model.badge import Badges
    from gateway.model.delivery import Delivery
    from gateway.model.event import Event
    from gateway.model.receipt import JournaledReceipt
    from gateway.pipeline.read import Reading
    from gateway.pipeline.track import KnownContact
    from gateway.ports import MadeEvent, PastReceipt, Roster, Store
    from gateway.settings import Settings, SourceSettings

PAGE = 100
LATE = timedelta(minutes=5)
"""A receipt may stand so much behind later ones and still be looked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which receipts are told again, and to whom; `None` does not narrow. *rate* is the most
    deliveries a second, `None`: only look.
    """

    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    destination: str | None = None
    receipt: str | None = None
    reason: str | None = None
    rate: float | None = None

    def means(self, past: PastReceipt) -> bool:
        """Whether a receipt is one of those."""
        told = past.receipt.verified.receipt
        return (
            self.receipt in (None, past.receipt.id)
            and self.source in (None, told.source)
            and (self.since is None or told.received_at >= self.since)
            and (self.until is None or told.received_at <= self.until)
            and (self.reason is None or self.reason in past.aside)
        )

    def is_over(self, past: PastReceipt) -> bool:
        """Whether no receipt from this one on is one of those."""
        received_at = past.receipt.verified.receipt.received_at
        return self.until is not None and received_at > self.until + LATE


@dataclass(frozen=True, slots=True)
class _Read:
    """A receipt as its source's mapping reads it today; *reading* `None`: not at all."""

    past: PastReceipt
    source: SourceSettings
    reading: Reading | None


class Replay:
    """One replay. *offer* hands deliveries that may be sent to their destinations (`None`: nobody
    tells them); *badges* are who goes by which identity. When nobody waits for the report any
    more (*is_awaited*), it goes no further. *pause* lets seconds pass.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        roster: Roster,
        badges: Badges,
        wanted: Wanted,
        *,
        offer: Callable[[Sequence[Delivery]], None] | None,
        is_awaited: Callable[[], bool] = lambda: True,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._settings = settings
        self._wanted = wanted
        self._is_awaited = is_awaited
        agents = settings.agents
        self._nowhere = Routing((), agents.unmapped, roster, agents.wfm_id_from)
        destinations = [
            each
            for name, each in settings.destinations.items()
            if wanted.destination in (None, name)
        ]
        ways = Ways(offer, wanted.rate, self._check_awaited, pause)
        self._retelling = Retelling(store, destinations, agents.unmapped, badges, ways)
        self._agents: dict[str, KnownAgent] = {}
        self._loaded: set[str] = set()
        self._contacts = Contacts()
        self._since: datetime | None = None
        self.differences = Differences()

    async def run(self) -> Differences:
        """Go through the receipts.

        Raises:
            OperationError: what was known before them is kept no longer; it was interrupted; or
                what it told does not leave.
        """
        first = await self._begin()
        key = await self._store.own_key("customer")
        self._nowhere = replace(self._nowhere, customer_key=key)
        if first is not None:
            await self._go_through(first)
        return self.differences

    async def _go_through(self, first: int) -> None:
        place = first
        while page := await self._store.receipts_from(place, PAGE, first=first):
            several = await self._readings(page)
            await self._load(first, several)
            await self._load_contacts(several)
            await self._translate(several)
            if any(self._wanted.is_over(each) for each in page):
                break
            place = page[-1].place + 1

    async def _begin(self) -> int | None:
        """Return the place to start from: the first of an hour, as the states are kept.
        `None`: nothing was received since.
        """
        since = self._wanted.since
        beginning = await self._store.beginning(since)
        if beginning is None:
            return None
        if since is not None and beginning.since is not None and since < beginning.since:
            raise OperationError(
                "not all that was received and known then is kept any more: "
                f"ask for what came from {rfc3339(beginning.since)} on"
            )
        self._since = beginning.since
        self._wanted = replace(self._wanted, since=since or beginning.since)
        self.differences.since = self._wanted.since
        return beginning.place

    async def _readings(self, page: Sequence[PastReceipt]) -> list[_Read]:
        several: list[_Read] = []
        for each in page:
            source = self._settings.sources.get(each.receipt.verified.receipt.source)
            if source is not None:
                several.append(_Read(each, source, _reading(each.receipt, source)))
            await asyncio.sleep(0)  # whoever else is on the loop goes between two receipts
        return several

    async def _load(self, first: int, several: Sequence[_Read]) -> None:
        """Load what was known of the agents of a page before the first receipt of all."""
        keys = {
            f"{each.source.keys_of}:{record.agent_id}"
            for each in several
            if each.reading is not None
            for record in each.reading.records
        }
        missing = sorted(keys - self._loaded)
        if missing:
            known = await self._store.agents_before(first, missing)
            self._agents |= {key: KnownAgent.from_json(text) for key, text in known.items()}
            self._loaded.update(missing)

    async def _load_contacts(self, several: Sequence[_Read]) -> None:
        """Find out of which contacts of a page not every piece is there: they have begun before
        the first receipt of all, or pieces were erased. They stay as they are.
        """
        keys, names = contact_keys((each.source.name, each.reading) for each in several)
        new = [key for key in keys if key not in self._contacts.known]
        if not new:
            return
        known = Contacts.recalled(await self._store.known_contacts(new), {}).known
        self._contacts.left_alone |= {key for key in new if self._is_cut(known.get(key))}
        for name, conversation in (await self._store.conversations(names)).items():
            self._contacts.conversations.setdefault(name, conversation)

    def _is_cut(self, known: KnownContact | None) -> bool:
        if known is None:
            return self._since is not None
        return known.begun_at is None or (self._since is not None and known.begun_at < self._since)

    def _to_compare(self, each: _Read, kept: Sequence[MadeEvent]) -> list[MadeEvent]:
        """Return what is compared with: nothing of contacts that are left alone."""
        keys, _ = contact_keys([(each.source.name, each.reading)])
        if self._contacts.left_alone.isdisjoint(keys):
            return list(kept)
        return [
            one
            for one in kept
            if event_from_envelope(orjson.loads(one.event)).type is not EventType.CONTACT
        ]

    async def _translate(self, several: Sequence[_Read]) -> None:
        wanted = [each.past.receipt for each in several if self._wanted.means(each.past)]
        stored = await self._store.events_of_receipts(wanted)
        for each in several:
            self._check_awaited()
            receipt = each.past.receipt
            made, refused = self._made(each)
            if self._wanted.means(each.past):
                kept = self._to_compare(each, stored[receipt.id])
                compared = compare(made, (each.event for each in kept))
                self.differences.receipts += 1
                self.differences.refused += refused
                self.differences.take(compared)
                owed = list(self._retelling.owed(compared, kept))
                await self._retelling.tell(receipt, owed, self.differences.deliveries)
            await asyncio.sleep(0)

    def _made(self, each: _Read) -> tuple[list[Event], int]:
        """Return the events of a receipt, and how many records cannot be read."""
        if each.reading is None:
            return [], 1
        known = Known(self._agents, self._contacts)
        fanned = fan_out(
            each.past.receipt, each.reading, each.source, self._nowhere, known
        ).finished
        return [routed.event for routed in fanned.events], len(fanned.quarantined)

    def _check_awaited(self) -> None:
        if not self._is_awaited():
            raise OperationError(
                f"interrupted after {self.differences.receipts} receipts and "
                f"{self.differences.deliveries.total()} deliveries: asked again, it goes on"
            )


def _reading(receipt: JournaledReceipt, source: SourceSettings) -> Reading | None:
    try:
        return read(receipt.verified, source)
    except ContentError:
        return None
