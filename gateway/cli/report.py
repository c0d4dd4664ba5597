"""The verbs `report intervals`, `report contacts`, `report agents`: tables, CSV, JSON, plots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.ask import carry_out
from gateway.cli.bars import print_bars
from gateway.cli.csv_text import csv_of
from gateway.cli.series import Series, series_of
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import columns, print_json, print_rows
from gateway.cli.svg import svg_of
from gateway.figures import DIMENSIONS, MINUTES
from gateway.operations import reports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gateway.operations import Operation

    Command = Callable[..., Any]

PATIENCE_SECONDS = 600.0
"""A month of a big centre takes a while."""

LEFT_OUT = frozenset({"start", "minutes", "queue_id"})
"""What a table does not show: it stands in CSV and JSON."""


@click.group()
@verb_options
def report() -> None:
    """Tell the figures of contacts and agents, by interval or by what they have in common.

    Times without an offset are on the clock of --zone. docs/contacts-and-intervals.md explains
    each figure.
    """


def _of_every_report(command: Command) -> Command:
    for option in reversed(
        (
            click.option("--from", "from", metavar="T", help="At T or later [this midnight]."),
            click.option("--to", "to", metavar="T", help="Before T [now]."),
            click.option(
                "--zone", metavar="NAME", help="Such as Europe/Berlin [intervals.timezone]."
            ),
            click.option("--minutes", type=click.Choice([str(each) for each in MINUTES])),
            click.option("--booked-by", type=click.Choice(["arrival", "end"])),
            click.option(
                "--format",
                "shape",
                type=click.Choice(["table", "csv", "json"]),
                default="table",
                show_default=True,
            ),
            click.option("--plot", is_flag=True, help="Draw it on the screen instead."),
            click.option(
                "--svg",
                type=click.Path(path_type=Path, dir_okay=False),
                metavar="FILE",
                help="Draw it into FILE as well.",
            ),
            verb_options,
            pass_session,
        )
    ):
        command = option(command)
    return command


def _by(words: Sequence[str], usual: str) -> Callable[[Command], Command]:
    return click.option(
        "--by",
        multiple=True,
        metavar="WORDS",
        help=f"Any of {', '.join(words)}, with commas [{usual}].",
    )


@report.command()
@_by(("queue", "channel", "source", "agent"), "queue")
@_of_every_report
def intervals(session: Session, /, **asked: Any) -> None:
    """Tell each interval of the queues; --by agent: of the agents."""
    _report(session, reports.INTERVALS, asked)


@report.command()
@_by(("agent", "interval", "queue"), "agent")
@_of_every_report
def agents(session: Session, /, **asked: Any) -> None:
    """Tell what agents spent in each status, and what they answered."""
    _report(session, reports.AGENTS, asked)


@report.command()
@_by(DIMENSIONS, "all in one")
@_of_every_report
def contacts(session: Session, /, **asked: Any) -> None:
    """Tell the measures: conversations abandoned and handled, queue, talk and wrap-up time.

    Through the admin API what is of customers (city, country, phone, zip) is for operators.
    """
    _report(session, reports.CONTACTS, asked)


def _report(session: Session, operation: Operation, asked: dict[str, Any]) -> None:
    shape, plot, svg = asked.pop("shape"), asked.pop("plot"), asked.pop("svg")
    rows = carry_out(session, operation, PATIENCE_SECONDS, **asked)
    if svg is not None:
        svg.write_text(svg_of(_drawn(rows, operation.name)), encoding="utf-8")
    if session.as_json or shape == "json":
        print_json(rows)
    elif shape == "csv":
        click.echo(csv_of(rows), nl=False)
    elif plot:
        print_bars(_drawn(rows, operation.name))
    else:
        print_rows(session, rows, columns(*_shown(rows)), empty="nothing happened in that time")


def _drawn(rows: Sequence[Mapping[str, Any]], title: str) -> Series:
    """Return what is drawn; raise `click.UsageError` where there is nothing to draw it along."""
    drawn = series_of(rows, title)
    if drawn is None:
        raise click.UsageError(
            "a plot needs something to go along, such as --by interval, hour or queue"
        )
    return drawn


def _shown(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the columns that are worth a screen: those that say something in some row."""
    names = [name for name in rows[0] if name not in LEFT_OUT] if rows else []
    return [name for name in names if any(row[name] not in (0, None, {}) for row in rows)]
