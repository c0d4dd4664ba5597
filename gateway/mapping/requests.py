"""The usual ways of sending fields: JSON objects, a form, a query string."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any

from gateway.mapping.json_body import read_json
from gateway.mapping.parameters import FORM, form_pairs, form_texts
from gateway.model.errors import ContentError, Flaw

if TYPE_CHECKING:
    from gateway.mapping.source import Content

UNPROCESSABLE = 422


def is_json(content: Content) -> bool:
    """Whether the body is JSON: by its declared type where it is signed, else by its looks too."""
    declared = content.media_type.endswith(("/json", "+json"))
    if content.signed:
        return declared
    looks_like_it = content.body.removeprefix(BOM_UTF8).lstrip()[:1] in (b"{", b"[")
    return looks_like_it or declared


def json_items(body: bytes) -> list[tuple[str, Any]]:
    """Return the elements of a JSON array, or the one object, each with its path.

    Raises:
        ContentError: 400, it is not JSON; 422, it is neither an object nor an array.
    """
    value = read_json(body)
    if isinstance(value, list):
        return [(f"[{index}]", each) for index, each in enumerate(value)]
    if not isinstance(value, dict):
        raise ContentError(
            "It is no event.",
            status=UNPROCESSABLE,
            flaws=(Flaw("", "Must be an object or an array of objects."),),
        )
    return [("", value)]


def check_form(content: Content) -> None:
    """Refuse what is neither declared as a form nor looks like one.

    Raises:
        ContentError: 400.
    """
    if content.media_type == FORM:
        return
    if content.signed or b"=" not in content.body:
        raise ContentError("The body is neither JSON nor a form.")


def form_fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form; of a name told twice the last counts.

    Raises:
        ContentError: 400, they are not UTF-8 or too many.
    """
    try:
        if body.isascii():
            return dict(form_texts(body.decode()))
        return {name.decode(): value.decode() for name, value in form_pairs(body)}
    except UnicodeDecodeError:
        raise ContentError("The fields are not UTF-8.") from None
    except ValueError as problem:
        raise ContentError(f"The fields cannot be read: {problem}.") from None
