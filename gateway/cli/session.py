"""What every verb shares: the configuration's file, and whether a program reads the answer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gateway.config.load import load
from gateway.engine.guard import GUARD
from gateway.engine.guarded import guarded
from gateway.mapping.registry import Registry, installed

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.settings import Settings

CONFIG_VARIABLE = "WFM_GATEWAY_CONFIG"
DEFAULT_CONFIG = Path("config/gateway.yaml")

Decorated = TypeVar("Decorated", bound="Callable[..., Any]")


@dataclass
class Session:
    """One command line: options that may stand before or after the verb."""

    config: Path | None = None
    as_json: bool = False

    @property
    def path(self) -> Path:
        """The configuration's file: as given, as the environment says, or the usual one."""
        return self.config or Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG)

    def registry(self) -> Registry:
        """Return the installed plugins, every function of theirs under the guard."""
        return guarded(installed(), GUARD)

    def settings(self, registry: Registry | None = None) -> Settings:
        """Read the configuration; raise `ConfigurationError` with every problem."""
        return load(self.path, registry or self.registry(), os.environ)


def of(context: click.Context) -> Session:
    """Return the command line's session, made when first asked for."""
    root = context.find_root()
    if not isinstance(root.obj, Session):
        root.obj = Session()
    return root.obj


def _keep_config(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        of(context).config = value


def _keep_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value:
        of(context).as_json = True


def config_option(command: Decorated) -> Decorated:
    """Add `--config`."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        expose_value=False,
        is_eager=True,
        callback=_keep_config,
        help=f"The configuration [default: ${CONFIG_VARIABLE}, else {DEFAULT_CONFIG}].",
    )(command)


def json_option(command: Decorated) -> Decorated:
    """Add `--json`."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_keep_json,
        help="Print JSON, for programs.",
    )(command)


def verb_options(command: Decorated) -> Decorated:
    """Add what every verb that looks at a configuration takes."""
    return config_option(json_option(command))


pass_session = click.make_pass_decorator(Session, ensure=True)
