"""What the platforms of a small contact centre send, and what a vendor must be told of it.

The truth about an agent is a career: a chain of moments, told through the source mappings' own
`compose`. What follows from each moment is written here by hand from the contract.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gateway.mapping import ChangeKind, Moment, Phase, SimulatedContact, Status, rfc3339
from mappings.sources.flex_rta.compose import compose as compose_flex
from mappings.sources.ringcentral.compose import compose as compose_engage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

START = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
COMPOSE = {"flex": compose_flex, "engage": compose_engage}
BREAKS = ("Break", "Lunch", "Coaching")
SPOILT_SHARE = 0.05
BROKEN_SHARE = 0.05
GOES_HOME = 0.15

STATE = "wfm.agent.state.v1"
LOGIN = "wfm.agent.login.v1"
LOGOUT = "wfm.agent.logout.v1"
CONTACT = "wfm.contact.completed.v1"


@dataclass(frozen=True)
class Fact:
    """One neutral event that a request must come to."""

    subject: str
    type: str
    time: str
    status: str | None = None
    reason: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.subject, self.type, self.time

    @property
    def unix(self) -> int:
        """The second at which it happened."""
        return int(datetime.fromisoformat(self.time).timestamp())

    @property
    def code(self) -> str:
        """The state code at a vendor that knows nothing but state codes."""
        if self.type == LOGIN:
            return "LOGGED ON"
        if self.type == LOGOUT or self.status == "logged_out":
            return "LOGGED-OFF"
        return f"not_ready:{self.reason}" if self.status == "not_ready" else str(self.status)


@dataclass(frozen=True)
class Said:
    """One request of a platform, and the facts that it must come to. *spoilt*: it holds one
    record more, which nobody can read. *broken*: nobody can read it at all.
    """

    source: str
    subject: str
    body: bytes
    facts: tuple[Fact, ...] = ()
    spoilt: bool = False
    broken: bool = False


@dataclass(frozen=True)
class Agent:
    source: str
    number: int

    @property
    def id(self) -> str:
        if self.source == "flex":
            return f"WK{self.number:032x}"
        return str(1_300_000 + self.number)

    @property
    def subject(self) -> str:
        return f"{self.source}:{self.id}"

    @property
    def wfm_id(self) -> str:
        return f"{self.source}-{self.number}"


def say(agent: Agent, moment: Moment) -> Iterator[Said]:
    """Return the requests for one moment, each with its facts."""
    bodies = [each.body for each in COMPOSE[agent.source](moment)]
    facts = [_contact(agent, moment), *_login(agent, moment), _state(agent, moment)]
    if moment.kind is ChangeKind.LOGOUT:
        facts.append(Fact(agent.subject, LOGOUT, rfc3339(moment.at)))
    if agent.source == "flex":
        yield Said("flex", agent.subject, bodies[0], tuple(each for each in facts[1:] if each))
        return
    told = [each for each in facts if each]
    while len(bodies) > 1:
        yield Said(agent.source, agent.subject, bodies.pop(0), (told.pop(0),))
    yield Said(agent.source, agent.subject, bodies[0], tuple(told))


def _contact(agent: Agent, moment: Moment) -> Fact | None:
    if moment.ended is None:
        return None
    return Fact(agent.subject, CONTACT, rfc3339(moment.at))


def _login(agent: Agent, moment: Moment) -> list[Fact]:
    if moment.kind is not ChangeKind.LOGIN:
        return []
    return [Fact(agent.subject, LOGIN, rfc3339(moment.at))]


def _state(agent: Agent, moment: Moment) -> Fact:
    return Fact(agent.subject, STATE, rfc3339(moment.at), moment.status.value, moment.reason)


def career(
    agent: Agent, dice: Random, start: datetime = START, seconds: tuple[int, int] = (1, 20)
) -> Iterator[Said]:
    """Tell an agent's working life without an end; whole seconds, *seconds* between moments."""
    moment = Moment(
        agent_number=agent.number,
        session_number=0,
        sequence=0,
        at=start,
        kind=ChangeKind.LOGOUT,
        status=Status.LOGGED_OUT,
        previous=Status.UNKNOWN,
        reason=None,
        status_since=start,
    )
    while True:
        at = moment.at + timedelta(seconds=dice.randint(*seconds))
        moment = _next(moment, dice, at)
        for said in say(agent, moment):
            yield _spoil(said) if dice.random() < SPOILT_SHARE else said
        if dice.random() < BROKEN_SHARE:
            yield Said(agent.source, agent.subject, b'{"half": ', broken=True)


def _next(before: Moment, dice: Random, at: datetime) -> Moment:
    plain = replace(
        before,
        at=at,
        sequence=before.sequence + 1,
        kind=ChangeKind.STATE,
        previous=before.status,
        reason=None,
        status_since=at,
        contact=None,
        ended=None,
    )
    match before.status:
        case Status.LOGGED_OUT:
            session = before.session_number + 1
            return replace(
                plain, kind=ChangeKind.LOGIN, status=Status.READY, session_number=session
            )
        case Status.READY:
            return _leave_ready(plain, dice)
        case Status.RESERVED:
            return _go_on(before, plain, Status.BUSY, Phase.ACTIVE)
        case Status.BUSY:
            return _go_on(before, plain, Status.AFTER_CALL_WORK, Phase.WRAP_UP)
        case _:
            return replace(plain, status=Status.READY, ended=before.contact)


def _leave_ready(plain: Moment, dice: Random) -> Moment:
    chance = dice.random()
    if chance < GOES_HOME:
        return replace(plain, kind=ChangeKind.LOGOUT, status=Status.LOGGED_OUT)
    if chance < 2 * GOES_HOME:
        return replace(plain, status=Status.NOT_READY, reason=dice.choice(BREAKS))
    number = 1_000_000 * plain.agent_number + plain.sequence
    contact = SimulatedContact(
        id=f"{number:032x}",
        number=number,
        phase=Phase.OFFERED,
        offered_at=plain.at,
        since=plain.at,
        channel="voice",
        queue_number=1,
    )
    return replace(plain, status=Status.RESERVED, contact=contact)


def _go_on(before: Moment, plain: Moment, status: Status, phase: Phase) -> Moment:
    assert before.contact is not None
    contact = replace(before.contact, phase=phase, since=plain.at)
    return replace(plain, status=status, contact=contact)


def _spoil(said: Said) -> Said:
    body = json.loads(said.body)
    if said.source == "flex":
        body["records"].append({"worker": "nobody", "last_processed_event_sid": 7})
    else:
        body = [body, {"event_type": "AVAILABLE"}]
    return replace(said, body=json.dumps(body).encode(), spoilt=True)
