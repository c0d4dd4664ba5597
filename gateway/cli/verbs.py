"""The command's groups: problems printed plainly, exit code 1; wrong usage 2; no traceback."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import click

from gateway.cli import session
from gateway.model.errors import ConfigurationError, GatewayError
from gateway.telemetry.logs import configure

if TYPE_CHECKING:
    from collections.abc import Callable


class Verbs(click.Group):
    """The whole command line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; whatever goes wrong is said in plain words."""
        session.of(ctx)
        configure(level="warning", keep=False)  # `serve` says more, in its own words
        try:
            return _one_at_most(super().invoke, ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except ConfigurationError as problem:
            raise PlainError("\n".join(problem.problems)) from problem
        except (GatewayError, OSError) as problem:
            raise PlainError(f"wfm-gateway: {problem}") from problem
        except Exception as problem:
            raise PlainError(_internal(problem)) from problem


class PlainError(click.ClickException):
    """A problem that the user must mend."""

    def show(self, file: Any = None) -> None:
        """Print it as it is."""
        click.echo(self.format_message(), file=file, err=file is None)


def _one_at_most(invoke: Callable[[click.Context], Any], ctx: click.Context) -> Any:
    """Run the verb; of problems that tasks raised together, raise the first."""
    try:
        return invoke(ctx)
    except ExceptionGroup as several:
        first: Exception = several
        while isinstance(first, ExceptionGroup):
            first = first.exceptions[0]
        raise first from several


def _internal(problem: Exception) -> str:
    place = traceback.extract_tb(problem.__traceback__)[-1]
    where = f"{place.filename}:{place.lineno}"
    return f"wfm-gateway: internal error at {where}: {type(problem).__name__}: {problem}"
