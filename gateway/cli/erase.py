"""The verb `erase`: a person taken out of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gateway.cli.ask import carry_out
from gateway.cli.audit import why_option
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import print_json
from gateway.operations.erase import COUNTED, ERASE

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_SECONDS = 24 * 3600.0


@click.command()
@click.argument("agent", required=False)
@click.option(
    "--customer",
    metavar="VALUE",
    help="A customer instead: a phone number, an email address, an external or conversation id.",
)
@click.option("--source", metavar="NAME", help="The agent of this source.")
@click.option("--dry-run", is_flag=True, help="Count what there is; change nothing.")
@why_option
@verb_options
@pass_session
def erase(session: Session, /, **asked: Any) -> None:
    """Take everything out of the store that tells of AGENT, and count it, table by table.

    AGENT is a key as `agents` shows it, the platform's id, a WFM id, or an email address. Roster
    files, copies of the store and what vendors have are not touched. What is received of the
    person afterwards is a stranger's.
    """
    told = carry_out(session, ERASE, timeout_seconds=LONGEST_SECONDS, **asked)
    if session.as_json:
        print_json(told)
    else:
        _print(told)


def _print(told: Mapping[str, Any]) -> None:
    width = max(map(len, COUNTED))
    for name in COUNTED:
        click.echo(f"{name:{width}}  {told[name]}")
    if told["dry_run"]:
        click.echo("nothing was changed (--dry-run)")
    elif told["left"]:
        click.echo(
            f"{told['left']} times a word of the person stands in the file still: they may have "
            "been told of again, or it is old room (see docs/operations.md)"
        )
    for name in told["set_aside"]:
        click.echo(f"not looked at: {name}, a damaged store that was set aside")
