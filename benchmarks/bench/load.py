"""The sender: one phase of load, in a process of its own.

    python -m benchmarks.bench.load '{"url": …}' FILE

Closed loop: so many posters, each posting when its answer is there, and waiting while too many
events have been accepted and not delivered. Open loop: a fixed schedule that waits for nobody;
times count from when a request was due, so that a stall is seen by all whom it delays.

It writes JSON to the file: for each request when it was due, when it was answered (monotonic
nanoseconds), the status, the first agent, how many agents, and their record's number.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiohttp
import orjson
import uvloop
from yarl import URL

from benchmarks.bench.work import WORKS, Work

POLL_SECONDS = 0.02
SWITCH_SECONDS = 0.0002
NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Order:
    """What to send, where, and how fast."""

    url: str
    """Of the source, without a query."""
    sink: str
    work: str
    began: str
    """From when the records' times count."""
    first: int
    """The number of each agent's first record."""
    seconds: float
    agents: int = 1024
    records: int = 1
    """How many agents in a request."""
    rate: float = 0
    """Requests a second; 0 is a closed loop."""
    posters: int = 32
    window: int = 2000
    """How many deliveries may be under way in a closed loop; 0 is any number."""
    destinations: int = 1


Sent = tuple[int, int, int, int, int, int]


class Sender:
    def __init__(self, order: Order, session: aiohttp.ClientSession) -> None:
        self._order, self._session = order, session
        self._work: Work = WORKS[order.work]
        self._began = datetime.fromisoformat(order.began)
        self._room = asyncio.Event()
        self._accepted = 0
        self.sent: list[Sent] = []

    async def post(self, agent: int, number: int, due: int) -> None:
        """Post the record *number* of some agents; note when it was answered."""
        work, order = self._work, self._order
        at = work.at(self._began, number)
        agents = range(agent, agent + order.records)
        signed = work.request([work.record(each, number, at) for each in agents])
        url = URL(order.url + signed.query, encoded=True)
        try:
            async with self._session.post(url, data=signed.body, headers=signed.headers) as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            status = NO_ANSWER
        if status == 200:
            self._accepted += order.records
        self.sent.append((due, time.monotonic_ns(), status, agent, order.records, number))

    async def closed(self) -> None:
        """Post as fast as answers and deliveries come."""
        ends = time.monotonic() + self._order.seconds
        self._room.set()
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch()) if self._order.window else None
            async with asyncio.TaskGroup() as posters:
                for number in range(self._order.posters):
                    posters.create_task(self._poster(number, ends))
            if watch:
                watch.cancel()

    async def _poster(self, number: int, ends: float) -> None:
        """Post for every so-manieth group of agents, one record of each after the other."""
        order = self._order
        groups = range(number * order.records, order.agents, order.posters * order.records)
        record = order.first
        while True:
            for agent in groups:
                if not self._room.is_set():
                    await self._room.wait()
                if time.monotonic() > ends:
                    return
                await self.post(agent, record, time.monotonic_ns())
            record += 1

    async def _watch(self) -> None:
        order = self._order
        while True:
            async with self._session.get(f"{order.sink}/count") as answer:
                under_way = self._accepted * order.destinations - int(await answer.read())
            if under_way < order.window:
                self._room.set()
            else:
                self._room.clear()
            await asyncio.sleep(POLL_SECONDS)

    async def open(self) -> None:
        """Post by a fixed schedule, whatever the answers do."""
        order = self._order
        total = int(order.seconds * order.rate)
        due_at = schedule(total, order.rate)
        turns = enumerate(due_at)
        bell = os.eventfd(0, os.EFD_NONBLOCK)
        done = asyncio.Event()
        groups = order.agents // order.records
        async with asyncio.TaskGroup() as group:

            def ring() -> None:
                for _ in range(os.eventfd_read(bell)):
                    turn, due = next(turns)
                    agent = turn % groups * order.records
                    group.create_task(self.post(agent, order.first + turn // groups, due))
                    if turn + 1 == total:
                        done.set()

            asyncio.get_running_loop().add_reader(bell, ring)
            threading.Thread(target=toll, args=(bell, due_at), daemon=True).start()
            await done.wait()
        asyncio.get_running_loop().remove_reader(bell)


def schedule(total: int, rate: float) -> list[int]:
    """Return when each request is due."""
    start = time.monotonic_ns() + 50_000_000
    return [start + int(turn * 1e9 / rate) for turn in range(total)]


def toll(bell: int, due_at: list[int]) -> None:
    """Wake the loop at each time: its own timers only know milliseconds."""
    for due in due_at:
        left = (due - time.monotonic_ns()) / 1e9
        if left > 0:
            time.sleep(left)
        os.eventfd_write(bell, 1)


async def run(order: Order) -> list[Sent]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=30),
    ) as session:
        sender = Sender(order, session)
        await (sender.open() if order.rate else sender.closed())
        return sorted(sender.sent)


if __name__ == "__main__":
    sys.setswitchinterval(SWITCH_SECONDS)
    sent_all = uvloop.run(run(Order(**orjson.loads(sys.argv[1]))))
    Path(sys.argv[2]).write_bytes(orjson.dumps(sent_all))
