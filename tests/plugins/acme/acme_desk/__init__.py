"""Acme Desk: agents' states, posted as one JSON object or an array of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from marshmallow import Schema

from gateway.mapping import (
    Change,
    ChangeKind,
    Composed,
    Content,
    Fields,
    Flaw,
    Identity,
    Moment,
    Part,
    Reason,
    Record,
    SourceMapping,
    Status,
    Statuses,
    Unreadable,
    comparable,
    content_digest,
    json_items,
    rfc3339,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.mapping import Observation

STATES = {
    "AVAILABLE": Status.READY,
    "RINGING": Status.RESERVED,
    "ONCALL": Status.BUSY,
    "WRAPUP": Status.AFTER_CALL_WORK,
    "BREAK": Status.NOT_READY,
    "SIGNEDOUT": Status.LOGGED_OUT,
}
"""The platform's words, compared without case, blanks, hyphens and underscores."""


class OptionsSchema(Schema):
    """The source's own keys, as the operator writes them: statuses of states unknown to us."""

    statuses = Statuses(key=comparable, load_default=dict)


def _split(content: Content, _options: dict[str, Any]) -> Sequence[Part]:
    """Return the records of one request, cheaply: it is not answered before."""
    items = json_items(content.body)
    return [_part(index, path, item) for index, (path, item) in enumerate(items)]


def _part(index: int, path: str, item: Any) -> Part:
    if not isinstance(item, dict):
        return Unreadable(index, (Flaw(path, "Must be an object."),), item)
    flaws: list[Flaw] = []
    fields = Fields(item, path, flaws)
    agent, at, state = fields.text("agent"), fields.time("at"), fields.text("state")
    for name, value in (("agent", agent), ("state", state)):
        if value is None:
            fields.flaw(name, "Must be a text that is not empty.")
    if flaws or agent is None:
        return Unreadable(index, tuple(flaws), item)
    return Record(index, agent, item, at=at, digest=content_digest(item))


def _translate(
    record: Record, options: dict[str, Any], _received_at: datetime
) -> Sequence[Observation]:
    """Return what one record tells."""
    fields = Fields(record.fields, "", [])
    word = fields.text("state") or ""
    known = STATES | options["statuses"]
    status = known.get(comparable(word))
    return [
        Change(
            agent=Identity(record.agent_id, "acme_desk"),
            at=record.at,
            kind=ChangeKind.STATE,
            status=status or Status.UNKNOWN,
            reason=Reason(code=word, label=word),
            native_id=fields.text("id"),
            mapped=status is not None,
        )
    ]


WORDS = {status: word for word, status in STATES.items()}


def _compose(moment: Moment) -> Sequence[Composed]:
    """Return what the platform would post of a simulated happening."""
    told = {
        "id": f"{moment.agent_number}-{moment.sequence}",
        "agent": f"a-{moment.agent_number}",
        "state": moment.reason or WORDS.get(moment.status, "?"),
        "at": rfc3339(moment.at),
    }
    return [Composed(orjson.dumps(told), "application/json")]


MAPPING = SourceMapping(
    name="acme_desk",
    version="0.1.0",
    api=1,
    platform="acme_desk",
    options=OptionsSchema,
    split=_split,
    translate=_translate,
    compose=_compose,
    package=__name__,
)
