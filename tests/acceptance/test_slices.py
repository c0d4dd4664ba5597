"""Each slice of the product from bytes to vendor, through the real process."""

import base64
import hashlib
import hmac
import json
import stat

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.calabrio import CalabrioStandIn
from tests.standins.wfm import WfmStandIn

BASE = """
server: {port: 0}
admin: {port: 0}
store: {path: gateway.db}
"""

RETRY = "retry: {first: 20ms, max: 100ms}"


def sources(text: str) -> str:
    return BASE + "sources:\n" + text


def cloudevents(url: str, more: str = "") -> str:
    return f"destinations:\n  wfm: {{mapping: cloudevents, url: '{url}', {RETRY}{more}}}\n"


FLEX = (
    "  flex: {type: flex_rta, auth: {type: none}, accounts: [AC00000000000000000000000000000001]}\n"
)
ENGAGE = "  engage: {type: ringcentral, auth: {type: none}, accounts: ['15300002']}\n"

LOGIN = {
    "agent_login_id": "612829048",
    "account_id": "15300002",
    "event_type": "LOGIN",
    "agent_id": "1369310",
    "date_time": "2020-06-30 19:44:00",
    "username": "rc.guest+15300002_1791@example.com",
}


def told(wfm: WfmStandIn) -> list[dict]:
    return [json.loads(each.body) for each in wfm.received if each.status == 200]


async def test_flex_arrives_and_survives_a_kill(tmp_path):
    async with WfmStandIn() as wfm:
        wfm.answer(503)
        async with Gateway(tmp_path, sources(FLEX) + cloudevents(wfm.url)) as gateway:
            status, answer = await gateway.post("flex", envelope(record(1, 0)))
            assert status == 200
            assert {**answer, "receipt": ""} == {
                "receipt": "",
                "accepted": 1,
                "duplicates": 0,
                "quarantined": 0,
                "ignored": 0,
            }
            await wfm.wait_for(1)
            await gateway.kill()
            failed = len(wfm.received)
            wfm.answer(200)
            await gateway.start()
            await wfm.wait_for(failed + 2)
            assert await gateway.stop() == 0
    login, state = told(wfm)
    assert (login["type"], state["type"]) == ("wfm.agent.login.v1", "wfm.agent.state.v1")
    assert state["data"]["status"] == "ready"
    keys = {each.headers["Idempotency-Key"] for each in wfm.received[:failed]}
    assert wfm.received[failed].headers["Idempotency-Key"] in keys


async def test_a_repeated_request_is_a_duplicate_even_after_a_restart(tmp_path):
    async with WfmStandIn() as wfm:
        config = sources(FLEX) + cloudevents(wfm.url)
        async with Gateway(tmp_path, config) as gateway:
            await gateway.post("flex", envelope(record(1, 0)))
            await gateway.kill()
            await gateway.start()
            _, answer = await gateway.post("flex", envelope(record(1, 0), record(1, 1)))
            assert (answer["accepted"], answer["duplicates"]) == (1, 1)
            # What was under way at the kill is sent once more.
            while len({each["id"] for each in told(wfm)}) < 3:
                await wfm.wait_for(len(wfm.received) + 1)
    assert len({each["id"] for each in told(wfm)}) == 3


async def test_ringcentral_in_its_three_encodings(tmp_path):
    async with WfmStandIn() as wfm:
        async with Gateway(tmp_path, sources(ENGAGE) + cloudevents(wfm.url)) as gateway:
            status, _ = await gateway.post(
                "engage", json.dumps(LOGIN).encode(), {"Content-Type": "text/json"}
            )
            assert status == 200
            form = (
                b"agent_login_id=612829048&account_id=15300002&event_type=AVAILABLE&event_aux_type="
                b"&agent_id=1369310&date_time=2020-06-30+19%3A44%3A01&prev_state=LOGIN&prev_aux_state="
                b"&username=rc.guest%2B15300002_1791%40example.com&external_agent_id=null"
            )
            status, _ = await gateway.post(
                "engage", form, {"Content-Type": "application/x-www-form-urlencoded"}
            )
            assert status == 200
            query = (
                "?agent_login_id=612829048&account_id=15300002&event_type=ENGAGED&event_aux_type="
                "&agent_id=1369310&date_time=2020-06-30+19:44:30&prev_state=AVAILABLE"
                "&call_id=202008281319380132120000030797&call_source_id=72992&call_type=ACD"
            )
            status, answer = await gateway.get(f"/v1/ingest/engage{query}")
            assert (status, answer["accepted"]) == (200, 1)
            status, answer = await gateway.post("engage", json.dumps([LOGIN]).encode())
            assert (status, answer["duplicates"]) == (200, 1)
            await wfm.wait_for(3)
            await gateway.kill()
    login, ready, busy = told(wfm)
    assert (login["type"], login["time"]) == ("wfm.agent.login.v1", "2020-06-30T23:44:00.000Z")
    assert (ready["data"]["status"], ready["data"]["previous"]["status"]) == ("ready", "unknown")
    assert busy["data"]["contacts"][0]["id"] == "202008281319380132120000030797"
    assert busy["data"]["agent"]["username"] == "rc.guest+15300002_1791@example.com"
    assert busy["data"]["agent"]["external_id"] is None


