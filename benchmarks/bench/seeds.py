"""Stores that a case starts on: made once by the gateway's own parts, kept in `var/bench`."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bench.cases import Case


class Seeds:
    async def store(self, case: Case) -> Path | None:
        """Return the store that a case begins with; None: an empty one of its own."""
        del case
        return None
