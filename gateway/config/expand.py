"""`${NAME}`, `${NAME:-default}` and `${file:PATH}`, filled in after the YAML is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.config.document import Place

REFERENCE = re.compile(r"\$\{([^}]*)\}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Filled(str):
    """A text into which something was filled: its key's type decides how it is read."""

    __slots__ = ()


def expand(
    node: Any, environ: Mapping[str, str], problems: list[tuple[Place, str]], place: Place = ()
) -> Any:
    """Return *node* with every reference filled in; what is missing is added to *problems*."""
    if isinstance(node, dict):
        return {key: expand(value, environ, problems, (*place, key)) for key, value in node.items()}
    if isinstance(node, list):
        return [
            expand(value, environ, problems, (*place, index)) for index, value in enumerate(node)
        ]
    if not isinstance(node, str) or "${" not in node:
        return node
    missing: list[str] = []
    text = REFERENCE.sub(lambda found: _value(found[1], environ, missing), node)
    problems += [(place, message) for message in missing]
    return Filled(text)


def _value(inside: str, environ: Mapping[str, str], missing: list[str]) -> str:
    if inside.startswith("file:"):
        return _file(inside.removeprefix("file:"), missing)
    name, has_default, default = inside.partition(":-")
    if not NAME.fullmatch(name):
        missing.append(
            f"${{{name}}} is not a reference; valid: ${{NAME}}, ${{NAME:-default}}, ${{file:PATH}}"
        )
        return ""
    if name in environ:
        return environ[name]
    if not has_default:
        missing.append(f"the environment variable {name} is not set")
    return default


def _file(path: str, missing: list[str]) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        missing.append(f"the file {path} cannot be read: {reason}")
        return ""
