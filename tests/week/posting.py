"""Messages as requests, sent through the real mappings, stages and store; and the books read."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gateway.config.load import load
from gateway.engine.translator import Translator
from gateway.flow import Routing, accept
from gateway.mapping.registry import installed
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.pipeline.read import Readings
from gateway.store.sqlite import open_store
from gateway.telemetry.metrics import Metrics, SourceHealth
from tests.week.telling import FORM, JSON
from tests.week.truth import DESK, RING, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from gateway.settings import Settings
    from gateway.store.sqlite import SqliteStore
    from tests.week.telling import Message

CONFIG = """
server: {port: 0}
store: {path: gateway.db}
sources:
  desk: {type: taskrouter, auth: {type: none}}
  ring: {type: ringcentral, auth: {type: none}}
destinations:
  who:
    mapping: cloudevents
    url: http://127.0.0.1:9/
    events: [agent.profile]
    include: [customer]
"""
AT_ONCE = 25
TOGETHER = 50
"""Posts that become durable in one transaction, in their order."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message, and when it arrives."""

    at: int
    message: Message


@dataclass(frozen=True, slots=True)
class Request:
    """One post."""

    at: int
    source: str
    body: bytes
    content_type: str


def requests(sent: Iterable[Sent]) -> Iterator[Request]:
    """Yield posts of what arrives one after another: a few events of one platform each, at the
    time of the last of them; some as callbacks of one event.
    """
    held: dict[str, list[Sent]] = {DESK: [], RING: []}
    for each in sent:
        several = held[each.message.fact.platform]
        if several and (len(several) == AT_ONCE or each.at - several[0].at > 300 * SECOND):
            yield _together(several)
            several.clear()
        if each.message.fact.platform == DESK and each.message.fact.number % 23 == 0:
            if several:
                yield _together(several)
                several.clear()
            yield Request(each.at, DESK, each.message.as_form(), FORM)
        else:
            several.append(each)
    yield from (_together(several) for several in held.values() if several)


def _together(several: Sequence[Sent]) -> Request:
    items = [each.message.as_stream() for each in several]
    platform = several[0].message.fact.platform
    return Request(several[-1].at, platform, json.dumps(items).encode(), JSON)


class Nobody:
    """A roster that names no one."""

    def entry(self, _source, _agent_id):
        return None


class Gateway:
    """The real one, but for its network."""

    def __init__(self, folder: Path) -> None:
        path = folder / "gateway.yaml"
        path.write_text(CONFIG)
        self.settings: Settings = load(path, installed(), {})
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.store: SqliteStore = open_store(folder / "gateway.db", now=lambda: self.now)
        self._moved = asyncio.Event()
        self.posted: dict[str, int] = {"accepted": 0, "duplicates": 0, "quarantined": 0}

    async def take(self, posts: Iterable[Request]) -> None:
        """Accept and translate everything, as it comes."""
        translator = self._translator(await self.store.own_key("customer"))
        running = asyncio.ensure_future(translator.run())
        try:
            several = list(posts)
            for first in range(0, len(several), TOGETHER):
                together = several[first : first + TOGETHER]
                await asyncio.gather(*(self._post(each) for each in together))
                await self._settled()
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def _post(self, each: Request) -> None:
        self.now = datetime.fromtimestamp(each.at / 1000, UTC)
        headers = (("content-type", each.content_type),)
        receipt = Receipt(each.source, self.now, "POST", headers, "", each.body)
        source = self.settings.sources[each.source]
        accepted = await accept(VerifiedReceipt(receipt), source, self.store, Readings())
        for name in self.posted:
            self.posted[name] += getattr(accepted, name)

    async def _settled(self) -> None:
        async with asyncio.timeout(60):
            while self.store.untranslated_count():
                await self._moved.wait()
                self._moved.clear()

    def _translator(self, customer_key: bytes) -> Translator:
        destinations = tuple(self.settings.destinations.values())
        routing = Routing(destinations, "forward", Nobody(), customer_key=customer_key)
        return Translator(
            self.store,
            self.settings.sources,
            routing=lambda: routing,
            readings=Readings(),
            offer=lambda _deliveries: self._moved.set(),
            metrics=Metrics(),
            health={name: SourceHealth() for name in self.settings.sources},
        )

    async def hear(self, spans: Iterable[tuple[str, int, int]]) -> None:
        """Note when each source was heard."""
        for source, since, until in spans:
            for at in (since, until):
                when = datetime.fromtimestamp(at / 1000, UTC)
                patience = timedelta(milliseconds=until - since if at == until else 0)
                await self.store.hear([source], when, patience)
