"""State codes at Calabrio: free text that the customer configures, of at most 300 characters.

From the vendor's published server sources (read 2026-10) [verified]: a code that nobody configured
shows as undefined until it is mapped there; `LOGGED-OFF` is what the service itself writes for
whoever is logged out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, post_load, validate

from gateway.mapping import (
    EventType,
    MappingError,
    Secret,
    SecretField,
    States,
    StateTable,
    Status,
)

if TYPE_CHECKING:
    from gateway.mapping import Told

LONGEST_CODE = 300
LOGGED_OFF = "LOGGED-OFF"
STATES_AND_SHIFTS = frozenset({EventType.LOGIN, EventType.LOGOUT, EventType.STATE})


@dataclass(frozen=True, slots=True)
class CalabrioOptions:
    """*states* are the customer's own codes, of a logged-out agent *logout_state_code*."""

    authentication_key: Secret
    source_id: str
    login_state_code: str
    logout_state_code: str
    states: StateTable = field(default_factory=StateTable)


class CalabrioSchema(Schema):
    """The destination's `options`."""

    authentication_key = SecretField(required=True)
    source_id = fields.String(required=True, validate=validate.Length(min=1, max=50))
    login_state_code = fields.String(
        load_default="LOGGED ON", validate=validate.Length(min=1, max=LONGEST_CODE)
    )
    logout_state_code = fields.String(
        load_default=LOGGED_OFF, validate=validate.Length(min=1, max=LONGEST_CODE)
    )
    states = States(load_default=StateTable)

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> CalabrioOptions:
        return CalabrioOptions(**with_logout(data))


def with_logout(data: dict[str, Any]) -> dict[str, Any]:
    """Return what was loaded, the table of states with the code of a logged-out agent."""
    others = {Status.LOGGED_OUT.value: data["logout_state_code"]}
    return data | {"states": replace(data["states"], others=others)}


def user_code(told: Told) -> str:
    """Return the agent's ACD logon id.

    Raises:
        MappingError: the agent has none.
    """
    code = (told.identity or "").strip()
    if not code:
        raise MappingError("the agent has no identity that the vendor knows")
    return code


def state_code(told: Told, options: CalabrioOptions) -> str | None:
    """Return the code for an event, `None` where it is no state."""
    match told.type:
        case EventType.LOGIN:
            return options.login_state_code
        case EventType.LOGOUT:
            return options.logout_state_code
        case EventType.STATE:
            return options.states.told(told.data)[:LONGEST_CODE]
    return None


def is_in(told: Told) -> bool:
    """Whether the agent counts as logged on after the event."""
    return told.type != EventType.LOGOUT and told.data.get("status") != "logged_out"
