"""Assembled: the single agent status of the official client, with our times.

`POST /v0/agents/status` and `GET /v0/agents` from the official client (assembled-go, HEAD 5598862,
2020-05) and the documentation's pages on authentication and limits (read 2026-10) [verified].
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from gateway.mapping import (
    NO_WORDS,
    UNKNOWN_AGENT,
    Clock,
    DestinationMapping,
    Judgement,
    RateLimit,
    Request,
    Settlement,
    Verdict,
    began,
    identity_of,
)
from mappings.destinations.assembled.agents import (
    UNREADABLE,
    VERSION,
    comparable,
    ids_in,
    is_of_the_agent,
    look_up,
)
from mappings.destinations.assembled.bulk import MAX_BATCH, bulk_step
from mappings.destinations.assembled.words import (
    BY_ID,
    TOLD,
    AssembledSchema,
    channel,
    status_and_reason,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.mapping import Answer, Step, Told
    from mappings.destinations.assembled.words import AssembledOptions

FINE = 200


def step(
    events: Sequence[Told],
    memory: Mapping[str, Any],
    answer: Answer | None,
    options: AssembledOptions,
) -> Step:
    """Look the agent up where that is to be done and was not, then tell the status.

    *memory* has Assembled's id of the agent (`agent_id`), and on the way `asked`.
    """
    if options.unverified_bulk:
        return bulk_step(events, memory, answer, options)
    (told,) = events
    if told.type not in TOLD:
        return Settlement((NO_WORDS,), memory)
    identity = identity_of(told)
    if answer is None:
        known = identity if options.agents_by == BY_ID else memory.get("agent_id")
        return look_up(1) if known is None else _status(told, known, options)
    if "asked" in memory:
        return _looked_up(told, identity, answer, options)
    return _settled(answer, memory)


def _looked_up(told: Told, identity: str, answer: Answer, options: AssembledOptions) -> Step:
    if answer.status != FINE:
        return Settlement(None, {})
    try:
        ids = ids_in(answer.body, options.agents_by)
    except ValueError:
        return Settlement((UNREADABLE,), {})
    found = ids.get(comparable(identity, options.agents_by))
    return Settlement((UNKNOWN_AGENT,), {}) if found is None else _status(told, found, options)


def _status(told: Told, agent_id: str, options: AssembledOptions) -> Request:
    status, reason = status_and_reason(told, options)
    body = {
        "agent_id": agent_id,
        "event_id": str(told.event["id"]),
        "status": status if reason is None else f"{status}:{reason}",
        "start_time": int(began(told).timestamp()),
    }
    of_contact = channel(told)
    if of_contact is not None:
        body["channel"] = of_contact
    agent = told.data.get("agent")
    if isinstance(agent, dict) and isinstance(agent.get("name"), str):
        body["agent_name"] = agent["name"]
    return Request(
        orjson.dumps(body),
        "application/json",
        (None,),
        path="/agents/status",
        headers=(VERSION,),
        memory={"agent_id": agent_id},
    )


def _settled(answer: Answer, memory: Mapping[str, Any]) -> Settlement:
    if answer.status == FINE:
        return Settlement((Judgement(Verdict.DELIVERED),), memory)
    if is_of_the_agent(answer.status, answer.body):
        # It is looked up again when the agent is let go.
        return Settlement((UNKNOWN_AGENT,), {})
    return Settlement(None, memory)


def _max_batch(options: AssembledOptions) -> int:
    return MAX_BATCH if options.unverified_bulk else 1


MAPPING = DestinationMapping(
    name="assembled",
    version="2",
    clock=Clock.EVENT,
    events=TOLD,
    options=AssembledSchema,
    step=step,
    max_batch=MAX_BATCH,
    max_batch_of=_max_batch,
    rate_limit=RateLimit(300, timedelta(minutes=1), burst=20),
    package=__name__,
)
