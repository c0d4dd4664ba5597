"""Alarms: from the facts to what is raised now.

A rule has three answers: raised, not raised, or undecided, which leaves an alarm as it is. After
a restart much is undecided until there is evidence; so nobody is told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.model.alarm import Alarm, AlarmName, Scope
from gateway.model.clock import in_words
from gateway.model.facts import DestinationFacts, Facts, FileFacts, SourceFacts

REFUSING_FOR = timedelta(minutes=1)
DOWN_FOR = timedelta(minutes=1)
SKEWED = timedelta(minutes=2)
SKEWED_NO_MORE = timedelta(minutes=1)
BEHIND = timedelta(minutes=5)
BEHIND_NO_MORE = timedelta(minutes=1)
GROWN_WITHIN = timedelta(minutes=15)
"""How long after the last new entry a growing quarantine is still told as growing."""
NONE = timedelta(0)
SLACK = timedelta(seconds=30)
SETTLING = timedelta(minutes=15)
"""At most so long after the start an agent's silence is put down to the restart."""


@dataclass(slots=True)
class Findings:
    """What the rules came to. *undecided*: what stays as it is."""

    raised: list[Alarm] = field(default_factory=list)
    undecided: set[Scope] = field(default_factory=set)

    def note(self, name: AlarmName, place: str, found: Iterable[Alarm] | None) -> None:
        """Take a rule's answer; `None` is undecided."""
        if found is None:
            self.undecided.add((name, place))
        else:
            self.raised += found


def judge(facts: Facts) -> Findings:
    """Return the alarms that are raised by the facts."""
    findings = Findings()
    for source in facts.sources:
        for name, rule in SOURCE_RULES.items():
            findings.note(name, source.name, rule(source, facts))
    for destination in facts.destinations:
        for name, told in DESTINATION_RULES.items():
            findings.note(name, destination.name, told(destination, facts))
    _judge_files(facts, findings)
    findings.raised += _identity_conflict(facts)
    if facts.store_problem is not None:
        findings.raised.append(Alarm(AlarmName.STORE_UNAVAILABLE, "", facts.store_problem))
    if facts.set_aside:
        detail = f"damaged, and set aside: {', '.join(facts.set_aside)}"
        findings.raised.append(Alarm(AlarmName.STORE_SET_ASIDE, "", detail))
    return findings


def _judge_files(facts: Facts, findings: Findings) -> None:
    for each in facts.files:
        for name, rule in FILE_RULES.items():
            findings.note(name, each.name, rule(each, facts))


Found = list[Alarm] | None
"""What a rule came to; `None`: undecided."""


def _identity_conflict(facts: Facts) -> Iterable[Alarm]:
    places: dict[tuple[str, str], list[str]] = {}
    for each in facts.conflicts:
        places.setdefault((each.agent, each.wearer), []).append(each.destination)
    for (agent, wearer), destinations in places.items():
        told = (
            f"{wearer} goes by the same identity at {', '.join(sorted(destinations))} and came "
            "first: these states are held until it logs out, or the roster tells the two apart"
        )
        yield Alarm(AlarmName.IDENTITY_CONFLICT, agent, told)


def _source_silent(source: SourceFacts, facts: Facts) -> Found:
    if source.expect_every is None:
        return []
    if source.live_agents is None:
        return None
    if not source.live_agents:
        return []
    began = facts.jumped_at or facts.started_at
    heard_at = source.heard_at if _is_of_now(source.heard_at, began, facts.now) else None
    if facts.now - (heard_at or began) > source.expect_every:
        detail = (
            f"nothing was accepted for more than {in_words(source.expect_every)}; "
            f"agents logged in: {source.live_agents}"
        )
        return [Alarm(AlarmName.SOURCE_SILENT, source.name, detail)]
    return None if heard_at is None else []


def _is_of_now(at: datetime | None, began: datetime, now: datetime) -> bool:
    """Whether a time is by the clock as it goes since *began*."""
    return at is not None and began <= at <= now + SLACK


def _source_refusing(source: SourceFacts, _facts: Facts) -> Found:
    found = source.refusing
    if found is None:
        return None if source.heard_at is None else []
    if found.until - found.since < REFUSING_FOR:
        return None
    checks = sorted(found.checks, key=lambda each: (-found.checks[each], each))
    named = ", ".join(f"{each} ({found.checks[each]} times)" for each in checks)
    detail = f"every request was refused for more than a minute; failed check: {named}"
    return [Alarm(AlarmName.SOURCE_REFUSING, source.name, detail)]


def _reconcile_failing(source: SourceFacts, _facts: Facts) -> Found:
    if source.unreadable is None:
        return []
    return [Alarm(AlarmName.RECONCILE_FAILING, source.name, source.unreadable)]


def _clock_skew(source: SourceFacts, _facts: Facts) -> Found:
    if source.skew is None:
        return None
    if source.zone_doubt is not None:
        return []  # it is told as a wrong zone
    if abs(source.skew) > SKEWED:
        way = "late: a slow clock, or events held back" if source.skew > NONE else "in the future"
        detail = f"its times are {in_words(abs(source.skew))} {way}"
        return [Alarm(AlarmName.CLOCK_SKEW, source.name, detail)]
    return [] if abs(source.skew) <= SKEWED_NO_MORE else None


def _time_zone(source: SourceFacts, _facts: Facts) -> Found:
    if source.skew is None:
        return None
    if source.zone_doubt is not None:
        return [Alarm(AlarmName.TIME_ZONE, source.name, source.zone_doubt)]
    return []


