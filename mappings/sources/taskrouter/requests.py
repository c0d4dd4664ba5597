"""A request, split into its events: one form, or one CloudEvent or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.mapping import (
    READ,
    ContentError,
    Fields,
    Flaw,
    Ignored,
    Record,
    Unreadable,
    check_form,
    content_digest,
    form_fields,
    is_believed,
    is_json,
    json_items,
    rfc3339,
)
from mappings.sources.taskrouter.glimpse import OF_AN_AGENT
from mappings.sources.taskrouter.insights import joins_of
from mappings.sources.taskrouter.pieces import contact_id_of
from mappings.sources.taskrouter.rollcall import split_read
from mappings.sources.taskrouter.telling import as_told, callback_texts, kind_of, telling_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.mapping import Content, Part
    from mappings.sources.taskrouter.options import TaskRouterOptions
    from mappings.sources.taskrouter.telling import Telling

TEST_EVENT = "com.twilio.eventstreams.test-event"


def split(content: Content, options: TaskRouterOptions) -> Sequence[Part]:
    """Return the events of a request.

    Raises:
        ContentError: 400, it is empty or not what it claims to be; 422, it is JSON of neither
            an object nor an array.
    """
    del options
    if content.method == READ:
        return (split_read(content),)
    if not content.body.strip():
        raise ContentError("The body is empty.")
    if is_json(content):
        items = json_items(content.body)
        return [
            _of_stream(raw, path, index, content.received_at)
            for index, (path, raw) in enumerate(items)
        ]
    check_form(content)
    texts = callback_texts(form_fields(content.body))
    return [_part(texts, "", 0, content.received_at)]


def _of_stream(raw: Any, path: str, index: int, received_at: datetime) -> Part:
    if not isinstance(raw, dict):
        return Unreadable(index, (Flaw(path, "Must be an object."),), raw)
    if raw.get("type") == TEST_EVENT:
        return Ignored(index, "test")
    data = raw.get("data")
    payload = data.get("payload") if isinstance(data, dict) else None
    if not isinstance(raw.get("type"), str) or not isinstance(payload, dict):
        return Unreadable(index, (Flaw(path, "Must be a CloudEvent with a data.payload."),), raw)
    texts = {name: as_told(name, value) for name, value in payload.items()}
    # The envelope is right where the two disagree: so they do in the published samples (B3).
    texts |= {
        "event_type": raw["type"],
        "time": raw.get("time"),
        "data_timestamp": as_told("", data.get("timestamp") if isinstance(data, dict) else None),
    }
    return _part(texts, f"{path}.data.payload" if path else "data.payload", index, received_at)


def _part(texts: Mapping[str, Any], path: str, index: int, received_at: datetime) -> Part:
    flaws: list[Flaw] = []
    told = {name: value for name, value in texts.items() if value is not None}
    telling = telling_of(Fields(told, path, flaws))
    if not telling.kind:
        flaws.append(Flaw(f"{path}.event_type".removeprefix("."), "Is required: what happened."))
    if flaws:
        return Unreadable(index, tuple(flaws), texts)
    contact_id = contact_id_of(telling)
    if contact_id is None and not _is_of_an_agent(telling):
        return Ignored(index, kind_of(telling.kind))
    at = telling.at
    return Record(
        index=index,
        agent_id=telling.agent_id or "",
        fields=telling.texts,
        at=at if is_believed(at, received_at) else None,
        digest=_digest(telling),
        account_id=telling.get("account_sid"),
        contact_id=contact_id,
        joins=joins_of(telling.get("task_attributes")) if contact_id is not None else (),
        read=telling,
    )


def _is_of_an_agent(telling: Telling) -> bool:
    return telling.kind.partition(".")[0] in OF_AN_AGENT and telling.agent_id is not None


def _digest(telling: Telling) -> bytes | None:
    """Tell the same event apart from another, by whichever of the two ways it comes."""
    if telling.native_id is None and telling.at is None:
        return None
    told = [telling.kind, telling.agent_id, telling.native_id, _matter(telling)]
    if telling.native_id is None and telling.at is not None:
        told.append(rfc3339(telling.at))
    return content_digest(told)


def _matter(telling: Telling) -> dict[str, str | None]:
    return {name: telling.get(name) for name in MATTERS}


MATTERS = (
    "worker_activity_sid",
    "worker_activity_name",
    "worker_attributes",
    "reservation_sid",
    "reservation_version",
    "task_sid",
    "task_queue_sid",
)
"""What of an event's content makes it another event where its id is the same, or where it has none
beside its time."""
