"""What figures are asked with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import tzinfo

    from gateway.model.ledger import Millis

BookedBy = Literal["arrival", "end"]
MINUTES = (15, 30, 60)


@dataclass(frozen=True, slots=True)
class Options:
    """How intervals are cut, and what counts in them.

    *minutes* is one of `MINUTES`, on the clock of *zone*. A contact counts, with all that it is
    made of, in the interval of its *booked_by*. A wait below *service_level* is within it; an
    abandoned contact that waited for less than *short_abandon* is a short one.
    """

    minutes: int = 15
    zone: tzinfo = UTC
    booked_by: BookedBy = "arrival"
    service_level: Millis = 20_000
    short_abandon: Millis = 5_000
