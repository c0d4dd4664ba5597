"""Rows to values and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.model.clock import from_millis, to_millis
from gateway.model.delivery import Delivery
from gateway.model.receipt import JournaledReceipt, Receipt, VerifiedReceipt
from gateway.ports import Lane
from gateway.store.sqlite.connection import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import apsw

    from gateway.store.sqlite.connection import Row

RECEIPT = """
    seq, id, skip, chosen, source, received_at, method, headers, query, body, signed, query_trusted
"""

DELIVERY = """
    o.seq, e.id, o.destination, o.lane, o.subject, e.type, e.event, o.recorded_at, o.identity,
    o.collapses, o.attempts, o.failures_amid_success, o.due_at, o.first_failed_at
"""


def receipt_from_row(row: Row) -> JournaledReceipt:
    """Read the columns of `RECEIPT`."""
    seq, receipt_id, skip, chosen, source, received_at, method, headers, query, body = row[:10]
    receipt = Receipt(
        source=source,
        received_at=from_millis(received_at),
        method=method,
        headers=unpack_headers(headers),
        query=query.decode("utf-8", "surrogatepass"),
        body=body,
    )
    return JournaledReceipt(
        id=receipt_id,
        seq=seq,
        verified=VerifiedReceipt(receipt, signed=bool(row[10]), query_trusted=bool(row[11])),
        skip=indices(skip) or frozenset(),
        only=indices(chosen),
    )


def delivery_from_row(row: Row) -> Delivery:
    """Read the columns of `DELIVERY`."""
    seq, event_id, destination, lane, subject, event_type, event = row[:7]
    recorded_at, identity, collapses, attempts, amid_success, due_at, first_failed_at = row[7:]
    return Delivery(
        seq=seq,
        event_id=event_id,
        destination=destination,
        lane=lane,
        subject=subject,
        event_type=event_type,
        event=event,
        recorded_at=from_millis(recorded_at),
        identity=identity,
        collapses=bool(collapses),
        attempts=attempts,
        failures_amid_success=amid_success,
        due_at=time_or_none(due_at),
        first_failed_at=time_or_none(first_failed_at),
    )


def lane_from_row(memory: bytes | None, delivered: bytes | None) -> Lane:
    """Read what a lane remembers."""
    return Lane(orjson.loads(memory) if memory else {}, delivered)


def lane_state(connection: apsw.Connection, destination: str, lane: str) -> Lane:
    """Return what a lane remembers, nothing if it is unknown."""
    rows = rows_of(
        connection,
        "SELECT memory, delivered FROM lanes WHERE destination = ? AND lane = ?",
        (destination, lane),
    )
    return lane_from_row(*rows[0]) if rows else Lane()


def pack_headers(headers: Iterable[tuple[str, str]]) -> bytes:
    """Write headers as lines, which their values cannot hold; any character survives."""
    return "\n".join([f"{name}:{value}" for name, value in headers]).encode(
        "utf-8", "surrogatepass"
    )


def unpack_headers(packed: bytes) -> tuple[tuple[str, str], ...]:
    """Read what `pack_headers` wrote."""
    lines = packed.decode("utf-8", "surrogatepass").split("\n") if packed else []
    return tuple((name, value) for name, _, value in (line.partition(":") for line in lines))


def pack_indices(chosen: Iterable[int]) -> str | None:
    """Write record indices; `None` where there are none."""
    listed = sorted(chosen)
    return orjson.dumps(listed).decode() if listed else None


def indices(packed: str | None) -> frozenset[int] | None:
    """Read what `pack_indices` wrote."""
    return None if packed is None else frozenset(orjson.loads(packed))


def millis_or_none(at: datetime | None) -> int | None:
    """Write a time that may not be known."""
    return None if at is None else to_millis(at)


def time_or_none(millis: int | None) -> datetime | None:
    """Read a time that may not be known."""
    return None if millis is None else from_millis(millis)
