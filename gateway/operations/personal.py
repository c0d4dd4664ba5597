"""Records as operators are shown them: without what names people or belongs to customers."""

from __future__ import annotations

import re
from typing import Any

MASK = "***"
PERSONAL = (
    "phone", "ani", "dnis", "mail", "attributes", "recording", "customer", "disposition", "uri",
)  # fmt: skip
PERSONAL_NAMES = frozenset({"name", "from", "to", "sourceip", "caller", "called", "manager"})
PEOPLE = ("agent", "worker", "user", "full", "first", "last", "middle", "friendly", "display")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_WORD = re.compile(r"[^a-z0-9]")


def masked(value: Any, name: str = "") -> Any:
    """Return a record's JSON with personal data masked, by the names of its members, and an
    address wherever it stands.
    """
    if isinstance(value, dict) and not _is_personal(name):
        return {key: masked(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list) and not _is_personal(name):
        return [masked(inner, name) for inner in value]
    if value in (None, "") or not (_is_personal(name) or _is_address(value)):
        return value
    return MASK


def _is_personal(name: str) -> bool:
    word = _WORD.sub("", name.lower())
    return (
        word in PERSONAL_NAMES
        or any(each in word for each in PERSONAL)
        or any(word.endswith(f"{each}name") for each in PEOPLE)
    )


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and ADDRESS.search(value) is not None
