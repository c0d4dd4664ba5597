"""Two platforms, an editable roster, restarts: at every moment one agent under each identity."""

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.engine.releaser import Releaser
from tests.acceptance.flex import envelope
from tests.standins.house import House, picture, said

FLEX = ("flex", f"WK{1:032x}")
ENGAGE = ("engage", "861")
NAMES = ("2001", "2002", "")
SHIFT = {"login", "state", "logout"}

STEPS = st.lists(
    st.one_of(
        st.sampled_from(["Available", "Lunch", "Offline"]).map(lambda name: ("flex", name)),
        st.sampled_from(["AVAILABLE", "LUNCH", "OFFLINE", "LOGOUT"]).map(
            lambda state: ("engage", state)
        ),
        st.tuples(
            st.just("roster"), st.tuples(st.sampled_from([FLEX, ENGAGE]), st.sampled_from(NAMES))
        ),
        st.just(("release", None)),
        st.just(("restart", None)),
    ),
    min_size=2,
    max_size=14,
)


class Day:
    """What happens, and what the vendor is told of it."""

    def __init__(self, folder):
        self.house = House(Path(folder))
        self.house.configure(flex={"Lunch": "not_ready"}, unmapped="hold")
        self.minute, self.before, self.owed = 0, "LOGIN", {}

    async def go(self, steps):
        await self.house.open()
        try:
            for what, how in (*steps, ("flex", "Offline"), ("engage", "LOGOUT")):
                await self.take(what, how)
            # The day is over, and everybody is named: nothing has to wait for anything.
            self.house.roster.named |= {FLEX: ("2003", None), ENGAGE: ("2004", None)}
            for _ in range(2):
                await self.release()
            held = (await self.house.store.backlog("history")).held
        finally:
            await self.house.store.close()
        return held

    async def take(self, what, how):
        self.minute += 1
        match what:
            case "flex":
                await self.house.receive(envelope(picture(self.minute, name=how)))
            case "engage":
                body = said(self.minute, how, self.before)
                self.before = how
                await self.house.receive(body, source="engage")
            case "roster":
                self.house.roster.named[how[0]] = (how[1], None)
            case "release":
                await self.release()
            case _:
                await self.house.open()
                self.house.badges = await self.house.store.badges()
        self.hear()
        if self.house.badges.freed():
            await self.release()

    async def release(self):
        house = self.house
        going = Releaser(
            house.store,
            house.roster,
            house.badges,
            settings=lambda: house.settings,
            offer=house.offered.extend,
        )
        await going.look()
        self.hear()

    def hear(self):
        for each in self.house.offered:
            if each.destination == "history":
                self.owed[each.seq] = each
        self.house.offered.clear()

    def lanes(self):
        """Return what each lane was told, in its order."""
        lanes = {}
        for _, each in sorted(self.owed.items()):
            event = json.loads(each.event)
            told = (each.subject, event["type"][10:-3], event["data"]["status"])
            if told[1] in SHIFT:
                lanes.setdefault(each.lane, []).append(told)
        return lanes


def overlaps(told):
    """Return where an agent is told of under an identity that another one has now."""
    inside = None
    for place, (agent, kind, status) in enumerate(told):
        if inside not in (None, agent):
            yield place, agent, kind
        elif kind == "login" or status not in ("logged_out", "unknown"):
            inside = agent
        if kind == "logout" and agent == inside:
            inside = None


@settings(max_examples=30)
@given(STEPS)
async def test_no_two_agents_are_told_of_under_one_identity_at_once(steps):
    with tempfile.TemporaryDirectory() as folder:
        day = Day(folder)
        held = await day.go(steps)
        assert held == 0
        for lane, told in day.lanes().items():
            assert list(overlaps(told)) == [], lane
