"""Mappings that raise, return nonsense or take long harm their own item, in the real process."""

import json

import pytest

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.plugins.installing import beside, installed_once
from tests.standins.wfm import WfmStandIn

mischief = installed_once("mischief")

SECRET = "s3cret-of-mischief"
LONG = {"loop", "stubborn loop", "never matching", "sleep"}
RAISED = {"error", "leave", "cancel", "recurse", "lone surrogate"}
NONSENSE = {"none", "text", "lazy"}


def config(url: str, more: str = "") -> str:
    return f"""
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}}}
  odd: {{type: mischief, auth: {{type: none}}}}
destinations:
  good: {{mapping: cloudevents, url: '{url}/good', events: [agent.state]}}
  bad:
    mapping: mischief
    url: '{url}/bad'
    options: {{token: {SECRET}{more}}}
    sources: [flex]
"""


def told(wfm: WfmStandIn, path: str) -> list:
    return [each for each in wfm.received if each.path.endswith(path)]


async def kept(gateway: Gateway, what: str) -> int:
    return len((await gateway.get_admin(f"/api/v1/{what}"))[1])


async def letters(gateway: Gateway) -> dict[str, dict]:
    """Return the dead letters by what their event asked for."""
    shown = {}
    for each in (await gateway.get_admin("/api/v1/dead-letters"))[1]:
        _, entry = await gateway.get_admin(f"/api/v1/dead-letters/{each['id']}")
        shown[entry["event"]["data"]["reason"]["label"]] = entry
    return shown


WORDS = {
    "error": "failed: KeyError",
    "leave": "failed: it raised SystemExit",
    "cancel": "failed: it raised CancelledError",
    "recurse": "failed: RecursionError",
    "lone surrogate": "cannot read \\ud800",
    "none": "failed: step returned nonsense: it is None",
    "text": "failed: step returned nonsense: it is a str",
    "lazy": "failed: step returned nonsense: it is a generator",
    "no parts": "does not have a part for every event",
    "str body": "failed: step returned nonsense: body is a str, not a bytes",
    "bad path": "failed: step returned nonsense: path is no Unicode",
    "bad header": "the header X-A would hold a control character",
    "our header": "the header Host is not the mapping's to set",
    "bad method": "failed: a request's method is none of",
    "one too many": "does not settle every event",
    "verdict": "failed: step returned nonsense: judgements[0] is a Verdict",
    "retry": "neither sends nor settles anything",
    "silent": "does not settle every event",
    "memory": "failed: step returned a memory that is no JSON",
    "hoard": "failed: step returned a memory of more than 65536 bytes",
    "blab": "cannot sign with ***",
    "blab loudly": "failed: ValueError",
}


async def test_a_destination_that_raises_or_returns_nonsense_harms_its_own_item(mischief, tmp_path):
    agents = {name: number for number, name in enumerate([*WORDS, "well"], start=1)}
    async with WfmStandIn() as wfm, Gateway(tmp_path, config(wfm.url), beside(mischief)) as gateway:
        body = envelope(*(record(number, 0, name=name) for name, number in agents.items()))
        assert (await gateway.post("flex", body))[0] == 200
        await gateway.until(lambda: kept(gateway, "dead-letters"), wanted=len(WORDS))
        dead = await letters(gateway)
        assert {name: entry["reason"] for name, entry in dead.items()} == dict.fromkeys(
            WORDS, "render"
        )
        for name, words in WORDS.items():
            assert words in dead[name]["detail"], name
            assert dead[name]["mapping"] == "mischief 0.1"
        await gateway.until(lambda: told_by_now(wfm, "/good"), wanted=len(agents))
        assert len(told(wfm, "/bad")) == 1
        # An agent whose state could not be told is told of their next one.
        assert (await gateway.post("flex", envelope(record(1, 5, name="well"))))[0] == 200
        await gateway.until(lambda: told_by_now(wfm, "/bad"), wanted=2)
        assert (await gateway.get_admin("/readyz"))[0] == 200
        assert await gateway.stop() == 0
    assert not [line for line in gateway.output if SECRET in line]
    failed = [json.loads(line) for line in gateway.output if '"mapping.failed"' in line]
    assert {(each["mapping"], each["version"]) for each in failed} == {("mischief", "0.1")}


