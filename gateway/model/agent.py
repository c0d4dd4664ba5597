"""Agents in the vendor-neutral schema: status, reason, contacts, identity, what is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.model.values import Word, quick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Status(Word):
    """The status of an agent, in the words of the neutral schema."""

    LOGGED_OUT = "logged_out"
    READY = "ready"
    RESERVED = "reserved"
    BUSY = "busy"
    AFTER_CALL_WORK = "after_call_work"
    NOT_READY = "not_ready"
    UNKNOWN = "unknown"


class Phase(Word):
    """Where a contact is with the agent who holds it."""

    OFFERED = "offered"
    ACTIVE = "active"
    WRAP_UP = "wrap_up"
    UNKNOWN = "unknown"


class TimeSource(Word):
    """How the time of an event is known."""

    PLATFORM = "platform"
    COLLATED = "collated"
    RECEIVED = "received"


class Basis(Word):
    """From what the gateway concluded an event that the platform did not tell."""

    ACTIVITY = "activity"
    FIRST_SEEN = "first_seen"
    SESSION = "session"
    GHOST = "ghost"
    SNAPSHOT = "snapshot"


@quick
@dataclass(frozen=True, slots=True)
class Named:
    """Something with an id and a name, either of which may be unknown: a queue, a team."""

    id: str | None = None
    name: str | None = None


def named_from(raw: Mapping[str, str | None] | None) -> Named | None:
    """Read what JSON has of something named, `None` where nothing is known of it."""
    return Named(**raw) if raw else None


@quick
@dataclass(frozen=True, slots=True)
class Reason:
    """Why an agent has a status, as the platform has it."""

    code: str | None = None
    label: str | None = None


@quick
@dataclass(frozen=True, slots=True)
class Identity:
    """Who an agent is, as far as the platform told. *id* is the platform's own, exact."""

    id: str
    platform: str
    account_id: str | None = None
    workspace_id: str | None = None
    external_id: str | None = None
    username: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    role: str | None = None
    team: Named | None = None
    department: Named | None = None
    manager: str | None = None
    location: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Contact:
    """A contact that an agent holds now. *since* is when its phase began."""

    id: str | None
    reservation_id: str | None = None
    channel: str | None = None
    direction: str | None = None
    phase: Phase = Phase.UNKNOWN
    queue: Named | None = None
    workflow_id: str | None = None
    offered_at: datetime | None = None
    since: datetime | None = None
    native_status: str | None = None
    task_status: str | None = None

    @property
    def key(self) -> str | None:
        """What tells this contact from the others of the agent."""
        return self.reservation_id or self.id


@quick
@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of an agent: *capacity* is a count, *free_percent* 0 to 100."""

    id: str | None
    channel_id: str | None = None
    name: str | None = None
    available: bool | None = None
    capacity: int | None = None
    free_percent: float | None = None
    capacity_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """What `agents.files` say of one agent of one source."""

    source: str
    agent_id: str
    wfm_id: str
    name: str | None = None
    email: str | None = None
    team: str | None = None


IDENTIFYING = (
    "email",
    "username",
    "external_id",
    "id",
    "name",
    "phone",
    "role",
    "manager",
    "location",
)
"""What `agents.wfm_id_from` may name, beside ``attributes.…``."""

ATTRIBUTES = "attributes."


def wfm_id_of(
    identity: Identity, roster: RosterEntry | None, wfm_id_from: Sequence[str]
) -> str | None:
    """Return the agent's WFM id: the roster's word, else the first of *wfm_id_from* that the
    platform has told.
    """
    if roster is not None and roster.wfm_id:
        return roster.wfm_id
    for name in wfm_id_from:
        told = _told(identity, name)
        if told:
            return told
    return None


def _told(identity: Identity, name: str) -> str | None:
    plain = name.removeprefix(ATTRIBUTES)
    if plain is not name:
        told = dict(identity.attributes).get(plain)
        if told is not None or plain not in IDENTIFYING:
            return told
    value: str | None = getattr(identity, plain)
    return value


@quick
@dataclass(frozen=True, slots=True)
class Snapshot:
    """A status with its reason, beginning, and what is asked for next: what an event tells."""

    status: Status = Status.UNKNOWN
    reason: Reason = field(default_factory=Reason)
    since: datetime | None = None
    next: Status | None = None


JsonObject = dict[str, Any]
