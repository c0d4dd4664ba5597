"""A healthy destination beside a dead one: what that costs it, and those who post.

    python -m benchmarks.neighbour [--rate 100] [--seconds 40] [--rounds 5]

Three gateways run: one tells the healthy one alone, one beside one that refuses connections, one
beside one that hangs until the timeout. States are posted to them in turns of half a second, so
that whatever else the machine does harms them alike.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from benchmarks.machine import description, median, quantile, table
from benchmarks.owed import picture
from tests.acceptance.flex import NAMES, envelope
from tests.acceptance.process import Gateway

AGENTS = 1000
WARM_UP_SECONDS = 5
TURN_SECONDS = 0.5
REFUSING = "http://127.0.0.1:9/"

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}}}
destinations:
  healthy: {{mapping: cloudevents, url: "{healthy}", events: [agent.state]}}
"""
DEAD = '  dead: {{mapping: cloudevents, url: "{dead}", events: [agent.state]}}\n'


@dataclass
class Vendor:
    """Writes down when it was told of what (the platform's own id); or hangs."""

    hangs: bool = False
    at: dict[str, float] = field(default_factory=dict)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        said = json.loads(await request.read())
        if self.hangs:
            await asyncio.sleep(3600)
        self.at[said["data"]["native_id"]] = time.perf_counter()
        return web.Response()


@contextlib.asynccontextmanager
async def vendor(*, hangs: bool = False) -> AsyncIterator[Vendor]:
    made = Vendor(hangs)
    app = web.Application()
    app.router.add_post("/", made.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield made
    finally:
        await runner.cleanup()


@dataclass
class Taken:
    """Seconds: from the post to its answer, and to the healthy vendor's having it."""

    acks: list[float] = field(default_factory=list)
    deliveries: list[float] = field(default_factory=list)


@dataclass
class Way:
    """One of the gateways, its healthy vendor, and what was posted and answered when."""

    name: str
    gateway: Gateway
    healthy: Vendor
    sent: dict[str, float] = field(default_factory=dict)
    acks: dict[str, float] = field(default_factory=dict)

    async def post(self, session: aiohttp.ClientSession) -> None:
        number = len(self.sent)
        state = NAMES[number // AGENTS % len(NAMES)]
        record = picture(number % AGENTS, state, datetime.now(UTC))
        name = record["last_processed_event_sid"]
        self.sent[name] = time.perf_counter()
        async with session.post(
            f"{self.gateway.url}/v1/ingest/flex",
            data=envelope(record),
            headers={"Content-Type": "application/json"},
        ) as answer:
            assert answer.status == 200, await answer.text()
            await answer.read()
        self.acks[name] = time.perf_counter()

    async def turn(self, session: aiohttp.ClientSession, rate: float) -> None:
        """Post at a steady rate for a moment, and wait until all of it was told."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * TURN_SECONDS)):
                await asyncio.sleep(began + number / rate - time.perf_counter())
                group.create_task(self.post(session))
        while len(self.healthy.at) < len(self.sent):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.005)

    def taken(self, since: float) -> Taken:
        counted = [name for name, at in self.sent.items() if at > since]
        return Taken(
            [self.acks[each] - self.sent[each] for each in counted],
            [self.healthy.at[each] - self.sent[each] for each in counted],
        )


async def measure(words: argparse.Namespace) -> tuple[dict[str, list[Taken]], dict[str, float]]:
    found: dict[str, list[Taken]] = {}
    async with contextlib.AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="neighbour-")))
        hanging = await stack.enter_async_context(vendor(hangs=True))
        ways = []
        for name, dead in {"alone": "", "one refuses": REFUSING, "one hangs": hanging.url}.items():
            healthy = await stack.enter_async_context(vendor())
            config = CONFIG.format(healthy=healthy.url) + (DEAD.format(dead=dead) if dead else "")
            folder = place / name.replace(" ", "-")
            folder.mkdir()
            gateway = await stack.enter_async_context(Gateway(folder, config))
            ways.append(Way(name, gateway, healthy))
        connector = aiohttp.TCPConnector(limit=0)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        await in_turns(ways, session, words.rate, WARM_UP_SECONDS)
        for _ in range(words.rounds):
            since = time.perf_counter()
            await in_turns(ways, session, words.rate, words.seconds)
            for way in ways:
                found.setdefault(way.name, []).append(way.taken(since))
        cpu = {way.name: cpu_seconds(way.gateway.process.pid) / len(way.sent) for way in ways}
    return found, cpu


async def in_turns(
    ways: list[Way], session: aiohttp.ClientSession, rate: float, seconds: float
) -> None:
    for number in range(int(seconds / TURN_SECONDS)):
        for place in range(len(ways)):
            await ways[(place + number) % len(ways)].turn(session, rate)


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def rows(found: dict[str, list[Taken]], cpu: dict[str, float]) -> list[tuple[str, ...]]:
    written = []
    for what in ("acks", "deliveries"):
        alone = [quantile(getattr(each, what), 0.99) for each in found["alone"]]
        for name, taken in found.items():
            p99 = [quantile(getattr(each, what), 0.99) for each in taken]
            p50 = [quantile(getattr(each, what), 0.5) for each in taken]
            ratios = [there / here for there, here in zip(p99, alone, strict=True)]
            written.append((
                what, name, f"{median(p50) * 1000:.1f}", f"{median(p99) * 1000:.1f}",
                f"{median(ratios):.2f}", " ".join(f"{each:.2f}" for each in ratios),
                f"{cpu[name] * 1000:.2f}",
            ))  # fmt: skip
    return written


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.neighbour", description=__doc__)
    asked.add_argument("--rate", type=float, default=100)
    asked.add_argument("--seconds", type=float, default=40)
    asked.add_argument("--rounds", type=int, default=5)
    words = asked.parse_args()
    found, cpu = asyncio.run(measure(words))
    head = [
        "what",
        "beside",
        "p50 ms",
        "p99 ms",
        "p99 against alone, median",
        "round by round",
        "CPU ms a state",
    ]
    print(f"{words.rate:.0f} states a second, medians of {words.rounds} rounds\n")
    print(table(head, rows(found, cpu)))
    print(f"\n{description()}")


if __name__ == "__main__":
    sys.exit(main())
