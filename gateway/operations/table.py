"""The shape of an operation: one thing that an operator does, the same from CLI and admin API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from gateway.model.delivery import Delivery
from gateway.ports import Roster, Store
from gateway.settings import Settings

if TYPE_CHECKING:
    from marshmallow import Schema

    from gateway.engine.telling import Prepared, Told
    from gateway.model.alarm import StandingAlarm


class Live(Protocol):
    """What only the running gateway knows and can do."""

    def destination_health(self, name: str) -> Mapping[str, Any]:
        """Return ``circuit``, ``parked``, ``paused``, ``last_answer``, ``in_flight`` …."""
        ...

    def source_health(self, name: str) -> Mapping[str, Any]:
        """Return ``last_event_at``, ``last_receipt_at``, ``refusals`` and the like."""
        ...

    def standing_alarms(self) -> Sequence[StandingAlarm]:
        """Return the alarms that are raised, oldest first."""
        ...

    def offer(self, deliveries: Sequence[Delivery]) -> None:
        """Hand deliveries that the store holds to their destinations' lanes."""
        ...

    def wake_translator(self) -> None:
        """Say that the store has receipts to translate."""
        ...

    async def pause(self, destination: str) -> None:
        """Stop telling a destination; what it is owed stays in the store."""
        ...

    async def resume(self, destination: str) -> None:
        """Tell it again, now."""
        ...

    async def standings(self, destination: str) -> Prepared:
        """Return the snapshot that the destination would be sent, and what stands in the way."""
        ...

    async def resync(self, destination: str, *, force: bool) -> Told:
        """Send it that snapshot; return what came of it."""
        ...


@dataclass(frozen=True, slots=True)
class Bench:
    """What operations work on. *live* is `None` where no gateway runs; *roster* the one in use."""

    store: Store
    settings: Settings
    live: Live | None
    now: Callable[[], datetime]
    roster: Roster | None = None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation.

    *path* is that of the admin API, below its ``/api/v1``, and may name path parameters in
    braces; *params* reads path and query parameters (GET) or path parameters and the JSON body
    (POST). *run* returns what can be written as JSON. *changes*: it needs a credential.
    """

    name: str
    method: str
    path: str
    summary: str
    params: type[Schema]
    run: Callable[[Bench, dict[str, Any]], Awaitable[Any]]
    changes: bool = False
