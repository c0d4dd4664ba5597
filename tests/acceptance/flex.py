"""Flex RTA requests, made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMES = ("Available", "Lunch", "Training", "Meeting")


def written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def record(agent: int, number: int, *, name: str | None = None) -> dict:
    """Return the picture number *number* of an agent: each a second later, each in a new state."""
    at = written(START + timedelta(seconds=number))
    name = name or NAMES[number % len(NAMES)]
    return {
        "worker": {
            "sid": f"WK{agent:032x}",
            "activity_sid": f"WA{NAMES.index(name) if name in NAMES else 9:032x}",
            "activity_name": name,
            "date_activity_updated": at,
        },
        "channels": None,
        "account_sid": f"AC{1:032x}",
        "workspace_sid": f"WS{1:032x}",
        "last_processed_event_sid": f"EV{agent:016x}{number:016x}",
        "date_last_processed_event": at,
    }


def envelope(*records: dict) -> bytes:
    return json.dumps(
        {"product": "Flex", "object": "WFMWorkerChange", "version": 1, "records": records}
    ).encode()
