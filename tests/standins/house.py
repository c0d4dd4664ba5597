"""A store with the installed mappings, and what the gateway would do with what it receives."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.config.load import load
from gateway.engine.replay import Replay, Wanted
from gateway.flow import Known, Routing, accept, fan_out
from gateway.mapping.registry import installed
from gateway.model.agent import RosterEntry
from gateway.model.badge import Badges
from gateway.model.delivery import Delivered
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.operations import Bench
from gateway.pipeline.read import Readings
from gateway.pipeline.track import KnownAgent
from gateway.ports import Recorded
from gateway.settings import Settings
from gateway.store.sqlite import SqliteStore, open_store
from tests.acceptance.flex import envelope, record

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BOARD = "options: {authentication_key: made-up-key, source_id: '1'}"
CONFIG = """
server: {{port: 0}}
store: {{path: gateway.db}}
agents: {{unmapped: {unmapped}}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}, statuses: {flex}, accounts: {accounts}}}
  engage: {{type: ringcentral, auth: {{type: none}}, timezone: UTC, statuses: {engage}}}
destinations:
  history: {{mapping: cloudevents, url: "http://127.0.0.1:9/"}}
  states: {{mapping: cloudevents, url: "http://127.0.0.1:9/", events: [agent.state]}}
  board: {{mapping: calabrio_rta_json, url: "http://127.0.0.1:9/", {board}}}
"""


@dataclass
class Roster:
    """Who is named: (source, id) to WFM id and email."""

    named: dict = field(default_factory=dict)

    def entry(self, source, agent_id):
        found = self.named.get((source, agent_id))
        return RosterEntry(source, agent_id, found[0], email=found[1]) if found else None


@dataclass
class House:
    """A store, and what the gateway would do with what it receives."""

    folder: Path
    settings: Settings | None = None
    store: SqliteStore | None = None
    now: datetime = START
    told: list = field(default_factory=list)
    offered: list = field(default_factory=list)
    roster: Roster = field(default_factory=Roster)
    badges: Badges = field(default_factory=Badges)
    wfm_id_from: tuple = ()

    def configure(self, *, flex=None, engage=None, accounts=(), unmapped="forward"):
        path = self.folder / "gateway.yaml"
        words = {"flex": flex or {}, "engage": engage or {}, "accounts": list(accounts)}
        words["unmapped"] = unmapped
        text = {name: json.dumps(value) for name, value in words.items()}
        path.write_text(CONFIG.format(board=BOARD, **text))
        self.settings = load(path, installed(), {})

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder, **configured):
        """A configured house with its store, which is closed in the end."""
        house = cls(folder)
        house.configure(**configured)
        await house.open()
        yield house
        await house.store.close()

    async def open(self):
        if self.store is not None:
            await self.store.close()
        self.store = open_store(self.folder / "gateway.db", now=lambda: self.now)

    async def receive(self, body, *, at=None, source="flex", translates=True):
        headers = (("content-type", "application/json"),)
        at = at or self.now
        receipt = Receipt(source, at, "POST", headers, "", body)
        accepted = await accept(
            VerifiedReceipt(receipt), self.settings.sources[source], self.store, Readings()
        )
        if translates:
            await self.translate()
        return accepted.receipt

    async def translate(self):
        while self.store.untranslated_count():
            claimed = await self.store.untranslated(256)
            known = await self.store.known_agents(await self.store.agent_keys())
            agents = {key: KnownAgent.from_json(text) for key, text in known.items()}
            routing = Routing(
                tuple(self.settings.destinations.values()),
                self.settings.agents.unmapped,
                self.roster,
                self.wfm_id_from,
                self.badges,
            )
            fanned = []
            for each in claimed:
                source = self.settings.sources[each.verified.receipt.source]
                fanned.append(fan_out(each, None, source, routing, Known(agents)).finished)
            self.offered += await self.store.finish(fanned)

    async def pictures(self, *minutes, agent=1):
        """Receive a picture of an agent for each of these minutes, as they happen."""
        for minute in minutes:
            self.now = START + minute * MINUTE
            await self.receive(envelope(picture(minute, agent=agent)))

    def replaying(self, *, offer, is_awaited=lambda: True, pause=asyncio.sleep, **wanted):
        return Replay(
            self.store,
            self.settings,
            self.roster,
            self.badges,
            Wanted(**wanted),
            offer=offer,
            is_awaited=is_awaited,
            pause=pause,
        )

    async def replay(self, **wanted):
        """Replay, tell into `told`, and return the report."""
        replay = self.replaying(offer=self.told.extend, **{"rate": 1e6} | wanted)
        return (await replay.run()).json()

    def limit(self, name, **changes):
        """Change a destination's settings."""
        changed = replace(self.settings.destinations[name], **changes)
        destinations = self.settings.destinations | {name: changed}
        self.settings = replace(self.settings, destinations=destinations)

    async def deliver(self, name, several):
        """Have a destination take so many of what it is owed; return them."""
        claimed = await self.store.claim(name, lanes=several, depth=several, busy=frozenset())
        taken = [each for lane in claimed for each in lane.deliveries][:several]
        await self.store.record([Recorded(each, Delivered(), self.now, "m 1") for each in taken])
        return taken

    def bench(self, live=None):
        badges = None if live is None else self.badges
        return Bench(self.store, self.settings, live, lambda: self.now, self.roster, badges)

    async def forget(self, until):
        while await self.store.prune(until, timedelta(0)):
            pass


def picture(minute, *, agent=1, name=None, **more):
    """Return the picture of an agent at a minute: each in a new activity."""
    at = (START + minute * MINUTE).isoformat().replace("+00:00", "Z")
    told = record(agent, minute, name=name)
    told["worker"]["date_activity_updated"] = at
    return told | {"date_last_processed_event": at} | more


def said(minute, state, before, **more):
    """Return a change of RingCentral's."""
    at = START + minute * MINUTE
    told = {
        "agent_id": "861",
        "agent_login_id": "17",
        "account_id": "15300002",
        "date_time": f"{at:%Y-%m-%d %H:%M:%S}",
        "event_type": state,
        "prev_state": before,
        "prev_aux_state": "",
        "event_aux_type": "",
        "pending_disp": "0",
        "duration": "60",
    }
    return json.dumps(told | more).encode()
