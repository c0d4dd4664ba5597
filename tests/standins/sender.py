"""What a sender presents, written shortly."""

from __future__ import annotations

from gateway.mapping.authenticity import Presented


def presented(target="/v1/ingest/s", *headers, method="POST"):
    """Make what a sender presents of a request target and (name, value) headers."""
    collected: dict[str, list[str]] = {}
    for name, value in headers:
        collected.setdefault(name.lower(), []).append(value)
    return Presented(
        method=method, target=target, query=target.partition("?")[2], headers=collected
    )
