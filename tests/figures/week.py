"""A week of a small centre: what truly happened, and the callbacks that a platform sends of it.

The truth is made first, and knows nothing of how it is told. Times are whole seconds of UTC.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

from gateway.model.agent import Named, Status
from gateway.model.ledger import AgentEntry, ContactEntry, Hop, Mark

HOUR, DAY = 3600, 86_400
QUEUES = tuple(Named(f"WQ{each:032x}", name) for each, name in enumerate(("Care", "Sales", "Tech")))
ACTIVITIES = {"Offline": Status.LOGGED_OUT, "Available": Status.READY, "Break": Status.NOT_READY}
AGENTS = tuple(f"WK{each:032x}" for each in range(5))


@dataclass
class Week:
    """*contacts* and *stays* are the truth; *told* what is sent of it: a time and a body each."""

    contacts: list[ContactEntry] = field(default_factory=list)
    stays: list[AgentEntry] = field(default_factory=list)
    told: list[tuple[int, bytes]] = field(default_factory=list)

    def tell(self, at: int, kind: str, **more: str) -> None:
        number = len(self.told)
        fields = {
            "EventType": kind,
            "Sid": f"EV{number:032x}",
            "AccountSid": f"AC{1:032x}",
            "WorkspaceSid": f"WS{1:032x}",
            "ResourceType": kind.partition(".")[0],
            "Timestamp": str(at),
            "TimestampMs": str(at * 1000),
        }
        self.told.append((at, urlencode(fields | more).encode()))


def week(start: int, seed: int) -> Week:
    """Return the week that begins at *start*: day and night, so that no hour is left out."""
    dice, made = Random(seed), Week()
    free = {agent: _shifts(made, dice, agent, start) for agent in AGENTS}
    for number in range(120):
        at = start + dice.randrange(7 * DAY - 3 * HOUR)
        _conversation(made, dice, free, number, at)
    made.told.sort(key=lambda each: each[0])
    return made


def _shifts(made: Week, dice: Random, agent: str, start: int) -> list[list[int]]:
    """Let an agent come and go; return the spans, each once, in which they take a contact."""
    spans, at = [], start + dice.randrange(HOUR)
    _activity(made, agent, at, "Available", Mark.LOGIN)
    while at < start + 7 * DAY - 6 * HOUR:
        length = dice.randrange(2 * HOUR, 5 * HOUR)
        spans += [[begin, begin + 1500] for begin in range(at + 60, at + length - 1600, 1600)]
        at += length
        _activity(made, agent, at, "Break", Mark.STATE)
        at += dice.randrange(60, 1800)
        if dice.random() < 0.3:
            _activity(made, agent, at, "Offline", Mark.LOGOUT)
            at += dice.randrange(HOUR, 8 * HOUR)
            _activity(made, agent, at, "Available", Mark.LOGIN)
        else:
            _activity(made, agent, at, "Available", Mark.STATE)
    _activity(made, agent, at, "Offline", Mark.LOGOUT)
    return spans


def _activity(made: Week, agent: str, at: int, name: str, mark: Mark) -> None:
    reason = None if mark is Mark.LOGOUT else name
    made.stays.append(AgentEntry(f"tr:{agent}", at * 1000, mark, ACTIVITIES[name], reason))
    made.tell(at, "worker.activity.update", WorkerSid=agent, **_doing(name))


def _doing(name: str) -> dict[str, str]:
    return {
        "WorkerActivityName": name,
        "WorkerActivitySid": f"WA{list(ACTIVITIES).index(name):032x}",
    }


@dataclass
class Task:
    """One task while it is played."""

    made: Week
    dice: Random
    sid: str
    channel: str
    direction: str | None
    conversation: str

    def tell(self, at: int, kind: str, **more: str) -> None:
        attributes = {"conversations": {"conversation_id": self.conversation}}
        if self.direction:
            attributes["direction"] = self.direction
        told = {
            "TaskSid": self.sid,
            "TaskChannelUniqueName": self.channel,
            "TaskAttributes": json.dumps(attributes),
        }
        self.made.tell(at, kind, **told, **more)

    def enter(self, at: int, several: int) -> tuple[list[Hop], int]:
        """Go through *several* queues; return them, and when it waits in the last one."""
        hops = []
        for queue in self.dice.sample(QUEUES, several):
            hops.append(Hop(queue, at * 1000))
            self.tell(at, "task-queue.entered", **_of(queue))
            at += self.dice.choice([1, 2, 4, 12, 30])
        return hops, at

    def book(self, key: str, hops: list[Hop], **more: object) -> None:
        self.made.contacts.append(
            ContactEntry(
                key=key, revision=1, source="tr", conversation=self.conversation,
                channel=self.channel, direction=self.direction, queue=hops[-1].queue,
                hops=tuple(hops), started_at=hops[0].at, **more,
            )
        )  # fmt: skip


def _of(queue: Named) -> dict[str, str]:
    return {"TaskQueueSid": queue.id or "", "TaskQueueName": queue.name or ""}


def _conversation(
    made: Week, dice: Random, free: dict[str, list[list[int]]], number: int, at: int
) -> None:
    conversation = f"CV{number - number % 4 if dice.random() < 0.1 else number}"
    channel, direction = dice.choice(["voice", "voice", "video"]), dice.choice(DIRECTIONS)
    task = Task(made, dice, f"WT{number:032x}", channel, direction, conversation)
    how = dice.random()
    if how < 0.25:
        task.tell(at, "task.created")
        _given_up(task, at, is_hang_up=how < 0.18)
        return
    span = _free_span(free, at)
    if span is None:
        return
    agent, begin = span
    task.tell(begin, "task.created")
    other = _free_span(free, begin + 400) if how > 0.8 else None
    ended = _answered(task, agent, begin, is_transfer=False, is_sent_on=other is not None)
    if other is not None and other[0] != agent:
        ended = _answered(task, other[0], max(other[1], ended), is_transfer=True, is_sent_on=False)
    task.tell(ended + 1, "task.completed")


DIRECTIONS = ("inbound", "inbound", None, "outbound")


def _free_span(free: dict[str, list[list[int]]], at: int) -> tuple[str, int] | None:
    """Take the first span of anybody that begins at *at* or later."""
    later = [
        (span[0], agent, place)
        for agent, spans in free.items()
        for place, span in enumerate(spans)
        if span[0] >= at
    ]
    if not later:
        return None
    begin, agent, place = min(later)
    del free[agent][place]
    return agent, begin


def _given_up(task: Task, at: int, *, is_hang_up: bool) -> None:
    hops, at = task.enter(at, task.dice.choice([1, 1, 2, 3]))
    at += task.dice.choice([0, 1, 3, 16, 60, 500])
    reason = "hangup" if is_hang_up else "Task TTL Exceeded"
    task.tell(at, "task.canceled", TaskCanceledReason=reason, **_of(hops[-1].queue))
    outcome = "abandoned" if is_hang_up else "canceled"
    wait = at - hops[0].at // 1000
    task.book(
        task.sid, hops, outcome=outcome, is_abandoned=is_hang_up, ended_at=at * 1000,
        queue_seconds=wait,
    )  # fmt: skip


def _answered(task: Task, agent: str, at: int, *, is_transfer: bool, is_sent_on: bool) -> int:
    dice, hops_at = task.dice, at
    hops, at = task.enter(at, dice.choice([1, 1, 2]))
    share = f"WR{len(task.made.told):032x}"
    mine = {
        "ReservationSid": share,
        "WorkerSid": agent,
        **_doing("Available"),
        **_of(hops[-1].queue),
    }
    offered, accepted = at, at + dice.randrange(1, 25)
    talked = accepted + dice.randrange(5, 300)
    wrapped = talked + dice.choice([0, 1, 20, 90])
    task.tell(offered, "reservation.created", **mine)
    task.tell(accepted, "reservation.accepted", **mine)
    if is_sent_on:
        task.tell(talked - 1, "task.transfer-initiated")
    if wrapped > talked:
        task.tell(talked, "reservation.wrapup", **mine)
    task.tell(wrapped, "reservation.completed", **mine)
    for moment, status in (
        (offered, Status.RESERVED), (accepted, Status.BUSY), (talked, Status.AFTER_CALL_WORK),
        (wrapped, Status.READY),
    ):  # fmt: skip
        stay = AgentEntry(f"tr:{agent}", moment * 1000, Mark.STATE, status, None)
        task.made.stays.append(stay)
    task.book(
        share, hops, outcome="answered", is_abandoned=False, agent=f"tr:{agent}",
        answered_at=accepted * 1000, ended_at=talked * 1000, queue_seconds=accepted - hops_at,
        ring_seconds=accepted - offered, talk_seconds=talked - accepted,
        wrap_seconds=wrapped - talked, is_transfer=is_transfer, is_sent_on=is_sent_on,
    )  # fmt: skip
    return wrapped
