"""Made-up sids and names of a simulated contact centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.mapping import ChangeKind, Status

if TYPE_CHECKING:
    from gateway.mapping import Moment


def activity_name(moment: Moment) -> str:
    """Return the activity that an agent is in after a happening."""
    if moment.kind is ChangeKind.LOGOUT or moment.status is Status.LOGGED_OUT:
        return "Offline"
    if moment.status is Status.NOT_READY:
        return moment.reason or "Unavailable"
    return "Available"


def named_sid(kind: str, name: str) -> str:
    """Return the sid of something with a name: the same for the same name."""
    return sid(kind, int.from_bytes(name.encode()[:16]))


def sid(kind: str, number: int) -> str:
    """Return the sid of the thing with that number."""
    return f"{kind}{number:032x}"
