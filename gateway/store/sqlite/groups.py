"""What waits to be written, and how it is cut into transactions."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.store.sqlite.tally import Transaction

MAX_GROUP = 512


@dataclass(slots=True)
class Operation:
    """One change, and who waits for it. *committed* is called once it is durable."""

    run: Callable[[Transaction], Any]
    future: asyncio.Future[Any]
    slow: bool
    committed: Callable[[Any], None] | None
    result: Any = None


@dataclass(slots=True)
class Group:
    """Operations of one transaction."""

    operations: list[Operation]
    transaction: Transaction


@dataclass(slots=True)
class Queue:
    """What waits; the first *alone* operations get a transaction each."""

    operations: deque[Operation] = field(default_factory=deque)
    alone: int = 0

    def take(self) -> list[Operation]:
        """Return the next transaction's operations: one slow one, or many others."""
        if self.alone or self.operations[0].slow:
            self.alone = max(0, self.alone - 1)
            return [self.operations.popleft()]
        group: list[Operation] = []
        while self.operations and len(group) < MAX_GROUP and not self.operations[0].slow:
            group.append(self.operations.popleft())
        return group

    def put_back(self, operations: list[Operation]) -> None:
        """Let operations be tried again, each alone."""
        self.operations.extendleft(reversed(operations))
        self.alone += len(operations)
