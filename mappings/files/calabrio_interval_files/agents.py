"""The agent files of the vendor's older file drop: a heading, an empty line, column names, lines.

Columns from a third party's generator [partner]; what they mean from the vendor's data mart
(facts part 1.4, read 2026-10) [verified].
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from gateway.mapping import AgentInterval, AgentQueueInterval, is_formula, plain, whole
from mappings.files.calabrio_interval_files.options import missing
from mappings.files.calabrio_interval_files.queue import name_of, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.mapping import Figures, Person, Span
    from mappings.files.calabrio_interval_files.options import Options

AGENT = (
    "interval;date_from;time;agent_id;agent_name;avail_dur;tot_work_dur;pause_dur;wait_dur;"
    "admin_dur;direct_out_call_cnt;direct_out_call_dur;direct_in_call_cnt;direct_in_call_dur"
)
AGENT_QUEUE = (
    "interval;date_from;time;agent_id;agent_name;queue;queue_name;talking_call_dur;wrap_up_dur;"
    "answ_call_cnt;transfer_out_call_cnt"
)
LONGEST_ID = 100


@dataclass(frozen=True, slots=True)
class _Times:
    """What an agent did in an interval, in whole seconds."""

    tot_work: int
    pause: int
    wait: int
    admin: int
    out_count: int
    out: int

    def within(self, seconds: int) -> _Times:
        """Return it with no duration longer than the interval: the vendor takes none that is."""
        work, pause, wait, admin, out = (
            min(each, seconds)
            for each in (self.tot_work, self.pause, self.wait, self.admin, self.out)
        )
        return _Times(work, min(pause, work), wait, admin, self.out_count, out)

    def plus(self, other: _Times) -> _Times:
        """Return both together: one person at two platforms."""
        return _Times(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def cells(self) -> tuple[int, ...]:
        """Return the cells from `avail_dur` on."""
        avail = self.tot_work - self.pause
        head = (avail, self.tot_work, self.pause, self.wait, self.admin)
        return (*head, self.out_count, self.out, 0, 0)


def agent_rows(
    figures: Figures, span: Span, options: Options, problems: list[str]
) -> list[tuple[str, ...]]:
    """Return the lines of the agent file, by time and agent. What is wrong goes to *problems*."""
    told: dict[tuple[int, str], list[AgentInterval]] = defaultdict(list)
    for each in figures.agents:
        if each.logged_in_seconds or each.outbound:
            told[each.start, _identity(each.agent, figures.people, options, problems)].append(each)
    rows = []
    for (start, identity), several in sorted(told.items(), key=lambda each: each[0]):
        name = _name(several, figures.people, options) or identity
        cells = _together(several, span, options, problems).cells()
        rows.append((str(span.minutes), *when(start, span), identity, name, *map(str, cells)))
    return rows


def _together(
    several: Sequence[AgentInterval], span: Span, options: Options, problems: list[str]
) -> _Times:
    seconds = span.minutes * 60
    together = _Times(0, 0, 0, 0, 0, 0)
    for each in several:
        problems += _too_long(each, seconds)
        admin = sum(each.by_reason.get(reason, 0) for reason in options.admin_reasons)
        times = _Times(
            whole(each.logged_in_seconds),
            whole(each.not_ready_seconds),
            whole(each.ready_seconds),
            whole(admin),
            each.outbound,
            whole(each.outbound_talk_seconds),
        )
        together = together.plus(times)
    return together.within(seconds)


def _too_long(each: AgentInterval, seconds: int) -> Iterator[str]:
    """Yield which times are longer than the interval. The talk of a call may be: all of it counts
    where the call is booked.
    """
    for name in ("logged_in_seconds", "not_ready_seconds", "ready_seconds"):
        value = getattr(each, name)
        if whole(value) > seconds:
            yield f"agent {plain(each.agent)}: {name} is {value:.0f}, the interval has {seconds}"


def agent_queue_rows(
    figures: Figures, span: Span, options: Options, problems: list[str]
) -> list[tuple[str, ...]]:
    """Return the lines of the file of agents and queues, by time, agent and queue."""
    told: dict[tuple[int, str, int], list[AgentQueueInterval]] = defaultdict(list)
    for each in figures.agent_queues:
        queue = options.queue(each.queue)
        if queue is None:
            problems.append(missing(each.queue))
            continue
        identity = _identity(each.agent, figures.people, options, problems)
        told[each.start, identity, queue.id].append(each)
    rows = []
    for (start, identity, number), several in sorted(told.items(), key=lambda each: each[0]):
        name = _name(several, figures.people, options) or identity
        queue_name = name_of(number, (each.queue for each in several), options)
        figures_of = (
            whole(sum(options.talk(each) for each in several)),
            whole(sum(each.wrap_seconds for each in several)),
            sum(each.answered for each in several),
            sum(each.transferred_out for each in several),
        )
        head = (str(span.minutes), *when(start, span), identity, name, str(number), queue_name)
        rows.append((*head, *map(str, figures_of)))
    return rows


def _identity(
    agent: str, people: Mapping[str, Person], options: Options, problems: list[str]
) -> str:
    """Return how the vendor knows an agent. It is never altered: it has to match."""
    person, who = people.get(agent), f"agent {plain(agent)}"
    identity = person.identity.strip() if person is not None else ""
    if not identity:
        problems.append(f"{who}: has no id that the vendor knows")
    elif options.separator in identity or '"' in identity or plain(identity) != identity:
        problems.append(f"{who}: its id holds what separates the cells of a file")
    elif is_formula(identity):
        problems.append(f"{who}: its id begins as a formula does")
    elif len(identity) > LONGEST_ID:
        problems.append(f"{who}: its id has more than {LONGEST_ID} characters")
    return identity


def _name(
    several: Sequence[AgentInterval | AgentQueueInterval],
    people: Mapping[str, Person],
    options: Options,
) -> str | None:
    names = (people[each.agent].name for each in several if each.agent in people)
    return next((options.shown(name) for name in names if name), None)
