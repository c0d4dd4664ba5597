"""What happened in a small contact centre: the ground truth, before anybody told it.

Times are whole milliseconds since 1970, UTC; those of the `ring` platform are of whole seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
DESK, RING = "desk", "ring"
"""The two platforms: one tells contacts in pieces, the other one their end and agents' states."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened.

    *leg* counts the agents' shares of a contact: 0, and one more with each transfer. *offer* is
    the number of the attempt to give it to an agent, *word* what there is to say beside the kind.

    `came`, `queued`, `offered`, `declined` (rejected, timeout, canceled), `accepted`, `wrapping`
    (the talk is over), `done` (the agent is), `sent_on`, `closed` (all is over), `gone` (nobody
    had it: hang-up or limit), `activity`; of `ring`: `login`, `logout`, `state`, `record`.
    """

    number: int
    at: int
    platform: str
    kind: str
    contact: int | None = None
    leg: int = 0
    agent: int | None = None
    queue: int | None = None
    offer: int | None = None
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """*conversation* is the number of its first contact, *before* that of the one that it was
    transferred from, where a transfer has made a contact of its own.
    """

    number: int
    platform: str
    channel: str
    direction: str | None
    customer: int
    conversation: int
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """An agent."""

    number: int
    platform: str
    queues: tuple[int, ...]
    team: str | None
    begins: int
    """The hour of the day, UTC, at which the shift begins."""


@dataclass
class Truth:
    """All of it, in the order in which it happened."""

    since: int
    until: int
    people: dict[int, Person] = field(default_factory=dict)
    contacts: dict[int, Contact] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
