"""What is known of a file destination since the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.model.clock import rfc3339_or_none
from gateway.model.facts import FileFacts

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(slots=True)
class FilerHealth:
    """What there is to tell.

    *waiting* spans are over and not yet written, the oldest since *waiting_since*. *withheld*
    ones were looked at and not written, the newest for *problem*; *to_mend* of them wait for
    somebody to mend something, the newest for *mend*. *failing_since* is when the folder, or the
    books, first refused since they last did not, and *failure* why.
    """

    waiting: int = 0
    waiting_since: datetime | None = None
    withheld: int = 0
    problem: str | None = None
    to_mend: int = 0
    mend: str | None = None
    failing_since: datetime | None = None
    failure: str | None = None
    written_at: datetime | None = None
    names: tuple[str, ...] = ()
    looked_at: datetime | None = None
    next_at: datetime | None = None
    paused: bool = False

    def fail(self, why: str, now: datetime) -> None:
        """Note that nothing could be written."""
        self.failing_since = self.failing_since or now
        self.failure = why

    def succeed(self) -> None:
        """Note that it can be written again."""
        self.failing_since = self.failure = None

    def facts(self, name: str) -> FileFacts:
        """Return what alarms go by."""
        return FileFacts(
            name=name,
            has_looked=self.looked_at is not None,
            failing_since=self.failing_since,
            failure=self.failure,
            withheld=self.to_mend,
            problem=self.mend,
        )

    def shown(self, now: datetime) -> dict[str, Any]:
        """Return it for programs, in the words of `destinations list`."""
        behind = (now - self.waiting_since).total_seconds() if self.waiting_since else 0.0
        failing = "failing" if self.failing_since else "withholding" if self.withheld else "writing"
        return {
            "state": "paused" if self.paused else failing,
            "paused": self.paused,
            "backlog": self.waiting,
            "held": self.withheld,
            "seconds_behind": max(0.0, round(behind, 3)),
            "last_answer": self.failure or self.problem or ("written" if self.written_at else None),
            "problem": self.problem,
            "written_at": rfc3339_or_none(self.written_at),
            "files": list(self.names),
            "next_at": rfc3339_or_none(self.next_at),
        }
