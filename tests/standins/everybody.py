"""A floor of agents for tests of snapshots: who they are, how they are, who was heard."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.engine.standings import Feeds, StandingsReader
from gateway.mapping import (
    Answer,
    EventType,
    Judgement,
    MappingError,
    Request,
    SnapshotMapping,
    Standing,
    Told,
    Verdict,
)
from gateway.model.agent import Identity, Reason, RosterEntry, Snapshot, Status
from gateway.model.badge import Badges
from gateway.pipeline.track import KnownAgent
from gateway.settings import AgentsSettings, SnapshotSettings, SourceAuth, SourceSettings
from gateway.telemetry.metrics import SourceHealth
from tests.standins.delivery import MAPPING, Bench, delivering, event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from gateway.model.outgoing import OutgoingRequest

HEARD = "2026-03-02T12:00:00.000Z"


def _standing(told: Told, _options: Any) -> Standing:
    status = told.data["status"]
    if status == "reserved":
        raise MappingError("no words for reserved")
    if told.type == EventType.LOGOUT:
        status = "gone"
    part = json.dumps([told.identity, status]).encode()
    return Standing((told.identity, status), part, status not in ("logged_out", "gone"))


def _request(standings: Sequence[Standing], _at: datetime, options: Any) -> Request:
    if options.get("no_snapshot"):
        raise MappingError("no words for a snapshot")
    body = {"snapshot": dict(each.item for each in standings if each.is_in)}
    return Request(json.dumps(body).encode(), "application/json", ())


def _judge(answer: Answer, _options: Any) -> Judgement | None:
    return Judgement(Verdict.PERMANENT, "no") if answer.status == 418 else None


TELLING = SnapshotMapping(
    standing=_standing, request=_request, judge=_judge, floor=lambda _options: "1"
)
EVERYBODY = replace(
    MAPPING,
    snapshot=TELLING,
    collapsing=frozenset({EventType.STATE, EventType.LOGIN, EventType.LOGOUT}),
)


@dataclass
class Listed:
    """A roster."""

    entries: dict[str, RosterEntry] = field(default_factory=dict)

    def add(self, *agents: str, wfm_id: str = "") -> None:
        for each in agents:
            self.entries[each] = RosterEntry("flex", each, wfm_id)

    def entry(self, _source: str, agent_id: str) -> RosterEntry | None:
        return self.entries.get(agent_id)

    def agents_of(self, source: str) -> Sequence[RosterEntry]:
        return list(self.entries.values()) if source == "flex" else []


@dataclass
class Floor:
    """A running destination with agents behind it."""

    bench: Bench
    roster: Listed
    health: dict[str, SourceHealth]
    names: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    known: dict[str, Snapshot] = field(default_factory=dict)

    async def becomes(self, agent: str, status: str, *, offer: bool = True, **known: Any) -> str:
        """An agent takes a state from now on, and the destination is owed it."""
        event_id = f"s{next(self.names):04}"
        now = self.bench.clock.now()
        state = Snapshot(Status(status), Reason(known.get("reason")), known.get("since", now))
        before = self.known.get(agent)
        known_now = KnownAgent(Identity(agent, "flex"), state, before)
        self.known[agent] = state
        agents = {f"flex:{agent}": known_now.to_json()}
        told = event(event_id, agent, EventType.STATE, now, status=status)
        if "lane" in known:
            told = replace(told, data=told.data | {"agent": {"id": known["lane"], "wfm_id": None}})
        await self.bench.owe(told, offer=offer, agents=agents)
        return event_id

    async def all_become(self, status: str, *agents: str) -> list[str]:
        return [await self.becomes(each, status) for each in agents]

    async def quiet(self) -> None:
        """Let everything happen that can: a snapshot takes many steps in the store."""
        for _ in range(6):
            await self.bench.quiet()

    async def advance(self, **by: float) -> None:
        await self.quiet()
        self.bench.clock.advance(timedelta(**by))
        await self.quiet()

    async def resync(self, *, force: bool = False) -> Any:
        return await self.bench.destination.snapshots.resync(force=force)

    async def obstacles(self) -> list[str]:
        prepared = await self.bench.destination.snapshots.prepare()
        return prepared.floor.obstacles(force=False)

    @property
    def snapshots(self) -> list[dict[str, str]]:
        """The snapshots sent."""
        return [told_by(each) for each in self.bench.wire.sent if is_snapshot(each)]

    @property
    def others(self) -> list[str]:
        """The ids of the events told otherwise."""
        sent = [each for each in self.bench.wire.sent if not is_snapshot(each)]
        return [item["id"] for each in sent for item in json.loads(each.body)]

    def counted(self, outcome: str) -> float:
        labels = {"destination": "wfm", "outcome": outcome}
        name = "gateway_snapshots_total"
        return self.bench.metrics.registry.get_sample_value(name, labels) or 0.0


def is_snapshot(request: OutgoingRequest) -> bool:
    return request.body.startswith(b'{"snapshot"')


def told_by(request: OutgoingRequest) -> dict[str, str]:
    found: dict[str, str] = json.loads(request.body)["snapshot"]
    return found


@contextlib.asynccontextmanager
async def floor_of(path: Path, *agents: str, **changes: Any) -> AsyncIterator[Floor]:
    """Run a destination that is told of *agents*, all of them listed and none known yet.

    *changes* are fields of `Bench` or of its settings; *unmapped* and *expect_every* as well, and
    sources *beside* that tell of the same agents.
    """
    roster, health = Listed(), {"flex": SourceHealth(last_receipt_at=HEARD, receipts=1)}
    roster.add(*agents)
    unmapped, expect = changes.pop("unmapped", "forward"), changes.pop("expect_every", None)
    source = SourceSettings("flex", None, SourceAuth("none"), {}, expect_every=expect)
    beside = {
        each: SourceSettings(each, None, SourceAuth("none"), {}, agents_of="flex")
        for each in changes.pop("beside", ())
    }

    def standings(bench: Bench) -> StandingsReader:
        feeds = Feeds({"flex": source} | beside, health)
        agents = AgentsSettings(unmapped=unmapped)
        return StandingsReader(bench.ledger, feeds, roster, Badges(), lambda: agents)

    every = changes.pop("every", None)
    plan = SnapshotSettings(every, changes.pop("after_outage", False))
    defaults = {
        "mapping": EVERYBODY,
        "options": {"parts": True},
        "snapshot": plan if plan != SnapshotSettings() else None,
        "timeout": timedelta(seconds=1),
        "standings": standings,
    }
    async with delivering(path, **(defaults | changes)) as bench:
        yield Floor(bench, roster, health)
