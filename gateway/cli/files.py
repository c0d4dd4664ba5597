"""The verbs `files`: what was written for whom, and writing it once more."""

from __future__ import annotations

from typing import Any

import click

from gateway.cli.ask import carry_out
from gateway.cli.audit import why_option
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import columns, print_json, print_rows
from gateway.operations import files as filed

FILES = (
    *columns("start", "revision", "coverage", "at"),
    ("files", lambda row: "\n".join(row["files"]) or None),
    ("withheld because", lambda row: row["problem"]),
)


@click.group()
@verb_options
def files() -> None:
    """The files of intervals: written, withheld, once more."""


@files.command("list")
@click.argument("destination")
@click.option("--from", "from", metavar="T", help="Spans that begin at that time or later.")
@click.option("--to", "to", metavar="T", help="Spans that begin before that time.")
@click.option("--withheld", is_flag=True, help="Only those that are withheld.")
@click.option("--limit", type=int, help="How many of the newest [default: 100].")
@verb_options
@pass_session
def list_files(session: Session, /, destination: str, **asked: Any) -> None:
    """Show what was written for DESTINATION, and what is withheld and why."""
    rows = carry_out(session, filed.LIST, name=destination, **asked)
    print_rows(session, rows, FILES, empty="nothing was written yet")


@files.command()
@click.argument("destination")
@click.option("--from", "from", metavar="T", required=True, help="The first span begins then.")
@click.option("--to", "to", metavar="T", help="Spans that begin before that time.")
@why_option
@verb_options
@pass_session
def again(session: Session, /, destination: str, **asked: Any) -> None:
    """Write files of DESTINATION once more, as corrections with the next revision."""
    answer = carry_out(session, filed.AGAIN, name=destination, **asked)
    if session.as_json:
        print_json(answer)
    else:
        click.echo(f"{answer['name']}: {answer['spans']} spans will be written once more")
