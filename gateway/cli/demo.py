"""The verb `demo`: the gateway at work, with stand-ins for the vendors."""

from __future__ import annotations

import click

from gateway.cli.session import Session, config_option, pass_session
from gateway.demo.run import run


@click.command()
@click.option("--once", is_flag=True, help="End after the samples.")
@config_option
@pass_session
def demo(session: Session, /, *, once: bool) -> None:
    """Send the platforms' samples through a real gateway to stand-in vendors, and show it.

    Then a simulated contact centre runs until Ctrl-C, while the vendors have bad days.
    """
    raise click.exceptions.Exit(run(session.path, session.registry(), once=once))
