"""What a mapping returned, believed only where it is what the plugin API promises.

A mapping that breaks its word harms its own item: `FaultyMappingError` names what is wrong with
what came back, in our own words and never with the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson

from gateway.mapping.destination import Judgement, Request, Settlement, Standing
from gateway.mapping.files import File
from gateway.mapping.reading import Ask, Endpoint, Found
from gateway.mapping.source import Composed, Part, Record, Unreadable
from gateway.mapping.typed import Kind
from gateway.model.errors import FaultyMappingError
from gateway.model.observation import Observation

if TYPE_CHECKING:
    from datetime import tzinfo

    from gateway.mapping.destination import Step

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
DIGEST_BYTES = 16
MOST_MEMORY = 64 * 1024
"""Bytes of JSON that a lane remembers; it is written with every outcome."""

_PART = Kind(Part)
_OBSERVATION = Kind(Observation)
_COMPOSED = Kind(Sequence[Composed])
_STEP = Kind(Request | Settlement)
_REQUEST = Kind(Request)
_STANDING = Kind(Standing)
_JUDGEMENT = Kind(Judgement | None)
_TEXT = Kind(str)
_ENDPOINT = Kind(Endpoint | None)
_ASKS = Kind(Sequence[Ask])
_FOUND = Kind(Found)
_FILES = Kind(tuple[File, ...])
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Safe in any folder, at any vendor; what begins with a dot is not yet whole."""


def sound_parts(value: Any) -> Sequence[Part]:
    """Return what `split` returned.

    Raises:
        FaultyMappingError: it is no list of parts, numbered from 0 on.
    """
    if type(value) is not list and type(value) is not tuple:
        raise FaultyMappingError(f"split returned {_named(value)}, not a list")
    for index, part in enumerate(value):
        _check(part, _PART, "split")
        if part.index != index:
            raise FaultyMappingError("split does not number its parts from 0 on")
        _check_part(part)
    return value


def _check_part(part: Part) -> None:
    if isinstance(part, Record) and part.digest is not None and len(part.digest) != DIGEST_BYTES:
        raise FaultyMappingError(f"split gave a digest that is not {DIGEST_BYTES} bytes")
    if isinstance(part, Unreadable) and not part.flaws:
        raise FaultyMappingError("split refuses a record and does not say why")


def sound_observations(value: Any) -> Sequence[Observation]:
    """Return what `translate` returned.

    Raises:
        FaultyMappingError: it is no list of observations.
    """
    if type(value) is not list and type(value) is not tuple:
        raise FaultyMappingError(f"translate returned {_named(value)}, not a list")
    for each in value:
        _check(each, _OBSERVATION, "translate")
    return value


def sound_body(value: Any) -> bytes:
    """Return what `keep` returned.

    Raises:
        FaultyMappingError: it is no bytes.
    """
    if type(value) is not bytes:
        raise FaultyMappingError(f"keep returned {_named(value)}, not bytes")
    return value


def sound_composed(value: Any) -> Sequence[Composed]:
    """Return what `compose` returned.

    Raises:
        FaultyMappingError: it is no list of requests.
    """
    _check(value, _COMPOSED, "compose")
    return value  # type: ignore[no-any-return] # it has just been looked at


def sound_step(value: Any) -> Step:
    """Return what `step` returned.

    Raises:
        FaultyMappingError: it is neither a request that can be sent nor a settlement.
    """
    _check(value, _STEP, "step")
    if isinstance(value, Request):
        _check_request(value)
    elif value.memory:
        _check_memory(value.memory)
    return value  # type: ignore[no-any-return] # likewise


def sound_request(value: Any) -> Request:
    """Return a request.

    Raises:
        FaultyMappingError: it is none, or none that can be sent.
    """
    _check(value, _REQUEST, "request")
    _check_request(value)
    return value  # type: ignore[no-any-return] # likewise


def sound_standing(value: Any) -> Standing:
    """Return what a snapshot's `standing` returned.

    Raises:
        FaultyMappingError: it is none.
    """
    _check(value, _STANDING, "standing")
    return value  # type: ignore[no-any-return] # likewise


def sound_judgement(value: Any) -> Judgement | None:
    """Return what a snapshot's `judge` returned.

    Raises:
        FaultyMappingError: it is no judgement.
    """
    _check(value, _JUDGEMENT, "judge")
    return value  # type: ignore[no-any-return] # likewise


def sound_zone(value: Any) -> tzinfo:
    """Return what `zone` returned.

    Raises:
        FaultyMappingError: it is no zone of the standard library.
    """
    if not isinstance(value, ZoneInfo | timezone):
        raise FaultyMappingError(f"zone returned {_named(value)}, not a ZoneInfo or a timezone")
    return value


def sound_floor(value: Any) -> str:
    """Return what a snapshot's `floor` returned.

    Raises:
        FaultyMappingError: it is no text.
    """
    _check(value, _TEXT, "floor")
    return value  # type: ignore[no-any-return] # likewise


def sound_endpoint(value: Any) -> Endpoint | None:
    """Return what `endpoint` returned.

    Raises:
        FaultyMappingError: it is none.
    """
    _check(value, _ENDPOINT, "endpoint")
    return value  # type: ignore[no-any-return] # likewise


def sound_asks(value: Any) -> Sequence[Ask]:
    """Return the questions that a mapping would ask.

    Raises:
        FaultyMappingError: they are none.
    """
    _check(value, _ASKS, "reading")
    return value  # type: ignore[no-any-return] # likewise


def sound_found(value: Any) -> Found:
    """Return what `found` returned.

    Raises:
        FaultyMappingError: it is nothing that can be received.
    """
    _check(value, _FOUND, "found")
    return value  # type: ignore[no-any-return] # likewise


def sound_files(value: Any) -> tuple[File, ...]:
    """Return what `files` returned.

    Raises:
        FaultyMappingError: it is no tuple of files, each with a name of its own that any folder
            takes.
    """
    _check(value, _FILES, "files")
    names = [each.name for each in value]
    if not all(map(_FILE_NAME.fullmatch, names)):
        raise FaultyMappingError("files returned a name that is not plain letters and digits")
    if len(set(names)) != len(names):
        raise FaultyMappingError("files returned two files of one name")
    return value  # type: ignore[no-any-return] # likewise


def _check(value: Any, kind: Kind, who: str) -> None:
    if not kind.holds(value):
        raise FaultyMappingError(f"{who} returned nonsense: {kind.flaw_in(value)}")


def _check_request(request: Request) -> None:
    if request.method not in METHODS:
        raise FaultyMappingError(f"a request's method is none of {', '.join(sorted(METHODS))}")
    if not request.content_type.isascii():
        raise FaultyMappingError("a request's content type is not ASCII")
    if request.memory:
        _check_memory(request.memory)


def _check_memory(memory: Mapping[str, Any]) -> None:
    try:
        size = len(orjson.dumps(memory))
    except (TypeError, ValueError):
        raise FaultyMappingError("step returned a memory that is no JSON") from None
    if size > MOST_MEMORY:
        raise FaultyMappingError(f"step returned a memory of more than {MOST_MEMORY} bytes")


def _named(value: Any) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0] in 'aeiouAEIO' else 'a'} {name}"
