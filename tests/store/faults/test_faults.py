"""The disk fails at any call: it is said, nothing half is there, and it mends itself."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace

import apsw
import pytest

from gateway.model.delivery import Dead, DeadReason, Delivered, RetryAt
from gateway.model.errors import StoreUnavailableError
from gateway.ports import (
    DestinationMark,
    Finished,
    Lane,
    Quarantined,
    Recorded,
    Selection,
)
from gateway.store.sqlite import open_store, reader
from tests.store.engines import START, keys, owe, owed, receipt, routed
from tests.store.faults.disk import Fault, Weather, disk

TABLES = ("receipts", "seen", "quarantine", "events", "agents", "outbox", "lanes", "outcomes",
          "dead_letters", "destinations", "counts")  # fmt: skip
MOST_CALLS = 200
VARIES = {"receipts": ("id",), "events": ("receipt",)}
"""What is made by chance, and differs between two stores that did the same."""


@pytest.fixture
def weather():
    weather = Weather()
    with disk(weather):
        yield weather


@pytest.fixture
async def store(weather, tmp_path):
    store = open_store(tmp_path / "gateway.db", now=lambda: START)
    yield store
    weather.turn(None)
    weather.is_clear.set()
    await store.close()


def rows_in(path):
    """Return every row that a reader of the file finds, without what is made by chance."""
    with apsw.Connection(str(path)) as looking:
        assert looking.pragma("integrity_check") == "ok"
        return {table: sorted(map(repr, _rows(looking, table))) for table in TABLES}


def _rows(looking, table):
    found = looking.execute(f"SELECT * FROM {table}")
    names = [name for name, *_rest in found.description] if (first := found.fetchone()) else []
    for row in [first, *found] if first else []:
        yield {k: v for k, v in zip(names, row, strict=True) if k not in VARIES.get(table, ())}


@dataclass
class Scene:
    """What a store has when one of its operations fails."""

    claimed: object
    delivery: object


async def prepare(store):
    """Owe something, and have something to translate and a dead letter."""
    first, second = await owe(store, owed("a"), owed("b"))
    await store.record([Recorded(first, Dead(DeadReason.PERMANENT), START, "m 1")])
    await store.append(receipt(b"old"), keys("old"))
    (claimed,) = await store.untranslated(1)
    return Scene(claimed, second)


async def append(store, _scene):
    await store.append(receipt(b"new"), keys("old", "new"), (Quarantined("unreadable", "x", 2),))


async def append_big(store, _scene):
    await store.append(receipt(b"x" * 300_000), keys("new"))


async def finish(store, scene):
    events = (routed("c", owed("c")), routed("d", owed("d", "bob"), owed("d", to="other")))
    await store.finish([Finished(scene.claimed, events, {"flex:ann": b"{}"})])


async def record_delivered(store, scene):
    await store.record([Recorded(scene.delivery, Delivered(), START, "m 1", Lane({"a": 1}))])


async def record_retry(store, scene):
    await store.record([Recorded(scene.delivery, RetryAt(START), START, "m 1")])


async def retry_dead_letters(store, _scene):
    await store.retry_dead_letters(Selection(), skip_superseded=frozenset())


async def pause(store, _scene):
    await store.mark("calabrio", DestinationMark(paused=True))


CHANGES = [append, append_big, finish, record_delivered, record_retry, retry_dead_letters, pause]


@pytest.mark.parametrize(
    "calls",
    [
        Fault("write", apsw.IOError, suffix="-wal"),
        Fault("write", apsw.FullError, suffix="-wal"),
        Fault("sync", apsw.IOError, suffix="-wal"),
        Fault("read", apsw.IOError),
    ],
    ids=["write", "write-full", "sync", "read"],
)
@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_is_whole_or_not_there_whichever_call_fails(
    weather, tmp_path, change, calls
):
    for nth in range(1, MOST_CALLS, 20 if change is append_big else 1):
        path = tmp_path / str(nth) / "gateway.db"
        store = open_store(path, now=lambda: START)
        scene = await prepare(store)
        await store.close()
        store = open_store(path, now=lambda: START)  # nothing of it is in memory
        before = rows_in(path)
        weather.turn(replace(calls, nth=nth))
        with suppress(StoreUnavailableError):
            await change(store, scene)
            assert weather.hit == 0
            weather.turn(None)
            await store.close()
            break
        assert weather.hit > 0
        weather.turn(None)
        assert rows_in(path) == before
        await change(store, scene)
        after = rows_in(path)
        assert after != before
        await store.close()
        assert rows_in(path) == after
    assert nth > 1


@pytest.mark.parametrize(
    "look",
    [
        lambda store: store.claim("calabrio", lanes=9, depth=9, busy=frozenset()),
        lambda store: store.lane_states("calabrio", ["ann"]),
        lambda store: store.dead_letters(Selection()),
        lambda store: store.agents(),
    ],
)
async def test_a_look_that_fails_says_so_and_the_next_one_succeeds(store, weather, look):
    await prepare(store)
    weather.turn(Fault("read"))
    with pytest.raises(StoreUnavailableError, match="input/output error"):
        await look(store)
    weather.turn(None)
    await look(store)


async def test_a_disk_that_fails_for_a_while_loses_nothing_acknowledged(store, weather, tmp_path):
    """Senders go on all the time; the disk fails again and again, in every way."""
    kept, refused = [], []

    async def sender(name):
        for number in range(60):
            body = f"{name}/{number}"
            try:
                await store.append(receipt(body.encode()), keys(body))
            except StoreUnavailableError:
                refused.append(body)
            else:
                kept.append(body)
            if name == 0 and number % 4 == 0:
                kinds = ("write", "sync", "truncate", "open", "read")
                error = (apsw.IOError, apsw.FullError, apsw.ReadOnlyError)[number % 3]
                weather.turn(Fault(kinds[number // 4 % 5], error, nth=2, times=3))

    await asyncio.gather(*(sender(name) for name in range(5)))
    weather.turn(None)
    await store.append(receipt(b"last"), keys("last"))
    assert refused
    assert kept
    claimed = []
    while len(claimed) < store.untranslated_count():
        claimed += await store.untranslated(256)
    bodies = [each.verified.receipt.body.decode() for each in claimed]
    assert sorted(bodies) == sorted([*kept, "last"])


async def test_while_the_disk_takes_its_time_looks_are_answered_and_all_that_waits_goes_at_once(
    store, weather
):
    await prepare(store)
    weather.is_clear.clear()
    first = asyncio.ensure_future(store.append(receipt(b"0"), keys("0")))
    await asyncio.to_thread(weather.is_held.wait)
    others = [asyncio.ensure_future(store.append(receipt(), keys(f"{n}"))) for n in range(1, 200)]
    claimed = await store.claim("calabrio", lanes=9, depth=9, busy=frozenset())
    assert [each.lane for each in claimed] == ["ann"]
    assert (await store.backlog("calabrio")).pending == 1
    assert not first.done()
    syncs = weather.calls["sync"]
    weather.is_clear.set()
    await asyncio.gather(first, *others)
    assert weather.calls["sync"] == syncs + 1


async def test_a_checkpoint_that_fails_or_takes_its_time_delays_no_answer(
    store, weather, monkeypatch
):
    monkeypatch.setattr(reader, "CHECKPOINT_PAGES", 1)
    weather.turn(Fault("write", suffix=".db"))
    for number in range(20):
        await store.append(receipt(), keys(f"failing {number}"))
    await asyncio.to_thread(_until, lambda: weather.hit > 0)
    weather.turn(None)
    for number in range(20):
        await store.append(receipt(), keys(f"mended {number}"))
    assert store.untranslated_count() == 40


def _until(is_so):
    while not is_so():
        pass
