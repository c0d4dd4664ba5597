"""A damaged file: looked through, set aside for a fresh one, and never one that is not ours."""

import sqlite3
from contextlib import closing

import apsw
import pytest

from gateway.model.delivery import Delivered
from gateway.model.errors import StoreError, StoreUnavailableError
from gateway.ports import Finished, Quarantined, Recorded, RecordKey
from gateway.store.sqlite import open_store, problems_of
from gateway.store.sqlite.connection import APPLICATION_ID, migrations
from tests.store.engines import START, append_and_claim, owe, owed, receipt

PAGE = 4096


@pytest.fixture
async def filled(tmp_path, clock):
    """Fill a store; return its path."""
    path = tmp_path / "gateway.db"
    store = open_store(path, now=clock)
    for number in range(60):
        (delivery,) = await owe(store, owed(f"e{number}", lane=f"l{number}"))
        if number % 2:
            await store.record([Recorded(delivery, Delivered(), START, "m 1")])
    await store.quarantine(receipt(b"x" * 3000), Quarantined("content", "no"))
    await store.close()
    return path


def overwrite(path, start, length=PAGE, byte=b"\xa5"):
    with path.open("r+b") as file:
        file.seek(start)
        file.write(byte * length)


async def test_a_sound_store_has_no_problems_also_while_it_works(filled, clock):
    assert problems_of(filled) == []
    store = open_store(filled, now=clock)
    await owe(store, owed("more"))
    assert await store.check() == []
    await store.close()


async def test_damaged_pages_wrong_counts_and_lost_rows_are_told(filled):
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("DELETE FROM events WHERE seq = (SELECT min(event) FROM outbox)")
        connection.execute("DELETE FROM receipts WHERE seq IN (SELECT receipt FROM quarantine)")
        connection.commit()
    told = "\n".join(problems_of(filled))
    assert "1 outbox rows without their event" in told
    assert "1 quarantine entries without their receipt" in told
    assert "the count events is 60, the rows are 59" in told
    overwrite(filled, 6 * PAGE)
    assert any(each.startswith(("SQLite: ", "it cannot be read")) for each in problems_of(filled))


