"""Changes: one agent went from one state to another, within a session of the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.model.agent import Basis, Contact, Phase, Reason, Snapshot, Status
from gateway.model.clock import to_millis, whole
from gateway.model.event import EventType
from gateway.model.ledger import AgentEntry, Mark
from gateway.model.observation import Change, ChangeKind
from gateway.model.values import replace
from gateway.pipeline.track.held import hold_the_same, without_next
from gateway.pipeline.track.known import (
    ENDED_SESSIONS_KEPT,
    KnownAgent,
    Note,
    Tracked,
    merge_identity,
)
from gateway.pipeline.track.served import tell_again, with_turn
from gateway.pipeline.track.tell import Moment, Teller, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.pipeline.track.known import Stamp

PHASE_OF = {
    Status.BUSY: Phase.ACTIVE,
    Status.RESERVED: Phase.OFFERED,
    Status.AFTER_CALL_WORK: Phase.WRAP_UP,
}
REASON_COUNTS = frozenset({Status.READY, Status.NOT_READY, Status.LOGGED_OUT, Status.UNKNOWN})


def track_change(known: KnownAgent | None, change: Change, stamp: Stamp) -> Tracked:
    """Take a change: what it is news for, or that it is history."""
    when = moment(change.at, stamp)
    if known is not None:
        if _is_history(known, change, when):
            return _late(known, change, when, stamp)
        if change.kind is ChangeKind.LOGOUT and not _is_own_session(known, change):
            return Tracked(known, notes=(Note.FOREIGN_LOGOUT,))
    course = _Course.begin(known, change, when, stamp)
    match change.kind:
        case ChangeKind.LOGIN:
            course.log_in()
        case ChangeKind.LOGOUT:
            course.log_out()
        case ChangeKind.STATE:
            course.enter()
    return course.finish()


def _late(known: KnownAgent, change: Change, when: Moment, stamp: Stamp) -> Tracked:
    """Let history be, but for what is counted: how long the agent was in what, and with whom."""
    if known.mark is None or not when.is_platform or when.at >= known.mark:
        return Tracked(known, notes=(Note.HISTORY,))
    teller = Teller(stamp, when, change.native_id)
    phase = PHASE_OF.get(change.status, Phase.UNKNOWN)
    held = () if change.contact is None else (replace(change.contact, phase=phase),)
    turns = with_turn(known.turns, held, when.at)
    after = tell_again(replace(known, turns=turns), teller)
    late = _entries(change, to_millis(when.at), stamp)
    return Tracked(after, tuple(teller.events), (Note.HISTORY,), late=tuple(late))


def _entries(change: Change, at: int, stamp: Stamp) -> Iterator[AgentEntry]:
    key = stamp.key(change.agent.id)
    reason = change.reason.label or change.reason.code
    status = change.status
    if change.kind is ChangeKind.LOGIN:
        yield AgentEntry(key, at, Mark.LOGIN, Status.UNKNOWN, reason)
    elif change.kind is ChangeKind.LOGOUT:
        status = Status.LOGGED_OUT
    yield AgentEntry(key, at, Mark.STATE, status, reason)
    if change.kind is ChangeKind.LOGOUT:
        yield AgentEntry(key, at, Mark.LOGOUT, status, reason)


def _is_history(known: KnownAgent, change: Change, when: Moment) -> bool:
    if change.session_id is not None and change.session_id in known.ended_sessions:
        return True
    if not when.is_platform or known.mark is None:
        return False
    if when.at == known.mark:
        return change.outcome in known.taken
    return when.at < known.mark


def _is_own_session(known: KnownAgent, change: Change) -> bool:
    if not known.session_open:
        return False
    return None in (change.session_id, known.session_id) or change.session_id == known.session_id


@dataclass(slots=True)
class _Course:
    """The steps that one change takes an agent through."""

    agent: KnownAgent
    is_first: bool
    change: Change
    when: Moment
    teller: Teller
    notes: list[Note]

    @classmethod
    def begin(cls, known: KnownAgent | None, change: Change, when: Moment, stamp: Stamp) -> _Course:
        """Start from what was known."""
        agent = known or KnownAgent(change.agent)
        identity = merge_identity(agent.identity, change.agent)
        return cls(
            agent=agent if identity is agent.identity else replace(agent, identity=identity),
            is_first=known is None,
            change=change,
            when=when,
            teller=Teller(stamp, when, change.native_id),
            notes=[] if when.is_platform else [Note.UNBELIEVED_TIME],
        )

    def finish(self) -> Tracked:
        """Move the marks and hand over."""
        agent, change, at = self.agent, self.change, self.when.at
        mark, taken = agent.mark, agent.taken
        if self.when.is_platform:
            follows = (change.follows,) if change.follows is not None else ()
            mark, taken = at, taken + follows if mark == at else follows
        turns = with_turn(agent.turns, agent.contacts, at)
        agent = replace(agent, mark=mark, taken=taken, outcome=change.outcome, turns=turns)
        agent = tell_again(agent, self.teller)
        return Tracked(agent, tuple(self.teller.events), tuple(self.notes))

    def log_in(self) -> None:
        """Open the session that the platform tells."""
        if self._is_other_session():
            self._end_session()
        if self.agent.session_open and self.agent.logged_in:
            return
        reason = self.change.reason
        self._show(Status.UNKNOWN, reason, None)
        started_at = self.when.at if self.when.is_platform else None
        self._open_session()
        self.agent = replace(self.agent, session_started_at=started_at, logged_in=True, contacts=())
        self.teller.tell(EventType.LOGIN, self.agent)

    def log_out(self) -> None:
        """End the session as the platform tells it."""
        seconds = self._session_seconds()
        if seconds is None:
            seconds = self.change.session_seconds
        was_logged_in = self.agent.logged_in or self.is_first
        if self.is_first:
            self._open_session()
        self.agent = replace(self.agent, contacts=())
        if self._show(Status.LOGGED_OUT, self.change.reason, None):
            self.teller.tell(EventType.STATE, self.agent)
        if was_logged_in:
            self.teller.tell(EventType.LOGOUT, self.agent, session_seconds=seconds)
        self._close_session()

    def enter(self) -> None:
        """Take the state, after what it says about the session."""
        if self._is_other_session():
            self._end_session()
        change = self.change
        status = self._status()
        self._count_missed()
        opened_basis = self._opened_basis()
        if not self.agent.session_open:
            self._open_session()
        anew = Note.MISSED in self.notes
        contacts, before = self._contacts(status), self.agent.contacts
        if contacts or before:
            self.agent = replace(self.agent, contacts=contacts)
        changed = self._show(status, change.reason, change.next, anew=anew)
        if opened_basis and status is not Status.LOGGED_OUT:
            self.agent = replace(self.agent, logged_in=True)
            self.teller.tell(EventType.LOGIN, self.agent, basis=opened_basis)
        if changed or not hold_the_same(before, contacts):
            basis = Basis.ACTIVITY if status is Status.LOGGED_OUT else None
            self.teller.tell(EventType.STATE, self.agent, basis=basis)
        if status is Status.LOGGED_OUT and self.agent.logged_in:
            seconds = self._session_seconds()
            self.agent = replace(self.agent, logged_in=False)
            self.teller.tell(
                EventType.LOGOUT, self.agent, basis=Basis.ACTIVITY, session_seconds=seconds
            )

    def _status(self) -> Status:
        change, held = self.change, self.agent.outcome
        if change.follows is None and held is not None:
            return change.status_after.get(held[0], change.status)
        return change.status

    def _count_missed(self) -> None:
        held, follows = self.agent.outcome, self.change.follows
        if held is not None and follows is not None and held[0] != follows[0]:
            self.notes.append(Note.MISSED)

    def _opened_basis(self) -> Basis | None:
        """From what a login is concluded before this state, if it is."""
        if self.is_first:
            return Basis.FIRST_SEEN
        if not self.agent.session_open:
            return Basis.SESSION
        return None if self.agent.logged_in else Basis.ACTIVITY

    def _contacts(self, status: Status) -> tuple[Contact, ...]:
        told = self.change.contact
        if told is None:
            return ()
        phase = PHASE_OF.get(status, Phase.UNKNOWN)
        before = next((each for each in self.agent.contacts if each.key == told.key), None)
        is_same_phase = before is not None and before.phase is phase
        since = before.since if before and is_same_phase else self.when.at
        offered_at = before.offered_at if before else None
        if offered_at is None and phase is Phase.OFFERED:
            offered_at = since
        return (replace(told, phase=phase, since=since, offered_at=offered_at),)

    def _is_other_session(self) -> bool:
        return self.agent.session_open and not _is_own_session(self.agent, self.change)

    def _open_session(self) -> None:
        self.agent = replace(
            self.agent,
            session_open=True,
            session_id=self.change.session_id,
            session_started_at=None,
        )

    def _end_session(self) -> None:
        """End the open session because another one began."""
        was_logged_in, seconds = self.agent.logged_in, self._session_seconds()
        self.agent = replace(self.agent, contacts=())
        if self.agent.now.status is not Status.LOGGED_OUT:
            self._show(Status.LOGGED_OUT, Reason(), None)
            self.teller.tell(EventType.STATE, self.agent, basis=Basis.SESSION)
        if was_logged_in:
            self.teller.tell(
                EventType.LOGOUT, self.agent, basis=Basis.SESSION, session_seconds=seconds
            )
        self._close_session()

    def _close_session(self) -> None:
        ended = self.agent.ended_sessions
        if self.agent.session_id is not None:
            ended = (*ended, self.agent.session_id)[-ENDED_SESSIONS_KEPT:]
        self.agent = replace(
            self.agent,
            session_open=False,
            session_id=None,
            session_started_at=None,
            ended_sessions=ended,
            logged_in=False,
            contacts=(),
        )

    def _session_seconds(self) -> float | None:
        started_at = self.agent.session_started_at
        if started_at is None or not self.when.is_platform:
            return None
        return whole((self.when.at - started_at).total_seconds())

    def _show(
        self, status: Status, reason: Reason, asked: Status | None, *, anew: bool = False
    ) -> bool:
        """Make this the state; return whether status, reason or what is next changed."""
        before = self.agent.now
        is_same = before.status is status and (
            status not in REASON_COUNTS or (before.reason == reason and not anew)
        )
        stays = is_same and not self.is_first
        since = before.since if stays else self.when.at
        agent = self.agent
        self.agent = replace(
            agent,
            now=Snapshot(status, reason, since, asked),
            previous=agent.previous if stays else self._previous(before),
            since_is_platform=agent.since_is_platform if stays else self.when.is_platform,
            was_seen=agent.was_seen or status is not Status.UNKNOWN,
        )
        return not stays or (before.reason, before.next) != (reason, asked)

    def _previous(self, before: Snapshot) -> Snapshot | None:
        return None if self.is_first and before.since is None else without_next(before)
