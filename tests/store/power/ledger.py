"""What a store has acknowledged, and whether it still has it."""

from __future__ import annotations

from collections import Counter
from copy import copy
from dataclasses import dataclass, field, fields

DESTINATION = "wfm"


@dataclass(frozen=True, slots=True)
class Sending:
    """A request is on its way in; *body* is its content and its digest."""

    body: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """It was answered with a receipt, or as a *duplicate* of what is there."""

    body: str
    receipt: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Finishing:
    """Receipts are being recorded as translated."""

    receipts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """They are. *owed*: the events (ids), each with its lane and sequence number."""

    receipts: tuple[str, ...]
    owed: tuple[tuple[str, str, int], ...]
    known: dict[str, int]


@dataclass(frozen=True, slots=True)
class Recording:
    """Outcomes are being recorded: of each event the outcome's name."""

    outcomes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """They are. *memory*: what the lanes remember now."""

    outcomes: tuple[tuple[str, str], ...]
    memory: dict[str, int]


@dataclass(frozen=True, slots=True)
class Marked:
    """The destination was paused or resumed; *kept*: durably."""

    paused: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class Owed:
    """A delivery that the store owes."""

    lane: str
    seq: int
    attempts: int
    held: bool


@dataclass
class Found:
    """What a store holds. *wrong*: what it says of itself that cannot be."""

    untranslated: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    digests: frozenset[str] = frozenset()
    events: list[tuple[str, str]] = field(default_factory=list)
    owed: dict[str, Owed] = field(default_factory=dict)
    outcomes: list[tuple[str, str]] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    paused: bool = False
    wrong: list[str] = field(default_factory=list)


@dataclass
class Ledger:
    """What was acknowledged so far, and what was under way and may be there or not."""

    sending: set[str] = field(default_factory=set)
    received: dict[str, str] = field(default_factory=dict)
    finishing: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    owed: dict[str, tuple[str, int]] = field(default_factory=dict)
    recording: dict[str, str] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)
    settled: dict[str, str] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    paused: tuple[bool, ...] = (False,)

    def copy(self) -> Ledger:
        """Return what it holds now."""
        return Ledger(**{each.name: copy(getattr(self, each.name)) for each in fields(self)})

    def note(self, what: object) -> None:  # noqa: C901 - a case for each thing noted
        """Take what happened next."""
        match what:
            case Sending(body):
                self.sending.add(body)
            case Acknowledged(body, receipt, duplicate):
                self.sending.discard(body)
                if not duplicate:
                    self.received[receipt] = body
            case Finishing(receipts):
                self.finishing.update(receipts)
            case Finished():
                self._finish(what)
            case Recording(outcomes):
                self.recording.update(outcomes)
            case Recorded(outcomes, memory):
                self._settle(outcomes)
                self.memory.update(memory)
            case Marked(paused, kept):
                self.paused = (paused,) if kept else (*self.paused, paused)

    def _finish(self, what: Finished) -> None:
        self.finishing.difference_update(what.receipts)
        self.finished.update(what.receipts)
        self.owed.update({event: (lane, seq) for event, lane, seq in what.owed})
        self.known.update(what.known)

    def _settle(self, outcomes: tuple[tuple[str, str], ...]) -> None:
        for event, outcome in outcomes:
            del self.recording[event]
            if outcome == "retry_at":
                self.tried[event] += 1
            else:
                self.settled[event] = outcome

    def problems(self, found: Found) -> list[str]:
        """Say what of *found* is not as it was acknowledged."""
        return [
            *found.wrong,
            *self._of_receipts(found),
            *self._of_events(found),
            *self._of_deliveries(found),
            *self._of_agents(found),
        ]

    def _of_receipts(self, found: Found) -> list[str]:
        wrong = []
        for receipt, body in self.received.items():
            if found.receipts.get(receipt) != body:
                wrong.append(f"receipt {receipt} ({body}) is lost")
            elif body not in found.digests:
                wrong.append(f"{body} would not be told as a duplicate")
            elif receipt in self.finished and receipt in found.untranslated:
                wrong.append(f"receipt {receipt} would be translated again")
            elif receipt not in self.finished | self.finishing | found.untranslated.keys():
                wrong.append(f"receipt {receipt} would never be translated")
        strangers = found.receipts.keys() - self.received.keys()
        wrong += [
            f"receipt {each} is of nobody"
            for each in strangers
            if found.receipts[each] not in self.sending | set(self.received.values())
        ]
        return wrong

    def _of_events(self, found: Found) -> list[str]:
        twice = Counter(body for _event, body in found.events)
        there = {event for event, _body in found.events}
        return [
            *(f"event of {body} is there {n} times" for body, n in twice.items() if n > 1),
            *(f"event {event} is lost" for event in self.owed if event not in there),
        ]

    def _of_deliveries(self, found: Found) -> list[str]:
        wrong = []
        for event, (lane, seq) in self.owed.items():
            owed, under_way = found.owed.get(event), self.recording.get(event)
            if event in self.settled:
                wrong += _of_settled(event, self.settled[event], found)
            elif owed is None:
                if under_way in (None, "retry_at", "held"):
                    wrong.append(f"delivery of {event} is not owed any more")
            elif (owed.lane, owed.seq) != (lane, seq):
                wrong.append(f"delivery of {event} has moved to {owed}")
            elif owed.attempts not in (self.tried[event], self.tried[event] + bool(under_way)):
                wrong.append(f"attempts at {event}: {owed.attempts}, not {self.tried[event]}")
        return wrong

    def _of_agents(self, found: Found) -> list[str]:
        wrong = [] if found.paused in self.paused else [f"paused: {found.paused}"]
        for what, ours, theirs in (
            ("known", self.known, found.known),
            ("memory", self.memory, found.memory),
        ):
            wrong += [
                f"{what} of {key}: {theirs.get(key)}, not {number}"
                for key, number in ours.items()
                if theirs.get(key, 0) < number
            ]
        return wrong


def _of_settled(event: str, outcome: str, found: Found) -> list[str]:
    owed = found.owed.get(event)
    if outcome == "held":
        return [] if owed is not None and owed.held else [f"{event} is not held"]
    wrong = [] if owed is None else [f"{event} is owed again after {outcome}"]
    if found.outcomes.count((event, outcome)) != 1:
        wrong.append(f"the outcome {outcome} of {event} is not there once")
    if outcome == "dead" and found.dead.count(event) != 1:
        wrong.append(f"the dead letter of {event} is not there once")
    return wrong


def settled(found: Found) -> Ledger:
    """Return the ledger of a store as it was found: with all that is there acknowledged."""
    ledger = Ledger(
        received=dict(found.receipts),
        finished=found.receipts.keys() - found.untranslated.keys(),
        known=dict(found.known),
        memory=dict(found.memory),
        paused=(found.paused,),
        settled=dict(found.outcomes),
    )
    for event, owed in found.owed.items():
        ledger.owed[event] = (owed.lane, owed.seq)
        ledger.tried[event] = owed.attempts
        if owed.held:
            ledger.settled[event] = "held"
    ledger.owed |= {event: ("", 0) for event in ledger.settled if event not in ledger.owed}
    return ledger
