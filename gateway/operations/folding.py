"""Rows of figures made fewer: those that have something in common are summed."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from gateway.model.errors import OperationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Json = dict[str, Any]

NEITHER = frozenset({"start", "minutes", "agent", "source", "queue", "channel", "coverage"})
"""What is no figure."""

LONGEST = "longest_"
SECONDS = "_seconds"
REASONS = "by_reason"


def folded(
    rows: Iterable[Any], key_of: Callable[[Any], tuple[Any, ...]], limit: int
) -> dict[tuple[Any, ...], Json]:
    """Return by key the figures of *rows* (of one kind): counts and seconds summed, of what is
    longest the longest.

    Raises:
        OperationError: there are more than *limit* keys.
    """
    sums: dict[tuple[Any, ...], _Sum] = {}
    for row in rows:
        key = key_of(row)
        found = sums.get(key)
        if found is None:
            if len(sums) >= limit:
                raise OperationError(f"more than {limit} rows: ask for less time, or by less")
            found = sums[key] = _Sum(row)
        found.add(row)
    return {key: each.figures() for key, each in sums.items()}


class _Sum:
    """One row while it is summed: seconds are milliseconds, so that nothing is rounded twice."""

    def __init__(self, row: Any) -> None:
        names = [each.name for each in fields(row) if each.name not in NEITHER]
        self._figures = dict.fromkeys([name for name in names if name != REASONS], 0)
        self._reasons: dict[str, int] | None = {} if REASONS in names else None

    def add(self, row: Any) -> None:
        """Add a row."""
        for name, known in self._figures.items():
            value = getattr(row, name)
            told = round(value * 1000) if name.endswith(SECONDS) else value
            self._figures[name] = max(known, told) if name.startswith(LONGEST) else known + told
        if self._reasons is not None:
            self._add_reasons(row.by_reason, self._reasons)

    def _add_reasons(self, told: Mapping[str, float], reasons: dict[str, int]) -> None:
        for reason, seconds in told.items():
            reasons[reason] = reasons.get(reason, 0) + round(seconds * 1000)

    def figures(self) -> Json:
        """Return the sums."""
        shown: Json = {
            name: value / 1000 if name.endswith(SECONDS) else value
            for name, value in self._figures.items()
        }
        if self._reasons is not None:
            shown[REASONS] = {each: self._reasons[each] / 1000 for each in sorted(self._reasons)}
        return shown
