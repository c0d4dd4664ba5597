"""SIGHUP: the configuration read again; a bad one changes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Protocol

from gateway.model.errors import ConfigurationError
from gateway.telemetry.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gateway.settings import Settings

FIXED_SECTIONS = ("server", "admin", "store")
"""What is taken from them at the start alone."""

log = logger()


class Reloadable(Protocol):
    """What goes by settings, and can go by others."""

    settings: Settings

    async def become(self, settings: Settings) -> None:
        """Go by these settings; raise `ConfigurationError` where they cannot be used."""
        ...

    def look_again(self) -> None:
        """Try again what waits for somebody to have mended something."""
        ...

    async def keep_audit(self, action: str, result: Mapping[str, Any]) -> None:
        """Keep what was done to the process itself."""
        ...


class Reloader:
    """Reads the configuration again whenever it is asked to, one time after the other."""

    def __init__(self, gateway: Reloadable, read_again: Callable[[], Settings]) -> None:
        self._gateway = gateway
        self._read_again = read_again
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Have it read again soon."""
        self._asked.set()

    async def run(self) -> None:
        """Wait to be asked, for ever."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self._reload()

    async def _reload(self) -> None:
        before = self._gateway.settings
        try:
            after = await asyncio.to_thread(self._read_again)
            await self._gateway.become(after)
        except ConfigurationError as error:
            self._refuse(error)
            await self._gateway.keep_audit("reload", {"problems": len(error.problems)})
            return
        await self._gateway.keep_audit("reload", {"problems": 0})
        for warning in after.warnings:
            log.warning("configuration.warning", warning=warning)
        waiting = list(needs_restart(before, after))
        if waiting:
            log.warning("reload.partial", keys_that_need_a_restart=waiting)

    def _refuse(self, error: ConfigurationError) -> None:
        log.error("reload.refused", problems=list(error.problems), running="unchanged")
        self._gateway.look_again()


def needs_restart(before: Settings, after: Settings) -> Iterator[str]:
    """Return the keys that differ and count only from the next start on."""
    for section in FIXED_SECTIONS:
        old, new = getattr(before, section), getattr(after, section)
        for each in fields(old):
            if getattr(old, each.name) != getattr(new, each.name):
                yield f"{section}.{each.name}"
