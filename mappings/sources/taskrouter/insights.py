"""What the attributes of a task say of its contact: the table of Insights, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.mapping import Customer, Insights, Named, Overrides
from mappings.sources.taskrouter import insights_table as table
from mappings.sources.taskrouter.attributes import read_attributes
from mappings.sources.taskrouter.values import text_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mappings.sources.taskrouter.insights_table import Row

Told = dict[str, Any]
NOBODY = Customer()


def insights_of(attributes: Any, *, customer: bool, text: bool) -> Insights:
    """Return what a task's attributes tell; whatever they are, it is told without an error.

    *attributes* are JSON in a text, or what it holds. *customer*: what they say of the customer
    is read; *text*: texts and labels are.
    """
    told = read_attributes(attributes)
    of_conversation = _object(told, table.CONVERSATIONS)
    direction = table.DIRECTION.read(told.get(table.DIRECTION.name))
    overrides = _overrides(of_conversation)
    side = table.SIDES[direction or overrides.direction or table.INBOUND]
    return Insights(
        direction=direction,
        customer_address=_first(told, side).get("phone") if customer else None,
        dialed_number=text_in(told.get("to")) or text_in(told.get("called")) if customer else None,
        joins=_joins(told, of_conversation),
        overrides=overrides,
        customer=_customer(told, side) if customer else None,
        text=_texts(of_conversation) if text else (),
        labels=_named(of_conversation, table.LABELS) if text else (),
        measures=_named(of_conversation, table.MEASURES),
        is_transfer=any(text_in(told.get(name)) for name in table.OF_A_TRANSFER),
    )


def joins_of(attributes: Any) -> tuple[str, ...]:
    """Return the names by which contacts of one conversation find each other."""
    told = read_attributes(attributes)
    return _joins(told, _object(told, table.CONVERSATIONS))


def _object(told: Told, name: str) -> Told:
    inner = told.get(name)
    return inner if isinstance(inner, dict) else {}


def _first(told: Mapping[str, Any], rows: Iterable[Row]) -> Told:
    """Return what rows tell, by what they become: the first one's word counts."""
    found: Told = {}
    for row in rows:
        if row.name in told and row.becomes not in found:
            value = row.read(told[row.name])
            if value is not None:
                found[row.becomes] = value
    return found


def _named(told: Mapping[str, Any], rows: Iterable[Row]) -> tuple[tuple[str, Any], ...]:
    """Return what rows tell, by their own names, in the table's order."""
    if not told:
        return ()
    read = ((row.name, row.read(told.get(row.name))) for row in rows if row.name in told)
    return tuple((name, value) for name, value in read if value is not None)


def _texts(of_conversation: Told) -> tuple[tuple[str, str], ...]:
    if not of_conversation:
        return ()
    found = dict(_named(of_conversation, table.TEXT))
    for name, needed in table.ID_OF_NAME.items():
        if needed not in found:
            found.pop(name, None)
    return tuple(found.items())


def _overrides(of_conversation: Told) -> Overrides:
    if not of_conversation:
        return Overrides()
    team = _first(of_conversation, table.TEAM)
    known_as = team.get("team.id")
    return Overrides(
        **_first(of_conversation, table.OVERRIDES),
        team=Named(known_as, team.get("team.name")) if known_as else None,
    )


def _joins(told: Told, of_conversation: Told) -> tuple[str, ...]:
    named = (
        *_named(of_conversation, (table.CONVERSATION_JOIN,)),
        *_named(told, table.INTERACTION_JOINS),
    )
    return tuple(dict.fromkeys(value for _, value in named))


def _customer(told: Told, side: Iterable[Row]) -> Customer | None:
    of_customer = _object(told, table.CUSTOMERS)
    if not of_customer:
        of_call = _first(told, side)
        return Customer(**of_call) if of_call else None
    known = Customer(
        **_first(told, side) | _first(of_customer, table.CUSTOMER),
        attributes=_named(of_customer, table.CUSTOMER_ATTRIBUTES),
        labels=_named(of_customer, table.CUSTOMER_LABELS),
        measures=_named(of_customer, table.CUSTOMER_MEASURES),
    )
    return known if known != NOBODY else None
