"""The verb `simulate`: a contact centre by chance, sent to an ingest address."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from marshmallow import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import print_json
from gateway.http.sender import NO_ANSWER, Tally, Target, send_at_rate
from gateway.mapping.checks.options import Duration
from gateway.operations.postings import postings, simulated_mapping
from gateway.operations.simulation import ContactCentre

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.http.sender import Posting


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read 500ms, 10s, 5m …."""
        if isinstance(value, timedelta):
            return value
        try:
            lasting: timedelta = Duration().deserialize(value)
        except ValidationError as problem:
            self.fail("; ".join(map(str, problem.messages)), param, ctx)
        return lasting


def _headers(_context: click.Context, _parameter: click.Parameter, given: Any) -> dict[str, str]:
    headers = {}
    for text in given:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise click.BadParameter(f"{text!r} is not 'Name: value'")
        headers[name.strip()] = value.strip()
    return headers


def _address(_context: click.Context, _parameter: click.Parameter, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.BadParameter(f"{url!r} is not an http or https address")
    return url


@click.command()
@click.option("--agents", type=click.IntRange(1), default=50, show_default=True)
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    show_default=True,
    help="Requests a second.",
)
@click.option("--duration", "lasting", type=_Duration(), default="1m", show_default=True)
@click.option("--target", required=True, callback=_address, metavar="URL", help="Ingest address.")
@click.option("--platform", metavar="NAME", help="Whose requests [default: the first found].")
@click.option("--header", "headers", multiple=True, callback=_headers, metavar="'NAME: VALUE'")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same day.")
@verb_options
@pass_session
def simulate(
    session: Session,
    /,
    *,
    agents: int,
    rate: float,
    lasting: timedelta,
    target: str,
    platform: str | None,
    headers: dict[str, str],
    seed: int,
) -> None:
    """Send a realistic simulated contact centre to an ingest address."""
    mapping = simulated_mapping(session.registry().sources, platform)
    count = max(1, round(rate * lasting.total_seconds()))
    made = postings(mapping, ContactCentre(agents, seed), count, lambda: datetime.now(UTC))
    tally = asyncio.run(_send(Target(target, headers), made, rate=rate, count=count))
    if session.as_json:
        print_json(summary(tally))
    else:
        _print(tally)
    if not tally.answered_well:
        raise click.exceptions.Exit(1)


async def _send(target: Target, made: Iterator[Posting], *, rate: float, count: int) -> Tally:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    bar = Progress(
        TextColumn("{task.completed:.0f} of {task.total:.0f} requests"),
        BarColumn(),
        TextColumn("{task.fields[answers]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task("", total=count, answers="")
        return await send_at_rate(
            target,
            made,
            rate=rate,
            stop=stop,
            on_sent=lambda tally: bar.update(task, completed=tally.sent, answers=_answers(tally)),
        )


def summary(tally: Tally) -> dict[str, Any]:
    """Return what came of a simulation."""
    return {
        "sent": tally.sent,
        "answered": {
            str(status) if status != NO_ANSWER else "none": count
            for status, count in sorted(tally.statuses.items())
        },
        "records": dict(tally.records),
        "duplicates": tally.records["duplicates"],
        "p50_ms": tally.quantile_ms(0.50),
        "p99_ms": tally.quantile_ms(0.99),
        "last_error": tally.last_error,
    }


def _answers(tally: Tally) -> str:
    return ", ".join(
        f"{count} x {status or 'no answer'}" for status, count in sorted(tally.statuses.items())
    )


def _print(tally: Tally) -> None:
    told = summary(tally)
    click.echo(f"sent:       {told['sent']}")
    click.echo(f"answered:   {_answers(tally) or '-'}")
    click.echo(f"duplicates: {told['duplicates']}")
    click.echo(f"p50, p99:   {told['p50_ms']} ms, {told['p99_ms']} ms")
    if tally.last_error:
        click.echo(f"last error: {tally.last_error}")
