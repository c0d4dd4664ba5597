"""The samples that come with the source mappings, as requests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from gateway.mapping.source import Content, Record
from gateway.model.errors import ContentError

if TYPE_CHECKING:
    from gateway.settings import SourceSettings

SUFFIX = ".in.json"
JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Sample:
    """One request of a platform's documentation."""

    source: str
    name: str
    body: bytes

    @property
    def title(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ").replace("-", " ")


def samples(source: SourceSettings, now: datetime) -> list[Sample]:
    """Return a source's samples in the order in which they happened."""
    package = source.mapping.package
    folder = files(package) / "samples" if package else None
    if folder is None or not folder.is_dir():
        return []
    found = [
        Sample(source.name, each.name.removesuffix(SUFFIX), each.read_bytes())
        for each in folder.iterdir()
        if each.name.endswith(SUFFIX)
    ]
    return sorted(found, key=lambda sample: (happened_at(sample, source, now), sample.name))


def happened_at(sample: Sample, source: SourceSettings, now: datetime) -> datetime:
    """Return the latest time in a sample; one that tells none comes last."""
    content = Content(
        method="POST",
        media_type=JSON_TYPE,
        query="",
        body=sample.body,
        signed=False,
        received_at=now,
    )
    try:
        parts = source.mapping.split(content, source.options)
    except ContentError:
        return LAST
    return max((part.at for part in parts if isinstance(part, Record) and part.at), default=LAST)


LAST = datetime.max.replace(tzinfo=UTC)


def pretty(body: bytes) -> str:
    """Return a body for people."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body.decode("utf-8", "replace")


def is_plain(answer: bytes) -> bool:
    """Whether a sample was one good record and nothing else: the best to show."""
    try:
        counts = json.loads(answer)
    except ValueError:
        return False
    return bool(counts.get("accepted") == 1 and not counts.get("quarantined"))
