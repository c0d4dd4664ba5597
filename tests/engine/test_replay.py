"""Replay on the real store with the installed mappings: only what differs, once, from what was."""

import orjson
import pytest

from gateway.model.errors import ContentError, OperationError
from gateway.ports import Selection
from tests.acceptance.flex import envelope
from tests.standins.house import HOUR, MINUTE, START, House, picture, said


@pytest.fixture
async def house(tmp_path):
    async with House.opened(tmp_path, flex={"Training": "not_ready"}) as house:
        yield house


def counted(report):
    return {kind: n for kind, n in report["events"].items() if n}


def events(deliveries, destination="states"):
    told = [orjson.loads(each.event) for each in deliveries if each.destination == destination]
    return [(each["time"][11:16], each["data"]["status"]) for each in told]


MENDED = {"Training": "ready"}


async def test_only_what_differs_is_told_once_to_whom_it_concerns(house):
    await house.pictures(0, 1, 2, 3)
    assert counted(await house.replay()) == {"same": 5}
    house.configure(flex=MENDED)
    looked = await house.replay(rate=None)
    assert (counted(looked), house.told) == ({"same": 3, "changed": 2}, [])
    told = await house.replay()
    assert told["deliveries"] == looked["deliveries"] == {"history": 2, "states": 2}
    assert events(house.told) == [("09:02", "ready"), ("09:03", "not_ready")]
    assert counted(await house.replay()) == {"same": 5}
    assert len({each.event_id for each in house.told}) == 2


async def test_what_is_known_now_the_receipts_and_the_dedupe_stay(house):
    await house.pictures(0, 1, 2)
    before = await house.store.known_agents(await house.store.agent_keys())
    sizes = await house.store.sizes()
    house.configure(flex=MENDED)
    await house.replay()
    after = await house.store.sizes()
    assert await house.store.known_agents(await house.store.agent_keys()) == before
    assert (after["receipts"], after["events"]) == (sizes["receipts"], sizes["events"] + 1)
    again = await house.receive(envelope(picture(1)))
    assert (await house.store.receipt(again)).skip == {0}


async def test_changes_of_sessions_are_told_again_too(house):
    house.configure(engage={"COACHING": "not_ready"})
    said_so = [
        said(0, "AVAILABLE", "LOGIN"),
        said(1, "ENGAGED", "AVAILABLE", call_id="1"),
        said(2, "WORKING", "ENGAGED", call_id="1"),
        said(3, "COACHING", "WORKING"),
        said(4, "AVAILABLE", "COACHING"),
    ]
    for minute, each in enumerate(said_so):
        await house.receive(each, at=START + minute * MINUTE, source="engage")
    assert counted(await house.replay()) == {"same": 6}
    house.configure(engage={"COACHING": "busy"})
    told = await house.replay()
    assert counted(told) == {"same": 4, "changed": 2}
    assert events(house.told) == [("09:03", "busy"), ("09:04", "ready")]
    assert told["deliveries"] == {"history": 2, "states": 2}
    assert counted(await house.replay()) == {"same": 6}


async def test_from_a_later_hour_it_starts_from_what_was_known_then(house):
    await house.pictures(0, 30, 61, 62, 95, 125)
    await house.open()
    for since in (61, 62, 90, 125):
        report = await house.replay(since=START + since * MINUTE)
        assert set(counted(report)) == {"same"}, since
    house.configure(flex=MENDED)
    assert counted(await house.replay(since=START + 2 * HOUR)) == {"same": 1}
    assert house.told == []


async def test_several_changes_in_one_transaction_across_the_hour(house):
    for minute in (57, 58, 61, 63):
        await house.receive(envelope(picture(minute)), at=START + minute * MINUTE, translates=False)
    await house.translate()
    await house.pictures(64)
    assert counted(await house.replay(since=START + HOUR)) == {"same": 3}


async def test_what_retention_has_taken_makes_nothing_new_or_gone(house):
    await house.pictures(0, 20, 40, 61, 80, 100, 121, 140)
    await house.forget(START + 70 * MINUTE)
    assert counted(await house.replay()) == {"same": 2}
    with pytest.raises(OperationError, match=r"2026-03-02T11:00:00\.000Z"):
        await house.replay(since=START + 75 * MINUTE)
    assert counted(await house.replay(since=START + 2 * HOUR)) == {"same": 2}
    assert house.told == []


async def test_receipts_that_were_a_little_late_are_not_left_out(house):
    times = [(57, 57), (59, 60.5), (58, 59.9), (60, 60.1), (61, 60.2), (62, 62)]
    for minute, received in times:
        await house.receive(envelope(picture(minute)), at=START + received * MINUTE)
    report = await house.replay(since=START + HOUR)
    assert set(counted(report)) == {"same"}


async def test_a_clock_that_was_put_back_confuses_nothing(house):
    for minute, at in enumerate([50, 61, 70, 5, 30, 62, 75]):
        await house.receive(envelope(picture(minute)), at=START + at * MINUTE)
    report = await house.replay(since=START + HOUR)
    assert set(counted(report)) == {"same"}


