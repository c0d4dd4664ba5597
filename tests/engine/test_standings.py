"""Who stands in a snapshot, and what stands in its way."""

import pytest

from gateway.engine.telling import Came
from gateway.mapping import EventType
from tests.standins.delivery import NOON, event
from tests.standins.everybody import HEARD, floor_of

PEOPLE = tuple(f"a{number}" for number in range(10))


async def told(floor, status="ready", agents=PEOPLE):
    await floor.all_become(status, *agents)
    await floor.quiet()
    await floor.quiet()


async def test_nobody_is_told_while_somebody_listed_has_no_known_state(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor, agents=PEOPLE[:9])
        assert await floor.obstacles() == ["1 of source flex have no known state: a9"]
        await floor.becomes("a9", "unknown")
        assert await floor.obstacles() == ["1 of source flex have no known state: a9"]
        await floor.becomes("a9", "logged_out")
        assert await floor.obstacles() == []


async def test_of_many_the_first_are_named(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        (said,) = await floor.obstacles()
        assert said.endswith("10 of source flex have no known state: a0, a1, a2, a3, a4 and 5 more")


async def test_a_source_must_have_been_heard_since_the_start(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        floor.health["flex"].last_receipt_at = None
        assert await floor.obstacles() == ["source flex was not heard since the start"]
        floor.health["flex"].reconciled_at = HEARD
        assert await floor.obstacles() == []


async def test_a_source_must_not_be_silent_for_longer_than_is_expected(tmp_path):
    expected = NOON - NOON.replace(hour=11, minute=55)
    async with floor_of(tmp_path, *PEOPLE, expect_every=expected) as floor:
        await told(floor)
        await floor.advance(minutes=4)
        assert await floor.obstacles() == []
        await floor.advance(minutes=2)
        (said,) = await floor.obstacles()
        assert said.startswith("source flex was last heard at 2026-03-02T12:00:00")


async def test_what_was_received_must_have_been_translated(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.engine.standings.PATIENCE_SECONDS", 0.01)
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        await floor.bench.ledger.append(*floor.bench.received())
        assert await floor.obstacles() == ["receipts of source flex wait to be translated"]


async def test_without_a_roster_nobody_knows_who_is_missing(tmp_path):
    async with floor_of(tmp_path) as floor:
        await told(floor)
        assert await floor.obstacles() == ["agents.files name nobody of source flex"]


async def test_agents_who_are_not_told_of_need_not_be_known_and_are_not_told(tmp_path):
    async with floor_of(tmp_path, "a0", unmapped="hold", identify_by=("wfm_id", "id")) as floor:
        floor.roster.add("a1", wfm_id="2001")
        await floor.becomes("a1", "ready", lane="2001")
        await floor.becomes("a2", "ready", offer=False)
        await floor.quiet()
        assert await floor.obstacles() == []
        await floor.resync()
        assert floor.snapshots == [{"2001": "ready"}]


async def test_who_is_not_listed_is_told_as_they_are(tmp_path):
    async with floor_of(tmp_path, "a0") as floor:
        await told(floor, agents=("a0",))
        await told(floor, "unknown", agents=("b1",))
        await floor.resync()
        assert floor.snapshots == [{"a0": "ready", "b1": "unknown"}]


async def test_more_than_a_fifth_are_not_logged_out_without_force(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        for each in PEOPLE[:3]:
            await floor.becomes(each, "logged_out", offer=False)
        (said,) = await floor.obstacles()
        assert said.startswith("3 of 10 logged in there would be logged out, more than a fifth: a0")
        assert (await floor.resync()).came is Came.REFUSED
        assert (await floor.resync(force=True)).came is Came.DELIVERED
        assert floor.snapshots == [dict.fromkeys(PEOPLE[3:], "ready")]
        assert await floor.obstacles() == []


async def test_a_fifth_is_not_more_than_a_fifth(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        for each in PEOPLE[:2]:
            await floor.becomes(each, "logged_out", offer=False)
        assert await floor.obstacles() == []


async def test_who_was_told_to_be_logged_out_is_logged_out_by_nothing(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        await told(floor, "logged_out", PEOPLE[:5])
        assert await floor.obstacles() == []
        for each in PEOPLE[5:]:
            logout = event(f"out-{each}", each, EventType.LOGOUT, status="logged_out")
            await floor.bench.owe(logout)
        await floor.quiet()
        assert await floor.obstacles() == []


async def test_whose_name_at_the_vendor_is_gone_would_be_logged_out(tmp_path):
    async with floor_of(tmp_path, "a0", identify_by=("wfm_id", "id")) as floor:
        await told(floor, agents=("a0",))
        floor.roster.add("a0", wfm_id="2000")
        (said,) = await floor.obstacles()
        assert said.startswith("1 of 1 logged in there would be logged out, more than a fifth: a0")
        assert (await floor.resync(force=True)).came is Came.DELIVERED
        assert floor.snapshots == [{"2000": "ready"}]
        assert await floor.obstacles() == []


async def test_whoever_the_vendor_may_show_as_logged_in_counts_as_logged_in(tmp_path):
    """What was last delivered is not known for certain after a restart with something owed."""
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        for each in PEOPLE[:3]:
            await floor.becomes(each, "logged_out", offer=False)
        await floor.bench.ledger.forget_uncertain("wfm")
        (said,) = await floor.obstacles()
        assert said.startswith("3 of 10 logged in there")


@pytest.mark.parametrize("later", ["a0", "a1"])
async def test_of_two_agents_who_are_one_to_the_vendor_the_later_state_counts(tmp_path, later):
    async with floor_of(tmp_path, identify_by=("wfm_id", "id")) as floor:
        floor.roster.add("a0", "a1", wfm_id="2001")
        earlier = "a1" if later == "a0" else "a0"
        await floor.becomes(earlier, "ready", lane="2001")
        await floor.advance(seconds=1)
        await floor.becomes(later, "busy", lane="2001")
        await floor.quiet()
        await floor.resync()
        assert floor.snapshots == [{"2001": "busy"}]


async def test_somebody_whom_the_mapping_cannot_tell_is_in_the_way(tmp_path):
    async with floor_of(tmp_path, "a0") as floor:
        await told(floor, "reserved", agents=("a0",))
        assert (await floor.obstacles())[0] == "a0 cannot be told: no words for reserved"


async def test_thousands_are_read_in_slices(tmp_path):
    people = tuple(f"a{number:04}" for number in range(120))
    async with floor_of(tmp_path, *people) as floor:
        await told(floor, agents=people)
        asked = []
        read = floor.bench.ledger.store.agents_after

        async def agents_after(key, limit):
            found = await read(key, limit)
            asked.append(len(found))
            return found

        floor.bench.ledger.agents_after = agents_after
        assert await floor.obstacles() == []
        assert asked == [50, 50, 20, 0]
        assert len(floor.bench.wire.sent) == 120


async def test_a_source_that_tells_of_another_s_agents_is_to_be_heard_and_has_no_roster(tmp_path):
    async with floor_of(tmp_path, *PEOPLE, beside=("router",)) as floor:
        await told(floor)
        assert await floor.obstacles() == ["source router was not heard since the start"]
        floor.health["router"] = floor.health["flex"]
        await floor.resync()
        assert floor.snapshots == [dict.fromkeys(PEOPLE, "ready")]


async def test_only_the_sources_that_it_is_told_of_count(tmp_path):
    heard = frozenset({"flex"})
    async with floor_of(tmp_path, *PEOPLE, beside=("router",), sources=heard) as floor:
        await told(floor)
        assert await floor.obstacles() == []
