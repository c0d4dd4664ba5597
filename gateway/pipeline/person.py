"""A person in what was told: found by their words, and taken out of it."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gateway.model.agent import Basis, Phase, Status, TimeSource
from gateway.model.contact import Outcome, Step
from gateway.model.event import EventType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ERASED = "erased"
SHORTEST = 6
SHORTEST_NUMBER = 8
"""A number of fewer digits may be anything: it tells of nobody where it stands alone."""

_CORE = re.compile(r"[0-9A-Za-z]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
OUR_WORDS: frozenset[str] = frozenset(
    each.value
    for kind in (Status, Phase, TimeSource, Basis, Outcome, Step, EventType)
    for each in kind
)
"""What stands in the place of a value in what the gateway keeps, whoever it is about."""

Path = tuple[str | int, ...]


def is_telling(word: str) -> bool:
    """Whether a word tells of one person wherever it stands."""
    digits = sum(each.isdigit() for each in word)
    letters = sum(each.isalpha() for each in word)
    return len(word) >= SHORTEST and (letters > 0 or digits >= SHORTEST_NUMBER)


def names_somebody(word: str) -> bool:
    """Whether a word is one person's: an address, a number, an id, a name of several words."""
    return is_telling(word) and not word.isalpha()


@dataclass(frozen=True)
class Person:
    """An agent (*source* and *agent_id*), or a customer (neither), and the *words* by which they
    are told: ids, addresses, numbers, names.

    A word is found in any of the spellings of JSON, forms and query strings, in any case, where it
    is not a part of a longer one.
    """

    words: tuple[str, ...]
    source: str | None = None
    agent_id: str | None = None
    _cores: tuple[bytes, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        cores = tuple(_core(each) for each in self.words)
        object.__setattr__(self, "_cores", cores)

    @property
    def key(self) -> str | None:
        """The agent key."""
        return None if self.source is None else f"{self.source}:{self.agent_id}"

    @property
    def telling(self) -> tuple[str, ...]:
        """The words that tell of nobody else wherever they stand."""
        return tuple(each for each in self.words if is_telling(each))

    @cached_property
    def _any(self) -> re.Pattern[bytes]:
        return _pattern(self.words)

    @cached_property
    def _telling(self) -> re.Pattern[bytes]:
        return _pattern(self.telling)

    def is_in(self, text: bytes | None) -> bool:
        """Whether one of the words stands in *text*."""
        if not text:
            return False
        lower = text.lower()
        return any(core in lower for core in self._cores) and bool(self._any.search(text))

    def is_told_in(self, text: bytes | None) -> bool:
        """Whether one of the telling words does."""
        return self.is_in(text) and bool(self.telling) and bool(self._telling.search(text or b""))

    def masked(self, text: bytes) -> bytes:
        """Return *text*, JSON or other, with the telling words replaced."""
        if not self.telling:
            return text
        value = _json(text)
        if value is None:
            return self._telling.sub(ERASED.encode(), text)
        return _written(_mapped(value, self._mask))

    def masked_in_place(self, text: bytes) -> bytes:
        """Return JSON that the gateway itself has written with the telling words replaced, but no
        name of a member, no number and no word of its own: it reads as before.
        """
        value = _json(text)
        return self.masked(text) if value is None else _written(_in_place(value, self._mask))

    def _mask(self, text: str) -> str:
        told = text.encode("utf-8", "surrogatepass")
        return self._telling.sub(ERASED.encode(), told).decode("utf-8", "surrogatepass")


def items_naming(body: bytes, person: Person) -> Iterator[Path]:
    """Yield the place of every element of a list in a JSON body in which one of the person's words
    stands, the outer ones first.
    """
    level: list[tuple[Path, Any]] = [((), _json(body))]
    while level:
        deeper: list[tuple[Path, Any]] = []
        for path, each in level:
            if isinstance(each, list):
                found = [((*path, at), inner) for at, inner in enumerate(each)]
                named = [every for every in found if person.is_in(_written(every[1]))]
                yield from (place for place, _ in named)
                deeper += named
            elif isinstance(each, dict):
                deeper += [((*path, name), inner) for name, inner in each.items()]
        level = deeper


def without_item(body: bytes, path: Path) -> bytes:
    """Return a JSON body with `null` at a place."""
    value: Any = _json(body)
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = None
    return _written(value)


def _json(text: bytes) -> Any:
    """Return the value of a JSON object or array, `None` for anything else."""
    plain = text.removeprefix(BOM_UTF8)
    if plain.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return json.loads(plain)
    except (ValueError, RecursionError):
        return None


def _written(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with every text and number in it, names of members too, put through *change*:
    a number that it changes becomes a text.
    """
    if isinstance(value, dict):
        return {change(name): _mapped(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, change) for inner in value]
    if isinstance(value, str):
        return change(value)
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value)
        changed = change(text)
        return value if changed == text else changed
    return value


def _in_place(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _in_place(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [_in_place(inner, change) for inner in value]
    if not isinstance(value, str) or value in OUR_WORDS or _TIME.fullmatch(value):
        return value
    return change(value)


def _core(word: str) -> bytes:
    """Return the longest part of a word that is spelled the same everywhere."""
    return max(_CORE.findall(word), key=len, default="").lower().encode()


def _pattern(words: tuple[str, ...]) -> re.Pattern[bytes]:
    spelled = [b"".join(map(_spellings, each)) for each in words]
    # Behind an escape a letter or digit ends nothing: `%2B1555`, `\\n1555`.
    before = rb"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\[bfnrt]))"
    return re.compile(before + rb"(?:" + b"|".join(spelled) + rb")(?![0-9A-Za-z])", re.IGNORECASE)


def _spellings(character: str) -> bytes:
    """Return a pattern of how one character may be written: as it is, as JSON, in a form."""
    if character.isascii() and character.isalnum():
        return character.encode()
    cases = dict.fromkeys((character, character.lower(), character.upper()))
    found = [spelled for each in cases for spelled in _spelled(each)]
    return b"(?:" + b"|".join(map(re.escape, dict.fromkeys(found))) + b")"


def _spelled(character: str) -> list[bytes]:
    plain = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass")
    escaped = "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    found = [plain, b"".join(b"%%%02X" % each for each in plain)]
    found += [each for text in (escaped, f"\\{character}") for each in _twice(text)]
    return [*found, b"+"] if character == " " else found


def _twice(text: str) -> list[bytes]:
    """Return an escape as it is in JSON, in JSON in a form, and in JSON in JSON."""
    told = text.encode("utf-8", "surrogatepass")
    return [told, quote(told, safe="").encode(), told.replace(b"\\", b"\\\\")]
