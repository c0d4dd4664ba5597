"""The members of an agent's parts: what the store keeps and events tell has the same ones.

Times are as they lie: orjson writes them for the store, an event has them as texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.model.agent import Channel, Contact, Identity, JsonObject


def identity_json(identity: Identity) -> JsonObject:
    """Write who the agent is."""
    return {
        "id": identity.id,
        "platform": identity.platform,
        "account_id": identity.account_id,
        "workspace_id": identity.workspace_id,
        "external_id": identity.external_id,
        "username": identity.username,
        "name": identity.name,
        "email": identity.email,
        "phone": identity.phone,
        "role": identity.role,
        "team": identity.team,
        "department": identity.department,
        "manager": identity.manager,
        "location": identity.location,
        "attributes": identity.attributes,
    }


def contact_json(contact: Contact) -> JsonObject:
    """Write a contact that is held."""
    queue = contact.queue
    return {
        "id": contact.id,
        "reservation_id": contact.reservation_id,
        "channel": contact.channel,
        "direction": contact.direction,
        "phase": contact.phase.word,
        "queue": None if queue is None else {"id": queue.id, "name": queue.name},
        "workflow_id": contact.workflow_id,
        "offered_at": contact.offered_at,
        "since": contact.since,
        "native_status": contact.native_status,
        "task_status": contact.task_status,
    }


def channel_json(channel: Channel) -> JsonObject:
    """Write a channel."""
    return {
        "id": channel.id,
        "channel_id": channel.channel_id,
        "name": channel.name,
        "available": channel.available,
        "capacity": channel.capacity,
        "free_percent": channel.free_percent,
        "capacity_since": channel.capacity_since,
    }
