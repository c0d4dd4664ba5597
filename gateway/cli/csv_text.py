"""Rows as CSV: RFC 4180, with a heading; a figure that has parts has a column for each."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9 ().-]*")


def csv_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return *rows* as CSV, empty where there are none."""
    flat = [_flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval=0)
    if flat:
        writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {_harmless(f"{name}:{part}"): each for part, each in value.items()}
        else:
            flat[name] = _harmless(value) if isinstance(value, str) else value
    return flat


def _harmless(text: str) -> str:
    """Return a stranger's text so that no spreadsheet takes it for a formula."""
    is_formula = _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
