"""The verb `reconcile`: a platform is asked how everybody stands."""

from __future__ import annotations

import click

from gateway.cli.ask import carry_out
from gateway.cli.audit import why_option
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import print_json
from gateway.operations.reconcile import RECONCILE


@click.command()
@click.argument("source")
@why_option
@verb_options
@pass_session
def reconcile(session: Session, /, source: str, why: str | None) -> None:
    """Have SOURCE's platform asked how everybody stands; what differs is told."""
    answer = carry_out(session, RECONCILE, name=source, why=why)
    if session.as_json:
        print_json(answer)
        return
    click.echo(
        f"{answer['name']}: {answer['asked']} questions, {answer['told']} agents read, "
        f"{answer['failed']} failed"
    )
