"""How each contender is started: the gateway by its command, the others by theirs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks.bench import flow
from benchmarks.bench.packages import Packages
from benchmarks.bench.processes import Running, free_port, together
from benchmarks.bench.work import PASSWORD, PUBLIC_URL, STATUSES, TOKEN

EXAMPLE = Path("config/gateway.yaml")
SERVERS = "benchmarks.bench.servers"


@dataclass(frozen=True)
class Place:
    """Where a contender runs, whom it tells, and what the bench has made for it."""

    folder: Path
    urls: Sequence[str]
    packages: Packages
    batch: bool = False
    store: Path | None = None
    """A store that exists; else the gateway makes an empty one."""
    max_backlog: int = 0
    """Where more than the default may be owed."""

    @property
    def log(self) -> Path:
        return self.folder / "log"


Start = Callable[[Place], AbstractAsyncContextManager[Running]]


def gateway(place: Place) -> AbstractAsyncContextManager[Running]:
    """`wfm-gateway serve` as `config/gateway.yaml` has it, plus addresses and credentials."""
    return gateway_by([str(Path(sys.executable).with_name("wfm-gateway"))], place)


def slower_gateway(place: Place, microseconds: float) -> AbstractAsyncContextManager[Running]:
    """The gateway, which wastes some microseconds on each request: to try the check."""
    words = [sys.executable, "-m", f"{SERVERS}.slower_gateway", str(microseconds)]
    return gateway_by(words, place)


def gateway_by(command: Sequence[str], place: Place) -> AbstractAsyncContextManager[Running]:
    port = free_port()
    path = write_config(place, port)
    return together([([*command, "--config", str(path), "serve"], {})], place.log, port)


def write_config(place: Place, port: int) -> Path:
    path = place.folder / "gateway.yaml"
    YAML().dump(gateway_config(place, port), path)
    return path


def gateway_config(place: Place, port: int) -> dict:
    config = YAML(typ="safe").load(EXAMPLE)
    config["server"]["port"] = port
    config["admin"] = {"port": free_port()}
    config["store"]["path"] = str(place.store or place.folder / "gateway.db")
    sources = config["sources"]
    signed = {"type": "twilio_signature", "auth_token": TOKEN, "public_url": PUBLIC_URL}
    sources["flex"] |= {"auth": signed, "statuses": STATUSES}
    basic = {"type": "basic", "username": "rc", "password": PASSWORD}
    sources["engage"] |= {"auth": basic, "statuses": {"Lunch": "not_ready"}}
    config["destinations"] = {
        f"wfm{number}": destination(url, place) for number, url in enumerate(place.urls)
    }
    return config


def destination(url: str, place: Place) -> dict:
    told: dict[str, object] = {"mapping": "cloudevents", "url": url, "events": ["agent.state"]}
    if place.max_backlog:
        told["max_backlog"] = place.max_backlog
    return told | ({"batch": {"max_events": 100, "max_wait": "250ms"}} if place.batch else {})


def relay(place: Place) -> AbstractAsyncContextManager[Running]:
    port = free_port()
    words = [sys.executable, "-m", f"{SERVERS}.relay", str(port), *place.urls]
    return together([(words, {})], place.log, port)


def nothing(place: Place) -> AbstractAsyncContextManager[Running]:
    port = free_port()
    words = [sys.executable, "-m", f"{SERVERS}.nothing", str(port)]
    return together([(words, {})], place.log, port)


def taskiq(place: Place) -> AbstractAsyncContextManager[Running]:
    app = f"{SERVERS}.fast_taskiq"
    tool = str(place.packages.tool("taskiq"))
    worker = [tool, "worker", f"{app}:broker", "--log-level", "WARNING"]
    return on_redis(place, app, worker)


def celery(place: Place) -> AbstractAsyncContextManager[Running]:
    app = f"{SERVERS}.fast_celery"
    tool = str(place.packages.tool("celery"))
    worker = [tool, "-A", f"{app}:queue", "worker", "--loglevel", "WARNING"]
    return on_redis(place, app, worker)


def on_redis(place: Place, app: str, worker: Sequence[str]) -> AbstractAsyncContextManager[Running]:
    """Run Redis that loses nothing, uvicorn, and workers as many as they are by default."""
    port, redis_port = free_port(), free_port()
    environ = {"URLS": " ".join(place.urls), "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0"}
    redis = [
        str(place.packages.redis), "--port", str(redis_port), "--bind", "127.0.0.1",
        "--dir", str(place.folder), "--save", "", "--appendonly", "yes",
        "--appendfsync", "always",
    ]  # fmt: skip
    server = [
        str(place.packages.tool("uvicorn")), f"{app}:app", "--port", str(port),
        "--no-access-log", "--loop", "uvloop", "--http", "httptools",
    ]  # fmt: skip
    commands = [(redis, {}), (server, environ), (worker, environ)]
    return together(commands, place.log, port)


def node_red(place: Place) -> AbstractAsyncContextManager[Running]:
    port = free_port()
    flow.write(place.folder, place.urls)
    words = [str(place.packages.node_red), "--userDir", str(place.folder), "--port", str(port)]
    return together([(words, {"NODE_ENV": "production"})], place.log, port)


STARTS: dict[str, Start] = {
    "gateway": gateway,
    "relay": relay,
    "taskiq": taskiq,
    "celery": celery,
    "node-red": node_red,
    "nothing": nothing,
}
NEEDS = {"taskiq": ("venv", "redis"), "celery": ("venv", "redis"), "node-red": ("node_red",)}
