"""How long agents talked and wrapped up, by their states: where a platform's end-of-contact record
does not tell it.

A record and the states come in any order: what was told is told anew when the agent has left the
contact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.model.agent import Phase, TimeSource
from gateway.model.clock import from_rfc3339, rfc3339_or_none, whole
from gateway.model.event import EventType
from gateway.model.values import quick, replace
from gateway.pipeline.track.tell import Moment, agent_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.model.agent import Contact
    from gateway.pipeline.track.known import KnownAgent
    from gateway.pipeline.track.tell import Teller

FIGURES = ("answered_at", "talk_seconds", "wrap_seconds", "handle_seconds")
SERVED_KEPT = 8
TURNS_KEPT = 16
"""The latest states: a contact of longer ago stays as it was told."""


@quick
@dataclass(frozen=True, slots=True)
class Turn:
    """From *at* on the agent had a contact in a phase, or none."""

    at: datetime
    contact_id: str | None = None
    phase: Phase | None = None


@quick
@dataclass(frozen=True, slots=True)
class Served:
    """A contact as its end-of-contact record was told last: *told* at *told_at*, the time of that
    event.
    """

    contact_id: str
    told: dict[str, Any]
    told_at: datetime
    time_source: TimeSource


def with_turn(turns: Sequence[Turn], contacts: Sequence[Contact], at: datetime) -> tuple[Turn, ...]:
    """Add that the agent held *contacts* from *at* on, wherever that lies among the others."""
    held = next((each for each in contacts if each.id is not None), None) if contacts else None
    turn = Turn(at, held.id, held.phase) if held is not None else Turn(at)
    several = (*turns, turn)
    if turns and at < turns[-1].at:
        several = tuple(sorted(several, key=lambda each: each.at))
    return several[-TURNS_KEPT:]


def figures_of(turns: Sequence[Turn], contact_id: str | None) -> dict[str, Any]:
    """Return what is known of a contact's times by the states of its agent; nothing where there
    was none with it, or not all of them are known any more.
    """
    own = [place for place, each in enumerate(turns) if each.contact_id == contact_id]
    is_cut = bool(own) and own[0] == 0 and len(turns) == TURNS_KEPT
    if contact_id is None or not own or is_cut:
        return {}
    seconds: dict[Phase | None, float] = {}
    for place in own:
        if place + 1 < len(turns):
            spent = (turns[place + 1].at - turns[place].at).total_seconds()
            seconds[turns[place].phase] = seconds.get(turns[place].phase, 0.0) + spent
    is_over = own[-1] + 1 < len(turns)
    talk = whole(seconds[Phase.ACTIVE]) if Phase.ACTIVE in seconds else None
    wrap = _wrapped(seconds, talk) if is_over else None
    answered = (turns[place].at for place in own if turns[place].phase is Phase.ACTIVE)
    return {
        "answered_at": rfc3339_or_none(next(answered, None)),
        "talk_seconds": talk,
        "wrap_seconds": wrap,
        "handle_seconds": None if talk is None or wrap is None else talk + wrap,
    }


def _wrapped(seconds: Mapping[Phase | None, float], talk: float | None) -> float | None:
    """Return the seconds of wrap-up of a contact that is over: none where there was only talk."""
    if Phase.WRAP_UP in seconds:
        return whole(seconds[Phase.WRAP_UP])
    return None if talk is None else 0


def with_told(
    served: Sequence[Served], contact: Mapping[str, Any], when: Moment
) -> tuple[Served, ...]:
    """Remember how the end of a contact was told."""
    now = Served(contact["id"], dict(contact), when.at, when.time_source)
    others = [each for each in served if each.contact_id != now.contact_id]
    return (*others, now)[-SERVED_KEPT:]


def as_told(
    known: KnownAgent | None, contact: dict[str, Any], contact_id: str | None
) -> tuple[dict[str, Any], bool]:
    """Return the end of a contact with what the agent's states tell of it, as the next revision
    where it was told before; and whether there is anything new in it.
    """
    served, turns = (known.served, known.turns) if known is not None else ((), ())
    figures = figures_of(turns, contact_id)
    before = next((each.told for each in served if each.contact_id == contact_id), None)
    if before is None or contact_id is None:
        return contact | figures, True
    figures = figures or {name: before[name] for name in FIGURES}
    revision = before["revision"]
    is_new = contact | figures | {"revision": revision} != before
    return contact | figures | {"revision": revision + is_new}, is_new


def tell_again(known: KnownAgent, teller: Teller) -> KnownAgent:
    """Tell the contacts anew that the agent has left and of which other times are known now."""
    if not known.served:
        return known
    served = tuple([_again(each, known, teller) for each in known.served])
    return known if served == known.served else replace(known, served=served)


def _again(each: Served, known: KnownAgent, teller: Teller) -> Served:
    is_held = bool(known.turns) and known.turns[-1].contact_id == each.contact_id
    figures = {} if is_held else figures_of(known.turns, each.contact_id)
    if {name: each.told[name] for name in figures} == figures:
        return each
    told = each.told | figures | {"revision": each.told["revision"] + 1}
    data = {
        "agent": agent_json(known.identity, teller.stamp),
        "contact": told,
        "customer": None,
        "attributes": None,
        "inferred": False,
        "basis": None,
        "time_source": each.time_source.word,
    }
    teller.add(EventType.CONTACT, teller.stamp.key(known.identity.id), each.told_at, data)
    return replace(each, told=told)


def served_from(raw: Mapping[str, Any]) -> Served:
    """Read what the store keeps."""
    source = TimeSource(raw["time_source"])
    return Served(raw["contact_id"], raw["told"], from_rfc3339(raw["told_at"]), source)
