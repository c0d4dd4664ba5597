"""What is wrong with an operator's templates: told at the start, by its place."""

from __future__ import annotations

import math
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mappings.destinations.http_json.template import (
    CONTROL,
    DATED,
    ELSE,
    IS,
    KNOWN,
    PLACEHOLDER,
    THEN,
    WHEN,
    WHOLE,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Problems = dict[Any, Any]
"""Messages, by the place in a template."""

HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
NOT_THEIRS = frozenset(
    {"idempotency-key", "user-agent", "content-type", "content-length", "host"}
    | {"connection", "transfer-encoding"}
)
"""Headers that the request itself needs, or that the gateway sets."""

OF_AUTH = "authorization"


def problems_in(
    template: Any, filters: Collection[str], *, is_plain: bool = False
) -> Problems | list[str]:
    """Return what is wrong in a template, by its place; nothing where nothing is.

    *is_plain*: objects and lists cannot be filled in.
    """
    match template:
        case str():
            return _problems_of_text(template, filters, is_plain=is_plain)
        case dict():
            return _problems_of_object(template, filters, is_plain=is_plain)
        case list():
            within = (problems_in(each, filters, is_plain=is_plain) for each in template)
            return {index: each for index, each in enumerate(within) if each}
    return [] if _is_json(template) else ["Must be what JSON has; a text needs quotes."]


def problems_of_path(path: str, filters: Collection[str]) -> Problems | list[str]:
    """Return what is wrong in the template of a path."""
    found = problems_in(path, filters, is_plain=True)
    plain = PLACEHOLDER.sub("", path)
    if found or not path:
        return found
    if not path.startswith("/"):
        return ["Must begin with /; the host is that of `url`."]
    if "?" in plain or "#" in plain:
        return ["Holds a ? or a #; what follows a ? belongs in query."]
    return ["May not hold control characters."] if CONTROL.search(plain) else []


def problems_of_headers(headers: Mapping[str, Any], filters: Collection[str]) -> Problems:
    """Return what is wrong in the templates of headers, by their names."""
    found = {name: _problems_of_header(name, each, filters) for name, each in headers.items()}
    return {name: each for name, each in found.items() if each}


def _problems_of_header(name: str, value: Any, filters: Collection[str]) -> Any:
    if not HEADER.fullmatch(name):
        return ["Not the name of a header."]
    if name.lower() in NOT_THEIRS:
        return ["A header that the request itself needs."]
    if name.lower() == OF_AUTH:
        return ["Belongs in auth: {type: header, name: Authorization, value: …}."]
    if CONTROL.search(value):
        return ["May not hold control characters."]
    return problems_in(value, filters, is_plain=True)


def near(name: str) -> str:
    """Return which name may have been meant, as the end of a sentence."""
    meant = get_close_matches(name, sorted(KNOWN), n=1)
    return f"; did you mean {meant[0]}?" if meant else "."


def _is_json(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)


def _problems_of_text(text: str, filters: Collection[str], *, is_plain: bool) -> list[str]:
    found = list(PLACEHOLDER.finditer(text))
    names = sorted({each[1] for each in found} - KNOWN)
    words = sorted({each[2] for each in found if each[2]} - {*DATED, *filters})
    valid = ", ".join((*DATED, *filters))
    is_within = is_plain or PLACEHOLDER.fullmatch(text) is None
    whole = sorted({each[1] for each in found if is_within and not each[2]} & WHOLE)
    return [
        *(f"There is no {{{each}}} to fill in{near(each)}" for each in names),
        *(f"There is no filter {each}; valid: {valid}." for each in words),
        *(f"{{{each}}} is no plain value: it fills a member of a body alone." for each in whole),
    ]


def _problems_of_object(
    template: Mapping[Any, Any], filters: Collection[str], *, is_plain: bool
) -> Problems:
    found: Problems = {
        key: ["A name must be a text: it needs quotes."]
        if not isinstance(key, str)
        else []
        if key == IS and WHEN in template
        else problems_in(value, filters, is_plain=is_plain)
        for key, value in template.items()
    }
    if WHEN in template:
        found |= _problems_of_condition(template)
    return {key: each for key, each in found.items() if each}


def _problems_of_condition(template: Mapping[str, Any]) -> Problems:
    found: Problems = {}
    name = template[WHEN]
    if name not in KNOWN:
        found[WHEN] = [f"There is no {name} to go by{near(str(name))}"]
    values = template.get(IS)
    if not isinstance(values, list) or not values or not all(map(_is_json, values)):
        found[IS] = ["Must be a list of values."]
    if THEN not in template or set(template) - {WHEN, IS, THEN, ELSE}:
        found.setdefault(WHEN, []).append(f"Goes with {IS}, {THEN} and, if wanted, {ELSE}.")
    return found
