"""The reader of a source: asks the platform how everybody stands, beside what it tells.

What is found is received like any request, durable before anything is made of it. The reader is
never in the way of events: it has its own connections and its own pace, and its failure harms
nobody.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import orjson
import structlog
from tenacity import AsyncRetrying, retry_if_result, stop_after_attempt, wait_exponential_jitter

from gateway.engine.clock import LoopClock, sleep_until
from gateway.engine.round import Round, Tally
from gateway.flow import accept
from gateway.mapping.destination import Request
from gateway.mapping.reading import READ
from gateway.model.clock import from_rfc3339, in_millis, rfc3339
from gateway.model.errors import ContentError, MappingError, StoreUnavailableError
from gateway.model.outgoing import OutgoingRequest
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.pipeline.deliver import retry_after
from gateway.pipeline.render import USER_AGENT, Envelope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.engine.clock import Clock
    from gateway.mapping.reading import Ask, Endpoint, ReadMapping
    from gateway.model.delivery import Answer
    from gateway.pipeline.read import Readings
    from gateway.ports import Store, Transport
    from gateway.settings import ReconcileSettings, SourceSettings
    from gateway.telemetry.metrics import Metrics, SourceHealth

AT_ONCE = 4
"""Questions under way at a time, at most."""

ATTEMPTS = 6
WAIT = wait_exponential_jitter(initial=1, max=30, jitter=1)
AGAIN = frozenset({0, 408, 425, 429})
REFUSED = frozenset({401, 403})
MISSING = 404
TROUBLE = 500
FINE = range(200, 300)

LOOK_EVERY = timedelta(seconds=5)
GAP = timedelta(minutes=5)
"""Silence that counts as a gap where `expect_every` says nothing else."""

AGAIN_AFTER = timedelta(minutes=1)
ASKED_ONCE_IN = timedelta(minutes=10)
"""A stranger of whom the platform says nothing is not asked after again before that."""

SLICE = 200
STORE_PAUSE = timedelta(seconds=2)
STORE_CHECK = "store"
HEADERS = (("content-type", "application/json"),)

log = structlog.get_logger(__name__)


class Reader:
    """Reads one source: at the start, at its interval, after a gap, and when asked."""

    def __init__(
        self,
        source: SourceSettings,
        store: Store,
        transport: Transport,
        *,
        readings: Readings,
        health: SourceHealth,
        metrics: Metrics,
        clock: Clock | None = None,
    ) -> None:
        reading, plan = source.mapping.reading, source.reconcile
        assert reading is not None
        assert plan is not None
        endpoint = reading.endpoint(source.options)
        assert endpoint is not None
        self._source = source
        self._readings = readings
        self._reading: ReadMapping = reading
        self._plan: ReconcileSettings = plan
        self._around = _envelope(endpoint, plan.timeout)
        self._store = store
        self._transport = transport
        self._health = health
        self._metrics = metrics
        self._clock = clock or LoopClock()
        self._stirred = asyncio.Event()
        self._is_wanted = plan.at_start
        self._awaited: list[asyncio.Future[Tally]] = []
        self._strangers: dict[str, None] = {}
        self._asked_after: dict[str, datetime] = {}
        self._failures = 0
        self._not_before = self._slot = self._clock.now()
        self._next_at = self._slot + (timedelta(0) if plan.at_start else plan.every)
        self._heard_at: datetime | None = None
        self._store_refused = 0

    def look_up(self, agents: Iterable[str]) -> None:
        """Ask soon who these agents are, unless that was asked a short while ago."""
        now = self._clock.now()
        for agent in agents:
            asked_at = self._asked_after.get(agent)
            if asked_at is None or now - asked_at > ASKED_ONCE_IN:
                self._strangers[agent] = None
        if self._strangers:
            self._stirred.set()

    async def read_now(self) -> Tally:
        """Read everybody, beginning now; return what it came to."""
        future: asyncio.Future[Tally] = asyncio.get_running_loop().create_future()
        self._awaited.append(future)
        self._is_wanted = True
        self._stirred.set()
        return await future

    async def run(self) -> None:
        """Read, for ever."""
        while True:
            now = self._clock.now()
            if self._is_wanted or now >= self._next_at:
                await self._read_everybody()
            elif self._strangers:
                await self._read_strangers()
            else:
                await self._rest()
                self._look_for_a_gap()

    async def _rest(self) -> None:
        self._stirred.clear()
        until = min(self._next_at, self._clock.now() + LOOK_EVERY)
        alarm = self._clock.call_at(until, self._stirred.set)
        try:
            await self._stirred.wait()
        finally:
            alarm.cancel()

    def _look_for_a_gap(self) -> None:
        """Want a reading where the source is heard again after it was not, or could not be."""
        health, before = self._health, self._heard_at
        heard = health.last_receipt_at
        self._heard_at = from_rfc3339(heard) if heard else None
        if self._heard_at is None or self._heard_at == before:
            return
        refused, seen = health.refusals.get(STORE_CHECK, 0), self._store_refused
        self._store_refused = refused
        silence = self._heard_at - before if before else timedelta(0)
        is_gap = refused != seen or silence > (self._source.expect_every or GAP)
        self._is_wanted = self._is_wanted or (is_gap and self._plan.after_gap)

    async def _read_everybody(self) -> None:
        self._is_wanted = False
        awaited, self._awaited = self._awaited, []
        tally = Tally(problem="it was ended")
        try:
            holding = await self._holding()
            tally = await self._go_round(self._reading.everybody(holding, self._source.options))
        finally:
            for each in awaited:
                if not each.done():
                    each.set_result(tally)
        now = self._clock.now()
        if tally.problem is None:
            self._failures = 0
            self._health.reconciled_at = rfc3339(now)
            self._next_at = now + self._plan.every
        else:
            self._failures += 1
            pause = AGAIN_AFTER * 2 ** min(self._failures - 1, 10)
            self._next_at = now + min(self._plan.every, pause)
        self._health.reconcile_failures = self._failures
        self._health.reconcile_problem = tally.problem
        level = log.info if tally.problem is None else log.warning
        level("source.reconciled", source=self._source.name, **tally.json())

    async def _holding(self) -> frozenset[str]:
        """Return the agents who hold a contact as far as is known."""
        prefix = key = f"{self._source.keys_of}:"
        holding: set[str] = set()
        while several := await self._store.agents_after(key, SLICE):
            for key, text in several:
                if not key.startswith(prefix):
                    return frozenset(holding)
                if orjson.loads(text)["contacts"]:
                    holding.add(key.removeprefix(prefix))
        return frozenset(holding)

    async def _read_strangers(self) -> None:
        agents, self._strangers = tuple(self._strangers), {}
        now = self._clock.now()
        self._asked_after = {
            each: at for each, at in self._asked_after.items() if now - at <= ASKED_ONCE_IN
        } | dict.fromkeys(agents, now)
        asks = [ask for each in agents for ask in self._reading.agent(each, self._source.options)]
        tally = await self._go_round(asks)
        log.info("agents.looked_up", source=self._source.name, agents=len(agents), **tally.json())

    async def _go_round(self, asks: Sequence[Ask]) -> Tally:
        a_round = Round(asks)
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._go_on(a_round))
        return a_round.tally

    async def _go_on(self, a_round: Round) -> None:
        while (ask := await a_round.next()) is not None:
            try:
                await self._put(ask, a_round)
            finally:
                a_round.done()

    async def _put(self, ask: Ask, a_round: Round) -> None:
        """Ask one question, and take in what the answer holds."""
        a_round.tally.asked += 1
        asked_at = self._clock.now()
        answer = await self._answer(ask)
        self._metrics.reads.labels(self._source.name, _kind(answer)).inc()
        if answer.status in REFUSED:
            a_round.give_up(f"the platform refuses our credentials ({answer.status})")
        elif _is_to_be_repeated(answer):
            a_round.tally.failed += 1
            a_round.give_up(f"the platform does not answer: {answer.error or answer.status}")
        elif answer.status in FINE or answer.status == MISSING:
            await self._take(ask, answer, asked_at, a_round)
        else:
            a_round.tally.failed += 1
            log.warning("read.refused", source=self._source.name, status=answer.status)

    async def _take(self, ask: Ask, answer: Answer, asked_at: datetime, a_round: Round) -> None:
        try:
            found = self._reading.found(ask, answer, asked_at, self._source.options)
        except MappingError as problem:
            a_round.tally.failed += 1
            log.warning("read.unreadable", source=self._source.name, reason=str(problem))
            return
        a_round.add(found.asks)
        for body in found.told:
            await self._tell(body, a_round)

    async def _tell(self, body: bytes, a_round: Round) -> None:
        """Receive what was found, as soon as the store can."""
        while True:
            now = in_millis(self._clock.now())
            receipt = Receipt(self._source.name, now, READ, HEADERS, "", body)
            try:
                await accept(VerifiedReceipt(receipt), self._source, self._store, self._readings)
            except StoreUnavailableError:
                await sleep_until(self._clock, self._clock.now() + STORE_PAUSE)
            except ContentError as problem:
                a_round.tally.failed += 1
                log.warning("read.unreadable", source=self._source.name, reason=problem.detail)
                return
            else:
                a_round.tally.told += 1
                return

    async def _answer(self, ask: Ask) -> Answer:
        asking = AsyncRetrying(
            retry=retry_if_result(_is_to_be_repeated),
            stop=stop_after_attempt(ATTEMPTS),
            wait=WAIT,
            sleep=self._pause,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        answer: Answer = await asking(self._attempt, ask)
        return answer

    async def _attempt(self, ask: Ask) -> Answer:
        await self._turn()
        answer = await self._transport.send(self._request(ask))
        not_before = retry_after(answer.retry_after, self._clock.now())
        if not_before is not None and _is_to_be_repeated(answer):
            self._not_before = max(self._not_before, not_before)
        return answer

    async def _turn(self) -> None:
        """Wait for a place in the pace, and for what the platform asked us to wait."""
        now = self._clock.now()
        limit = self._plan.rate_limit
        at = max(now, self._slot, self._not_before)
        self._slot = at + limit.interval
        if at > now:
            await sleep_until(self._clock, at)

    async def _pause(self, seconds: float) -> None:
        await sleep_until(self._clock, self._clock.now() + timedelta(seconds=seconds))

    def _request(self, ask: Ask) -> OutgoingRequest:
        around = self._around
        asked = Request(b"", "", (), method="GET", path=ask.path, query=ask.query)
        return OutgoingRequest(
            method="GET",
            url=around.address(asked),
            headers=(("Accept", "application/json"), *around.headers),
            body=b"",
            timeout=around.timeout,
            secret_headers=around.secret_headers,
        )


def _envelope(endpoint: Endpoint, timeout: timedelta) -> Envelope:
    secrets = tuple((name, secret.reveal()) for name, secret in endpoint.headers)
    return Envelope(
        url=endpoint.url,
        headers=(("User-Agent", USER_AGENT), *secrets),
        secret_headers=frozenset(name.lower() for name, _ in secrets),
        timeout=timeout,
    )


def _is_to_be_repeated(answer: Answer) -> bool:
    return answer.status in AGAIN or answer.status >= TROUBLE


def _kind(answer: Answer) -> str:
    return f"{answer.status // 100}xx" if answer.status else "none"
