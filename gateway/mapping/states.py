"""The operator's table from neutral statuses and reasons to a vendor's codes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from marshmallow import ValidationError, fields

from gateway.model.agent import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY = "*"
SEPARATOR = ":"
FALLBACK = (ANY, ANY)
"""The key of what is told of a state that nothing names: `"*"`."""
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class StateTable:
    """What a vendor calls each status, and each status with a reason.

    *codes* has keys ``(status, reason)``; either may be ``*``, both are the fallback. A reason is
    a code or a label as the platform has it; letters' case and blanks around it do not matter.
    *others* are statuses that another option of the mapping names.

    What neither names, nor the fallback stands for, is told in our words: the status, and of
    ``not_ready`` the reason behind a *separator*, *by* its label, its code, or not at all.
    """

    codes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    separator: str = SEPARATOR
    by: Literal["label", "code"] | None = "label"

    def code(self, data: Mapping[str, Any]) -> str | None:
        """Return the code for an event's data: the closest entry, reason before wildcard."""
        return self._named(data) or self.codes.get(FALLBACK)

    def told(self, data: Mapping[str, Any]) -> str:
        """Return the code for an event's data, or else our words."""
        return self.code(data) or self._our_words(data)

    def names(self, data: Mapping[str, Any]) -> bool:
        """Whether the operator named the state, if only by a wildcard; a fallback names none."""
        return self._named(data) is not None

    def _named(self, data: Mapping[str, Any]) -> str | None:
        status = _status_of(data)
        words = [word.strip().casefold() for word in reason_words(data)]
        for kind in (status, ANY):
            for word in (*words, ANY):
                found = self.codes.get((kind, word)) if (kind, word) != FALLBACK else None
                if found is not None:
                    return found
        return self.others.get(status)

    def _our_words(self, data: Mapping[str, Any]) -> str:
        status, words = _status_of(data), reason_words(data)
        if self.by is None or status != Status.NOT_READY or not words:
            return status
        return self.separator.join((status, words[0 if self.by == "label" else -1]))


def _status_of(data: Mapping[str, Any]) -> str:
    return str(data.get("status") or Status.UNKNOWN)


def reason_words(data: Mapping[str, Any]) -> list[str]:
    """Return the reason of an event's data in words: its label, then its code, where known."""
    reason = data.get("reason")
    if not isinstance(reason, dict):
        return []
    return [str(reason[name]) for name in ("label", "code") if reason.get(name)]


class States(fields.Field[StateTable]):
    """`states:` of a destination: ``ready: Idle``, ``not_ready:Lunch: L``, ``not_ready:*: AUX``,
    and ``*: OTHER``, the fallback.
    """

    def __init__(self, *, longest: int | None = None, **more: Any) -> None:
        """*longest*: how many characters of a code the vendor takes."""
        super().__init__(**more)
        self._longest = longest

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> StateTable:
        if not isinstance(value, dict):
            raise ValidationError("Must be a table of statuses and codes.")
        codes: dict[tuple[str, str], str] = {}
        problems: dict[str, list[str]] = {}
        for key, code in value.items():
            status, _sep, reason = (each.strip() for each in str(key).partition(SEPARATOR))
            place = status, reason.casefold() or ANY
            if status not in (*Status, ANY):
                valid = ", ".join((*Status, ANY))
                problems[str(key)] = [f"Not a status, or a status:reason; valid: {valid}."]
            elif place in codes:
                problems[str(key)] = ["Stands there already: letters' case does not matter."]
            elif (problem := self._problem(code)) is not None:
                problems[str(key)] = [problem]
            else:
                codes[place] = str(code).strip()
        if problems:
            raise ValidationError(problems)
        return StateTable(codes)

    def _problem(self, code: Any) -> str | None:
        if isinstance(code, bool) or not isinstance(code, (str, int)) or not str(code).strip():
            return "A code must be a text that is not empty."
        if CONTROL.search(str(code).strip()):
            return "A code may not hold control characters."
        if self._longest is not None and len(str(code).strip()) > self._longest:
            return f"A code has at most {self._longest} characters."
        return None


def table_in(options: Any) -> StateTable | None:
    """Return the options' own table: their `states`, where they have one."""
    table = getattr(options, "states", None)
    return table if isinstance(table, StateTable) else None
