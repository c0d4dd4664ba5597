"""What is kept of a task's attributes: what the table of Insights reads, as it reads it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mappings.sources.taskrouter.insights_table import ROWS, Needs
from mappings.sources.taskrouter.values import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.sources.taskrouter.options import TaskRouterOptions

    Reads = Mapping[str, Callable[[Any], Any]]


def kept_of_task(
    told: Mapping[str, Any], options: TaskRouterOptions, *, names: bool
) -> dict[str, Any]:
    """Return what is read of the attributes; with *names*, the rest by its name alone."""
    reads = _reads(needs_met(options))
    kept: dict[str, Any] = {}
    for name, value in told.items():
        inner = reads.get(name) if name and isinstance(value, dict) else None
        if inner is None:
            kept |= _kept({name: value}, reads[""], names=names)
        elif found := _kept(value, inner, names=names):
            kept[name] = found
    return kept


def needs_met(options: TaskRouterOptions) -> frozenset[Needs]:
    """Return which rows are read, by what they need."""
    if options.is_private:
        return frozenset({Needs.NOTHING})
    met = {
        Needs.NOTHING: True,
        Needs.OPENNESS: True,
        Needs.CUSTOMER: options.wants_customer,
        Needs.TEXT: options.wants_text,
    }
    return frozenset(need for need, is_met in met.items() if is_met)


@cache
def _reads(needs: frozenset[Needs]) -> dict[str, Reads]:
    """Return how each name is read, by the object that it stands in.

    A name of several rows is read alike in all of them.
    """
    return {
        place: {row.name: row.read for row in rows if row.needs in needs}
        for place, rows in ROWS.items()
    }


def _kept(told: Mapping[str, Any], reads: Reads, *, names: bool) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in told.items():
        found = reads[name](value) if name in reads else None
        if found is not None:
            # Yes and no are read in words only.
            kept[name] = value if isinstance(found, bool) else found
        elif names:
            kept[name] = MASK
    return kept
