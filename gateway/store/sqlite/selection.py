"""What an operator means, as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from gateway.model.clock import to_millis

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw
    from apsw import SQLiteValue

    from gateway.ports import Selection

CHUNK = 500
"""How many rows an operator's command changes in one transaction."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A table that operators select from. Its ids are *letter* and the row's number."""

    table: str
    letter: str
    name: str
    at: str

    def id_of(self, n: int) -> str:
        """Return the id that operators see."""
        return f"{self.letter}{n}"

    def where(self, selection: Selection) -> tuple[str, tuple[SQLiteValue, ...]]:
        """Return a condition and its bindings."""
        conditions: list[tuple[str, SQLiteValue]] = []
        if selection.ids is not None:
            numbers = orjson.dumps(list(self._numbers(selection.ids))).decode()
            conditions.append(("n IN (SELECT value FROM json_each(?))", numbers))
        if selection.name is not None:
            conditions.append((f"{self.table}.{self.name} = ?", selection.name))
        if selection.reason is not None:
            conditions.append(("reason = ?", selection.reason))
        if selection.since is not None:
            conditions.append((f"{self.at} >= ?", to_millis(selection.since)))
        if selection.until is not None:
            conditions.append((f"{self.at} <= ?", to_millis(selection.until)))
        clauses = " AND ".join(clause for clause, _ in conditions) or "1"
        return clauses, tuple(value for _, value in conditions)

    def selected(self, connection: apsw.Connection, selection: Selection) -> list[int]:
        """Return the numbers of all rows that are meant, the oldest first."""
        clauses, values = self.where(selection)
        rows = connection.execute(
            f"SELECT n FROM {self.table} WHERE {clauses} ORDER BY n",  # noqa: S608 - our words
            values,
        )
        return [n for (n,) in rows]

    def _numbers(self, ids: tuple[str, ...]) -> Iterator[int]:
        for each in ids:
            digits = each.removeprefix(self.letter)
            if digits != each and digits.isascii() and digits.isdigit():
                yield min(int(digits[:18]), 2**53)


QUARANTINE = Kind("quarantine", "q", "source", "quarantined_at")
DEAD_LETTERS = Kind("dead_letters", "d", "destination", "dead_at")


def chunks(numbers: list[int]) -> Iterator[str]:
    """Cut row numbers into JSON arrays of a size that one transaction takes."""
    for start in range(0, len(numbers), CHUNK):
        yield orjson.dumps(numbers[start : start + CHUNK]).decode()
