"""What operators did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action. *who* is a user of the machine, or of the admin API; *action* an operation's
    name; *asked* its parameters and *result* what came of it, both JSON without secrets.
    """

    at: datetime
    who: str
    action: str
    asked: Mapping[str, Any] = field(default_factory=dict)
    why: str | None = None
    result: Mapping[str, Any] = field(default_factory=dict)


class Audit(Protocol):
    """Appended to, never changed; the oldest go only when there are very many."""

    async def keep_audit(self, entry: AuditEntry) -> None:
        """Make an entry durable."""
        ...

    async def audit(
        self, *, since: datetime | None = None, until: datetime | None = None, limit: int = 100
    ) -> Sequence[AuditEntry]:
        """Return the newest entries of a span, newest first."""
        ...
