"""JSON bodies as strictly as the facts tell of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn

from tests.standins.asked import Asked, Refusal, check_type

DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)

Kind = Callable[[Any], bool]


def read_json(asked: Asked) -> Any:
    """Return what the body says: `application/json` in UTF-8, no name twice, no `NaN`."""
    check_type(asked, "application/json")
    try:
        return json.loads(asked.body.decode(), object_pairs_hook=_object, parse_constant=_no_number)
    except ValueError as problem:
        raise Refusal(400, f"not JSON: {problem}") from None


def members(
    value: Any,
    required: Mapping[str, Kind],
    optional: Mapping[str, Kind] | None = None,
    *,
    at: str = "body",
) -> dict[str, Any]:
    """Return an object that has the required members, no others than these, each of its kind."""
    if not isinstance(value, dict):
        raise Refusal(400, f"{at}: not an object")
    kinds = {**required, **(optional or {})}
    if missing := [name for name in required if name not in value]:
        raise Refusal(400, f"{at}: without {', '.join(missing)}")
    for name, each in value.items():
        if name not in kinds:
            raise Refusal(400, f"{at}.{name}: not expected")
        if not kinds[name](each):
            raise Refusal(400, f"{at}.{name}: not {kinds[name].__name__.replace('_', ' ')}")
    return value


def text(value: Any) -> bool:
    return isinstance(value, str)


def filled_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def boolean(value: Any) -> bool:
    return isinstance(value, bool)


def integer(value: Any) -> bool:
    return type(value) is int


def unix_seconds(value: Any) -> bool:
    """Whether it is a time of our days: milliseconds are not."""
    return integer(value) and 10**9 <= value < 10**10


def date_time(value: Any) -> bool:
    """Whether it is a moment as RFC 3339 writes it, with its offset."""
    return isinstance(value, str) and bool(DATE_TIME.fullmatch(value)) and _is_real(value)


def several(value: Any) -> bool:
    return isinstance(value, list)


def one_of(*values: Any) -> Kind:
    def one(value: Any) -> bool:
        return any(value == each and type(value) is type(each) for each in values)

    one.__name__ = f"one of {', '.join(map(str, values))}"
    return one


def _is_real(moment: str) -> bool:
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
