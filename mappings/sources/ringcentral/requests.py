"""A request, split into its records: JSON, a form, or the query string.

The platform sends its fields in the query string unless *Send body as JSON* is ticked, and no
page names the content type of the JSON (facts, C1); what is signed says its own type.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gateway.mapping import (
    ContentError,
    Fields,
    Flaw,
    Record,
    Unreadable,
    check_form,
    content_digest,
    form_fields,
    is_believed,
    is_json,
    json_items,
)
from mappings.sources.ringcentral.telling import FIELDS, telling_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.mapping import Content, Part
    from mappings.sources.ringcentral.options import RingCentralOptions


def split(content: Content, options: RingCentralOptions) -> Sequence[Part]:
    """Return the records of a request.

    Raises:
        ContentError: 400, it is empty or not what it claims to be; 422, it is JSON of neither
            an object nor an array.
    """
    body = content.body
    if not body.strip() or (content.method == "GET" and content.query):
        if not content.query:
            raise ContentError("The request is empty: neither a body nor a query string.")
        found = [("", _of_form(content.query.encode("utf-8", "surrogateescape")))]
    elif is_json(content):
        found = json_items(body)
    else:
        check_form(content)
        found = [("", _of_form(body))]
    return [
        _part(raw, path, index, options, content.received_at)
        for index, (path, raw) in enumerate(found)
    ]


def _of_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form; null cannot be told from its name there, so it is that."""
    return {name: value for name, value in form_fields(body).items() if value.strip() != "null"}


def _part(
    raw: Any, path: str, index: int, options: RingCentralOptions, received_at: datetime
) -> Part:
    if not isinstance(raw, dict):
        return Unreadable(index, (Flaw(path, "Must be an object."),), raw)
    flaws: list[Flaw] = []
    fields = _texts(Fields(raw, path, flaws))
    telling = telling_of(Fields(fields, path, flaws), options.timezone, received_at)
    if flaws:
        return Unreadable(index, tuple(flaws), raw)
    at = telling.ended_at if telling.is_call else telling.at
    return Record(
        index=index,
        agent_id=telling.agent_id or "",
        fields=fields,
        at=at if is_believed(at, received_at) else None,
        digest=content_digest(fields) if telling.at is not None else None,
        account_id=telling.account_id,
        outcome=None if telling.is_call else telling.outcome,
        follows=None if telling.is_call else telling.follows,
        read=telling,
    )


def _texts(record: Fields) -> dict[str, str]:
    """Return every field that tells something as its text, whatever it came in."""
    texts: dict[str, str] = {}
    for name, value in record.raw.items():
        text = value.strip() if type(value) is str else _text(record, name, value)
        if text:
            texts[name] = text
    return texts


def _text(record: Fields, name: str, value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list) and name not in FIELDS:
        return json.dumps(value, sort_keys=True)
    return record.text(name)
