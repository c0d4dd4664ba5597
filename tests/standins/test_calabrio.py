"""The stand-in of Calabrio's JSON RTA, against requests written by hand from its facts."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.standins.calabrio import LOGGED_OUT, CalabrioStandIn
from tests.standins.door import Mood
from tests.standins.raw import say

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BATCH_HEAD = "POST /Web/Rta/State/Batch HTTP/1.1\nContent-Type: application/json\n"
CHANGE_HEAD = BATCH_HEAD.replace("Batch", "Change")
BATCH = """{"AuthenticationKey":"CUSTOMER-KEY","SourceId":"1","IsSnapshot":false,
 "States":[{"UserCode":"2001","StateCode":"Break"},{"UserCode":"2002","StateCode":"InCall"}]}"""
CHANGE = """{"AuthenticationKey":"CUSTOMER-KEY","SourceId":"1",
 "UserCode":" 2001 ","StateCode":"Ready"}"""


@pytest.fixture
async def vendor():
    async with CalabrioStandIn(key="CUSTOMER-KEY", sources={"1"}, now=lambda: NINE) as standing:
        yield standing


async def tell(vendor, body, head=BATCH_HEAD):
    status, _, answer = await say(vendor, f"{head}\n{body}")
    return status, answer.decode()


async def test_the_published_sample_is_accepted_and_stamped_on_arrival(vendor):
    assert await tell(vendor, BATCH) == (200, "")
    assert vendor.states == {"2001": "Break", "2002": "InCall"}
    vendor.now = lambda: NINE + timedelta(minutes=1)
    assert await tell(vendor, CHANGE, CHANGE_HEAD) == (200, "")
    assert vendor.states == {"2001": "Ready", "2002": "InCall"}
    assert vendor.since == {"2001": NINE + timedelta(minutes=1), "2002": NINE}


async def test_a_snapshot_closes_itself_and_logs_out_the_absent_of_its_source(vendor):
    vendor.sources.add("2")
    await tell(vendor, BATCH.replace('"1"', '"2"').replace("2001", "3001").replace("2002", "3002"))
    await tell(vendor, BATCH)
    only = json.loads(BATCH) | {
        "IsSnapshot": True,
        "States": [{"UserCode": "2002", "StateCode": "EMAIL"}],
    }
    assert (await tell(vendor, json.dumps(only)))[0] == 200
    assert vendor.snapshots == [{"2002": "EMAIL"}]
    assert vendor.states["2001"] == LOGGED_OUT
    assert vendor.states["2002"] == "EMAIL"
    assert vendor.states["3001"] == "Break"


async def test_whom_it_does_not_know_is_logged_later_or_refused_by_older_ones(vendor):
    vendor.users = {"2002"}
    assert await tell(vendor, BATCH) == (200, "")
    assert await tell(vendor, BATCH.replace('"1"', '"9"')) == (200, "")
    assert (vendor.states, vendor.unknown, vendor.logged) == ({"2002": "InCall"}, ["2001"], ["9"])
    vendor.is_older = True
    assert await tell(vendor, BATCH) == (400, "Invalid user code")
    assert await tell(vendor, BATCH.replace('"1"', '"9"')) == (400, "Invalid source id")


async def test_a_flooded_queue_takes_nothing_until_it_is_worked_off(vendor):
    vendor.most_waiting, vendor.a_second = 3, 1.0
    assert (await tell(vendor, BATCH))[0] == 200
    assert (await tell(vendor, BATCH))[0] == 200
    assert await tell(vendor, CHANGE, CHANGE_HEAD) == (500, "State queue flooded")
    assert vendor.states["2001"] == "Break"
    vendor.now = lambda: NINE + timedelta(seconds=2)
    assert (await tell(vendor, CHANGE, CHANGE_HEAD))[0] == 200
    vendor.flooded = True
    assert (await tell(vendor, CHANGE, CHANGE_HEAD))[0] == 500


@pytest.mark.parametrize(
    ("old", "new", "status", "why"),
    [
        ("CUSTOMER-KEY", "GUESSED", 400, "Invalid authentication key"),
        ('"Break"', '""', 500, "State code is required"),
        (',"StateCode":"Break"', "", 500, "State code is required"),
        ('"Break"', f'"{"x" * 301}"', 500, "State code is longer than 300"),
        ('"2001"', '" "', 400, "Invalid user code"),
        ('"2001"', "2001", 400, "States[0].UserCode: not text"),
        ('"SourceId":"1"', '"SourceId":1', 400, "SourceId: not text"),
        ('"SourceId":"1",', "", 400, "without SourceId"),
        ("false", '"false"', 400, "IsSnapshot: not boolean"),
        ('"IsSnapshot":false,', "", 400, "without IsSnapshot"),
        ('"InCall"', '"InCall","Timestamp":"2026-03-02T09:14:58Z"', 400, "not expected"),
        ('"IsSnapshot"', '"BatchId":"1","IsSnapshot"', 400, "BatchId: not expected"),
        ('[{"UserCode":"2001"', '[7,{"UserCode":"2001"', 400, "States[0]: not an object"),
        (BATCH, BATCH.partition("[")[0] + "[]}", 400, "No states"),
        (BATCH, "", 400, "not JSON"),
    ],
)
async def test_what_the_facts_do_not_allow_is_refused(vendor, old, new, status, why):
    assert old in BATCH
    answer = await tell(vendor, BATCH.replace(old, new))
    assert (answer[0], why in answer[1]) == (status, True), answer
    assert vendor.states == {}


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("POST", "PUT", 405),
        ("/Web", "", 404),
        ("Batch", "Change", 400),
        ("application/json", "text/json", 415),
    ],
)
async def test_a_wrong_head_is_refused(vendor, old, new, status):
    assert (await tell(vendor, BATCH, BATCH_HEAD.replace(old, new)))[0] == status
    assert vendor.states == {}


async def test_nothing_is_taken_in_a_bad_mood(vendor):
    vendor.be(Mood.LIMITING)
    assert (await tell(vendor, BATCH))[0] == 429
    assert (vendor.states, vendor.answered) == ({}, [])
