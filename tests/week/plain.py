"""The figures of a week by a plain, slow calculation out of what happened: the simulator's truth.

Written from `docs/contacts-and-intervals.md`; it shares no code with the product and sees nothing
that was told. All it is told beside the truth is *which facts were never told*. What that means:

- Whose end was never told is no contact. A talk whose end was not told ends when the agent is
  done, and has no wrap-up. An answer that was not told leaves wait, ring and talk unknown: 0.
- A queue that a contact was not told to have come into is not on its way; the wait begins with
  the next one told, else with the arrival.
- What an agent was told to have goes on until the next that is told of it, at the desk for a day
  at most. An agent's activity is told again with everything else of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.week.telling import agent_key, customer, queue_id
from tests.week.truth import DAY, DESK, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from zoneinfo import ZoneInfo

    from tests.week.truth import Contact, Fact, Person, Truth

STATES = {
    "AVAILABLE": "ready",
    "TRANSITION": "reserved",
    "ENGAGED": "busy",
    "WORKING": "after_call_work",
}
SERVICE_LEVEL, SHORT = 20_000, 5_000


@dataclass
class Leg:
    """One contact, as the page calls it: an agent's share, or what nobody had."""

    source: str
    conversation: int
    channel: str
    direction: str
    customer: dict[str, str]
    arrival: int
    end: int
    outcome: str
    agent: str | None = None
    team: str | None = None
    queues: list[int] = field(default_factory=list)
    wait: int | None = None
    ring: int = 0
    talk: int = 0
    wrap: int = 0
    was_sent: bool = False
    is_sent_on: bool = False


def legs_of(truth: Truth, lost: frozenset[int]) -> list[Leg]:
    """Return the contacts that were told to have ended."""
    told: dict[int, list[Fact]] = defaultdict(list)
    for fact in truth.facts:
        if fact.contact is not None and fact.number not in lost:
            told[fact.contact].append(fact)
    found = []
    for number, facts in told.items():
        contact = truth.contacts[number]
        of_platform = _desk_legs if contact.platform == DESK else _ring_legs
        found += of_platform(truth, contact, facts, lost)
    return found


def _desk_legs(
    truth: Truth, contact: Contact, facts: list[Fact], _lost: frozenset[int]
) -> list[Leg]:
    taken = [each for each in facts if each.kind in ("accepted", "wrapping", "done")]
    if not taken:
        return _nobody(contact, facts)
    found = []
    last = max(each.leg for each in taken)
    for leg in sorted({each.leg for each in taken}):
        own = [each for each in facts if each.leg == leg]
        if _first(own, "done") or _first(facts, "closed"):
            found.append(_had(truth, contact, facts, leg, is_last=leg == last))
    return found


def _first(facts: list[Fact], *kinds: str) -> Fact | None:
    return next((each for each in facts if each.kind in kinds), None)


def _made(contact: Contact, arrival: int, end: int, outcome: str) -> Leg:
    return Leg(
        source=contact.platform,
        conversation=contact.conversation,
        channel=contact.channel,
        direction=contact.direction or "inbound",
        customer=customer(contact),
        arrival=arrival,
        end=end,
        outcome=outcome,
        was_sent=contact.before is not None,
    )


def _nobody(contact: Contact, facts: list[Fact]) -> list[Leg]:
    gone = _first(facts, "gone")
    if gone is None:
        return []
    came, queued = _first(facts, "came"), [each for each in facts if each.kind == "queued"]
    waits_from = queued[0] if queued else came
    arrival = came or waits_from or gone
    leg = _made(contact, arrival.at, gone.at, "abandoned" if gone.word == "hangup" else "other")
    leg.queues = [each.queue for each in queued] or ([gone.queue] if gone.queue else [])
    leg.wait = gone.at - waits_from.at if waits_from else None
    leg.team = queue_id(DESK, leg.queues[-1]) if leg.queues else None
    return [leg]


def _had(truth: Truth, contact: Contact, facts: list[Fact], number: int, *, is_last: bool) -> Leg:
    own = [each for each in facts if each.leg == number]
    had = _first(own, "accepted", "wrapping", "done")
    mine = [each for each in own if each.offer == had.offer]
    came = _first(facts, "came") if number == 0 else None
    queued = [each for each in own if each.kind == "queued"]
    offered, answered = _first(mine, "offered"), _first(mine, "accepted")
    sent = _first([each for each in facts if each.leg == number - 1], "sent_on")
    waits_from = queued[0] if queued else (sent or came or offered)
    over = _first(mine, "wrapping", "done") or _first(facts, "closed")
    done = _first(mine, "done") or _first(facts, "closed")
    arrival = came or waits_from or answered or over
    leg = _made(contact, arrival.at, over.at, "answered")
    person = truth.people[had.agent]
    leg.agent = agent_key(person)
    leg.team = person.team or queue_id(DESK, had.queue)
    leg.queues = [each.queue for each in queued]
    if leg.queues[-1:] != [had.queue]:
        leg.queues.append(had.queue)
    if answered:
        leg.wait = answered.at - waits_from.at
        leg.ring = answered.at - offered.at if offered else 0
        leg.talk = over.at - answered.at
    leg.wrap = done.at - over.at if over.kind == "wrapping" else 0
    leg.was_sent = leg.was_sent or number > 0
    leg.is_sent_on = _first(own, "sent_on") is not None or not is_last
    return leg


