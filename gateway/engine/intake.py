"""The way in: believed requests to the journal, and their readings kept warm for translation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.flow import accept
from gateway.model.clock import rfc3339
from gateway.model.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.model.receipt import VerifiedReceipt
    from gateway.pipeline.read import Readings
    from gateway.ports import Accepted, Journal
    from gateway.settings import SourceSettings
    from gateway.telemetry.metrics import Metrics, SourceHealth


class JournalIntake:
    """Accepts requests for the configured sources."""

    def __init__(
        self,
        journal: Journal,
        sources: Mapping[str, SourceSettings],
        *,
        readings: Readings,
        metrics: Metrics,
        health: Mapping[str, SourceHealth],
    ) -> None:
        self._journal = journal
        self._sources = sources
        self._readings = readings
        self._metrics = metrics
        self._health = health

    async def accept(self, verified: VerifiedReceipt) -> Accepted:
        """Make it durable and say what it holds."""
        name = verified.receipt.source
        source = self._sources.get(name)
        if source is None:
            raise StoreUnavailableError(f"source {name} was removed a moment ago")
        accepted = await accept(verified, source, self._journal, self._readings)
        self._count(name, accepted)
        health = self._health[name]
        health.receipts += 1
        health.last_receipt_at = rfc3339(verified.receipt.received_at)
        return accepted

    def _count(self, name: str, accepted: Accepted) -> None:
        self._metrics.receipts.labels(name).inc()
        records = self._metrics.records
        if accepted.accepted:
            records.labels(name, "accepted").inc(accepted.accepted)
        if accepted.duplicates:
            records.labels(name, "duplicates").inc(accepted.duplicates)
        if accepted.quarantined:
            records.labels(name, "quarantined").inc(accepted.quarantined)
        if accepted.ignored:
            records.labels(name, "ignored").inc(accepted.ignored)
