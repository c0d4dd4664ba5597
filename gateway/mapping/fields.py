"""Fields of a record, read with what is wrong with them told by the sender's own path."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError
from marshmallow import fields as schema_fields

from gateway.mapping.times import read_time
from gateway.model.agent import Status
from gateway.model.errors import Flaw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LARGEST = 1_000_000_000
"""No measure of a contact centre is larger; beyond it JSON writers differ."""

_SEPARATORS = re.compile(r"[\s_-]+")


class Fields:
    """A JSON object that is being read. What is wrong with it is collected in *flaws*.

    *path* leads to the object in the sender's words (``records[3].worker``).
    """

    __slots__ = ("_place", "flaws", "raw")

    def __init__(
        self, raw: Mapping[str, Any], path: str | tuple[Fields, str], flaws: list[Flaw]
    ) -> None:
        """Read *raw*. A *path* may be told as the object that it is in, and its name there."""
        self.raw = raw
        self.flaws = flaws
        self._place = path

    @property
    def path(self) -> str:
        """The path, put together only where something is wrong."""
        place = self._place
        return place if isinstance(place, str) else place[0].path_of(place[1])

    def path_of(self, name: str) -> str:
        """Return the path of the field *name*."""
        path = self.path
        return f"{path}.{name}" if path else name

    def flaw(self, name: str, message: str) -> None:
        """Note that something is wrong with the field *name*; what was noted first stands."""
        path = self.path_of(name)
        if all(each.path != path for each in self.flaws):
            self.flaws.append(Flaw(path, message))

    def text(self, name: str) -> str | None:
        """Return a text without blanks around it, `None` where nothing is told.

        A number counts as the text of its digits.
        """
        value = self.raw.get(name)
        if value is None:
            return None
        if type(value) is str:
            return value.strip() or None
        if type(value) in (int, float):
            return str(value)
        self.flaw(name, "Must be a text or null.")
        return None

    def time(
        self, name: str, *, zone: tzinfo = UTC, near: datetime | None = None
    ) -> datetime | None:
        """Return a time (see `read_time`), `None` where nothing is told."""
        value = self.raw.get(name)
        if value is None:
            return None
        if type(value) is str:
            text = value.strip()
            if not text:
                return None
            try:
                return read_time(text, zone=zone, near=near)
            except ValueError:
                pass  # it is told below
        self.flaw(name, "Must be a date and time, such as 2021-06-06T11:06:10.268Z, or null.")
        return None

    def child(self, name: str) -> Fields | None:
        """Return an object in this one, `None` where nothing is told."""
        value = self.raw.get(name)
        if value is None:
            return None
        if type(value) is not dict:
            self.flaw(name, "Must be an object or null.")
            return None
        return Fields(value, (self, name), self.flaws)

    def children(self, name: str) -> Iterator[Fields]:
        """Return the objects of a list in this one; null and absent are an empty list."""
        value = self.raw.get(name)
        if type(value) is list:
            return self._objects(name, value) if value else iter(())
        if value is not None:
            self.flaw(name, "Must be a list or null.")
        return iter(())

    def _objects(self, name: str, values: list[Any]) -> Iterator[Fields]:
        for index, each in enumerate(values):
            if type(each) is dict:
                yield Fields(each, (self, f"{name}[{index}]"), self.flaws)
            elif each is not None:
                self.flaw(f"{name}[{index}]", "Must be an object.")


def number(value: Any) -> float | None:
    """Return a number told as one or as its text, `None` where it is none or beyond `LARGEST`."""
    if type(value) is int:
        return value if -LARGEST <= value <= LARGEST else None
    if type(value) not in (float, str):
        return None
    try:
        told = float(value)
    except ValueError:
        return None
    if not -LARGEST <= told <= LARGEST:  # which NaN is not
        return None
    return int(told) if told.is_integer() else told


def measure(value: Any) -> float | None:
    """Return a count or duration: a number that is not negative."""
    told = number(value)
    return told if told is not None and told >= 0 else None


_FLAGS = {"1": True, "true": True, "0": False, "false": False}


def flag(value: object) -> bool | None:
    """Return a yes or no told as 1, ``"1"``, true or ``"true"`` and their opposites."""
    if type(value) is str:
        return _FLAGS.get(value.strip().lower())
    if type(value) in (int, bool):
        return bool(value) if value in (0, 1) else None
    return None


def comparable(word: str) -> str:
    """Return a word without what does not matter: case, blanks, hyphens, underscores."""
    if word.isalnum():
        return word.upper()
    return _SEPARATORS.sub("", word).upper()


class Statuses(schema_fields.Field[dict[str, Status]]):
    """An operator's table from a platform's names or ids to statuses.

    *key* makes names comparable; names that it makes equal may not differ in status.
    """

    def __init__(self, *, key: Callable[[str], str] = str.strip, **more: Any) -> None:
        super().__init__(**more)
        self._key = key

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Status]:
        if not isinstance(value, dict):
            raise ValidationError("Must be a table of names and statuses.")
        problems: dict[str, list[str]] = {}
        table: dict[str, Status] = {}
        for name, word in value.items():
            problem = self._add(table, name, word)
            if problem:
                problems[str(name)] = [problem]
        if problems:
            raise ValidationError(problems)
        return table

    def _add(self, table: dict[str, Status], name: object, word: object) -> str | None:
        if type(name) not in (str, int) or not str(name).strip():
            return "A name must be a text (one that YAML reads otherwise needs quotes)."
        if not isinstance(word, str) or word not in set(Status):
            return f"Must be one of {', '.join(Status)}."
        status = Status(word)
        if table.setdefault(self._key(str(name)), status) is not status:
            return "The same name has another status above."
        return None
