"""To whom a replay tells what, under which identity, and that there is room for it."""

from collections import Counter
from dataclasses import replace

import orjson
import pytest

from gateway.engine.releaser import Releaser
from gateway.engine.retelling import keeps_our_time
from gateway.mapping.destination import Clock
from gateway.model.errors import OperationError
from gateway.model.event import EventType
from tests.acceptance.flex import envelope
from tests.standins.delivery import destination_settings, event
from tests.standins.house import START, House, picture, said

MENDED = {"Training": "ready"}
ANNA, BEN = ("flex", f"WK{1:032x}"), ("flex", f"WK{2:032x}")
FOREIGN = {"account_sid": "AC" + "2" * 32}


@pytest.fixture
async def house(tmp_path):
    async with House.opened(tmp_path, flex={"Training": "not_ready"}) as house:
        yield house


def to(house, destination):
    """Return what was told to a destination: under which identity, of which state."""
    return [
        (each.identity, orjson.loads(each.event)["data"]["status"])
        for each in house.told
        if each.destination == destination
    ]


def releaser(house):
    return Releaser(
        house.store,
        house.roster,
        house.badges,
        settings=lambda: house.settings,
        offer=house.told.extend,
    )


async def test_what_one_destination_was_told_the_others_are_told_when_asked_for(house):
    await house.pictures(0, 1, 2, 3)
    house.configure(flex=MENDED)
    assert (await house.replay(destination="states"))["deliveries"] == {"states": 2}
    looked = await house.replay(rate=None)
    assert (looked["deliveries"], looked["events"]["same"]) == ({"history": 2}, 5)
    assert (await house.replay())["deliveries"] == {"history": 2}
    assert (await house.replay())["deliveries"] == {}
    assert len({each.idempotency_key for each in house.told}) == 4
    assert len({each.event_id for each in house.told}) == 2
    assert to(house, "history") == to(house, "states")


async def test_what_differs_once_more_is_told_to_both(house):
    await house.pictures(2)
    house.configure(flex={"Training": "busy"})
    await house.replay(destination="states")
    house.configure(flex=MENDED)
    assert (await house.replay(destination="history"))["deliveries"] == {"history": 2}
    assert (await house.replay())["deliveries"] == {"states": 1}
    assert [status for _, status in to(house, "states")] == ["busy", "ready"]
    assert {status for _, status in to(house, "history")} == {"ready"}


async def test_what_was_told_as_it_is_needs_no_telling(house):
    await house.pictures(0, 1)
    assert (await house.replay(destination="states"))["deliveries"] == {}
    assert (await house.replay())["deliveries"] == {}


async def test_a_destination_of_another_name_was_told_what_it_adopts(house):
    await house.pictures(2)
    house.configure(flex=MENDED)
    await house.replay()
    await house.store.adopt("states", "shown", skip_superseded=False)
    settings = house.settings.destinations
    renamed = {"shown": replace(settings["states"], name="shown"), "history": settings["history"]}
    house.settings = replace(house.settings, destinations=renamed)
    assert (await house.replay())["deliveries"] == {}


async def test_a_revision_goes_under_the_identity_of_then(house):
    house.roster.named[ANNA] = ("2001", "anna@example.com")
    await house.pictures(0, 1, 2, 3)
    await house.receive(envelope(picture(4, name="Offline")))
    house.roster.named |= {ANNA: ("2002", "new@example.com"), BEN: ("2001", "anna@example.com")}
    await house.pictures(5, agent=2)
    assert house.badges.wearer("states", "2001") == ":".join(BEN)
    house.configure(flex=MENDED)
    await house.replay()
    assert to(house, "states") == [("2001", "ready"), ("2001", "not_ready")]
    agents = [orjson.loads(each.event)["data"]["agent"] for each in house.told]
    assert {each["email"] for each in agents} == {"anna@example.com"}
    assert house.badges.wearer("states", "2001") == ":".join(BEN)


async def of_a_stranger(house):
    """Anna goes by 2001; what was received of Ben, whose id that is too, can be read by now."""
    house.roster.named |= {ANNA: ("2001", None), BEN: ("2001", None)}
    house.configure(accounts=["AC" + f"{1:032x}"])
    await house.receive(envelope(picture(0), picture(0, agent=2, **FOREIGN)), at=START)
    house.configure()


async def test_what_is_new_waits_while_somebody_else_goes_by_the_identity(house):
    await of_a_stranger(house)
    report = await house.replay()
    assert report["deliveries"] == {"history": 2, "states": 1}
    assert house.told == []
    conflicts = {("history", "2001"), ("states", "2001")}
    assert set(house.badges.conflicts()) == conflicts
    assert set((await house.store.badges()).conflicts()) == conflicts
    assert (await house.replay())["deliveries"] == {}

    await house.receive(envelope(picture(1, name="Offline")))
    asked = house.badges.freed()
    assert asked == (":".join(BEN),)
    waiting = releaser(house)
    await waiting.look()
    waiting.look_at(asked)
    await waiting.look()
    assert to(house, "states") == [("2001", "ready")]
    assert Counter(each.destination for each in house.told) == {"history": 2, "states": 1}


