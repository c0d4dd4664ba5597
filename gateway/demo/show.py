"""What the demo prints: panels of at most 100 columns, plain where there is no screen."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from gateway.demo.samples import pretty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.demo.samples import Sample
    from gateway.http.recorder import Heard

WIDTH = 100
BODY_LINES = 12
REQUEST_LINES = 4
SHOWN_OF_STATE = ("status", "reason", "since", "previous", "next", "contacts", "time_source")
SHOWN_OF_OTHERS = ("status", "since", "inferred", "basis")
SHOWN_OF_CONTACT = ("id", "channel", "phase", "queue", "since")

INTRODUCTION = """\
wfm-gateway stands between contact-centre platforms and workforce management (WFM).
Platforms push what their agents do, each in its own words; the gateway makes one neutral
event of it, keeps it on disk before it answers, and tells every WFM vendor in the vendor's
own words: in order for each agent, again and again until the vendor has it.

Everything here is real but the vendors: they are stand-ins on this machine that record
what they are sent. Nothing leaves this machine."""


def console(width: int | None = None) -> Console:
    """Return where the demo prints."""
    plain = Console()
    return Console(width=min(width or plain.width, WIDTH) if plain.is_terminal else WIDTH)


def introduction(addresses: Mapping[str, str]) -> Panel:
    """Say what will be seen, and where everything listens."""
    lines = [INTRODUCTION, "", *(f"{name:<24}{where}" for name, where in addresses.items())]
    return _panel("wfm-gateway demo", Text("\n".join(lines)), "cyan")


def chapter(title: str) -> Rule:
    """Head a part of the demo."""
    return Rule(title, style="bold")


def sample_in(sample: Sample, status: int, answer: bytes) -> Panel:
    """Show a request as it came in, and what the platform was answered."""
    body = Text("\n".join(_wrapped(sample.body, BODY_LINES)))
    answered = Text(f"answered {status} {answer.decode('utf-8', 'replace')}", style="dim")
    return _panel(
        f"1  what came in: {sample.source}, {sample.title}", Group(body, answered), "blue"
    )


def neutral(events: Sequence[Mapping[str, Any]]) -> Panel:
    """Show neutral events in short."""
    if not events:
        text = Text("none: it is no news, or cannot be read")
    else:
        text = Text("\n").join(_event_text(event) for event in events)
    return _panel("2  the neutral event", text, "green")


def _event_text(event: Mapping[str, Any]) -> Text:
    data = event["data"]
    head = f"{event['type']}  {event['subject']}  at {event['time']}"
    text = Text(head, style="bold")
    for name, value in _shown(event).items():
        if value not in (None, [], {}, False):
            text.append(f"\n  {name}: {_brief(value)}", style="not bold")
    agent = data.get("agent")
    if agent and agent.get("wfm_id"):
        text.append(f"\n  the agent's id in WFM: {agent['wfm_id']}", style="not bold")
    return text


def _shown(event: Mapping[str, Any]) -> dict[str, Any]:
    data = event["data"]
    if "contact" in data:
        return dict(data["contact"])
    names = SHOWN_OF_STATE if ".state." in event["type"] else SHOWN_OF_OTHERS
    shown = {name: data[name] for name in names if name in data}
    if "contacts" in shown:
        shown["contacts"] = [
            {name: each[name] for name in SHOWN_OF_CONTACT} for each in shown["contacts"]
        ]
    return shown


def _brief(value: Any) -> str:
    match value:
        case str() | int() | float():
            return str(value)
        case list():
            return "; ".join(_brief(each) for each in value)
        case dict():
            told = {key: each for key, each in value.items() if each not in (None, [], {})}
            return ", ".join(f"{key} {_brief(each)}" for key, each in told.items())
        case _:
            return json.dumps(value)


def vendors(received: Mapping[str, Sequence[Heard]], mappings: Mapping[str, str]) -> Panel:
    """Show what each vendor received."""
    blocks: list[Text] = []
    for name, requests in received.items():
        blocks.append(Text(f"{name} ({mappings[name]})", style="bold"))
        blocks.extend(_request_text(each) for each in requests)
        if not requests:
            blocks.append(Text("  nothing: it is told other events, or knows it already"))
    return _panel("3  what each vendor received", Group(*blocks), "magenta")


def _request_text(heard: Heard) -> Text:
    text = Text(f"  {heard.method} {heard.target}\n")
    key = heard.headers.get("idempotency-key", "-")
    text.append(f"  idempotency-key: {key}\n", style="dim")
    text.append(textwrap.indent("\n".join(_wrapped(heard.body, REQUEST_LINES)), "  "))
    return text


def _wrapped(body: bytes, most: int) -> list[str]:
    lines = textwrap.wrap(_compact(body), WIDTH - 8, break_on_hyphens=False)
    return lines if len(lines) <= most else [*lines[:most], "…"]


def _compact(body: bytes) -> str:
    return " ".join(pretty(body).split())


def in_short(
    sample: Sample,
    status: int,
    events: Sequence[Mapping[str, Any]],
    received: Mapping[str, Sequence[Heard]],
) -> Text:
    """Show a sample, what it came to and who was told, in a line or two."""
    text = Text(f"{sample.title}: answered {status}", style="bold")
    if not events:
        text.append("; no news", style="not bold")
    for event in events:
        kind = str(event["type"]).removeprefix("wfm.").removesuffix(".v1")
        text.append(f"\n  {kind} {event['subject']} {_state_of(event)}", style="not bold")
    told = [f"{name} x{len(requests)}" for name, requests in received.items() if requests]
    if told:
        text.append(f"\n  told: {', '.join(told)}", style="dim not bold")
    return text


def _state_of(event: Mapping[str, Any]) -> str:
    data = event["data"]
    if "contact" in data:
        return str(data["contact"]["outcome"])
    return f"{data['status']} since {data['since']}"


def _panel(title: str, body: Any, style: str) -> Panel:
    return Panel(body, title=title, title_align="left", border_style=style)
