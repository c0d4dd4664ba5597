"""Outcomes: what an attempt came to, for each lane that was on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.mapping.destination import Verdict
from gateway.model.delivery import (
    Dead,
    DeadReason,
    Delivered,
    Outcome,
    Parked,
    RetryAt,
    Unchanged,
)
from gateway.model.values import quick, replace
from gateway.pipeline.deliver import Circumstances, RetryPolicy, decide, delivered, failed
from gateway.pipeline.lanes import superseded
from gateway.pipeline.mask import mask_of
from gateway.ports import Lane, Recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gateway.engine.memory_lane import MemoryLane
    from gateway.engine.rendering import Judged
    from gateway.engine.score import Score
    from gateway.model.delivery import Delivery
    from gateway.pipeline.lanes import Rules
    from gateway.settings import DestinationSettings


@quick
@dataclass(frozen=True, slots=True)
class Landing:
    """What is known when an attempt has ended. *score* is the destination's so far."""

    now: datetime
    score: Score
    not_before: datetime | None = None
    is_parked: bool = False


class Outcomes:
    """Decides for one destination. *draw* gives random numbers from 0 to 1."""

    def __init__(
        self, settings: DestinationSettings, rules: Rules, draw: Callable[[], float]
    ) -> None:
        self._policy = RetryPolicy(settings.retry)
        self._rules = rules
        self._draw = draw
        self._mask = mask_of(settings)
        self._mapping = f"{settings.mapping.name} {settings.mapping.version}"
        self._remembers = settings.order == "agent"

    def recorded(self, delivery: Delivery, outcome: Outcome, now: datetime) -> Recorded:
        """Return the outcome of a delivery that was not sent."""
        return Recorded(delivery, outcome, now, self._mapping)

    def land(
        self, lane: MemoryLane, judged: Sequence[Judged], landing: Landing
    ) -> tuple[list[Recorded], list[Delivery]]:
        """Return the outcomes of a lane's deliveries, and those that are still owed.

        The lane remembers what was delivered, and how long it must wait.
        """
        recorded: list[Recorded] = []
        kept: list[Delivery] = []
        lane.due_at = None
        for each in judged:
            outcome = self._outcome(lane, each, landing)
            if outcome is None or isinstance(outcome, Parked):
                kept.append(each.item.delivery)
                continue
            if isinstance(outcome, RetryAt):
                outcome = self._postpone(lane, each, outcome, landing, kept)
            recorded.append(self._recorded(lane, each, outcome, landing.now))
        if lane.alone:
            lane.alone = max(0, lane.alone - (len(judged) - len(kept)))
        return recorded, kept

    def _outcome(self, lane: MemoryLane, each: Judged, landing: Landing) -> Outcome | None:
        """Decide; `None` where nothing is: it goes again at once, alone or behind the probe."""
        if each.goes_alone:
            lane.alone = max(lane.alone, lane.flying)
            return None
        if each.is_unchanged:
            return Unchanged()
        judgement = each.judgement
        if judgement.verdict is Verdict.DELIVERED:
            return delivered(judgement.warning, each.answer.status if each.answer else None)
        return self._failed(lane, each, landing)

    def _failed(self, lane: MemoryLane, each: Judged, landing: Landing) -> Outcome:
        """Decide of what was not delivered."""
        if each.is_flawed:
            return Dead(DeadReason.RENDER, self._mask.text(each.judgement.detail))
        if landing.is_parked and each.judgement.verdict is Verdict.RETRY:
            return Parked(each.judgement.detail)
        delivery = each.item.delivery
        amid_success = delivery.attempts == 0 or landing.score.others_succeed(lane.score)
        circumstances = Circumstances(
            landing.now, self._draw(), amid_success=amid_success, not_before=landing.not_before
        )
        outcome = decide(delivery, each.judgement, each.answer, self._policy, circumstances)
        if isinstance(outcome, Dead):
            detail, answer = self._mask.text(outcome.detail), self._mask.raw(outcome.answer)
            return replace(outcome, detail=detail, answer=answer)
        return outcome

    def _postpone(
        self,
        lane: MemoryLane,
        each: Judged,
        outcome: RetryAt,
        landing: Landing,
        kept: list[Delivery],
    ) -> Outcome:
        """Let the lane wait; a state that a newer one has replaced meanwhile is over, though."""
        delivery = each.item.delivery
        lane.due_at = max(outcome.due_at, lane.due_at or outcome.due_at)
        lane.score = landing.score
        behind = list(lane.pending)[lane.flying :]
        successor = next((other for other in behind if other.collapses), None)
        if delivery.collapses and successor is not None:
            over = superseded(delivery, successor, self._rules, landing.now, by=successor.event_id)
            if over is not None:
                return over
        kept.append(failed(delivery, outcome, landing.now))
        return replace(outcome, detail=self._mask.text(outcome.detail))

    def _recorded(
        self, lane: MemoryLane, each: Judged, outcome: Outcome, now: datetime
    ) -> Recorded:
        news = None
        if self._remembers:
            state = self._remembered(lane.state or Lane(), each, outcome)
            if state is not lane.state and state != lane.state:
                lane.state = news = state
        return Recorded(each.item.delivery, outcome, now, self._mapping, news)

    @staticmethod
    def _remembered(state: Lane, each: Judged, outcome: Outcome) -> Lane:
        memory = state.memory if each.memory is None else each.memory
        if isinstance(outcome, Delivered):
            is_same = each.digest == state.delivered and memory == state.memory
            return state if is_same else Lane(memory, each.digest)
        # Whether the vendor has taken what was tried is not known.
        is_uncertain = each.judgement.verdict is Verdict.RETRY or (
            each.answer is not None and each.answer.status == 0
        )
        return Lane(memory, None if is_uncertain else state.delivered)
