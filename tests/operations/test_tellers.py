"""The workers of the destinations, changed by several at once."""

import asyncio
import contextlib
from dataclasses import replace

from gateway.app.tellers import Tellers
from gateway.app.workers import Workers
from gateway.engine import destination
from gateway.model.badge import Badges
from gateway.store.sqlite import open_store
from gateway.telemetry.metrics import Metrics
from tests.standins.delivery import destination_settings
from tests.store.engines import Clock, owe, owed


def named(name, port=9, **changes):
    return destination_settings(name=name, url=f"http://127.0.0.1:{port}/", **changes)


@contextlib.asynccontextmanager
async def telling(path, *names, port=9):
    """Run a worker for each name; yield the workers, and the settings that they have."""
    store = open_store(path / "gateway.db", now=Clock())
    workers = Workers(int)
    tellers = Tellers(
        store,
        metrics=Metrics(),
        roster=None,
        standings=None,
        workers=workers,
        badges=Badges(),
        on_held=list,
    )
    wanted = {name: named(name, port) for name in names}
    try:
        async with asyncio.TaskGroup() as group:
            await tellers.start(group, wanted)
            await alive(tellers, names)
            yield tellers, wanted, store, workers.alive
            await tellers.stop()
    finally:
        await store.close()


async def alive(tellers, names):
    async with asyncio.timeout(5):
        while tellers.destinations.keys() != set(names):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)


def concurrency(tellers):
    return {name: each._settings.concurrency for name, each in tellers.destinations.items()}


@contextlib.asynccontextmanager
async def hanging():
    """A vendor that never answers; yield its port, and what is set when it was asked."""
    asked, is_over, takers = asyncio.Event(), asyncio.Event(), set()

    async def take(_reader, writer):
        takers.add(asyncio.current_task())
        asked.set()
        await is_over.wait()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()
        is_over.set()
        await asyncio.gather(*takers)


async def test_a_reload_counts_also_where_somebody_adopts_meanwhile(tmp_path, monkeypatch):
    monkeypatch.setattr(destination, "GRACE_SECONDS", 0.1)
    async with (
        hanging() as (port, asked),
        telling(tmp_path, "a", "b", port=port) as (tellers, wanted, store, _),
    ):
        tellers.destinations["a"].offer(await owe(store, owed("e1", to="a")))
        await asyncio.wait_for(asked.wait(), 5)
        changed = wanted | {"a": replace(wanted["a"], concurrency=3)}

        async def adopt():
            return await store.adopt("gone", "b", skip_superseded=False)

        # The worker of a has a request under way, and ends only after its grace.
        await asyncio.gather(tellers.become(changed), tellers.without("b", adopt))
        await alive(tellers, "ab")
        assert concurrency(tellers) == {"a": 3, "b": 16}


async def test_it_is_told_again_when_the_last_has_done_with_it(tmp_path):
    async with telling(tmp_path, "a") as (tellers, _, _, living):
        may_go_on = asyncio.Event()

        async def nothing():
            await asyncio.sleep(0)

        waiting = asyncio.ensure_future(tellers.without("a", may_go_on.wait))
        await tellers.without("a", nothing)
        for _ in range(10):
            await asyncio.sleep(0)
        assert living == {}
        may_go_on.set()
        await waiting
        await alive(tellers, "a")


async def test_none_begins_behind_the_end(tmp_path):
    async with telling(tmp_path, "a") as (tellers, wanted, _, _):
        changed = {"a": replace(wanted["a"], concurrency=3), "b": named("b")}
        await asyncio.gather(tellers.become(changed), tellers.stop())
        assert tellers.destinations == {}
