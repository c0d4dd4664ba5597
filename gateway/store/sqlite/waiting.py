"""Which receipts are to be translated next, as far as memory knows."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from gateway.store.sqlite.recovery import MAX_CLAIM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.model.receipt import JournaledReceipt

MAX_FRESH = 4 * MAX_CLAIM


class Waiting:
    """Receipts not yet claimed: those just appended, and whether the store has others before.

    *claimed* is the highest sequence number handed out. With *has_gap*, the store may have
    receipts that are not in memory; nothing is then kept here until it has been read.
    """

    def __init__(self) -> None:
        self.claimed = 0
        self.has_gap = True
        self.changed = asyncio.Event()
        self._fresh: deque[JournaledReceipt] = deque()

    def add(self, receipt: JournaledReceipt) -> None:
        """Take a receipt that has just become durable, in their order."""
        if self.has_gap or len(self._fresh) >= MAX_FRESH:
            self.has_gap = True
        else:
            self._fresh.append(receipt)
        self.changed.set()

    def look_again(self) -> None:
        """Say that the store has receipts that memory does not know."""
        self.has_gap = True
        self.changed.set()

    def take(self, limit: int) -> Sequence[JournaledReceipt]:
        """Claim the oldest in memory. What reading has already brought is passed over."""
        taken: list[JournaledReceipt] = []
        while self._fresh and len(taken) < limit:
            receipt = self._fresh.popleft()
            if receipt.seq > self.claimed:
                taken.append(receipt)
        if taken:
            self.claimed = taken[-1].seq
        return taken

    def begin_reading(self) -> None:
        """From here on keep what is appended: the read will bring all that was before."""
        self.has_gap = False

    def end_reading(self, found: Sequence[JournaledReceipt], *, whole: bool) -> None:
        """Claim what was read. Unless it was *whole*, what memory kept meanwhile has a gap."""
        if found:
            self.claimed = found[-1].seq
        if not whole:
            self._fresh.clear()
            self.has_gap = True
