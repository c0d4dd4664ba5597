"""Receipts into events and deliveries: one loop for each partition of the journal."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential_jitter

from gateway.engine.codes import Codes
from gateway.engine.counts import TranslationCounts
from gateway.flow import Contacts, FannedOut, Known, Routing, contact_keys, fan_out
from gateway.model.errors import ContentError, StoreUnavailableError
from gateway.pipeline.read import Reading, read
from gateway.pipeline.track import KnownAgent, KnownContact
from gateway.ports import Finished, Quarantined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gateway.engine.floor import Floor
    from gateway.mapping.source import Record
    from gateway.model.delivery import Delivery
    from gateway.model.receipt import JournaledReceipt
    from gateway.pipeline.read import Readings
    from gateway.ports import Journal, SeenState
    from gateway.settings import SourceSettings
    from gateway.telemetry.metrics import Metrics, SourceHealth

T = TypeVar("T")

BATCH = 256
AGENTS_KEPT = 20_000

log = structlog.get_logger(__name__)


class Translator:
    """Translates receipts in the order of the journal.

    What is known of agents is kept in memory for the busiest ones and read from the store for
    the others; it moves on in memory only when it has in the store. *on_known* is told of agents
    whose identity may be known, or free, now; *on_strangers* of those of whom nobody has told who
    they are (the platform's ids by key).
    """

    def __init__(
        self,
        journal: Journal,
        sources: Mapping[str, SourceSettings],
        *,
        routing: Callable[[], Routing],
        readings: Readings,
        offer: Callable[[Sequence[Delivery]], None],
        metrics: Metrics,
        health: Mapping[str, SourceHealth],
        floor: Floor | None = None,
        on_known: Callable[[Iterable[str]], None] | None = None,
        on_strangers: Callable[[Mapping[str, str]], None] | None = None,
    ) -> None:
        self._journal = journal
        self._sources = sources
        self._routing = routing
        self._readings = readings
        self._offer = offer
        self._counts = TranslationCounts(sources, metrics, health)
        self._floor = floor
        self._on_known = on_known
        self._on_strangers = on_strangers
        self._agents: OrderedDict[str, KnownAgent] = OrderedDict()
        self._seen_states: set[SeenState] = set()
        self._codes = Codes()
        self.turn = asyncio.Lock()
        """Whoever has it knows that no receipt is being translated."""

    async def run(self) -> None:
        """Translate until cancelled."""
        while True:
            receipts = await self._journal.untranslated(BATCH)
            async with self.turn:
                await self._translate(receipts)

    def forget(self, keys: Iterable[str]) -> None:
        """Forget what memory has of agents: the store knows better. Only with the turn."""
        for key in keys:
            self._agents.pop(key, None)

    async def _translate(self, receipts: Sequence[JournaledReceipt]) -> None:
        readings = [self._reading(each) for each in receipts]
        self._journal.under_way(None)
        contacts = await self._known_contacts(receipts, readings)
        agents = await self._known_agents(receipts, readings, contacts)
        known = Known(agents, contacts, self._seen_states, self._codes)
        routing = self._routing()
        fanned = [
            self._fan_out(receipt, reading, routing, known)
            for receipt, reading in zip(receipts, readings, strict=True)
        ]
        self._journal.under_way(None)
        finished = [each.finished for each in fanned]
        deliveries = await self._finish(finished)
        changed = {key: agents[key] for each in finished for key in each.agents}
        self._remember(changed)
        self._offer(deliveries)
        for each in finished:
            self._seen_states.update(each.seen_states)
            self._note_floor(each, changed)
        self._codes.note(finished, routing.destinations)
        self._counts.note(fanned)
        if self._on_known is not None:
            freed = routing.badges.freed()
            self._on_known([*freed, *(key for each in fanned for key in each.acquainted)])
        strangers = {key: agent for each in fanned for key, agent in each.strangers.items()}
        if strangers and self._on_strangers is not None:
            self._on_strangers(strangers)

    def _reading(self, receipt: JournaledReceipt) -> Reading | None:
        source = self._sources.get(receipt.verified.receipt.source)
        kept = self._readings.take(receipt.verified)
        if kept is not None or source is None:
            return kept
        self._journal.under_way(receipt)
        try:
            return read(receipt.verified, source)
        except ContentError:
            return None  # fan_out sets it aside, with what is wrong

    def _fan_out(
        self,
        receipt: JournaledReceipt,
        reading: Reading | None,
        routing: Routing,
        known: Known,
    ) -> FannedOut:
        name = receipt.verified.receipt.source
        source = self._sources.get(name)
        if source is None:
            entry = Quarantined("unknown_source", f"no source {name!r} is configured any more")
            return FannedOut(Finished(receipt, quarantined=(entry,)))
        self._journal.under_way(receipt)  # so that a crash can be laid at its door
        return fan_out(receipt, reading, source, routing, known)

    async def _known_agents(
        self,
        receipts: Sequence[JournaledReceipt],
        readings: Sequence[Reading | None],
        contacts: Contacts,
    ) -> dict[str, KnownAgent]:
        keys = {
            f"{source.keys_of}:{record.agent_id}": None
            for receipt, reading in zip(receipts, readings, strict=True)
            if (source := self._sources.get(receipt.verified.receipt.source)) is not None
            for record in _records(reading)
        }
        keys |= {
            f"{source.keys_of}:{agent_id}": None
            for name, agent_id in contacts.agents()
            if (source := self._sources.get(name)) is not None
        }
        known = {key: self._agents[key] for key in keys if key in self._agents}
        missing = [key for key in keys if key not in known]
        if missing:
            stored = await self._journal.known_agents(missing)
            known |= _read_back(stored, KnownAgent.from_json)
        return known

    async def _known_contacts(
        self, receipts: Sequence[JournaledReceipt], readings: Sequence[Reading | None]
    ) -> Contacts:
        keys, names = contact_keys(
            (receipt.verified.receipt.source, reading)
            for receipt, reading in zip(receipts, readings, strict=True)
        )
        if not keys:
            return Contacts()
        stored = await self._journal.known_contacts(keys)
        known = _read_back(stored, KnownContact.from_json)
        conversations = dict(await self._journal.conversations(names))
        return Contacts(known, conversations, frozenset(stored.keys() - known.keys()))

    async def _finish(self, finished: Sequence[Finished]) -> Sequence[Delivery]:
        """Make it durable, however long that takes: the receipts stay claimed meanwhile."""
        try:
            return await self._journal.finish(finished)
        except StoreUnavailableError:
            return await self._finish_later(finished)

    async def _finish_later(self, finished: Sequence[Finished]) -> Sequence[Delivery]:
        # Only where it has failed: what retries refers to itself, and with it the whole batch
        # would be garbage that only a collection finds.
        waits = AsyncRetrying(
            retry=retry_if_exception_type(StoreUnavailableError),
            wait=wait_exponential_jitter(multiplier=0.1, max=5, jitter=0.1),
            before_sleep=lambda state: log.warning(
                "translation.postponed", attempt=state.attempt_number, receipts=len(finished)
            ),
        )
        return await waits(self._journal.finish, finished)

    def _remember(self, changed: Mapping[str, KnownAgent]) -> None:
        for key, agent in changed.items():
            self._agents[key] = agent
            self._agents.move_to_end(key)
        while len(self._agents) > AGENTS_KEPT:
            self._agents.popitem(last=False)

    def _note_floor(self, finished: Finished, changed: Mapping[str, KnownAgent]) -> None:
        if self._floor is not None and finished.agents:
            received_at = finished.receipt.verified.receipt.received_at
            self._floor.heard([(key, changed[key]) for key in finished.agents], received_at)


def _records(reading: Reading | None) -> Sequence[Record]:
    return reading.records if reading is not None else ()


def _read_back(kept: Mapping[str, bytes], read_one: Callable[[bytes], T]) -> dict[str, T]:
    """Return what is known by key, but for what cannot be read: it is nobody else's harm."""
    found: dict[str, T] = {}
    for key, text in kept.items():
        try:
            found[key] = read_one(text)
        except (ValueError, TypeError, LookupError, AttributeError):
            log.exception("known.unreadable", key=key)
    return found
