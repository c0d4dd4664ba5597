"""What becomes of messages on their way: lost, late, told twice, and in another order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tests.week.posting import Sent
from tests.week.truth import DESK, MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.week.telling import Message
    from tests.week.truth import Fact, Truth

LOSSES = {
    "came": 0.04,
    "queued": 0.04,
    "offered": 0.03,
    "declined": 0.004,
    "accepted": 0.04,
    "wrapping": 0.04,
    "done": 0.003,
    "sent_on": 0.1,
    "closed": 0.05,
    "gone": 0.03,
    "activity": 0.05,
    "login": 0.1,
    "logout": 0.1,
    "state": 0.03,
    "record": 0.03,
}
"""Who is told of no end has a contact for ever, so those are few."""


@dataclass(frozen=True)
class Harm:
    """*late*: of the messages a quarter come up to three minutes late. *keeps_agents*: those of one
    agent still come in their order.
    """

    keeps_agents: bool = True
    late: float = 0.25
    twice: float = 0.1
    scale: float = 1.0


def lost_of(truth: Truth, harm: Harm, seed: int) -> frozenset[int]:
    """Return the numbers of the facts that are never told: at most one of each contact."""
    chance, lost = Random(seed), set()
    legs: dict[int, int] = defaultdict(int)
    for fact in truth.facts:
        if fact.contact is not None:
            legs[fact.contact] = max(legs[fact.contact], fact.leg)
    spared: set[int] = set()
    for fact in truth.facts:
        if fact.platform != DESK and fact.kind in ("came", "accepted"):
            continue  # nobody tells those
        is_lost = chance.random() < LOSSES[fact.kind] * harm.scale
        if not is_lost or fact.contact in spared or _is_needed(fact, legs):
            continue
        lost.add(fact.number)
        if fact.contact is not None:
            spared.add(fact.contact)
    return frozenset(lost)


def _is_needed(fact: Fact, legs: dict[int, int]) -> bool:
    """Whether nothing but this message tells who had a contact first."""
    return fact.kind == "accepted" and legs[fact.contact] > 0


def arriving(
    messages: Iterable[Message], lost: frozenset[int], harm: Harm, seed: int
) -> list[Sent]:
    """Return the messages as they arrive."""
    chance, sent = Random(seed), []
    latest: dict[int, int] = defaultdict(int)
    for message in messages:
        fact = message.fact
        if fact.number in lost:
            continue
        delay = chance.randint(0, 900)
        if chance.random() < harm.late:
            delay = chance.randint(0, 3 * MINUTE)
        at = fact.at + delay
        is_of_agent = fact.agent is not None and fact.kind != "record"
        if is_of_agent and harm.keeps_agents:
            at = latest[fact.agent] = max(at, latest[fact.agent] + 1)
        sent.append(Sent(at, message))
        if chance.random() < harm.twice:
            sent.append(Sent(at + chance.randint(SECOND, 20 * MINUTE), message))
    return sorted(sent, key=lambda each: each.at)
