"""What is held goes when it is known who the agent is, or when their identity is free."""

import asyncio
import json
from dataclasses import replace

import pytest

from gateway.engine.releaser import Releaser
from gateway.model.badge import EVERYWHERE
from gateway.model.delivery import Held
from gateway.ports import Recorded
from tests.acceptance.flex import envelope
from tests.standins.house import House, picture, said

FLEX, ENGAGE = f"flex:WK{1:032x}", "engage:861"
ANNA = ("flex", f"WK{1:032x}")
ENGAGED = ("engage", "861")


@pytest.fixture
async def house(tmp_path):
    async with House.opened(tmp_path, flex={"Lunch": "not_ready"}, unmapped="hold") as house:
        yield house


def releaser(house):
    agents = replace(house.settings.agents, wfm_id_from=house.wfm_id_from)
    settings = replace(house.settings, agents=agents)
    return Releaser(
        house.store,
        house.roster,
        house.badges,
        settings=lambda: settings,
        offer=house.offered.extend,
    )


async def of_flex(house, minute, name):
    await house.receive(envelope(picture(minute, name=name)))


async def of_engage(house, minute, state, before):
    await house.receive(said(minute, state, before), source="engage")


def shown(house, destination="board"):
    """Return what was offered to a destination, and forget it."""
    told = [
        (each.subject.partition(":")[0], each.lane, event["type"][10:-3], event["data"]["status"])
        for each in house.offered
        if each.destination == destination
        for event in [json.loads(each.event)]
    ]
    house.offered.clear()
    return told


async def test_an_agent_goes_by_the_same_identity_until_logout(house):
    house.roster.named[ANNA] = ("2001", None)
    await of_flex(house, 0, "Available")
    house.roster.named[ANNA] = ("2002", None)
    await of_flex(house, 1, "Lunch")
    await of_flex(house, 2, "Offline")
    await of_flex(house, 3, "Available")
    assert shown(house) == [
        ("flex", "2001", "login", "ready"),
        ("flex", "2001", "state", "ready"),
        ("flex", "2001", "state", "not_ready"),
        ("flex", "2001", "state", "logged_out"),
        ("flex", "2001", "logout", "logged_out"),
        ("flex", "2002", "login", "ready"),
        ("flex", "2002", "state", "ready"),
    ]


async def test_what_the_agent_goes_by_outlives_the_process(house):
    house.roster.named[ANNA] = ("2001", None)
    await of_flex(house, 0, "Available")
    await house.open()
    house.badges = await house.store.badges()
    house.roster.named[ANNA] = ("2002", None)
    house.offered.clear()
    await of_flex(house, 1, "Lunch")
    ((_, lane, _, _),) = shown(house)
    claimed = await house.store.claim("history", lanes=9, depth=9, busy=frozenset())
    delivery = claimed[0].deliveries[-1]
    assert (lane, json.loads(delivery.event)["data"]["agent"]["wfm_id"]) == ("2001", "2001")


async def test_a_session_that_ends_unheard_ends_under_the_old_identity(house):
    house.roster.named[ENGAGED] = ("2001", None)
    await of_engage(house, 0, "AVAILABLE", "LOGIN")
    house.roster.named[ENGAGED] = ("2002", None)
    await house.receive(said(5, "AVAILABLE", "LOGIN", agent_login_id="18"), source="engage")
    assert [(lane, kind) for _, lane, kind, _ in shown(house)] == [
        ("2001", "login"),
        ("2001", "state"),
        ("2001", "state"),
        ("2001", "logout"),
        ("2002", "login"),
        ("2002", "state"),
    ]


async def test_of_two_platforms_the_first_keeps_the_lane_until_its_logout(house):
    house.roster.named |= {ANNA: ("2001", None), ENGAGED: ("2001", None)}
    await of_flex(house, 0, "Available")
    await of_engage(house, 1, "AVAILABLE", "LOGIN")
    await of_engage(house, 2, "LUNCH", "AVAILABLE")
    await of_flex(house, 3, "Lunch")
    assert {source for source, *_ in shown(house)} == {"flex"}
    assert set(house.badges.conflicts().values()) == {(FLEX, ENGAGE)}
    assert (await house.store.badges()).conflicts() == house.badges.conflicts()

    await of_flex(house, 4, "Offline")
    last_of_flex = max(each.seq for each in house.offered)
    shown(house)
    going = releaser(house)
    going.look_at(house.badges.freed())
    await going.look()
    (owed,) = [each for each in house.offered if each.destination == "board"]
    assert owed.seq > last_of_flex
    assert shown(house) == [("engage", "2001", "state", "not_ready")]
    assert not house.badges.conflicts()
    assert (await house.store.sizes())["outcome:board:superseded"] == 2

    await of_flex(house, 5, "Available")
    assert shown(house) == []
    assert set(house.badges.conflicts().values()) == {(ENGAGE, FLEX)}


async def test_the_next_state_of_the_other_takes_what_was_held_along(house):
    house.roster.named |= {ANNA: ("2001", None), ENGAGED: ("2001", None)}
    await of_flex(house, 0, "Available")
    await of_engage(house, 1, "AVAILABLE", "LOGIN")
    await of_flex(house, 2, "Offline")
    shown(house)
    await of_engage(house, 3, "LUNCH", "AVAILABLE")
    seqs = [each.seq for each in house.offered if each.destination == "history"]
    assert [(kind, status) for _, _, kind, status in shown(house, "history")] == [
        ("login", "ready"),
        ("state", "ready"),
        ("state", "not_ready"),
    ]
    assert seqs == sorted(seqs)
    assert not house.badges.conflicts()


