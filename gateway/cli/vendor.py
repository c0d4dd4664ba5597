"""The verbs `ping` and `resync`: is the vendor there, and tell it of everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gateway.cli.ask import carry_out
from gateway.cli.audit import why_option
from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import print_json
from gateway.operations import vendor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@click.command()
@click.argument("destination")
@verb_options
@pass_session
def ping(session: Session, /, destination: str) -> None:
    """Look whether DESTINATION can be reached; no event is sent. Exit code 1: it cannot."""
    seen = carry_out(session, vendor.PING, name=destination)
    if session.as_json:
        print_json(seen)
    else:
        for line in _lines(seen):
            click.echo(line)
    if not seen["reachable"]:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("destination")
@click.option("--dry-run", is_flag=True, help="Send nothing; print what would be sent.")
@click.option("--force", is_flag=True, help="Also where it logs out more than a fifth.")
@why_option
@verb_options
@pass_session
def resync(session: Session, /, destination: str, **asked: Any) -> None:
    """Tell DESTINATION of everybody in one snapshot; it logs out who is absent.

    Sent only when every agent of `agents.files` is known and every source was heard.
    """
    answer = carry_out(session, vendor.RESYNC, name=destination, **asked)
    if session.as_json:
        print_json(answer)
        return
    click.echo(f"{answer['name']}: {answer['agents']} agents, {answer['logged_in']} logged in")
    if asked["dry_run"]:
        for line in _preview(answer):
            click.echo(line)
        print_json(answer["request"])
    else:
        click.echo(answer["outcome"])


def _preview(answer: Mapping[str, Any]) -> Iterator[str]:
    yield f"would log out: {', '.join(answer['would_log_out']) or 'nobody'}"
    for obstacle in answer["obstacles"]:
        yield f"in the way: {obstacle}"


def _lines(seen: Mapping[str, Any]) -> Iterator[str]:
    yield f"{seen['name']}: {seen['url']}"
    if dns := seen["dns"]:
        yield f"dns: {dns['host']} is {', '.join(dns['addresses'])} ({dns['ms']} ms)"
    if tcp := seen["tcp"]:
        yield f"tcp: {tcp['address']} port {tcp['port']} ({tcp['ms']} ms)"
    if tls := seen["tls"]:
        until = f"certificate until {tls['expires_at']}, {tls['days_left']} days"
        yield f"tls: {tls['version']}, {until} ({tls['ms']} ms)"
    if http := seen["http"]:
        yield f"http: {http['method']} answered {http['status']}: {http['says']} ({http['ms']} ms)"
    if told := seen.get("folder"):
        yield f"folder: {told}"
    if seen["problem"]:
        yield f"unreachable: {seen['problem']}"
