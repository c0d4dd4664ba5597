"""Answers as they are printed: JSON for programs, tables and cards for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from gateway.cli.session import Session

UNBOUNDED = 1000
"""Columns where nobody looks at a screen, so that a line stays a line."""

Column = tuple[str, Callable[[Mapping[str, Any]], Any]]


def field(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """Return what reads one field of a row."""
    return lambda row: row.get(name)


def columns(*names: str) -> tuple[Column, ...]:
    """Return columns that are fields, headed by their names in words."""
    return tuple((name.replace("_", " "), field(name)) for name in names)


def print_json(value: Any) -> None:
    """Print one JSON value."""
    _print_utf8(json.dumps(value, ensure_ascii=False, indent=2))


def print_line(value: Any) -> None:
    """Print one JSON value as a line of its own."""
    _print_utf8(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _print_utf8(text: str) -> None:
    # A lone surrogate, which JSON may hold and UTF-8 may not, comes out as the JSON escape it was.
    click.echo(text.encode("utf-8", "backslashreplace"))


def print_rows(
    session: Session, rows: Sequence[Mapping[str, Any]], shown: Sequence[Column], *, empty: str
) -> None:
    """Print a list: a table, or *empty* where there is nothing in it."""
    if session.as_json:
        print_json(rows)
    elif not rows:
        click.echo(empty)
    else:
        console().print(_table(rows, shown))


def print_card(session: Session, entry: Mapping[str, Any]) -> None:
    """Print one entry, a field a line, what is long on lines of its own."""
    if session.as_json:
        print_json(entry)
        return
    for name, value in entry.items():
        text = _long(value)
        lead = f"{name.replace('_', ' ')}:"
        click.echo(f"{lead}\n{text}" if "\n" in text else f"{lead} {text}")


def console() -> Console:
    """Return where tables go: as wide as the screen, or unbounded where there is none."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else UNBOUNDED)


def _table(rows: Sequence[Mapping[str, Any]], shown: Sequence[Column]) -> Table:
    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False)
    for header, _read in shown:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(read(row))) for _header, read in shown))
    return table


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{key} {_cell(each)}" for key, each in value.items()) or "-"
        case list():
            return ", ".join(map(_cell, value)) or "-"
        case _:
            return visible(str(value))


def _long(value: Any) -> str:
    if isinstance(value, dict) and "text" in value:
        return f"{value['bytes']} bytes\n{visible(value['text'])}"
    if isinstance(value, dict | list):
        return "\n" + json.dumps(value, ensure_ascii=False, indent=2)
    return _cell(value)


def visible(text: str) -> str:
    """Take the control characters out of what strangers sent, so that it cannot steer a screen."""
    return "".join(each if each.isprintable() or each in "\n\t" else "�" for each in text)
