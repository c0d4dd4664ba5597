"""`reconcile` of a source: when its platform is asked how everybody stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, post_load

from gateway.config.fields import Flag, Positive, Rate
from gateway.settings import ReconcileSettings

if TYPE_CHECKING:
    from gateway.mapping.source import SourceMapping


class ReconcileSchema(Schema):
    """`reconcile`."""

    every = Positive()
    at_start = Flag()
    after_gap = Flag()
    rate_limit = Rate()
    timeout = Positive()

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> ReconcileSettings:
        return ReconcileSettings(**data)


def reconcile_of(
    mapping: SourceMapping, options: Any, given: ReconcileSettings | None
) -> ReconcileSettings | None:
    """Return when the platform is asked: as *given*, else as is usual where it can be.

    Raises:
        ValidationError: it is given, and the platform cannot be asked.
    """
    if mapping.reading is None:
        if given is not None:
            raise ValidationError(f"The platform of {mapping.name} cannot be asked.", "reconcile")
        return None
    if mapping.reading.endpoint(options) is None:
        if given is not None:
            raise ValidationError("Needs the key api: where the platform is asked.", "reconcile")
        return None
    return given or ReconcileSettings()
