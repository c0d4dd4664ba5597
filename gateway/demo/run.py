"""The demo from beginning to end."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.live import Live

from gateway.config.load import load
from gateway.demo import show
from gateway.demo.live import Told, screen, totals
from gateway.demo.process import DemoGateway
from gateway.demo.samples import JSON_TYPE, Sample, is_plain, samples
from gateway.demo.standins import StandIn, StandIns, port_variable, stand_ins
from gateway.http.sender import Tally, Target, is_set_within, post, send_at_rate
from gateway.model.errors import OperationError
from gateway.operations.postings import postings
from gateway.operations.simulation import ContactCentre

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from gateway.mapping.registry import Registry
    from gateway.settings import Settings, SourceSettings

STORE_VARIABLE = "DEMO_STORE"
SEED = 7
AGENTS = 6
RATE = 1.5
"""Simulated agents and requests a second, of each source."""

SHOWN_WHOLE = 5
"""Samples of each source that are shown with every detail; the others in short."""

DRAWN_EVERY = 0.5
PLAIN_EVERY = 5.0
FOREVER = 10**9


def run(config: Path, registry: Registry, *, once: bool) -> int:
    """Run the demo of *config*; return the exit code.

    Raises:
        ConfigurationError: the configuration is wrong.
        OperationError: the gateway did not start, or did not take a request.
    """
    return asyncio.run(_run(config, registry, once=once))


async def _run(config: Path, registry: Registry, *, once: bool) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with AsyncExitStack() as stack:
        stage = await _set_up(stack, config, registry)
        stage.console.print(show.introduction(_addresses(stage)))
        await _show_samples(stage, stop)
        if not once and not stop.is_set():
            await _simulate(stage, stop)
    stage.console.print("The demo is over; nothing of it is left on this machine.")
    return 0


@dataclass
class Stage:
    """The gateway with everything around it, running."""

    console: Console
    settings: Settings
    gateway: DemoGateway
    standins: StandIns

    def target(self, source: str) -> Target:
        """Where a source's requests go."""
        return Target(f"{self.gateway.url}/v1/ingest/{source}", {})


async def _set_up(stack: AsyncExitStack, config: Path, registry: Registry) -> Stage:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wfm-gateway-demo-")))
    environ = {STORE_VARIABLE: str(folder / "gateway.db")}
    names = load(config, registry, {**os.environ, **environ}).destinations
    standins = await stack.enter_async_context(stand_ins(names, SEED))
    environ |= standins.environ()
    settings = load(config, registry, {**os.environ, **environ})
    _check_ports(settings, standins)
    gateway = DemoGateway(config, settings.store.path, environ)
    await stack.enter_async_context(gateway)
    return Stage(show.console(), settings, gateway, standins)


def _check_ports(settings: Settings, standins: StandIns) -> None:
    for name, each in settings.destinations.items():
        if f":{standins.each[name].port}" not in each.url:
            raise OperationError(
                f"{settings.path}: destinations.{name}.url: the demo's vendors listen on free "
                f"ports: write ${{{port_variable(name)}:-9000}} as the port"
            )


def _addresses(stage: Stage) -> Mapping[str, str]:
    addresses = {"the gateway": stage.gateway.url}
    for name, each in stage.settings.destinations.items():
        addresses[f"stand-in for {name}"] = each.url
    return addresses


async def _show_samples(stage: Stage, stop: asyncio.Event) -> None:
    for source in stage.settings.sources.values():
        stage.console.print(show.chapter(f"Samples of {source.name} ({source.mapping.platform})"))
        shown_whole = 0
        for sample in samples(source, datetime.now(UTC)):
            if stop.is_set():
                return
            shown_whole += await _show_sample(stage, sample, whole=shown_whole < SHOWN_WHOLE)


async def _show_sample(stage: Stage, sample: Sample, *, whole: bool) -> bool:
    """Send one sample and show what comes of it; return whether it was shown as a whole."""
    board = stage.standins.board.events
    known = set(board)
    status, answer = await post(stage.target(sample.source), sample.body, JSON_TYPE)
    await stage.gateway.until_nothing_is_owed()
    events = [each for key, each in board.items() if key not in known]
    received = {name: each.take() for name, each in stage.standins.each.items()}
    if not (whole and events and is_plain(answer)):
        stage.console.print(show.in_short(sample, status, events, received))
        return False
    names = {name: each.mapping.name for name, each in stage.settings.destinations.items()}
    stage.console.print(show.sample_in(sample, status, answer))
    stage.console.print(show.neutral(events))
    stage.console.print(show.vendors(received, names))
    return True


async def _simulate(stage: Stage, stop: asyncio.Event) -> None:
    stage.console.print(show.chapter("A simulated contact centre"))
    stage.standins.begin_anew()
    tallies: list[Tally] = []
    async with asyncio.TaskGroup() as group:
        for number, source in enumerate(stage.settings.sources.values()):
            if source.mapping.compose is not None:
                tallies.append(Tally())
                group.create_task(_send(stage, source, number, tallies[-1], stop))
        await _draw(stage, tallies, stop)
    stage.console.print(totals(list(stage.standins.each.values()), tallies))


async def _send(
    stage: Stage, source: SourceSettings, number: int, tally: Tally, stop: asyncio.Event
) -> None:
    centre = ContactCentre(AGENTS, SEED + number)
    made = postings(source.mapping, centre, FOREVER, lambda: datetime.now(UTC))
    await send_at_rate(stage.target(source.name), made, rate=RATE, tally=tally, stop=stop)


async def _draw(stage: Stage, tallies: list[Tally], stop: asyncio.Event) -> None:
    told = Told(stage.standins.board)
    standins = list(stage.standins.each.values())
    if not stage.console.is_terminal:
        while not await is_set_within(stop, PLAIN_EVERY):
            _follow(told, standins)
            stage.console.print(totals(standins, tallies))
        return
    with Live(console=stage.console, auto_refresh=False) as live:
        while not await is_set_within(stop, DRAWN_EVERY):
            _follow(told, standins)
            status = await stage.gateway.status()
            live.update(screen(told, standins, status, tallies), refresh=True)


def _follow(told: Told, standins: list[StandIn]) -> None:
    now = asyncio.get_running_loop().time()
    for standin in standins:
        standin.mood.at(now)
        standin.take()
        told.follow(standin)
