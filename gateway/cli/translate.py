"""The verb `translate`: a dry run of what the gateway would make of an input."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

import click

from gateway.cli.session import Session, config_option, pass_session
from gateway.cli.show import print_line
from gateway.config.roster import RosterFiles
from gateway.operations.dryrun import Unsent, requests_for
from gateway.operations.dryrun import translate as dry_run

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.command()
@click.option(
    "--source", required=True, metavar="NAME", help="As this source of the configuration."
)
@click.option("--destination", metavar="NAME", help="Go on to this destination's requests.")
@click.argument("given", type=click.File("rb"), default="-", metavar="[INPUT]")
@config_option
@pass_session
def translate(session: Session, /, source: str, destination: str | None, given: IO[bytes]) -> None:
    """Print the neutral events of INPUT as NDJSON; sends nothing, stores nothing.

    INPUT is a file or `-`: one body, or one JSON body a line. With --destination the HTTP
    requests that would be sent are printed instead, secrets masked.
    """
    settings = session.settings()
    heard = _named(settings.sources, source, "source")
    told = _named(settings.destinations, destination, "destination") if destination else None
    roster = RosterFiles(settings.agents.files)
    wfm_id_from = settings.agents.wfm_id_from
    events, flaws = dry_run(given.read(), heard, roster, datetime.now(UTC), wfm_id_from)
    if told is None:
        for event in events:
            print_line(event.envelope())
    else:
        _print_requests(requests_for(events, told, settings.agents.unmapped))
    for flaw in flaws:
        click.echo(str(flaw), err=True)
    if flaws:
        raise click.exceptions.Exit(1)


def _named(configured: Mapping[str, Any], name: str, kind: str) -> Any:
    if name not in configured:
        valid = ", ".join(configured) or "there are none"
        raise click.UsageError(f"no {kind} {name!r} is configured ({valid})")
    return configured[name]


def _print_requests(shown: list[dict[str, Any] | Unsent]) -> None:
    for each in shown:
        if isinstance(each, Unsent):
            click.echo(f"event {each.why}", err=True)
        else:
            print_line(each)