async def test_a_file_of_another_kind_is_told_as_such(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("not a database at all, but long enough to have been one" * 9)
    assert "cannot be" in problems_of(text)[0]
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert problems_of(tmp_path / "other.db") == ["it is not a store of wfm-gateway"]


@pytest.mark.parametrize("start", [100, 0])
async def test_what_cannot_be_opened_is_set_aside_whole(filled, clock, start):
    (filled.parent / "gateway.db-wal").write_bytes(b"")
    overwrite(filled, start, 3 * PAGE)
    before = filled.read_bytes()
    with pytest.raises(StoreError):
        open_store(filled, now=clock)
    assert filled.read_bytes() == before
    store = open_store(filled, now=clock, on_damage=lambda: None)
    assert (await store.append(receipt(), [RecordKey(0, None)])).receipt_id
    (aside,) = store.set_aside_before()
    assert aside == "gateway.db.corrupt-20260302T090000Z"
    assert (filled.parent / aside).read_bytes() == before
    await store.close()


async def test_damage_that_shows_later_ends_it_and_is_set_aside_at_the_next_start(filled, clock):
    seen = []
    store = open_store(filled, now=clock, on_damage=lambda: seen.append(1))
    pages = filled.stat().st_size // PAGE
    overwrite(filled, 2 * PAGE, (pages - 2) * PAGE)
    with pytest.raises(StoreUnavailableError, match="damaged"):
        await store.receipts_from(0, 500, first=0)
    assert seen
    await store.close()
    again = open_store(filled, now=clock, on_damage=lambda: None)
    assert len(again.set_aside_before()) == 1
    await again.close()


def lose_the_head(path):
    overwrite(path, 0, 100, b"\0")


def shorten(path):
    path.write_bytes(path.read_bytes()[:50])


def empty(path):
    path.write_bytes(b"")


def lose_all_but_the_log(path):
    path.unlink()
    path.with_name("gateway.db-wal").write_bytes(b"frames" * 100)


@pytest.mark.parametrize("harm", [lose_the_head, shorten, empty, lose_all_but_the_log])
async def test_a_store_that_was_there_before_is_missed_loudly(filled, clock, harm):
    harm(filled)
    left = {each.suffix: each.read_bytes() for each in filled.parent.glob("gateway.db*")}
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(filled, now=clock)
    assert {e.suffix: e.read_bytes() for e in filled.parent.glob("gateway.db*")} == left
    store = open_store(filled, now=clock, on_damage=lambda: None)
    assert (await store.append(receipt(), [RecordKey(0, None)])).receipt_id
    assert len(store.set_aside_before()) == 1
    logs = list(filled.parent.glob("*.corrupt-*-wal"))
    assert [each.read_bytes() for each in logs] == [left[n] for n in left if n == ".db-wal"]
    await store.close()


@pytest.mark.parametrize("content", [b"somebody's notes, and long ones" * 20, b"\x00" * 5000])
def test_a_file_that_was_never_ours_is_not_touched(tmp_path, clock, content):
    path = tmp_path / "important"
    path.write_bytes(content)
    with pytest.raises(StoreError):
        open_store(path, now=clock, on_damage=lambda: None)
    assert path.read_bytes() == content
    assert list(tmp_path.glob("*.corrupt-*")) == []


def test_a_newer_schema_and_another_database_are_refused_and_not_touched(tmp_path, clock):
    newer, other = tmp_path / "newer.db", tmp_path / "other.db"
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 99")
        connection.execute("CREATE TABLE later (x)")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE t (x)")
    for path, words in ((newer, "newer wfm-gateway"), (other, "not of wfm-gateway")):
        with pytest.raises(StoreError, match=words):
            open_store(path, now=clock, on_damage=lambda: None)
    assert list(tmp_path.glob("*.corrupt-*")) == []


async def test_a_copy_is_a_store_private_and_replaces_nothing(filled, clock, tmp_path):
    store = open_store(filled, now=clock)
    await owe(store, owed("while it works"))
    target = tmp_path / "copy.db"
    size = await store.backup(target)
    with pytest.raises(StoreError, match="something at"):
        await store.backup(target)
    with pytest.raises(StoreError, match="cannot be written"):
        await store.backup(tmp_path / "no folder" / "copy.db")
    await owe(store, owed("after it"))
    await store.close()
    assert size == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600
    assert problems_of(target) == []
    assert sorted(each.name for each in tmp_path.glob("*.partial")) == []
    copy = open_store(target, now=clock)
    assert (await copy.backlog("calabrio")).pending == 31
    await copy.close()


async def test_a_store_of_the_first_schema_is_brought_up_to_date(tmp_path, clock):
    path = tmp_path / "gateway.db"
    old = open_store(tmp_path / "pattern.db", now=clock)
    claimed = await append_and_claim(old)
    await old.finish([Finished(claimed, agents={"flex:ann": b"{}"})])
    await owe(old, owed("one"), owed("two"), owed("three", held="unmapped"))
    await old.append(receipt(b"waits"), [RecordKey(0, None)])
    await old.close()
    as_schema_1(tmp_path / "pattern.db", path)
    store = open_store(path, now=clock)
    backlog = await store.backlog("calabrio")
    assert (backlog.pending, backlog.held) == (2, 1)
    (waiting,) = await store.untranslated(9)
    assert waiting.verified.receipt.body == b"waits"
    assert await store.known_agents(["flex:ann"]) == {"flex:ann": b"{}"}
    later = await append_and_claim(store)
    assert (await store.beginning(None)).place == later.seq == waiting.seq + 1
    assert await store.check() == []
    await store.close()


def as_schema_1(source, target):
    """Write what a store holds as the first version of the schema had it."""
    with closing(apsw.Connection(str(target))) as connection:
        connection.execute(migrations()[0])
        connection.pragma("user_version", 1)
        connection.pragma("application_id", APPLICATION_ID)
        connection.execute("ATTACH ? AS new", (str(source),))
        named = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE ?"
        for (table,) in connection.execute(named, ("sqlite%",)).fetchall():
            columns = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
            names = ", ".join(column[1] for column in columns)
            copied = f"INSERT OR REPLACE INTO main.{table} SELECT {names} FROM new.{table}"
            connection.execute(copied)
        done = "seq NOT IN (SELECT seq FROM new.untranslated)"
        connection.execute(f"UPDATE main.receipts SET finished_at = 1 WHERE {done}")
        connection.execute("DELETE FROM meta WHERE key = 'states_kept_from'")
