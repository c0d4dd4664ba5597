"""The list of agents, as `GET /v0/agents` answers it: a map of agents by id."""

from __future__ import annotations

import orjson


def agent_id_in(body: bytes, known_by: str, identity: str) -> str | None:
    """Return Assembled's id of the agent who is known by *identity*, `None` where nobody is.

    Case does not matter in an e-mail address.

    Raises:
        ValueError: it is no such list.
    """
    page = orjson.loads(body)
    agents = page.get("agents") if isinstance(page, dict) else None
    if not isinstance(agents, dict):
        raise ValueError("no map of agents")  # noqa: TRY004 - one error for whatever is odd
    wanted = identity.casefold() if known_by == "email" else identity
    for agent_id, agent in agents.items():
        told = agent.get(known_by) if isinstance(agent, dict) else None
        if isinstance(told, str) and wanted == (told.casefold() if known_by == "email" else told):
            return str(agent_id)
    return None
