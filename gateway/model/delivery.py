"""A delivery: one event owed to one destination; its attempts and its outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.model.values import quick


class DeadReason(StrEnum):
    """Why a delivery became a dead letter."""

    PERMANENT = "permanent"
    GAVE_UP = "gave_up"
    SUSPECT = "suspect"
    RENDER = "render"
    OVERFLOW = "overflow"


@quick
@dataclass(frozen=True, slots=True)
class Delivery:
    """One event owed to one destination.

    *lane* is the agent as the vendor knows them (or the event alone where order is not kept).
    *identity* is how the vendor is told who it is, `None` where that is not known. *collapses*:
    a newer delivery of the lane that collapses too makes it superseded. *event* is the neutral
    event's JSON. *attempts* made so far; *due_at* when the next may be made (`None`: now);
    *first_failed_at* starts `give_up_after`; *failures_amid_success* counts failures between
    which other lanes of the destination succeeded.
    """

    seq: int
    event_id: str
    destination: str
    lane: str
    subject: str
    event_type: str
    event: bytes
    recorded_at: datetime
    identity: str | None = None
    collapses: bool = False
    attempts: int = 0
    failures_amid_success: int = 0
    due_at: datetime | None = None
    first_failed_at: datetime | None = None

    @property
    def idempotency_key(self) -> str:
        """Stable for the event and the destination; sent with every attempt."""
        return f"{self.event_id}:{self.destination}"


@quick
@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery that routing asks for, before the store gives it a place."""

    event_id: str
    destination: str
    lane: str
    identity: str | None
    collapses: bool
    held: str | None = None
    """Why it may not be sent yet (``unmapped``), or `None`."""


@quick
@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor answered: *status* 0 and *error* where there was no answer.

    *retry_after* is the raw header; *body* at most the first MiB.
    """

    status: int
    body: bytes = b""
    retry_after: str | None = None
    content_type: str = ""
    error: str | None = None


@quick
@dataclass(frozen=True, slots=True)
class Delivered:
    """The vendor has it; *status* is what it answered, where it was asked."""

    warning: str | None = None
    status: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """It would say just what was last delivered for the agent: not sent."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer state of the agent stands in for it: *by* is its event's id, or a few words."""

    by: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Stale:
    """Superseded, and older than `stale_after`."""

    by: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The vendor has no words for it."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The operator's configuration says that it is not told (`unmapped: drop`)."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Not sent until a roster change says who the agent is to the vendor."""

    reason: str


@dataclass(frozen=True, slots=True)
class RetryAt:
    """It failed and is tried again at *due_at*."""

    due_at: datetime
    detail: str = ""
    amid_success: bool = False


@dataclass(frozen=True, slots=True)
class Parked:
    """The destination refuses us (401, 403): nothing is wrong with the delivery."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Dead:
    """It is given up and kept for an operator."""

    reason: DeadReason
    detail: str = ""
    status: int | None = None
    answer: bytes = field(default=b"", repr=False)


Outcome = (
    Delivered
    | Unchanged
    | Superseded
    | Stale
    | Unsupported
    | Dropped
    | Held
    | RetryAt
    | Parked
    | Dead
)


def outcome_name(outcome: Outcome) -> str:
    """Return the outcome's word in the store, logs and metrics: ``delivered``, ``retry_at`` …."""
    return _NAMES[type(outcome)]


def name_of(kind: type[Outcome]) -> str:
    """Return the word of a kind of outcome."""
    return _NAMES[kind]


_NAMES = {
    Delivered: "delivered",
    Unchanged: "unchanged",
    Superseded: "superseded",
    Stale: "stale",
    Unsupported: "unsupported",
    Dropped: "dropped",
    Held: "held",
    RetryAt: "retry_at",
    Parked: "parked",
    Dead: "dead",
}
