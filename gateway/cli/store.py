"""The verbs `store`: the database file looked through, and copied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.ask import carry_out
from gateway.cli.audit import why_option
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import print_json
from gateway.http.client import is_alive
from gateway.http.unix import socket_path
from gateway.operations import upkeep
from gateway.store.sqlite import problems_of

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_SECONDS = 24 * 3600.0


@click.group()
@verb_options
def store() -> None:
    """The database file: check it, copy it."""


@store.command()
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Another file: a backup, or one that was set aside.",
)
@verb_options
@pass_session
def check(session: Session, /, file: Path | None) -> None:
    """Look through the whole store, beside a gateway that runs or alone. Exit code 1: a problem."""
    answer = _checked(session, file)
    if session.as_json:
        print_json(answer)
    else:
        for problem in answer["problems"]:
            click.echo(f"{answer['store']}: {problem}")
        if answer["ok"]:
            click.echo(f"{answer['store']}: all right")
    if not answer["ok"]:
        raise click.exceptions.Exit(1)


def _checked(session: Session, file: Path | None) -> Mapping[str, Any]:
    path = file or session.settings().store.path
    if file is None and is_alive(socket_path(path)):
        answer: dict[str, Any] = carry_out(session, upkeep.CHECK, timeout_seconds=LONGEST_SECONDS)
        return answer
    # Opened as a store, a damaged one could not even be looked at.
    problems = problems_of(path) if path.exists() else ["there is no such file"]
    return {"store": str(path), "ok": not problems, "problems": problems}


@store.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@why_option
@verb_options
@pass_session
def backup(session: Session, /, file: Path, **asked: Any) -> None:
    """Copy the store as it is now to FILE, while it works. FILE must not exist."""
    target = str(file.absolute())
    told = carry_out(session, upkeep.BACKUP, timeout_seconds=LONGEST_SECONDS, file=target, **asked)
    if session.as_json:
        print_json(told)
    else:
        click.echo(f"{told['file']}: {told['bytes']} bytes")
