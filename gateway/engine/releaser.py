"""Held deliveries let go: who the agent is has become known, or their identity is free."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from gateway.model.agent import wfm_id_of
from gateway.model.badge import CONFLICT, EVERYWHERE
from gateway.model.event import event_from_envelope
from gateway.pipeline.route import identify, lane_of
from gateway.pipeline.track import KnownAgent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gateway.model.badge import Badges
    from gateway.model.delivery import Delivery
    from gateway.ports import HeldAgent, Roster, Store
    from gateway.settings import DestinationSettings, Settings

OURS = frozenset({"unmapped", "unidentified", CONFLICT})
"""Why routing holds something; any other reason is a vendor's, who does not know the agent."""

AGAIN_SECONDS = 15 * 60.0
"""After how long a vendor is asked again whether it knows somebody by now, if nothing changes."""

SLICE = 50
NAMED_BY = ("email", "username", "external_id")

log = structlog.get_logger(__name__)


class Releaser:
    """Looks at what is held when something has changed that it may wait for.

    What a vendor refused because it does not know the agent goes again when an operator has
    changed something; or when the agent goes by another identity by now.
    """

    def __init__(
        self,
        store: Store,
        roster: Roster,
        badges: Badges,
        *,
        settings: Callable[[], Settings],
        offer: Callable[[Sequence[Delivery]], None],
    ) -> None:
        self._store = store
        self._roster = roster
        self._badges = badges
        self._settings = settings
        self._offer = offer
        self._all = True
        self._agents: dict[str, None] = {}
        self._asked = asyncio.Event()
        self._asked.set()

    def look_at_all(self) -> None:
        """Look at everything soon: an operator has changed something."""
        self._all = True
        self._asked.set()

    def look_at(self, agents: Iterable[str]) -> None:
        """Look at what is held of these agents soon."""
        self._agents |= dict.fromkeys(agents)
        if self._agents:
            self._asked.set()

    def refused(self, deliveries: Sequence[Delivery]) -> None:
        """Take note that a vendor does not know the agents of *deliveries*, and holds them: they
        go by nothing there, and any other identity that they have by now counts.
        """
        for each in deliveries:
            if each.identity is None:
                self._badges.take_off(each.subject, each.destination)
            else:
                self._badges.estrange(each.subject, each.destination, each.identity)
        self.look_at(each.subject for each in deliveries)

    async def run(self) -> None:
        """Look whenever asked, and once at the start."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), AGAIN_SECONDS)
            self._all = self._all or (not self._asked.is_set() and self._badges.has_strangers)
            self._asked.clear()
            await self.look()

    async def look(self) -> None:
        """Look once at what was asked for. *Offer* each agent's at once, before anything that is
        owed later can be offered.
        """
        is_all, self._all = self._all, False
        agents, self._agents = tuple(self._agents), {}
        try:
            held = await (self._store.held() if is_all else self._store.held_of(agents))
            for start in range(0, len(held), SLICE):
                several = held[start : start + SLICE]
                known = await self._known([each.subject for each in several])
                for each in several:
                    await self._consider(each, known.get(each.subject), again=is_all)
        except BaseException:
            self._all = self._all or is_all
            self._agents |= dict.fromkeys(agents)
            self._asked.set()
            raise

    async def _known(self, agents: Sequence[str]) -> Mapping[str, KnownAgent]:
        known = await self._store.known_agents(agents)
        return {key: KnownAgent.from_json(text) for key, text in known.items()}

    async def _consider(self, held: HeldAgent, known: KnownAgent | None, *, again: bool) -> None:
        settings = self._settings()
        destination = settings.destinations.get(held.destination)
        if destination is None:
            return
        event = event_from_envelope(orjson.loads(held.event))
        agent = self._as_known(dict(event.data["agent"] or {}), known)
        identity = self._identity(held, agent, destination)
        if identity is None:
            return
        lane = lane_of(event, identity, destination)
        if held.reason not in OURS and not again and lane == held.lane:
            return
        if not self._badges.is_free(held.subject, destination.name, identity):
            self._badges.wait(held.subject, destination.name, identity)
            return
        self._rename(held, known, agent["wfm_id"], identity, destination)
        log.info("agent.released", destination=destination.name, agent=held.subject, n=held.count)
        self._badges.introduce(held.subject, destination.name)
        released = await self._store.release(
            destination.name,
            held.subject,
            lane=lane,
            identity=identity,
            skip_superseded=destination.superseded == "skip",
            badges=self._badges.changes(),
        )
        self._offer(released)

    def _as_known(self, agent: dict[str, Any], known: KnownAgent | None) -> dict[str, Any]:
        """Complete what an event tells of its agent by what is known today."""
        source = agent["key"].partition(":")[0]
        entry = self._roster.entry(source, agent["id"])
        if known is None:
            wfm_id = entry.wfm_id if entry else None
        else:
            wfm_id = wfm_id_of(known.identity, entry, self._settings().agents.wfm_id_from)
            told = {name: getattr(known.identity, name) for name in NAMED_BY}
            agent |= {name: value for name, value in told.items() if value is not None}
        if entry is not None and entry.email and agent.get("email") is None:
            agent["email"] = entry.email
        agent["wfm_id"] = wfm_id or agent.get("wfm_id")
        return agent

    def _identity(
        self, held: HeldAgent, agent: Mapping[str, Any], destination: DestinationSettings
    ) -> str | None:
        """Return what the vendor may be told the agent is, `None`: it is not known yet."""
        worn = self._badges.of(held.subject, destination.name)
        if worn is not None and held.reason in OURS:
            return worn
        if agent["wfm_id"] is None and self._settings().agents.unmapped == "hold":
            return None
        return identify(agent, destination.identify_by)

    def _rename(
        self,
        held: HeldAgent,
        known: KnownAgent | None,
        wfm_id: str | None,
        identity: str,
        destination: DestinationSettings,
    ) -> None:
        """Have the agent go by the identity for the rest of the shift."""
        badges, agent = self._badges, held.subject
        badges.wait_no_more(agent, destination.name)
        if known is None or not known.logged_in or destination.order != "agent":
            return
        badges.put_on(agent, destination.name, identity)
        if wfm_id is not None:
            badges.put_on(agent, EVERYWHERE, wfm_id)
