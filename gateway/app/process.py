"""The process of a running gateway: its signals, its store, its exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import uvloop

from gateway.app.gateway import Gateway, Recalled, utc_now
from gateway.app.reload import Reloader
from gateway.engine.guard import GUARD
from gateway.http.handed import handed_sockets
from gateway.store.sqlite import open_store
from gateway.telemetry.logs import configure, logger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.settings import Settings

SWITCH_SECONDS = 0.0001
"""How long a busy loop may keep the interpreter from the thread that commits (decision 1)."""

STOP = (signal.SIGTERM, signal.SIGINT)

log = logger()


def serve(settings: Settings, read_again: Callable[[], Settings]) -> int:
    """Run until SIGTERM or SIGINT; return the exit code. SIGHUP goes by what *read_again*
    returns from then on; where it raises `ConfigurationError`, everything stays as it is.

    Raises:
        ConfigurationError: something that the configuration names cannot be used.
        StoreError: the store cannot be opened, or another process has it.
    """
    configure()
    sys.setswitchinterval(SWITCH_SECONDS)
    early: list[int] = []  # a SIGHUP before there is anything that could read it again
    signal.signal(signal.SIGHUP, lambda number, _frame: early.append(number))
    try:
        with GUARD.armed():
            return uvloop.run(_serve(settings, read_again, early))
    finally:
        for name in (*STOP, signal.SIGHUP):  # asked twice, or while it ends, it ends no worse
            signal.signal(name, signal.SIG_IGN)


async def _serve(
    settings: Settings, read_again: Callable[[], Settings], early: Sequence[int]
) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in STOP:
        loop.add_signal_handler(name, stopping.set)
    handed = handed_sockets(os.environ, os.getpid())
    damage = asyncio.Event()

    def damaged() -> None:
        log.critical("store.damaged", path=str(settings.store.path), next="set aside at the start")
        damage.set()
        stopping.set()

    store = open_store(
        settings.store.path,
        now=utc_now,
        max_untranslated=settings.store.max_untranslated,
        on_damage=damaged,
    )
    try:
        recalled = Recalled(await store.badges(), await store.own_key("customer"))
        gateway = Gateway(settings, store, recalled, handed, stopping)
        reloader = Reloader(gateway, read_again)
        loop.add_signal_handler(signal.SIGHUP, reloader.ask)
        if early:
            reloader.ask()
        return await gateway.run(reloader.run) or int(damage.is_set())
    finally:
        await store.close()
