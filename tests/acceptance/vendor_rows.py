"""The vendors that the same day is told to: one row each, with its stand-in and its destination.

A row joins when its mapping is installed. Whoever is logged out stands in a picture as `None`,
whatever the vendor calls it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gateway.mapping.registry import installed
from tests.acceptance.rig.centre import LOGOUT, STATE, Agent, Fact
from tests.standins.argus import ArgusStandIn
from tests.standins.assembled import AssembledStandIn
from tests.standins.bucket import Bucket
from tests.standins.calabrio import LOGGED_OUT, CalabrioStandIn
from tests.standins.calabrio_soap import ACCEPTED, CalabrioSoapStandIn
from tests.standins.door import Door
from tests.standins.home_made import HomeMadeStandIn
from tests.standins.playvox import PlayvoxLikeStandIn
from tests.standins.verint import VerintStandIn

CODES = {
    "ready": "Ready",
    "reserved": "Ringing",
    "busy": "Talking",
    "after_call_work": "Wrap-up",
    "not_ready:Break": "Break",
    "not_ready:Lunch": "Lunch",
    "not_ready:Coaching": "Coaching",
}
"""How the customer's vendor names our states."""

KEY = "made-up-key"

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"

Picture = dict[str, Any]
People = Sequence[Agent]


def code(fact: Fact) -> str | None:
    """Return what the vendor shows of somebody after this."""
    if fact.type == LOGOUT or fact.status == "logged_out":
        return None
    reason = f":{fact.reason}" if fact.status == "not_ready" else ""
    return CODES[f"{fact.status}{reason}"]


@dataclass(frozen=True)
class Row:
    """*opens* its stand-in for these people. *settings*: the keys of the destination beside
    `mapping`. *shown*: its picture, by WFM id. *odd*: what it found amiss, but for what it
    refused. *told*: of a vendor that keeps our times, every state of an agent with the Unix second
    it began at. *code*: what stands in the picture for a fact. *plants* somebody whom only a
    snapshot can take off, and returns who.
    """

    name: str
    mapping: str
    opens: Callable[[People], Door]
    settings: Callable[[Any], Mapping[str, Any]]
    shown: Callable[[Any], Picture]
    odd: Callable[[Any], Sequence[Any]]
    told: Callable[[Any], Mapping[str, list[tuple[int, str]]]] | None = None
    code: Callable[[Fact], Any] = code
    plants: Callable[[Any], str] | None = None


def states_of(facts: Sequence[Fact]) -> list[Fact]:
    return [each for each in facts if each.type == STATE]


@dataclass(frozen=True)
class Words:
    """The destination of a row, as its YAML says."""

    row: Row
    common: Mapping[str, Any] = field(
        default_factory=lambda: {
            "timeout": "500ms",
            "retry": {"first": "20ms", "max": "200ms"},
            "circuit": {"failures": 5, "probe_after": "100ms"},
        }
    )

    def yaml(self, vendor: Door) -> str:
        """JSON is YAML."""
        settings = {"mapping": self.row.mapping, **self.common, **self.row.settings(vendor)}
        return json.dumps({"wfm": settings})


def calabrio_shown(vendor: Any) -> Picture:
    out = (LOGGED_OUT, "LOGGED-OFF")
    return {user: None if each in out else each for user, each in vendor.states.items()}


def calabrio_plants(vendor: Any) -> str:
    vendor.shows("1", "9999", "Ready", vendor.now())
    return "9999"


def playvox_told(vendor: Any) -> dict[str, list[tuple[int, str]]]:
    return {
        user: [(int(at.timestamp()), status) for at, status in told if status != "Offline"]
        for user, told in vendor.timelines.items()
    }


def example(name: str, **more: Any) -> dict[str, Any]:
    """Return the options of a worked example of `http_json`, with more of them."""
    document = YAML(typ="safe").load(EXAMPLES / f"{name}.yaml")
    ((_, destination),) = document["destinations"].items()
    return {**destination["options"], **more}


def verint_code(fact: Fact) -> tuple[int, str] | None:
    """Return mode and reason: ringing and talking are one to this vendor."""
    modes = {"ready": 1, "reserved": 2, "busy": 2, "after_call_work": 3, "not_ready": 5}
    shown = code(fact)
    reason = shown if fact.status == "not_ready" else ""
    return None if shown is None else (modes[fact.status], reason)


