"""The gateway on one page: accept, fan out, drain. Read this first.

    sender ─► accept ══► 200        a request is durable before it is answered
                ║
              fan_out               records → observations → what is known → events → deliveries
                ║
              drain ─► vendor       gateway.engine.destination: lanes, attempts, outcomes

Stages are the functions of `gateway.pipeline`; the ports do the I/O; time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.course import Contacts, Course, FannedOut, Known, Routing, contact_keys
from gateway.model.errors import ContentError, Flaw
from gateway.model.receipt import JournaledReceipt
from gateway.pipeline.read import (
    NAMED_FLAWS,
    UNPROCESSABLE,
    Reading,
    kept,
    read,
    without_content,
)
from gateway.ports import Accepted, Appended, Finished, Quarantined

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.model.receipt import VerifiedReceipt
    from gateway.pipeline.read import Readings
    from gateway.ports import Journal
    from gateway.settings import SourceSettings


__all__ = ["Contacts", "FannedOut", "Known", "Routing", "accept", "contact_keys", "fan_out"]


async def accept(
    verified: VerifiedReceipt,
    source: SourceSettings,
    journal: Journal,
    readings: Readings,
) -> Accepted:
    """Make one believed request durable, and say what it holds. Its reading is kept in *readings*
    until it is translated.

    Raises:
        ContentError: nothing in it can be translated; its bytes are in quarantine.
        StoreUnavailableError: nothing was kept.
    """
    try:
        verified = kept(verified, source)
    except ContentError as problem:
        await journal.quarantine(without_content(verified), _whole(problem))
        raise
    try:
        reading = _usable(read(verified, source))
    except ContentError as problem:
        await journal.quarantine(verified, _whole(problem))
        raise
    appended = await _append(verified, reading, journal, readings)
    duplicates = len(appended.duplicates)
    return Accepted(
        receipt=appended.receipt_id,
        accepted=len(reading.records) - duplicates,
        duplicates=duplicates,
        quarantined=len(reading.quarantined),
        ignored=reading.ignored,
    )


async def _append(
    verified: VerifiedReceipt, reading: Reading, journal: Journal, readings: Readings
) -> Appended:
    readings.keep(verified, reading)  # before: it may be translated before we hear of it
    appended = None
    try:
        appended = await journal.append(verified, reading.keys, reading.quarantined)
    finally:
        if appended is None or len(appended.duplicates) == len(reading.records):
            readings.take(verified)  # there is nothing to translate
    return appended


def _usable(reading: Reading) -> Reading:
    if reading.is_unusable():
        raise ContentError(
            "no record in it can be translated",
            status=UNPROCESSABLE,
            flaws=reading.flaws or _flaws(reading.quarantined),
        )
    return reading


def _flaws(quarantined: Iterable[Quarantined]) -> tuple[Flaw, ...]:
    return tuple(Flaw(f"records[{each.index}]", each.detail) for each in quarantined)


def _whole(problem: ContentError) -> Quarantined:
    named = "; ".join(str(each) for each in problem.flaws[:NAMED_FLAWS])
    return Quarantined("content", f"{problem.detail}: {named}" if named else problem.detail)


def fan_out(
    receipt: JournaledReceipt,
    reading: Reading | None,
    source: SourceSettings,
    routing: Routing,
    known: Known,
) -> FannedOut:
    """Turn one receipt into events and deliveries; a bad record stops no other. What is *known* is
    moved on.
    """
    try:
        reading = reading or read(receipt.verified, source)
    except ContentError as problem:
        return FannedOut(Finished(receipt, quarantined=(_whole(problem),)))
    course = Course(receipt, source, routing, known)
    for entry in reading.quarantined:
        if entry.index is not None and _is_wanted(receipt, entry.index):
            course.quarantined.append(entry)
    for record in reading.records:
        if _is_wanted(receipt, record.index):
            course.take(record)
    return course.result()


def _is_wanted(receipt: JournaledReceipt, index: int) -> bool:
    if receipt.only is not None:
        return index in receipt.only
    return index not in receipt.skip
