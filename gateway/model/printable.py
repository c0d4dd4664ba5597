"""Text as the store can keep it."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return *text* with lone surrogates replaced, which SQLite's text cannot hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
