"""Stores that an earlier version wrote, with what is in them."""

from contextlib import closing

import apsw
import pytest

from gateway.model.clock import to_millis
from gateway.store.sqlite import open_store
from gateway.store.sqlite.connection import APPLICATION_ID, migrations
from tests.store.engines import START

AT = to_millis(START)
RECEIPT = """
    INSERT INTO receipts (seq, id, source, received_at, finished_at, crashes, signed,
        query_trusted, method, headers, query, body)
    VALUES (?, ?, 'flex', ?, ?, ?, 1, 0, 'POST', x'', x'', ?)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gateway.db"


def write_schema(path, version):
    """Make an empty store of an earlier version; return the connection to it."""
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "WAL")
    for step in migrations()[:version]:
        connection.execute(step).fetchall()
    connection.pragma("user_version", version)
    connection.pragma("application_id", APPLICATION_ID)
    return connection


async def test_what_waits_and_what_was_known_is_taken_along(path, clock):
    with closing(write_schema(path, 8)) as old:
        for values in (
            (1, "a", AT, AT, 0, b"done"),
            (2, "b", AT, None, 0, b"waits"),
            (3, "c", AT, None, 2, b"crashed"),
        ):
            old.execute(RECEIPT, values)
        old.execute("INSERT INTO agent_states VALUES ('flex:ann', 1, ?, x'7b7d')", (AT,))
        old.execute("INSERT INTO agent_states VALUES ('flex:bob', 2, ?, NULL)", (AT,))
        old.execute(
            "INSERT INTO counts VALUES ('receipts', 3), ('untranslated', 2), ('receipt_seq', 3)"
        )
    store = open_store(path, now=clock)
    assert store.set_aside_at_start == 1
    (waiting,) = await store.untranslated(9)
    assert waiting.verified.receipt.body == b"waits"
    assert store.untranslated_count() == 1
    assert await store.agents_before(1, ["flex:ann", "flex:bob"]) == {"flex:ann": b"{}"}
    assert await store.check() == []
    await store.close()
