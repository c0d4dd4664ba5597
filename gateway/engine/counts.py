"""What translating receipts came to, counted and reported: once for all that came together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import structlog

from gateway.model.clock import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from gateway.flow import FannedOut
    from gateway.settings import SourceSettings
    from gateway.telemetry.counting import Counted
    from gateway.telemetry.metrics import Metrics, SourceHealth

log = structlog.get_logger(__name__)


class TranslationCounts:
    """The metrics and the health of sources that translation moves."""

    def __init__(
        self,
        sources: Mapping[str, SourceSettings],
        metrics: Metrics,
        health: Mapping[str, SourceHealth],
    ) -> None:
        self._sources = sources
        self._metrics = metrics
        self._health = health

    def note(self, fanned: Sequence[FannedOut]) -> None:
        """Count what became durable, and report what went wrong."""
        self._count(fanned)
        newest: dict[str, datetime] = {}
        for each in fanned:
            receipt, events = each.finished.receipt.verified.receipt, each.finished.events
            health = self._health.get(receipt.source)
            if events:
                newest[receipt.source] = max([routed.event.time for routed in events])
            if health is not None and each.told_at is not None:
                health.note_time(each.told_at, receipt.received_at)
            if each.finished.quarantined or each.failures:
                self._report(each, receipt.source)
        for source, at in newest.items():
            if source in self._health:
                self._health[source].last_event_at = rfc3339(at)

    def _count(self, fanned: Iterable[FannedOut]) -> None:
        events, notes, deliveries = (
            self._metrics.events,
            self._metrics.notes,
            self._metrics.deliveries,
        )
        counted: defaultdict[tuple[Counted, str, str], int] = defaultdict(int)
        for each in fanned:
            source = each.finished.receipt.verified.receipt.source
            for routed in each.finished.events:
                counted[events, source, routed.event.type.word] += 1
            for note in each.notes:
                counted[notes, source, note.word] += 1
            for destination in each.dropped:
                counted[deliveries, destination, "dropped"] += 1
        for (counter, where, what), number in counted.items():
            counter.labels(where, what).inc(number)

    def _report(self, fanned: FannedOut, source: str) -> None:
        receipt = fanned.finished.receipt.id
        for entry in fanned.finished.quarantined:
            self._metrics.records.labels(source, "quarantined_later").inc()
            log.warning(
                "record.quarantined",
                source=source,
                receipt=receipt,
                index=entry.index,
                reason=entry.reason,
            )
        for index, problem in fanned.failures:
            log.error(
                "mapping.failed",
                source=source,
                receipt=receipt,
                index=index,
                **self._mapping_of(source),
                exc_info=problem,
            )

    def _mapping_of(self, source: str) -> dict[str, str]:
        mapping = self._sources[source].mapping
        return {"mapping": mapping.name, "version": mapping.version}
