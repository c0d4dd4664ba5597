"""A vendor's endpoint that writes down what it got, and misbehaves as it is told."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from tests.standins.asked import Asked, Reply
from tests.standins.door import TAKEN, Door, Mood

__all__ = ["Heard", "Mood", "Vendor"]


@dataclass(frozen=True)
class Heard:
    """One request: its idempotency key, its mood, and what it told: (agent, event id or state
    code, digest of the item).
    """

    key: str
    mood: Mood
    told: tuple[tuple[str, str, bytes], ...]

    @property
    def is_taken(self) -> bool:
        return self.mood in TAKEN


@dataclass(kw_only=True)
class Vendor(Door):
    """A real server; *timeout* is the gateway's for it."""

    heard: list[Heard] = field(default_factory=list)

    @property
    def milliseconds(self) -> int:
        return round(self.timeout * 1000)

    @property
    def url(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://localhost:{self.port}/Web"

    async def wait_for(self, count: int, seconds: float = 30) -> None:
        """Wait until so many requests have come."""
        await self.wait_until(lambda: len(self.heard) >= count, seconds)

    def hear(self, asked: Asked, mood: Mood) -> Reply:
        """Write down a request, whatever the mood."""
        key = asked.headers.get("Idempotency-Key", "")
        self.heard.append(Heard(key, mood, tuple(_items(key, json.loads(asked.body)))))
        return Reply()


def _items(key: str, body: object) -> list[tuple[str, str, bytes]]:
    if isinstance(body, dict) and ("UserCode" in body or "States" in body):
        states = body.get("States", [body])
        return [(each["UserCode"], each["StateCode"], _digest(each)) for each in states]
    events = body if isinstance(body, list) else [body]
    return [(each["subject"], each["id"], _digest(each)) for each in events]


def _digest(item: object) -> bytes:
    return hashlib.blake2b(json.dumps(item, sort_keys=True).encode(), digest_size=16).digest()
