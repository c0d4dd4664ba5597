"""Preview: the requests that events would become, secrets masked; nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson

from gateway.engine.rendering import Item, Renderer
from gateway.mapping.destination import max_batch_of
from gateway.model.delivery import Delivery
from gateway.pipeline.lanes import Rules, select
from gateway.pipeline.mask import mask_of
from gateway.pipeline.render import digest
from gateway.pipeline.route import route
from gateway.ports import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from gateway.engine.rendering import Judged, Rendered
    from gateway.model.delivery import NewDelivery
    from gateway.model.event import Event
    from gateway.model.outgoing import OutgoingRequest
    from gateway.settings import DestinationSettings


@dataclass(frozen=True, slots=True)
class Previewed:
    """What would become of some events: one request (`None`: none is needed), or what is in the
    way. *request* can be shown: its secrets are masked.
    """

    events: tuple[Event, ...]
    request: OutgoingRequest | None = None
    problems: tuple[str, ...] = ()


def preview(events: Sequence[Event], settings: DestinationSettings) -> list[Previewed]:
    """Render *events* for a destination as if those of one request were told before the next
    came; those it is not told are left out, and those that a newer one supersedes come first.
    """
    renderer, mask = Renderer(settings), mask_of(settings)
    lanes: dict[str, Lane] = {}
    owed, superseded = _selected(list(_owed(events, settings)), settings)
    shown = [
        Previewed((event,), problems=(f"{event.id}: superseded: a newer one came with it",))
        for event in superseded
    ]
    for several in _requests(owed, settings):
        rendered = renderer.render(
            [Item(delivery, lanes.get(delivery.lane, Lane())) for _event, delivery in several]
        )
        lanes.update(_delivered(rendered))
        problems = tuple(mask.text(_problem(each)) for each in rendered.judged)
        request = None if rendered.prepared is None else mask.request(rendered.prepared[1])
        shown.append(Previewed(tuple(event for event, _delivery in several), request, problems))
    return shown


def _delivered(rendered: Rendered) -> Iterator[tuple[str, Lane]]:
    """Yield what lanes would remember if the vendor took the request."""
    if rendered.prepared is not None:
        parts = rendered.prepared[0].parts
        for facing, part in zip(rendered.facing, parts, strict=True):
            item = facing.item
            yield item.delivery.lane, replace(item.state, delivered=digest(part))


def _problem(judged: Judged) -> str:
    event_id = judged.item.delivery.event_id
    if judged.is_unchanged:
        return f"{event_id}: unchanged: the vendor was told just that before"
    return f"{event_id}: {judged.judgement.detail or judged.judgement.verdict.value}"


def _selected(
    owed: Sequence[tuple[Event, Delivery]], settings: DestinationSettings
) -> tuple[list[tuple[Event, Delivery]], list[Event]]:
    """Part what would be sent from what would not: lanes collapse what comes at once."""
    rules = Rules(settings.superseded == "skip", settings.stale_after, settings.settle)
    together: dict[tuple[str, datetime], list[Delivery]] = {}
    for _event, delivery in owed:
        together.setdefault((delivery.lane, delivery.recorded_at), []).append(delivery)
    gone = {
        delivery.seq
        for (_lane, at), several in together.items()
        for delivery, _outcome in select(several, rules, at).dropped
    }
    kept = [each for each in owed if each[1].seq not in gone]
    return kept, [event for event, delivery in owed if delivery.seq in gone]


def _owed(
    events: Iterable[Event], settings: DestinationSettings
) -> Iterator[tuple[Event, Delivery]]:
    for number, event in enumerate(events, start=1):
        for new in route(event, (settings,), "forward")[0]:
            yield event, _delivery(number, event, new)


def _delivery(number: int, event: Event, new: NewDelivery) -> Delivery:
    return Delivery(
        seq=number,
        event_id=event.id,
        destination=new.destination,
        lane=new.lane,
        subject=event.subject,
        event_type=event.type.value,
        event=orjson.dumps(event.envelope()),
        recorded_at=event.recorded_at,
        identity=new.identity,
        collapses=new.collapses,
    )


def _requests(
    owed: Iterable[tuple[Event, Delivery]], settings: DestinationSettings
) -> Iterator[list[tuple[Event, Delivery]]]:
    """Group as batches would be: as many as are allowed, no two states of one agent in one."""
    most = 1 if settings.batch is None else settings.batch.max_events
    most = min(most, max_batch_of(settings.mapping, settings.options))
    group: list[tuple[Event, Delivery]] = []
    for event, delivery in owed:
        has_company = any(
            other.lane == delivery.lane and (other.collapses or delivery.collapses)
            for _event, other in group
        )
        if group and (has_company or len(group) >= most):
            yield group
            group = []
        group.append((event, delivery))
    if group:
        yield group
