"""Row counts and sequence numbers, exact because they change with the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.store.sqlite.connection import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import apsw
    from apsw import SQLiteValue

    from gateway.store.sqlite.connection import Row

FLUSH = """
    INSERT INTO counts (name, n) SELECT key, value FROM json_each(?) WHERE true
    ON CONFLICT (name) DO UPDATE SET n = n + excluded.n
"""
WAIT = "INSERT INTO untranslated (seq) VALUES (?)"


class Tally:
    """The counts as of the last commit. Read them freely; only `Transaction`s change them."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._counts: dict[str, int] = dict(rows_of(connection, "SELECT name, n FROM counts"))

    def __getitem__(self, name: str) -> int:
        return self._counts.get(name, 0)

    def starting(self, prefix: str) -> Mapping[str, int]:
        """Return the counts whose names start so."""
        return {name: n for name, n in self._counts.items() if name.startswith(prefix)}

    def apply(self, changes: Mapping[str, int]) -> None:
        """Take over what a transaction has committed."""
        for name, change in changes.items():
            self._counts[name] = self._counts.get(name, 0) + change


class Transaction:
    """What operations write with; `run` is a cursor's `execute`, `many` its `executemany`."""

    __slots__ = ("_later", "_tally", "changes", "connection", "many", "run")

    def __init__(self, connection: apsw.Connection, tally: Tally) -> None:
        self.connection = connection
        cursor = connection.cursor()
        self.run = cursor.execute
        self.many = cursor.executemany
        self.changes: dict[str, int] = {}
        self._tally = tally
        self._later: dict[str, list[tuple[SQLiteValue, ...]]] = {}

    def all(self, sql: str, bindings: tuple[SQLiteValue, ...] = ()) -> list[Row]:
        """Run a statement to its end; return its rows."""
        rows: list[Row] = self.run(sql, bindings).fetchall()
        return rows

    def first(self, sql: str, bindings: tuple[SQLiteValue, ...] = ()) -> Row | None:
        """Run a statement to its end; return its first row."""
        rows = self.all(sql, bindings)
        return rows[0] if rows else None

    def changed(self) -> int:
        """Return how many rows the last statement changed."""
        return self.connection.changes()

    def count(self, name: str, change: int = 1) -> None:
        """Say that there are *change* more rows of a kind."""
        self.changes[name] = self.changes.get(name, 0) + change

    def total(self, name: str) -> int:
        """Return how many rows of a kind there are, as this transaction sees it."""
        return self._tally[name] + self.changes.get(name, 0)

    def next(self, name: str, several: int = 1) -> int:
        """Return the next number of a sequence, the first of *several*; they are taken when the
        transaction commits.
        """
        self.count(name, several)
        return self._tally[name] + self.changes[name] - several + 1

    def later(self, sql: str, row: tuple[SQLiteValue, ...]) -> None:
        """Write a row at the end, together with the others of its kind: until then it is not there.
        The order of rows of one kind stays.
        """
        rows = self._later.get(sql)
        if rows is None:
            rows = self._later[sql] = []
        rows.append(row)

    def waits(self, receipt: int) -> None:
        """Say that the receipt of that sequence number is to be translated."""
        self.later(WAIT, (receipt,))
        self.count("untranslated")

    def flush(self) -> None:
        """Write what was left for the end, and the counts; the last thing before the commit."""
        for sql, rows in self._later.items():
            self.many(sql, rows)
        if self.changes:
            self.run(FLUSH, (orjson.dumps(self.changes).decode(),))
