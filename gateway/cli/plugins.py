"""The verbs `mappings` and `schema`: the plugins found, and the shapes of events and settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.session import Session, pass_session, verb_options
from gateway.cli.show import columns, print_json, print_rows
from gateway.config.schema_json import config_schema
from gateway.mapping.registry import usable
from gateway.operations.page import mappings_page
from gateway.operations.plugins import examined_json, plugins_json
from gateway.operations.scaffold import Kind, scaffold
from gateway.operations.schemas import event_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MAPPINGS = columns("name", "kind", "version", "platform", "clock", "events", "package")
WAIVED = columns("name", "kind", "cannot promise", "because")
WORDS = {
    "kept": "ok",
    "broken": "BROKEN",
    "waived": "waived",
    "nothing_to_check": "-",
}


@click.group()
@verb_options
def mappings() -> None:
    """The plugins found: listed, checked, begun."""


@mappings.command("list")
@click.option("--markdown", is_flag=True, help="Print a page that describes each of them.")
@verb_options
@pass_session
def list_mappings(session: Session, /, *, markdown: bool) -> None:
    """List the mappings that are installed, and what each of them cannot promise."""
    registry = usable()
    if markdown:
        click.echo(mappings_page(registry), nl=False)
        _fail_over(registry.problems)
        return
    rows = plugins_json(registry)
    shown = [row | {"events": ", ".join(row["events"] or ()) or None} for row in rows]
    print_rows(session, rows if session.as_json else shown, MAPPINGS, empty="no mapping installed")
    if not session.as_json:
        _print_waived(session, rows)
    _fail_over(registry.problems)


def _print_waived(session: Session, /, rows: Sequence[Mapping[str, Any]]) -> None:
    waived = [
        {"name": row["name"], "kind": row["kind"], "cannot promise": check, "because": reason}
        for row in rows
        for check, reason in row["waived"].items()
    ]
    print_rows(session, waived, WAIVED, empty="every one of them promises all that is checked")


def _fail_over(problems: Sequence[str]) -> None:
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise click.exceptions.Exit(1)


@mappings.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--write", is_flag=True, help="Write the golden files anew first; read the diff.")
@verb_options
@pass_session
def check_mappings(session: Session, /, names: tuple[str, ...], *, write: bool) -> None:
    """Check what every mapping keeps, on the samples that came with it; without a NAME, of all."""
    registry = usable()
    examined = examined_json(registry, names, write=write)
    if session.as_json:
        print_json(examined)
    else:
        for each in examined:
            _print_examined(each)
    _fail_over(() if names else registry.problems)
    if not all(each["ok"] for each in examined):
        raise click.exceptions.Exit(1)


def _print_examined(examined: Mapping[str, Any]) -> None:
    what = f"{examined['kind']}, version {examined['version']}, package {examined['package']}"
    click.echo(f"{examined['name']} ({what}): {examined['samples']} samples")
    for each in examined["checks"]:
        told = f": {each['reason']}" if each["reason"] and each["state"] != "broken" else ""
        click.echo(f"  {WORDS[each['state']]:8}{each['check']}: {each['promise']}{told}")
        if each["state"] == "broken":
            for problem in each["problems"]:
                place = f"{problem['sample']}: " if problem["sample"] else ""
                click.echo(f"          {place}{problem['what']}")
    broken = sum(each["state"] == "broken" for each in examined["checks"])
    summary = f"{broken} of {len(examined['checks'])} checks broken" if broken else "all right"
    click.echo(f"{examined['name']}: {summary}")


@mappings.command("new")
@click.argument("kind", type=click.Choice(["source", "destination"]))
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Where to write it [default: wfm-gateway-NAME].",
)
@verb_options
@pass_session
def new_mapping(session: Session, /, kind: Kind, name: str, folder: Path | None) -> None:
    """Write the folder of a new mapping: package, samples, test; nothing is overwritten."""
    made = scaffold(usable(), kind, name, folder)
    if session.as_json:
        print_json(made)
        return
    click.echo(f"{made['folder']}:")
    for each in made["files"]:
        click.echo(f"  {each}")
    click.echo("next:")
    for number, step in enumerate(made["next"], start=1):
        click.echo(f"  {number}. {step}")


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
