"""Finds mappings and checks by entry point; refuses clashes and wrong types."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from gateway.mapping.authenticity import AuthenticityCheck
from gateway.mapping.destination import DestinationMapping
from gateway.mapping.files import FileMapping
from gateway.mapping.fitting import misfit
from gateway.mapping.source import SourceMapping
from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

AnyMapping = SourceMapping | DestinationMapping | FileMapping

GROUPS: dict[str, type] = {
    "gateway.source_mappings": SourceMapping,
    "gateway.destination_mappings": DestinationMapping,
    "gateway.file_mappings": FileMapping,
    "gateway.authenticity": AuthenticityCheck,
}


@dataclass(frozen=True)
class Registry:
    """The plugins that are installed, by name. *problems* has a printable line for each that
    cannot be used.
    """

    sources: Mapping[str, SourceMapping]
    destinations: Mapping[str, DestinationMapping]
    checks: Mapping[str, AuthenticityCheck]
    problems: tuple[str, ...] = ()
    files: Mapping[str, FileMapping] = field(default_factory=dict)

    def named(self, name: str) -> list[AnyMapping]:
        """Return the mappings of that name: a source's, a destination's or a file's, or several."""
        kinds: tuple[Mapping[str, AnyMapping], ...]
        kinds = (self.sources, self.destinations, self.files)
        return [kind[name] for kind in kinds if name in kind]


def installed() -> Registry:
    """Load every installed plugin; raise `ConfigurationError` naming each that is unusable."""
    registry = usable()
    if registry.problems:
        raise ConfigurationError(registry.problems)
    return registry


def usable() -> Registry:
    """Load the installed plugins that can be used, and say what is wrong with the others."""
    problems: list[str] = []
    found = {group: _load(group, kind, problems) for group, kind in GROUPS.items()}
    _part(found["gateway.destination_mappings"], found["gateway.file_mappings"], problems)
    return Registry(
        sources=found["gateway.source_mappings"],
        destinations=found["gateway.destination_mappings"],
        checks=found["gateway.authenticity"],
        problems=tuple(problems),
        files=found["gateway.file_mappings"],
    )


def _part(told: Mapping[str, Any], files: dict[str, Any], problems: list[str]) -> None:
    """Refuse a file mapping that has a destination mapping's name: `mapping:` means either."""
    problems += [
        f"plugin {name} ({files.pop(name).package}): a destination mapping has that name"
        for name in sorted(set(told) & set(files))
    ]


def _load(group: str, kind: type, problems: list[str]) -> dict[str, Any]:
    entries = sorted(entry_points(group=group), key=lambda each: (each.name, each.value))
    told = Counter(each.name for each in entries)
    found: dict[str, Any] = {}
    for entry in entries:
        if told[entry.name] > 1:
            problems.append(f"{_named(entry)}: the name is taken twice; uninstall one of the two")
            continue
        try:
            value = entry.load()
        except (Exception, SystemExit) as problem:  # noqa: BLE001 - it may fail in any way
            problems.append(f"{_named(entry)}: cannot be loaded: {problem!r}")
            continue
        wrong = misfit(value, kind, entry.name)
        if wrong:
            problems.append(f"{_named(entry)}: {wrong}")
        else:
            found[entry.name] = value
    return found


def _named(entry: EntryPoint) -> str:
    """Return ``plugin acme (acme_wfm:MAPPING, of acme-wfm 1.0)``."""
    package = f", of {entry.dist.name} {entry.dist.version}" if entry.dist is not None else ""
    return f"plugin {entry.name} ({entry.value}{package})"
