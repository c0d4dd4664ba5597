"""What an operator says of a workspace: what its activities mean, and what of an event is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates

from gateway.mapping import Secret, SecretField
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
LOOPBACK = ("127.0.0.1", "::1", "localhost")


API_URL = "https://taskrouter.twilio.com"


@dataclass(frozen=True, slots=True)
class Api:
    """The REST API of a workspace: *username* is the account's sid or an API key's."""

    workspace: str
    username: str
    password: Secret
    url: str = API_URL


class ApiSchema(Schema):
    """`api`."""

    workspace = fields.String(required=True, validate=validate.Length(min=1))
    username = fields.String(required=True, validate=validate.Length(min=1))
    password = SecretField(required=True)
    url = fields.String(load_default=API_URL)

    @validates("url")
    def _is_safe(self, value: str, **_: Any) -> None:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ValidationError(f"Not a URL; valid: {API_URL}.")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValidationError("Plain http would show the password; use https.")

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> Api:
        return Api(**data)


@dataclass(frozen=True, slots=True)
class TaskRouterOptions(FlexOptions):
    """*is_private*: nothing is kept or told that can hold personal data. *attributes*: the names of
    those of a worker that are read beside the usual ones. *api*: where everybody
    is read, `None`: nowhere. *wants_customer*, *wants_text*: a destination wants what a task's
    attributes say of its customer, and their texts.
    """

    keep: Keep = Keep.REDACTED
    is_private: bool = False
    attributes: tuple[str, ...] = ()
    api: Api | None = None
    wants_customer: bool = False
    wants_text: bool = False


def wanting(options: TaskRouterOptions, included: frozenset[str]) -> TaskRouterOptions:
    """Return the options for what destinations include; what is private is wanted by none."""
    return replace(
        options,
        wants_customer="customer" in included and not options.is_private,
        wants_text="attributes" in included and not options.is_private,
    )


class TaskRouterSchema(FlexSchema):
    """The source's own keys."""

    keep = fields.Enum(Keep, by_value=True, load_default=Keep.REDACTED)
    attributes = fields.List(fields.String(validate=validate.Length(min=1)), load_default=list)
    api = fields.Nested(ApiSchema, load_default=None)
    privacy = fields.String(validate=validate.OneOf([HIPAA]), load_default=None)

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> TaskRouterOptions:
        is_private = data["privacy"] == HIPAA
        return TaskRouterOptions(
            statuses=data["statuses"],
            live_channels=folded(data["live_channels"]),
            keep=Keep.FIELDS if is_private else data["keep"],
            is_private=is_private,
            attributes=() if is_private else tuple(data["attributes"]),
            api=data["api"],
        )