async def told_by_now(wfm: WfmStandIn, path: str) -> int:
    return len(told(wfm, path))


@pytest.mark.parametrize("do", sorted(LONG))
async def test_a_destination_that_takes_long_is_ended(mischief, tmp_path, do):
    async with WfmStandIn() as wfm, Gateway(tmp_path, config(wfm.url), beside(mischief)) as gateway:
        body = envelope(record(1, 0, name=do), record(2, 0, name="well"))
        assert (await gateway.post("flex", body))[0] == 200
        await gateway.until(lambda: kept(gateway, "dead-letters"), wanted=1)
        (entry,) = (await letters(gateway)).values()
        assert entry["detail"] == "mapping mischief 0.1 failed: it did not come to an end"
        await gateway.until(lambda: told_by_now(wfm, "/bad"), wanted=1)
        await gateway.until(lambda: told_by_now(wfm, "/good"), wanted=2)
        assert (
            'mapping_calls_total{mapping="mischief 0.1",what="ended"} 1.0'
            in await gateway.metrics()
        )
        assert await gateway.stop() == 0
    (ended,) = [json.loads(line) for line in gateway.output if '"mapping.ended"' in line]
    assert (ended["mapping"], ended["function"]) == ("mischief 0.1", "step")
    assert ended["seconds"] >= 2


async def test_a_destination_that_always_takes_long_is_not_asked_for_a_while(mischief, tmp_path):
    many = 40
    async with WfmStandIn() as wfm, Gateway(tmp_path, config(wfm.url), beside(mischief)) as gateway:
        body = envelope(*(record(number, 0, name="loop") for number in range(1, many + 1)))
        assert (await gateway.post("flex", body))[0] == 200
        await gateway.until(lambda: kept(gateway, "dead-letters"), wanted=many)
        _, dead = await gateway.get_admin("/api/v1/dead-letters")
        details = [each["detail"] for each in dead]
        await gateway.until(lambda: told_by_now(wfm, "/good"), wanted=many)
        assert await gateway.stop() == 0
    ended = [line for line in gateway.output if '"mapping.ended"' in line]
    assert 2 <= len(ended) <= 8
    spared = (
        "mapping mischief 0.1 failed: it was ended too often of late, and is not asked for a while"
    )
    assert details.count(spared) == many - len(ended)


@pytest.mark.parametrize("do", ["error", "none", "leave", "loop"])
async def test_an_answer_that_the_mapping_fails_on_is_judged_by_its_status(mischief, tmp_path, do):
    async with WfmStandIn() as wfm:
        more = f", answer: {do}"
        async with Gateway(tmp_path, config(wfm.url, more), beside(mischief)) as gateway:
            assert (await gateway.post("flex", envelope(record(1, 0))))[0] == 200
            await gateway.until(lambda: outcomes(gateway), wanted=["delivered"])
            assert await gateway.stop() == 0
    (failed,) = [json.loads(line) for line in gateway.output if '"mapping.failed"' in line]
    assert (failed["mapping"], failed["version"]) == ("mischief", "0.1")


async def outcomes(gateway: Gateway) -> list[str]:
    attempted = [json.loads(line) for line in gateway.output if '"delivery.attempted"' in line]
    return [each["outcome"] for each in attempted if each["destination"] == "bad"]


