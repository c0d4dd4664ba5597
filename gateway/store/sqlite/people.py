"""The tables that may tell of people, as an erasure reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from gateway.ports import Page, Row
from gateway.store.sqlite.outcome import count_dead

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import apsw

    from gateway.ports import Key, Table, Text
    from gateway.store.sqlite.tally import Transaction

LOOKED_AT = 5000
LOOKED_AT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Told:
    """A table: its key, the columns of a `Row`, and those of its texts that are text and no bytes.
    *counted* is the column by which its rows are counted.
    """

    keys: tuple[str, ...]
    subject: str
    kind: str = "''"
    ref: str = "''"
    texts: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    where: str = "1"
    counted: str = "''"

    def page(self, name: str, after: Key | None, upto: Key | None) -> tuple[str, Key]:
        """Return the query for the rows behind *after* up to *upto*, with its bindings."""
        keys = ", ".join(self.keys)
        marks = ", ".join("?" * len(self.keys))
        texts = "".join(f", CAST({each} AS BLOB)" for each in self.texts)
        bounds = ((">", after), ("<=", upto))
        clauses = [f"({keys}) {sign} ({marks})" for sign, key in bounds if key is not None]
        sql = (
            f"SELECT {keys}, {self.subject}, {self.kind}, {self.ref}{texts} FROM {name} "  # noqa: S608 - constants of ours
            f"WHERE {' AND '.join([self.where, *clauses])} ORDER BY {keys} LIMIT {LOOKED_AT}"
        )
        return sql, (*(after or ()), *(upto or ()))

    def row(self, columns: Sequence[Any]) -> Row:
        """Read what `page` selects."""
        at = len(self.keys)
        subject, kind, ref = columns[at : at + 3]
        return Row(tuple(columns[:at]), subject, kind, ref, tuple(columns[at + 3 :]))

    def removal(self, name: str) -> str:
        """Return what removes the rows of a JSON array of keys."""
        return f"DELETE FROM {name} WHERE {self._chosen()} RETURNING {self.counted}"  # noqa: S608 - constants of ours

    def change(self, name: str) -> str:
        """Return what writes a row's texts anew."""
        told = ", ".join(
            f"{each} = CAST(? AS TEXT)" if each in self.words else f"{each} = ?"
            for each in self.texts
        )
        marks = ", ".join("?" * len(self.keys))
        return f"UPDATE {name} SET {told} WHERE ({', '.join(self.keys)}) = ({marks})"  # noqa: S608 - constants of ours

    def _chosen(self) -> str:
        parts = ", ".join(f"value ->> {at}" for at in range(len(self.keys)))
        return f"({', '.join(self.keys)}) IN (SELECT {parts} FROM json_each(?))"  # noqa: S608 - constants of ours


TOLD: Mapping[Table, Told] = {
    "receipts": Told(("seq",), "source", ref="id", texts=("body", "query", "headers")),
    "events": Told(("seq",), "subject", "type", "id", ("event",)),
    "quarantine": Told(
        ("n",),
        "source",
        "reason",
        "receipt",
        ("excerpt", "detail"),
        frozenset({"detail"}),
        counted="source",
    ),
    "dead_letters": Told(
        ("n",),
        "subject",
        "event_type",
        "event_id",
        ("event", "answer", "detail"),
        frozenset({"detail"}),
        counted="destination",
    ),
    "outcomes": Told(
        ("n",),
        "destination",
        "outcome",
        "event_id",
        ("detail",),
        frozenset({"detail"}),
        where="detail IS NOT NULL",
    ),
    "lanes": Told(
        ("destination", "lane"), "lane", ref="destination", texts=("memory", "delivered")
    ),
    "agents": Told(("key",), "key", texts=("known",)),
    "agent_states": Told(("key", "before"), "key", texts=("known",)),
    "badges": Told(("agent", "destination"), "agent", "destination", "identity"),
    "went_by": Told(("identity", "since", "agent"), "agent", ref="identity"),
    "alarms": Told(
        ("name", "subject"), "subject", "name", texts=("detail",), words=frozenset({"detail"})
    ),
    "contacts": Told(("key",), "key", texts=("known",)),
    "conversations": Told(("name",), "conversation"),
    "ledger_agents": Told(("agent", "at", "n"), "agent", ref="n"),
    "ledger_glimpses": Told(("agent", "source", "at", "n"), "agent", ref="n"),
    "ledger_contacts": Told(
        ("key",),
        "coalesce(agent, '')",
        texts=("entry", "agent"),
        words=frozenset({"agent"}),
    ),
    "filed": Told(
        ("destination", "start", "until"),
        "destination",
        texts=("problem",),
        words=frozenset({"problem"}),
        where="problem IS NOT NULL",
    ),
    "audit": Told(
        ("n",),
        "who",
        "action",
        texts=("asked", "why", "result"),
        words=frozenset({"asked", "why", "result"}),
    ),
}
GROWING: tuple[Table, ...] = ("events", "quarantine", "dead_letters", "outcomes", "audit")
COUNTED: frozenset[Table] = frozenset({"events", "agents"})


def rows_after(
    connection: apsw.Connection,
    table: Table,
    after: Key | None,
    upto: Key | None,
    wanted: Callable[[Row], bool],
) -> Page:
    """Look at the next rows of a table, no more than a step's; return those that are wanted."""
    told = TOLD[table]
    found: list[Row] = []
    last, looked_at, size = None, 0, 0
    sql, bindings = told.page(table, after, upto)
    for columns in connection.execute(sql, bindings):
        row = told.row(columns)
        last, looked_at = row.key, looked_at + 1
        size += sum(len(each) for each in row.texts if each is not None)
        if wanted(row):
            found.append(row)
        if size > LOOKED_AT_BYTES:
            return Page(found, last)
    return Page(found, last if looked_at == LOOKED_AT else None)


def remove(transaction: Transaction, table: Table, gone: Sequence[Key]) -> None:
    """Remove rows, and count them out."""
    rows = transaction.all(TOLD[table].removal(table), (orjson.dumps(gone).decode(),))
    if table in COUNTED:
        transaction.count(table, -len(rows))
    for (name,) in rows:
        if table == "dead_letters":
            count_dead(transaction, name, -1)
        elif table == "quarantine":
            transaction.count("quarantine", -1)
            transaction.count(f"quarantine:{name}", -1)


def change(transaction: Transaction, table: Table, key: Key, texts: tuple[Text, ...]) -> None:
    """Write a row's texts anew."""
    transaction.run(TOLD[table].change(table), (*texts, *key))
