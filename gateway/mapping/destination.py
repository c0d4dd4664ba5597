"""What a destination mapping is: neutral events, told in a vendor's words.

Everything here is pure: no I/O, no clock, no randomness. A mapping is a value of
`DestinationMapping`, registered with one line under the entry-point group
``gateway.destination_mappings``. Its heart is a step machine, `step(events, memory, answer or
nothing) → request or settlement`; `one_request` builds the usual one from three functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gateway.mapping.states import table_in
from gateway.model.event import EventType
from gateway.model.values import quick

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from marshmallow import Schema

    from gateway.mapping.states import StateTable
    from gateway.model.delivery import Answer
    from gateway.model.rate import RateLimit


class Clock(StrEnum):
    """Whose time the vendor keeps: that of arrival, or the one we send."""

    RECEIPT = "receipt"
    EVENT = "event"


@quick
@dataclass(frozen=True, slots=True)
class Told:
    """One event to tell: *event* the neutral JSON object with what may be told, *identity* how
    the vendor knows the agent (`None` for an event without one).
    """

    event: Mapping[str, Any]
    identity: str | None

    @property
    def type(self) -> str:
        """The type as configuration names it: ``agent.state``."""
        return str(self.event["type"]).removeprefix("wfm.").removesuffix(".v1")

    @property
    def data(self) -> Mapping[str, Any]:
        """The event's data."""
        data: Mapping[str, Any] = self.event["data"]
        return data


@quick
@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. *path* is appended to the destination's `url` (which alone names the
    host), *query* are pairs not yet encoded, *headers* may not hold control characters.

    *parts* has, for each event of the step and in their order, bytes that are equal when the
    vendor would be told the same, or `None` where every telling counts.

    *memory* is what the step gets together with the answer: how far it has come (`None`: what it
    had before). It is kept for good only with a `Settlement`.
    """

    body: bytes
    content_type: str
    parts: tuple[bytes | None, ...]
    method: str = "POST"
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    repeatable: bool = True
    memory: Mapping[str, Any] | None = None


class Verdict(StrEnum):
    """What an answer means for an event."""

    DELIVERED = "delivered"
    RETRY = "retry"
    PERMANENT = "permanent"
    PARK = "park"
    UNSUPPORTED = "unsupported"
    HOLD = "hold"
    """The vendor does not know the agent: the newest state waits for a roster change."""


@quick
@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what the vendor said, in a few words without secrets."""

    verdict: Verdict
    detail: str = ""
    warning: str | None = None


NO_WORDS = Judgement(Verdict.UNSUPPORTED, "the vendor has no words for it")
UNKNOWN_AGENT = Judgement(Verdict.HOLD, "the vendor does not know the agent")


