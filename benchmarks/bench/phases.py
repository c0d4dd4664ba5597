"""One case, once: start the contender, warm it, load it, wait for every event, read the meters."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import orjson

from benchmarks.bench.cases import Case
from benchmarks.bench.contenders import STARTS, Place
from benchmarks.bench.figures import NOTHING, Arrival, Cost, Measured, Phase, measured
from benchmarks.bench.load import Order, Sent
from benchmarks.bench.packages import Packages
from benchmarks.bench.processes import Running, ahead, machine_cpu_seconds, own_cpu_seconds

NOBODY = "http://127.0.0.1:9"
WARM_SECONDS = 1.0
PATIENCE_SECONDS = 10
"""How long nothing may arrive before what is missing counts as lost."""
POLL_SECONDS = 0.05
MAX_BACKLOG = 5_000_000


@dataclass(frozen=True)
class Sink:
    pid: int
    url: str
    session: aiohttp.ClientSession

    async def reset(self, refuse: int = 0) -> None:
        async with self.session.post(f"{self.url}/reset?refuse={refuse}"):
            pass

    async def count(self) -> int:
        async with self.session.get(f"{self.url}/count") as answer:
            return int(await answer.read())

    async def arrivals(self) -> list[Arrival]:
        async with self.session.get(f"{self.url}/arrivals") as answer:
            return orjson.loads(await answer.read())

    async def has_all(self, wanted: int) -> None:
        """Wait until so many have arrived, or none has for a while."""
        best, waited = -1, 0.0
        while (now := await self.count()) < wanted and waited < PATIENCE_SECONDS:
            waited = 0.0 if now > best else waited + POLL_SECONDS
            best = max(best, now)
            await asyncio.sleep(POLL_SECONDS)


def absolute(name: str) -> Path:
    return Path(name).absolute()


@asynccontextmanager
async def sink() -> AsyncIterator[Sink]:
    ahead(os.getpid())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bench.sink", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            yield Sink(process.pid, f"http://127.0.0.1:{port}", session)
    finally:
        process.kill()
        await process.wait()


@dataclass
class Trial:
    """A contender under load; records go on in time from phase to phase."""

    case: Case
    running: Running
    sink: Sink
    began: datetime
    first: int = 0

    async def phase(self, *, seconds: float, rate: float = 0) -> Measured:
        """Send for so long; return what was sent, what arrived, and what it cost."""
        case = self.case
        await self.sink.reset(case.refuse)
        before = self.meters()
        sent = await send(self.order(seconds, rate))
        accepted = sum(each[4] for each in sent if each[2] == 200)
        if not case.down and not case.unbounded:
            await self.sink.has_all(accepted * case.destinations)
        cost = Cost(*(now - then for now, then in zip(self.meters(), before, strict=True)))
        self.first = 1 + max((each[5] for each in sent), default=self.first)
        arrived = await self.sink.arrivals()
        phase = Phase(case, self.began, rate)
        return measured(phase, sent, arrived, cost)

    def meters(self) -> tuple[float, float, float, float]:
        """Return the seconds of CPU of the contender, the bench and the machine, and the time."""
        own = own_cpu_seconds(self.sink.pid)
        return self.running.cpu_seconds(), own, machine_cpu_seconds(), time.monotonic()

    def order(self, seconds: float, rate: float) -> Order:
        case = self.case
        source = "flex" if case.work == "flex" else "engage"
        return Order(
            url=f"{self.running.url}/v1/ingest/{source}",
            sink=self.sink.url,
            work=case.work,
            began=self.began.isoformat(),
            first=self.first,
            seconds=seconds,
            agents=case.agents,
            records=case.records,
            rate=rate / case.records,
            window=0 if case.down or case.unbounded else 2000,
            destinations=case.destinations,
        )


async def send(order: Order) -> list[Sent]:
    """Run the sender on an order."""
    with tempfile.NamedTemporaryFile(prefix="sent-", dir="var") as file:
        words = [orjson.dumps(asdict(order)).decode(), file.name]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.bench.load", *words
        )
        if await process.wait():
            raise RuntimeError(f"the sender ended with {process.returncode}")
        return [tuple(each) for each in orjson.loads(file.read())]


async def disk(case: Case, seconds: float) -> dict[str, object]:
    """Measure what the disk allows, in the words of the others."""
    with tempfile.NamedTemporaryFile(prefix="disk-", dir="var") as file:
        words = [sys.executable, "-m", "benchmarks.bench.servers.disk", file.name, str(seconds)]
        process = await asyncio.create_subprocess_exec(
            *words, str(case.records), stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    found = orjson.loads(out)
    return {"peak_mib": found.pop("peak_mib"), "phases": {"closed": asdict(NOTHING) | found}}


async def once(
    case: Case, packages: Packages, at: Sink, *, seconds: float, store: Path | None = None
) -> dict[str, object]:
    """Measure one case once: closed loop for throughput, then each rate for latency."""
    if case.contender == "fdatasync":
        return await disk(case, seconds)
    with tempfile.TemporaryDirectory(prefix="bench-", dir="var") as name:
        urls = [f"{NOBODY if case.down else at.url}/hook/{n}" for n in range(case.destinations)]
        place = Place(absolute(name), urls, packages, batch=case.batch, store=store)
        if case.unbounded:
            place = replace(place, max_backlog=MAX_BACKLOG)
        async with STARTS[case.contender](place) as running:
            trial = Trial(case, running, at, datetime.now(UTC))
            await trial.phase(seconds=WARM_SECONDS)
            found = {"closed": asdict(await trial.phase(seconds=seconds))}
            for rate in case.rates:
                found[f"{rate:.0f}/s"] = asdict(await trial.phase(seconds=seconds, rate=rate))
            return {"peak_mib": running.peak_mib(), "phases": found}
