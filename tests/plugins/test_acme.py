"""A stranger's package, built and installed by pip, heard and told by the real process."""

import base64
import json
from dataclasses import dataclass, field

from aiohttp import web

from tests.acceptance.process import Gateway
from tests.plugins.installing import beside, installed_once

acme = installed_once("acme")

KEY = "s3cret-of-acme"
GARBAGE = b"<html>\xff\x00 no such code"
PEOPLE = {"ada@example.com": "77"}
CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  desk: {{type: acme_desk, auth: {{type: none}}, statuses: {{Coaching: not_ready}}}}
agents: {{files: [agents.csv]}}
destinations:
  rota:
    mapping: acme_rota
    url: {url}
    options: {{key: {key}, states: {{ready: "1", busy: "3", "not_ready:*": "2"}}}}
    identify_by: [email]
    retry: {{first: 20ms, max: 50ms}}
"""
AGENTS = (
    "source,agent_id,wfm_id,email\ndesk,a-1,2001,ada@example.com\ndesk,a-2,2002,bob@example.com\n"
)


@dataclass
class Rota:
    """The vendor that is made up, as its mapping's README would say."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    told: list[dict] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)

    async def __aenter__(self):
        app = web.Application()
        app.router.add_get("/people", self._people)
        app.router.add_post("/states", self._states)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()

    async def _people(self, request):
        assert request.headers["X-Acme-Key"] == KEY
        self.asked.append(request.query["email"])
        number = PEOPLE.get(request.query["email"])
        return web.json_response({"people": [{"id": number}] if number else []})

    async def _states(self, request):
        assert request.headers["X-Acme-Key"] == KEY
        if self.answers:
            status, body = self.answers.pop(0)
            return web.Response(status=status, body=body)
        self.told.append(await request.json())
        return web.Response(status=204)


def record(agent: str, state: str, number: int) -> bytes:
    at = f"2026-03-02T09:{number:02}:00Z"
    return json.dumps({"id": str(number), "agent": agent, "state": state, "at": at}).encode()


async def codes(rota: Rota) -> list[str]:
    return [each["code"] for each in rota.told]


async def test_it_is_heard_and_told_and_its_memory_survives_a_kill(acme, tmp_path):
    (tmp_path / "agents.csv").write_text(AGENTS)
    async with Rota() as rota:
        config = CONFIG.format(url=rota.url, key=KEY)
        async with Gateway(tmp_path, config, beside(acme)) as gateway:
            assert (await gateway.post("desk", record("a-1", "Available", 1)))[0] == 200
            await gateway.until(lambda: codes(rota), wanted=["1"])
            await gateway.until(lambda: gateway.told_of("rota", "backlog"), wanted=0)
            await gateway.kill()
            await gateway.start()
            assert (await gateway.post("desk", record("a-1", "Coaching", 2)))[0] == 200
            assert (await gateway.post("desk", record("a-2", "On call", 3)))[0] == 200
            await gateway.until(lambda: gateway.told_of("rota", "held"), wanted=1)
            await gateway.until(lambda: codes(rota), wanted=["1", "2"])
            assert await gateway.stop() == 0
    assert {each["person"] for each in rota.told} == {"77"}
    assert rota.asked[:2] == ["ada@example.com", "bob@example.com"], "looked up once, and held"


async def test_what_the_vendor_cannot_express_and_what_cannot_be_parsed(acme, tmp_path):
    (tmp_path / "agents.csv").write_text(AGENTS)
    async with Rota(answers=[(400, GARBAGE)]) as rota:
        config = CONFIG.format(url=rota.url, key=KEY)
        async with Gateway(tmp_path, config, beside(acme)) as gateway:
            for number, state in enumerate(("Available", "Wrap-up", "On call"), start=1):
                assert (await gateway.post("desk", record("a-1", state, number)))[0] == 200
            await gateway.until(lambda: codes(rota), wanted=["3"])
            (letter,) = (await gateway.get_admin("/api/v1/dead-letters"))[1]
            _, entry = await gateway.get_admin(f"/api/v1/dead-letters/{letter['id']}")
            assert (entry["reason"], entry["status"]) == ("permanent", 400)
            assert base64.b64decode(entry["answer"]["base64"]) == GARBAGE
            assert entry["mapping"] == "acme_rota 1.2"
            counted = 'gateway_deliveries_total{destination="rota",outcome="unsupported"} 1.0'
            assert counted in await gateway.metrics()
            assert await gateway.stop() == 0


async def test_its_verbs_are_those_of_any_mapping(acme, tmp_path):
    (tmp_path / "agents.csv").write_text(AGENTS)
    gateway = Gateway(tmp_path, CONFIG.format(url="http://127.0.0.1:9", key=KEY), beside(acme))
    gateway.config_path.write_text(gateway.config)
    code, out, err = await gateway.run("mappings", "check", "acme_desk", "acme_rota")
    assert code == 0, out + err
    assert [line for line in out.splitlines() if line.endswith(": all right")] == [
        "acme_desk: all right",
        "acme_rota: all right",
    ]
    code, out, _ = await gateway.run("mappings", "list")
    assert "acme_rota" in out
    words = ["translate", "--source", "desk", "--destination", "rota"]
    code, out, err = await gateway.run(*words, stdin=record("a-1", "Available", 1))
    assert code == 0, err
    request = json.loads(out)
    assert request["headers"]["X-Acme-Key"] == "***"
    assert (request["method"], KEY in out) == ("GET", False)


async def test_a_wrong_option_stops_the_start_with_its_path(acme, tmp_path):
    (tmp_path / "agents.csv").write_text(AGENTS)
    config = CONFIG.format(url="http://127.0.0.1:9", key="''").replace('ready: "1"', "raedy: 1")
    gateway = Gateway(tmp_path, config.replace("states: {", "colour: red, states: {"), beside(acme))
    gateway.config_path.write_text(gateway.config)
    for verb in ("check", "serve"):
        code, out, err = await gateway.run(verb)
        assert code == 1
        said = out + err
        assert "destinations.rota.options.key" in said
        assert "destinations.rota.options.colour" in said
        assert "destinations.rota.options.states.raedy" in said
        assert "valid: logged_out, ready, reserved" in said
        assert "Traceback" not in said
