"""The operator's table from neutral statuses and reasons to a vendor's codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError, fields

from gateway.model.agent import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY = "*"


@dataclass(frozen=True, slots=True)
class StateTable:
    """What a vendor calls each status, and each status with a reason.

    *codes* has keys ``(status, reason)``; either may be ``*``. A reason is a code or a label as
    the platform has it; letters' case does not matter.
    """

    codes: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def code(self, data: Mapping[str, Any]) -> str | None:
        """Return the code for an event's data: the closest entry, reason before wildcard."""
        words = [word.casefold() for word in reason_words(data)]
        for kind in (data.get("status"), ANY):
            for word in (*words, ANY):
                found = self.codes.get((str(kind), word))
                if found is not None:
                    return found
        return None


def reason_words(data: Mapping[str, Any]) -> list[str]:
    """Return the reason of an event's data in words: its label, then its code, where known."""
    reason = data.get("reason")
    if not isinstance(reason, dict):
        return []
    return [str(reason[name]) for name in ("label", "code") if reason.get(name)]


class States(fields.Field[StateTable]):
    """`states:` of a destination: ``ready: Idle``, ``not_ready:Lunch: L``, ``not_ready:*: AUX``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> StateTable:
        if not isinstance(value, dict):
            raise ValidationError("Must be a table of statuses and codes.")
        codes: dict[tuple[str, str], str] = {}
        problems: dict[str, list[str]] = {}
        for key, code in value.items():
            status, _sep, reason = str(key).partition(":")
            if status.strip() not in (*Status, ANY):
                valid = ", ".join((*Status, ANY))
                problems[str(key)] = [f"Not a status, or a status:reason; valid: {valid}."]
            elif (
                isinstance(code, bool) or not isinstance(code, (str, int)) or not str(code).strip()
            ):
                problems[str(key)] = ["A code must be a text that is not empty."]
            else:
                codes[status.strip(), reason.strip().casefold() or ANY] = str(code).strip()
        if problems:
            raise ValidationError(problems)
        return StateTable(codes)
