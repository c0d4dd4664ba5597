"""Retelling: what of the past is told again, to whom, and no faster than there is room for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gateway.mapping.destination import Clock, clock_of
from gateway.model.badge import CONFLICT
from gateway.model.errors import OperationError
from gateway.pipeline.route import OF_THE_SHIFT, identify, route
from gateway.ports import RoutedEvent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from gateway.model.badge import Badges
    from gateway.model.delivery import Delivery, NewDelivery
    from gateway.model.event import Event
    from gateway.model.receipt import JournaledReceipt
    from gateway.pipeline.revise import Compared, Revised
    from gateway.ports import MadeEvent, Store
    from gateway.settings import DestinationSettings

CHUNK = 50
"""Events at most that are kept, with what they are owed, in one transaction."""

SHARE = 2
"""Of a destination's `max_backlog` half is left to what is received meanwhile."""

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
"""So long nothing of a full backlog may leave before a replay goes no further."""

Owed = tuple["Revised", tuple["NewDelivery", ...]]
"""An event to tell, and the deliveries that it is owed."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How a replay tells: *offer* hands deliveries that may be sent to their destinations (`None`:
    nobody tells them now). *rate* is the most deliveries a second, `None`: only look. *check*
    raises where nobody waits for it any more; *pause* lets seconds pass.
    """

    offer: Callable[[Sequence[Delivery]], None] | None
    rate: float | None
    check: Callable[[], None]
    pause: Callable[[float], Awaitable[None]]


class Retelling:
    """Tells *destinations* of what a replay has made."""

    def __init__(
        self,
        store: Store,
        destinations: Iterable[DestinationSettings],
        unmapped: str,
        badges: Badges,
        ways: Ways,
    ) -> None:
        self._store = store
        self._destinations = {each.name: each for each in destinations}
        self._unmapped = unmapped
        self._badges = badges
        self._ways = ways

    def owed(self, compared: Compared, kept: Iterable[MadeEvent]) -> Iterator[Owed]:
        """Yield what is to be told of a receipt: revisions, also those of an earlier replay that
        told other destinations only.
        """
        told = {each.id: each.told for each in kept if each.told is not None}
        for each in compared.same:
            if each.event.id in told:
                several = self._deliveries(each.event, told[each.event.id])
                if several:
                    yield each, several
        for each in compared.revised:
            yield each, self._deliveries(each.event)

    async def tell(
        self, receipt: JournaledReceipt, owed: Sequence[Owed], counts: Counter[str]
    ) -> None:
        """Tell it, and count the deliveries."""
        size = self._chunk()
        for start in range(0, len(owed), size):
            self._ways.check()
            chunk = owed[start : start + size]
            several = Counter(each.destination for _, deliveries in chunk for each in deliveries)
            if self._ways.rate is not None:
                await self._wait_for_room(several)
                await self._keep(receipt, chunk)
            counts += several
            if self._ways.rate is not None:
                await self._ways.pause(several.total() / self._ways.rate)

    def _chunk(self) -> int:
        """Return how many events are told at once: no more than a second's share, and than there
        may be room for.
        """
        most = (self._ways.rate or CHUNK) // max(1, len(self._destinations))
        room = min((_room(each) for each in self._destinations.values()), default=CHUNK)
        return int(min(CHUNK, room, max(1, most)))

    async def _wait_for_room(self, several: Mapping[str, int]) -> None:
        """Wait until each destination's backlog has room: else what is live would overflow."""
        for name, count in several.items():
            pending, waited = await self._pending(name), 0.0
            while pending and pending + count > _room(self._destinations[name]):
                if self._ways.offer is None or waited >= PATIENCE_SECONDS:
                    raise OperationError(
                        f"{name} is owed {pending} deliveries, half of its max_backlog, and told "
                        "none of them: asked again later, it goes on"
                    )
                self._ways.check()
                await self._ways.pause(LOOK_SECONDS)
                before, pending = pending, await self._pending(name)
                waited = 0.0 if pending < before else waited + LOOK_SECONDS

    async def _pending(self, name: str) -> int:
        return (await self._store.backlog(name)).pending

    async def _keep(self, receipt: JournaledReceipt, chunk: Sequence[Owed]) -> None:
        """Keep what is owed, and offer it. Nobody is let in between a look at the badges and the
        store's queue: a badge that is freed later is freed behind what waits for it.
        """
        routed = [
            RoutedEvent(each.event, tuple(self._as_held(each, new) for new in deliveries))
            for each, deliveries in chunk
        ]
        deliveries = await self._store.keep_revised(receipt, routed)
        if self._ways.offer is not None:
            self._ways.offer(deliveries)

    def _deliveries(
        self, event: Event, told: frozenset[str] = frozenset()
    ) -> tuple[NewDelivery, ...]:
        """Return the deliveries of a revision. It supersedes nothing: it tells of the past."""
        destinations = [
            each
            for name, each in self._destinations.items()
            if name not in told and keeps_our_time(each, event)
        ]
        deliveries, _ = route(event, destinations, self._unmapped)
        return tuple(replace(each, collapses=False) for each in deliveries)

    def _as_held(self, revised: Revised, new: NewDelivery) -> NewDelivery:
        """Hold a delivery where somebody else goes by the identity now; unless the vendor was told
        of the agent under it then.
        """
        event, destination = revised.event, self._destinations[new.destination]
        if new.held is not None or new.identity is None or event.type not in OF_THE_SHIFT:
            return new
        then = revised.before.data.get("agent") if revised.before is not None else None
        if destination.order != "agent" or identify(then, destination.identify_by) == new.identity:
            return new
        if self._badges.is_free(event.subject, new.destination, new.identity):
            return new
        self._badges.wait(event.subject, new.destination, new.identity)
        return replace(new, held=CONFLICT)


def _room(destination: DestinationSettings) -> int:
    return max(1, destination.max_backlog // SHARE)


def keeps_our_time(destination: DestinationSettings, event: Event) -> bool:
    """Whether the vendor takes what happened then for what happened then."""
    mapping = destination.mapping
    keeps = clock_of(mapping, destination.options) is Clock.EVENT
    return mapping.amends and (keeps or event.type not in OF_THE_SHIFT | mapping.collapsing)