def _agent_silent(source: SourceFacts, facts: Facts) -> Found:
    allowed = source.ghost_after
    if allowed is None:
        return []
    if source.live_agents is None or facts.now - facts.started_at < min(allowed, SETTLING):
        return None
    detail = f"logged in, and nothing was heard for more than {in_words(allowed)}"
    return [
        Alarm(AlarmName.AGENT_SILENT, key, detail)
        for key, heard_at in source.silent_agents
        if facts.now - heard_at > allowed
    ]


def _wrap_up_long(source: SourceFacts, facts: Facts) -> Found:
    allowed = source.wrap_up_limit
    if allowed is None:
        return []
    if source.live_agents is None:
        return None
    return [
        Alarm(AlarmName.WRAP_UP_LONG, key, f"in after-call work for more than {in_words(allowed)}")
        for key, since in source.wrapping
        if facts.now - since > allowed
    ]


def _quarantine_growing(source: SourceFacts, facts: Facts) -> Found:
    detail = "requests or records that cannot be read came into quarantine"
    found = Alarm(AlarmName.QUARANTINE_GROWING, source.name, detail)
    return _growing(found, source.grew_at, facts)


def _dead_letters(destination: DestinationFacts, facts: Facts) -> Found:
    found = Alarm(AlarmName.DEAD_LETTERS, destination.name, "deliveries were given up")
    return _growing(found, destination.grew_at, facts)


def _growing(alarm: Alarm, grew_at: datetime | None, facts: Facts) -> Found:
    if grew_at is not None and facts.now - grew_at <= GROWN_WITHIN:
        return [alarm]
    return [] if facts.now - facts.started_at > GROWN_WITHIN else None


def _destination_parked(destination: DestinationFacts, _facts: Facts) -> Found:
    if destination.is_parked is None:
        return None
    if not destination.is_parked:
        return []
    detail = "it refuses our credentials; nothing is sent but a probe, nothing is given up"
    return [Alarm(AlarmName.DESTINATION_PARKED, destination.name, detail)]


def _destination_down(destination: DestinationFacts, facts: Facts) -> Found:
    if destination.is_open is None:
        return None
    if destination.is_open:
        since = destination.open_since or facts.now
        if facts.now - since < DOWN_FOR:
            return None
        detail = f"it has failed for more than a minute; last answer: {destination.last_answer}"
        return [Alarm(AlarmName.DESTINATION_DOWN, destination.name, detail)]
    return [] if destination.answers or destination.pending == 0 else None


def _destination_behind(destination: DestinationFacts, _facts: Facts) -> Found:
    # Of one that is parked or down more is told already.
    if destination.behind is None or destination.is_parked or destination.is_open:
        return None
    if destination.behind > BEHIND:
        detail = f"its oldest pending delivery is older than {in_words(BEHIND)}"
        return [Alarm(AlarmName.DESTINATION_BEHIND, destination.name, detail)]
    return [] if destination.behind <= BEHIND_NO_MORE else None


def _destination_overloaded(destination: DestinationFacts, _facts: Facts) -> Found:
    owed, allowed = destination.owed_a_minute, destination.allowed_a_minute
    if allowed is None:
        return []
    if owed is None or destination.pending is None:
        return None
    if owed <= allowed or destination.pending <= allowed:
        return []
    detail = (
        f"{owed:.0f} requests a minute are owed and {allowed:.0f} allowed: "
        f"{(owed - allowed) * 60:.0f} more wait with every hour"
    )
    return [Alarm(AlarmName.DESTINATION_OVERLOADED, destination.name, detail)]


def _files_failing(files: FileFacts, facts: Facts) -> Found:
    if files.failing_since is None:
        return [] if files.has_looked else None
    if facts.now - files.failing_since < DOWN_FOR:
        return None
    detail = f"its files cannot be written for more than a minute: {files.failure}"
    return [Alarm(AlarmName.FILES_FAILING, files.name, detail)]


def _files_withheld(files: FileFacts, _facts: Facts) -> Found:
    if not files.has_looked:
        return None
    if not files.withheld:
        return []
    detail = f"files are not written until this is mended: {files.problem}"
    return [Alarm(AlarmName.FILES_WITHHELD, files.name, detail)]


SOURCE_RULES: Mapping[AlarmName, Callable[[SourceFacts, Facts], Found]] = {
    AlarmName.SOURCE_SILENT: _source_silent,
    AlarmName.SOURCE_REFUSING: _source_refusing,
    AlarmName.RECONCILE_FAILING: _reconcile_failing,
    AlarmName.CLOCK_SKEW: _clock_skew,
    AlarmName.TIME_ZONE: _time_zone,
    AlarmName.AGENT_SILENT: _agent_silent,
    AlarmName.WRAP_UP_LONG: _wrap_up_long,
    AlarmName.QUARANTINE_GROWING: _quarantine_growing,
}
DESTINATION_RULES: Mapping[AlarmName, Callable[[DestinationFacts, Facts], Found]] = {
    AlarmName.DESTINATION_PARKED: _destination_parked,
    AlarmName.DESTINATION_DOWN: _destination_down,
    AlarmName.DESTINATION_BEHIND: _destination_behind,
    AlarmName.DESTINATION_OVERLOADED: _destination_overloaded,
    AlarmName.DEAD_LETTERS: _dead_letters,
}
FILE_RULES: Mapping[AlarmName, Callable[[FileFacts, Facts], Found]] = {
    AlarmName.FILES_FAILING: _files_failing,
    AlarmName.FILES_WITHHELD: _files_withheld,
}
