"""The stand-in of ARGUS WFM CC, against requests written by hand from its facts."""

import pytest

from tests.standins.argus import ArgusStandIn, Stay
from tests.standins.door import Mood
from tests.standins.raw import say

HEAD = "POST /ccwfm/api/rest/status HTTP/1.1\nContent-Type: application/json\n"
SAMPLE = (
    '{"workerId":"1","stateName":"Technical break","stateCode":"Break",'
    '"systemId":"External system","actionTime":1568816347,"action":1}'
)
T = 1568816347


def message(code, action, at=T, worker="1"):
    return (
        f'{{"workerId":"{worker}","stateName":"{code} name","stateCode":"{code}",'
        f'"systemId":"gateway","actionTime":{at},"action":{action}}}'
    )


@pytest.fixture
async def vendor():
    async with ArgusStandIn() as standing:
        yield standing


async def tell(vendor, *messages, head=HEAD):
    for each in messages:
        status, _, answer = await say(vendor, f"{head}\n{each}")
    return status, answer.decode()


async def test_the_published_sample_is_accepted(vendor):
    assert await tell(vendor, SAMPLE) == (200, "")
    assert vendor.timelines == {"1": [Stay("Break", "Technical break", T)]}
    assert vendor.states == {"1": "Break"}


async def test_a_day_is_a_timeline(vendor):
    await tell(vendor, message("Ready", 1), message("Ready", 0, T + 9), message("Lunch", 1, T + 9))
    await tell(vendor, message("Ready", 1, T + 3, worker="2"), message("Lunch", 0, T + 20))
    assert vendor.timelines["1"] == [
        Stay("Ready", "Ready name", T, T + 9),
        Stay("Lunch", "Lunch name", T + 9, T + 20),
    ]
    assert vendor.states == {"1": None, "2": "Ready"}
    assert vendor.oddities == []


async def test_a_duplicate_is_identical_by_its_time_and_changes_nothing(vendor):
    told = [message("Ready", 1), message("Ready", 0, T + 9), message("Lunch", 1, T + 9)]
    await tell(vendor, *told, *told[1:], told[0])
    assert vendor.duplicates == 3
    assert vendor.oddities == []
    assert vendor.states == {"1": "Lunch"}
    assert len(vendor.timelines["1"]) == 2


async def test_two_changes_within_a_second_are_no_duplicates(vendor):
    there = [message("A", 0), message("B", 1)]
    back = [message("B", 0), message("A", 1)]
    await tell(vendor, message("A", 1, T - 1), *there, *back, *there)
    assert (vendor.states, vendor.oddities, vendor.duplicates) == ({"1": "B"}, [], 0)


@pytest.mark.parametrize(
    ("told", "oddity", "state"),
    [
        ([message("A", 1), message("B", 1, T + 1)], "entered without leaving A", "B"),
        ([message("A", 1), message("B", 0, T + 1)], "left another than A", "A"),
        ([message("A", 1), message("A", 0, T + 1), message("A", 0, T + 2)], "no state", None),
        ([message("A", 1), message("A", 0, T - 1)], "older than what was told", "A"),
        ([message("A", 1), message("A", 0).replace("A name", "B")], "left another", "A"),
    ],
)
async def test_what_is_odd_is_taken_and_flagged(vendor, told, oddity, state):
    assert await tell(vendor, *told) == (200, "")
    ((worker, why),) = vendor.oddities
    assert worker == "1"
    assert oddity in why
    assert vendor.states == {"1": state}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"workerId":"1",', "", "without workerId"),
        (',"action":1', "", "without action"),
        ('"workerId":"1"', '"workerId":1', "workerId: not filled text"),
        ('"workerId":"1"', '"workerId":""', "workerId: not filled text"),
        ('"Break"', "null", "stateCode: not filled text"),
        (str(T), f'"{T}"', "actionTime: not unix seconds"),
        (str(T), f"{T}000", "actionTime: not unix seconds"),
        (str(T), f"{T}.5", "actionTime: not unix seconds"),
        ('"action":1', '"action":2', "action: not one of 0, 1"),
        ('"action":1', '"action":true', "action: not one of 0, 1"),
        ('"action":1', '"action":1,"reason":"x"', "reason: not expected"),
        ('"action":1', '"action":1,"action":0', "twice"),
        (SAMPLE, f"[{SAMPLE}]", "not an object"),
        (SAMPLE, "", "not JSON"),
        ("Technical", "\xff", "not JSON"),
    ],
)
async def test_what_the_format_does_not_allow_is_refused(vendor, old, new, why):
    assert old in SAMPLE
    status, _, answer = await say(vendor, f"{HEAD}\n{SAMPLE.replace(old, new)}".encode("latin-1"))
    assert (status, why in answer.decode()) == (400, True), answer
    assert vendor.timelines == {}


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("POST", "PUT", 405),
        ("/status", "/state", 404),
        ("/status", "/status?x=1", 404),
        ("application/json", "text/plain", 415),
    ],
)
async def test_a_wrong_head_is_refused(vendor, old, new, status):
    assert (await tell(vendor, SAMPLE, head=HEAD.replace(old, new)))[0] == status


async def test_nothing_is_taken_in_a_bad_mood(vendor):
    vendor.be(Mood.FAILING)
    assert (await tell(vendor, SAMPLE))[0] == 500
    assert vendor.messages == []