def _ring_legs(
    truth: Truth, contact: Contact, facts: list[Fact], lost: frozenset[int]
) -> list[Leg]:
    record = _first(facts, "record")
    if record is None:
        return []
    came = next(each for each in truth.facts if each.contact == contact.number)
    accepted = _first(facts, "accepted")
    outcome = {"ANSWERED": "answered", "ABANDON": "abandoned"}.get(record.word, "other")
    leg = _made(contact, came.at, record.at, outcome)
    leg.customer = {"phone": leg.customer["phone"]}
    leg.queues, leg.wait = [record.queue], (accepted or record).at - came.at
    if record.agent is not None:
        person = truth.people[record.agent]
        leg.agent = agent_key(person)
        leg.talk, leg.wrap = _by_states(truth, contact, person, lost)
    return [leg]


def _by_states(
    truth: Truth, contact: Contact, person: Person, lost: frozenset[int]
) -> tuple[int, int]:
    """Return for how long the agent was told to talk and to wrap up."""
    spent = {"ENGAGED": 0, "WORKING": 0}
    for state, after in pairwise(_states_told(truth, person, lost)):
        if state.contact == contact.number:
            spent[state.word] += after.at - state.at
    return spent["ENGAGED"], spent["WORKING"]


def _states_told(truth: Truth, person: Person, lost: frozenset[int]) -> list[Fact]:
    told = _told_of(truth, person, lost)
    return [each for each in told if each.kind in ("login", "logout", "state")]


