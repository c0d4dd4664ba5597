"""A YAML file, read so that everything in it still knows its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.scalarint import ScalarInt
from ruamel.yaml.scalarstring import ScalarString

from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

Place = tuple[str | int, ...]
"""Where something stands: keys and list indices from the top."""


@dataclass(frozen=True)
class Document:
    """The content as plain values, and the line of each place (from 1)."""

    path: Path
    content: dict[str, Any]
    lines: dict[Place, int] = field(repr=False)

    def line(self, place: Place) -> int:
        """Return the line of *place*, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, message: str) -> str:
        """Return a printable line: file, line, YAML path, what is wrong."""
        return f"{self.path}:{self.line(place)}: {written(place)}{message}"


def written(place: Place) -> str:
    """Write a place as ``sources.flex.accounts[0]: ``, nothing for the whole."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return f"{text}: " if text else ""


def read_document(path: Path) -> Document:
    """Read the file.

    Raises:
        ConfigurationError: it is not there, is not YAML, or is not a mapping.
    """
    try:
        loaded = _yaml().load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"{path}: is not UTF-8"]) from error
    except YAMLError as error:
        raise ConfigurationError([f"{path}{_where(error)}"]) from error
    if not isinstance(loaded, CommentedMap):
        raise ConfigurationError([f"{path}: must hold keys and values, and holds none"])
    lines: dict[Place, int] = {}
    content = _plain(loaded, (), lines)
    return Document(path, content, lines)


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.allow_duplicate_keys = False
    return yaml


def _where(error: YAMLError) -> str:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return ": is not YAML"
    line = error.problem_mark.line + 1
    if isinstance(error, DuplicateKeyError):
        return (
            f":{line}: a key stands here a second time: {str(error.problem).partition(' with')[0]}"
        )
    return f":{line}: is not YAML: {error.problem}"


def _plain(node: Any, place: Place, lines: dict[Place, int]) -> Any:
    """Return *node* without what the reader adds, and note its lines."""
    if isinstance(node, CommentedMap):
        for key in node:
            lines[(*place, key)] = node.lc.key(key)[0] + 1 if key in (node.lc.data or {}) else 1
        return {key: _plain(value, (*place, key), lines) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            lines[(*place, index)] = node.lc.item(index)[0] + 1
        return [_plain(value, (*place, index), lines) for index, value in enumerate(node)]
    return _scalar(node)


def _scalar(node: Any) -> Any:
    for marked, kind in (
        (ScalarString, str),
        (ScalarBoolean, bool),
        (ScalarInt, int),
        (ScalarFloat, float),
    ):
        if isinstance(node, marked):
            return kind(node)
    return node
