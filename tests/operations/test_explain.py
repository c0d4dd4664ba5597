"""Why an agent showed what it showed, on the real store with the installed mappings."""

from datetime import timedelta

import pytest

from gateway.model.delivery import Delivered, Held, Stale, Superseded, Unchanged
from gateway.model.errors import OperationError
from gateway.operations.explain import EXPLAIN
from gateway.operations.personal import masked
from gateway.ports import Recorded
from tests.acceptance.flex import envelope
from tests.operations.bench import Running
from tests.standins.house import MINUTE, START, House, picture, said

WORKER = f"WK{1:032x}"


@pytest.fixture
async def house(tmp_path):
    async with House.opened(tmp_path, engage={"COACHING": "not_ready"}) as house:
        yield house


async def explained(house, agent=WORKER, *, minute=0, live=None, **more):
    at = (START + timedelta(minutes=minute)).isoformat()
    asked = EXPLAIN.load({"agent": agent, "at": at, **more})
    return await EXPLAIN.perform(house.bench(live), asked, who="ann")


async def owed(house, destination):
    """Return what the destination is owed, oldest first."""
    lanes = await house.store.claim(destination, lanes=9, depth=9, busy=frozenset())
    return [each for lane in lanes for each in lane.deliveries]


async def record(house, *outcomes):
    at = house.now + timedelta(seconds=1)
    await house.store.record([Recorded(each, outcome, at, "m 1") for each, outcome in outcomes])


def of(told, destination, kind="agent.state"):
    (row,) = [
        each
        for each in told["deliveries"]
        if (each["destination"], each["type"]) == (destination, kind)
    ]
    return row


async def test_a_superseded_state_names_the_one_that_was_told_instead(house):
    await house.pictures(0, 1)
    first, second = await owed(house, "states")
    await record(house, (first, Superseded(second.event_id)), (second, Delivered(status=204)))
    before, after = await explained(house), await explained(house, minute=1)
    told = of(before, "states")
    assert (told["outcome"], told["attempts"]) == ("superseded", 0)
    assert told["detail"] == (
        f"by {second.event_id}: not_ready (Lunch) at 2026-03-02T09:01:00.000Z"
    )
    assert (of(after, "states")["outcome"], of(after, "states")["status"]) == ("delivered", 204)
    assert of(after, "states")["at"] == "2026-03-02T09:01:01.000Z"


@pytest.mark.parametrize(
    ("outcome", "detail"),
    [
        (Superseded("a snapshot"), "by a snapshot"),
        (Superseded(), "by a newer state"),
        (Stale(), "by a newer state, and older than stale_after"),
        (Unchanged(), "it says just what the vendor was told last"),
        (Delivered(warning="taken, with a warning"), "taken, with a warning"),
    ],
)
async def test_each_outcome_says_why(house, outcome, detail):
    await house.pictures(0)
    (delivery,) = await owed(house, "states")
    await record(house, (delivery, outcome))
    assert of(await explained(house), "states")["detail"] == detail


async def test_what_is_held_says_what_it_waits_for(house):
    house.configure(unmapped="hold")
    await house.pictures(0)
    told = of(await explained(house), "history")
    assert told["outcome"] == "held"
    assert told["detail"].startswith("unmapped: no roster file names a wfm_id")
    house.configure()
    await house.pictures(1, agent=2)
    (delivery,) = await owed(house, "states")
    await record(house, (delivery, Held("unknown_agent")))
    told = of(await explained(house, f"WK{2:032x}", minute=1), "states")
    assert told["detail"].startswith("unknown_agent: the vendor does not know the agent")


async def test_what_is_owed_says_how_its_destination_is(house):
    class Down(Running):
        def destination_health(self, name):
            return {"state": "parked" if name == "states" else "up"}

    await house.pictures(0)
    assert of(await explained(house), "states")["detail"] == "no gateway runs"
    told = await explained(house, live=Down())
    assert of(told, "states")["detail"] == "the destination is parked"
    assert of(told, "history")["detail"] == "the destination is up"


async def test_a_state_told_again_is_the_one_that_is_explained(house):
    await house.pictures(2)
    assert (await explained(house, minute=2))["state"]["status"] == "not_ready"
    house.configure(flex={"Training": "ready"})
    otherwise = await explained(house, minute=2)
    assert "decides today; it was not_ready" in otherwise["rule"]
    await house.replay()
    told = await explained(house, minute=3)
    assert told["state"]["status"] == "ready"
    assert told["rule"].startswith("the activity Training counts as ready and decides")


async def test_working_after_a_call_of_the_other_platform(house):
    for minute, (state, before) in enumerate([("ENGAGED", "AVAILABLE"), ("WORKING", "ENGAGED")]):
        body = said(minute, state, before, username="ann+1@example.com", agent_phone="16505550100")
        await house.receive(body, at=START + minute * MINUTE, source="engage")
    told = await explained(house, "861", minute=1)
    assert told["rule"].startswith("the platform told WORKING after ENGAGED: after_call_work")
    record = told["receipt"]["record"]
    assert (record["username"], record["agent_phone"]) == ("***", "***")
    assert (record["agent_id"], record["event_type"]) == ("861", "WORKING")


async def test_the_agent_is_meant_by_key_id_wfm_id_or_email(house):
    house.roster.named["flex", WORKER] = ("E17", "ann@example.com")
    await house.pictures(0)
    for name in (f"flex:{WORKER}", WORKER, "E17", "ann@example.com"):
        assert (await explained(house, name))["agent"] == f"flex:{WORKER}"
    with pytest.raises(OperationError, match="no agent 'E17'"):
        await explained(house, "E17", source="engage")


async def test_what_was_no_news_says_why(house):
    await house.pictures(0)
    same = envelope(picture(0), picture(0, agent=2))
    again = await house.receive(same)
    other = dict(picture(0), last_processed_event_sid="EV" + "9" * 32)
    quiet = await house.receive(envelope(other, picture(0, agent=2)))
    told = {each["receipt"]: each["why"] for each in (await explained(house))["without_news"]}
    assert told == {again: "a duplicate", quiet: "no news, or older than what was known: history"}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("agent_phone", "165", "***"),
        ("username", "ann", "***"),
        ("worker_name", "Ann", "***"),
        ("FriendlyName", "Ann", "***"),
        ("WorkerAttributes", {"full_name": "Ann"}, "***"),
        ("contact_uri", "client:ann", "***"),
        ("note", "write to ann@example.com", "***"),
        ("From", "+165", "***"),
        ("activity_name", "Lunch", "Lunch"),
        ("call_source_name", "My Queue", "My Queue"),
        ("task_queue_name", "Sales", "Sales"),
        ("agent_id", "861", "861"),
        ("email", None, None),
        ("dnis", "", ""),
        ("phones", ["165", "166"], "***"),
        ("worker", {"sid": "WK1", "name": "Ann"}, {"sid": "WK1", "name": "***"}),
        ("reservations", [{"sid": "WR1", "to": "+1"}], [{"sid": "WR1", "to": "***"}]),
    ],
)
def test_records_are_shown_without_people(name, value, shown):
    assert masked({name: value}) == {name: shown}
