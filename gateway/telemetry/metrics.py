"""The metrics, by their names: one value of `Metrics` for each running gateway."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from gateway.telemetry.counting import Counted, Timed

if TYPE_CHECKING:
    from datetime import datetime

ACK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
DELIVERY_BUCKETS = (*ACK_BUCKETS, 10.0, 30.0, 60.0, 300.0, 3600.0)
LAGS_KEPT = 31
LONGEST_LAG_SECONDS = 26 * 3600.0
"""Between the zones that are farthest apart. What is further off is history, not a clock."""


class Metrics:
    """What one gateway counts. A label's values come from the configuration, never from input."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._count()
        self._time()
        self._gauge()

    def _count(self) -> None:
        self.receipts = self._counter("receipts", "Requests made durable", "source")
        self.records = self._counter(
            "records", "Records by what became of them: accepted, duplicate, …", "source", "kind"
        )
        self.refusals = self._counter(
            "refusals", "Requests refused, by the check that failed", "source", "status", "check"
        )
        self.reads = self._counter(
            "reads", "Questions to a source's platform, by answer", "source", "answer"
        )
        self.events = self._counter("events", "Neutral events made", "source", "type")
        self.notes = self._counter(
            "observations_noted", "History, missed events, unmapped states, …", "source", "note"
        )
        self.deliveries = self._counter(
            "deliveries", "Deliveries by outcome", "destination", "outcome"
        )
        self.snapshots = self._counter(
            "snapshots", "Snapshots: delivered, refused by us, failed", "destination", "outcome"
        )
        self.forgotten = self._counter(
            "forgotten", "Kept for a decision, and gone beyond its budget", "kept", "destination"
        )
        self.files = self._counter(
            "files", "Files written, corrected; spans withheld", "destination", "what"
        )
        self.attempts = self._counter(
            "attempts", "Requests sent, by status (0: no answer)", "destination", "status"
        )

        self.mapping_calls = self._counter(
            "mapping_calls", "Calls of a mapping that were slow, or ended", "mapping", "what"
        )

    def _time(self) -> None:
        self.ack_seconds = Timed(
            self.registry,
            "gateway_ack_seconds",
            "From the request's first byte read to its answer",
            "source",
            ACK_BUCKETS,
        )
        self.delivery_seconds = Timed(
            self.registry,
            "gateway_delivery_seconds",
            "From receipt to delivered",
            "destination",
            DELIVERY_BUCKETS,
        )

    def _gauge(self) -> None:
        self.seconds_behind = self._level(
            "seconds_behind", "Age of the oldest pending delivery", "destination"
        )
        self.backlog = self._level("backlog", "Deliveries pending", "destination")
        self.held = self._level("held", "Deliveries held for unmapped agents", "destination")
        self.circuit_open = self._level("circuit_open", "1 while open", "destination")
        self.parked = self._level("parked", "1 while parked", "destination")
        self.paused = self._level("paused", "1 while paused by an operator", "destination")
        self.files_failing = self._level(
            "files_failing", "1 while files cannot be written", "destination"
        )
        self.dead_letters = self._level("dead_letters", "Dead letters kept", "destination")
        self.quarantine = self._level("quarantine", "Quarantine entries kept", "source")
        self.credential = self._level(
            "credential", "Which of a source's credentials matched last (1: the first)", "source"
        )
        self.store_bytes = self._level("store_bytes", "What the store takes of its disk budget")
        self.untranslated = self._level("untranslated", "Receipts not yet translated")
        self.unmapped_agents = self._level("unmapped_agents", "Agents without a WFM id")
        self.unmapped_states = self._level("unmapped_states", "State names without a mapping")
        self.uncoded_states = self._level(
            "uncoded_states",
            "States told without a code in `states`",
            "destination",
        )

        self.alarm = self._level(
            "alarm", "Alarms raised, by source or destination", "alarm", "subject"
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counted:
        return Counted(self.registry, f"gateway_{name}", text, labels)

    def _level(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"gateway_{name}", text, labels, registry=self.registry)

    def exposition(self) -> bytes:
        """Return the Prometheus text format."""
        return generate_latest(self.registry)


@dataclass
class SourceHealth:
    """What is known of a source since the start, for `sources list`.

    *credential* is which of its credentials matched last, counted from 1 without the empty ones,
    *lags* are the seconds from the platform's time to the receipt, of its last receipts.
    *reconciled_at* is when everybody was last read to the end, *reconcile_failures* how often in a
    row that has failed since, and why.
    """

    last_event_at: str | None = None
    last_receipt_at: str | None = None
    receipts: int = 0
    credential: int | None = None
    refusals: dict[str, int] = field(default_factory=dict)
    lags: deque[float] = field(default_factory=lambda: deque(maxlen=LAGS_KEPT))
    reconciled_at: str | None = None
    reconcile_failures: int = 0
    reconcile_problem: str | None = None

    def note_time(self, told_at: datetime, received_at: datetime) -> None:
        """Take note of a time that the platform told."""
        lag = (received_at - told_at).total_seconds()
        if abs(lag) <= LONGEST_LAG_SECONDS:
            self.lags.append(lag)

    def shown(self) -> dict[str, Any]:
        """Return what operators are told, ready for JSON."""
        return {
            "last_event_at": self.last_event_at,
            "last_receipt_at": self.last_receipt_at,
            "clock_skew_seconds": round(median(self.lags), 3) if self.lags else None,
            "receipts": self.receipts,
            "credential": self.credential,
            "refusals": self.refusals,
            "reconciled_at": self.reconciled_at,
            "reconcile_problem": self.reconcile_problem,
        }
