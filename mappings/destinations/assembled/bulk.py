"""The bulk forms, which are NOT verified: a third party's description of them (api-evangelist,
generated; read 2026-10), which the shapes that Assembled lets read contradict in part.

`POST /v0/agents/state/bulk` for states, logins and logouts, `POST /v0/conversations/bulk` for
completed contacts, both answered 202, at most 500 in one recommended [all unverified].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from gateway.mapping import (
    NO_WORDS,
    UNKNOWN_AGENT,
    EventType,
    Judgement,
    Request,
    Settlement,
    Verdict,
    as_utc,
    began,
    identity_of,
    rfc3339,
)
from mappings.destinations.assembled.agents import (
    UNREADABLE,
    VERSION,
    comparable,
    ids_in,
    is_of_the_agent,
    look_up,
)
from mappings.destinations.assembled.words import (
    BY_ID,
    CHANNELS,
    TOLD,
    UNIX,
    status_and_reason,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.mapping import Answer, Step, Told
    from mappings.destinations.assembled.words import AssembledOptions

MAX_BATCH = 500
FINE = range(200, 300)
NOBODY = ""
"""In the place of an agent's id: no agent had the contact."""

MORE_CHANNELS = ("sms", "social", "back_office")
"""Of conversations, beside those of agents."""

SECONDS = {"wait_time_seconds": "queue_seconds", "handle_time_seconds": "handle_seconds"}
PARTS_OF_HANDLING = ("talk_seconds", "hold_seconds", "wrap_seconds")
REST = ("direction", "conversation_id", "revision", "answered_at", "outcome", "duration_seconds")
MORE_SECONDS = ("ring_seconds", *PARTS_OF_HANDLING)


def bulk_step(
    events: Sequence[Told],
    memory: Mapping[str, Any],
    answer: Answer | None,
    options: AssembledOptions,
) -> Step:
    """Look up who has to be, tell the states, then the conversations.

    *memory* has the id of the agent (`agent_id`), and on the way `asked`, or `ids` (for each event
    Assembled's id, `None` where it has none) with `then`: whether conversations follow.
    """
    if answer is None:
        return _begun(events, memory, options)
    if "asked" in memory:
        return _looked_up(events, answer, options)
    ids = memory["ids"]
    if answer.status not in FINE:
        return _refused(answer, ids, options)
    if memory["then"]:
        return _conversations(events, ids, options)
    delivered = Judgement(Verdict.DELIVERED)
    judged = tuple(UNKNOWN_AGENT if each is None else delivered for each in ids)
    return Settlement(judged, _kept(ids, options))


def _begun(events: Sequence[Told], memory: Mapping[str, Any], options: AssembledOptions) -> Step:
    if not all(map(_has_words, events)):
        others = Judgement(Verdict.RETRY, "again without the others")
        return Settlement(tuple(others if _has_words(each) else NO_WORDS for each in events))
    for told in events:
        _item(told, NOBODY, options)  # what cannot be told is found before anything was sent
    ids = [_known(told, memory, options) for told in events]
    return look_up(len(events)) if None in ids else _tell(events, ids, options)


def _has_words(told: Told) -> bool:
    if told.type != EventType.CONTACT:
        return told.type in TOLD
    contact = _contact(told)
    return all((contact.get("id"), _channel(contact), contact.get("started_at")))


def _known(told: Told, memory: Mapping[str, Any], options: AssembledOptions) -> str | None:
    if told.type == EventType.CONTACT and told.data.get("agent") is None:
        return NOBODY
    identity = identity_of(told)
    return identity if options.agents_by == BY_ID else memory.get("agent_id")


def _looked_up(events: Sequence[Told], answer: Answer, options: AssembledOptions) -> Step:
    if answer.status not in FINE:
        return Settlement(None)
    try:
        listed = ids_in(answer.body, options.agents_by)
    except ValueError:
        return Settlement((UNREADABLE,) * len(events))
    ids = [_known(told, {}, options) for told in events]
    found = [
        each if each is not None else listed.get(comparable(identity_of(told), options.agents_by))
        for told, each in zip(events, ids, strict=True)
    ]
    return _tell(events, found, options)