async def test_who_had_no_wfm_id_then_goes_by_what_the_platform_tells(house):
    name = "ben@example.com"
    await house.receive(said(1, "COACHING", "LOGIN", username=name), at=START, source="engage")
    house.configure(engage={"COACHING": "busy"})
    agents = replace(house.settings.agents, wfm_id_from=("username",))
    house.settings = replace(house.settings, agents=agents)
    await house.replay()
    assert to(house, "states") == [(name, "busy")]


async def test_only_to_look_makes_nobody_wait(house):
    await of_a_stranger(house)
    assert (await house.replay(rate=None))["deliveries"] == {"history": 2, "states": 1}
    assert not house.badges.conflicts()


async def test_behind_what_is_held_a_revision_is_held_and_lets_nothing_go(house):
    house.configure(flex={"Training": "not_ready"}, unmapped="hold")
    await house.pictures(0, 2)
    house.configure(flex=MENDED, unmapped="hold")
    house.roster.named[ANNA] = ("2001", None)
    await house.replay()
    assert (house.told, (await house.store.backlog("states")).held) == ([], 3)
    await releaser(house).look()
    assert to(house, "states") == [("2001", "ready"), ("2001", "not_ready"), ("2001", "ready")]


async def test_what_was_told_then_is_told_again_while_other_things_are_held(house):
    house.configure(flex={"Training": "not_ready"}, unmapped="hold")
    house.roster.named[ANNA] = ("2001", None)
    await house.pictures(2)
    await house.receive(envelope(picture(3, name="Offline")))
    house.roster.named.clear()
    await house.pictures(5)
    held = (await house.store.backlog("states")).held
    house.configure(flex=MENDED, unmapped="hold")
    await house.replay(until=START + (house.now - START) / 2)
    assert held == (await house.store.backlog("states")).held == 1
    assert to(house, "states")[0] == ("2001", "ready")


@pytest.mark.parametrize(
    ("clock", "amends", "told"),
    [
        (Clock.EVENT, True, {EventType.STATE, EventType.LOGOUT, EventType.CONTACT}),
        (Clock.EVENT, False, set()),
        (Clock.RECEIPT, True, {EventType.CONTACT}),
    ],
)
def test_who_shows_the_present_is_told_of_no_shift_of_the_past(clock, amends, told):
    settings = destination_settings()
    mapping = replace(settings.mapping, clock=clock, clock_of=None, amends=amends)
    settings = replace(settings, mapping=mapping)
    kinds = (EventType.STATE, EventType.LOGOUT, EventType.CONTACT)
    past = [replace(event("e1", "anna"), type=kind) for kind in kinds]
    assert {each.type for each in past if keeps_our_time(settings, each)} == told


async def trained(house, several):
    """Let so many agents be in training, and nobody have been told anything else."""
    await house.receive(envelope(*(picture(2, agent=number) for number in range(several))))
    for name in ("history", "states"):
        await house.deliver(name, 2 * several)
    house.configure(flex=MENDED)
    house.limit("states", max_backlog=8)


async def test_it_waits_for_room_and_leaves_half_of_the_backlog_to_what_is_live(house):
    await trained(house, 10)
    backlogs = []

    async def pass_by(_seconds):
        backlogs.append((await house.store.backlog("states")).pending)
        await house.deliver("states", 1)

    replay = house.replaying(rate=1e6, offer=house.told.extend, pause=pass_by)
    report = (await replay.run()).json()
    assert report["deliveries"] == {"history": 20, "states": 10}
    assert len(to(house, "states")) == 10
    assert max(backlogs) == 4


async def test_where_nothing_leaves_it_goes_no_further_until_asked_again(house):
    await trained(house, 10)
    waited = []

    async def pass_by(seconds):
        waited.append(seconds)

    replay = house.replaying(rate=1e6, offer=house.told.extend, pause=pass_by)
    with pytest.raises(OperationError, match=r"states is owed \d deliveries, half of its max_back"):
        await replay.run()
    assert 60 <= sum(waited) < 62
    told = list(house.told)
    house.limit("states", max_backlog=1000)
    rest = await house.replay()
    assert Counter(each.destination for each in house.told) == {"history": 20, "states": 10}
    assert sum(rest["deliveries"].values()) == 30 - len(told)


async def test_where_nobody_tells_a_full_backlog_is_said_at_once(house):
    await trained(house, 10)
    waited = []

    async def pass_by(seconds):
        waited.append(seconds)

    replay = house.replaying(rate=1e6, offer=None, pause=pass_by)
    with pytest.raises(OperationError, match="asked again later, it goes on"):
        await replay.run()
    assert sum(waited) < 1
    assert (await house.store.backlog("states")).pending == 4


async def test_interrupted_while_it_waits_for_room_it_stops(house):
    await trained(house, 10)
    waited = []

    async def pass_by(seconds):
        waited.append(seconds)

    replay = house.replaying(
        rate=1e6, offer=house.told.extend, pause=pass_by, is_awaited=lambda: sum(waited) < 3
    )
    with pytest.raises(OperationError, match="interrupted"):
        await replay.run()
