"""Bytes and entries as they are shown to operators: JSON, text where they are text."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from gateway.model.errors import OperationError

if TYPE_CHECKING:
    from collections.abc import Iterable


def bytes_json(raw: bytes) -> dict[str, Any]:
    """Return `text`, or `base64` where the bytes are no UTF-8, and their number."""
    try:
        return {"bytes": len(raw), "text": raw.decode()}
    except UnicodeDecodeError:
        return {"bytes": len(raw), "base64": b64encode(raw).decode()}


def require(ids: Iterable[str] | None, found: Iterable[str], kind: str) -> None:
    """Refuse ids that name nothing, all of them at once."""
    known = set(found)
    missing = [each for each in ids or () if each not in known]
    if missing:
        raise OperationError(f"no such {kind}: {', '.join(missing)}", missing=True)
