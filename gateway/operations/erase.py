"""A person erased, on their request: everywhere where the store tells of them."""

from __future__ import annotations

import asyncio
import json
import re
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from gateway.engine.customers import words_of_customer
from gateway.engine.erasing import Erasing
from gateway.model.errors import OperationError
from gateway.operations.explain import key_of
from gateway.operations.params import EraseParams
from gateway.operations.schemas import event_schema
from gateway.operations.table import Bench, Operation
from gateway.pipeline.person import SHORTEST, SHORTEST_NUMBER, Person, is_telling, names_somebody
from gateway.pipeline.track import KnownAgent, customer_id

if TYPE_CHECKING:
    from collections.abc import Iterable

Params = dict[str, Any]

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.05
COUNTED = (
    "receipts",
    "receipts_masked",
    "receipts_lost",
    "events",
    "events_masked",
    "deliveries",
    "dead_letters",
    "dead_letters_masked",
    "quarantine",
    "outcomes_masked",
    "agents",
    "agents_masked",
    "agent_states",
    "agent_states_masked",
    "badges",
    "went_by",
    "lanes",
    "lanes_masked",
    "alarms",
    "alarms_masked",
    "contacts",
    "contacts_masked",
    "conversations",
    "audit_masked",
    "ledger_agents",
    "ledger_glimpses",
    "ledger_contacts",
    "ledger_contacts_masked",
    "filed_masked",
)
"""What is counted, by table: rows that go, and rows that stay without the person (*masked*)."""


async def _erase(bench: Bench, params: Params) -> dict[str, Any]:
    is_real = not params["dry_run"]
    person, identities = await _person(bench, params)
    erasing = Erasing(bench.store, bench.settings.sources, person, identities, is_real=is_real)
    if bench.live is None or not is_real:
        await erasing.forget(with_untranslated=bench.live is None)
    else:
        await _caught_up(bench)
        await bench.live.forgetting(person.key, partial(_forgotten, erasing))
    await erasing.run(bench.live)
    told = {name: erasing.counts[name] for name in COUNTED}
    left = await bench.store.scrub(_spelled(person)) if is_real else None
    kept = list(bench.store.set_aside_before())
    return {"dry_run": not is_real} | told | {"left": left, "set_aside": kept}


async def _forgotten(erasing: Erasing) -> Iterable[str]:
    await erasing.forget(with_untranslated=False)
    return erasing.changed_agents


async def _caught_up(bench: Bench) -> None:
    """Wait until what has been received is translated: it is the person's too."""
    newest = bench.store.newest().receipt
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await bench.store.waiting_sources(newest):  # noqa: ASYNC110 - a row has no event
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise OperationError(
            "there is much to be translated that may tell of the person; try again later"
        ) from None


async def _person(bench: Bench, params: Params) -> tuple[Person, set[str]]:
    """Return who is meant, and what they may go by at the vendors."""
    if params["customer"] is not None:
        return await _customer(bench, params["customer"]), set()
    key = await _key(bench, params["agent"], params["source"])
    source, _, agent_id = key.partition(":")
    known = (await bench.store.known_agents([key])).get(key)
    names: dict[str, str | None] = {}
    if known is not None:
        told = KnownAgent.from_json(known).identity
        names = {
            name: getattr(told, name)
            for name in ("external_id", "username", "name", "email", "phone")
        }
    entry = bench.roster.entry(source, agent_id) if bench.roster else None
    words = [*names.values(), *((entry.name, entry.email) if entry else ())]
    identities = {key, agent_id, *names.values(), entry.wfm_id if entry else None} - {None}
    telling = [each for each in words if each and names_somebody(each) and not _is_of_events(each)]
    several = tuple(dict.fromkeys((agent_id, key, *telling)))
    return Person(several, source, agent_id), {str(each) for each in identities}


@cache
def _words_of_events() -> frozenset[str]:
    """Return the words in which events are told, whoever they are about."""
    schema = json.dumps(event_schema()).casefold()
    return frozenset(re.findall(r"[a-z][\w./:+-]*", schema))


def _is_of_events(word: str) -> bool:
    return word.strip().casefold() in _words_of_events()


async def _customer(bench: Bench, word: str) -> Person:
    """Return a customer: by the word, by what contacts tell of whom it names, and by the keyed
    hashes of all of that, as contacts are told with them.
    """
    if not is_telling(word) or _is_of_events(word):
        raise OperationError(
            f"that may be anybody: give at least {SHORTEST} characters, "
            f"of a number {SHORTEST_NUMBER} digits, and no word in which events are told"
        )
    key = await bench.store.own_key("customer")
    named = Person((word, customer_id(word, key)))
    told = await words_of_customer(bench.store, named)
    # Whoever gives such a word for a name has nobody else's contacts erased.
    words = [each for each in told if not _is_of_events(each)]
    return Person(tuple(dict.fromkeys([*words, *(customer_id(each, key) for each in words)])))


async def _key(bench: Bench, asked: str, source: str | None) -> str:
    """Return the agent's key; one is taken at its word, the agent need not be known any more."""
    owner, colon, agent_id = asked.partition(":")
    if colon and agent_id and owner in {each.keys_of for each in bench.settings.sources.values()}:
        return asked
    return await key_of(bench, asked, source, bench.now())


def _spelled(person: Person) -> list[bytes]:
    return [each.encode("utf-8", "surrogatepass") for each in person.telling]


ERASE = Operation(
    name="erase",
    method="POST",
    path="/erase",
    summary="Take everything out of the store that tells of an agent, or of a customer",
    params=EraseParams,
    run=_erase,
    changes=True,
    masked=frozenset({"agent", "customer"}),
)
OPERATIONS = (ERASE,)
