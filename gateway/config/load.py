"""A configuration file into settings, or every problem of it at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from marshmallow import Schema, ValidationError

from gateway.config.destinations import load_destination
from gateway.config.document import Document, read_document
from gateway.config.expand import expand
from gateway.config.feeds import check_feeds, with_feeds
from gateway.config.fields import attempt, messages_of, unknown_key
from gateway.config.figures import IntervalsSchema, LedgerSchema
from gateway.config.filing import load_file_destination
from gateway.config.roster import roster_problems
from gateway.config.sections import AdminSchema, AgentsSchema, ServerSchema, StoreSchema
from gateway.config.snapshots import shared_floors
from gateway.config.sources import load_source
from gateway.config.wanting import with_wanted
from gateway.model.errors import ConfigurationError
from gateway.settings import (
    AdminSettings,
    AgentsSettings,
    DestinationSettings,
    FileDestinationSettings,
    IntervalSettings,
    LedgerSettings,
    ServerSettings,
    Settings,
    StoreSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from gateway.config.document import Place
    from gateway.mapping.registry import Registry

NAME = re.compile(r"[a-z0-9_-]{1,64}")
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - named in order to be told apart
PLAINLY = {
    "Not a valid string.": "Must be a text (what YAML reads otherwise needs quotes).",
    "Not a valid list.": "Must be a list.",
    "Not a valid mapping type.": "Must hold keys and values.",
    "Invalid input type.": "Must hold keys and values.",
    "Field may not be null.": "Must have a value; without one, leave the key out.",
}
"""What marshmallow says, in the words of who writes YAML."""

SECTIONS = ("server", "admin", "store", "ledger", "intervals", "agents", "sources", "destinations")


T = TypeVar("T")


def _of_kind(destinations: Mapping[str, Any], kind: type[T]) -> dict[str, T]:
    return {name: each for name, each in destinations.items() if isinstance(each, kind)}


def _feed(name: str) -> Place:
    return ("sources", name, "agents_of")


def load(path: Path, registry: Registry, environ: Mapping[str, str]) -> Settings:
    """Read the configuration at *path*.

    Raises:
        ConfigurationError: with a line for every problem: file, line, YAML path, what is wrong
            and what would be valid.
    """
    return _Loading(read_document(path), registry, environ).settings()


class _Loading:
    """One configuration on its way into settings."""

    def __init__(self, document: Document, registry: Registry, environ: Mapping[str, str]) -> None:
        self._document = document
        self._registry = registry
        self._problems: list[tuple[Place, str]] = []
        self._warnings: list[str] = []
        self._content: dict[str, Any] = expand(document.content, environ, self._problems)
        self._unfilled = {place for place, _ in self._problems}

    def settings(self) -> Settings:
        """Return the settings; raise `ConfigurationError` where there is any problem."""
        for key in self._content:
            if key not in SECTIONS:
                self._add((key,), unknown_key(str(key), SECTIONS))
        server = self._section("server", ServerSchema, ServerSettings())
        admin = self._section("admin", AdminSchema, AdminSettings())
        store = self._section("store", StoreSchema, StoreSettings())
        ledger = self._section("ledger", LedgerSchema, LedgerSettings())
        cut = self._section("intervals", IntervalsSchema, IntervalSettings())
        agents = self._section("agents", AgentsSchema, AgentsSettings())
        self._check_ports(server, admin)
        host = self._host(server)
        sources = self._each(
            "sources", lambda name, raw: load_source(name, raw, self._registry, host)
        )
        declared = self._content.get("sources")
        names = declared if isinstance(declared, dict) else {}
        destinations = self._each(
            "destinations", lambda name, raw: self._destination(name, raw, names, cut)
        )
        if not declared:
            self._add(("sources",), "at least one source is needed")
        self._check_roster()
        self._check_floors(_of_kind(destinations, DestinationSettings))
        check_feeds(sources, names, lambda name, problem: self._add(_feed(name), problem))
        if self._problems:
            raise ConfigurationError(self._lines())
        self._warn(agents, destinations)
        return Settings(
            server,
            admin,
            store,
            with_wanted(with_feeds(sources), destinations),
            agents,
            _of_kind(destinations, DestinationSettings),
            self._document.path,
            tuple(self._warnings),
            ledger,
            cut,
            _of_kind(destinations, FileDestinationSettings),
        )

    def _warn(self, agents: AgentsSettings, destinations: Mapping[str, Any]) -> None:
        """Say what is allowed and surely not meant."""
        if not agents.files and not agents.wfm_id_from:
            self._warnings += [
                f"destinations.{name}.snapshot: never sent without agents.files or wfm_id_from"
                for name, each in _of_kind(destinations, DestinationSettings).items()
                if each.snapshot is not None
            ]
        if not destinations:
            self._warnings.append("destinations: none: events are kept, and told to nobody")

    def _destination(
        self, name: str, raw: Mapping[str, Any], sources: Iterable[str], cut: IntervalSettings
    ) -> tuple[DestinationSettings | FileDestinationSettings, list[str]]:
        """Read one destination: its mapping says whether it is told events or gets files."""
        mapping = raw.get("mapping")
        if isinstance(mapping, str) and mapping in self._registry.files:
            return load_file_destination(name, raw, self._registry, sources, cut)
        return load_destination(name, raw, self._registry, sources)

    def _section(self, name: str, schema: type[Schema], default: Any) -> Any:
        raw = self._content.get(name)
        if raw is None:
            return default
        if not isinstance(raw, dict):
            self._add((name,), "must hold keys and values")
            return default
        loaded, problems = attempt(schema(), raw)
        if problems:
            self._collect((name,), problems)
            return default
        return loaded

    def _each(self, section: str, load_one: Callable[..., tuple[Any, list[str]]]) -> dict[str, Any]:
        raw = self._content.get(section)
        if raw is None:
            return {}
        if not isinstance(raw, dict):
            self._add((section,), "must hold names and their keys")
            return {}
        found = {}
        for name, value in raw.items():
            place = (section, name)
            if not isinstance(name, str) or not NAME.fullmatch(name):
                self._add(place, "a name has 1 to 64 of a-z, 0-9, - and _")
            if not isinstance(value, dict):
                self._add(place, "must hold keys and values")
                continue
            try:
                found[name], warnings = load_one(name, value)
            except ValidationError as error:
                self._collect(place, messages_of(error))
            else:
                self._warnings += warnings
        return found

    def _host(self, server: ServerSettings) -> str:
        """Return where the server will listen, even if something else about it is wrong."""
        raw = self._content.get("server")
        named = {"host": raw["host"]} if isinstance(raw, dict) and "host" in raw else {}
        data, problems = attempt(ServerSchema(only=("host",)), named)
        return server.host if problems else str(data.host)

    def _check_ports(self, server: ServerSettings, admin: AdminSettings) -> None:
        if any(place[:1] in (("server",), ("admin",)) for place, _ in self._problems):
            return
        hosts = {server.host, admin.host}
        meets = len(hosts) == 1 or hosts & EVERYWHERE
        if server.port and server.port == admin.port and meets:
            self._add(("admin", "port"), "The server has that port; valid: another, or 0.")

    def _check_roster(self) -> None:
        files = self._roster_files()
        for index, file in files.items():
            for problem in roster_problems((file,)):
                self._add(("agents", "files", index), problem)
        if files and not self._problems:
            for problem in roster_problems(files.values()):
                self._add(("agents", "files"), problem)

    def _check_floors(self, destinations: Mapping[str, DestinationSettings]) -> None:
        for name, other in shared_floors(destinations):
            place = ("destinations", name, "snapshot")
            if destinations[other].snapshot is not None:
                self._add(place, f"{other} tells the same floor and has it too; only one may.")
            else:
                told = f"{other} tells the same floor: whom it alone tells of is logged out"
                self._warnings.append(f"{'.'.join(place)}: {told}")

    def _roster_files(self) -> dict[int, Path]:
        """Return the files that are named, even if something else about the agents is wrong."""
        raw = self._content.get("agents")
        listed = raw.get("files") if isinstance(raw, dict) else None
        data, _ = attempt(AgentsSchema(only=("files",)), {"files": listed or []})
        valid = data.files if isinstance(data, AgentsSettings) else ()
        return {
            index: file
            for index, file in enumerate(valid)
            if ("agents", "files", index) not in self._unfilled
        }

    def _collect(self, place: Place, messages: Mapping[str, Any]) -> None:
        for inner, message in _messages(messages):
            where = (*place, *inner)
            if where not in self._unfilled:
                self._add(where, message)

    def _add(self, place: Place, message: str) -> None:
        self._problems.append((place, message))

    def _lines(self) -> list[str]:
        document = self._document
        ordered = sorted(
            dict.fromkeys(self._problems), key=lambda each: (document.line(each[0]), str(each[0]))
        )
        return [document.problem(place, message) for place, message in ordered]


def _messages(messages: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _messages(inner, place if key == "_schema" else (*place, key))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _messages(inner, place)
    else:
        yield place, PLAINLY.get(str(messages), str(messages))
