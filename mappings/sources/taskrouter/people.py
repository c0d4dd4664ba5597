"""Who a worker is, by their attributes; and what a task says of its customer's side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.mapping import Identity
from mappings.sources.taskrouter.attributes import named_of, plain_of, read_attributes, text_of
from mappings.sources.taskrouter.values import direction_in
from mappings.twilio.activities import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.sources.taskrouter.options import TaskRouterOptions


def identity_of(sid: str, worker: Mapping[str, Any], options: TaskRouterOptions) -> Identity:
    """Return who a worker is, by the fields that a worker has in the REST API."""
    told = read_attributes(worker.get("attributes"))
    return Identity(
        id=sid,
        platform=PLATFORM,
        account_id=worker.get("account_sid"),
        workspace_id=worker.get("workspace_sid"),
        external_id=text_of(told, "agent_id"),
        username=worker.get("friendly_name"),
        name=text_of(told, "full_name"),
        email=text_of(told, "email"),
        phone=text_of(told, "phone"),
        role=text_of(told, "role"),
        team=named_of(told, "team"),
        department=named_of(told, "department"),
        manager=text_of(told, "manager"),
        location=text_of(told, "location"),
        attributes=plain_of(told, options.attributes),
    )


def direction_of(task_attributes: Any) -> str | None:
    """Return which side began a contact, where the task's attributes say so."""
    return direction_in(read_attributes(task_attributes).get("direction"))
