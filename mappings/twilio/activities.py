"""Activities of a Flex account: what an operator says they mean, and what their names say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, post_load

from gateway.mapping import Activity, Reason, Status, Statuses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

PLATFORM = "flex"
LIVE_CHANNELS = ("voice", "video")
# The names of every new account; others are an account's own (seed: the RTA feed's page).
ACTIVITIES = {"Offline": Status.LOGGED_OUT, "Available": Status.READY}


@dataclass(frozen=True, slots=True)
class FlexOptions:
    """*statuses* by activity sid or name; *live_channels* are case-folded names."""

    statuses: Mapping[str, Status] = field(default_factory=dict)
    live_channels: frozenset[str] = frozenset(LIVE_CHANNELS)


class FlexSchema(Schema):
    """A source's own keys."""

    statuses = Statuses(load_default=dict)
    live_channels = fields.List(fields.String(), load_default=lambda: list(LIVE_CHANNELS))

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> FlexOptions:
        return FlexOptions(data["statuses"], folded(data["live_channels"]))


def folded(names: Iterable[str]) -> frozenset[str]:
    """Return names of channels as they are compared."""
    return frozenset(each.strip().casefold() for each in names)


def activity_of(
    sid: str | None, name: str | None, since: datetime | None, options: FlexOptions
) -> Activity | None:
    """Return the activity of that sid and name, `None` where neither is told."""
    if sid is None and name is None:
        return None
    statuses = options.statuses
    known = statuses.get(sid or "") or statuses.get(name or "") or ACTIVITIES.get(name or "")
    # Without a name nothing says what an activity of an unknown sid is.
    status = known or (Status.NOT_READY if name else Status.UNKNOWN)
    return Activity(status, Reason(sid, name), since, mapped=known is not None)
