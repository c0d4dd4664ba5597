"""What two looks at an agent have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.model.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.model.agent import Contact, Snapshot


def hold_the_same(before: Sequence[Contact], now: Sequence[Contact]) -> bool:
    """Whether the same contacts are held in the same phases and queues, in whatever order."""
    if len(before) == len(now):
        for one, other in zip(before, now, strict=True):
            if not (one.key == other.key and one.phase is other.phase and one.queue == other.queue):
                break
        else:
            return True
    return _held(before) == _held(now)


def _held(contacts: Sequence[Contact]) -> set[tuple[object, ...]]:
    return {(each.key, each.phase, each.queue) for each in contacts}


def without_next(snapshot: Snapshot) -> Snapshot:
    """Return a state as the one before: what was asked for next is of no interest any more."""
    return snapshot if snapshot.next is None else replace(snapshot, next=None)
