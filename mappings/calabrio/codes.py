"""State codes at Calabrio: free text that the customer configures, of at most 300 characters.

From the vendor's published server sources (read 2026-10) [verified]: a code that nobody configured
shows as undefined until it is mapped there; `LOGGED-OFF` is what the service itself writes for
whoever is logged out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from marshmallow import Schema, ValidationError, fields, post_load, validate

from gateway.mapping import (
    EventType,
    MappingError,
    Secret,
    SecretField,
    Standing,
    States,
    StateTable,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.mapping import Told

MAX_BATCH = 500
"""No maximum is documented; the vendor's own performance tests of JSON send 50 and 1000."""

LONGEST_CODE = 300
LOGGED_OFF = "LOGGED-OFF"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
STATES_AND_SHIFTS = frozenset({EventType.LOGIN, EventType.LOGOUT, EventType.STATE})


class Shown(Protocol):
    """A state in the words of one of the interfaces."""

    @property
    def part(self) -> bytes:
        """What the vendor would show, as bytes."""
        ...


@dataclass(frozen=True, slots=True)
class CalabrioOptions:
    """*states* are the customer's own codes, of a logged-out agent *logout_state_code*."""

    authentication_key: Secret
    source_id: str
    login_state_code: str
    logout_state_code: str
    states: StateTable = field(default_factory=StateTable)


def _is_plain(value: str | Secret) -> None:
    text = value.reveal() if isinstance(value, Secret) else value
    if not text.strip() or CONTROL.search(text):
        raise ValidationError("Must not be blank, nor hold control characters.")


CODE = (validate.Length(min=1, max=LONGEST_CODE), _is_plain)


class CalabrioSchema(Schema):
    """The destination's `options`."""

    authentication_key = SecretField(required=True, validate=_is_plain)
    source_id = fields.String(required=True, validate=[validate.Length(min=1, max=50), _is_plain])
    login_state_code = fields.String(load_default="LOGGED ON", validate=CODE)
    logout_state_code = fields.String(load_default=LOGGED_OFF, validate=CODE)
    states = States(longest=LONGEST_CODE, load_default=StateTable)

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> CalabrioOptions:
        return CalabrioOptions(**with_logout(data))


def with_logout(data: dict[str, Any]) -> dict[str, Any]:
    """Return what was loaded, the table of states with the code of a logged-out agent."""
    others = {Status.LOGGED_OUT.value: data["logout_state_code"]}
    return data | {"states": replace(data["states"], others=others)}


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


def standing(state: Shown | None, told: Told) -> Standing:
    """Return how an agent stands in a snapshot.

    Raises:
        MappingError: it is no state.
    """
    if state is None:
        raise MappingError("only states stand in a snapshot")
    return Standing(state, state.part, is_in(told))


def who_is_told(standings: Sequence[Standing]) -> Sequence[Standing]:
    """Return who is in a snapshot: who is logged in, for the vendor logs out who is absent.

    Nobody at all is told by the absence of all but one, logged out by its code: the vendor's own
    samples of an empty snapshot have one record too.
    """
    return [each for each in standings if each.is_in] or standings[:1]
