"""A person erased: gone from every table, and everybody else's records read as before."""

import json
from datetime import timedelta

import pytest

from gateway.model.delivery import Dead, DeadReason, Delivered
from gateway.model.errors import ContentError, OperationError
from gateway.model.ledger import ACTIVITY, GlimpseEntry
from gateway.operations.erase import ERASE
from gateway.ports import Filed, Finished, Lane, Recorded, Selection
from tests.acceptance.flex import envelope
from tests.standins.house import HOUR, MINUTE, START, House, picture, said
from tests.store.engines import append_and_claim

ANN, BEN, CY = (f"WK{number:032x}" for number in (1, 2, 3))
PHONE = "+15557654321"


@pytest.fixture
async def house(tmp_path):
    async with House.opened(tmp_path) as house:
        yield house


async def erase(house, agent=None, /, live=None, **more):
    asked = ({"agent": agent} if agent else {}) | more
    return await ERASE.perform(house.bench(live), ERASE.load(asked), who="ops")


async def owed(house, destination):
    lanes = await house.store.claim(destination, lanes=99, depth=99, busy=frozenset())
    return [each for lane in lanes for each in lane.deliveries]


async def in_the_files(house, *words):
    """Return which words stand in the store's files, after it was closed and opened again."""
    await house.open()
    files = [each for each in house.folder.iterdir() if each.name.startswith("gateway.db")]
    return {word for word in words if any(word.encode() in each.read_bytes() for each in files)}


async def three_at_once(house, *minutes):
    for minute in minutes:
        house.now = START + minute * MINUTE
        pictures = [picture(minute, agent=number) for number in (1, 2, 3)]
        await house.receive(envelope(*pictures))


async def test_of_three_in_one_request_two_stay_as_they_were(house):
    await three_at_once(house, 0, 1, 2)
    told = await erase(house, f"flex:{BEN}")
    assert (told["receipts"], told["receipts_masked"], told["receipts_lost"]) == (0, 3, 0)
    assert told["events"] == 4
    assert told["deliveries"] == 4 + 3 + 4
    assert told["agents"] == 1
    assert told["left"] == 0
    assert await in_the_files(house, ANN, BEN, CY) == {ANN, CY}
    again = await house.replay()
    assert again["events"] == {"same": 8, "changed": 0, "new": 0, "gone": 0}
    assert (again["receipts"], again["refused"]) == (3, 0)
    assert await house.store.check() == []


async def test_a_dry_run_counts_the_same_and_changes_nothing(house):
    await three_at_once(house, 0, 1)
    await house.pictures(2, 3, agent=2)
    before = await house.store.sizes()
    dry = await erase(house, BEN, dry_run=True)
    assert await house.store.sizes() == before
    assert f"flex:{BEN}" in await house.store.agents()
    real = await erase(house, BEN)
    names = dry.keys() - {"dry_run", "left", "audit_masked"}
    assert {name: dry[name] for name in names} == {name: real[name] for name in names}
    assert all(real[name] for name in ("receipts", "receipts_masked", "events", "deliveries"))


async def test_what_was_owed_is_told_as_erased(house):
    await three_at_once(house, 0)
    told = await erase(house, BEN)
    sizes = await house.store.sizes()
    erased = {name: sizes[f"outcome:{name}:erased"] for name in house.settings.destinations}
    assert erased == {"history": 2, "states": 1, "board": 2}
    assert told["deliveries"] == 5
    assert {each.subject for each in await owed(house, "states")} == {f"flex:{ANN}", f"flex:{CY}"}


async def test_dead_letters_and_what_lanes_remember_go_too(house):
    await three_at_once(house, 0)
    await bury_and_deliver(house)
    told = await erase(house, BEN)
    assert (told["dead_letters"], told["lanes"]) == (1, 1)
    assert len(await house.store.dead_letters(Selection())) == 2
    assert await in_the_files(house, BEN) == set()


async def bury_and_deliver(house):
    at = house.now + timedelta(seconds=1)
    dead = Dead(DeadReason.PERMANENT, "no such agent", status=400, answer=b"who?")
    letters = [Recorded(each, dead, at, "m 1") for each in await owed(house, "states")]
    await house.store.record(letters)
    told = [
        Recorded(each, Delivered(status=200), at, "m 1", Lane({"at": each.subject}, each.event))
        for each in await owed(house, "history")
    ]
    await house.store.record(told)


async def test_what_could_not_be_read_goes_and_the_rest_of_it_stays(house):
    bad = picture(0, agent=2) | {"channels": {"no": "list"}}
    await house.receive(envelope(picture(0, agent=1), bad, picture(0, agent=3)))
    with pytest.raises(ContentError):
        await house.receive(b'{"broken": "' + BEN.encode())
    with pytest.raises(ContentError):
        await house.receive(b'{"broken": "' + CY.encode())
    told = await erase(house, f"flex:{BEN}")
    assert (told["quarantine"], told["receipts"], told["receipts_masked"]) == (2, 1, 1)
    (left,) = await house.store.quarantine_entries(Selection())
    assert CY.encode() in left.body
    assert await in_the_files(house, BEN) == set()
    assert (await house.replay())["refused"] == 1  # what nobody can read, and is not theirs
    assert await house.store.check() == []


