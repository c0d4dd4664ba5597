"""What Calabrio WFM keeps of every agent, whichever of its two services was told.

Facts: wfm-vendors.md, 1.1 and 1.2: no time of ours counts, the vendor stamps on arrival; a
snapshot logs out everybody of its source who is absent; a user code is trimmed; whom nobody
registered is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tests.standins.asked import Refusal
from tests.standins.door import Door

LONGEST_CODE = 300
LOGGED_OUT = "CCC Logged out"
"""What stands for somebody whom a snapshot has logged out: no code that we ever send."""


@dataclass(kw_only=True)
class CalabrioFloor(Door):
    """The state of each user code as the vendor shows it, and since when by its own clock.

    *users*: whom WFM knows; `None`: everybody.
    """

    key: str
    sources: set[str]
    users: set[str] | None = None
    states: dict[str, str] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    history: list[tuple[str, str]] = field(default_factory=list)
    people: dict[str, set[str]] = field(default_factory=dict)
    """The user codes that each source has told of."""

    snapshots: list[dict[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """The user codes told of that nobody registered."""

    def shows(self, source: str, user: str, code: str, now: datetime) -> bool:
        """Show a state from now on; whether the user is known."""
        user = user.strip()
        if self.users is not None and user not in self.users:
            self.unknown.append(user)
            return False
        self.people.setdefault(source, set()).add(user)
        if self.states.get(user) != code:
            self.since[user] = now
        self.states[user] = code
        self.history.append((user, code))
        return True

    def closes(self, source: str, told: dict[str, str], now: datetime) -> None:
        """End a snapshot: whoever of the source is not in it is logged out."""
        self.snapshots.append(told)
        for user in sorted(self.people.get(source, set()) - set(told)):
            self.shows(source, user, LOGGED_OUT, now)


def check_code(code: str | None) -> None:
    """Refuse a state code that the vendor's service throws at."""
    if not code:
        raise Refusal(500, "State code is required")
    if len(code) > LONGEST_CODE:
        raise Refusal(500, f"State code is longer than {LONGEST_CODE}")
