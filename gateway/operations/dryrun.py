"""A dry run: bodies to neutral events, and on to the requests that would be sent. Keeps nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gateway.engine.preview import preview
from gateway.engine.rehearsal import translate_bodies
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.pipeline.route import route

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.model.errors import Flaw
    from gateway.model.event import Event
    from gateway.model.outgoing import OutgoingRequest
    from gateway.ports import Roster
    from gateway.settings import DestinationSettings, SourceSettings

JSON_TYPE = "application/json"
BETWEEN = timedelta(milliseconds=1)
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Unsent:
    """Why no request would be sent for an event: its id, and a few words."""

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
    text: bytes,
    source: SourceSettings,
    roster: Roster,
    now: datetime,
    wfm_id_from: tuple[str, ...] = (),
) -> tuple[list[Event], list[Flaw]]:
    """Return the neutral events of an input, and everything in it that cannot be read.

    Each body counts as received a millisecond after the one before.
    """
    bodies = [
        _as_received(body, source, now + number * BETWEEN)
        for number, body in enumerate(bodies_in(text))
    ]
    return translate_bodies(bodies, source, roster, wfm_id_from)


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
    """Return what would be sent for the events, secrets masked; and why nothing for some."""
    shown: list[dict[str, Any] | Unsent] = []
    told: list[Event] = []
    for event in events:
        why = _why_not(event, destination, unmapped)
        if why is None:
            told.append(event)
        else:
            shown.append(Unsent(f"{event.id}: {why}"))
    for previewed in preview(told, destination):
        shown += [Unsent(problem) for problem in previewed.problems]
        if previewed.request is not None:
            shown.append(request_json(previewed.request))
    return shown


def _why_not(event: Event, destination: DestinationSettings, unmapped: str) -> str | None:
    owed, dropped = route(event, (destination,), unmapped)
    if dropped:
        return "dropped: the agent has no WFM id"
    if not owed:
        return f"{event.type.value} of {event.source} is not told to {destination.name}"
    return f"held: the agent is {owed[0].held}" if owed[0].held else None


def request_json(request: OutgoingRequest) -> dict[str, Any]:
    """Return a request, its secrets masked already, as operators are shown it."""
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
