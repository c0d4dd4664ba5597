"""What files are called while they are not yet whole."""

from __future__ import annotations

PROBE = ".wfm-gateway-probe"


def unfinished(name: str) -> str:
    """Return the name of a file that is not yet whole: nobody who looks for a vendor's files takes
    one that begins with a dot and ends so.
    """
    return f".{name}.part"
