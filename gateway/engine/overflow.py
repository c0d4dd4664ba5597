"""Overflow: what is given up where a destination is owed more than `max_backlog`."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from gateway.engine.memory_lane import Place
from gateway.model.delivery import Dead, DeadReason
from gateway.pipeline.lanes import overflowing, select

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.engine.lanes import LaneTable
    from gateway.engine.memory_lane import MemoryLane
    from gateway.model.delivery import Delivery
    from gateway.pipeline.lanes import Rules


def give_up(table: LaneTable, rules: Rules, excess: int, now: datetime) -> int:
    """Let go of *excess* deliveries: collapse what may, then dead-letter the oldest.

    Only what is in memory is looked at; called again and again it comes to the rest. Return
    how many were let go.
    """
    collapsed = _collapse(table, replace(rules, skip=True), excess, now)
    owed = {each.seq: lane for lane in table for each in _untouched(lane)}
    pending = [each for lane in table for each in _untouched(lane)]
    victims = overflowing(pending, excess - collapsed)
    for delivery in victims:
        table.shed(owed[delivery.seq], [(delivery, Dead(DeadReason.OVERFLOW, _DETAIL))])
    return collapsed + len(victims)


_DETAIL = "the destination was owed more than its max_backlog"


def _collapse(table: LaneTable, rules: Rules, excess: int, now: datetime) -> int:
    collapsed = 0
    for lane in table:
        if collapsed >= excess:
            break
        dropped = select(_untouched(lane), rules, now).dropped
        if dropped:
            table.shed(lane, dropped)
            collapsed += len(dropped)
    return collapsed


def _untouched(lane: MemoryLane) -> list[Delivery]:
    """Return what is not under way; of a lane that is being read on, nothing."""
    if lane.place is Place.LOADING:
        return []
    return list(islice(lane.pending, lane.flying, None))
