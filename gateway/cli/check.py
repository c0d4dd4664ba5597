"""The verb `check`: every problem of the configuration at once."""

from __future__ import annotations

import click

from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import print_json
from gateway.model.errors import ConfigurationError


@click.command()
@verb_options
@pass_session
def check(session: Session, /) -> None:
    """Check the configuration; every problem with its path, its line, and what would be valid."""
    problems, warnings = _findings(session)
    if session.as_json:
        print_json({"ok": not problems, "problems": problems, "warnings": warnings})
    else:
        _print(session, problems, warnings)
    if problems:
        raise click.exceptions.Exit(1)


def _findings(session: Session, /) -> tuple[list[str], list[str]]:
    try:
        settings = session.settings()
    except ConfigurationError as problem:
        return list(problem.problems), []
    return [], list(settings.warnings)


def _print(session: Session, problems: list[str], warnings: list[str]) -> None:
    for warning in warnings:
        click.echo(f"warning: {warning}")
    for problem in problems:
        click.echo(problem)
    if problems:
        click.echo(f"{session.path}: {len(problems)} problem{'s' * (len(problems) != 1)}")
    else:
        click.echo(f"{session.path}: all right")
