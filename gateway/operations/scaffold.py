"""A new mapping's folder, from a template: a package that is whole and passes its own checks."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Literal

from gateway.model.errors import OperationError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from gateway.mapping.registry import Registry

Kind = Literal["source", "destination"]

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TEMPLATES = "gateway.operations"


def scaffold(registry: Registry, kind: Kind, name: str, folder: Path | None) -> dict[str, Any]:
    """Write a new mapping's package; return where it is, its files, and what to do next.

    *folder* `None`: ``wfm-gateway-NAME`` in the current folder.

    Raises:
        OperationError: the name is none, or taken; the folder is there already.
    """
    _check(registry, kind, name)
    words = _words(kind, name)
    target = folder or Path(f"wfm-gateway-{words['dashed']}")
    if target.exists():
        raise OperationError(f"{target} is there already; nothing was written")
    written = [_write(target / path, text) for path, text in _made(kind, words).items()]
    return {
        "folder": str(target),
        "files": [str(each.relative_to(target)) for each in written],
        "next": _next(kind, name, target),
    }


def _check(registry: Registry, kind: Kind, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise OperationError(f"{name!r} is no name: small letters, digits and single underscores")
    taken = registry.sources if kind == "source" else registry.destinations
    if name in taken:
        raise OperationError(
            f"a {kind} mapping {name!r} is installed already ({taken[name].package})"
        )


def _words(kind: Kind, name: str) -> dict[str, str]:
    return {
        "kind": kind,
        "name": name,
        "dashed": name.replace("_", "-"),
        "package": f"wfm_gateway_{name}",
        "title": name.replace("_", " ").title(),
        "shout": name.upper(),
    }


def _made(kind: Kind, words: dict[str, str]) -> dict[str, str]:
    """Return the text of each file by its path."""
    package = words["package"]
    common, own = (files(_TEMPLATES) / "templates" / each for each in ("common", kind))
    templates: dict[str, Traversable] = {
        "pyproject.toml": common / "pyproject.toml.txt",
        "README.md": own / "readme.txt",
        f"{package}/__init__.py": own / "mapping.py.txt",
        f"tests/test_{words['name']}.py": common / "test.py.txt",
    }
    made = {
        path: Template(each.read_text(encoding="utf-8")).substitute(words)
        for path, each in templates.items()
    }
    samples = sorted(each.name for each in own.iterdir() if each.name.endswith(".json"))
    for each in samples:
        text = (own / each).read_text(encoding="utf-8")
        made[f"{package}/samples/{each}"] = text.replace("$name", words["name"])
    return made | {f"{package}/py.typed": ""}


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _next(kind: Kind, name: str, folder: Path) -> list[str]:
    """Return the three next steps."""
    table = {
        "source": f"sources: {{{name}: {{type: {name}, auth: {{type: none}}}}}}",
        "destination": f"destinations: {{{name}: {{mapping: {name}, url: …, options: …}}}}",
    }
    return [
        f"pip install --no-deps --no-build-isolation -e {folder}   # the gateway finds it",
        f"wfm-gateway mappings check {name}   # after a change: --write, and read the diff",
        f"wfm-gateway check   # with {table[kind]} in the configuration",
    ]
