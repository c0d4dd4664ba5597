"""Make a store in which much is owed, through the gateway's own intake, translator and store.

The agents' pictures come in requests of 500 records, each agent's in order; every record is
a new state, so that with the login *states* records of an agent are *states* + 1 deliveries at
each destination that wants both.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.config.load import load
from gateway.config.roster import RosterFiles
from gateway.engine.intake import JournalIntake
from gateway.engine.translator import Translator
from gateway.flow import Routing
from gateway.mapping.registry import installed
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.pipeline.read import Readings
from gateway.store.sqlite import open_store
from gateway.telemetry.metrics import Metrics, SourceHealth
from tests.acceptance.flex import NAMES, envelope, written

if TYPE_CHECKING:
    from gateway.settings import Settings

SOURCE = "flex"
RECORDS = 500


def picture(agent: int, name: str, at: datetime) -> dict:
    """Return what the platform tells of an agent at one moment."""
    return {
        "worker": {
            "sid": f"WK{agent:032x}",
            "activity_sid": f"WA{NAMES.index(name):032x}",
            "activity_name": name,
            "date_activity_updated": written(at),
        },
        "channels": None,
        "account_sid": f"AC{1:032x}",
        "workspace_sid": f"WS{1:032x}",
        "last_processed_event_sid": f"EV{agent:016x}{int(at.timestamp() * 1000):016x}",
        "date_last_processed_event": written(at),
    }


def pictures(agents: int, states: int, over: timedelta) -> Iterator[dict]:
    """Yield the records of everybody, spread over the time that has just passed."""
    start = datetime.now(UTC) - over
    for number in range(states):
        at = start + over * (number / states)
        for agent in range(agents):
            yield picture(agent, NAMES[number % len(NAMES)], at)


def owe(config: Path, *, agents: int, states: int, over: timedelta = timedelta(hours=1)) -> int:
    """Fill the store that the configuration names; return how many deliveries it owes."""
    settings = load(config, installed(), os.environ)
    return asyncio.run(_owe(settings, pictures(agents, states, over)))


async def _owe(settings: Settings, records: Iterator[dict]) -> int:
    store = open_store(settings.store.path, now=lambda: datetime.now(UTC))
    readings, metrics, health = Readings(), Metrics(), {SOURCE: SourceHealth()}
    intake = JournalIntake(
        store, settings.sources, readings=readings, metrics=metrics, health=health
    )
    routing = Routing(
        tuple(settings.destinations.values()),
        settings.agents.unmapped,
        RosterFiles(settings.agents.files),
    )
    translator = Translator(
        store,
        settings.sources,
        routing=lambda: routing,
        readings=readings,
        offer=lambda _deliveries: None,
        metrics=metrics,
        health=health,
    )
    translating = asyncio.ensure_future(translator.run())
    while several := list(islice(records, RECORDS)):
        at = datetime.fromisoformat(several[0]["date_last_processed_event"])
        headers = (("content-type", "application/json"),)
        receipt = Receipt(SOURCE, at, "POST", headers, "", envelope(*several))
        await intake.accept(VerifiedReceipt(receipt))
        while store.untranslated_count() > 2:  # noqa: ASYNC110 - the translator works
            await asyncio.sleep(0.001)
    while store.untranslated_count():  # noqa: ASYNC110 - likewise
        await asyncio.sleep(0.01)
    translating.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await translating
    owed = [await store.backlog(name) for name in settings.destinations]
    await store.close()
    return sum(each.pending for each in owed)
