"""The verb `replay`: what was received, translated again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.ask import carry_out
from gateway.cli.audit import why_option
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import print_json
from gateway.operations.replay import REPLAY

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_SECONDS = 7 * 24 * 3600.0
TIME = "RFC 3339, without a zone it is UTC."


@click.command()
@click.option("--from", "from", metavar="T", help=f"Received at T or later. {TIME}")
@click.option("--to", "to", metavar="T", help=f"Received at T or earlier. {TIME}")
@click.option("--source", metavar="NAME", help="Only what this source received.")
@click.option("--destination", metavar="NAME", help="Tell only this destination.")
@click.option("--receipt", metavar="ID", help="Only this receipt.")
@click.option("--reason", metavar="WORD", help="Only what is in quarantine for this reason.")
@click.option("--rate", metavar="N/s", help="At most N deliveries a second [50/s].")
@click.option("--dry-run", is_flag=True, help="Only count and show what differs.")
@why_option
@verb_options
@pass_session
def replay(session: Session, /, *, dry_run: bool, **asked: Any) -> None:
    """Translate stored receipts again with today's mappings, and tell what differs.

    States go only to vendors that keep our times. Interrupted, ask for it again: nothing is told
    twice.
    """
    looked = carry_out(session, REPLAY, dry_run=True, **asked)
    if not session.as_json:
        _print(looked, "would be")
    if dry_run:
        if session.as_json:
            print_json(looked)
        return
    told = carry_out(session, REPLAY, timeout_seconds=LONGEST_SECONDS, **asked)
    if session.as_json:
        print_json(told)
    else:
        _print_totals(told, "are")


def _print(report: Mapping[str, Any], verb: str) -> None:
    for each in report["differences"]:
        click.echo(f"{each['kind']} {each['type']} of {each['subject']} ({each['source']})")
        for name in ("before", "after"):
            if each[name] is not None:
                click.echo(f"  {name}: {json.dumps(each[name], ensure_ascii=False)}")
    _print_totals(report, verb)


def _print_totals(report: Mapping[str, Any], verb: str) -> None:
    since = f" received since {report['since']}" if report["since"] else ""
    click.echo(f"{report['receipts']} receipts{since}, events: {_counts(report['events'])}")
    for each in report["by_type"]:
        counts = {kind: each[kind] for kind in report["events"]}
        click.echo(f"  {each['source']} {each['type']}: {_counts(counts)}")
    if report["refused"]:
        click.echo(f"records that today's mappings refuse: {report['refused']}")
    owed = ", ".join(f"{count} to {name}" for name, count in report["deliveries"].items())
    click.echo(f"deliveries that {verb} owed: {owed or 'none'}")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())
