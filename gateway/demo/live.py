"""The simulated part as a table: each agent's status as each vendor was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.demo.standins import Board, StandIn
    from gateway.http.sender import Tally

AGENTS_SHOWN = 14
COLOURS = {
    "ready": "green",
    "reserved": "yellow",
    "busy": "red",
    "after_call_work": "magenta",
    "not_ready": "blue",
    "logged_out": "dim",
}


@dataclass
class Told:
    """What each vendor was last told of each agent, followed as the stand-ins record it."""

    board: Board
    names: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, dict[str, str]] = field(default_factory=dict)
    _unresolved: dict[str, list[str]] = field(default_factory=dict)

    def follow(self, standin: StandIn) -> None:
        """Take what a vendor was told since the last time; what has no known event yet waits."""
        waiting = [*self._unresolved.get(standin.name, ()), *standin.told]
        standin.told.clear()
        self._unresolved[standin.name] = [
            event_id for event_id in waiting if not self._take(standin.name, event_id)
        ][-1000:]

    def _take(self, vendor: str, event_id: str) -> bool:
        event = self.board.events.get(event_id)
        if event is None:
            return False
        agent, status = event["data"].get("agent"), event["data"].get("status")
        if agent and status:
            self.names[agent["key"]] = agent["name"] or agent["wfm_id"] or agent["id"]
            self.statuses.setdefault(agent["key"], {})[vendor] = status
        return True


def screen(
    told: Told, standins: Sequence[StandIn], status: Mapping[str, Any], tallies: Sequence[Tally]
) -> Group:
    """Return the whole picture."""
    return Group(
        Text("Simulated contact centre; vendors have bad days now and then. Ctrl-C ends it.\n"),
        _agents(told, standins),
        _vendors(standins, status),
        Text(totals(standins, tallies), style="bold"),
    )


def _agents(told: Told, standins: Sequence[StandIn]) -> Table:
    table = Table(title="agents, and the status that each vendor was told", title_justify="left")
    table.add_column("agent", overflow="ellipsis", no_wrap=True)
    for standin in standins:
        table.add_column(standin.name, no_wrap=True)
    keys = sorted(told.statuses)[:AGENTS_SHOWN]
    for key in keys:
        cells = (told.statuses[key].get(standin.name, "-") for standin in standins)
        name = f"{key.partition(':')[0]} {told.names[key]}"
        table.add_row(name, *(Text(cell, style=COLOURS.get(cell, "")) for cell in cells))
    return table


def _vendors(standins: Sequence[StandIn], status: Mapping[str, Any]) -> Table:
    table = Table(title="vendors", title_justify="left")
    for header in ("vendor", "now", "delivered", "tried again", "outages ridden out", "owed"):
        table.add_column(header)
    owed = {each["name"]: each for each in status.get("destinations", ())}
    for standin in standins:
        trouble = standin.mood.trouble
        now = Text(trouble.words, style="red") if trouble else Text("well", style="green")
        table.add_row(
            standin.name,
            now,
            str(standin.delivered),
            str(standin.refused),
            str(standin.mood.ridden_out),
            str(owed.get(standin.name, {}).get("backlog", "-")),
        )
    return table


def totals(standins: Sequence[StandIn], tallies: Sequence[Tally]) -> str:
    """Return one line of what went in and out."""
    sent = sum(tally.sent for tally in tallies)
    well = sum(tally.answered_well for tally in tallies)
    return (
        f"in: {sent} requests, {well} answered 2xx; "
        f"out: {sum(each.delivered for each in standins)} deliveries, "
        f"{sum(each.refused for each in standins)} tried again, "
        f"{sum(each.mood.ridden_out for each in standins)} outages ridden out"
    )
