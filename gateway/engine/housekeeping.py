"""What a running gateway does on the side: the roster watched, the store pruned, lanes let go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import structlog

from gateway.model.errors import StoreError
from gateway.model.event import event_from_envelope
from gateway.pipeline.route import identify, lane_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from gateway.model.delivery import Delivery
    from gateway.ports import HeldAgent, Roster, Store
    from gateway.settings import DestinationSettings

import orjson

PRUNE_SECONDS = 30.0
PRUNE_AGAIN_SECONDS = 0.05
WATCH_SECONDS = 2.0

log = structlog.get_logger(__name__)


class WatchedRoster(Protocol):
    """A roster whose files may change."""

    def watch(self) -> bool:
        """Read the files again if they changed; return whether the roster is another now."""
        ...


async def prune(store: Store, retention: timedelta, now: Callable[[], datetime]) -> None:
    """Remove what is past its time, in small steps, for ever."""
    while True:
        removed = 0
        try:
            removed = await store.prune(now(), retention)
        except StoreError as problem:
            log.warning("store.prune_postponed", reason=str(problem))
        await asyncio.sleep(PRUNE_AGAIN_SECONDS if removed else PRUNE_SECONDS)


async def watch_roster(roster: WatchedRoster, on_change: Callable[[], object]) -> None:
    """Look for changed files, for ever."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if await asyncio.to_thread(roster.watch):
            on_change()


async def release_held(
    store: Store,
    destinations: Mapping[str, DestinationSettings],
    roster: Roster,
    unmapped: str,
    offer: Callable[[Sequence[Delivery]], None],
) -> None:
    """Let go of the deliveries of agents whom the roster names by now; *offer* each agent's at
    once, before anything that is owed later can be offered.
    """
    for held in await store.held():
        destination = destinations.get(held.destination)
        if destination is not None:
            offer(await _release(store, held, destination, roster, unmapped))


async def _release(
    store: Store,
    held: HeldAgent,
    destination: DestinationSettings,
    roster: Roster,
    unmapped: str,
) -> Sequence[Delivery]:
    event = event_from_envelope(orjson.loads(held.event))
    agent = dict(event.data["agent"] or {})
    entry = roster.entry(agent["key"].partition(":")[0], agent["id"]) if agent else None
    if entry is not None and entry.wfm_id:
        agent["wfm_id"] = entry.wfm_id
    identity = identify(agent, destination.identify_by)
    if identity is None or (agent.get("wfm_id") is None and unmapped == "hold"):
        return ()
    lane = lane_of(event, identity, destination)
    log.info("agent.released", destination=destination.name, agent=held.subject, count=held.count)
    return await store.release(
        destination.name,
        held.subject,
        lane=lane,
        identity=identity,
        skip_superseded=destination.superseded == "skip",
    )
