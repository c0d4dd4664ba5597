"""What alarms are judged by: the facts of sources, destinations and files at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Refusing:
    """Requests of a source refused, none accepted between: *since* and *until* bound them,
    *checks* counts them by the check that failed.
    """

    since: datetime
    until: datetime
    checks: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What is known of a source.

    *heard_at* is when it was last accepted since the start. *live_agents* counts those logged in
    (`None`: not yet counted); *silent_agents* are those unheard for longest, with the time they
    were last heard; *wrapping* those longest in after-call work, with its beginning. *skew* is by
    how much its times lie before their receipt (`None`: too few were told), *zone_doubt* what
    speaks against the zone in which they are read. *grew_at* is when its quarantine last grew
    since the start. *unreadable*: why its platform could not be asked how everybody stands.
    """

    name: str
    expect_every: timedelta | None = None
    ghost_after: timedelta | None = None
    wrap_up_limit: timedelta | None = None
    heard_at: datetime | None = None
    live_agents: int | None = None
    silent_agents: tuple[tuple[str, datetime], ...] = ()
    wrapping: tuple[tuple[str, datetime], ...] = ()
    skew: timedelta | None = None
    zone_doubt: str | None = None
    refusing: Refusing | None = None
    unreadable: str | None = None
    grew_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationFacts:
    """What is known of a destination; `None` where it is not known now.

    *open_since* is when its circuit was first seen open. *answers*: whether its last answer was
    one. *grew_at* is when its dead letters last became more since the start. *owed_a_minute* and
    *allowed_a_minute* are requests: those that it is owed steadily, and those of its rate limit.
    """

    name: str
    is_parked: bool | None = None
    is_open: bool | None = None
    open_since: datetime | None = None
    answers: bool | None = None
    pending: int | None = None
    behind: timedelta | None = None
    last_answer: str = ""
    owed_a_minute: float | None = None
    allowed_a_minute: float | None = None
    grew_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What is known of a destination that gets files. *has_looked*: it has done its work at least
    once since the start. *withheld* counts the spans that somebody has to mend something for.
    """

    name: str
    has_looked: bool = False
    failing_since: datetime | None = None
    failure: str | None = None
    withheld: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """*agent* waits at *destination*: *wearer* goes by their identity. Both are keys."""

    agent: str
    wearer: str
    destination: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the rules go by.

    *jumped_at* is when the clock last jumped, or the machine woke up: silence before it does not
    count. *conflicts* are the agents of whom a destination is not told, each with the one who
    goes by the same identity there. *store_problem*: why nothing can be made durable, or `None`.
    *set_aside* are the damaged stores beside ours.
    """

    now: datetime
    started_at: datetime
    jumped_at: datetime | None = None
    sources: tuple[SourceFacts, ...] = ()
    destinations: tuple[DestinationFacts, ...] = ()
    files: tuple[FileFacts, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    store_problem: str | None = None
    set_aside: tuple[str, ...] = ()
