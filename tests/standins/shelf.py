"""A ledger in memory, a folder in memory, and a filer between them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.engine.files import Filer
from gateway.engine.files.figured import Scope
from gateway.engine.files.people import People
from gateway.figures import Options
from gateway.mapping.registry import installed
from gateway.model.agent import Named, Status
from gateway.model.badge import Badges
from gateway.model.errors import FolderError
from gateway.model.ledger import AgentEntry, ContactEntry, Heard, Mark
from gateway.settings import AgentsSettings, FileDestinationSettings, FolderSettings
from gateway.store.sqlite import open_store
from tests.figures.pages import MemoryPages
from tests.standins.delivery import HandClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def millis(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def contact(key: str, at: datetime, **more: Any) -> ContactEntry:
    """Return a call of one minute in the queue Support, answered by ann after ten seconds."""
    told: dict[str, Any] = {
        "source": "flex",
        "conversation": key,
        "outcome": "answered",
        "is_abandoned": False,
        "agent": "flex:ann",
        "channel": "voice",
        "direction": "inbound",
        "queue": Named("WQ1", "Support"),
        "started_at": millis(at),
        "ended_at": millis(at) + 70_000,
        "queue_seconds": 10.0,
        "talk_seconds": 60.0,
    }
    return ContactEntry(key=key, revision=1, **(told | more))


class MemoryFolder:
    """A folder whose disk the test fills; *files* are those that are there."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.put_so_far: list[str] = []
        self.problem: str | None = None

    async def put(self, files: Sequence[Any]) -> None:
        await asyncio.sleep(0)
        if self.problem is not None:
            raise FolderError(self.problem)
        for each in files:
            self.files[each.name] = each.content.decode()
            self.put_so_far.append(each.name)

    async def probe(self) -> str:
        return "in memory"

    async def close(self) -> None:
        """Nothing is held."""


class Nobody:
    """A roster that names nobody."""

    def entry(self, _source: str, _agent_id: str) -> None:
        return None

    def agents_of(self, _source: str) -> tuple[()]:
        return ()


def destination(mapping: str = "calabrio_interval_files", **more: Any) -> FileDestinationSettings:
    plugin = installed().files[mapping]
    options = {"queues": {"Support": 101}} if mapping == "calabrio_interval_files" else {}
    told: dict[str, Any] = {
        "name": "wfm",
        "mapping": plugin,
        "url": "file:///nowhere",
        "folder": FolderSettings("/nowhere"),
        "options": plugin.options().load(more.pop("options", options)),
        "sources": None,
        "include": frozenset(),
        "identify_by": ("wfm_id", "external_id", "id"),
        "minutes": 15,
        "zone": plugin.zone or UTC,
        "booked_by": "arrival",
        "grace": timedelta(minutes=5),
        "incomplete": "mark",
        "service_level": timedelta(seconds=20),
        "short_abandon": timedelta(seconds=5),
    }
    return FileDestinationSettings(**(told | more))


@dataclass
class Shelf:
    """What a test works with. *pages* is the ledger; the clock stands at *clock*."""

    place: Path
    settings: FileDestinationSettings = field(default_factory=destination)
    clock: HandClock = field(default_factory=lambda: HandClock(NINE))
    folder: MemoryFolder = field(default_factory=MemoryFolder)
    contacts: list[ContactEntry] = field(default_factory=list)
    agents: list[AgentEntry] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    retention: timedelta = timedelta(days=35)
    unmapped: str = "forward"
    sources: dict[str, str] = field(default_factory=lambda: {"flex": "flex"})
    reads: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hear(NINE - timedelta(days=40), NINE + timedelta(days=40))
        self.store: Any = None
        self.open()

    def open(self) -> None:
        """Open the store, and give it a ledger."""
        self.store = open_store(self.place / "gateway.db", now=self.clock.now)
        self.store.read_ledger = self._read
        self.start()

    async def _read(self, work: Any) -> Any:
        await asyncio.sleep(0)
        found = work(MemoryPages(self.agents, self.contacts, self.heard))
        self.reads.append(len(found))
        return found

    def hear(self, since: datetime, until: datetime) -> None:
        """Have the source heard for a while, and no longer than that."""
        self.heard[:] = [Heard("flex", millis(since), millis(until))]

    def start(self, **more: Any) -> None:
        """Begin anew, as after a restart or a reload."""
        self.settings = replace(self.settings, **more)
        settings = self.settings
        options = Options(settings.minutes, settings.zone, settings.booked_by)
        self.filer = Filer(
            settings,
            books=self.store,
            folder=self.folder,
            people=People(
                self.store, Nobody(), Badges(), lambda: AgentsSettings(unmapped=self.unmapped)
            ),
            scope=Scope(options, self.sources, settings.mapping.needs(settings.options)),
            retention=self.retention,
            clock=self.clock,
        )

    async def restart(self) -> None:
        """End, and begin anew on the same store."""
        await self.store.close()
        self.open()

    async def look(self, **forward: float) -> list[str]:
        """Let time pass, look, and return the names of the files that were put."""
        self.clock.advance(timedelta(**forward))
        before = len(self.folder.put_so_far)
        self.next_at = await self.filer.look()
        return self.folder.put_so_far[before:]

    def log_in(self, agent: str, at: datetime, status: Status = Status.READY) -> None:
        """Have somebody log in."""
        self.agents += [
            AgentEntry(f"flex:{agent}", millis(at), Mark.LOGIN, status),
            AgentEntry(f"flex:{agent}", millis(at), Mark.STATE, status),
        ]
