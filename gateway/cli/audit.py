"""The verb `audit`, and the option `--why` of every verb that changes something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.ask import carry_out
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import columns, print_rows
from gateway.operations.audit import AUDIT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

why_option = click.option("--why", metavar="TEXT", help="Your reason; it is kept in the audit.")


def _as_text(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda row: json.dumps(row[name], ensure_ascii=False) if row[name] else ""


ROWS = (
    *columns("at", "who", "action", "why"),
    ("asked", _as_text("asked")),
    ("result", _as_text("result")),
)


@click.command()
@click.option("--from", "from", metavar="T", help="At T or later (RFC 3339).")
@click.option("--to", "to", metavar="T", help="At T or earlier.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@verb_options
@pass_session
def audit(session: Session, /, **asked: Any) -> None:
    """Show what operators did: who, what, why, and what came of it."""
    rows = carry_out(session, AUDIT, **asked)
    print_rows(session, rows, ROWS, empty="nothing was done yet")
