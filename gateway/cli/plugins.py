"""The verbs `mappings` and `schema`: the plugins found, and the shapes of events and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import columns, print_json, print_rows
from gateway.config.schema_json import config_schema
from gateway.operations.plugins import plugins_json
from gateway.operations.schemas import event_schema

if TYPE_CHECKING:
    from collections.abc import Callable

MAPPINGS = columns("name", "kind", "version", "platform", "clock", "events", "package")


@click.group()
@verb_options
def mappings() -> None:
    """The plugins found."""


@mappings.command("list")
@verb_options
@pass_session
def list_mappings(session: Session, /) -> None:
    """List the source and destination mappings that are installed."""
    rows = plugins_json(session.registry())
    shown = [row | {"events": ", ".join(row["events"] or ()) or None} for row in rows]
    print_rows(session, rows if session.as_json else shown, MAPPINGS, empty="no mapping installed")


@click.command()
@click.argument("what", type=click.Choice(["events", "config"]), default="events")
@verb_options
@pass_session
def schema(session: Session, /, what: str) -> None:
    """Print the JSON Schema of the neutral events (default) or of the configuration."""
    schemas: dict[str, Callable[[], Any]] = {
        "events": event_schema,
        "config": lambda: config_schema(session.registry()),
    }
    print_json(schemas[what]())
