"""What glimpses told of agents, kept for figures: read, they are put together to states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.model.ledger import GlimpseEntry
from gateway.model.printable import printable
from gateway.pipeline.track import LONGEST_CONTACT, composed
from gateway.store.sqlite.connection import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import apsw

    from gateway.model.ledger import AgentEntry, Millis
    from gateway.ports import Finished
    from gateway.store.sqlite.tally import Transaction

KEPT = "ledger_glimpses"
KEEP = """
    INSERT INTO ledger_glimpses (agent, source, at, n, of, word, is_live, reason)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
HAS = "SELECT 1 FROM ledger_glimpses WHERE agent = ? AND source = ? LIMIT 1"
NEXT_SOURCE = "SELECT min(source) FROM ledger_glimpses WHERE agent = ? AND source > ?"
GLIMPSE = "at, of, word, reason, is_live"
LAST_ACTIVITY = f"""
    SELECT {GLIMPSE} FROM ledger_glimpses
    WHERE agent = ? AND source = ? AND at < ? AND of = '' ORDER BY at DESC, n DESC LIMIT 1
"""  # noqa: S608 - a constant of ours
SINCE = f"""
    SELECT {GLIMPSE} FROM ledger_glimpses
    WHERE agent = ? AND source = ? AND at >= ? AND at < ? ORDER BY at, n
"""  # noqa: S608 - a constant of ours
PAST = "SELECT 1 FROM ledger_glimpses WHERE agent = ? AND at < ? LIMIT 2"
# Of each source the last activity is kept: figures begin with it.
FORGET = """
    DELETE FROM ledger_glimpses WHERE (agent, source, at, n) IN (
        SELECT agent, source, at, n FROM ledger_glimpses e WHERE agent = ?1 AND at < ?2
            AND (of <> '' OR EXISTS (SELECT 1 FROM ledger_glimpses later
                WHERE later.agent = ?1 AND later.source = e.source AND later.of = ''
                    AND later.at < ?2 AND (later.at, later.n) > (e.at, e.n)))
        LIMIT ?3)
    RETURNING 0
"""


def keep_glimpses(transaction: Transaction, finished: Sequence[Finished]) -> None:
    """Keep what receipts told of agents."""
    for each in finished:
        for entry in each.glimpses:
            reason = None if entry.reason is None else printable(entry.reason)
            where = (printable(entry.agent), entry.source, entry.at, transaction.next("event_seq"))
            transaction.run(KEEP, (*where, printable(entry.of), entry.word, entry.is_live, reason))
            transaction.count(KEPT)


def is_composed(transaction: Transaction, agent: str, source: str) -> bool:
    """Whether the states of an agent are put together from what *source* told."""
    return bool(transaction.total(KEPT)) and transaction.first(HAS, (agent, source)) is not None


def composed_entries(
    connection: apsw.Connection, agent: str, since: Millis, until: Millis
) -> Iterator[AgentEntry]:
    """Yield what the glimpses of an agent come to, source by source: how they stood first."""
    source = ""
    while (found := connection.execute(NEXT_SOURCE, (agent, source)).get) is not None:
        source = str(found)
        begin = since - LONGEST_CONTACT
        rows = [
            *rows_of(connection, LAST_ACTIVITY, (agent, source, begin)),
            *rows_of(connection, SINCE, (agent, source, begin, until)),
        ]
        entries = (
            GlimpseEntry(agent, source, at, of, word, reason, bool(is_live))
            for at, of, word, reason, is_live in rows
        )
        yield from composed(entries, since, until)