@dataclass(frozen=True)
class Clock:
    """The intervals of a zone: of a time when its interval begins, by the zone's wall clock."""

    zone: ZoneInfo
    minutes: int

    def start(self, at: int) -> int:
        """Return when the interval of a time began."""
        local = datetime.fromtimestamp(at // 1000, UTC).astimezone(self.zone)
        past = local.minute % self.minutes * MINUTE + local.second * 1000 + at % 1000
        return at - past

    def after(self, start: int) -> int:
        """Return when the interval after that one begins."""
        return start + self.minutes * MINUTE

    def local(self, at: int) -> datetime:
        """Return what clock and calendar say."""
        return datetime.fromtimestamp(at // 1000, UTC).astimezone(self.zone)


def booked_at(leg: Leg, booked_by: str) -> int:
    """Return what a contact is booked by."""
    return leg.arrival if booked_by == "arrival" else leg.end


def queue_rows(legs: Iterable[Leg], clock: Clock, booked_by: str) -> dict[tuple, dict]:
    """Return the rows of the queues by start, source, queue and channel."""
    rows: dict[tuple, dict] = defaultdict(lambda: defaultdict(int))
    for leg in legs:
        if leg.direction != "inbound":
            continue
        start = clock.start(booked_at(leg, booked_by))
        for place, queue in enumerate(leg.queues):
            row = rows[start, leg.source, queue_id(leg.source, queue), leg.channel]
            came_first = place == 0 and not leg.was_sent
            row["offered" if came_first else "overflow_in"] += 1
            if place < len(leg.queues) - 1:
                row["overflow_out"] += 1
            else:
                _end_in(row, leg)
    return {key: dict(row) for key, row in rows.items()}


def _end_in(row: dict, leg: Leg) -> None:
    wait = leg.wait or 0
    is_known = leg.wait is not None
    row[leg.outcome] += 1
    if leg.outcome == "answered":
        row["answered_within"] += is_known and wait < SERVICE_LEVEL
        for name in ("ring", "talk", "wrap"):
            row[f"{name}_seconds"] += getattr(leg, name)
    if leg.outcome == "abandoned":
        row["abandoned_short"] += is_known and wait < SHORT
        row["abandoned_within"] += is_known and SHORT <= wait < SERVICE_LEVEL
    if leg.outcome != "other":
        row[f"{leg.outcome}_queue_seconds"] += wait
        longest = f"longest_{leg.outcome}_seconds"
        row[longest] = max(row[longest], wait)


def agent_queue_rows(legs: Iterable[Leg], clock: Clock, booked_by: str) -> dict[tuple, dict]:
    """Return the rows of what agents answered by start, agent and queue."""
    rows: dict[tuple, dict] = defaultdict(lambda: defaultdict(int))
    for leg in legs:
        if leg.agent and leg.direction == "inbound" and leg.outcome == "answered":
            start = clock.start(booked_at(leg, booked_by))
            row = rows[start, leg.agent, queue_id(leg.source, leg.queues[-1])]
            row["answered"] += 1
            row["talk_seconds"] += leg.talk
            row["wrap_seconds"] += leg.wrap
            row["transferred_out"] += leg.is_sent_on
    return {key: dict(row) for key, row in rows.items()}


def agent_rows(
    truth: Truth, lost: frozenset[int], legs: Iterable[Leg], clock: Clock, booked_by: str
) -> dict[tuple, dict]:
    """Return the rows of the agents by start and agent."""
    rows: dict[tuple, dict] = defaultdict(lambda: defaultdict(int))
    for person in truth.people.values():
        spans = _desk_day if person.platform == DESK else _ring_day
        for status, reason, since, until in spans(truth, person, lost):
            _spend(rows, (agent_key(person), status, reason), since, until, clock)
    for leg in legs:
        if leg.agent and leg.outcome == "answered":
            row = rows[clock.start(booked_at(leg, booked_by)), leg.agent]
            row[leg.direction] += 1
            row[f"{leg.direction}_talk_seconds"] += leg.talk
            row["transferred_out"] += leg.is_sent_on
    return {key: dict(row) for key, row in rows.items()}


def _spend(rows: dict, who: tuple, since: int, until: int, clock: Clock) -> None:
    agent, status, reason = who
    while since < until and status != "logged_out":
        start = clock.start(since)
        end = min(clock.after(start), until)
        row = rows[start, agent]
        row["logged_in_seconds"] += end - since
        row[f"{status}_seconds"] += end - since
        if status == "not_ready" and reason:
            row[f"because {reason}"] += end - since
        since = end


def _told_of(truth: Truth, person: Person, lost: frozenset[int]) -> list[Fact]:
    own = (each for each in truth.facts if each.agent == person.number)
    return [each for each in own if each.number not in lost]


def _desk_day(truth: Truth, person: Person, lost: frozenset[int]) -> Iterable[tuple]:
    """Yield status, reason, since and until, one after another."""
    activities = [each for each in truth.facts if each.agent == person.number]
    activities = [each for each in activities if each.kind == "activity"]
    held: dict[int, tuple[str, str, int]] = {}
    facts = _told_of(truth, person, lost)
    for fact, after in zip(facts, [*facts[1:], None], strict=True):
        activity = "Offline"
        for each in activities:
            if (each.at, each.number) <= (fact.at, fact.number):
                activity = each.word
        if fact.kind in ("declined", "done"):
            held.pop(fact.offer, None)
        elif fact.kind != "activity":
            held[fact.offer] = fact.kind, truth.contacts[fact.contact].channel, fact.at + DAY
        end = after.at if after else truth.until
        edges = sorted({fact.at, *(over for *_, over in held.values() if fact.at < over < end)})
        for begin, finish in pairwise([*edges, end]):
            now = {k: (kind, by) for k, (kind, by, over) in held.items() if over > begin}
            yield _desk_status(activity, now), activity, begin, finish


def _desk_status(activity: str, held: dict[int, tuple[str, str]]) -> str:
    is_ready = activity == "Available"
    kinds = {kind for kind, channel in held.values() if is_ready or channel == "voice"}
    for kind, status in (
        ("accepted", "busy"),
        ("wrapping", "after_call_work"),
        ("offered", "reserved"),
    ):
        if kind in kinds:
            return status
    if is_ready:
        return "ready"
    return "logged_out" if activity == "Offline" else "not_ready"


def _ring_day(truth: Truth, person: Person, lost: frozenset[int]) -> Iterable[tuple]:
    facts = _states_told(truth, person, lost)
    for fact, after in zip(facts, [*facts[1:], None], strict=True):
        status = {"login": "unknown", "logout": "logged_out"}.get(fact.kind)
        status = status or STATES.get(fact.word, "not_ready")
        yield status, fact.word, fact.at, after.at if after else truth.until


def measures(
    legs: Iterable[Leg], of: Callable[[Leg], tuple], since: int, until: int, booked_by: str
) -> dict[tuple, dict]:
    """Return the measures by what *of* says of a contact."""
    rows: dict[tuple, dict] = defaultdict(lambda: defaultdict(int))
    sets: dict[tuple, dict[str, set]] = defaultdict(lambda: defaultdict(set))
    for leg in legs:
        if not since <= booked_at(leg, booked_by) < until:
            continue
        key = of(leg)
        row, names = rows[key], sets[key]
        row["contacts"] += 1
        row["queue_seconds"] += leg.wait or 0
        names["conversations"].add(leg.conversation)
        if leg.outcome == "abandoned":
            names["abandoned"].add(leg.conversation)
            row["abandonment_seconds"] += leg.wait or 0
        if leg.outcome == "answered":
            names["handled"].add(leg.conversation)
            row["talk_seconds"] += leg.talk
            row["wrap_seconds"] += leg.wrap
    for key, names in sets.items():
        rows[key] |= {name: len(several) for name, several in names.items()}
    return {key: dict(row) for key, row in rows.items()}