async def test_what_waits_to_be_translated_is_theirs_too_where_nobody_translates(house):
    await house.receive(envelope(*(picture(0, agent=n) for n in (1, 2))), translates=False)
    await erase(house, f"flex:{BEN}")
    await house.translate()
    assert set(await house.store.agents()) == {f"flex:{ANN}"}
    assert not (await house.store.quarantine_entries(Selection()))


async def test_what_comes_afterwards_is_a_stranger_s(house):
    await three_at_once(house, 0, 1)
    await erase(house, BEN)
    await house.pictures(5, agent=2)
    events = [each for each in await owed(house, "history") if BEN in each.subject]
    assert [each.event_type for each in events] == ["agent.login", "agent.state"]
    assert json.loads(events[1].event)["data"]["previous"] is None
    assert (await house.replay())["events"]["changed"] == 0


async def test_a_customer_s_number_goes_and_the_agent_s_states_stay(house):
    call = json.loads(said(1, "ENGAGED", "AVAILABLE", call_id="C1", ani=PHONE, call_type="ACD"))
    end = call | {"event_type": "ACD-CALL", "call_start": call["date_time"], "call_duration": "9"}
    nobody = end | {"agent_id": None, "call_id": "C2", "call_state": "ABANDON"}
    several = [json.loads(said(0, "AVAILABLE", "LOGIN")), call, end, nobody]
    await house.receive(json.dumps(several).encode(), source="engage")
    owed_before = [each.event_type for each in await owed(house, "history")]
    told = await erase(house, customer=PHONE)
    assert owed_before.count("contact.completed") == 2
    assert (told["receipts_masked"], told["events"], told["deliveries"]) == (1, 2, 2)
    left = [each.event_type for each in await owed(house, "history")]
    assert left == [each for each in owed_before if each != "contact.completed"]
    assert await in_the_files(house, PHONE, PHONE[1:]) == set()
    again = await house.replay(rate=None)
    assert again["events"] == {"same": len(left), "changed": 0, "new": 0, "gone": 0}
    assert again["refused"] == 0


@pytest.mark.parametrize("word", ["Smi", "12345", "1234567", "talk_seconds", " Customer"])
async def test_a_word_that_may_be_anybody_is_refused(house, word):
    with pytest.raises(OperationError, match="may be anybody"):
        await erase(house, customer=word)


@pytest.mark.parametrize("word", ["since_is_platform", "identity", "02T09:00:00"])
async def test_a_word_of_what_is_kept_leaves_what_is_known_of_everybody(house, word):
    await house.pictures(0, agent=1)
    known = await house.store.agents()
    told = await erase(house, customer=word)
    assert (told["agents"], told["agents_masked"]) == (0, 0)
    assert await house.store.agents() == known


async def test_who_was_erased_is_in_no_audit(house):
    await three_at_once(house, 0)
    await erase(house, BEN, why="ticket 12")
    with pytest.raises(OperationError):
        await erase(house, BEN)
    later, first = await house.store.audit()
    assert first.asked == {"agent": "***"}
    assert first.result["events"] == 2
    assert "***" in later.result["problem"]


async def test_nobody_else_s_badge_or_lane_is_taken(house):
    for number in (1, 2):
        house.roster.named["flex", f"WK{number:032x}"] = (f"wfm-{number}", None)
    await three_at_once(house, 0)
    await bury_and_deliver(house)
    told = await erase(house, "wfm-2")
    badges = await house.store.badges()
    assert told["badges"] > 0
    assert badges.of(f"flex:{BEN}", "states") is None
    assert badges.of(f"flex:{ANN}", "states") == "wfm-1"
    assert set(await house.store.lane_states("history", ["wfm-1", "wfm-2"])) == {"wfm-1"}


async def test_who_stands_in_the_way_of_a_file_is_masked_there(house):
    await house.pictures(0, agent=2)
    problem = f"agent flex:{BEN}: has no id that the vendor knows"
    await house.store.keep_filed("days", Filed(0, 1, 0, (), 1.0, START, problem=problem))
    told = await erase(house, f"flex:{BEN}")
    assert told["filed_masked"] == 1
    (kept,) = await house.store.filed("days", 0, 1)
    assert kept.problem is not None
    assert BEN not in kept.problem
    assert await in_the_files(house, BEN) == set()


async def test_what_the_books_keep_goes_also_when_the_events_are_gone(house):
    """They keep it longer than events are kept, and an erasure that was cut short took those."""
    await house.pictures(0, 1, 2, agent=2)
    for name in house.settings.destinations:
        told = [
            Recorded(each, Delivered(status=200), START, "m 1") for each in await owed(house, name)
        ]
        await house.store.record(told)
    while await house.store.prune(START + 99 * HOUR, 72 * HOUR):
        pass
    assert (await house.store.sizes())["events"] == 0
    told = await erase(house, f"flex:{BEN}")
    assert told["ledger_agents"] == 4
    assert await in_the_files(house, BEN) == set()


async def test_a_glimpse_that_was_no_news_goes_from_the_books_too(house):
    """Of a late one nothing is told, but the figures count it."""
    await house.pictures(0, agent=2)
    late = GlimpseEntry(f"flex:{BEN}", "tr", 5, ACTIVITY, "ready", is_live=True)
    await house.store.finish([Finished(await append_and_claim(house.store), glimpses=(late,))])
    told = await erase(house, f"flex:{BEN}")
    assert told["ledger_glimpses"] == 1
    assert await in_the_files(house, BEN) == set()
