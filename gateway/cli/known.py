"""The verbs that show how things are: `alarms`, `agents`, `states`, `destinations`, `sources`."""

from __future__ import annotations

from typing import Any

import click

from gateway.cli.ask import carry_out
from gateway.cli.audit import why_option
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import columns, field, print_json, print_rows
from gateway.operations import agents as lookups
from gateway.operations import alarms as raised
from gateway.operations import health, succession


def _reason(row: Any) -> str | None:
    reason = row.get("reason") or {}
    return reason.get("label") or reason.get("code")


AGENTS = (
    *columns("key", "name", "wfm_id", "status"),
    ("reason", _reason),
    *columns("since", "next", "contacts"),
)
STATES = (
    *columns("source", "code", "label", "status", "destination", "mapped"),
    ("to add", field("line")),
)


def _snapshot(row: Any) -> Any:
    last = (row.get("snapshot") or {}).get("last")
    if last is None:
        return None
    return f"{last['outcome']} {last['at']}" + (f": {last['why']}" if last["why"] else "")


DESTINATIONS = (
    *columns(
        "name",
        "mapping",
        "state",
        "not_before",
        "backlog",
        "held",
        "seconds_behind",
        "circuit",
        "paused",
        "parked",
        "last_answer",
        "dead_letters",
    ),
    ("snapshot", _snapshot),
)
SOURCES = columns(
    "name",
    "type",
    "auth",
    "last_event_at",
    "last_receipt_at",
    "clock_skew_seconds",
    "credential",
    "refusals",
    "alarms",
    "quarantine",
)
ALARMS = columns("alarm", "subject", "severity", "since", "detail", "runbook")

_unmapped = click.option("--unmapped", is_flag=True, help="Only what lacks a mapping.")
_source = click.option("--source", metavar="NAME", help="Only of this source.")


@click.command()
@_unmapped
@_source
@verb_options
@pass_session
def agents(session: Session, /, **asked: Any) -> None:
    """Show the latest known state of every agent; --unmapped: those without a WFM id."""
    rows = carry_out(session, lookups.AGENTS, **asked)
    print_rows(session, rows, AGENTS, empty="no such agent is known")


@click.command()
@_unmapped
@_source
@verb_options
@pass_session
def states(session: Session, /, **asked: Any) -> None:
    """Show every activity and state name seen, with the line to add for an unmapped one."""
    rows = carry_out(session, lookups.STATES, **asked)
    print_rows(session, rows, STATES, empty="no such state was seen")


@click.command()
@verb_options
@pass_session
def alarms(session: Session, /) -> None:
    """Show the alarms that are raised, and where to read what to do."""
    rows = carry_out(session, raised.ALARMS)
    print_rows(session, rows, ALARMS, empty="no alarm is raised")


@click.group()
@verb_options
def destinations() -> None:
    """Who is told: how they are, pause, resume."""


@destinations.command("list")
@verb_options
@pass_session
def list_destinations(session: Session, /) -> None:
    """Show what each destination is owed, how far behind it is, and how it answers."""
    rows = carry_out(session, health.DESTINATIONS)
    print_rows(session, rows, DESTINATIONS, empty="no destination is configured")


@destinations.command()
@click.argument("name")
@why_option
@verb_options
@pass_session
def pause(session: Session, /, **asked: Any) -> None:
    """Stop telling a destination; what it is owed stays in the store."""
    _print_change(session, carry_out(session, health.PAUSE, **asked))


@destinations.command()
@click.argument("name")
@why_option
@verb_options
@pass_session
def resume(session: Session, /, **asked: Any) -> None:
    """Tell a paused, parked or waiting destination again, now."""
    _print_change(session, carry_out(session, health.RESUME, **asked))


@destinations.command()
@click.argument("old")
@click.argument("new")
@why_option
@verb_options
@pass_session
def adopt(session: Session, /, old: str, new: str, **asked: Any) -> None:
    """Owe to NEW what OLD left behind: a destination was renamed."""
    told = carry_out(session, succession.ADOPT, name=old, by=new, **asked)
    _print_counts(session, told, "deliveries", "superseded", "dead_letters")


@destinations.command()
@click.argument("name")
@why_option
@verb_options
@pass_session
def discard(session: Session, /, **asked: Any) -> None:
    """Drop what NAME, which is configured no longer, is owed."""
    _print_counts(session, carry_out(session, succession.DISCARD, **asked), "dropped")


def _print_counts(session: Session, told: dict[str, Any], *names: str) -> None:
    if session.as_json:
        print_json(told)
    else:
        counts = ", ".join(f"{told[name]} {name.replace('_', ' ')}" for name in names)
        click.echo(f"{told['name']}: {counts}")


def _print_change(session: Session, change: dict[str, Any]) -> None:
    if session.as_json:
        print_json(change)
    else:
        click.echo(f"{change['name']}: {'paused' if change['paused'] else 'resumed'}")


@click.group()
@verb_options
def sources() -> None:
    """Who is heard: how they are."""


@sources.command("list")
@verb_options
@pass_session
def list_sources(session: Session, /) -> None:
    """Show when each source was last heard, what was refused, how its clock stands."""
    rows = carry_out(session, health.SOURCES)
    print_rows(session, rows, SOURCES, empty="no source is configured")
