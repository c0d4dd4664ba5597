"""What is seen of a destination from outside: log lines, metrics, health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from gateway.model.clock import rfc3339, rfc3339_or_none
from gateway.model.delivery import Delivered, name_of, outcome_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.engine.attempt import Attempt
    from gateway.engine.gate import Gate
    from gateway.model.delivery import Outcome
    from gateway.ports import Backlog, Recorded
    from gateway.settings import DestinationSettings
    from gateway.telemetry.counting import Count
    from gateway.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)


class Watch:
    """Keeps the numbers of one destination."""

    def __init__(self, settings: DestinationSettings, metrics: Metrics) -> None:
        self._name = settings.name
        self._metrics = metrics
        self._delivery_seconds = metrics.delivery_seconds.labels(settings.name)
        self._backlog: Backlog | None = None
        self._last_answer: tuple[int, str | None, datetime, float] | None = None
        self._attempts: dict[int, Count] = {}
        self._outcomes: dict[type[Outcome], Count] = {}
        self._is_parked = False
        self._is_open = False
        self._log = log.bind()  # found once, not for each line

    def attempted(
        self, made: Attempt, outcomes: Sequence[Recorded], started_at: datetime, now: datetime
    ) -> None:
        """Tell of an attempt in one line."""
        if made.answer is None:
            return
        status = made.answer.status
        took = round((now - started_at).total_seconds() * 1000, 1)
        attempts = self._attempts.get(status) or self._attempts_of(status)
        attempts.inc(made.requests)
        self._last_answer = status, made.answer.error, now, took
        first = made.judged[0].item.delivery
        self._log.info(
            "delivery.attempted",
            destination=self._name,
            subject=first.subject,
            event_id=first.event_id,
            events=len(made.judged),
            attempt=first.attempts + 1,
            status=status,
            outcome=_named(outcomes),
            ms=took,
        )

    def recorded(self, recorded: Sequence[Recorded]) -> None:
        """Count outcomes, now that they are certain."""
        counts: dict[type[Outcome], int] = {}
        observe = self._delivery_seconds.observe
        for each in recorded:
            kind = type(each.outcome)
            counts[kind] = counts.get(kind, 0) + 1
            if kind is Delivered:
                seconds = (each.at - each.delivery.recorded_at).total_seconds()
                observe(max(0.0, seconds))
        for kind, several in counts.items():
            outcomes = self._outcomes.get(kind) or self._outcomes_of(kind)
            outcomes.inc(several)

    def _attempts_of(self, status: int) -> Count:
        made = self._metrics.attempts.labels(self._name, str(status))
        self._attempts[status] = made
        return made

    def _outcomes_of(self, kind: type[Outcome]) -> Count:
        made = self._metrics.deliveries.labels(self._name, name_of(kind))
        self._outcomes[kind] = made
        return made

    def counted(self, backlog: Backlog, now: datetime) -> None:
        """Show what is owed."""
        self._backlog = backlog
        self._metrics.backlog.labels(self._name).set(backlog.pending)
        self._metrics.held.labels(self._name).set(backlog.held)
        self._metrics.seconds_behind.labels(self._name).set(_behind(backlog, now))

    def gate(self, gate: Gate) -> None:
        """Show whether anything may leave; say so loudly when that changes."""
        is_parked, is_open = gate.parked_since is not None, gate.circuit.is_open
        self._metrics.paused.labels(self._name).set(gate.paused)
        self._metrics.parked.labels(self._name).set(is_parked)
        self._metrics.circuit_open.labels(self._name).set(is_open)
        if is_parked and not self._is_parked:
            log.error("destination.parked", destination=self._name)
        elif self._is_parked and not is_parked:
            log.info("destination.unparked", destination=self._name)
        if is_open and not self._is_open:
            log.warning("circuit.opened", destination=self._name)
        elif self._is_open and not is_open:
            log.info("circuit.closed", destination=self._name)
        self._is_parked, self._is_open = is_parked, is_open

    def left_unrecorded(self, several: int) -> None:
        """Tell that outcomes could not be made durable before the end: they are sent again."""
        log.warning("outcome.unrecorded", destination=self._name, deliveries=several)

    def health(self, gate: Gate, now: datetime) -> dict[str, Any]:
        """Return what operators are told, ready for JSON."""
        backlog = self._backlog
        probe_at = gate.circuit.probe_at
        return {
            "state": _state(gate, now),
            "paused": gate.paused,
            "parked": gate.parked_since is not None,
            "parked_since": rfc3339_or_none(gate.parked_since),
            "circuit": "open" if gate.circuit.is_open else "closed",
            "next_probe_at": rfc3339_or_none(probe_at),
            "not_before": rfc3339(gate.not_before) if gate.not_before > now else None,
            "backlog": backlog.pending if backlog else None,
            "held": backlog.held if backlog else None,
            "seconds_behind": round(_behind(backlog, now), 3) if backlog else None,
            "last_answer": self._last_answer and _answered(*self._last_answer),
        }


def _answered(status: int, error: str | None, at: datetime, milliseconds: float) -> dict[str, Any]:
    told = {"status": status, "at": rfc3339(at), "milliseconds": milliseconds}
    return {**told, "error": error} if error else told


def _behind(backlog: Backlog, now: datetime) -> float:
    if backlog.oldest is None:
        return 0.0
    return max(0.0, (now - backlog.oldest).total_seconds())


def _state(gate: Gate, now: datetime) -> str:
    if gate.paused:
        return "paused"
    if gate.parked_since is not None:
        return "parked"
    if gate.circuit.is_open:
        return "down"
    return "waiting" if gate.not_before > now else "up"


def _named(outcomes: Sequence[Recorded]) -> str | dict[str, int]:
    """Name the outcome of all, or count them by name; `again` is what nothing is recorded of."""
    if len(outcomes) == 1:
        return outcome_name(outcomes[0].outcome)
    names = [outcome_name(each.outcome) for each in outcomes]
    if len(set(names)) <= 1:
        return names[0] if names else "again"
    return {name: names.count(name) for name in sorted(set(names))}
