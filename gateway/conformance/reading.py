"""What a source mapping makes of a request, as JSON; its word taken for nothing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import orjson

from gateway.conformance.samples import RECEIVED_AT
from gateway.mapping.sound import sound_body, sound_observations, sound_parts
from gateway.mapping.source import Record, Unreadable
from gateway.model.errors import ContentError, MappingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from gateway.mapping.source import Content, Part, SourceMapping
    from gateway.model.observation import Observation

STATUSES = (400, 422)


@dataclasses.dataclass(frozen=True, slots=True)
class Reader:
    """A mapping with the options that it reads with."""

    mapping: SourceMapping
    options: Any

    def parts(self, content: Content) -> Sequence[Part]:
        """Split a request as the gateway does: what may be kept of it first."""
        keep = self.mapping.keep
        if keep is not None:
            content = dataclasses.replace(
                content, body=sound_body(keep(content, self.options)), query=""
            )
        return sound_parts(self.mapping.split(content, self.options))

    def observations(self, record: Record, at: datetime = RECEIVED_AT) -> Sequence[Observation]:
        """Translate one record."""
        return sound_observations(self.mapping.translate(record, self.options, at))

    def records(self, content: Content) -> Iterator[tuple[Record, Sequence[Observation]]]:
        """Yield what can be translated of a request."""
        try:
            parts = self.parts(content)
        except ContentError:
            return
        for part in parts:
            if isinstance(part, Record):
                try:
                    yield part, self.observations(part, content.received_at)
                except MappingError:
                    continue

    def reading(self, content: Content) -> Any:
        """Return all of it as a JSON value, which is what a golden file holds."""
        try:
            parts = self.parts(content)
        except ContentError as problem:
            flaws = [str(each) for each in problem.flaws]
            told = {"status": problem.status, "detail": problem.detail, "flaws": flaws}
            return {"refused": told}
        return as_json({"parts": [self._part(part) for part in parts]})

    def _part(self, part: Part) -> dict[str, Any]:
        if not isinstance(part, Record):
            flaws = [str(each) for each in part.flaws] if isinstance(part, Unreadable) else []
            return {"kind": type(part).__name__, "index": part.index, "flaws": flaws}
        try:
            observations = self.observations(part)
        except MappingError as problem:
            return {"kind": "Record", "index": part.index, "problem": str(problem)}
        return {
            "kind": "Record",
            "index": part.index,
            "agent_id": part.agent_id,
            "at": part.at,
            "account_id": part.account_id,
            "may_repeat": part.digest is None,
            "observations": [
                {"observation": type(each).__name__} | fields_of(each) for each in observations
            ],
        }

    def try_to_read(self, content: Content) -> str | None:
        """Read a request; say what is wrong, where that does not end as the plugin API has it."""
        try:
            parts = self.parts(content)
        except ContentError as problem:
            fits = problem.status in STATUSES
            return None if fits else f"refused with {problem.status}, which is not 400 or 422"
        for part in parts:
            if isinstance(part, Record):
                try:
                    observations = self.observations(part)
                except MappingError:
                    continue
                if not observations:
                    return f"record {part.index} becomes nothing: that is `Ignored`"
        return None


def fields_of(value: Any) -> dict[str, Any]:
    """Return a dataclass's fields by name."""
    return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}


def as_json(value: Any) -> Any:
    """Return what JSON makes of a value with dataclasses, times and sets in it."""
    return orjson.loads(orjson.dumps(value, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value))
