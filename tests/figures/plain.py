"""The same figures, calculated slowly: minute by minute of the clock, every entry for every row.

Nothing here is imported from what it is compared with.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any

from gateway.model.agent import Named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from gateway.model.ledger import AgentEntry, ContactEntry, Heard

UNANSWERED = ("abandoned", "deflected", "machine", "no_answer", "canceled")
Span = tuple[int, int]


def moment(millis: int, zone: tzinfo = UTC) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)).astimezone(zone)


def spans_of_clock(since: int, until: int, minutes: int, zone: tzinfo) -> list[Span]:
    """Look at the clock each minute: minutes with the same date, hour, part and offset are one."""
    margin = 2 * 60 * 60_000
    first = (since - margin) // 60_000 * 60_000

    def part(at: int) -> tuple[Any, ...]:
        clock = moment(at, zone)
        return clock.date(), clock.hour, clock.minute // minutes, clock.utcoffset()

    found = []
    for _, several in groupby(range(first, until + margin, 60_000), key=part):
        whole = list(several)
        found.append((whole[0], whole[-1] + 60_000))
    return [(start, end) for start, end in found if start < until and end > since]


def overlap(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def stays(entries: Sequence[AgentEntry], end: int) -> list[tuple[Span, str, str | None, bool]]:
    """Return one agent's stays: from when to when, status, reason, whether logged in."""
    told = sorted(entries, key=lambda each: each.at)
    found = []
    for place, each in enumerate(told):
        following = told[place + 1].at if place + 1 < len(told) else end
        marks = [one.mark.value for one in told[: place + 1] if one.mark.value != "state"]
        status = "logged_out" if each.mark.value == "logout" else each.status.value
        is_in = marks[-1] == "login" if marks else status != "logged_out"
        found.append(((each.at, following), status, each.reason, is_in))
    return found


def agent_rows(
    entries: Sequence[AgentEntry], spans: Sequence[Span]
) -> dict[tuple[int, str], dict[str, Fraction]]:
    """Return by interval and agent what was spent, in seconds; not-ready reasons as ``:reason``."""
    rows: dict[tuple[int, str], dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for agent in {each.agent for each in entries}:
        own = [each for each in entries if each.agent == agent]
        for stay, status, reason, is_in in stays(own, spans[-1][1]):
            for span in spans:
                spent = Fraction(overlap(stay, span), 1000)
                if not spent:
                    continue
                row = rows[span[0], agent]
                row["logged_in"] += spent if is_in else 0
                if status != "logged_out":
                    row[status] += spent
                if status == "not_ready" and reason:
                    row[f":{reason}"] += spent
    return {key: row for key, row in rows.items() if any(row.values())}


def booked_at(contact: ContactEntry, booked_by: str) -> int | None:
    if contact.started_at is None or contact.ended_at is None:
        return contact.started_at or contact.ended_at
    return contact.started_at if booked_by == "arrival" else contact.ended_at


def is_inbound(contact: ContactEntry) -> bool:
    return contact.direction is None or contact.direction == "inbound"


def is_answered(contact: ContactEntry) -> bool:
    if contact.is_abandoned or contact.outcome in UNANSWERED:
        return False
    took = contact.agent is not None or contact.answered_at is not None
    return contact.outcome == "answered" or took


def queue_rows(
    contacts: Iterable[ContactEntry], spans: Sequence[Span], booked_by: str, limits: Span
) -> dict[tuple[int, str, str, str | None], dict[str, Any]]:
    """Return by interval, source, queue id and channel what is counted (times as fractions)."""
    rows: dict[Any, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    for contact in contacts:
        at = booked_at(contact, booked_by)
        start = [span[0] for span in spans if at is not None and span[0] <= at < span[1]]
        stops = [each.queue.id for each in contact.hops]
        stops += [contact.queue.id] if contact.queue else []
        stops = [queue for queue, _ in groupby(stops)]
        if not start or not stops or not is_inbound(contact):
            continue
        own = [rows[start[0], contact.source, queue, contact.channel] for queue in stops]
        for place, row in enumerate(own):
            row["offered" if place == 0 and not contact.is_transfer else "overflow_in"] += 1
            row["overflow_out"] += place < len(own) - 1
        _count(own[-1], contact, limits)
    return rows


def _count(row: dict[str, Any], contact: ContactEntry, limits: Span) -> None:
    wait = Fraction(str(contact.queue_seconds or 0))
    is_known = contact.queue_seconds is not None
    level, short = (Fraction(each, 1000) for each in limits)
    if is_answered(contact):
        row["answered"] += 1
        row["answered_within"] += is_known and wait < level
        row["answered_queue_seconds"] += wait
        row["longest_answered_seconds"] = max(row["longest_answered_seconds"], wait)
        for name in ("ring", "talk", "hold", "wrap"):
            told = getattr(contact, f"{name}_seconds")
            row[f"{name}_seconds"] += Fraction(str(told or 0))
    elif contact.is_abandoned:
        row["abandoned"] += 1
        row["abandoned_short"] += is_known and wait < short
        row["abandoned_within"] += is_known and short <= wait < level
        row["abandoned_queue_seconds"] += wait
        row["longest_abandoned_seconds"] = max(row["longest_abandoned_seconds"], wait)
    else:
        row["other"] += 1


def slices(
    contacts: Iterable[ContactEntry], by: Sequence[str], zone: tzinfo, booked_by: str
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the measures by what contacts have in common."""
    groups: dict[tuple[Any, ...], list[ContactEntry]] = defaultdict(list)
    for contact in contacts:
        at = booked_at(contact, booked_by)
        if at is not None:
            groups[tuple(_told(contact, moment(at, zone), name) for name in by)].append(contact)
    return {key: _measured(group) for key, group in groups.items()}


CLOCK = {"date": "%Y-%m-%d", "hour": "%H", "weekday": "%u", "day": "%d"}


def _told(contact: ContactEntry, clock: datetime, name: str) -> Any:
    if name in CLOCK:
        shown = clock.strftime(CLOCK[name])
        return shown if name == "date" else int(shown)
    if name == "direction":
        return contact.direction or "inbound"
    told = getattr(contact, name)
    return told.name or told.id if isinstance(told, Named) else told


def _measured(group: Sequence[ContactEntry]) -> dict[str, Any]:
    abandoned = [each for each in group if each.is_abandoned]
    handled = [each for each in group if is_answered(each)]
    return {
        "conversations": len({each.conversation for each in group}),
        "abandoned": len({each.conversation for each in abandoned}),
        "handled": len({each.conversation for each in handled}),
        "contacts": len(group),
        "abandonment_seconds": _sum(abandoned, "queue"),
        "queue_seconds": _sum(group, "queue"),
        "talk_seconds": _sum(handled, "talk"),
        "wrap_seconds": _sum(handled, "wrap"),
    }


def _sum(group: Iterable[ContactEntry], name: str) -> float:
    return float(sum(Fraction(str(getattr(each, f"{name}_seconds") or 0)) for each in group))


def coverage(heard: Sequence[Heard], sources: Sequence[str], span: Span) -> float:
    """Look at every second of an interval."""
    concerned = [
        name
        for name in sources
        if min((each.since for each in heard if each.source == name), default=0) < span[1]
    ]
    seconds = range(span[0], span[1], 1000)
    good = sum(
        all(
            any(each.source == name and each.since <= at < each.until for each in heard)
            for name in concerned
        )
        for at in seconds
    )
    return good / len(seconds) if concerned else 0.0
