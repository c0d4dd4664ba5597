"""Texts and seconds as they go into a delimited file that vendors import and people open."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

from gateway.model.ledger import AgentInterval, AgentQueueInterval, QueueInterval

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORMULA = ("=", "+", "-", "@")

AnyInterval = QueueInterval | AgentInterval | AgentQueueInterval


def plain(text: str) -> str:
    """Return a text on one line: control characters and what no UTF-8 can say become blanks, and
    no blanks are left around it or in a row.
    """
    kept = "".join(" " if unicodedata.category(each)[0] == "C" else each for each in text)
    return " ".join(kept.split())


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would compute this cell: it begins with =, +, - or @ and is no number
    with its sign.
    """
    is_number = text.startswith(("+", "-")) and text[1:].replace(".", "", 1).isdecimal()
    return text.startswith(_FORMULA) and not is_number


def label(text: str, separator: str, longest: int) -> str:
    """Return a text for people, for a file without quotes: without separator and quotes, never a
    formula, at most *longest* characters.
    """
    told = plain(text.replace(separator, " ").replace('"', "'"))
    return (f"'{told}" if is_formula(told) else told)[:longest].rstrip()


def quoted(text: str) -> str:
    """Return a text as a key or value that can be put into YAML: ``"Support"``."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def whole(seconds: float) -> int:
    """Return seconds as a whole number, half a second rounded up."""
    return int(seconds + 0.5) if seconds >= 0 else -int(0.5 - seconds)


def below_zero(rows: Sequence[AnyInterval]) -> list[str]:
    """Return a line for each interval that has a count or duration below zero, or that is no
    number.
    """
    return [problem for row in rows if (problem := _below_zero(row))]


def _below_zero(row: AnyInterval) -> str | None:
    names = [
        name
        for name in row.__slots__
        if isinstance(value := getattr(row, name), int | float)
        and name not in ("start", "minutes")
        and not 0 <= value < float("inf")
    ]
    if not names:
        return None
    if isinstance(row, QueueInterval):
        who = f"queue {quoted(row.queue.name or row.queue.id or '')}"
    else:
        who = f"agent {plain(row.agent)}"
    return f"{who}: below zero, or no number: {', '.join(names)}"