@quick
@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a step: one judgement for each event, in order, and what to remember of each
    lane (JSON, small). *judgements* `None`: the mapping is silent, the core judges by status.
    """

    judgements: tuple[Judgement, ...] | None
    memory: Mapping[str, Any] = field(default_factory=dict)


Step = Request | Settlement


@dataclass(frozen=True, slots=True)
class Standing:
    """How one agent stands, in a vendor's words, for a snapshot.

    *item* is whatever the mapping makes of it, *part* what `Request.parts` has for a delivery of
    the same state, *is_in*: the vendor will show the agent as logged in.
    """

    item: Any
    part: bytes | None
    is_in: bool


@dataclass(frozen=True, kw_only=True)
class SnapshotMapping:
    """How a vendor is told of all agents at once, and takes who is absent for logged out.

    - *standing*: one agent, told as an `agent.state` event; or what an `agent.logout` would tell
      of them. Raises `MappingError`.
    - *request*: everybody, in one request whatever `max_batch` (its *parts* are empty), made at
      a time that is another for each snapshot.
    - *closing*: the request that ends the snapshot of that time, where the vendor wants one; it
      leaves when the other was delivered.
    - *judge*: what the answer means; `None` leaves it to the core.
    - *floor*: what, besides the URL, tells the vendor's floors apart: who shares one with another
      destination would log out that one's agents.
    """

    standing: Callable[[Told, Any], Standing]
    request: Callable[[Sequence[Standing], datetime, Any], Request]
    judge: Callable[[Answer, Any], Judgement | None]
    floor: Callable[[Any], str]
    closing: Callable[[datetime, Any], Request] | None = None


@dataclass(frozen=True, kw_only=True)
class DestinationMapping:
    """A vendor's way of being told, as a table of pure functions.

    - *options*: marshmallow schema of the destination's `options`; what it loads is handed on.
    - *step*: see the module. Raises `MappingError` where an event cannot be rendered.
    - *judges*: whether it looks at answers; else they are judged by status, and it is not asked.
    - *clock*: decides the defaults of `superseded` and `stale_after`. *clock_of*: where the
      options decide it.
    - *amends*: whether the vendor can be told the past again (`replay`); not where each telling
      builds on the one before.
    - *events*: the types told unless the configuration names others.
    - *collapsing*: the types of which only the newest counts (all but states stay unless the
      vendor takes logins and logouts as mere state codes).
    - *max_batch*: how many events one request may carry (1: no batches). *max_batch_of*: where
      the options decide it, up to that.
    - *rate_limit*: what the vendor allows, unless the configuration says otherwise.
    - *snapshot*: how the vendor is told of everybody at once, where it can be.
    - *states*: the operator's table of state codes, as these options use it; a state that it does
      not name is reported. `None`: no code is told.
    - *package*: where the mapping is; its folder `samples` holds ``*.in.json`` and their like.
    - *waived*: which of the conformance checks the mapping cannot pass, and why.
    - *api*: the version of the plugin API that it was written for.
    """

    name: str
    version: str
    clock: Clock
    events: frozenset[EventType]
    options: type[Schema]
    step: Callable[[Sequence[Told], Mapping[str, Any], Answer | None, Any], Step]
    judges: bool = True
    collapsing: frozenset[EventType] = frozenset({EventType.STATE})
    clock_of: Callable[[Any], Clock] | None = None
    amends: bool = True
    max_batch: int = 1
    max_batch_of: Callable[[Any], int] | None = None
    rate_limit: RateLimit | None = None
    snapshot: SnapshotMapping | None = None
    states: Callable[[Any], StateTable | None] = table_in
    package: str = ""
    waived: Mapping[str, str] = field(default_factory=dict)
    api: int = 1


def clock_of(mapping: DestinationMapping, options: Any) -> Clock:
    """Return whose time counts at a destination with these options."""
    return mapping.clock if mapping.clock_of is None else mapping.clock_of(options)


def max_batch_of(mapping: DestinationMapping, options: Any) -> int:
    """Return how many events one request may carry at a destination with these options."""
    most = mapping.max_batch
    return most if mapping.max_batch_of is None else min(most, mapping.max_batch_of(options))


def one_request(
    item: Callable[[Told, Any], Any],
    request: Callable[[Sequence[Any], Any], Request],
    judge: Callable[[Answer, int, Any], Judgement | tuple[Judgement, ...] | None],
) -> Callable[[Sequence[Told], Mapping[str, Any], Answer | None, Any], Step]:
    """Build the step of a mapping that sends one request and is done.

    *item* makes what stands for one event (any value; `None` where the vendor has no words for
    it), *request* the whole of one or several of them, *judge* one judgement for all or a tuple
    with one for each; `None` leaves it to the core.
    """

    def step(
        events: Sequence[Told], memory: Mapping[str, Any], answer: Answer | None, options: Any
    ) -> Step:
        if answer is not None:
            judged = judge(answer, len(events), options)
            if isinstance(judged, Judgement):
                judged = (judged,) * len(events)
            return Settlement(judged, memory)
        items = [item(told, options) for told in events]
        if None in items:
            return Settlement(tuple(_unsupported_if(each is None) for each in items), memory)
        return request(items, options)

    return step


def _unsupported_if(is_unsupported: bool) -> Judgement:  # noqa: FBT001 - one private caller
    if is_unsupported:
        return NO_WORDS
    return Judgement(Verdict.RETRY, "again without the others")
