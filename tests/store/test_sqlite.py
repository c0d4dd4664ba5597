"""What is SQLite's alone: files, schema, plans, the write-ahead log."""

import asyncio
import os
import stat
from pathlib import Path

import apsw
import pytest

from gateway.model.errors import StoreError, StoreLockedError, StoreUnavailableError
from gateway.store.sqlite import (
    claim,
    connection,
    held,
    journal,
    open_store,
    outbox,
    reader,
)
from tests.store.engines import Clock, keys, owe, owed, receipt


@pytest.fixture
def path(tmp_path):
    return tmp_path / "var" / "gateway.db"


@pytest.fixture
async def store(path, clock):
    store = open_store(path, now=clock)
    yield store
    await store.close()


def modes(path):
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}


async def test_its_files_are_private(store, path):
    await store.append(receipt(), keys("a"))
    assert modes(path) == dict.fromkeys(
        ["gateway.db", "gateway.db-wal", "gateway.db-shm", "gateway.db.lock"], 0o600
    )


async def test_every_folder_that_is_made_is_made_durable(tmp_path, clock, monkeypatch):
    synced = set()
    fsync = os.fsync

    def record(descriptor):
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    await open_store(tmp_path / "a" / "b" / "gateway.db", now=clock).close()
    assert synced == {tmp_path, tmp_path / "a", tmp_path / "a" / "b"}


async def test_files_left_open_to_others_are_closed_to_them(path, clock):
    await open_store(path, now=clock).close()
    path.chmod(0o644)
    store = open_store(path, now=clock)
    assert set(modes(path).values()) == {0o600}
    await store.close()


async def test_a_second_opening_is_refused_until_the_first_closes(path, clock):
    store = open_store(path, now=clock)
    with pytest.raises(StoreLockedError, match="in use by another process"):
        open_store(path, now=clock)
    await store.close()
    await open_store(path, now=clock).close()


async def test_a_newer_schema_is_refused_in_words(path, clock):
    await open_store(path, now=clock).close()
    with apsw.Connection(str(path)) as newer:
        newer.pragma("user_version", 999)
    with pytest.raises(StoreError, match="newer wfm-gateway"):
        open_store(path, now=clock)


def test_a_strangers_database_is_refused(path, clock):
    path.parent.mkdir()
    with apsw.Connection(str(path)) as foreign:
        foreign.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match="not of wfm-gateway"):
        open_store(path, now=clock)
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(path, now=clock)


def test_a_place_that_cannot_be_written_is_told(tmp_path, clock):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path / "file" / "gateway.db", now=clock)


@pytest.mark.parametrize(
    ("version", "is_old"), [("3.40.1", True), ("3.51.2", True), ("3.51.3", False)]
)
def test_an_old_sqlite_is_refused(version, is_old):
    if is_old:
        with pytest.raises(StoreError, match="too old"):
            connection.refuse_old_sqlite(version)
    else:
        connection.refuse_old_sqlite(version)


LANES = "USING INDEX outbox_lanes (destination=?"


@pytest.mark.parametrize(
    ("sql", "values", "wanted"),
    [
        (claim.FIRST_LANE, ("d",), LANES),
        (claim.NEXT_LANE, ("d", "l"), f"{LANES} AND lane>?)"),
        (claim.OLDEST_OF_LANE, ("d", "l", 0, 9), f"{LANES} AND lane=? AND seq>?)"),
        (outbox.OLDEST, ("d",), "outbox_age (destination=?)"),
        (outbox.UNPARK, ("d", 1, 1), "outbox_failed (destination=?)"),
        (held.HELD_OF_AGENT, ("d", "s"), "outbox_held (destination=? AND subject=?)"),
        (held.NEWEST_HELD, ("d", "s"), "outbox_held (destination=? AND subject=?)"),
        (journal.UNTRANSLATED, (0, 9), "untranslated USING INTEGER PRIMARY KEY (rowid>?)"),
    ],
)
async def test_what_runs_often_searches_an_index_and_sorts_nothing(
    store, path, sql, values, wanted
):
    with apsw.Connection(str(path)) as looking:
        rows = looking.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    plan = [row[3] for row in rows]
    assert wanted in plan[0]
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plan)


async def test_a_claim_looks_at_no_more_lanes_than_it_may(store, path):
    await owe(store, *(owed(f"e{n}", f"l{n:05}") for n in range(5000)))
    steps = 0

    def count():
        nonlocal steps
        steps += 1
        return False

    with apsw.Connection(str(path)) as looking:
        looking.set_progress_handler(count, 100)
        heads = claim.Heads("calabrio", "l02500", 0)
        picked, turn = claim.pick_lanes(looking, heads, 16, frozenset({"l02501"}))
    assert picked == [f"l{n:05}" for n in range(2502, 2518)]
    assert turn == picked[-1]
    assert steps < 50


async def test_a_full_disk_refuses_what_does_not_fit_and_nothing_else(store):
    await store.append(receipt(), keys("a"))
    writer = store._database._writer._connection
    pages = writer.pragma("page_count")
    writer.pragma("max_page_count", pages + 40)
    results = await asyncio.gather(
        *(store.append(receipt(b"x" * 20_000), keys(None)) for _ in range(20)),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, StoreUnavailableError)]
    assert 0 < len(refused) < 20
    assert all("disk is full" in str(each) for each in refused)
    assert store.untranslated_count() == 1 + 20 - len(refused)
    writer.pragma("max_page_count", 2**30)
    await store.append(receipt(b"x" * 20_000), keys(None))


async def test_the_log_stays_bounded_and_is_moved_into_the_database(path, monkeypatch):
    monkeypatch.setattr(reader, "CHECKPOINT_PAGES", 50)
    monkeypatch.setattr(reader, "WAL_PAGES", 200)
    store = open_store(path, now=Clock())
    for _ in range(400):
        await store.append(receipt(b"x" * 20_000), keys(None))
    log = path.with_name("gateway.db-wal").stat().st_size
    assert log < 2_000 * 4096
    assert path.stat().st_size > 400 * 20_000 / 2
    await store.close()
    store = open_store(path, now=Clock())
    assert store.untranslated_count() == 400
    await store.close()
