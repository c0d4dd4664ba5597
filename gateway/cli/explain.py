"""The verb `explain`: why an agent showed what it showed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.ask import carry_out
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import columns, print_json, print_rows
from gateway.operations.explain import EXPLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

DELIVERIES = columns("destination", "type", "outcome", "attempts", "status", "at", "detail")
QUIET = columns("receipt", "source", "received_at", "why")


@click.command()
@click.argument("agent")
@click.option("--at", metavar="T", help="The moment: RFC 3339, without a zone it is UTC [now].")
@click.option("--source", metavar="NAME", help="Only of this source.")
@verb_options
@pass_session
def explain(session: Session, /, **asked: Any) -> None:
    """Tell what AGENT showed at a moment, by which rule, and what each vendor was told.

    AGENT is a key as `agents` shows it, the platform's id, a WFM id, or an email address.
    """
    told = carry_out(session, EXPLAIN, **asked)
    if session.as_json:
        print_json(told)
        return
    _print_state(told)
    _print_receipt(told["receipt"])
    print_rows(session, told["deliveries"], DELIVERIES, empty="no destination is configured")
    if told["without_news"]:
        click.echo("received within a minute, and no news:")
        print_rows(session, told["without_news"], QUIET, empty="")


def _print_state(told: Mapping[str, Any]) -> None:
    state = told["state"]
    reason = (state["reason"] or {}).get("label") or (state["reason"] or {}).get("code")
    shown = f"{state['status']}{f' ({reason})' if reason else ''}"
    following = f", next {state['next']}" if state["next"] else ""
    click.echo(f"{told['agent']} at {told['at']}: {shown} since {state['since']}{following}")
    for contact in state["contacts"]:
        name = contact["reservation_id"] or contact["id"]
        click.echo(f"  contact {name}: {contact['phase']} on {contact['channel']}")
    click.echo(f"why: {told['rule']}")
    click.echo(
        f"happened {state['happened_at']}, received {state['received_at']} "
        f"({state['seconds_late']} s later), event {state['event']}"
    )
    if state["note"]:
        click.echo(f"note: {state['note']}")


def _print_receipt(receipt: Mapping[str, Any] | None) -> None:
    if receipt is None:
        click.echo("receipt: none, the gateway concluded it")
    elif receipt["record"] is None:
        click.echo(f"receipt: {receipt['id']}, {receipt.get('note') or 'read otherwise today'}")
    else:
        click.echo(f"receipt: {receipt['id']} from {receipt['source']}: {receipt['received_at']}")
        click.echo(json.dumps(receipt["record"], ensure_ascii=False, indent=2))
