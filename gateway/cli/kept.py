"""The verbs `quarantine` and `dead-letters`: what was set aside, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gateway.cli.ask import carry_out
from gateway.cli.audit import why_option
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import columns, print_card, print_json, print_rows
from gateway.operations import dead_letters as letters
from gateway.operations import quarantine as unread

if TYPE_CHECKING:
    from collections.abc import Callable

QUARANTINE = columns("id", "source", "received_at", "reason", "detail")
DEAD_LETTERS = columns(
    "id",
    "destination",
    "subject",
    "event_type",
    "reason",
    "status",
    "attempts",
    "dead_at",
    "detail",
)
TIME = "RFC 3339, such as 2026-11-20T09:00:00Z; without a zone it is UTC."


def _filters(place: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("--to", "to", metavar="T", help=f"Set aside at T or earlier. {TIME}"),
            click.option("--from", "from", metavar="T", help=f"Set aside at T or later. {TIME}"),
            click.option("--reason", metavar="WORD", help="Set aside for this reason."),
            click.option(f"--{place}", metavar="NAME", help=f"Only of this {place}."),
        ):
            command = option(command)
        return command

    return add


def _choice(command: Callable[..., Any]) -> Callable[..., Any]:
    everything = click.option("--all", "all", is_flag=True, help="All of them.")
    return click.argument("ids", nargs=-1, metavar="[ID]...")(everything(command))


_limit = click.option("--limit", type=click.IntRange(1), default=100, show_default=True)


@click.group()
@verb_options
def quarantine() -> None:
    """What came in authentic and could not be read."""


@quarantine.command("list")
@_filters("source")
@_limit
@verb_options
@pass_session
def list_quarantine(session: Session, /, **asked: Any) -> None:
    """List the newest entries."""
    rows = carry_out(session, unread.LIST, **asked)
    print_rows(session, rows, QUARANTINE, empty="nothing in quarantine")


@quarantine.command("show")
@click.argument("entry")
@verb_options
@pass_session
def show_quarantine(session: Session, /, entry: str) -> None:
    """Show one entry with its bytes."""
    print_card(session, carry_out(session, unread.SHOW, id=entry))


@quarantine.command("retry")
@_filters("source")
@_choice
@why_option
@verb_options
@pass_session
def retry_quarantine(session: Session, /, **asked: Any) -> None:
    """Translate entries again: by id, all, or those that a filter names."""
    _print_counts(session, carry_out(session, unread.RETRY, **asked))


@quarantine.command("discard")
@_filters("source")
@_choice
@why_option
@verb_options
@pass_session
def discard_quarantine(session: Session, /, **asked: Any) -> None:
    """Remove entries for good: by id, all, or those that a filter names."""
    _print_counts(session, carry_out(session, unread.DISCARD, **asked))


@click.group("dead-letters")
@verb_options
def dead_letters() -> None:
    """What could not be delivered and was given up."""


@dead_letters.command("list")
@_filters("destination")
@_limit
@verb_options
@pass_session
def list_dead_letters(session: Session, /, **asked: Any) -> None:
    """List the newest dead letters."""
    rows = carry_out(session, letters.LIST, **asked)
    print_rows(session, rows, DEAD_LETTERS, empty="no dead letters")


@dead_letters.command("show")
@click.argument("letter")
@verb_options
@pass_session
def show_dead_letter(session: Session, /, letter: str) -> None:
    """Show one dead letter with its event and what the vendor answered."""
    print_card(session, carry_out(session, letters.SHOW, id=letter))


@dead_letters.command("retry")
@_filters("destination")
@_choice
@why_option
@verb_options
@pass_session
def retry_dead_letters(session: Session, /, **asked: Any) -> None:
    """Owe dead letters again: by id, all, or those that a filter names."""
    _print_counts(session, carry_out(session, letters.RETRY, **asked))


@dead_letters.command("discard")
@_filters("destination")
@_choice
@why_option
@verb_options
@pass_session
def discard_dead_letters(session: Session, /, **asked: Any) -> None:
    """Remove dead letters for good: by id, all, or those that a filter names."""
    _print_counts(session, carry_out(session, letters.DISCARD, **asked))


def _print_counts(session: Session, counts: dict[str, int]) -> None:
    if session.as_json:
        print_json(counts)
    else:
        click.echo(", ".join(f"{count} {what}" for what, count in counts.items()))