async def test_a_receipt_whose_records_were_given_back_counts_where_it_was_received(house):
    house.configure(accounts=["AC" + f"{1:032x}"])
    await house.pictures(0)
    other = picture(1, agent=2, account_sid="AC" + "2" * 32)
    await house.receive(envelope(picture(1), other), at=START + MINUTE)
    await house.pictures(2, 3)
    house.configure()
    assert await house.store.retry_quarantine(Selection()) == 1
    await house.translate()
    await house.pictures(4)
    await house.pictures(5, agent=2)
    assert set(counted(await house.replay())) == {"same"}
    assert set(counted(await house.replay(since=START + 2 * MINUTE))) == {"same"}


async def test_what_is_given_back_in_a_later_hour_is_known_from_there_on(house):
    house.configure(accounts=["AC" + f"{1:032x}"])
    other = picture(1, agent=2, account_sid="AC" + "2" * 32)
    await house.receive(envelope(picture(1), other), at=START + MINUTE)
    await house.pictures(61)
    house.configure()
    assert await house.store.retry_quarantine(Selection()) == 1
    await house.translate()
    await house.pictures(65, agent=2)
    await house.pictures(66)
    assert set(counted(await house.replay(since=START + HOUR))) == {"same"}


async def test_what_is_in_quarantine_is_told_where_it_can_be_read_now(house):
    house.configure(accounts=["AC" + f"{1:032x}"])
    other = picture(1, agent=2, account_sid="AC" + "2" * 32)
    await house.receive(envelope(picture(1), other), at=START + MINUTE)
    with pytest.raises(ContentError):
        await house.receive(envelope(picture(2, agent=3, account_sid="AC" + "2" * 32)))
    await house.pictures(3)
    house.configure()
    narrowed = await house.replay(reason="foreign_account", rate=None)
    assert narrowed["receipts"] == 1
    assert counted(narrowed) == {"same": 2, "new": 2}


async def test_one_receipt_alone(house):
    await house.pictures(0, 1)
    house.now = START + 122 * MINUTE
    wanted = await house.receive(envelope(picture(122)))
    await house.pictures(182, 186)
    house.configure(flex=MENDED)
    report = await house.replay(receipt=wanted, since=house.now - 2 * HOUR)
    assert (report["receipts"], counted(report)) == (1, {"changed": 1})


async def test_what_todays_mappings_refuse_is_gone_and_counted(house):
    await house.pictures(0, 1)
    house.configure(accounts=["AC" + "9" * 32])
    report = await house.replay()
    assert counted(report) == {"gone": 3}
    assert report["refused"] == 2
    assert house.told == []


async def test_many_agents_in_one_request_are_compared_at_once(house):
    several = [picture(2, agent=number) for number in range(600)]
    await house.receive(envelope(*several))
    house.configure(flex=MENDED)
    report = await house.replay()
    assert counted(report) == {"changed": 1200}
    assert counted(await house.replay()) == {"same": 1200}


async def test_a_kill_between_two_chunks_is_gone_on_from(house):
    several = [picture(2, agent=number) for number in range(120)]
    await house.receive(envelope(*several))
    house.configure(flex=MENDED)
    kept = []

    def die(deliveries):
        kept.extend(deliveries)
        raise KeyboardInterrupt

    replay = house.replaying(rate=1e6, offer=die)
    with pytest.raises(KeyboardInterrupt):
        await replay.run()
    await house.open()
    report = await house.replay()
    assert 0 < len(kept) < 360
    assert sum(report["deliveries"].values()) == len(house.told) == 360 - len(kept)
    assert len({each.idempotency_key for each in [*kept, *house.told]}) == 360


async def test_counts_are_told_by_source_and_type(house):
    await house.pictures(2, 3)
    house.configure(flex=MENDED)
    report = await house.replay(rate=None)
    assert report["by_type"] == [
        {"source": "flex", "type": "agent.login", "same": 0, "changed": 1, "new": 0, "gone": 0},
        {"source": "flex", "type": "agent.state", "same": 0, "changed": 2, "new": 0, "gone": 0},
    ]


async def test_it_stops_when_nobody_waits_for_it_and_goes_on_when_asked_again(house):
    await house.receive(envelope(*(picture(2, agent=number) for number in range(3))))
    house.configure(flex=MENDED)
    told, pauses = [], []

    async def pass_by(seconds):
        pauses.append(seconds)

    replay = house.replaying(
        rate=1.0, offer=told.extend, is_awaited=lambda: len(told) < 3, pause=pass_by
    )
    with pytest.raises(OperationError, match="interrupted after 1 receipts and 3 deliveries"):
        await replay.run()
    rest = await house.replay()
    assert rest["deliveries"] == {"history": 4, "states": 2}
    assert len(told) == 3


async def test_no_more_is_told_in_a_second_than_the_rate_allows(house):
    await house.receive(envelope(*(picture(2, agent=number) for number in range(40))))
    house.configure(flex=MENDED)
    told, shares, pauses = [], [], []

    async def pass_by(seconds):
        if seconds:
            shares.append(len(told) - sum(shares))
            pauses.append(seconds)

    await house.replaying(rate=30.0, offer=told.extend, pause=pass_by).run()
    assert sum(shares) == len(told) == 120
    assert max(shares) <= 30
    assert sum(pauses) == pytest.approx(4)
