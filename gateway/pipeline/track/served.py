"""How long agents talked and wrapped up, by their states: where a platform's end-of-contact record
does not tell it.

A record and the states come in any order: what was told is told anew when the agent has left the
contact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.model.agent import Phase, TimeSource
from gateway.model.clock import from_rfc3339, rfc3339_or_none
from gateway.model.event import EventType
from gateway.pipeline.track.tell import Moment, agent_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.model.agent import Contact
    from gateway.pipeline.track.known import KnownAgent
    from gateway.pipeline.track.tell import Teller

SERVED_KEPT = 8


@dataclass(frozen=True, slots=True)
class Served:
    """A contact that an agent has or had. *since* is when its *phase* began, `None`: it was left.

    *told* is the contact as its end-of-contact record was told last, *told_at* and *time_source*
    the time of that event.
    """

    contact_id: str
    answered_at: datetime | None = None
    talk_seconds: float | None = None
    wrap_seconds: float | None = None
    phase: Phase | None = None
    since: datetime | None = None
    told: dict[str, Any] | None = None
    told_at: datetime | None = None
    time_source: TimeSource = TimeSource.PLATFORM


def moved_on(
    served: Sequence[Served], contacts: Sequence[Contact], at: datetime
) -> tuple[Served, ...]:
    """Return what an agent served when, from *at* on, they hold *contacts*."""
    held = {each.id: each.phase for each in contacts if each.id is not None}
    moved = [_moved(each, held.get(each.contact_id), at) for each in served]
    begun = held.keys() - {each.contact_id for each in served}
    moved += [_moved(Served(key), held[key], at) for key in sorted(begun)]
    return tuple(moved[-SERVED_KEPT:])


def _moved(each: Served, phase: Phase | None, at: datetime) -> Served:
    if phase is each.phase:
        return each
    if each.since is not None:
        seconds = max(0.0, (at - each.since).total_seconds())
        if each.phase is Phase.ACTIVE:
            each = replace(each, talk_seconds=(each.talk_seconds or 0.0) + seconds)
        if each.phase is Phase.WRAP_UP:
            each = replace(each, wrap_seconds=(each.wrap_seconds or 0.0) + seconds)
    if phase is None and each.talk_seconds is not None and each.wrap_seconds is None:
        each = replace(each, wrap_seconds=0.0)
    answered_at = each.answered_at
    if answered_at is None and phase is Phase.ACTIVE:
        answered_at = at
    since = None if phase is None else at
    return replace(each, phase=phase, since=since, answered_at=answered_at)


def figures_of(served: Served | None) -> dict[str, Any]:
    """Return what is known of a contact's times by the states of its agent."""
    if served is None:
        return {}
    talk = _whole(served.talk_seconds)
    wrap = _whole(served.wrap_seconds) if served.since is None else None
    return {
        "answered_at": rfc3339_or_none(served.answered_at),
        "talk_seconds": talk,
        "wrap_seconds": wrap,
        "handle_seconds": None if talk is None or wrap is None else talk + wrap,
    }


def with_told(
    served: Sequence[Served], contact: Mapping[str, Any], when: Moment
) -> tuple[Served, ...]:
    """Remember how the end of a contact was told."""
    id_ = contact["id"]
    others = [each for each in served if each.contact_id != id_]
    before = next((each for each in served if each.contact_id == id_), Served(id_))
    now = replace(before, told=dict(contact), told_at=when.at, time_source=when.time_source)
    return (*others, now)[-SERVED_KEPT:]


def tell_again(known: KnownAgent, teller: Teller) -> KnownAgent:
    """Tell the contacts anew that the agent has left and of which other times are known now."""
    served = []
    for each in known.served:
        figures = figures_of(each)
        if (
            each.told is None
            or each.since is not None
            or each.told_at is None
            or ({name: each.told[name] for name in figures} == figures)
        ):
            served.append(each)
            continue
        told = each.told | figures | {"revision": each.told["revision"] + 1}
        data = {
            "agent": agent_json(known.identity, teller.stamp),
            "contact": told,
            "customer": None,
            "attributes": None,
            "inferred": False,
            "basis": None,
            "time_source": each.time_source.value,
        }
        teller.add(EventType.CONTACT, teller.stamp.key(known.identity.id), each.told_at, data)
        served.append(replace(each, told=told))
    return replace(known, served=tuple(served))


def served_from(raw: Mapping[str, Any]) -> Served:
    """Read what the store keeps."""
    return Served(
        **dict(raw)
        | {
            "answered_at": _at(raw["answered_at"]),
            "phase": Phase(raw["phase"]) if raw["phase"] else None,
            "since": _at(raw["since"]),
            "told_at": _at(raw["told_at"]),
            "time_source": TimeSource(raw["time_source"]),
        }
    )


def _at(text: str | None) -> datetime | None:
    return from_rfc3339(text) if text else None


def _whole(seconds: float | None) -> float | None:
    return int(seconds) if seconds is not None and float(seconds).is_integer() else seconds
