"""The queue file: 21 columns, no heading.

Rules from the vendor's page about the queue data format and types from the product's export
procedure (facts part 1.3, read 2026-10) [verified].
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gateway.mapping import Named, QueueInterval, whole
from mappings.files.calabrio_interval_files.options import missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.mapping import Span
    from mappings.files.calabrio_interval_files.options import Options


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue file, in the vendor's words and order."""

    interval: int
    date: str
    time: str
    queue: int
    queue_name: str
    offd_direct_call_cnt: int = 0
    overflow_in_call_cnt: int = 0
    aband_call_cnt: int = 0
    overflow_out_call_cnt: int = 0
    answ_call_cnt: int = 0
    queued_and_answ_call_dur: int = 0
    queued_and_aband_call_dur: int = 0
    talking_call_dur: int = 0
    wrap_up_dur: int = 0
    queued_answ_longest_que_dur: int = 0
    queued_aband_longest_que_dur: int = 0
    avg_avail_member_cnt: int = 0
    ans_servicelevel_cnt: int = 0
    wait_dur: int = 0
    aband_short_call_cnt: int = 0
    aband_within_sl_cnt: int = 0

    def cells(self) -> tuple[str, ...]:
        """Return the line's 21 cells."""
        return tuple(str(getattr(self, name)) for name in self.__slots__)

    def broken(self) -> Iterable[str]:
        """Yield which of the vendor's own consistency rules the line breaks."""
        came = self.offd_direct_call_cnt + self.overflow_in_call_cnt
        went = self.answ_call_cnt + self.aband_call_cnt + self.overflow_out_call_cnt
        early = self.aband_short_call_cnt + self.aband_within_sl_cnt
        if came != went:
            yield (
                f"offd_direct + overflow_in is {came}, answ + aband + overflow_out is {went}; "
                "they have to be equal"
            )
        if self.ans_servicelevel_cnt > self.answ_call_cnt:
            yield f"ans_servicelevel {self.ans_servicelevel_cnt} is more than answ"
        if early > self.aband_call_cnt:
            yield f"aband_short + aband_within_sl is {early}, more than aband"

    def problems(self) -> list[str]:
        """Return the same, saying where."""
        at = f"queue {self.queue} ({self.queue_name}) at {self.date} {self.time}"
        return [f"{at}: {each}" for each in self.broken()]


def when(start: int, span: Span) -> tuple[str, str]:
    """Return date and time of an interval's start, by the clock of the span's zone."""
    local = datetime.fromtimestamp(start / 1000, UTC).astimezone(span.zone)
    return f"{local:%Y%m%d}", f"{local:%H:%M}"


def starts(span: Span) -> range:
    """Return the starts of a span's intervals."""
    first, end = (int(each.timestamp()) * 1000 for each in (span.start, span.until))
    return range(first, end, span.minutes * 60_000)


def queue_rows(
    intervals: Sequence[QueueInterval], span: Span, options: Options, problems: list[str]
) -> list[Row]:
    """Return the lines in the order of time: one for each interval and queue of the table, with
    zeros where it had no contact. What is wrong goes to *problems*.
    """
    told: dict[tuple[int, int], list[QueueInterval]] = defaultdict(list)
    for each in intervals:
        queue = options.queue(each.queue)
        if not options.has(each.channel):
            continue
        if queue is None:
            problems.append(missing(each.queue))
        else:
            told[each.start, queue.id].append(each)
    names = _names(options)
    rows = [
        _row((start, number), told.get((start, number), []), span, options)
        for start in sorted({*starts(span), *(start for start, _ in told)})
        for number in sorted(names)
    ]
    problems += [problem for row in rows for problem in row.problems()]
    return rows


def _names(options: Options) -> dict[int, str | None]:
    """Return the name of each number that the table gives one: the first for a number counts."""
    names: dict[int, str | None] = {}
    for queue in options.queues.values():
        names[queue.id] = names.get(queue.id) or queue.name
    return names


def name_of(number: int, told: Iterable[Named], options: Options) -> str:
    """Return what a queue is called: as the table says, else the platform, else the table's key."""
    named = _names(options)[number]
    platform = next((each.name for each in told if each.name), None)
    key = next(key for key, queue in options.queues.items() if queue.id == number)
    return options.shown(named or platform or key) or str(number)


def _row(
    place: tuple[int, int],
    told: Sequence[QueueInterval],
    span: Span,
    options: Options,
) -> Row:
    start, number = place
    date, time = when(start, span)

    def total(name: str) -> int:
        return whole(sum(getattr(each, name) for each in told))

    def longest(name: str) -> int:
        return whole(max((getattr(each, name) for each in told), default=0))

    talk = sum(options.talk(each) for each in told)
    return Row(
        interval=span.minutes,
        date=date,
        time=time,
        queue=number,
        queue_name=name_of(number, (each.queue for each in told), options),
        offd_direct_call_cnt=total("offered"),
        overflow_in_call_cnt=total("overflow_in"),
        aband_call_cnt=total("abandoned"),
        overflow_out_call_cnt=total("overflow_out") + total("other"),
        answ_call_cnt=total("answered"),
        queued_and_answ_call_dur=total("answered_queue_seconds"),
        queued_and_aband_call_dur=total("abandoned_queue_seconds"),
        talking_call_dur=whole(talk),
        wrap_up_dur=total("wrap_seconds"),
        queued_answ_longest_que_dur=longest("longest_answered_seconds"),
        queued_aband_longest_que_dur=longest("longest_abandoned_seconds"),
        ans_servicelevel_cnt=total("answered_within"),
        aband_short_call_cnt=total("abandoned_short"),
        aband_within_sl_cnt=total("abandoned_within"),
    )
