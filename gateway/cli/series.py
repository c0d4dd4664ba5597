"""What a report looks like when it is drawn: bars along something, in parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.cli.show import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARTS = (
    ("answered", "overflow_out", "other", "abandoned"),
    ("handled", "abandoned"),
    (
        "ready_seconds",
        "reserved_seconds",
        "busy_seconds",
        "after_call_work_seconds",
        "not_ready_seconds",
        "unknown_seconds",
    ),
    ("answered",),
)
"""Of the figures that a row may have, those that make up a bar: the first that it has all of."""

ALONG = ("local", "date", "hour", "weekday", "day")
SECONDS = "_seconds"


@dataclass(frozen=True, slots=True)
class Series:
    """Bars: *labels* along, and for each of *parts* its values, one for each label."""

    title: str
    labels: tuple[str, ...]
    parts: tuple[tuple[str, tuple[float, ...]], ...]

    @property
    def highest(self) -> float:
        """The highest bar."""
        return max(
            (sum(values) for values in zip(*(v for _, v in self.parts), strict=True)), default=0.0
        )


def series_of(rows: Sequence[Mapping[str, Any]], title: str) -> Series | None:
    """Return what is drawn of *rows*: along time where they have one, else along the first thing
    that they are told by; what else they are told by is summed. `None`: they are told by nothing.
    """
    if not rows:
        return Series(title, (), ())
    names = next((each for each in PARTS if all(name in rows[0] for name in each)), ())
    along = next((name for name in (*ALONG, *rows[0]) if name in rows[0]), "")
    if not names or along in (*names, "conversations"):
        return None
    sums: dict[str, list[float]] = {}
    for row in rows:
        label = "-" if row[along] is None else visible(str(row[along]))
        bar = sums.setdefault(label, [0.0] * len(names))
        for place, name in enumerate(names):
            bar[place] += row[name] / _unit(row, name)
    parts = tuple(
        (_called(name, rows[0]), tuple(bar[place] for bar in sums.values()))
        for place, name in enumerate(names)
    )
    return Series(title, tuple(map(_short, sums)), parts)


def _unit(row: Mapping[str, Any], name: str) -> float:
    """Return what a figure is divided by: seconds are shown as how many agents at a time."""
    if not name.endswith(SECONDS):
        return 1.0
    return row["minutes"] * 60.0 if "minutes" in row else 3600.0


def _called(name: str, row: Mapping[str, Any]) -> str:
    if not name.endswith(SECONDS):
        return name.replace("_", " ")
    what = name.removesuffix(SECONDS).replace("_", " ")
    return what if "minutes" in row else f"{what} (hours)"


def _short(label: str) -> str:
    """Return the clock's time of an interval; of the rest what it says."""
    date, mark, clock = label.partition("T")
    return f"{date[5:]} {clock[:5]}" if mark and len(date) == len("2026-03-02") else label
