"""Requests translated in order, and nothing kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.flow import Contacts, Known, Routing, fan_out
from gateway.model.errors import ContentError, Flaw
from gateway.model.receipt import JournaledReceipt
from gateway.pipeline.read import kept, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.model.event import Event
    from gateway.model.receipt import VerifiedReceipt
    from gateway.pipeline.read import Reading
    from gateway.ports import Roster
    from gateway.settings import SourceSettings


def translate_bodies(
    bodies: Sequence[VerifiedReceipt],
    source: SourceSettings,
    roster: Roster,
    wfm_id_from: tuple[str, ...] = (),
) -> tuple[list[Event], list[Flaw]]:
    """Translate requests in order without keeping anything; return events and what is wrong."""
    known = Known({}, Contacts())
    routing = Routing((), "forward", roster, wfm_id_from)
    seen: set[bytes] = set()
    events: list[Event] = []
    flaws: list[Flaw] = []
    for number, body in enumerate(bodies):
        where = f"body {number + 1}"
        try:
            verified = kept(body, source)
            reading = read(verified, source)
        except ContentError as problem:
            flaws += [Flaw(where, problem.detail), *problem.flaws]
            continue
        flaws += [Flaw(f"{where} record {each.index}", each.detail) for each in reading.quarantined]
        receipt = JournaledReceipt(f"dry-run-{number}", number, verified, _repeated(reading, seen))
        fanned = fan_out(receipt, reading, source, routing, known)
        events += [each.event for each in fanned.finished.events]
        flaws += [
            Flaw(f"{where} record {each.index}", each.detail)
            for each in fanned.finished.quarantined
            if each not in reading.quarantined
        ]
    return events, flaws


def _repeated(reading: Reading, seen: set[bytes]) -> frozenset[int]:
    repeated: set[int] = set()
    for key in reading.keys:
        if key.digest is not None and key.digest in seen:
            repeated.add(key.index)
        elif key.digest is not None:
            seen.add(key.digest)
    return frozenset(repeated)
