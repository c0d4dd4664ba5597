"""What an operator says of a workspace: what its activities mean, and what of an event is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marshmallow import fields, post_load, validate

from mappings.twilio.activities import FlexOptions, FlexSchema, folded


class Keep(StrEnum):
    """What the journal keeps of a request."""

    BYTES = "bytes"
    """As it came, secrets and personal data included."""

    REDACTED = "redacted"
    """Every field by its name; the value only of what is read."""

    FIELDS = "fields"
    """What is read, and nothing else."""


HIPAA = "hipaa"


@dataclass(frozen=True, slots=True)
class TaskRouterOptions(FlexOptions):
    """*is_private*: nothing is kept or told that can hold personal data."""

    keep: Keep = Keep.REDACTED
    is_private: bool = False


class TaskRouterSchema(FlexSchema):
    """The source's own keys."""

    keep = fields.Enum(Keep, by_value=True, load_default=Keep.REDACTED)
    privacy = fields.String(validate=validate.OneOf([HIPAA]), load_default=None)

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> TaskRouterOptions:
        is_private = data["privacy"] == HIPAA
        return TaskRouterOptions(
            statuses=data["statuses"],
            live_channels=folded(data["live_channels"]),
            keep=Keep.FIELDS if is_private else data["keep"],
            is_private=is_private,
        )