async def test_what_was_signed_is_what_is_parsed(tmp_path):
    token, public = "made-up-token", "https://wfm.example.com/v1/ingest/flex"
    flex = (
        "  flex: {type: flex_rta, auth: {type: twilio_signature, "
        f"auth_token: ['${{TOKEN}}', old], public_url: '{public}'}}}}\n"
    )
    body = envelope(record(1, 0))
    query = f"?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = base64.b64encode(
        hmac.new(token.encode(), (public + query).encode(), hashlib.sha1).digest()
    ).decode()
    config = sources(flex) + "destinations: {}\n"
    async with Gateway(tmp_path, config, {"TOKEN": token}) as gateway:
        signed = {"X-Twilio-Signature": signature}
        assert (await gateway.post("flex", body, {}, query))[0] == 401
        assert (await gateway.post("flex", body, {"X-Twilio-Signature": "AAAA"}, query))[0] == 403
        assert (await gateway.post("flex", body.replace(b"Available", b"Lunch"), signed, query))[
            0
        ] == 403
        assert (await gateway.post("flex", body, signed, query))[0] == 200
        form = signed | {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await gateway.post("flex", body, form, query))[0] == 403
        log = "\n".join(gateway.output)
        assert "bodySHA256" not in log
        assert token not in log


async def test_calabrio_is_told_what_it_understands(tmp_path):
    (tmp_path / "agents.csv").write_text(
        f"source;agent_id;wfm_id\nflex;WK{1:032x};2001\n", encoding="utf-8-sig"
    )
    async with CalabrioStandIn(key="made-up", sources={"1"}) as calabrio:
        config = sources(FLEX) + (
            "agents: {files: [agents.csv], unmapped: hold}\n"
            "destinations:\n  calabrio:\n    mapping: calabrio_rta_json\n"
            f"    url: {calabrio.url}\n    {RETRY}\n"
            "    options: {authentication_key: '${KEY}', source_id: '1',"
            " states: {'not_ready:Lunch': Lunch}}\n"
        )
        async with Gateway(tmp_path, config, {"KEY": "made-up"}) as gateway:
            await gateway.post("flex", envelope(record(1, 0)))
            await gateway.post("flex", envelope(record(1, 1)))
            await gateway.post("flex", envelope(record(2, 0)))
            await calabrio.wait_until(lambda: calabrio.states.get("2001") == "Lunch")
            assert set(calabrio.states) == {"2001"}
            with (tmp_path / "agents.csv").open("a") as roster:
                roster.write(f"flex;WK{2:032x};2002\n")
            await calabrio.wait_until(lambda: calabrio.states.get("2002") == "ready")
            code, out, _ = await gateway.run("--json", "agents", "--unmapped")
            assert (code, json.loads(out)) == (0, [])


async def test_held_events_go_out_under_the_id_that_the_roster_brings(tmp_path):
    (tmp_path / "agents.csv").write_text("source,agent_id,wfm_id\n")
    async with WfmStandIn() as wfm:
        config = sources(FLEX) + "agents: {files: [agents.csv], unmapped: hold}\n"
        async with Gateway(tmp_path, config + cloudevents(wfm.url)) as gateway:
            await gateway.post("flex", envelope(record(1, 0)))
            await gateway.post("flex", envelope(record(1, 1)))
            await gateway.until(lambda: gateway.told_of("wfm", "held"), wanted=3)
            (tmp_path / "agents.csv").write_text(f"source,agent_id,wfm_id\nflex,WK{1:032x},2001\n")
            await wfm.wait_for(3)
    assert {each["data"]["agent"]["wfm_id"] for each in told(wfm)} == {"2001"}
    assert [each["type"] for each in told(wfm)] == [
        "wfm.agent.login.v1",
        "wfm.agent.state.v1",
        "wfm.agent.state.v1",
    ]