async def test_the_roster_tells_the_two_apart(house):
    house.roster.named |= {ANNA: ("2001", None), ENGAGED: ("2001", None)}
    await of_flex(house, 0, "Available")
    await of_engage(house, 1, "AVAILABLE", "LOGIN")
    house.roster.named[ENGAGED] = ("2002", None)
    shown(house)
    await releaser(house).look()
    assert {lane for _, lane, _, _ in shown(house)} == {"2002"}
    assert house.badges.of(ENGAGE, EVERYWHERE) == "2002"
    assert not house.badges.conflicts()


async def test_what_the_platform_tells_of_an_agent_frees_what_was_held(house):
    house.wfm_id_from = ("username",)
    await of_engage(house, 1, "AVAILABLE", "LOGIN")
    assert shown(house) == []
    name = "anna@example.com"
    await house.receive(said(2, "AVAILABLE", "AVAILABLE", username=name), source="engage")
    going = releaser(house)
    going.look_at([ENGAGE])
    await going.look()
    assert shown(house) == [
        ("engage", name, "login", "ready"),
        ("engage", name, "state", "ready"),
    ]


async def test_whom_the_vendor_does_not_know_may_be_given_another_identity_in_the_shift(house):
    house.roster.named[ANNA] = ("2001", None)
    await of_flex(house, 0, "Available")
    refused = [each for each in house.offered if each.destination == "board"]
    unknown = Held("unknown_agent")
    await house.store.record([Recorded(each, unknown, house.now, "m 1") for each in refused])
    going = releaser(house)
    await going.look()  # the start
    house.offered.clear()
    await house.store.record([Recorded(each, unknown, house.now, "m 1") for each in refused])
    going.refused(refused)
    await going.look()
    assert shown(house) == []  # nothing is otherwise than when it was refused
    house.roster.named[ANNA] = ("2002", None)
    going.refused(refused)
    await going.look()
    assert {lane for _, lane, _, _ in shown(house)} == {"2002"}
    await of_flex(house, 1, "Lunch")
    assert {lane for _, lane, _, _ in shown(house)} == {"2002"}


async def refuse(house, going, *, destination="board"):
    """Have the vendor say of all that was offered to it that it does not know the agent."""
    refused = [each for each in house.offered if each.destination == destination]
    house.offered.clear()
    unknown = Held("unknown_agent")
    await house.store.record([Recorded(each, unknown, house.now, "m 1") for each in refused])
    going.refused(refused)
    await going.look()


async def test_what_follows_waits_behind_what_a_vendor_did_not_know(house):
    """Else the vendor, knowing the agent by then, would be told what is newer first."""
    house.roster.named[ANNA] = ("2001", None)
    await of_flex(house, 0, "Available")
    going = releaser(house)
    await going.look()  # the start
    await refuse(house, going)
    await of_flex(house, 1, "Lunch")
    await of_flex(house, 2, "Available")
    assert shown(house) == []
    going.look_at_all()  # the roster was touched
    await going.look()
    assert [(kind, status) for _, _, kind, status in shown(house)] == [
        ("login", "ready"),
        ("state", "ready"),
        ("state", "not_ready"),
        ("state", "ready"),
    ]
    await of_flex(house, 3, "Lunch")
    assert [status for *_, status in shown(house)] == ["not_ready"]


async def test_all_that_waited_goes_by_what_the_agent_goes_by_then(house):
    house.roster.named[ANNA] = ("2001", None)
    await of_flex(house, 0, "Available")
    going = releaser(house)
    await going.look()
    await refuse(house, going)
    house.roster.named[ANNA] = ("2002", None)
    await of_flex(house, 1, "Lunch")
    going.look_at_all()  # the roster was changed
    await going.look()
    assert [(lane, status) for _, lane, _, status in shown(house)] == [
        ("2002", "ready"),
        ("2002", "ready"),
        ("2002", "not_ready"),
    ]
    await of_flex(house, 2, "Available")
    assert {lane for _, lane, _, _ in shown(house)} == {"2002"}


async def test_a_vendor_is_asked_again_after_a_while(house, monkeypatch):
    """A list that was empty for a moment must not silence everybody until somebody looks."""
    monkeypatch.setattr("gateway.engine.releaser.AGAIN_SECONDS", 0.01)
    house.roster.named[ANNA] = ("2001", None)
    await of_flex(house, 0, "Available")
    going = releaser(house)
    await going.look()
    await refuse(house, going)
    offered = asyncio.Event()
    going._offer = lambda deliveries: deliveries and offered.set()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(going.run())
        await asyncio.wait_for(offered.wait(), 10)
        running.cancel()
    assert not house.badges.has_strangers


async def test_an_agent_is_offered_before_the_next_one_is_let_go(house):
    await of_flex(house, 0, "Available")
    await of_engage(house, 1, "AVAILABLE", "LOGIN")
    house.roster.named |= {ANNA: ("2001", None), ENGAGED: ("2002", None)}
    held_still = []
    going = releaser(house)
    going._offer = lambda _deliveries: held_still.append(house.store._database.tally["held:board"])
    await going.look()
    assert [each for each in held_still if each] == [2]
