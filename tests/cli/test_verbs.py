"""What the verbs print, on the store that they open themselves."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.ports import Quarantined
from gateway.store.sqlite import open_store
from tests.acceptance.flex import envelope, record
from tests.operations.shape import flaws

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def quarantined(command):
    """Put two requests into quarantine."""

    async def fill():
        store = open_store(command.folder / "gateway.db", now=lambda: NOW)
        for body in (b"first \x1b[31m", b"second"):
            receipt = Receipt("flex", NOW, "POST", (), "", body)
            await store.quarantine(VerifiedReceipt(receipt), Quarantined("content", "odd"))
        await store.close()

    asyncio.run(fill())


def test_check_tells_that_all_is_right(command):
    assert "all right" in command.ok("check")
    assert command.json("check")["ok"] is True


def test_check_tells_every_problem(command):
    (command.folder / "config" / "gateway.yaml").write_text(
        "server: {port: eighty}\nsource: {}\nsources: {flex: {type: odd, auth: {type: none}}}\n"
    )
    answer = command("check")
    assert answer.exit_code == 1
    for word in ("server.port", "source", "sources.flex.type"):
        assert word in answer.stdout
    told = json.loads(command("check", "--json").stdout)
    assert told["ok"] is False
    assert len(told["problems"]) >= 3


def test_quarantine_is_listed_shown_and_discarded(command, quarantined):
    rows = command.json("quarantine", "list")
    assert [row["source"] for row in rows] == ["flex", "flex"]
    table = command.ok("quarantine", "list")
    assert all(row["id"] in table for row in rows)
    shown = command.ok("quarantine", "show", rows[1]["id"])
    assert "first" in shown
    assert "\x1b" not in shown
    assert command.ok("quarantine", "discard", rows[0]["id"]) == "1 discarded\n"
    assert command.json("quarantine", "discard", "--reason", "content") == {"discarded": 1}
    assert command.ok("quarantine", "list") == "nothing in quarantine\n"


def test_lists_of_nothing(command):
    for words in (["dead-letters", "list"], ["agents"], ["states", "--unmapped"]):
        assert command.json(*words) == []
        assert command.ok(*words).startswith("no ")


def test_destinations_and_sources(command):
    assert command.json("destinations", "list")[0]["name"] == "bus"
    assert command.ok("destinations", "pause", "bus") == "bus: paused\n"
    assert command.json("destinations", "list")[0]["paused"] is True
    assert command.json("destinations", "resume", "bus") == {"name": "bus", "paused": False}
    assert "hidden" not in command.ok("destinations", "list")
    assert [row["name"] for row in command.json("sources", "list")] == ["flex", "engage"]


def test_translate_prints_events_a_line_each(command):
    lines = command.ok("translate", "--source", "flex", stdin=envelope(record(1, 0))).splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["type"] for event in events] == ["wfm.agent.login.v1", "wfm.agent.state.v1"]
    assert events[0]["data"]["agent"]["wfm_id"] == "2001"
    schema = command.json("schema", "events")
    assert [flaws(schema, event) for event in events] == [[], []]
    assert not (command.folder / "gateway.db").exists()


def test_translate_reads_a_file_and_tells_what_it_cannot_read(command):
    (command.folder / "in.json").write_bytes(envelope(record(1, 0)) + b"\n" + b'{"product": 1}')
    answer = command("translate", "--source", "flex", "in.json")
    assert answer.exit_code == 1
    assert len(answer.stdout.splitlines()) == 2
    assert "body 2" in answer.stderr


def test_translate_reads_a_form(command):
    form = b"event_type=AVAILABLE&agent_id=7&agent_login_id=1&date_time=2026-03-02+09%3A00%3A00"
    lines = command.ok("translate", "--source", "engage", stdin=form).splitlines()
    assert json.loads(lines[-1])["data"]["status"] == "ready"


def test_translate_shows_the_requests_with_secrets_masked(command):
    given = envelope(record(1, 0))
    shown = command.ok("translate", "--source", "flex", "--destination", "bus", stdin=given)
    request = json.loads(shown.splitlines()[0])
    assert request["method"] == "POST"
    assert request["url"] == "http://127.0.0.1:9/events"
    assert request["headers"]["X-Key"] == "***"
    assert request["body"]["specversion"] == "1.0"
    assert "hidden" not in shown


def test_mappings_and_schemas(command):
    found = {row["name"]: row for row in command.json("mappings", "list")}
    assert found["flex_rta"]["kind"] == "source"
    assert found["cloudevents"]["clock"] == "event"
    assert "cloudevents" in command.ok("mappings", "list")
    assert json.loads(command.ok("schema", "config"))["$schema"]
    assert json.loads(command.ok("schema"))["$id"] == "urn:wfm-gateway:schema:v1"


def test_mappings_are_checked_on_their_samples(command):
    (found,) = command.json("mappings", "check", "cloudevents")
    assert found["ok"]
    assert found["samples"] == 6
    assert {each["state"] for each in found["checks"]} == {"kept", "nothing_to_check"}
    told = command.ok("mappings", "check", "cloudevents")
    assert "  ok      pure: no I/O, no clock, no randomness" in told
    assert "  -       snapshot: a snapshot tells what deliveries tell: it has no snapshots" in told
    assert told.splitlines()[-1] == "cloudevents: all right"
    answer = command("mappings", "check", "nobody")
    assert answer.exit_code == 1
    assert "no mapping 'nobody' is installed (there are argus_wfmcc, assembled, " in answer.output


def test_ping_of_nobody_is_a_problem_to_mend(command):
    config = Path("config/gateway.yaml")
    config.write_text(config.read_text().replace("/events", "/events?key=s3cret-word"))
    answer = command("ping", "bus")
    assert answer.exit_code == 1
    assert "unreachable: no connection" in answer.stdout
    assert "s3cret-word" not in answer.stdout
    assert "hidden" not in answer.stdout
    assert json.loads(command("ping", "bus", "--json").stdout)["reachable"] is False
    assert command("ping", "buss").exit_code == 1
