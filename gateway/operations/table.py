"""The shape of an operation: one thing that an operator does, the same from CLI and admin API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from marshmallow import ValidationError

from gateway.model.delivery import Delivery
from gateway.model.errors import GatewayError, StoreError
from gateway.ports import AuditEntry, Roster, Store
from gateway.settings import Settings
from gateway.telemetry.logs import logger

if TYPE_CHECKING:
    from marshmallow import Schema

    from gateway.engine.round import Tally
    from gateway.engine.telling import Prepared, Told
    from gateway.model.alarm import StandingAlarm
    from gateway.model.badge import Badges

T = TypeVar("T")

WHY = "why"
LONGEST_WHY = 500
MASK = "***"
PLAIN = (str, int, float, bool, type(None))

log = logger()


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

    async def without(self, destination: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do *work* while nobody tells a destination; then tell it again."""
        ...

    async def pause(self, destination: str) -> None:
        """Stop telling a destination; what it is owed stays in the store."""
        ...

    async def resume(self, destination: str) -> None:
        """Tell it again, now."""
        ...

    async def forgetting(
        self, agent: str | None, work: Callable[[], Awaitable[Iterable[str]]]
    ) -> None:
        """Do *work* while nothing is translated; *agent* is a stranger from then on, and of those
        whose keys it returns the store knows better than memory.
        """
        ...

    def erased(self, destination: str, several: int) -> None:
        """Take note that so many deliveries to a destination were erased."""
        ...

    def wake_filer(self, destination: str) -> None:
        """Have files of a destination written now, where any are due."""
        ...

    async def reconcile(self, source: str) -> Tally:
        """Ask the source's platform how everybody stands; return what it came to."""
        ...

    async def standings(self, destination: str) -> Prepared:
        """Return the snapshot that the destination would be sent, and what stands in the way."""
        ...

    async def resync(self, destination: str, *, force: bool) -> Told:
        """Send it that snapshot; return what came of it."""
        ...


@dataclass(frozen=True, slots=True)
class Bench:
    """What operations work on. *live* is `None` where no gateway runs; *roster* and *badges* are
    those in use; *is_awaited* says whether whoever asked still waits for the answer.
    """

    store: Store
    settings: Settings
    live: Live | None
    now: Callable[[], datetime]
    roster: Roster | None = None
    badges: Badges | None = None
    is_awaited: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operation was asked with: *given* as it came, *params* as it was loaded, and *why*
    in the operator's words.
    """

    params: dict[str, Any]
    given: Mapping[str, Any]
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation.

    *path* is that of the admin API, below its ``/api/v1``, and may name path parameters in
    braces; *params* reads path and query parameters (GET) or path parameters and the JSON body
    (POST). *run* returns what can be written as JSON. *changes*: it needs a credential.
    *is_personal* says of what was asked whether the answer tells of customers. *masked* are the
    parameters that name people: the audit does not tell what was asked with them.
    """

    name: str
    method: str
    path: str
    summary: str
    params: type[Schema]
    run: Callable[[Bench, dict[str, Any]], Awaitable[Any]]
    changes: bool = False
    masked: frozenset[str] = frozenset()
    is_personal: Callable[[dict[str, Any]], bool] = lambda _params: False

    def tells_of_customers(self, asked: Asked) -> bool:
        """Whether the answer names customers: it is for operators alone."""
        return self.is_personal(asked.params)

    def load(self, given: Mapping[str, Any]) -> Asked:
        """Read what was asked; what changes something may be asked with a `why`.

        Raises:
            ValidationError: it is not what *params* says.
        """
        rest = dict(given)
        why = rest.pop(WHY, None) if self.changes else None
        if why is not None and (not isinstance(why, str) or len(why) > LONGEST_WHY):
            raise ValidationError({WHY: [f"Must be a text of at most {LONGEST_WHY} characters."]})
        return Asked(self.params().load(rest), rest, why or None)

    async def perform(self, bench: Bench, asked: Asked, *, who: str) -> Any:
        """Carry it out. What changes something stands in the audit, whatever came of it."""
        if not self.changes:
            return await self.run(bench, asked.params)
        try:
            result = await self.run(bench, asked.params)
        except GatewayError as problem:
            await self._keep(bench, asked, who, {"problem": self._told(str(problem), asked)})
            raise
        await self._keep(bench, asked, who, result)
        return result

    def _told(self, problem: str, asked: Asked) -> str:
        for name in self.masked & asked.given.keys():
            problem = problem.replace(str(asked.given[name]), MASK)
        return problem

    async def _keep(self, bench: Bench, asked: Asked, who: str, result: Any) -> None:
        told = result if isinstance(result, dict) else {}
        plain = {key: value for key, value in told.items() if isinstance(value, PLAIN)}
        given = {name: MASK if name in self.masked else each for name, each in asked.given.items()}
        entry = AuditEntry(bench.now(), who, self.name, given, asked.why, plain)
        if bench.live is not None:
            log.info("operator.acted", who=who, action=self.name, why=asked.why, result=plain)
        try:
            await bench.store.keep_audit(entry)
        except StoreError as problem:
            log.warning("audit.lost", who=who, action=self.name, reason=str(problem))
