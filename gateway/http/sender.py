"""Sends made-up requests to an ingest address at a fixed rate, whatever the answers take."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp

from gateway.model.errors import OperationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

WORKERS = 64
WAITING = 256
"""Requests that may wait for a worker before the clock itself has to."""

NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Posting:
    """One request. Those of one *agent* are sent one after another."""

    agent: int
    body: bytes
    content_type: str


@dataclass
class Tally:
    """What came of it. *seconds* are from when each request was due to its answer."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    last_error: str | None = None

    @property
    def answered_well(self) -> int:
        """How many requests were answered 2xx."""
        return sum(count for status, count in self.statuses.items() if status // 100 == 2)  # noqa: PLR2004 - 2xx

    def quantile_ms(self, share: float) -> float | None:
        """Return the time below which that *share* of the answers came, in milliseconds."""
        if not self.seconds:
            return None
        ordered = sorted(self.seconds)
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, with which headers."""

    url: str
    headers: Mapping[str, str]
    timeout: timedelta = timedelta(seconds=30)


async def send_at_rate(
    target: Target,
    postings: Iterator[Posting],
    *,
    rate: float,
    on_sent: Callable[[Tally], None] = lambda _tally: None,
    stop: asyncio.Event | None = None,
    tally: Tally | None = None,
) -> Tally:
    """Send *postings* at *rate* requests a second until they end or *stop* is set; count them in
    *tally*, which is returned.
    """
    tally = tally or Tally()
    queues = [asyncio.Queue[tuple[float, Posting] | None](WAITING) for _ in range(WORKERS)]
    timeout = aiohttp.ClientTimeout(total=target.timeout.total_seconds())
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=WORKERS), timeout=timeout, trust_env=False
        ) as session,
        asyncio.TaskGroup() as workers,
    ):
        for queue in queues:
            workers.create_task(_work(session, target, queue, tally, on_sent))
        await _pace(postings, queues, rate, stop or asyncio.Event())
        for queue in queues:
            await queue.put(None)
    return tally


async def _pace(
    postings: Iterator[Posting],
    queues: list[asyncio.Queue[tuple[float, Posting] | None]],
    rate: float,
    stop: asyncio.Event,
) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number, posting in enumerate(postings):
        due = start + number / rate
        if stop.is_set() or (due > loop.time() and await is_set_within(stop, due - loop.time())):
            return
        await queues[posting.agent % len(queues)].put((due, posting))


async def is_set_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for *stop*, at most so long; return whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False


async def _work(
    session: aiohttp.ClientSession,
    target: Target,
    queue: asyncio.Queue[tuple[float, Posting] | None],
    tally: Tally,
    on_sent: Callable[[Tally], None],
) -> None:
    while (waiting := await queue.get()) is not None:
        due, posting = waiting
        tally.sent += 1
        await _post(session, target, posting, tally)
        tally.seconds.append(asyncio.get_running_loop().time() - due)
        on_sent(tally)


async def _post(
    session: aiohttp.ClientSession, target: Target, posting: Posting, tally: Tally
) -> None:
    headers = {**target.headers, "Content-Type": posting.content_type}
    try:
        async with session.post(
            target.url, data=posting.body, headers=headers, allow_redirects=False
        ) as response:
            body = await response.read()
            tally.statuses[response.status] += 1
            tally.records.update(_counts(body))
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        tally.statuses[NO_ANSWER] += 1
        tally.last_error = str(problem) or type(problem).__name__


async def post(target: Target, body: bytes, content_type: str) -> tuple[int, bytes]:
    """Send one request; return the answer's status and body.

    Raises:
        OperationError: there was no answer.
    """
    headers = {**target.headers, "Content-Type": content_type}
    timeout = aiohttp.ClientTimeout(total=target.timeout.total_seconds())
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.post(target.url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            return answer.status, await answer.read()
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        raise OperationError(f"{target.url}: no answer: {problem}") from problem


def _counts(body: bytes) -> dict[str, int]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(answer, dict):
        return {}
    return {name: count for name, count in answer.items() if isinstance(count, int)}
