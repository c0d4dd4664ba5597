"""What a replay came to: counts, and the first differences one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.model.clock import rfc3339_or_none

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.model.event import Event
    from gateway.pipeline.revise import Compared

KINDS = ("same", "changed", "new", "gone")
SHOWN = 20
"""Differences that are shown one by one."""


@dataclass(slots=True)
class Differences:
    """What a replay came to. *since*: nothing received then or later was left out (`None`: nothing
    was received); *refused* counts the records that today's mappings cannot read; *events* the
    events by source, type and kind of difference; *deliveries* by destination.
    """

    since: datetime | None = None
    receipts: int = 0
    refused: int = 0
    events: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)
    shown: list[dict[str, Any]] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        totals: Counter[str] = Counter()
        for (_, _, kind), several in self.events.items():
            totals[kind] += several
        return {
            "since": rfc3339_or_none(self.since),
            "receipts": self.receipts,
            "refused": self.refused,
            "events": {kind: totals[kind] for kind in KINDS},
            "by_type": [
                {"source": source, "type": name}
                | {kind: self.events[source, name, kind] for kind in KINDS}
                for source, name in sorted({each[:2] for each in self.events})
            ],
            "deliveries": dict(sorted(self.deliveries.items())),
            "differences": self.shown,
        }

    def take(self, compared: Compared) -> None:
        """Count what came of a receipt."""
        for each in compared.same:
            self._count("same", each.event)
        for revised in compared.revised:
            kind = "new" if revised.before is None else "changed"
            self._count(kind, revised.event)
            self._show(kind, revised.before, revised.event)
        for gone in compared.gone:
            self._count("gone", gone)
            self._show("gone", gone, None)

    def _count(self, kind: str, event: Event) -> None:
        self.events[event.source, event.type.value, kind] += 1

    def _show(self, kind: str, before: Event | None, after: Event | None) -> None:
        event = after or before
        if event is not None and len(self.shown) < SHOWN:
            self.shown.append(
                {
                    "kind": kind,
                    "source": event.source,
                    "subject": event.subject,
                    "type": event.type.value,
                    "before": _glance(before),
                    "after": _glance(after),
                }
            )


STATE = ("status", "reason", "since", "next")
CONTACT = ("id", "outcome", "started_at", "duration_seconds", "revision")


def _glance(event: Event | None) -> dict[str, Any] | None:
    if event is None:
        return None
    contact = event.data.get("contact")
    data, names = (event.data, STATE) if contact is None else (contact, CONTACT)
    told = {name: data[name] for name in names if name in data}
    return {"id": event.id, "time": event.envelope()["time"], **told}