READ = {
    "error": "mapping mischief 0.1 failed: KeyError",
    "leave": "mapping mischief 0.1 failed: it raised SystemExit",
    "cancel": "mapping mischief 0.1 failed: it raised CancelledError",
    "recurse": "mapping mischief 0.1 failed: RecursionError",
    "lone surrogate": "cannot read \\ud800",
    "none": "mapping mischief 0.1 failed: translate returned None, not a list",
    "text": "mapping mischief 0.1 failed: translate returned a str, not a list",
    "lazy": "mapping mischief 0.1 failed: translate returned a generator, not a list",
    "naive": "failed: translate returned nonsense: at is a time that is not in UTC",
    "surrogate": "failed: translate returned nonsense: agent.name is no Unicode",
    "number": "failed: translate returned nonsense: agent.id is an int, not a str",
    "huge": "session_seconds is a number beyond what JSON holds",
    "infinite": "session_seconds is a number beyond what JSON holds",
    "other class": "failed: translate returned nonsense: it is an object, not a Picture",
    "loop": "mapping mischief 0.1 failed: it did not come to an end",
}


async def test_a_source_that_fails_harms_its_own_record(mischief, tmp_path):
    records = [{"agent": number, "do": do} for number, do in enumerate([*READ, "well"])]
    async with WfmStandIn() as wfm, Gateway(tmp_path, config(wfm.url), beside(mischief)) as gateway:
        status, answer = await gateway.post("odd", json.dumps({"records": records}).encode())
        assert (status, answer["accepted"]) == (200, len(records))
        await gateway.until(lambda: kept(gateway, "quarantine"), wanted=len(READ))
        _, entries = await gateway.get_admin("/api/v1/quarantine")
        details = {each["index"]: each["detail"] for each in entries}
        for index, (name, words) in enumerate(READ.items()):
            assert words in details[index], name
        await gateway.until(lambda: told_by_now(wfm, "/good"), wanted=1)
        assert (await gateway.get_admin("/readyz"))[0] == 200
        assert await gateway.stop() == 0
    failed = [json.loads(line) for line in gateway.output if '"mapping.failed"' in line]
    assert {(each["mapping"], each["version"]) for each in failed} == {("mischief", "0.1")}
    assert not [line for line in gateway.output if "told-by-the-sender" in line]


SPLIT = {
    "error": "failed: KeyError",
    "leave": "failed: it raised SystemExit",
    "none": "failed: split returned None, not a list",
    "lazy": "failed: split returned a generator, not a list",
    "refuse": "failed: it refused with 200",
    "split two zeros": "failed: split does not number its parts from 0 on",
    "split digest": "failed: split gave a digest that is not 16 bytes",
    "split naive": "failed: split returned nonsense: at is a time that is not in UTC",
    "split number": "failed: split returned nonsense: agent_id is an int, not a str",
    "split strange": "failed: split returned nonsense: it is an object, not a Record",
    "never matching": "failed: it did not come to an end",
}


async def test_a_source_that_cannot_split_refuses_and_keeps_the_bytes(mischief, tmp_path):
    async with WfmStandIn() as wfm, Gateway(tmp_path, config(wfm.url), beside(mischief)) as gateway:
        for do, words in SPLIT.items():
            status, answer = await gateway.post("odd", json.dumps({"split": do}).encode())
            assert status == 422, do
            assert f"mapping mischief 0.1 {words}" in answer["detail"]
        assert await kept(gateway, "quarantine") == len(SPLIT)
        assert (await gateway.post("flex", envelope(record(1, 0))))[0] == 200
        await gateway.until(lambda: told_by_now(wfm, "/good"), wanted=1)
        assert await gateway.stop() == 0


async def test_a_dry_run_tells_what_fails_and_no_secret(mischief, tmp_path):
    gateway = Gateway(tmp_path, config("http://127.0.0.1:9"), beside(mischief))
    gateway.config_path.write_text(gateway.config)
    words = ["translate", "--source", "flex", "--destination", "bad"]
    for do in ("blab", "blab loudly"):
        body = envelope(record(1, 0, name=do))
        _, out, err = await gateway.run(*words, stdin=body)
        assert WORDS[do] in out + err
        assert SECRET not in out + err


async def test_it_is_found_broken_by_the_conformance_checks(mischief, tmp_path):
    gateway = Gateway(tmp_path, config("http://127.0.0.1:9"), beside(mischief))
    code, out, err = await gateway.run("mappings", "check", "mischief")
    assert code == 1, err
    assert "BROKEN  samples" in out
