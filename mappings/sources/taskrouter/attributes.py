"""Attributes of workers and tasks: only those that are allowed by name, ever.

They are JSON in a text, may be anything at all, and may hold secrets and personal data (facts, B5
and E 42). The names are those of the Insights page "Add Additional TaskRouter Data" (seed).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gateway.mapping import Named
from mappings.sources.taskrouter.values import text_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST_TEXT = 64 * 1024
PLAIN = (
    "agent_id",
    "agent_attribute_1",
    "agent_attribute_2",
    "agent_attribute_3",
    "agent_label_1",
    "agent_label_2",
    "agent_label_3",
    "department_name_in_hierarchy",
    "state",
    "team_name_in_hierarchy",
)
"""What is told among an agent's `attributes`: what has no field of its own, or one by another
name.
"""

WORKER = frozenset(
    {
        *PLAIN,
        "department_id",
        "department_name",
        "email",
        "full_name",
        "location",
        "manager",
        "role",
        "team_id",
        "team_name",
    }
)
"""What is kept of a worker: what is read, but for the phone number, which no vendor needs."""

TASK = frozenset({"direction"})
"""What is read of the task of a reservation in a roll call."""

Attributes = dict[str, Any]


def read_attributes(text: Any) -> Attributes:
    """Return the attributes; none where they are no object, nor the JSON of one or of its JSON."""
    value: Any = text
    for _ in range(2):
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            break
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def text_of(attributes: Mapping[str, Any], name: str) -> str | None:
    """Return one as a text, cut where Insights cuts, `None` where nothing is told."""
    return text_in(attributes.get(name))


def named_of(attributes: Mapping[str, Any], kind: str) -> Named | None:
    """Return a team or department: a name counts only beside an id."""
    known_as = text_of(attributes, f"{kind}_id")
    return Named(known_as, text_of(attributes, f"{kind}_name")) if known_as else None


def plain_of(
    attributes: Mapping[str, Any], allowed: Iterable[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Return those without a field of their own, by name; also what the operator *allowed*."""
    told = ((name, text_in(attributes[name])) for name in (*PLAIN, *allowed) if name in attributes)
    return tuple((name, text) for name, text in told if text is not None)
