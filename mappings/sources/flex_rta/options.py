"""What an operator says of a Flex account: what its activities mean, which channels are live."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, post_load

from gateway.mapping import Status, Statuses

if TYPE_CHECKING:
    from collections.abc import Mapping

LIVE_CHANNELS = ("voice", "video")


@dataclass(frozen=True, slots=True)
class FlexOptions:
    """*statuses* by activity sid or name; *live_channels* are case-folded names."""

    statuses: Mapping[str, Status] = field(default_factory=dict)
    live_channels: frozenset[str] = frozenset(LIVE_CHANNELS)


class FlexSchema(Schema):
    """The source's own keys."""

    statuses = Statuses(load_default=dict)
    live_channels = fields.List(fields.String(), load_default=lambda: list(LIVE_CHANNELS))

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> FlexOptions:
        live = frozenset(each.strip().casefold() for each in data["live_channels"])
        return FlexOptions(data["statuses"], live)
