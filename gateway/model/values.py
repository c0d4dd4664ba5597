"""Values that are cheap to make and to read: an event takes some fifty on its way.

A frozen dataclass sets each of its fields through `object.__setattr__`, and `dataclasses.replace`
looks each up by its name: 70 and 250 ns a field. A `quick` one is filled in as an object of an open
class with the same layout, 10 ns a field, and is closed when it is whole. Who has it sees no
difference: nothing changes it.
"""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field, replace

__all__ = ["Word", "quick", "replace"]

T = TypeVar("T")

_COPIERS: dict[type, Callable[[Any], Any]] = {}
"""For each quick class what copies a value of it, still open."""


class Word(StrEnum):
    """An enumeration of words. *word* is what `value` is, which is a property in Python: that
    takes ten times as long to read, and orjson reads it too.
    """

    word: str

    def __init__(self, word: str) -> None:
        self.word = word


def quick(cls: type[T]) -> type[T]:
    """Make a frozen dataclass with slots cheap to make, and to `replace` fields of.

    It may have no `__post_init__`, and nothing can inherit from it.
    """
    fields = dataclasses.fields(cls)  # type: ignore[arg-type] # it is a dataclass
    if hasattr(cls, "__post_init__") or not all(each.init for each in fields):
        raise TypeError(f"{cls.__name__} is more than its fields")
    opened = type(cls.__name__, (), {"__slots__": [each.name for each in fields]})
    made = _written(_source(fields), _names(cls, opened, fields))
    setattr(cls, "__init__", update_wrapper(made["__init__"], cls.__init__))  # noqa: B010
    setattr(cls, "__init_subclass__", classmethod(_no_heirs))  # noqa: B010
    _COPIERS[cls] = made["copied"]
    return cls


def _no_heirs(heir: type) -> None:
    raise TypeError(f"{heir.__name__} may not inherit: hold a {heir.__mro__[1].__name__} instead")


def _source(fields: tuple[Field[Any], ...]) -> str:
    """Write what makes a value, and what copies one, as `dataclasses` does."""
    told = ", ".join(_parameter(each) for each in fields)
    return "\n".join(
        (
            f"def __init__(self, {told}):",
            "    set_class(self, '__class__', Opened)",
            *(f"    self.{each.name} = {_argument(each)}" for each in fields),
            "    self.__class__ = Closed",
            "def copied(value):",
            "    copy = new(Opened)",
            *(f"    copy.{each.name} = value.{each.name}" for each in fields),
            "    return copy",
        )
    )


def _parameter(field: Field[Any]) -> str:
    is_required = field.default is field.default_factory is dataclasses.MISSING
    return field.name if is_required else f"{field.name}=default_{field.name}"


def _argument(field: Field[Any]) -> str:
    if field.default_factory is dataclasses.MISSING:
        return field.name
    return f"make_{field.name}() if {field.name} is default_{field.name} else {field.name}"


def _names(cls: type, opened: type, fields: tuple[Field[Any], ...]) -> dict[str, Any]:
    """Return what the names in the source stand for."""
    return {
        "Closed": cls,
        "Opened": opened,
        "new": object.__new__,
        "set_class": object.__setattr__,
        **{f"default_{each.name}": each.default for each in fields},
        **{f"make_{each.name}": each.default_factory for each in fields},
    }


def _written(source: str, names: dict[str, Any]) -> dict[str, Any]:
    exec(source, names)  # noqa: S102 - of names of fields alone
    return names


if not TYPE_CHECKING:  # a type checker looks at the fields that `dataclasses.replace` is told

    def replace(value: T, /, **changes: Any) -> T:
        """Return the value with some fields changed, as `dataclasses.replace` does."""
        cls = type(value)
        copied = _COPIERS.get(cls)
        if copied is None:
            return dataclasses.replace(value, **changes)
        copy = copied(value)
        for name, changed in changes.items():
            setattr(copy, name, changed)
        copy.__class__ = cls
        return copy
