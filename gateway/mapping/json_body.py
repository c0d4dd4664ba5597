"""JSON bodies, read strictly and exactly.

Refused beyond what JSON itself refuses: more than `DEEPEST` levels. A byte order mark is passed
over; of a key told twice the last counts. What only one record suffers from is no reason to
refuse them all: half a character becomes U+FFFD, a number beyond a double the text of its digits.
"""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF8
from itertools import accumulate
from typing import Any, NoReturn

import orjson

from gateway.model.errors import ContentError

DEEPEST = 64
_BLANK = b" \t\r\n"
# A text without an end is one text, so that no quote in it is looked at twice.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
# 17 digits and up may be more than a double or a machine integer tells apart. Most bodies have
# none, in texts or out of them, and are done with one look; ids have many, inside of texts. What
# may stand in a number becomes a 0, what may stand before one a comma.
_NUMERIC = bytes.maketrans(b"123456789.eE+-" + b"[: \t\r\n", b"0" * 14 + b"," * 6)
_LONG = b"0" * 16
_LONG_NUMBER = b"," + _LONG


def read_json(body: bytes) -> Any:
    """Return the value of a body; integers are exact, however long.

    Raises:
        ContentError: 400, it is empty or not such JSON.
    """
    text = body.removeprefix(BOM_UTF8)
    if not text.strip(_BLANK):
        raise ContentError("The body is empty.")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        _check_depth(text)
        return _leniently(text, problem)
    nests = _nests(text)
    if nests > DEEPEST and not _are_shallow(value, nests):
        _check_depth(text)
    if _may_have_long_number(text):
        # orjson makes a double of an integer that is longer than 64 bits.
        value = json.loads(text)
    return value


def _may_have_long_number(text: bytes) -> bool:
    numeric = text.translate(_NUMERIC)
    return _LONG_NUMBER in numeric or numeric.startswith(_LONG)


def _leniently(text: bytes, problem: ValueError) -> Any:
    """Read what the fast reader refuses and the standard library need not."""
    try:
        value = _LENIENT.decode(text.decode())
    except UnicodeDecodeError as undecodable:
        detail = f"The body is not UTF-8: byte {undecodable.start} is none of it."
        raise ContentError(detail) from None
    except ValueError:
        raise ContentError(f"The body is not JSON: {problem}.") from None
    return _whole_characters(value)


def _decimal(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


_MOST_DIGITS = 4300  # beyond them Python makes no integer of a text, nor a text of an integer
_LENIENT = json.JSONDecoder(parse_float=_decimal, parse_int=_integer, parse_constant=_no_number)
_HALF = re.compile("[\ud800-\udfff]")


def _whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole_characters(each) for each in value]
    if isinstance(value, dict):
        return {_HALF.sub("\ufffd", key): _whole_characters(each) for key, each in value.items()}
    return value


def _check_depth(text: bytes) -> None:
    if is_too_deep(text):
        raise ContentError(f"The body is JSON of more than {DEEPEST} levels.")


def is_too_deep(text: bytes) -> bool:
    """Whether brackets outside of texts are nested deeper than `DEEPEST`."""
    if _nests(text) <= DEEPEST:
        return False
    brackets = _TEXT.sub(b"", text).translate(None, _NOT_BRACKETS)
    return any(level > DEEPEST for level in accumulate(map(_STEP.__getitem__, brackets)))


def _nests(text: bytes) -> int:
    """Count lists and objects, and the brackets in texts that look like one."""
    return text.count(b"[") + text.count(b"{")


def _are_shallow(value: Any, nests: int) -> bool:
    """Whether the value holds *nests* lists and objects, all of them shallow: then nothing of its
    text is hidden, by texts with brackets in them or by keys told twice. To look at it level by
    level takes a quarter of what `is_too_deep` does.
    """
    level, left = [value], nests
    for _ in range(DEEPEST + 1):
        level = [each for each in level if type(each) is dict or type(each) is list]
        left -= len(level)
        if not level:
            return left == 0
        level = [each for one in level for each in (one.values() if type(one) is dict else one)]
    return False
