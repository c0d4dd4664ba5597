"""What a file mapping makes of figures, as JSON; its word taken for nothing.

A sample, ``*.in.json``, has the `options` of the destination, the `span` (`start` and `until` in
RFC 3339, `minutes`, `zone`, and where they are not 1 and true `revision` and `is_complete`), and
any of `queues`, `agents`, `agent_queues` (intervals, each with the `start` in RFC 3339) and
`people` (by agent key, each an `identity` and a `name`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gateway.conformance.samples import samples_of
from gateway.mapping.files import Figures, FileMapping, Person, Span, WithheldError
from gateway.mapping.sound import sound_files
from gateway.model.agent import Named
from gateway.model.clock import from_rfc3339
from gateway.model.ledger import AgentInterval, AgentQueueInterval, QueueInterval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.conformance.samples import Sample
    from gateway.mapping.files import File


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a mapping is asked in a sample."""

    figures: Figures
    span: Span
    options: Any


@dataclass(frozen=True)
class FileSubject:
    """A file mapping that is examined."""

    mapping: FileMapping

    @cached_property
    def samples(self) -> list[Sample]:
        """Its samples."""
        return samples_of(self.mapping)

    def options_of(self, sample: Sample) -> Any:
        """Return the options, not yet loaded, of a sample."""
        return sample.value.get("options", {})

    def sheet(self, sample: Sample) -> Sheet:
        """Return what is asked in a sample."""
        value = sample.value
        options = self.mapping.options().load(self.options_of(sample))
        return Sheet(figures_of(value), span_of(value["span"]), options)

    def files(self, sheet: Sheet) -> tuple[File, ...]:
        """Return what the mapping makes of it.

        Raises:
            WithheldError: the vendor would not take it.
            FaultyMappingError: what came back is not what the plugin API has.
        """
        return sound_files(self.mapping.files(sheet.figures, sheet.span, sheet.options))

    def shown(self, sample: Sample) -> Any:
        """Return what its golden file should hold."""
        sheet = self.sheet(sample)
        needs = sorted(self.mapping.needs(sheet.options))
        try:
            made = self.files(sheet)
        except WithheldError as problem:
            return {"needs": needs, "withheld": list(problem.problems)}
        return {"needs": needs, "files": {each.name: _lines(each) for each in made}}


def _lines(file: File) -> list[str]:
    return file.content.decode().splitlines(keepends=True)


def span_of(value: Mapping[str, Any]) -> Span:
    """Read a sample's span."""
    return Span(
        start=from_rfc3339(value["start"]),
        until=from_rfc3339(value["until"]),
        minutes=value["minutes"],
        zone=ZoneInfo(value["zone"]),
        revision=value.get("revision", 1),
        is_complete=value.get("is_complete", True),
    )


def figures_of(value: Mapping[str, Any]) -> Figures:
    """Read a sample's figures."""
    minutes = value["span"]["minutes"]

    def intervals(kind: type[Any], name: str) -> tuple[Any, ...]:
        return tuple(_interval(kind, each, minutes) for each in value.get(name, ()))

    return Figures(
        queues=intervals(QueueInterval, "queues"),
        agents=intervals(AgentInterval, "agents"),
        agent_queues=intervals(AgentQueueInterval, "agent_queues"),
        people={key: Person(**each) for key, each in value.get("people", {}).items()},
    )


def _interval(kind: type[Any], value: Mapping[str, Any], minutes: int) -> Any:
    start = int(from_rfc3339(value["start"]).timestamp()) * 1000
    told = dict(value) | {"start": start, "minutes": minutes}
    if "queue" in {each.name for each in fields(kind)}:
        told["queue"] = Named(**told["queue"])
    return kind(**told)
