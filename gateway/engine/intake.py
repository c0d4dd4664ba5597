"""The way in: believed requests to the journal, and their readings kept warm for translation."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from gateway.flow import accept
from gateway.model.clock import rfc3339
from gateway.model.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.model.receipt import VerifiedReceipt
    from gateway.pipeline.read import Reading
    from gateway.ports import Accepted, Journal
    from gateway.settings import SourceSettings
    from gateway.telemetry.metrics import Metrics, SourceHealth

READINGS_KEPT = 4096
LARGEST_BODY_KEPT = 64 * 1024


class Readings:
    """Requests that were split before their answer, so that translation need not do it again.

    A bounded memory of what could be read anew from the store at any time.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Reading] = OrderedDict()

    def keep(self, receipt_id: str, reading: Reading) -> None:
        """Remember a reading; the oldest gives way."""
        self._kept[receipt_id] = reading
        if len(self._kept) > READINGS_KEPT:
            self._kept.popitem(last=False)

    def take(self, receipt_id: str) -> Reading | None:
        """Return the reading and forget it."""
        return self._kept.pop(receipt_id, None)


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
        accepted, reading = await accept(verified, source, self._journal)
        if len(verified.receipt.body) <= LARGEST_BODY_KEPT:
            self._readings.keep(accepted.receipt, reading)
        self._count(name, accepted)
        health = self._health[name]
        health.receipts += 1
        health.last_receipt_at = rfc3339(verified.receipt.received_at)
        return accepted

    def _count(self, name: str, accepted: Accepted) -> None:
        self._metrics.receipts.labels(name).inc()
        for kind in ("accepted", "duplicates", "quarantined", "ignored"):
            number = getattr(accepted, kind)
            if number:
                self._metrics.records.labels(name, kind).inc(number)
