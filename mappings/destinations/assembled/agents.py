"""The list of agents, as `GET /v0/agents` answers it: a map of agents by id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.mapping import Judgement, Request, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

INVALID = 400
VERSION = ("API-Version", "2019-06-20")
LONGEST_ID = 100
"""Characters of an id that can be remembered; those that the documentation shows have 36."""

UNREADABLE = Judgement(Verdict.RETRY, "the vendor's list of agents cannot be read")


def look_up(parts: int) -> Request:
    """Return the question for everybody."""
    return Request(
        b"",
        "",
        (None,) * parts,
        method="GET",
        path="/agents",
        headers=(VERSION,),
        memory={"asked": True},
    )


def ids_in(body: bytes, known_by: str) -> Mapping[str, str]:
    """Return Assembled's ids of all agents by what they are known by, as `comparable` has it.

    Raises:
        ValueError: it is no such list.
    """
    page = orjson.loads(body)
    agents = page.get("agents") if isinstance(page, dict) else None
    if not isinstance(agents, dict):
        raise ValueError("no map of agents")  # noqa: TRY004 - one error for whatever is odd
    found: dict[str, str] = {}
    for agent_id, agent in agents.items():
        told = agent.get(known_by) if isinstance(agent, dict) else None
        if isinstance(told, str) and 0 < len(agent_id) <= LONGEST_ID:
            found.setdefault(comparable(told, known_by), agent_id)
    return found


def is_of_the_agent(status: int, body: bytes) -> bool:
    """Whether an answer refuses the agent: the id is none any more, or never was."""
    return status == INVALID and b"agent" in body.lower()


def comparable(identity: str, known_by: str) -> str:
    """Return it so that it can be compared: case does not matter in an e-mail address."""
    return identity.casefold() if known_by == "email" else identity
