"""How vendors misbehave by chance: each request has its own mood."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.acceptance.rig.vendor import Mood, Vendor
from tests.standins.asked import Asked

ODD_RETRY_AFTER = ("-5", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", "", "0", "1e3", "٣")
"""Values that mean no wait, or nothing at all."""

CHANGEABLE = {
    Mood.FINE: 80.0,
    Mood.FAILING: 6.0,
    Mood.LIMITING: 4.0,
    Mood.RESETTING: 3.0,
    Mood.HALF: 3.0,
    Mood.SLOW: 2.0,
    Mood.LATE: 0.7,
    Mood.HANGING: 0.7,
    Mood.REFUSING: 0.3,
    Mood.REDIRECTING: 0.3,
}


def changeable(vendor: Vendor, dice: Random) -> Callable[[Asked], Mood]:
    """Return how a vendor answers that is well four times out of five."""
    moods, weights = list(CHANGEABLE), list(CHANGEABLE.values())

    def mood_of(_asked: Asked) -> Mood:
        (mood,) = dice.choices(moods, weights)
        vendor.retry_after = dice.choice(ODD_RETRY_AFTER)
        return mood

    return mood_of
