"""What TaskAttributes tell, a row for each row of the documents.

Read: "TaskRouter Data in Flex Insights" and "Add Additional TaskRouter Data" (seeds, 2025), the
latter's two lists joined. A name that is in no row is never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mappings.sources.taskrouter.values import (
    date_in,
    direction_in,
    link_in,
    number_in,
    seconds_in,
    text_in,
    yes_no_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Needs(StrEnum):
    """Where a row is read."""

    NOTHING = "nothing"
    """Everywhere, with `privacy: hipaa` too: it joins contacts, or is no text at all."""

    OPENNESS = "openness"
    """Unless `privacy: hipaa` is set: it changes figures, but anything may stand in it."""

    CUSTOMER = "customer"
    """Where a destination includes `customer`."""

    TEXT = "text"
    """Where a destination includes `attributes`."""


@dataclass(frozen=True, slots=True)
class Row:
    """*becomes*: what it is told as; of several rows of the same, the first that tells counts."""

    name: str
    becomes: str
    needs: Needs
    read: Callable[[Any], Any] = text_in


INBOUND, OUTBOUND = "inbound", "outbound"
CONVERSATIONS, CUSTOMERS = "conversations", "customers"
PLACES = ("phone", "city", "state", "country", "zip")

SIDES: dict[str, tuple[Row, ...]] = {
    INBOUND: (
        Row("from", "phone", Needs.CUSTOMER),
        Row("caller", "phone", Needs.CUSTOMER),
        *(
            Row(f"{side}_{place}", place, Needs.CUSTOMER)
            for place in PLACES[1:]
            for side in ("from", "caller")
        ),
    ),
    OUTBOUND: (
        Row("to", "phone", Needs.CUSTOMER),
        Row("called", "phone", Needs.CUSTOMER),
        *(
            Row(f"{side}_{place}", place, Needs.CUSTOMER)
            for place in PLACES[1:]
            for side in ("to", "called")
        ),
    ),
}
"""Who the customer is, by the direction of the call."""

DIRECTION = Row("direction", "direction", Needs.NOTHING, direction_in)
NOT_USED = ("account_sid", "api_version", "call_status")
"""Rows of the document that say so (the account is the event's own)."""

INTERACTION_JOINS = (
    Row("flexInteractionSid", "joins", Needs.NOTHING),
    Row("call_sid", "joins", Needs.NOTHING),
    Row("transfer_sid", "joins", Needs.NOTHING),
    Row("previous_task_sid", "joins", Needs.NOTHING),
)
CONVERSATION_JOIN = Row("conversation_id", "joins", Needs.NOTHING)

OVERRIDES = (
    Row("channel", "channel", Needs.OPENNESS),
    Row("direction", "direction", Needs.NOTHING, direction_in),
    Row("queue", "queue", Needs.OPENNESS),
    Row("workflow", "workflow", Needs.OPENNESS),
    Row("outcome", "outcome", Needs.OPENNESS),
    Row("abandoned", "abandoned", Needs.NOTHING, yes_no_in),
    Row("hold_time", "hold_seconds", Needs.NOTHING, seconds_in),
    Row("ivr_time", "ivr_seconds", Needs.NOTHING, seconds_in),
    Row("segment_link", "recording_url", Needs.OPENNESS, link_in),
)
TEAM = (
    Row("handling_team_id", "team.id", Needs.OPENNESS),
    Row("handling_team_name", "team.name", Needs.OPENNESS),
)


def _texts(names: Iterable[str], needs: Needs, becomes: str = "text") -> tuple[Row, ...]:
    return tuple(Row(name, becomes, needs) for name in names)


def _numbered(kind: str, most: int) -> tuple[str, ...]:
    return tuple(f"{kind}_{number}" for number in range(1, most + 1))


TEXT = _texts(
    (
        "abandoned_phase",
        "activity",
        "campaign",
        "case",
        "content",
        *_numbered("conversation_attribute", 10),
        "destination",
        "external_contact",
        "followed_by",
        "handling_department_id",
        "handling_department_name",
        "handling_department_name_in_hierarchy",
        "handling_team_name_in_hierarchy",
        "hang_up_by",
        "in_business_hours",
        "initiated_by",
        "initiative",
        "ivr_path",
        "language",
        "order",
        "preceded_by",
        "productive",
        "service_level",
        "source",
        "virtual",
    ),
    Needs.TEXT,
)
LABELS = _texts(_numbered("conversation_label", 10), Needs.TEXT, "labels")
MEASURES = (
    *(
        Row(name, "measures", Needs.NOTHING, seconds_in)
        for name in (
            "activity_time",
            "average_response_time",
            "first_response_time",
            "focus_time",
            "hold_time",
            "ivr_time",
        )
    ),
    *(
        Row(name, "measures", Needs.NOTHING, number_in)
        for name in _numbered("conversation_measure", 10)
    ),
)
ID_OF_NAME = {"handling_department_name": "handling_department_id"}
"""A name counts only beside an id."""

CUSTOMER = tuple(
    Row(name, name, Needs.CUSTOMER)
    for name in ("external_id", "name", "phone", "email", "zip", "category")
)
CUSTOMER_ATTRIBUTES = (
    Row("acquisition_date", "attributes", Needs.CUSTOMER, date_in),
    *_texts(_numbered("customer_attribute", 3), Needs.CUSTOMER, "attributes"),
    Row("customer_link", "attributes", Needs.CUSTOMER, link_in),
    *_texts(
        ("customer_manager", "gender", "geo_location", "market_segment", "organization"),
        Needs.CUSTOMER,
        "attributes",
    ),
    Row("year_of_birth", "attributes", Needs.CUSTOMER, date_in),
)
CUSTOMER_LABELS = _texts(_numbered("customer_label", 3), Needs.CUSTOMER, "labels")
CUSTOMER_MEASURES = tuple(
    Row(name, "measures", Needs.CUSTOMER, number_in)
    for name in ("acquisition_cost", "business_value")
)

ROWS: dict[str, tuple[Row, ...]] = {
    "": (DIRECTION, *SIDES[INBOUND], *SIDES[OUTBOUND], *INTERACTION_JOINS),
    CONVERSATIONS: (CONVERSATION_JOIN, *OVERRIDES, *TEAM, *TEXT, *LABELS, *MEASURES),
    CUSTOMERS: (*CUSTOMER, *CUSTOMER_ATTRIBUTES, *CUSTOMER_LABELS, *CUSTOMER_MEASURES),
}
"""All rows, by the object they stand in; empty: the attributes themselves."""

OF_A_TRANSFER = ("transfer_sid", "previous_task_sid")
"""A task that has one of these was made by an agent's transfer of another."""