ROWS = (
    Row(
        name="calabrio-json",
        mapping="calabrio_rta_json",
        opens=lambda _people: CalabrioStandIn(key=KEY, sources={"1"}),
        settings=lambda vendor: {
            "url": vendor.url,
            "options": {"authentication_key": KEY, "source_id": "1", "states": CODES},
        },
        shown=calabrio_shown,
        odd=lambda vendor: vendor.unknown + vendor.logged,
        plants=calabrio_plants,
    ),
    Row(
        name="calabrio-json-in-batches",
        mapping="calabrio_rta_json",
        opens=lambda _people: CalabrioStandIn(key=KEY, sources={"1"}, most_waiting=40),
        settings=lambda vendor: {
            "url": vendor.url,
            "batch": {"max_events": 50, "max_wait": "50ms"},
            "options": {"authentication_key": KEY, "source_id": "1", "states": CODES},
        },
        shown=calabrio_shown,
        odd=lambda vendor: vendor.unknown + vendor.logged,
        plants=calabrio_plants,
    ),
    Row(
        name="calabrio-soap",
        mapping="calabrio_rta_soap",
        opens=lambda _people: CalabrioSoapStandIn(key=KEY, sources={"1"}),
        settings=lambda vendor: {
            "url": vendor.url,
            "options": {"authentication_key": KEY, "source_id": "1", "states": CODES},
        },
        shown=calabrio_shown,
        odd=lambda vendor: [each for each in vendor.results if each != ACCEPTED],
        plants=calabrio_plants,
    ),
    Row(
        name="calabrio-soap-in-batches",
        mapping="calabrio_rta_soap",
        opens=lambda _people: CalabrioSoapStandIn(key=KEY, sources={"1"}),
        settings=lambda vendor: {
            "url": vendor.url,
            "batch": {"max_events": 50, "max_wait": "50ms"},
            "options": {"authentication_key": KEY, "source_id": "1", "states": CODES},
        },
        shown=calabrio_shown,
        odd=lambda vendor: [each for each in vendor.results if each != ACCEPTED],
        plants=calabrio_plants,
    ),
    Row(
        name="argus",
        mapping="argus_wfmcc",
        opens=lambda _people: ArgusStandIn(),
        settings=lambda vendor: {
            "url": vendor.url,
            "options": {"system_id": "made-up", "states": CODES},
        },
        shown=lambda vendor: vendor.states,
        odd=lambda vendor: vendor.oddities,
        told=lambda vendor: {
            worker: [(each.entered_at, each.code) for each in stays]
            for worker, stays in vendor.timelines.items()
        },
    ),
    Row(
        name="assembled",
        mapping="assembled",
        opens=lambda people: AssembledStandIn(
            key=KEY,
            agents={f"as-{each.wfm_id}": {"import_id": each.wfm_id} for each in people},
            bucket=Bucket(1000, 1000),
        ),
        settings=lambda vendor: {
            "url": vendor.url,
            "auth": {"type": "basic", "username": KEY, "password": ""},
            "events": ["agent.state"],
            "rate_limit": "1000/s burst 100",
            "options": {
                "agents_by": "import_id",
                "states": {**CODES, "logged_out": "Offline"},
            },
        },
        shown=lambda vendor: {
            agent.removeprefix("as-"): None if each == "Offline" else each
            for agent, each in vendor.states.items()
        },
        odd=lambda vendor: vendor.oddities,
        told=lambda vendor: {
            agent.removeprefix("as-"): [
                (each["start_time"], each["status"])
                for each in {one["event_id"]: one for one in told}.values()
                if each["status"] != "Offline"
            ]
            for agent, told in vendor.statuses.items()
        },
    ),
    Row(
        name="assembled-unverified-bulk",
        mapping="assembled",
        opens=lambda people: AssembledStandIn(
            key=KEY,
            agents={f"as-{each.wfm_id}": {"import_id": each.wfm_id} for each in people},
            takes_unverified=True,
            bulk_times="unix",
        ),
        settings=lambda vendor: {
            "url": vendor.url,
            "auth": {"type": "basic", "username": KEY, "password": ""},
            "batch": {"max_events": 500, "max_wait": "50ms"},
            "options": {
                "agents_by": "import_id",
                "states": {**CODES, "logged_out": "offline"},
                "unverified_bulk": True,
                "unverified_times": "unix",
            },
        },
        shown=lambda vendor: {
            agent.removeprefix("as-"): None if told[-1]["state"] == "offline" else told[-1]["state"]
            for agent, told in vendor.bulk.items()
        },
        odd=lambda _vendor: [],
        told=lambda vendor: {
            agent.removeprefix("as-"): list(
                dict.fromkeys(
                    (each["start_time"], each["state"])
                    for each in told
                    if each["state"] not in ("online", "offline")
                )
            )
            for agent, told in vendor.bulk.items()
        },
    ),
    Row(
        name="playvox-like",
        mapping="http_json",
        opens=lambda people: PlayvoxLikeStandIn(
            path="/made-up/agent-status",
            token=KEY,
            users={each.wfm_id: each.wfm_id for each in people},
            names=("user", "status", "since"),
        ),
        settings=lambda vendor: {
            "url": vendor.url,
            "auth": {"type": "bearer", "token": KEY},
            "events": ["agent.state"],
            "options": {
                "path": vendor.path,
                "body": {"user": "{identity}", "status": "{state_code}", "since": "{data.since}"},
                "states": {**CODES, "logged_out": "Offline"},
            },
        },
        shown=lambda vendor: {
            user: None if each == "Offline" else each for user, each in vendor.states.items()
        },
        odd=lambda _vendor: [],
        told=playvox_told,
    ),
    Row(
        name="verint-fields",
        mapping="http_json",
        opens=lambda _people: VerintStandIn(header=("X-Feed-Key", KEY)),
        settings=lambda vendor: {
            "url": vendor.url,
            "auth": {"type": "header", "name": "X-Feed-Key", "value": KEY},
            "options": example("verint_fields", states=CODES),
        },
        shown=lambda vendor: {
            each["agentId"]: vendor.states.get(each["agentId"]) for each in vendor.events
        },
        odd=lambda vendor: vendor.oddities,
        code=verint_code,
    ),
    Row(
        name="home-made",
        mapping="http_json",
        opens=lambda people: HomeMadeStandIn(
            key=KEY, site="graz", people={each.wfm_id for each in people}
        ),
        settings=lambda vendor: {
            "url": vendor.url,
            "auth": {"type": "header", "name": "X-Floor-Key", "value": KEY},
            "events": ["agent.state"],
            "options": example("home_made", states={**CODES, "logged_out": "gone"}),
        },
        shown=lambda vendor: {
            person: None if state == "gone" else state
            for person, (state, _) in vendor.states.items()
        },
        odd=lambda vendor: [each for each in vendor.verdicts if each != "taken"],
    ),
)


def joined() -> list[Row]:
    """Return the rows whose mappings are installed."""
    return [each for each in ROWS if each.mapping in installed().destinations]


def takes_snapshots(row: Row) -> bool:
    return installed().destinations[row.mapping].snapshot is not None
