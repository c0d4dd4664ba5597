"""The settings as the rest of the gateway sees them: one frozen dataclass for each section."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from gateway.model.event import EventType
from gateway.model.rate import RateLimit

if TYPE_CHECKING:
    from gateway.mapping.authenticity import AuthenticityCheck
    from gateway.mapping.destination import DestinationMapping
    from gateway.mapping.files import FileMapping
    from gateway.mapping.source import SourceMapping
    from gateway.mapping.states import StateTable
    from gateway.model.secret import Secret

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class ServerTls:
    """Certificate chain and private key of the public listener, as PEM files."""

    certificate: Path
    private_key: Path


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The public listener."""

    host: str = "127.0.0.1"
    port: int = 8080
    max_body_bytes: int = 5 * 1024**2
    max_connections: int = 1000
    max_inflight_bytes: int = 64 * 1024**2
    shutdown_grace: timedelta = timedelta(seconds=20)
    proxies: tuple[Network, ...] = ()
    tls: ServerTls | None = None


@dataclass(frozen=True, slots=True)
class AdminAuth:
    """Who may use the admin listener. *jwt_options* are those of the `jwt` check."""

    type: Literal["none", "token", "jwt"] = "none"
    token: tuple[Secret, ...] = ()
    jwt_options: Any = None


@dataclass(frozen=True, slots=True)
class AdminSettings:
    """The admin listener."""

    host: str = "127.0.0.1"
    port: int = 8081
    auth: AdminAuth = field(default_factory=AdminAuth)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The durable store. *max_disk* is in bytes; *max_dead_letters* and *max_held* count for each
    destination, *max_quarantine* for all sources together.
    """

    engine: Literal["sqlite"] = "sqlite"
    path: Path = Path("var/gateway.db")
    retention: timedelta = timedelta(hours=72)
    max_untranslated: int = 100_000
    max_disk: int = 10 * 1024**3
    max_quarantine: int = 100_000
    max_dead_letters: int = 100_000
    max_held: int = 200_000


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """The books that figures are made of: how long what stands in them is kept."""

    retention: timedelta = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class IntervalSettings:
    """How intervals are cut unless somebody asks otherwise, and what counts in them.

    An interval is closed *grace* after its end: what comes later corrects it.
    """

    minutes: Literal[15, 30, 60] = 15
    timezone: str = "UTC"
    booked_by: Literal["arrival", "end"] = "arrival"
    grace: timedelta = timedelta(minutes=30)
    service_level: timedelta = timedelta(seconds=20)
    short_abandon: timedelta = timedelta(seconds=5)

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose clock cuts them."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class SourceAuth:
    """How a source's senders show that they may come in.

    *check* `None` is `none`. *options* is what the check's schema loaded. *usable* is false
    where every credential is empty: then the source answers 503.
    """

    type: str
    check: AuthenticityCheck | None = None
    options: Any = None
    allow_from: tuple[Network, ...] = ()
    usable: bool = True


@dataclass(frozen=True, slots=True)
class ReconcileSettings:
    """When the platform is asked how everybody stands, and how fast."""

    every: timedelta = timedelta(minutes=15)
    at_start: bool = True
    after_gap: bool = True
    rate_limit: RateLimit = field(default_factory=lambda: RateLimit(10, timedelta(seconds=1)))
    timeout: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One source. *options* is what the mapping's schema loaded of the source's own keys.

    What is alarming, each off where `None`: *expect_every*, silence of the source while an agent
    is logged in; *ghost_after*, silence of an agent who is logged in; *wrap_up_limit*, after-call
    work.

    *agents_of* is another source whose agents these are. *fills*: its word on states counts only
    where no other source has told of the agent; `None`: no other one does. *reconcile* `None`: its
    platform is not asked.
    """

    name: str
    mapping: SourceMapping
    auth: SourceAuth
    options: Any
    accounts: frozenset[str] = frozenset()
    expect_every: timedelta | None = None
    ghost_after: timedelta | None = None
    wrap_up_limit: timedelta | None = None
    agents_of: str | None = None
    fills: bool | None = None
    reconcile: ReconcileSettings | None = None

    @property
    def keys_of(self) -> str:
        """The source under whose name its agents go."""
        return self.agents_of or self.name


@dataclass(frozen=True, slots=True)
class AgentsSettings:
    """Who the agents are to the vendors: what *files* say, else the first of *wfm_id_from* that
    the platform tells.
    """

    files: tuple[Path, ...] = ()
    wfm_id_from: tuple[str, ...] = ()
    unmapped: Literal["forward", "hold", "drop"] = "forward"


