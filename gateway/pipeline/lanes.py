"""Lanes: which of an agent's deliveries still count, and when the first of them may leave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.model.delivery import Delivery, Stale, Superseded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """What a destination wants of the states that piled up.

    *skip*: of the deliveries that collapse only the newest is sent. *stale_after*: a state no
    longer its lane's newest is not sent when older (`None`: however old). *settle*: a state must
    last that long before it is sent. *longest_wait*: no failure postpones a lane for longer.
    """

    skip: bool
    stale_after: timedelta | None
    settle: timedelta
    longest_wait: timedelta = timedelta.max


@dataclass(frozen=True, slots=True)
class Selection:
    """The deliveries of a lane that still count, in order, and those that do not."""

    kept: tuple[Delivery, ...]
    dropped: tuple[tuple[Delivery, Superseded | Stale], ...]


def select(pending: Sequence[Delivery], rules: Rules, now: datetime) -> Selection:
    """Sort out a lane. The newest of the deliveries that collapse always counts."""
    kept: list[Delivery] = []
    dropped: list[tuple[Delivery, Superseded | Stale]] = []
    successor: Delivery | None = None
    standing: str | None = None
    for delivery in reversed(pending):
        if not delivery.collapses:
            kept.append(delivery)
            continue
        verdict = (
            None if successor is None else superseded(delivery, successor, rules, now, by=standing)
        )
        if verdict is None:
            kept.append(delivery)
            standing = delivery.event_id
        else:
            dropped.append((delivery, verdict))
        successor = delivery
    return Selection(tuple(reversed(kept)), tuple(reversed(dropped)))


def superseded(
    delivery: Delivery,
    successor: Delivery,
    rules: Rules,
    now: datetime,
    *,
    by: str | None,
) -> Superseded | Stale | None:
    """Say why a state is not sent now that *successor* follows it, or `None`: it is sent. *by* is
    the event that is told instead, where that is known.
    """
    if rules.stale_after is not None and now - delivery.recorded_at > rules.stale_after:
        return Stale(by)
    # Negative where the clock was put back between the two: then how long is not known.
    lasted = successor.recorded_at - delivery.recorded_at
    if rules.skip or timedelta(0) <= lasted < rules.settle:
        return Superseded(by)
    return None


def due_at(head: Delivery, rules: Rules, backing_off_until: datetime | None) -> datetime | None:
    """Return when the first delivery of a lane may leave; `None`: at once.

    *backing_off_until* is the lane's own wait after a failure.
    """
    until = head.due_at if backing_off_until is None else backing_off_until
    if not head.collapses or not rules.settle:
        return until
    settled = head.recorded_at + rules.settle
    return settled if until is None else max(until, settled)


def as_of(delivery: Delivery, rules: Rules, now: datetime) -> Delivery:
    """Return a delivery as the store kept it, without times that lie too far ahead: the clock has
    been put back since they were written.
    """
    recorded_at = min(delivery.recorded_at, now)
    due_at = delivery.due_at
    if due_at is not None and due_at - now > rules.longest_wait:
        due_at = now + rules.longest_wait
    if recorded_at == delivery.recorded_at and due_at == delivery.due_at:
        return delivery
    return replace(delivery, recorded_at=recorded_at, due_at=due_at)


def excused(delivery: Delivery, parked_since: datetime, now: datetime) -> Delivery:
    """Return a delivery that failed first so much later as its destination was parked since."""
    if delivery.first_failed_at is None:
        return delivery
    stood_still = now - max(parked_since, delivery.first_failed_at)
    return replace(delivery, first_failed_at=delivery.first_failed_at + stood_still)


def overflowing(pending: Sequence[Delivery], excess: int) -> tuple[Delivery, ...]:
    """Return up to *excess* deliveries to give up: the oldest, states only if nothing else is."""
    others = [each for each in pending if not each.collapses]
    states = [each for each in pending if each.collapses]
    by_age = sorted(others, key=_age) + sorted(states, key=_age)
    return tuple(by_age[: max(0, excess)])


def _age(delivery: Delivery) -> int:
    return delivery.seq
