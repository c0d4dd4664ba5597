"""A page that describes mappings, made from the mappings themselves."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gateway.conformance.examine import kind_of
from gateway.conformance.samples import samples_of
from gateway.mapping.checks.options import Duration, SecretField
from gateway.mapping.fields import Statuses
from gateway.mapping.json_schema import by_key, field_schema
from gateway.mapping.source import SourceMapping
from gateway.mapping.states import States

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from marshmallow.fields import Field

    from gateway.mapping.destination import DestinationMapping
    from gateway.mapping.files import FileMapping
    from gateway.mapping.registry import Registry

    AnyMapping = SourceMapping | DestinationMapping | FileMapping

HEAD = """# Mappings

*Written by `make golden` from the mappings that are installed; a test checks that it is current.
How to write another: [write-a-mapping.md](write-a-mapping.md).*
"""

WORDS: dict[type[Field[Any]], str] = {
    SecretField: "a secret",
    Duration: "a duration, such as `30s`",
    States: "a table from statuses (`not_ready`, `not_ready:Lunch`, `*`) to the vendor's codes",
    Statuses: "a table from the platform's names to statuses",
}


def mappings_page(registry: Registry) -> str:
    """Return the page, as Markdown."""
    sources, told = registry.sources.values(), registry.destinations.values()
    files = registry.files.values()
    parts = [
        HEAD,
        *_table("Sources", sources, ("platform", "asked too", "simulated"), _heard),
        *_table("Destinations", told, ("clock", "events", "batch", "snapshot"), _told),
        *_table("Files", files, ("each", "minutes", "times in"), _filed),
        "## What each cannot promise\n",
        _waived((*sources, *told, *files)),
        *("\n".join(_described(each)) for each in sources),
        *("\n".join(_described(each)) for each in told),
        *("\n".join(_described(each)) for each in files),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _table(
    title: str, mappings: Iterable[Any], names: tuple[str, ...], cells: Any
) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"| name | {' | '.join(names)} | samples |"
    yield "|---" * (len(names) + 2) + "|"
    for each in mappings:
        shown = " | ".join(cells(each))
        yield f"| [`{each.name}`](#{each.name}) | {shown} | {len(samples_of(each))} |"
    yield ""


def _heard(mapping: SourceMapping) -> tuple[str, ...]:
    return (mapping.platform, _yes(mapping.reading), _yes(mapping.compose))


def _told(mapping: DestinationMapping) -> tuple[str, ...]:
    events = ", ".join(sorted(each.value for each in mapping.events))
    batch = f"up to {mapping.max_batch}" if mapping.max_batch > 1 else "no"
    batch += ", by option" if mapping.max_batch_of is not None else ""
    return (mapping.clock.value, events, batch, _yes(mapping.snapshot))


def _filed(mapping: FileMapping) -> tuple[str, ...]:
    minutes = ", ".join(map(str, sorted(mapping.minutes)))
    return (mapping.unit.value, minutes, str(mapping.zone or "the zone configured"))


def _yes(value: object) -> str:
    return "no" if value is None else "yes"


def _waived(mappings: Iterable[AnyMapping]) -> str:
    rows = [
        f"| `{each.name}` | {check} | {reason} |"
        for each in mappings
        for check, reason in each.waived.items()
    ]
    if not rows:
        return "Every one of them promises all that `wfm-gateway mappings check` looks at.\n"
    return "\n".join(["| mapping | check | because |", "|---|---|---|", *rows, ""])


def _described(mapping: AnyMapping) -> Iterator[str]:
    kind = kind_of(mapping)
    summary = (import_module(mapping.package).__doc__ or "").strip().split("\n\n")[0]
    yield f"## {mapping.name}\n"
    yield f"*{kind}, version {mapping.version}.* {' '.join(summary.split())}\n"
    if mapping.package.startswith("mappings."):
        folder = mapping.package.replace(".", "/")
        yield f"Its facts, and what is not known: [README](../{folder}/README.md).\n"
    fields = by_key(mapping.options())
    if fields:
        yield "| key | what | default |\n|---|---|---|"
        yield from (_key(name, each) for name, each in fields.items())
    else:
        yield "It has no keys of its own."
    yield ""


def _key(name: str, field: Field[Any]) -> str:
    schema = field_schema(field)
    default = "required" if field.required else _shown(schema.get("default"))
    return f"| `{name}` | {_what(field, schema)} | {default} |"


def _what(field: Field[Any], schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    own = next((words for kind, words in WORDS.items() if isinstance(field, kind)), None)
    kinds = schema.get("type", "")
    return own or (" or ".join(kinds) if isinstance(kinds, list) else kinds)


def _shown(default: Any) -> str:
    return "" if default in (None, "") else f"`{json.dumps(default)}`"
