"""What the admin listener needs: operations to offer, and how the gateway is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marshmallow import Schema


class Operation(Protocol):
    """One thing that an operator does; `gateway.operations` has them."""

    @property
    def name(self) -> str:
        """A word for programs."""
        ...

    @property
    def method(self) -> str:
        """`GET` or `POST`."""
        ...

    @property
    def path(self) -> str:
        """Below ``/api/v1``, with path parameters in braces."""
        ...

    @property
    def summary(self) -> str:
        """What it does, for people."""
        ...

    @property
    def params(self) -> type[Schema]:
        """What reads its parameters."""
        ...

    @property
    def changes(self) -> bool:
        """Whether it needs a credential."""
        ...

    def load(self, given: Mapping[str, Any]) -> Any:
        """Read what was asked; raise marshmallow's `ValidationError` where it makes no sense."""
        ...

    def tells_of_customers(self, asked: Any) -> bool:
        """Whether the answer to what `load` returned is for operators alone."""
        ...

    async def perform(self, bench: Any, asked: Any, *, who: str) -> Any:
        """Do it: with what operations work on, what `load` returned, and for whom."""
        ...


class Health(Protocol):
    """How the gateway is."""

    async def store(self) -> Mapping[str, Any]:
        """Return what is known of the store; its ``accepting`` says whether it takes receipts."""
        ...

    def workers(self) -> Mapping[str, bool]:
        """Return for each worker whether it lives."""
        ...

    async def destinations(self) -> Mapping[str, Mapping[str, Any]]:
        """Return for each destination its backlog, circuit, whether it is parked …."""
        ...

    def alarms(self) -> Sequence[Mapping[str, Any]]:
        """Return the alarms that are raised, oldest first."""
        ...

    async def measure(self) -> None:
        """Set the gauges that are counted only when somebody asks."""
        ...
