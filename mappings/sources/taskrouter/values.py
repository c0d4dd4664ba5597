"""One value of an attribute, read; `None` where it says nothing that can be used.

The limits are those of Insights: 128 characters, years 1901 to 2049 ("Add Additional TaskRouter
Data", seed).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from gateway.mapping import measure, number

LONGEST = 128
"""Of a value; Insights cuts there."""

LONGEST_LINK = 2048
"""Cut, a link would lead elsewhere: a longer one is none."""

HUGE = 10**LONGEST
"""No number whose digits would be cut is told, nor one that is infinite or none."""

MASK = "***"
"""In the place of a value that was not kept."""

DIRECTIONS = frozenset({"inbound", "outbound"})
YEARS = range(1901, 2050)
_YEAR = re.compile(r"(?<![0-9])([0-9]{4})(?:[0-9]{4})?(?![0-9])")
_YES_NO = {"yes": True, "no": False}


def text_in(value: Any) -> str | None:
    """Return a text of at most `LONGEST` characters; a number counts as its digits."""
    if value is None:
        return None
    if type(value) is not str and not _is_number(value):
        return None
    told = str(value).strip()[:LONGEST].rstrip()
    if not told.isascii():
        # A lone surrogate, which JSON can hold, can be written nowhere.
        told = told.encode("utf-8", "replace").decode()
    return told if told not in ("", MASK) else None


def _is_number(value: Any) -> bool:
    """Whether it is a number whose digits can be told."""
    return type(value) in (int, float) and abs(value) < HUGE


def number_in(value: Any) -> float | None:
    """Return a number, told as one or as its text."""
    return number(value)


def seconds_in(value: Any) -> float | None:
    """Return a duration: a number that is not negative."""
    return measure(value)


def date_in(value: Any) -> str | None:
    """Return a year or a date as it was written, where its year is one of `YEARS`."""
    told = text_in(value)
    year = _YEAR.search(told) if told else None
    return told if year and int(year[1]) in YEARS else None


def link_in(value: Any) -> str | None:
    """Return an https address."""
    told = value.strip() if isinstance(value, str) else ""
    if len(told) > LONGEST_LINK or not (told.isascii() and told.isprintable()) or " " in told:
        return None
    try:
        parts = urlsplit(told)
    except ValueError:
        return None
    return told if parts.scheme == "https" and parts.hostname else None


def yes_no_in(value: Any) -> bool | None:
    """Return what Insights has as `Yes` or `No`."""
    return _YES_NO.get((text_in(value) or "").casefold())


def direction_in(value: Any) -> str | None:
    """Return which side began a contact, in small letters."""
    word = (text_in(value) or "").casefold()
    return word if word in DIRECTIONS else None
