"""A YAML file, read so that everything in it still knows its line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.scalarbool import ScalarBoolean
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.scalarint import BinaryInt, HexInt, OctalInt, ScalarInt
from ruamel.yaml.scalarstring import ScalarString

from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

DEEPEST = 40
MOST = 100_000
"""How many keys and items a file holds at most, those of aliases counted where they are used."""

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
        shown, hint = place, ""
        if any(isinstance(step, str) and _RUN_TOGETHER.match(step) for step in place):
            hint = "; a key and its value stand as `key: value`"
        elif self._is_bare(place) and message.startswith("unknown key; valid"):
            # {password: hun,ter2} has the key ter2.
            shown, hint = (*place[:-1], "…"), "; a text with a comma needs quotes"
        return one_line(f"{self.path}:{self.line(place)}: {written(shown)}{message}{hint}")

    def _is_bare(self, place: Place) -> bool:
        """Whether there is a key, and nothing behind it."""
        found: Any = self.content
        for step in place:
            if not isinstance(found, dict) or step not in found:
                return False
            found = found[step]
        return found is None


_RUN_TOGETHER = re.compile(r"[^:=]*[:=](?=\S)")
_NO_REFERENCE = re.compile(r"\$\{(?!\w+\})[^}]*\}?", re.ASCII)


def shown_key(key: Any) -> str:
    """Return *key* without what may be a value: ``{password:x}`` is a key to YAML."""
    if not isinstance(key, str):
        return "…" if isinstance(key, Mapping | Sequence) else str(key)
    name = _RUN_TOGETHER.match(key)
    return f"{name[0]}…" if name else _NO_REFERENCE.sub("${…}", key)


def one_line(text: str) -> str:
    """Write what would end the line, or could not be printed, as an escape."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def written(place: Place) -> str:
    """Write a place as ``sources.flex.accounts[0]: ``, nothing for the whole."""
    text = ""
    for step in place:
        is_index = isinstance(step, int) and not isinstance(step, bool)
        key = shown_key(step)
        text += f"[{key}]" if is_index else f".{key}" if text else key
    return f"{text}: " if text else ""


def read_document(path: Path) -> Document:
    """Read the file.

    Raises:
        ConfigurationError: it is not there, is not YAML, or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        _refuse_odd(path, text)
        loaded = _yaml().load(text)
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"{path}: is not UTF-8"]) from error
    except YAMLError as error:
        raise ConfigurationError([f"{path}{_where(error)}"]) from error
    except ValueError as error:
        raise ConfigurationError([f"{path}: is not YAML: a number or date is none"]) from error
    if not isinstance(loaded, CommentedMap):
        raise ConfigurationError([f"{path}: must hold keys and values, and holds none"])
    lines: dict[Place, int] = {}
    content = _plain(loaded, (), lines)
    if len(lines) > MOST:
        raise ConfigurationError([f"{path}: holds more than {MOST} keys and items"])
    return Document(path, content, lines)


def _refuse_odd(path: Path, text: str) -> None:
    """Refuse what is YAML and no configuration: tags, endless depth.

    Raises:
        ConfigurationError: naming the first line of that kind.
        YAMLError: it is not YAML.
    """
    depth = 0
    for event in _yaml().parse(text):
        at = f"{path}:{event.start_mark.line + 1}"
        if getattr(event, "tag", None) is not None:
            raise ConfigurationError([f"{at}: a tag (!…) means nothing here; a text needs quotes"])
        depth += isinstance(event, CollectionStartEvent)
        depth -= isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise ConfigurationError([f"{at}: stands more than {DEEPEST} levels deep"])


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.allow_duplicate_keys = False
    return yaml


_DUPLICATE = re.compile(r'found duplicate key "(.*?)" with value', re.DOTALL)
_QUOTED = re.compile(r"'(?!<)[^']{3,}'|\"[^\"]{3,}\"")


def _where(error: YAMLError) -> str:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return ": is not YAML"
    line = error.problem_mark.line + 1
    if isinstance(error, DuplicateKeyError):
        named = _DUPLICATE.match(str(error.problem))
        key = one_line(shown_key(named[1])) if named else "…"
        return f":{line}: a key stands here a second time: {key}"
    # What stands in quotes may be a secret, such as a password that begins with * or &.
    return one_line(f":{line}: is not YAML: {_QUOTED.sub('…', str(error.problem))}")


def _plain(node: Any, place: Place, lines: dict[Place, int]) -> Any:
    """Return *node* without what the reader adds, and note its lines."""
    if len(lines) > MOST:
        return None
    if isinstance(node, CommentedMap):
        for key in node:
            if key in (node.lc.data or {}):
                lines[(*place, key)] = node.lc.key(key)[0] + 1
            else:  # merged in from elsewhere
                lines[(*place, key)] = lines.get(place, 1)
        return {key: _plain(value, (*place, key), lines) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            lines[(*place, index)] = node.lc.item(index)[0] + 1
        return [_plain(value, (*place, index), lines) for index, value in enumerate(node)]
    return _scalar(node)


def _scalar(node: Any) -> Any:
    if isinstance(node, BinaryInt | OctalInt | HexInt):
        return str(node)
    if isinstance(node, ScalarInt) and (width := getattr(node, "_width", None)):
        as_it_stands = f"{int(node):0{width}d}"  # 007 is an id and not seven
        return int(node) if as_it_stands == str(int(node)) else as_it_stands
    for marked, kind in (
        (ScalarString, str),
        (ScalarBoolean, bool),
        (ScalarInt, int),
        (ScalarFloat, float),
    ):
        if isinstance(node, marked):
            return kind(node)
    return node
