"""Deliver: what becomes of a delivery after a judgement; when it may be tried again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from tenacity import RetryCallState, Retrying, wait_exponential

from gateway.mapping.destination import Judgement, Verdict
from gateway.model.badge import UNKNOWN
from gateway.model.delivery import (
    Answer,
    Dead,
    DeadReason,
    Delivered,
    Delivery,
    Held,
    Outcome,
    Parked,
    RetryAt,
    Unsupported,
)
from gateway.model.values import quick

if TYPE_CHECKING:
    from gateway.settings import RetrySettings

LONGEST_RETRY_AFTER = timedelta(hours=1)
KEPT_OF_ANSWER = 2048
_LONGEST_NUMBER = 9


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait after a failure: exponential, the exponent capped, full jitter."""

    settings: RetrySettings

    def wait(self, attempts: int, draw: float) -> timedelta:
        """Return the wait after *attempts* failures; *draw* is a random number from 0 to 1."""
        ceiling = wait_exponential(
            multiplier=self.settings.first.total_seconds(), max=self.settings.max.total_seconds()
        )
        state = RetryCallState(_NEVER_CALLED, None, (), {})
        state.attempt_number = attempts
        return timedelta(seconds=ceiling(state) * draw)


_NEVER_CALLED = Retrying()


@quick
@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision depends on besides the judgement.

    *amid_success*: other lanes have succeeded since this delivery's last failure. *draw* is a
    random number from 0 to 1. *not_before* is what the vendor asked for with `Retry-After`.
    """

    now: datetime
    draw: float
    amid_success: bool = True
    not_before: datetime | None = None


def decide(
    delivery: Delivery,
    judgement: Judgement,
    answer: Answer | None,
    policy: RetryPolicy,
    circumstances: Circumstances,
) -> Outcome:
    """Return what becomes of *delivery*; *answer* is `None` where nothing was sent."""
    match judgement.verdict:
        case Verdict.DELIVERED:
            return delivered(judgement.warning, answer.status if answer else None)
        case Verdict.UNSUPPORTED:
            return Unsupported(judgement.detail)
        case Verdict.HOLD:
            return Held(UNKNOWN)
        case Verdict.PARK:
            return Parked(judgement.detail)
        case Verdict.PERMANENT:
            return _dead(DeadReason.PERMANENT, judgement, answer)
        case Verdict.RETRY:
            return _again(delivery, judgement, answer, policy, circumstances)


@lru_cache(maxsize=64)
def delivered(warning: str | None, status: int | None) -> Delivered:
    """Return what nearly every delivery comes to, made once."""
    return Delivered(warning, status)


def _again(
    delivery: Delivery,
    judgement: Judgement,
    answer: Answer | None,
    policy: RetryPolicy,
    circumstances: Circumstances,
) -> Outcome:
    now = circumstances.now
    failed_amid_success = delivery.failures_amid_success + circumstances.amid_success
    if failed_amid_success >= policy.settings.suspect_after:
        return _dead(DeadReason.SUSPECT, judgement, answer)
    if now - (delivery.first_failed_at or now) >= policy.settings.give_up_after:
        return _dead(DeadReason.GAVE_UP, judgement, answer)
    due_at = now + policy.wait(delivery.attempts + 1, circumstances.draw)
    if circumstances.not_before is not None:
        due_at = max(due_at, circumstances.not_before)
    return RetryAt(due_at, judgement.detail, circumstances.amid_success)


def _dead(reason: DeadReason, judgement: Judgement, answer: Answer | None) -> Dead:
    if answer is None:
        return Dead(reason, judgement.detail)
    return Dead(reason, judgement.detail, answer.status, answer.body[:KEPT_OF_ANSWER])


def failed(delivery: Delivery, outcome: RetryAt, now: datetime) -> Delivery:
    """Return the delivery as it is after a failure, just as the store keeps it."""
    return replace(
        delivery,
        attempts=delivery.attempts + 1,
        failures_amid_success=delivery.failures_amid_success + outcome.amid_success,
        due_at=outcome.due_at,
        first_failed_at=delivery.first_failed_at or now,
    )


def retry_after(header: str | None, now: datetime) -> datetime | None:
    """Read a `Retry-After` header (seconds or an HTTP date), at most an hour from *now*.

    A past date means now; what is negative or neither of the two means nothing.
    """
    if header is None:
        return None
    text = header.strip()
    latest = now + LONGEST_RETRY_AFTER
    if text.isascii() and text.isdecimal():
        if len(text) > _LONGEST_NUMBER:
            return latest
        return min(latest, now + timedelta(seconds=int(text)))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return min(latest, max(now, at))
