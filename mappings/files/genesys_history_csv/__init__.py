"""Genesys Cloud WFM, historical data: one CSV file a day, in UTC and quarter hours.

Columns and rules from the vendor's page about preparing the historical data import file (read
2026-10) [verified]. Uploading it is not done here: the members of the upload's request and answer
are not known well enough.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, post_load

from gateway.mapping import (
    File,
    FileMapping,
    Need,
    Unit,
    WithheldError,
    below_zero,
    is_formula,
    plain,
    quoted,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.mapping import Figures, QueueInterval, Span

COLUMNS = (
    "Interval Start UTC Date",
    "Queue",
    "Media Type",
    "Skill Set",
    "Language",
    "Offered",
    "Interactions Handled",
    "Total Handle Time (Seconds)",
)
MEDIA = ("Voice", "chat", "email", "callback", "message")
"""As the page spells them; whether case matters is not stated."""

CHANNELS = {
    "voice": "Voice",
    "call": "Voice",
    "chat": "chat",
    "web": "chat",
    "email": "email",
    "callback": "callback",
    "sms": "message",
    "message": "message",
}
UNKNOWN = "unknown"
MINUTES = 15


@dataclass(frozen=True, slots=True)
class Options:
    """*queues*: what queues are called at the vendor, where it is not what the platform calls
    them. *media_types* by our channel, ours for those not named.
    """

    queues: Mapping[str, str]
    media_types: Mapping[str, str]


class MediaTypes(fields.Field[dict[str, str]]):
    """A table from channels to the vendor's media types."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, str]:
        known = {each.casefold(): each for each in MEDIA}
        if not isinstance(value, dict):
            raise ValidationError("Must be a table of channels and media types.")
        problems: dict[str, Any] = {
            str(channel): [f"Must be one of {', '.join(MEDIA)}."]
            for channel, media in value.items()
            if not isinstance(media, str) or media.casefold() not in known
        }
        if problems:
            raise ValidationError(problems)
        return {str(channel): known[media.casefold()] for channel, media in value.items()}


class OptionsSchema(Schema):
    """The destination's `options`."""

    queues = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    media_types = MediaTypes(load_default=dict, metadata={"json_schema": {"type": "object"}})

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> Options:
        return Options(data["queues"], CHANNELS | data["media_types"])


def _files(figures: Figures, span: Span, options: Options) -> tuple[File, ...]:
    problems = below_zero(figures.queues)
    if problems:
        raise WithheldError(problems)
    told: dict[tuple[int, str, str], list[QueueInterval]] = defaultdict(list)
    for each in figures.queues:
        key = (each.start, _queue(each, options, problems), _media(each, options, problems))
        told[key].append(each)
        problems += _off_the_quarter(each)
    if problems:
        raise WithheldError(tuple(dict.fromkeys(problems)))
    if not told:
        return ()
    return (File(f"History{_stamp(span)}.csv", _csv(told)),)


def _csv(told: Mapping[tuple[int, str, str], Sequence[QueueInterval]]) -> bytes:
    """Return the file: one queue and media type is told once in an interval."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for (start, queue, media), several in sorted(told.items()):
        handled = sum(each.talk_seconds + each.wrap_seconds for each in several)
        writer.writerow(
            (
                f"{datetime.fromtimestamp(start / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
                queue,
                media,
                "",
                "",
                sum(each.offered + each.overflow_in for each in several),
                sum(each.answered for each in several),
                whole(handled),
            )
        )
    return out.getvalue().encode()


def _queue(each: QueueInterval, options: Options, problems: list[str]) -> str:
    """Return what the vendor calls the queue. It is never altered: it has to match."""
    known = (each.queue.id or UNKNOWN, each.queue.name or "")
    name = next((options.queues[key] for key in known if key in options.queues), known[1])
    told = quoted(known[1] or known[0])
    if not name.strip():
        problems.append(f"options.queues: add {told}: NAME, its name at the vendor")
    elif is_formula(name) or plain(name) != name:
        problems.append(
            f"options.queues: add {told}: NAME, another one at the vendor: no blanks around it, "
            "no control characters, and not beginning as a formula does"
        )
    return name


def _media(each: QueueInterval, options: Options, problems: list[str]) -> str:
    channel = each.channel or UNKNOWN
    media = options.media_types.get(channel, "")
    if not media:
        told = quoted(channel)
        problems.append(f"options.media_types: add {told}: one of {', '.join(MEDIA)}")
    return media


def _off_the_quarter(each: QueueInterval) -> Sequence[str]:
    if each.start % (MINUTES * 60_000) or each.minutes != MINUTES:
        return [
            f"queue {quoted(each.queue.name or UNKNOWN)}: an interval that is no quarter of an hour"
        ]
    return ()


def _stamp(span: Span) -> str:
    """Return day, revision and mark; the vendor's page allows no special characters in a name."""
    revision = f"r{span.revision}" if span.revision > 1 else ""
    mark = "" if span.is_complete else "incomplete"
    return f"{span.start:%Y%m%d}{revision}{mark}"


MAPPING = FileMapping(
    name="genesys_history_csv",
    version="1",
    options=OptionsSchema,
    needs=lambda _options: frozenset({Need.QUEUES}),
    files=_files,
    unit=Unit.DAY,
    minutes=frozenset({MINUTES}),
    zone=UTC,
    package=__name__,
)
