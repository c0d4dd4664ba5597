"""Requests as rows: told from what was seen before, and stored."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gateway.model.receipt import JournaledReceipt
from gateway.store.sqlite.rows import pack_headers, pack_indices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.model.receipt import Receipt, VerifiedReceipt
    from gateway.ports import RecordKey
    from gateway.store.sqlite.tally import Transaction

SEEN_MILLIS = 72 * 3600 * 1000
"""How long the same content counts as a duplicate (contract section 4)."""

# Changes no row exactly where the digest was seen within its time.
SEE = f"""
    INSERT INTO seen (digest, seen_at) VALUES (?, ?)
    ON CONFLICT (digest) DO UPDATE SET seen_at = excluded.seen_at
    WHERE seen_at <= excluded.seen_at - {SEEN_MILLIS}
"""  # noqa: S608 - a constant of ours

AT_ONCE = 512
INSERT_RECEIPT = """
    INSERT INTO receipts (seq, id, skip, source, received_at, method, headers, query, body,
        signed, query_trusted)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def duplicates_among(
    transaction: Transaction, records: Sequence[RecordKey], received_at: int
) -> frozenset[int]:
    """Return the indices of the records seen before; from now on all of them are."""
    duplicates: list[int] = []
    for each in records:
        if each.digest is not None:
            transaction.run(SEE, (each.digest, received_at))
            if not transaction.changed():
                duplicates.append(each.index)
    return frozenset(duplicates)


def insert_receipt(
    transaction: Transaction,
    verified: VerifiedReceipt,
    received_at: int,
    skip: frozenset[int],
    *,
    waits: bool,
) -> JournaledReceipt:
    """Store a request, together with the others of its group; *waits*: it is to be translated."""
    receipt = verified.receipt
    seq = transaction.next("receipt_seq")
    journaled = JournaledReceipt(_receipt_id(received_at, seq), seq, verified, skip)
    transaction.later(
        INSERT_RECEIPT,
        (
            seq,
            journaled.id,
            pack_indices(skip),
            receipt.source,
            received_at,
            receipt.method,
            pack_headers(receipt.headers),
            _packed_query(receipt),
            receipt.body,
            verified.signed,
            verified.query_trusted,
        ),
    )
    transaction.count("receipts")
    if waits:
        transaction.waits(seq)
    return journaled


def _packed_query(receipt: Receipt) -> bytes:
    return receipt.query.encode("utf-8", "surrogatepass")


def _receipt_id(received_at: int, seq: int) -> str:
    """Return 24 digits that sort by time, then by order, and cannot be guessed."""
    return f"{received_at:012x}{seq & 0xFFFF:04x}{next(_CHANCE)}"


def _chance() -> Iterator[str]:
    """Yield 8 random digits again and again: many of one question to the system."""
    while True:
        digits = os.urandom(4 * AT_ONCE).hex()
        for at in range(0, 8 * AT_ONCE, 8):
            yield digits[at : at + 8]


_CHANCE = _chance()
