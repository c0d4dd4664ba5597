"""The samples of the installed source mappings, and what is made of them.

A sample is what a platform sends, its name says how: `*.in.json` (a JSON body),
`*.form.in.txt` (a form), `*.query.in.txt` (GET, a query string), any other `*.in.txt` (a body
without a content type). Beside it stands `*.out.json`: what the mapping makes of it.
`GOLDEN=write` writes those anew.
"""

from __future__ import annotations

import dataclasses
from copy import deepcopy
from datetime import UTC, datetime
from importlib.metadata import entry_points
from importlib.resources import files

import orjson

from gateway.mapping import Content, ContentError, MappingError, Record, Unreadable

RECEIVED = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
MAPPINGS = {each.name: each.load() for each in entry_points(group="gateway.source_mappings")}


def options_of(mapping, **given):
    return mapping.options().load(given)


def samples(mapping):
    """Return (path, content) of each sample of a mapping."""
    folder = files(mapping.package) / "samples"
    found = sorted((each for each in folder.iterdir() if ".in." in each.name), key=str)
    return [(each, content_of(each.name, each.read_bytes())) for each in found]


def content_of(name, body, *, signed=False):
    if name.endswith(".query.in.txt"):
        return Content("GET", "", body.decode().strip(), b"", signed, RECEIVED)
    kinds = {".form.in.txt": "application/x-www-form-urlencoded", ".in.json": "application/json"}
    media_type = next((kind for end, kind in kinds.items() if name.endswith(end)), "")
    return Content("POST", media_type, "", body, signed, RECEIVED)


def reading(mapping, content, options=None):
    """Return, as JSON, what a mapping makes of a request."""
    options = options or options_of(mapping)
    try:
        parts = mapping.split(content, options)
    except ContentError as problem:
        flaws = [str(each) for each in problem.flaws]
        return {"refused": {"status": problem.status, "detail": problem.detail, "flaws": flaws}}
    told = [_part(mapping, part, options) for part in parts]
    return orjson.loads(orjson.dumps({"parts": told}, default=_plain))


def _part(mapping, part, options):
    if not isinstance(part, Record):
        kind = {"kind": type(part).__name__, "index": part.index}
        flaws = [str(each) for each in part.flaws] if isinstance(part, Unreadable) else []
        return kind | {"flaws": flaws}
    observations = mapping.translate(part, options, RECEIVED)
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


def fields_of(value):
    return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}


def _plain(value):
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value))


def is_total(mapping, content, options=None):
    """Read a request; whatever is wrong with it may only be told in the ways that a mapping has."""
    options = options or options_of(mapping)
    try:
        parts = mapping.split(content, options)
    except ContentError as problem:
        return problem.status in (400, 422)
    for part in parts:
        if isinstance(part, Record):
            before = deepcopy(part.fields)
            try:
                observations = mapping.translate(part, options, RECEIVED)
            except MappingError:
                continue
            assert observations
            assert part.fields == before
            orjson.dumps(observations, default=_plain)
    return [part.index for part in parts] == list(range(len(parts)))
