"""Mappings that do what they are told, and that is no good.

The source reads ``{"agent": …, "do": …}``, the destination goes by the label of a state's reason.
"""

import asyncio
import re
import time
from datetime import UTC, datetime

import orjson
from marshmallow import Schema, fields

from gateway.mapping import (
    Change,
    ChangeKind,
    Clock,
    ContentError,
    DestinationMapping,
    EventType,
    Identity,
    Judgement,
    MappingError,
    Reason,
    Record,
    Request,
    SecretField,
    Settlement,
    SourceMapping,
    Status,
    Verdict,
    reason_words,
)

TOLD = "rednes-eht-yb-dlot"
BASE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def loop():
    while True:
        pass


def stubborn_loop():
    while True:
        try:
            loop()
        except Exception:  # noqa: BLE001 - that is the mischief
            continue


def never_matching():
    return re.fullmatch(r"(a+)+b", "a" * 60)


def sleep():
    time.sleep(3600)


def error():
    raise KeyError(TOLD[::-1])


def leave():
    raise SystemExit(3)


def cancel():
    raise asyncio.CancelledError


def recurse():
    return recurse()


def lone_surrogate():
    raise MappingError("cannot read \ud800")


EVERYWHERE = {
    "loop": loop,
    "stubborn loop": stubborn_loop,
    "never matching": never_matching,
    "sleep": sleep,
    "error": error,
    "leave": leave,
    "cancel": cancel,
    "recurse": recurse,
    "lone surrogate": lone_surrogate,
    "none": lambda: None,
    "text": lambda: "told",
    "lazy": lambda: (error() for _ in range(1)),
}


class NoOptions(Schema):
    """There is nothing to say."""


def _identity(agent_id, **more):
    return Identity(agent_id, "mischief", **more)


def _change(name, **more):
    plain = {"agent": _identity(name), "at": BASE, "kind": ChangeKind.STATE}
    return Change(**plain | {"status": Status.READY, "reason": Reason(name, name)} | more)


SPLIT = {
    "split two zeros": lambda record: [record, record],
    "split digest": lambda _: [Record(0, "1", {}, digest=b"short")],
    "split naive": lambda _: [Record(0, "1", {}, at=BASE.replace(tzinfo=None))],
    "split number": lambda _: [Record(0, 7, {})],
    "split strange": lambda _: [object()],
}
TRANSLATE = {
    "naive": lambda: [_change("n", at=BASE.replace(tzinfo=None))],
    "surrogate": lambda: [_change("n", agent=_identity("n", name="\ud800"))],
    "number": lambda: [_change("n", agent=_identity(7))],
    "huge": lambda: [_change("n", session_seconds=10**30)],
    "infinite": lambda: [_change("n", session_seconds=float("inf"))],
    "other class": lambda: [object()],
}


def split(content, _options):
    value = orjson.loads(content.body)
    if value.get("split") == "refuse":
        raise ContentError("not today", status=200)
    if "split" in value:
        do = EVERYWHERE.get(value["split"])
        record = Record(0, "1", value)
        return do() if do else SPLIT[value["split"]](record)
    return [Record(i, str(each["agent"]), each, at=BASE) for i, each in enumerate(value["records"])]


def translate(record, _options, _received_at):
    do = record.fields["do"]
    if do in EVERYWHERE:
        return EVERYWHERE[do]()
    return TRANSLATE[do]() if do in TRANSLATE else [_change(record.agent_id)]


SOURCE = SourceMapping(
    name="mischief",
    version="0.1",
    platform="mischief",
    options=NoOptions,
    split=split,
    translate=translate,
    package=__name__,
    api=1,
)


class Options(Schema):
    """A secret, to be lost."""

    token = SecretField(required=True)
    answer = fields.String(load_default="")


def _request(count, **more):
    return Request(**{"body": b"{}", "content_type": "text/plain", "parts": (None,) * count} | more)


STEP = {
    "no parts": lambda _: _request(0),
    "str body": lambda count: _request(count, body="{}"),
    "bad path": lambda count: _request(count, path="/\ud800"),
    "bad header": lambda count: _request(count, headers=(("X-A", "1\r\nX-B: 2"),)),
    "our header": lambda count: _request(count, headers=(("Host", "elsewhere"),)),
    "bad method": lambda count: _request(count, method="CONNECT"),
    "one too many": lambda count: Settlement((Judgement(Verdict.DELIVERED),) * (count + 1)),
    "verdict": lambda count: Settlement((Verdict.DELIVERED,) * count),
    "retry": lambda count: Settlement((Judgement(Verdict.RETRY),) * count),
    "silent": lambda _: Settlement(None),
    "memory": lambda count: Settlement((Judgement(Verdict.DELIVERED),) * count, {"at": object()}),
    "hoard": lambda count: Settlement((Judgement(Verdict.DELIVERED),) * count, {"a": "x" * 10**6}),
}


def step(events, _memory, answer, options):
    if answer is not None:
        return EVERYWHERE[options["answer"]]() if options["answer"] else Settlement(None)
    words = reason_words(events[0].data)
    do = words[0] if words else ""
    if do == "blab":
        raise MappingError(f"cannot sign with {options['token'].reveal()}")
    if do == "blab loudly":
        raise ValueError(f"cannot sign with {options['token'].reveal()}")
    if do in EVERYWHERE:
        return EVERYWHERE[do]()
    return STEP[do](len(events)) if do in STEP else _request(len(events))


DESTINATION = DestinationMapping(
    name="mischief",
    version="0.1",
    clock=Clock.EVENT,
    events=frozenset({EventType.STATE}),
    options=Options,
    step=step,
    package=__name__,
    api=1,
)