@dataclass(frozen=True, slots=True)
class DestinationAuth:
    """What is sent to a vendor to be let in. *headers* are ready to send, values secret."""

    type: Literal["none", "header", "basic", "bearer"] = "none"
    headers: tuple[tuple[str, Secret], ...] = ()


@dataclass(frozen=True, slots=True)
class ClientTls:
    """TLS towards a vendor, as PEM files: its authority, our certificate and key."""

    ca: Path | None = None
    certificate: Path | None = None
    private_key: Path | None = None


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """When a failed delivery is tried again, and when it is given up."""

    first: timedelta = timedelta(milliseconds=500)
    max: timedelta = timedelta(seconds=60)
    give_up_after: timedelta = timedelta(hours=24)
    suspect_after: int = 10


@dataclass(frozen=True, slots=True)
class CircuitSettings:
    """When a destination counts as down: failures of that many distinct agents in a row."""

    failures: int = 5
    probe_after: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How many events a request carries at most, and how long one waits for company."""

    max_events: int
    max_wait: timedelta


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """When a vendor is told of everybody at once: in which interval, and after it was away."""

    every: timedelta | None = None
    after_outage: bool = False


INCLUDABLE = ("agent_contact", "customer", "recording", "notes", "attributes")
IDENTIFIERS = ("wfm_id", "external_id", "id", "email", "username")


@dataclass(frozen=True, slots=True)
class DestinationSettings:
    """One destination. *options* is what the mapping's schema loaded of `options`.

    *sources* `None` means all. *superseded* and *stale_after* are already resolved by the
    mapping's clock (`stale_after` `None` is off). *filled_in* are the texts among the options
    that came from the environment or a file: secret, for all we know. *states*: the table of the
    vendor's codes, where it takes any.
    """

    name: str
    mapping: DestinationMapping
    url: str
    auth: DestinationAuth
    options: Any
    events: frozenset[EventType]
    sources: frozenset[str] | None
    include: frozenset[str]
    identify_by: tuple[str, ...]
    superseded: Literal["skip", "send"]
    stale_after: timedelta | None
    tls: ClientTls | None = None
    timeout: timedelta = timedelta(seconds=10)
    concurrency: int = 16
    rate_limit: RateLimit | None = None
    batch: BatchSettings | None = None
    retry: RetrySettings = field(default_factory=RetrySettings)
    circuit: CircuitSettings = field(default_factory=CircuitSettings)
    order: Literal["agent", "none"] = "agent"
    settle: timedelta = timedelta(0)
    filled_in: tuple[Secret, ...] = ()
    max_backlog: int = 200_000
    snapshot: SnapshotSettings | None = None
    states: StateTable | None = None


@dataclass(frozen=True, slots=True)
class FolderSettings:
    """Where files go: *path* on this machine, or on a *host* over SFTP (a path without a leading
    slash is from the user's home). *known_hosts* `None`: any host is believed.
    """

    path: str
    host: str | None = None
    port: int = 22
    username: str = ""
    password: Secret | None = None
    private_key: Path | None = None
    passphrase: Secret | None = None
    known_hosts: Path | None = None
    timeout: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class FileDestinationSettings:
    """One destination that gets files of intervals, all defaults resolved.

    *sources* `None` means all. A span is written *grace* after its end; where a source was not
    heard throughout, its files are marked or withheld (*incomplete*).
    """

    name: str
    mapping: FileMapping
    url: str
    folder: FolderSettings
    options: Any
    sources: frozenset[str] | None
    include: frozenset[str]
    identify_by: tuple[str, ...]
    minutes: int
    zone: tzinfo
    booked_by: Literal["arrival", "end"]
    grace: timedelta
    incomplete: Literal["mark", "withhold"]
    service_level: timedelta
    short_abandon: timedelta


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration. *files* are the destinations that get files, the others are told
    events. *warnings* are what `check` tells although it may start.
    """

    server: ServerSettings
    admin: AdminSettings
    store: StoreSettings
    sources: dict[str, SourceSettings]
    agents: AgentsSettings
    destinations: dict[str, DestinationSettings]
    path: Path
    warnings: tuple[str, ...] = ()
    ledger: LedgerSettings = field(default_factory=LedgerSettings)
    intervals: IntervalSettings = field(default_factory=IntervalSettings)
    files: dict[str, FileDestinationSettings] = field(default_factory=dict)
