"""The gate of a destination: whether a request may leave now, and whether it is a probe."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gateway.mapping.destination import Verdict
from gateway.pipeline.circuit import Circuit
from gateway.pipeline.pace import Pace
from gateway.ports import DestinationMark

if TYPE_CHECKING:
    from gateway.settings import DestinationSettings

PARKED_PROBE_EVERY = timedelta(minutes=5)


class Gate:
    """What keeps the requests of all lanes back: an operator, refused credentials, an open
    circuit, `Retry-After`, the rate limit; and a snapshot on its way (*blocked*).
    """

    def __init__(self, settings: DestinationSettings, now: datetime) -> None:
        self.paused = False
        self.blocked = False
        self.parked_since: datetime | None = None
        self.circuit = Circuit(settings.circuit.failures, settings.circuit.probe_after)
        self.not_before = now
        self._parked_probe_at = now
        self._probing = False
        limit = settings.rate_limit
        self._pace = None if limit is None else Pace(limit.interval, limit.burst)

    @property
    def mark(self) -> DestinationMark:
        """What of this must survive a restart."""
        return DestinationMark(self.paused, self.parked_since)

    def restore(self, mark: DestinationMark, now: datetime) -> None:
        """Go on as it was kept; a restart may have brought better credentials."""
        self.paused, self.parked_since = mark.paused, mark.parked_since
        self._parked_probe_at = now

    @property
    def wants_probe(self) -> bool:
        """Whether only a probe may leave."""
        return self.parked_since is not None or self.circuit.opened_at is not None

    @property
    def is_untroubled(self) -> bool:
        """Whether a success tells nothing new: nothing has failed of late, and no probe is out."""
        circuit = self.circuit
        is_clear = circuit.opened_at is None and not circuit.failing
        return is_clear and self.parked_since is None and not self._probing

    def opens_at(self) -> datetime | None:
        """Return when the next request may leave (perhaps past); `None`: not by time alone."""
        if self.paused or self.blocked or (self._probing and self.wants_probe):
            return None
        at = self.not_before
        if self._pace is not None and self._pace.next_at is not None:
            at = max(at, self._pace.next_at)
        if self.parked_since is not None:
            return max(at, self._parked_probe_at)
        circuit = self.circuit
        return at if circuit.opened_at is None else max(at, circuit.opened_at + circuit.probe_after)

    def shut(self, now: datetime) -> str | None:
        """Say why nothing but a probe may leave now, or nothing; a rate limit is no reason."""
        if self.paused:
            return "the destination is paused"
        if self.parked_since is not None:
            return "the destination is parked: it refuses our credentials"
        if self.circuit.is_open:
            return "the destination is down"
        return "the destination asked to be left alone" if self.not_before > now else None

    def spent(self, requests: int, now: datetime) -> None:
        """Note that so many requests have left besides."""
        for _ in range(requests):
            self._pace = self._pace and self._pace.left(now)

    def left(self, now: datetime) -> bool:
        """Note that a request leaves; return whether it is a probe."""
        if self._pace is not None:
            self.spent(1, now)
        self._probing = is_probe = self.wants_probe
        return is_probe

    def hold_until(self, at: datetime) -> None:
        """Keep everything back until *at* at least."""
        self.not_before = max(self.not_before, at)

    def lift(self, now: datetime) -> None:
        """Wait no longer for what a vendor asked to wait for."""
        self.not_before = min(self.not_before, now)

    def probe_soon(self, now: datetime) -> None:
        """Probe a parked destination at once: its configuration was read again."""
        self._parked_probe_at = now

    def answered(
        self, lane: str, verdicts: frozenset[Verdict], now: datetime, *, is_probe: bool
    ) -> None:
        """Learn from what an answer meant for its events; *lane* is the first one's."""
        if is_probe:
            self._probing = False
        if Verdict.PARK in verdicts:
            self._park(now)
        elif verdicts == {Verdict.RETRY}:
            self._failed(lane, now, is_probe=is_probe)
        else:
            self.circuit = self.circuit.succeeded()
            if is_probe:
                self.parked_since = None

    def unanswered(self, *, is_probe: bool) -> None:
        """Note that nothing was sent after all."""
        if is_probe:
            self._probing = False

    def _park(self, now: datetime) -> None:
        self.circuit = self.circuit.succeeded()  # it does answer
        self.parked_since = self.parked_since or now
        self._parked_probe_at = now + PARKED_PROBE_EVERY

    def _failed(self, lane: str, now: datetime, *, is_probe: bool) -> None:
        if self.parked_since is not None:
            self._parked_probe_at = now + PARKED_PROBE_EVERY
        elif is_probe:
            self.circuit = self.circuit.probe_failed(now)
        else:
            self.circuit = self.circuit.failed(lane, now)
