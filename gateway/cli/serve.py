"""The verb `serve`: run the gateway."""

from __future__ import annotations

import click

from gateway import app
from gateway.cli.session import Session, config_option, pass_session


@click.command()
@config_option
@pass_session
def serve(session: Session, /) -> None:
    """Run; SIGTERM and SIGINT stop it, SIGHUP has the configuration read again."""
    registry = session.registry()
    settings = session.settings(registry)
    for warning in settings.warnings:
        click.echo(f"warning: {warning}", err=True)
    raise click.exceptions.Exit(app.serve(settings, lambda: session.settings(registry)))
