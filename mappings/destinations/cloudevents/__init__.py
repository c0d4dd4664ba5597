"""Neutral events as they are, as CloudEvents 1.0 over HTTP; one or a batch a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from marshmallow import Schema

from gateway.mapping import Clock, DestinationMapping, EventType, Request, Told, one_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.mapping import Answer

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
MAX_BATCH = 1000


class NoOptions(Schema):
    """There is nothing to say."""


def _item(told: Told, _options: Any) -> Any:
    return told.event


def _request(items: Sequence[Any], _options: Any) -> Request:
    every_telling_counts = (None,) * len(items)
    if len(items) == 1:
        return Request(orjson.dumps(items[0]), STRUCTURED, every_telling_counts)
    return Request(orjson.dumps(list(items)), BATCHED, every_telling_counts)


def _judge(_answer: Answer, _count: int, _options: Any) -> None:
    """Leave every answer to the core: by its status."""


MAPPING = DestinationMapping(
    name="cloudevents",
    version="1",
    clock=Clock.EVENT,
    events=frozenset(EventType) - {EventType.ALERT},
    options=NoOptions,
    step=one_request(_item, _request, _judge),
    judges=False,
    max_batch=MAX_BATCH,
    package=__name__,
)
