"""The process ends without notice, or the disk lets it down."""

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.model.errors import StoreLockedError
from gateway.ports import Finished, Selection
from tests.store.engines import ENGINES, keys, receipt

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def victim(what, engine, place):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.victim", what, engine, str(place),
        stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def lines(process, count):
    return [(await process.stdout.readline()).decode().strip() for _ in range(count)]


async def test_what_was_acknowledged_survives_kill_9(engine, opened, tmp_path):
    async with victim("append", engine, tmp_path) as process:
        told = await lines(process, 300)
        process.kill()
        rest, _ = await process.communicate()
    told += rest.decode().split("\n")[:-1]
    store = await opened()
    found = []
    while store.untranslated_count() > 0:
        claimed = await store.untranslated(100)
        found += [each.verified.receipt.body.decode() for each in claimed]
        await store.finish([Finished(each) for each in claimed])
    assert set(told) <= set(found)
    assert len(found) == len(set(found))
    for name in range(20):
        numbers = [int(each.split("/")[1]) for each in found if each.startswith(f"{name}/")]
        assert numbers == sorted(numbers)
    digest = told[0]
    assert (await store.append(receipt(), keys(digest))).duplicates == {0}


async def kill_while_claimed(engine, place):
    async with victim("claim", engine, place) as process:
        (told,) = await lines(process, 1)
        process.kill()
        await process.wait()
    return told.split()


async def test_a_receipt_under_way_at_two_unclean_ends_is_set_aside(engine, opened, tmp_path):
    store = await opened()
    ids = [(await store.append(receipt(), keys(None))).receipt_id for _ in range(3)]
    await store.close()
    assert await kill_while_claimed(engine, tmp_path) == ids
    assert await kill_while_claimed(engine, tmp_path) == ids
    store = await opened()
    (entry,) = await store.quarantine_entries(Selection())
    assert (entry.entry.reason, entry.entry.index, entry.receipt_id) == ("crashed", None, ids[0])
    assert [each.id for each in await store.untranslated(100)] == ids[1:]


async def test_one_unclean_end_and_clean_ones_set_nothing_aside(engine, opened, tmp_path):
    store = await opened()
    ids = [(await store.append(receipt(), keys(None))).receipt_id for _ in range(3)]
    await store.close()
    await kill_while_claimed(engine, tmp_path)
    for _ in range(2):
        store = await opened()
        claimed = await store.untranslated(9)
        assert [each.id for each in claimed] == ids
        store.under_way(claimed[0])
        await store.close()
    assert await (await opened()).quarantine_entries(Selection()) == []


async def test_a_crashed_receipt_that_is_retried_starts_afresh(engine, opened, tmp_path):
    store = await opened()
    await store.append(receipt(), keys(None))
    await store.close()
    for _ in range(2):
        await kill_while_claimed(engine, tmp_path)
    store = await opened()
    assert store.untranslated_count() == 0
    assert await store.retry_quarantine(Selection()) == 1
    assert await (await opened()).quarantine_entries(Selection()) == []


async def test_a_full_disk_is_told_and_mends_itself(engine, tmp_path):
    async with victim("fill", engine, tmp_path) as process:
        unavailable, mended = await lines(process, 2)
        assert await process.wait() == 0
    assert unavailable.startswith("unavailable: the store is unavailable")
    assert mended == "mended: True"


async def test_a_log_that_cannot_grow_starts_over(engine, tmp_path):
    async with victim("crowd", engine, tmp_path) as process:
        (told,) = await lines(process, 1)
    assert int(told.removeprefix("kept: ")) > 80


async def test_a_second_opening_is_refused(engine, opened, tmp_path, clock):
    await opened()
    with pytest.raises(StoreLockedError):
        ENGINES[engine](tmp_path, clock)


async def test_a_store_of_another_process_is_refused(engine, opened, tmp_path, clock):
    store = await opened()
    await store.append(receipt(), keys(None))
    await store.close()
    async with victim("claim", engine, tmp_path) as process:
        await lines(process, 1)
        with pytest.raises(StoreLockedError):
            ENGINES[engine](tmp_path, clock)
