"""What the service answers: a result code, or a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

if TYPE_CHECKING:
    from gateway.mapping import Answer


LONGEST = 64 * 1024
"""Bytes of an answer that is read. The service's have some hundred, a fault with its trace a few
thousand; a MiB of nested elements took the parser a second, at every answer.
"""


def told_by(answer: Answer) -> tuple[int | None, str | None]:
    """Return the result and the fault's words; neither where the answer cannot be read."""
    if len(answer.body) > LONGEST:
        return None, None
    try:
        root = fromstring(answer.body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return None, None
    result = fault = None
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        text = (element.text or "").strip()
        if name.endswith("Result"):
            result = _whole(text)
        elif name == "faultstring":
            fault = text
    return result, fault


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
