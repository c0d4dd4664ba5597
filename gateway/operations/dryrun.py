"""A dry run: bodies to neutral events, and on to the requests that would be sent. Keeps nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from gateway.flow import translate_bodies
from gateway.mapping.destination import Request
from gateway.model.delivery import Delivery
from gateway.model.errors import MappingError
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.pipeline.mask import mask_of
from gateway.pipeline.render import check, digest, envelope, outgoing, told
from gateway.pipeline.route import route

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.model.delivery import NewDelivery
    from gateway.model.errors import Flaw
    from gateway.model.event import Event
    from gateway.model.outgoing import OutgoingRequest
    from gateway.ports import Roster
    from gateway.settings import DestinationSettings, SourceSettings

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Unsent:
    """An event for which no request would be sent, and why."""

    event_id: str
    why: str


def bodies_in(text: bytes) -> list[bytes]:
    """Return the bodies in an input: one, or one JSON body a line."""
    if _is_json(text):
        return [text]
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and _is_json(lines[0]) and lines[0].lstrip()[:1] in (b"{", b"["):
        return lines
    return [text]


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def translate(
    text: bytes, source: SourceSettings, roster: Roster, now: datetime
) -> tuple[list[Event], list[Flaw]]:
    """Return the neutral events of an input, and everything in it that cannot be read."""
    bodies = [_as_received(body, source, now) for body in bodies_in(text)]
    return translate_bodies(bodies, source, roster)


def _as_received(body: bytes, source: SourceSettings, now: datetime) -> VerifiedReceipt:
    body = body.strip(b"\r\n")
    media_type = FORM_TYPE if _looks_like_a_form(body) else JSON_TYPE
    headers = (("content-type", media_type),)
    return VerifiedReceipt(Receipt(source.name, now, "POST", headers, query="", body=body))


def _looks_like_a_form(body: bytes) -> bool:
    return b"=" in body and body.lstrip()[:1] not in (b"{", b"[", b'"')


def requests_for(
    events: Sequence[Event], destination: DestinationSettings, unmapped: str
) -> list[dict[str, Any] | Unsent]:
    """Return what would be sent for each event, in order, secrets masked; or why nothing."""
    last_parts: dict[str, bytes | None] = {}
    shown: list[dict[str, Any] | Unsent] = []
    for event in events:
        owed, dropped = route(event, (destination,), unmapped)
        if dropped:
            shown.append(Unsent(event.id, "dropped: the agent has no WFM id"))
        elif not owed:
            shown.append(Unsent(event.id, f"{event.type.value} is not told to {destination.name}"))
        elif owed[0].held:
            shown.append(Unsent(event.id, f"held: the agent is {owed[0].held}"))
        else:
            shown.append(_rendered(event, owed[0], destination, last_parts))
    return shown


def _rendered(
    event: Event,
    owed: NewDelivery,
    destination: DestinationSettings,
    last_parts: dict[str, bytes | None],
) -> dict[str, Any] | Unsent:
    delivery = _delivery(event, owed)
    telling = told(delivery, destination.include)
    try:
        step = destination.mapping.step([telling], {}, None, destination.options)
        if not isinstance(step, Request):
            return Unsent(event.id, f"{destination.mapping.name} has no words for it")
        around = envelope(destination)
        check(step, around)
    except MappingError as problem:
        return Unsent(event.id, f"cannot be rendered: {problem}")
    part = digest(step.parts[0])
    if part is not None and last_parts.get(owed.lane) == part:
        return Unsent(event.id, "unchanged: the vendor was told just that before")
    last_parts[owed.lane] = part
    request = outgoing(step, around, delivery.idempotency_key)
    return _request_json(mask_of(destination).request(request))


def _delivery(event: Event, owed: NewDelivery) -> Delivery:
    return Delivery(
        seq=0,
        event_id=event.id,
        destination=owed.destination,
        lane=owed.lane,
        subject=event.subject,
        event_type=event.type.value,
        event=orjson.dumps(event.envelope()),
        recorded_at=event.recorded_at,
        identity=owed.identity,
        collapses=owed.collapses,
    )


def _request_json(request: OutgoingRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": _body(request.body),
    }


def _body(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
