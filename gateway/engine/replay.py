"""Replay: stored receipts translated again by today's mappings, and what differs told.

The tracker is a scratch one: it starts from what was known before the hour of the first receipt,
and what it comes to know is forgotten. Asked again it finds its own revisions and tells nothing
twice: an interrupted replay is gone on with by asking for it again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gateway.flow import Routing, fan_out
from gateway.mapping.destination import Clock
from gateway.model.errors import ContentError, OperationError
from gateway.pipeline.read import read
from gateway.pipeline.revise import compare
from gateway.pipeline.route import route
from gateway.pipeline.track import KnownAgent
from gateway.ports import RoutedEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gateway.model.delivery import Delivery, NewDelivery
    from gateway.model.event import Event
    from gateway.model.receipt import JournaledReceipt
    from gateway.pipeline.read import Reading
    from gateway.pipeline.revise import Compared, Revised
    from gateway.ports import Past, Roster
    from gateway.settings import DestinationSettings, Settings

PAGE = 100
SHOWN = 20
"""Differences that are shown one by one."""


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


@dataclass(slots=True)
class Report:
    """What a replay came to. *events* counts ``same``, ``changed``, ``new`` and ``gone``;
    *deliveries* by destination; *shown* has the first differences.
    """

    receipts: int = 0
    events: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)
    shown: list[dict[str, Any]] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """Return the report, ready for JSON."""
        kinds = ("same", "changed", "new", "gone")
        return {
            "receipts": self.receipts,
            "events": {kind: self.events[kind] for kind in kinds},
            "deliveries": dict(sorted(self.deliveries.items())),
            "differences": self.shown,
        }

    def take(self, compared: Compared) -> None:
        """Count what came of a receipt."""
        self.events["same"] += compared.same
        for each in compared.revised:
            kind = "new" if each.before is None else "changed"
            self.events[kind] += 1
            self._show(kind, each.before, each.event)
        for gone in compared.gone:
            self.events["gone"] += 1
            self._show("gone", gone, None)

    def _show(self, kind: str, before: Event | None, after: Event | None) -> None:
        event = after or before
        if event is not None and len(self.shown) < SHOWN:
            self.shown.append(
                {
                    "kind": kind,
                    "subject": event.subject,
                    "type": event.type.value,
                    "before": _glance(before),
                    "after": _glance(after),
                }
            )


def _glance(event: Event | None) -> dict[str, Any] | None:
    if event is None:
        return None
    told = {name: event.data.get(name) for name in ("status", "reason", "since", "next")}
    return {"id": event.id, "time": event.envelope()["time"], **told}


class Replay:
    """One replay. *offer* hands deliveries that may be sent to their destinations."""

    def __init__(
        self,
        past: Past,
        settings: Settings,
        roster: Roster,
        wanted: Wanted,
        offer: Callable[[Sequence[Delivery]], None],
    ) -> None:
        self._past = past
        self._settings = settings
        self._wanted = wanted
        self._offer = offer
        self._unmapped = settings.agents.unmapped
        self._nowhere = Routing((), self._unmapped, roster)
        self._destinations = tuple(
            each
            for name, each in settings.destinations.items()
            if wanted.destination in (None, name)
        )
        self._agents: dict[str, KnownAgent] = {}
        self._loaded: set[str] = set()
        self.report = Report()

    async def run(self) -> Report:
        """Go through the receipts.

        Raises:
            OperationError: what was known before them is kept no longer.
        """
        first = await self._first()
        if first is None:
            return self.report
        seq = first
        while page := await self._past.receipts_from(seq, PAGE):
            await self._load(first, page)
            for receipt in page:
                if self._is_over(receipt):
                    return self.report
                await self._take(receipt)
                await asyncio.sleep(0)  # whoever else is on the loop goes between two receipts
            seq = page[-1].seq + 1
        return self.report

    async def _first(self) -> int | None:
        """Return the receipt to start from: the first of an hour, as the states are kept."""
        since = self._wanted.since
        kept_from = await self._past.states_kept_from()
        if since is None:
            return kept_from
        first = await self._past.first_receipt(since.replace(minute=0, second=0, microsecond=0))
        if first is not None and first < kept_from:
            raise OperationError("what was known of the agents at that time was not kept yet")
        return first

    def _is_over(self, receipt: JournaledReceipt) -> bool:
        until = self._wanted.until
        return until is not None and receipt.verified.receipt.received_at > until

    async def _load(self, first: int, page: Sequence[JournaledReceipt]) -> None:
        """Load what was known of the agents of a page before the first receipt of all."""
        keys = {
            f"{self._settings.sources[name].keys_of}:{record.agent_id}"
            for receipt in page
            if (name := receipt.verified.receipt.source) in self._settings.sources
            for record in self._records(receipt)
        }
        missing = sorted(keys - self._loaded)
        if missing:
            known = await self._past.agents_before(first, missing)
            self._agents |= {key: KnownAgent.from_json(text) for key, text in known.items()}
            self._loaded.update(missing)

    def _records(self, receipt: JournaledReceipt) -> Sequence[Any]:
        reading = self._reading(receipt)
        return reading.records if reading is not None else ()

    def _reading(self, receipt: JournaledReceipt) -> Reading | None:
        try:
            name = receipt.verified.receipt.source
            return read(receipt.verified, self._settings.sources[name])
        except ContentError:
            return None

    async def _take(self, receipt: JournaledReceipt) -> None:
        source = self._settings.sources.get(receipt.verified.receipt.source)
        reading = self._reading(receipt) if source is not None else None
        if source is None or reading is None:
            return
        # What an operator had translated again later counts where it was received.
        whole = replace(receipt, skip=receipt.skip - (receipt.only or frozenset()), only=None)
        fanned = fan_out(whole, reading, source, self._nowhere, self._agents)
        if not await self._is_wanted(receipt):
            return
        self.report.receipts += 1
        made = [each.event for each in fanned.finished.events]
        compared = compare(made, await self._past.events_of_receipt(receipt))
        self.report.take(compared)
        await self._tell(receipt, compared.revised)

    async def _is_wanted(self, receipt: JournaledReceipt) -> bool:
        wanted, told = self._wanted, receipt.verified.receipt
        if wanted.receipt not in (None, receipt.id) or wanted.source not in (None, told.source):
            return False
        if wanted.since is not None and told.received_at < wanted.since:
            return False
        if wanted.reason is None:
            return True
        return wanted.reason in await self._past.set_aside_for(receipt)

    async def _tell(self, receipt: JournaledReceipt, revised: Sequence[Revised]) -> None:
        routed = [RoutedEvent(each.event, self._owed(each.event)) for each in revised]
        several = Counter(each.destination for event in routed for each in event.deliveries)
        self.report.deliveries += several
        if self._wanted.rate is not None and routed:
            self._offer(await self._past.keep_revised(receipt.id, routed))
            await asyncio.sleep(several.total() / self._wanted.rate)

    def _owed(self, event: Event) -> tuple[NewDelivery, ...]:
        """Return the deliveries of a revision. It supersedes nothing: it tells of the past."""
        destinations = [each for each in self._destinations if _keeps_our_time(each, event)]
        deliveries, _ = route(event, destinations, self._unmapped)
        return tuple(replace(each, collapses=False) for each in deliveries)


def _keeps_our_time(destination: DestinationSettings, event: Event) -> bool:
    """Whether the vendor takes what happened then for what happened then."""
    mapping = destination.mapping
    return mapping.clock is Clock.EVENT or event.type not in mapping.collapsing