async def test_dead_letters_are_kept_shown_and_sent_again(tmp_path):
    async with WfmStandIn() as wfm:
        wfm.answer(418)
        async with Gateway(tmp_path, sources(FLEX) + cloudevents(wfm.url)) as gateway:
            await gateway.post("flex", envelope(record(1, 0)))
            await wfm.wait_for(2)
            await gateway.until(lambda: gateway.count("dead-letters"), wanted=2)
            _, out, _ = await gateway.run("dead-letters", "list", "--json")
            assert {each["status"] for each in json.loads(out)} == {418}
            wfm.answer(200)
            code, _, _ = await gateway.run("dead-letters", "retry", "--all")
            assert code == 0
            await wfm.wait_for(4)
            await gateway.until(lambda: gateway.count("dead-letters"), wanted=0)
            assert await gateway.stop() == 0
            assert await gateway.count("dead-letters") == 0
    assert [each["type"] for each in told(wfm)] == ["wfm.agent.login.v1", "wfm.agent.state.v1"]


async def test_a_refused_key_parks_the_destination_and_loses_nothing(tmp_path):
    async with WfmStandIn() as wfm:
        wfm.answer(401)
        async with Gateway(tmp_path, sources(FLEX) + cloudevents(wfm.url)) as gateway:
            await gateway.post("flex", envelope(record(1, 0)))
            await wfm.wait_for(1)
            await gateway.until(lambda: gateway.told_of("wfm", "parked"), wanted=True)
            wfm.answer(200)
            gateway.hang_up()
            await wfm.wait_for(3)
            await gateway.until(lambda: gateway.told_of("wfm", "parked"), wanted=False)
            assert await gateway.count("dead-letters") == 0


async def test_unreadable_input_is_kept_and_harms_nobody(tmp_path):
    async with WfmStandIn() as wfm:
        async with Gateway(tmp_path, sources(FLEX) + cloudevents(wfm.url)) as gateway:
            status, problem = await gateway.post("flex", b'{"product": "Flex", ')
            assert (status, problem["status"]) == (400, 400)
            foreign = record(3, 0) | {"account_sid": "AC" + "9" * 32}
            status, problem = await gateway.post("flex", envelope(foreign))
            assert status == 422
            status, answer = await gateway.post("flex", envelope({"worker": None}, record(1, 0)))
            assert (status, answer["accepted"], answer["quarantined"]) == (200, 1, 1)
            await wfm.wait_for(2)
            assert await gateway.count("quarantine") == 3


async def test_files_are_private_and_a_second_process_is_refused(tmp_path):
    async with Gateway(tmp_path, sources(FLEX) + "destinations: {}\n") as gateway:
        for name in ("gateway.db", "gateway.db.sock"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        code, _, err = await gateway.run("serve")
        assert code == 1
        assert "Traceback" not in err


async def test_check_lists_every_problem_and_the_start_is_refused(tmp_path):
    gateway = Gateway(
        tmp_path, sources("  flex: {type: flax, auth: {type: nope}}\n") + "extra: 1\n"
    )
    gateway.config_path.write_text(gateway.config)
    for verb in ("check", "serve"):
        code, out, err = await gateway.run(verb)
        said = out + err
        assert code == 1
        assert "Traceback" not in said
        for word in ("sources.flex.type", "flex_rta", "sources.flex.auth.type", "extra"):
            assert word in said


async def test_translate_shows_events_and_requests_without_sending(tmp_path):
    gateway = Gateway(
        tmp_path,
        sources(FLEX)
        + "destinations:\n  wfm: {mapping: cloudevents, url: 'https://wfm.example.com/in', "
        "auth: {type: bearer, token: canary-token}}\n",
    )
    gateway.config_path.write_text(gateway.config)
    code, out, _ = await gateway.run(
        "translate", "--source", "flex", "-", stdin=envelope(record(1, 0))
    )
    events = [json.loads(line) for line in out.splitlines()]
    assert (code, [each["type"] for each in events]) == (
        0,
        ["wfm.agent.login.v1", "wfm.agent.state.v1"],
    )
    code, out, err = await gateway.run(
        "translate", "--source", "flex", "--destination", "wfm", "-", stdin=envelope(record(1, 0))
    )
    assert (code, len(out.splitlines())) == (0, 2)
    assert "canary-token" not in out + err
    assert not (tmp_path / "gateway.db").exists()


async def test_health_metrics_and_the_admin_api(tmp_path):
    async with Gateway(tmp_path, sources(FLEX) + "destinations: {}\n") as gateway:
        await gateway.post("flex", envelope(record(1, 0)))
        assert (await gateway.get("/healthz"))[0] == 200
        assert (await gateway.get("/readyz"))[0] == 404
        status, ready = await gateway.get_admin("/readyz")
        assert (status, ready["ready"]) == (200, True)
        status, document = await gateway.get_admin("/api/v1/openapi.json")
        assert status == 200
        assert document["openapi"].startswith("3.")
        assert 'gateway_receipts_total{source="flex"} 1.0' in await gateway.metrics()
        assert await gateway.post_admin("/api/v1/quarantine/discard") in (401, 403)
