"""What is told of a contact (a conversation's segment): its pieces, its customer, its overrides.

Times are the platform's, as read; durations are seconds. `None`: was not told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.model.agent import Identity, Named
from gateway.model.values import quick

if TYPE_CHECKING:
    from datetime import datetime

Texts = tuple[tuple[str, str], ...]
Numbers = tuple[tuple[str, float], ...]


class Outcome(StrEnum):
    """How a contact ended, in the words of the neutral schema."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    DEFLECTED = "deflected"
    MACHINE = "machine"
    NO_ANSWER = "no_answer"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class Step(StrEnum):
    """What happened to a contact.

    Of the whole of it: CREATED, QUEUED (came into a queue), TRANSFERRED (somebody sends it on),
    CANCELED, COMPLETED, GONE (the platform has deleted it), UPDATED (nothing but its attributes).
    Of one agent's share of it (a *reservation*): OFFERED, ACCEPTED, WRAP_UP, ENDED, and DECLINED:
    rejected, timed out, cancelled or withdrawn before it was accepted.
    """

    CREATED = "created"
    QUEUED = "queued"
    TRANSFERRED = "transferred"
    CANCELED = "canceled"
    COMPLETED = "completed"
    GONE = "gone"
    UPDATED = "updated"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    WRAP_UP = "wrap_up"
    ENDED = "ended"
    DECLINED = "declined"


@quick
@dataclass(frozen=True, slots=True)
class Customer:
    """The customer of a contact, as far as told. *external_id* is the operator's own id of them."""

    external_id: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    zip: str | None = None
    category: str | None = None
    attributes: Texts = ()
    labels: Texts = ()
    measures: Numbers = ()


@quick
@dataclass(frozen=True, slots=True)
class Overrides:
    """What attributes say in the place of what the events say. *outcome* is anybody's word."""

    channel: str | None = None
    direction: str | None = None
    queue: str | None = None
    workflow: str | None = None
    outcome: str | None = None
    team: Named | None = None
    abandoned: bool | None = None
    hold_seconds: float | None = None
    ivr_seconds: float | None = None
    recording_url: str | None = None


@quick
@dataclass(frozen=True, slots=True)
class Insights:
    """What the attributes of a contact say of it.

    *joins* are the names under which contacts of one conversation find each other, the best one
    for the conversation's own id first. *text*, *labels* and *measures* are told as the contact's
    `attributes`, by their names. *is_transfer*: an agent sent it here from another contact.
    """

    direction: str | None = None
    customer_address: str | None = None
    dialed_number: str | None = None
    joins: tuple[str, ...] = ()
    overrides: Overrides = field(default_factory=Overrides)
    customer: Customer | None = None
    text: Texts = ()
    labels: Texts = ()
    measures: Numbers = ()
    is_transfer: bool = False


@quick
@dataclass(frozen=True, slots=True)
class ContactPiece:
    """One thing that happened to a contact.

    *contact_id* is the platform's id of the whole contact, *reservation_id* of one agent's share.
    *insights* are those of its attributes at that moment, where the platform told any; they
    *count* only where the platform would take them at such an event.
    """

    contact_id: str
    step: Step
    at: datetime | None
    native_id: str | None = None
    account_id: str | None = None
    reservation_id: str | None = None
    agent: Identity | None = None
    channel: str | None = None
    queue: Named | None = None
    workflow: Named | None = None
    reason: str | None = None
    is_hang_up: bool = False
    insights: Insights | None = None
    counts: bool = False
