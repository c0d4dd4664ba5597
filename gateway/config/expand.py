"""`${NAME}`, `${NAME:-default}` and `${file:PATH}`, filled in after the YAML is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gateway.config.document import Place

REFERENCE = re.compile(r"\$\{([^}]*)(\}|\Z)")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
VALID = "${NAME}, ${NAME:-default}, ${file:PATH}"


class Filled(str):
    """A text into which something was filled: its key's type decides how it is read.

    *pieces* came from elsewhere, out of the environment or a file, and may be secret.
    """

    __slots__ = ("pieces",)
    pieces: tuple[str, ...]

    def __new__(cls, text: str, pieces: Iterable[str] = ()) -> Self:
        """Make one of *text*, in which *pieces* stand."""
        filled = super().__new__(cls, text)
        filled.pieces = tuple(pieces)
        return filled


def expand(
    node: Any, environ: Mapping[str, str], problems: list[tuple[Place, str]], place: Place = ()
) -> Any:
    """Return *node* with every reference filled in; what is missing is added to *problems*."""
    if isinstance(node, dict):
        problems += [
            ((*place, key), "a ${…} is filled in in values, not in keys")
            for key in node
            if isinstance(key, str) and "${" in key
        ]
        return {key: expand(value, environ, problems, (*place, key)) for key, value in node.items()}
    if isinstance(node, list):
        return [
            expand(value, environ, problems, (*place, index)) for index, value in enumerate(node)
        ]
    if isinstance(node, str) and not _is_utf8(node):
        problems.append((place, "holds half a character (\\ud800 to \\udfff)"))
    if not isinstance(node, str) or "${" not in node:
        return node
    missing: list[str] = []
    pieces: list[str] = []
    text = REFERENCE.sub(lambda found: _filled(found, environ, missing, pieces), node)
    problems += [(place, message) for message in missing]
    # What is left of an unfilled value says nothing: judged, it would add problems that are none.
    return Filled("" if missing else text, pieces)


def pieces_in(node: Any) -> Iterator[str]:
    """Yield what was filled in anywhere in *node*, but for the defaults: they stand in the file."""
    if isinstance(node, Filled):
        yield from node.pieces
    elif isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from pieces_in(inner)


def _filled(
    found: re.Match[str], environ: Mapping[str, str], missing: list[str], pieces: list[str]
) -> str:
    if not found[2] or "{" in found[1]:
        missing.append("a ${ is not closed, or holds another brace; valid: " + VALID)
        return ""
    value = _value(found[1], environ, missing)
    name, has_default, _default = found[1].partition(":-")
    if not _is_utf8(value):
        missing.append(f"the value of ${{{name}}} is not UTF-8")
        return ""
    if name in environ or not has_default:
        pieces.append(value)
    return value


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _value(inside: str, environ: Mapping[str, str], missing: list[str]) -> str:
    if inside.startswith("file:"):
        return _file(inside.removeprefix("file:"), missing)
    name, has_default, default = inside.partition(":-")
    if not NAME.fullmatch(name):
        # What stands in the braces may be a piece of a secret.
        missing.append(f"a ${{…}} is not a reference; valid: {VALID}")
        return ""
    if name in environ:
        return environ[name]
    if not has_default:
        missing.append(f"the environment variable {name} is not set")
    return default


def _file(path: str, missing: list[str]) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        missing.append(f"the file {path} cannot be read: {reason}")
        return ""
