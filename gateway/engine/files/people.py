"""Who the agents of some figures are to a vendor."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gateway.mapping.files import Person
from gateway.model.agent import Identity, Snapshot, Status
from gateway.model.badge import EVERYWHERE
from gateway.pipeline.person import ERASED
from gateway.pipeline.render import redacted
from gateway.pipeline.route import identify
from gateway.pipeline.track import KnownAgent, Stamp, state_event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gateway.model.badge import Badges
    from gateway.ports import Journal, Roster
    from gateway.settings import AgentsSettings, FileDestinationSettings

SLICE = 50
"""Agents looked up at once: a few milliseconds of work."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class People:
    """Looks agents up: what is known of them, what the roster says, what they go by."""

    def __init__(
        self,
        journal: Journal,
        roster: Roster,
        badges: Badges,
        agents: Callable[[], AgentsSettings],
    ) -> None:
        self._journal = journal
        self._roster = roster
        self._badges = badges
        self._agents = agents

    async def of(
        self, keys: Sequence[str], settings: FileDestinationSettings
    ) -> tuple[dict[str, Person], frozenset[str]]:
        """Return the agents by key, and those of whom the vendor is not told: who were erased, and
        who have no WFM id, where `agents.unmapped` does not forward them.
        """
        people: dict[str, Person] = {}
        untold = set()
        for first in range(0, len(keys), SLICE):
            several = keys[first : first + SLICE]
            known = await self._journal.known_agents(several)
            for key in several:
                agent = self._told(key, known, settings)
                is_unmapped = agent["wfm_id"] is None and self._agents().unmapped != "forward"
                if is_unmapped or key.endswith(f":{ERASED}"):
                    untold.add(key)
                    continue
                identity = identify(agent, settings.identify_by)
                if identity is not None:
                    people[key] = Person(identity, agent["name"])
        return people, frozenset(untold)

    def _told(
        self, key: str, known: Mapping[str, bytes], settings: FileDestinationSettings
    ) -> Mapping[str, str | None]:
        """Return the agent as events tell of them; what may not be told is `None` but for what
        the vendor is to know them by.
        """
        source, _, agent_id = key.partition(":")
        nobody = KnownAgent(Identity(agent_id, ""), Snapshot(Status.UNKNOWN))
        agent = KnownAgent.from_json(known[key]) if key in known else nobody
        stamp = replace(
            Stamp(source, NEVER, b"files"),
            roster=self._roster.entry(source, agent_id),
            wfm_id_from=self._agents().wfm_id_from,
            goes_by=self._badges.of(key, EVERYWHERE),
        )
        envelope = state_event(agent, stamp).envelope()
        whole = envelope["data"]["agent"]
        allowed = redacted(envelope, settings.include)["data"]["agent"]
        return {name: whole[name] for name in settings.identify_by} | {
            "wfm_id": whole["wfm_id"],
            "name": allowed["name"],
        }
