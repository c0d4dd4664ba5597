"""The words for a reservation's status."""

from gateway.mapping import Phase

# `created` is the name of an event and stands in the RTA page's own examples; `pending` is the
# status that it means (facts, B4).
PHASES = {
    "accepted": Phase.ACTIVE,
    "wrapping": Phase.WRAP_UP,
    "pending": Phase.OFFERED,
    "created": Phase.OFFERED,
}
GONE = frozenset({"canceled", "completed", "rejected", "rescinded", "timeout"})
