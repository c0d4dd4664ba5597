"""A day of one simulated agent, composed by a mapping and read back by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.conformance.samples import RECEIVED_AT
from gateway.mapping.sound import sound_composed
from gateway.mapping.source import Content, Moment, Record, SimulatedContact
from gateway.model.agent import Phase, Status
from gateway.model.observation import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.conformance.reading import Reader

_CALL = SimulatedContact(
    id="C1",
    number=42,
    phase=Phase.ACTIVE,
    offered_at=RECEIVED_AT - timedelta(minutes=2),
    since=RECEIVED_AT - timedelta(minutes=1),
    channel="voice",
    queue_number=3,
)
_WRAP_UP = replace(_CALL, phase=Phase.WRAP_UP)
_OFFERED = replace(_CALL, phase=Phase.OFFERED)


@dataclass(frozen=True, slots=True)
class _Step:
    kind: ChangeKind
    status: Status
    previous: Status
    reason: str | None = None
    contact: SimulatedContact | None = None
    ended: SimulatedContact | None = None


_DAY = (
    _Step(ChangeKind.LOGIN, Status.READY, Status.LOGGED_OUT),
    _Step(ChangeKind.STATE, Status.RESERVED, Status.READY, contact=_OFFERED),
    _Step(ChangeKind.STATE, Status.BUSY, Status.RESERVED, contact=_CALL),
    _Step(ChangeKind.STATE, Status.AFTER_CALL_WORK, Status.BUSY, contact=_WRAP_UP),
    _Step(ChangeKind.STATE, Status.NOT_READY, Status.AFTER_CALL_WORK, "Lunch", ended=_CALL),
    _Step(ChangeKind.LOGOUT, Status.LOGGED_OUT, Status.NOT_READY),
)


def day() -> Iterator[Moment]:
    """Yield what happens to agent number 7, second by second."""
    for number, step in enumerate(_DAY):
        at = RECEIVED_AT + timedelta(seconds=number)
        yield Moment(
            agent_number=7,
            session_number=1,
            sequence=number,
            at=at,
            kind=step.kind,
            status=step.status,
            previous=step.previous,
            reason=step.reason,
            status_since=at,
            contact=step.contact,
            ended=step.ended,
        )


def composed_problems(reader: Reader) -> Iterator[str]:
    """Yield what a mapping cannot read of what it composes."""
    compose = reader.mapping.compose
    assert compose is not None
    agents: set[str] = set()
    digests: list[bytes | None] = []
    for moment in day():
        composed = sound_composed(compose(moment))
        if composed != sound_composed(compose(moment)):
            yield f"{moment.kind}: composed otherwise the second time"
        for each in composed:
            content = Content(
                "POST", each.content_type, "", each.body, signed=False, received_at=RECEIVED_AT
            )
            for part in reader.parts(content):
                if not isinstance(part, Record) or part.at is None:
                    yield f"{moment.kind}: what is composed is no record with a time"
                    continue
                reader.observations(part)
                agents.add(part.agent_id)
                digests.append(part.digest)
    if len(agents) != 1:
        yield f"one agent's day is read as that of {len(agents)}"
    if len(set(digests)) != len(digests) or len(digests) < len(_DAY):
        yield f"{len(_DAY)} happenings are read as {len(set(digests))} records"
