"""The samples beside a mapping, in its package's folder `samples`.

A source's sample is what a platform sends, its name says how: ``*.in.json`` (a JSON body),
``*.form.in.txt`` (a form), ``*.query.in.txt`` (GET, a query string), any other ``*.in.txt`` (a
body without a content type). Its options are those of ``samples/options.json``, where it is.

A destination's sample, ``*.in.json``, has the `options` of the destination and what to `tell`:
neutral events, each with the agent's `identity`. It may have the `memory` of the lane, and the
`answers` of the vendor in turn, each a `status`, a `body` (text) and a `content_type`.

A file mapping's sample is described in `gateway.conformance.filing`.

Beside each stands its golden file ``*.out.json``: what the mapping makes of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gateway.mapping.parameters import FORM
from gateway.mapping.source import Content, SourceMapping

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from gateway.mapping.destination import DestinationMapping
    from gateway.mapping.files import FileMapping

    Mapping = SourceMapping | DestinationMapping | FileMapping

RECEIVED_AT = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
JSON = ".in.json"
GOLDEN = ".out.json"
MARK = ".in."
OPTIONS = "options.json"

_MEDIA_TYPES = {".form.in.txt": FORM, JSON: "application/json"}
_QUERY = ".query.in.txt"
FORMS = (_QUERY, ".form.in.txt")


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: the file's *name* and what is in it."""

    name: str
    raw: bytes
    folder: Traversable

    @property
    def golden(self) -> Traversable:
        """Where its golden file is, or would be."""
        return self.folder / (self.name.partition(MARK)[0] + GOLDEN)

    @property
    def content(self) -> Content:
        """The request that it is, at a source."""
        return content_of(self.name, self.raw)

    @property
    def value(self) -> Any:
        """The JSON value that it is."""
        return json.loads(self.raw)

    @property
    def json_or_none(self) -> Any:
        """The same; `None` where it is no JSON."""
        try:
            return json.loads(self.raw)
        except ValueError:
            return None


def folder_of(mapping: Mapping) -> Traversable | None:
    """Return the folder of a mapping's samples, `None` where there is none."""
    if not mapping.package:
        return None
    try:
        folder = files(import_module(mapping.package)) / "samples"
    except (ImportError, TypeError, OSError):
        return None
    return folder if folder.is_dir() else None


def samples_of(mapping: Mapping) -> list[Sample]:
    """Return a mapping's samples, by name."""
    folder = folder_of(mapping)
    if folder is None:
        return []
    suffixes = (".in.json", ".in.txt") if isinstance(mapping, SourceMapping) else (JSON,)
    return sorted(
        (
            Sample(each.name, each.read_bytes(), folder)
            for each in folder.iterdir()
            if each.name.endswith(suffixes)
        ),
        key=lambda sample: sample.name,
    )


def source_options(mapping: SourceMapping) -> Any:
    """Return the options, not yet loaded, with which a source's samples are read."""
    folder = folder_of(mapping)
    file = folder / OPTIONS if folder is not None else None
    return json.loads(file.read_bytes()) if file is not None and file.is_file() else {}


def content_of(name: str, raw: bytes, *, received_at: datetime = RECEIVED_AT) -> Content:
    """Return the request that a source's sample of that name is."""
    if name.endswith(_QUERY):
        query = raw.decode("utf-8", "replace").strip()
        return Content("GET", "", query, b"", signed=False, received_at=received_at)
    media_type = next((kind for end, kind in _MEDIA_TYPES.items() if name.endswith(end)), "")
    return Content("POST", media_type, "", raw, signed=False, received_at=received_at)
