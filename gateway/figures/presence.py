"""One agent through time: the milliseconds of each status and reason since an interval began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.model.agent import Status
from gateway.model.ledger import Mark

if TYPE_CHECKING:
    from gateway.model.ledger import AgentEntry, Millis

OUT, READY, RESERVED, BUSY, AFTER, NOT_READY, UNKNOWN = range(7)
PLACES = {
    Status.LOGGED_OUT: OUT,
    Status.READY: READY,
    Status.RESERVED: RESERVED,
    Status.BUSY: BUSY,
    Status.AFTER_CALL_WORK: AFTER,
    Status.NOT_READY: NOT_READY,
    Status.UNKNOWN: UNKNOWN,
}


class Presence:
    """How an agent stands, and what they spent.

    Logged in is who logged in last, and not out; of whom neither is known, who has a status
    other than logged out. Not-ready time without a reason is in no *by_reason*.
    """

    __slots__ = (
        "_is_in",
        "_is_marked",
        "_reason",
        "_since",
        "_status",
        "by_reason",
        "logged_in",
        "spent",
    )

    def __init__(self, since: Millis) -> None:
        self._since = since
        self._status = OUT
        self._reason: str | None = None
        self._is_in = False
        self._is_marked = False
        self.begin()

    def begin(self) -> None:
        """Forget what was spent: an interval begins."""
        self.spent = [0] * len(PLACES)
        self.logged_in: Millis = 0
        self.by_reason: dict[str, Millis] = {}

    @property
    def was_there(self) -> bool:
        """Whether there is anything to tell: they were logged in, or in any status but out."""
        return self.logged_in > 0 or any(self.spent[READY:])

    def pass_until(self, at: Millis) -> None:
        """Spend the time until *at*."""
        passed = at - self._since
        if passed <= 0:
            return
        self._since = at
        self.spent[self._status] += passed
        if self._is_in:
            self.logged_in += passed
        if self._status == NOT_READY and self._reason:
            self.by_reason[self._reason] = self.by_reason.get(self._reason, 0) + passed

    def become(self, entry: AgentEntry) -> None:
        """Stand as *entry* says."""
        self._status = PLACES[entry.status]
        self._reason = entry.reason
        if entry.mark is Mark.STATE:
            if not self._is_marked:
                self._is_in = self._status != OUT
            return
        self._is_marked = True
        self._is_in = entry.mark is Mark.LOGIN
        if not self._is_in:
            self._status = OUT
