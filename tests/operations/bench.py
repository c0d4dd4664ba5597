"""A bench for operations: the real store, settings made by hand, a running gateway on request."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from marshmallow import Schema

from gateway.mapping.destination import Clock, DestinationMapping, Settlement
from gateway.mapping.source import SourceMapping
from gateway.model.agent import RosterEntry
from gateway.model.event import EventType
from gateway.settings import (
    AdminSettings,
    AgentsSettings,
    DestinationAuth,
    DestinationSettings,
    ServerSettings,
    Settings,
    SourceAuth,
    SourceSettings,
    StoreSettings,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

SOURCE = SourceMapping(
    name="acme_feed",
    version="1",
    platform="acme",
    options=Schema,
    split=lambda _content, _options: [],
    translate=lambda _record, _options, _at: [],
)
DESTINATION = DestinationMapping(
    name="acme_wfm",
    version="2",
    clock=Clock.RECEIPT,
    events=frozenset({EventType.STATE}),
    options=Schema,
    step=lambda _events, memory, _answer, _options: Settlement(None, memory),
)


def destination(name, superseded="skip", url="https://user:pw@wfm.example.com/in?key=s3cret"):
    return DestinationSettings(
        name=name,
        mapping=DESTINATION,
        url=url,
        auth=DestinationAuth(),
        options={},
        events=DESTINATION.events,
        sources=None,
        include=frozenset(),
        identify_by=("wfm_id", "id"),
        superseded=superseded,
        stale_after=None,
    )


def settings(path: Path) -> Settings:
    return Settings(
        server=ServerSettings(),
        admin=AdminSettings(),
        store=StoreSettings(path=path),
        sources={"acme": SourceSettings("acme", SOURCE, SourceAuth("none"), {})},
        agents=AgentsSettings(),
        destinations={
            "skipping": destination("skipping"),
            "sending": destination("sending", superseded="send"),
        },
        path=path.with_name("gateway.yaml"),
    )


@dataclass
class Roster:
    ids: dict = field(default_factory=dict)

    def entry(self, source, agent_id):
        wfm_id = self.ids.get((source, agent_id))
        return RosterEntry(source, agent_id, wfm_id, name="Ada") if wfm_id else None


@dataclass
class Running:
    """What a running gateway would be asked."""

    offered: list = field(default_factory=list)
    woken: int = 0
    paused: set = field(default_factory=set)
    raised: list = field(default_factory=list)

    def destination_health(self, name):
        return {"circuit": "closed", "paused": name in self.paused, "backlog": 0}

    def source_health(self, name):
        return {"last_event_at": f"{name} was heard"}

    def standing_alarms(self):
        return self.raised

    def offer(self, deliveries):
        self.offered.extend(deliveries)

    def wake_translator(self):
        self.woken += 1

    async def pause(self, destination):
        self.paused.add(destination)

    async def resume(self, destination):
        self.paused.discard(destination)
