"""An event as a piece of its contact: a task, its queues, its reservations, its transfers.

Read: the TaskRouter event reference and the task life cycle page (facts, B1 and B4, 2026-10); which
events Insights takes attributes from: "Add Additional TaskRouter Data" (seed, 2025).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gateway.mapping import ContactPiece, ContactStep, Customer, comparable
from mappings.sources.taskrouter.insights import insights_of

if TYPE_CHECKING:
    from gateway.mapping import Identity, Insights
    from mappings.sources.taskrouter.attributes import Attributes
    from mappings.sources.taskrouter.options import TaskRouterOptions
    from mappings.sources.taskrouter.telling import Telling

STEPS = {
    "task.created": ContactStep.CREATED,
    "task.updated": ContactStep.UPDATED,
    "task.canceled": ContactStep.CANCELED,
    "task.completed": ContactStep.COMPLETED,
    "task.deleted": ContactStep.GONE,
    "task.system-deleted": ContactStep.GONE,
    "task.transfer-initiated": ContactStep.TRANSFERRED,
    "task-queue.entered": ContactStep.QUEUED,
    "task-queue.moved": ContactStep.QUEUED,
    "reservation.created": ContactStep.OFFERED,
    "reservation.accepted": ContactStep.ACCEPTED,
    "reservation.wrapup": ContactStep.WRAP_UP,
    "reservation.completed": ContactStep.ENDED,
    "reservation.rejected": ContactStep.DECLINED,
    "reservation.timeout": ContactStep.DECLINED,
    "reservation.canceled": ContactStep.DECLINED,
    "reservation.rescinded": ContactStep.DECLINED,
    "reservation.failed": ContactStep.DECLINED,
}
"""Events of a contact. A task's own `wrapup` says nothing that its reservation's does not."""

INSIGHTS_COUNT = frozenset(
    {
        "reservation.created",
        "reservation.rejected",
        "reservation.timeout",
        "reservation.canceled",
        "reservation.rescinded",
        "reservation.completed",
        "task.canceled",
        "task.completed",
    }
)

HANG_UP = "HANGUP"
"""A task may be cancelled by a time limit, too, with the customer still there (facts, B4)."""


def contact_id_of(telling: Telling) -> str | None:
    """Return the task that an event is a piece of, if it is one."""
    return telling.get("task_sid") if telling.kind in STEPS else None


def piece_of(
    telling: Telling,
    agent: Identity | None,
    task: Attributes | None,
    options: TaskRouterOptions,
) -> ContactPiece | None:
    """Return the piece that an event is of its *task*, of which it tells these attributes."""
    contact_id = contact_id_of(telling)
    if contact_id is None:
        return None
    reason = _reason(telling)
    return ContactPiece(
        contact_id=contact_id,
        step=STEPS[telling.kind],
        at=telling.at,
        native_id=telling.native_id,
        account_id=telling.get("account_sid"),
        reservation_id=telling.get("reservation_sid"),
        agent=agent,
        channel=telling.get("task_channel_unique_name"),
        queue=telling.named("task_queue"),
        workflow=telling.named("workflow"),
        reason=reason if options.wants_text else None,
        is_hang_up=is_hang_up(reason),
        insights=None if task is None else _insights(task, options),
        counts=telling.kind in INSIGHTS_COUNT,
    )


def is_hang_up(reason: Any) -> bool:
    """Whether a contact ended because its customer hung up."""
    return isinstance(reason, str) and comparable(reason) == HANG_UP


def _insights(task: Attributes, options: TaskRouterOptions) -> Insights:
    found = insights_of(task, customer=options.wants_customer, text=options.wants_text)
    if not options.wants_customer or found.customer is not None:
        return found
    return replace(found, customer=Customer())  # known by their conversation, at least


def _reason(telling: Telling) -> str | None:
    names = ("task_canceled_reason", "task_completed_reason", "reason")
    return next(filter(None, map(telling.get, names)), None)
