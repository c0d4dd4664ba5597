"""Dead letters: what could not be delivered and was given up."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gateway.model.clock import rfc3339
from gateway.operations.health import known_destination
from gateway.operations.params import DeadLetterChoice, DeadLetterList, IdParams
from gateway.operations.shown import bytes_json, require
from gateway.operations.table import Bench, Operation
from gateway.ports import Selection

if TYPE_CHECKING:
    from gateway.ports import DeadLetter
    from gateway.settings import Settings

Params = dict[str, Any]


async def _list(bench: Bench, params: Params) -> list[dict[str, Any]]:
    letters = await bench.store.dead_letters(params["selection"], limit=params["limit"])
    return [_letter_json(letter) for letter in letters]


async def _show(bench: Bench, params: Params) -> dict[str, Any]:
    letters = await bench.store.dead_letters(Selection(ids=(params["id"],)))
    require([params["id"]], (letter.id for letter in letters), "dead letter")
    letter = letters[0]
    return _letter_json(letter) | {
        "event": json.loads(letter.event),
        "answer": bytes_json(letter.answer),
    }


async def _retry(bench: Bench, params: Params) -> dict[str, int]:
    selection: Selection = params["selection"]
    for name in await _named(bench, selection):
        known_destination(bench, name)
    retried = superseded = 0
    # One destination after the other: what nobody is owed any more stays a dead letter.
    for name in bench.settings.destinations:
        if selection.name in (None, name):
            deliveries, skipped = await bench.store.retry_dead_letters(
                replace(selection, name=name),
                skip_superseded=_skipping(bench.settings),
                offer=bench.live.offer if bench.live is not None else None,
            )
            retried += len(deliveries)
            superseded += skipped
    return {"retried": retried, "superseded": superseded}


async def _discard(bench: Bench, params: Params) -> dict[str, int]:
    await _named(bench, params["selection"])
    return {"discarded": await bench.store.discard_dead_letters(params["selection"])}


async def _named(bench: Bench, selection: Selection) -> list[str]:
    """Return the destinations that are meant by name or by id; every id must be known."""
    if not selection.ids:
        return [] if selection.name is None else [selection.name]
    letters = await bench.store.dead_letters(selection, limit=len(selection.ids))
    require(selection.ids, (letter.id for letter in letters), "dead letter")
    return [letter.destination for letter in letters]


def _skipping(settings: Settings) -> frozenset[str]:
    return frozenset(
        name for name, each in settings.destinations.items() if each.superseded == "skip"
    )


def _letter_json(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "destination": letter.destination,
        "subject": letter.subject,
        "event_id": letter.event_id,
        "event_type": letter.event_type,
        "reason": letter.reason,
        "detail": letter.detail,
        "status": letter.status,
        "attempts": letter.attempts,
        "mapping": letter.mapping,
        "dead_at": rfc3339(letter.dead_at),
    }


LIST = Operation(
    name="dead-letters list",
    method="GET",
    path="/dead-letters",
    summary="The newest deliveries that were given up",
    params=DeadLetterList,
    run=_list,
)
SHOW = Operation(
    name="dead-letters show",
    method="GET",
    path="/dead-letters/{id}",
    summary="One dead letter with its event and what the vendor answered",
    params=IdParams,
    run=_show,
)
RETRY = Operation(
    name="dead-letters retry",
    method="POST",
    path="/dead-letters/retry",
    summary="Owe dead letters again; one that a newer state has replaced is superseded instead",
    params=DeadLetterChoice,
    run=_retry,
    changes=True,
)
DISCARD = Operation(
    name="dead-letters discard",
    method="POST",
    path="/dead-letters/discard",
    summary="Remove dead letters for good",
    params=DeadLetterChoice,
    run=_discard,
    changes=True,
)
OPERATIONS = (LIST, SHOW, RETRY, DISCARD)