def _tell(events: Sequence[Told], ids: Sequence[str | None], options: AssembledOptions) -> Step:
    """Tell of everybody who is known; where nobody is, there is nothing to tell."""
    known = [(told, each) for told, each in zip(events, ids, strict=True) if each is not None]
    if not known:
        return Settlement((UNKNOWN_AGENT,) * len(events))
    states = [_item(*each, options) for each in known if each[0].type != EventType.CONTACT]
    if not states:
        return _conversations(events, ids, options)
    then = len(states) < len(known)
    return _request("/agents/state/bulk", {"states": states}, ids, then=then)


def _conversations(
    events: Sequence[Told], ids: Sequence[str | None], options: AssembledOptions
) -> Request:
    told_now = [
        _item(told, each, options)
        for told, each in zip(events, ids, strict=True)
        if each is not None and told.type == EventType.CONTACT
    ]
    return _request("/conversations/bulk", {"conversations": told_now}, ids, then=False)


def _request(path: str, body: Any, ids: Sequence[str | None], *, then: bool) -> Request:
    return Request(
        orjson.dumps(body),
        "application/json",
        (None,) * len(ids),
        path=path,
        headers=(VERSION,),
        memory={"ids": list(ids), "then": then},
    )


def _refused(answer: Answer, ids: Sequence[str | None], options: AssembledOptions) -> Settlement:
    """Leave it to the status; several that are refused as one are tried one by one then."""
    if not is_of_the_agent(answer.status, answer.body):
        return Settlement(None, _kept(ids, options))
    return Settlement((UNKNOWN_AGENT,) if len(ids) == 1 else None)


def _kept(ids: Sequence[str | None], options: AssembledOptions) -> dict[str, str]:
    """Return what one agent's lane remembers."""
    known = {each for each in ids if each}
    return {} if options.agents_by == BY_ID or len(known) != 1 else {"agent_id": known.pop()}


def _item(told: Told, agent_id: str, options: AssembledOptions) -> dict[str, Any]:
    is_contact = told.type == EventType.CONTACT
    return (_conversation if is_contact else _state)(told, agent_id, options)


def _state(told: Told, agent_id: str, options: AssembledOptions) -> dict[str, Any]:
    at = began(told)
    status, reason = status_and_reason(told, options)
    is_unix = options.unverified_times == UNIX
    state = {
        "agent_id": agent_id,
        "state": status,
        "start_time": int(at.timestamp()) if is_unix else rfc3339(at),
    }
    return state if reason is None else state | {"sub_state": reason}


def _conversation(told: Told, agent_id: str, options: AssembledOptions) -> dict[str, Any]:
    contact = _contact(told)
    queue = _part(contact.get("queue"))
    named = [options.unverified_queues.get(str(queue.get(name))) for name in ("id", "name")]
    said = {
        "external_id": str(contact["id"]),
        "channel": _channel(contact),
        "started_at": rfc3339(as_utc(contact["started_at"])),
        "ended_at": rfc3339(as_utc(contact["ended_at"])) if contact.get("ended_at") else None,
        "assigned_agent_id": agent_id or None,
        "queue_id": next(filter(None, named), None),
        "status": _text(contact.get("disposition")) or _text(contact.get("outcome")),
        **{theirs: _seconds(contact.get(ours)) for theirs, ours in SECONDS.items()},
        "metadata": _metadata(contact, queue),
    }
    if said["handle_time_seconds"] is None:
        said["handle_time_seconds"] = _handled(contact)
    return {name: value for name, value in said.items() if value is not None}


def _handled(contact: Mapping[str, Any]) -> float | None:
    parts = [_seconds(contact.get(name)) for name in PARTS_OF_HANDLING]
    known = [each for each in parts if each is not None]
    return sum(known) if len(known) == len(parts) else None


def _metadata(contact: Mapping[str, Any], queue: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: contact.get(name) for name in (*REST, *MORE_SECONDS)}
    rest["queue"] = queue.get("name") or queue.get("id")
    return {name: value for name, value in rest.items() if isinstance(value, str | int | float)}


def _contact(told: Told) -> Mapping[str, Any]:
    return _part(told.data.get("contact"))


def _part(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _channel(contact: Mapping[str, Any]) -> str | None:
    ours = str(contact.get("channel")).casefold()
    return ours if ours in MORE_CHANNELS else CHANNELS.get(ours)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: Any) -> float | None:
    is_one = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return value if is_one else None
