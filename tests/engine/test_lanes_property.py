"""Lanes that nothing keeps back take a short way; it leads where the long one would."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.engine.lanes import LaneTable
from gateway.engine.memory_lane import Limits
from gateway.model.delivery import Delivery
from gateway.pipeline.lanes import Rules
from gateway.ports import ClaimedLane, Lane
from tests.standins.delivery import NOON

MINUTE = timedelta(minutes=1)
SOON = NOON + MINUTE
MOSTLY_NOW = st.sampled_from([None, None, None, NOON, SOON])
PERHAPS_LATER = st.sampled_from([None, NOON, SOON, SOON + MINUTE])


class LongWay(LaneTable):
    """A table that always asks everything."""

    def _is_free(self, _lane):
        return False


@st.composite
def deliveries(draw):
    return Delivery(
        seq=0,
        event_id="e",
        destination="wfm",
        lane="7",
        subject="flex:7",
        event_type="agent.state",
        event=b"{}",
        recorded_at=NOON - MINUTE * draw(st.integers(0, 1)),
        collapses=draw(st.booleans()),
        failures_amid_success=draw(st.sampled_from([0, 2])),
        due_at=draw(MOSTLY_NOW),
    )


STEPS = st.one_of(
    st.tuples(st.just("offer"), deliveries(), st.booleans()),
    st.tuples(
        st.just("attempt"), st.integers(1, 3), PERHAPS_LATER, st.lists(deliveries(), max_size=1)
    ),
    st.tuples(st.just("read"), st.lists(deliveries(), max_size=3), st.booleans()),
    st.tuples(st.just("wait"), st.integers(0, 2)),
)


class Played:
    """One table, and all that is seen of it from outside while the same happens to it."""

    def __init__(self, table):
        self.table = table
        self.seen = []
        self._seq = 0
        self._now = NOON
        table.overflow = False

    def play(self, step, *given):
        getattr(self, f"_{step}")(*given)
        table = self.table
        shown = [
            (lane.name, lane.place, [each.seq for each in lane.pending], lane.more, lane.reload)
            for lane in table
        ]
        self.seen.append((shown, table.loaded, sorted(table.loading), table.has_ready))

    def _numbered(self, delivery, *, is_late=False):
        """Number deliveries by tens; a late one comes between two."""
        self._seq += 0 if is_late else 10
        seq = self._seq - 5 if is_late else self._seq
        own = {name: getattr(delivery, name) for name in Delivery.__slots__}
        return Delivery(**own | {"seq": seq, "event_id": f"e{seq}"})

    def _offer(self, delivery, is_late):
        self.table.offer(self._numbered(delivery, is_late=is_late), self._now)

    def _attempt(self, limit, due_at, meanwhile):
        """Take, have something offered meanwhile, and deliver; or fail, until *due_at*."""
        taken = self.table.take(self._now, limit)
        self.seen.append([(lane.name, several) for lane, several in taken])
        for delivery in meanwhile:
            self._offer(delivery, is_late=False)
        for lane, several in taken:
            kept = list(lane.pending)[:several] if due_at else []
            lane.due_at = due_at
            self.table.landed(lane, kept)
            self.table.settle(lane, self._now)

    def _read(self, found, more):
        for lane in tuple(self.table.loading.values()):
            numbered = tuple(self._numbered(each) for each in found)
            claimed = ClaimedLane(lane.name, Lane(), numbered, more)
            self.table.refilled(lane, claimed, self._now, over=frozenset())

    def _wait(self, minutes):
        self._now += minutes * MINUTE
        self.table.wake(self._now)


@given(
    st.lists(STEPS, min_size=4, max_size=12),
    st.booleans(),
    st.sampled_from([timedelta(0), MINUTE]),
    st.integers(1, 4),
    st.booleans(),
)
@settings(max_examples=300)
def test_the_short_way_leads_where_the_long_one_does(steps, skip, settle, depth, remembers):
    rules = Rules(skip, None, settle, timedelta(hours=1))
    seen = []
    for kind in (LaneTable, LongWay):
        dropped = []
        played = Played(kind(rules, Limits(depth=depth), dropped.append, remembers=remembers))
        for step in steps:
            played.play(*step)
        seen.append((played.seen, dropped))
    assert seen[0] == seen[1]
