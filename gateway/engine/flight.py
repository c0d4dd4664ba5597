"""One piece of work on its way: what is on it, and in which order it comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.engine.rendering import Item, Judged
from gateway.model.delivery import RetryAt
from gateway.ports import Lane, Recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.engine.memory_lane import MemoryLane

    Work = tuple[list[Item], list[MemoryLane], bool]
    """The items of one attempt, their lanes, and whether it is a probe."""


def work_of(taken: Sequence[tuple[MemoryLane, int]], *, is_probe: bool) -> Work:
    """Return what was taken from lanes as one piece of work."""
    if len(taken) == 1 and taken[0][1] == 1:
        lane = taken[0][0]
        return [Item(lane.pending[0], lane.state or Lane())], [lane], is_probe
    items = [
        Item(lane.pending[index], lane.state or Lane(), is_first=index == 0)
        for lane, several in taken
        for index in range(several)
    ]
    return items, [lane for lane, _several in taken], is_probe


def over(recorded: Sequence[Recorded]) -> list[int]:
    """Return the deliveries that are owed no more once that is durable."""
    return [each.delivery.seq for each in recorded if type(each.outcome) is not RetryAt]


def by_lane(judged: list[Judged]) -> dict[str, list[Judged]]:
    """Return what came back lane by lane, each in its order."""
    if len(judged) == 1:
        return {judged[0].item.delivery.lane: judged}
    found: dict[str, list[Judged]] = {}
    for each in judged:
        found.setdefault(each.item.delivery.lane, []).append(each)
    for several in found.values():
        if len(several) > 1:
            several.sort(key=_seq_of)
    return found


def _seq_of(judged: Judged) -> int:
    return judged.item.delivery.seq
