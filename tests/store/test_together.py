"""Events written together come to the same as written one by one."""

from dataclasses import replace
from datetime import timedelta

import apsw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.model.delivery import Dead, DeadReason, Delivered, Held, RetryAt, Superseded
from gateway.model.event import Event, EventType
from gateway.ports import Finished, Lane, Recorded, RoutedEvent
from gateway.store.sqlite import open_store
from tests.store.engines import START, Clock, keys, owe, owed, receipt

LATER = START + timedelta(seconds=9)
WRITTEN = {
    "events": "SELECT id, receipt IS NULL, subject, type, recorded_at, event FROM events",
    "outbox": """
        SELECT e.id, destination, lane, identity, collapses, attempts, due_at, held, o.subject
        FROM outbox o JOIN events e ON e.seq = o.event""",
    "ledger": "SELECT agent, at, mark, status, reason FROM ledger_agents",
    "outcomes": "SELECT event_id, destination, outcome, attempts, status, at, detail FROM outcomes",
    "lanes": "SELECT destination, lane, memory, delivered, newest > 0 FROM lanes",
    "dead": "SELECT lane, event_id, reason, detail, attempts FROM dead_letters",
    "agents": "SELECT key, known FROM agents",
    "counts": "SELECT name, n FROM counts WHERE name NOT LIKE '%seq'",
}
OUTCOMES = (
    Delivered(status=202),
    Superseded("e0"),
    RetryAt(LATER),
    Held("unknown_agent"),
    Dead(DeadReason.PERMANENT, "no", 400, b"bad"),
)

told = st.tuples(
    st.sampled_from(["e0", "e1", "e2", "e3", "e4"]),
    st.sampled_from(["flex:ann", "flex:bob", "flex:\udce9"]),
    st.lists(st.sampled_from(["calabrio", "verint"]), unique=True),
)
batches = st.lists(st.lists(told, max_size=4), min_size=1, max_size=4)


def routed(name, subject, destinations):
    data = {"agent": None, "status": "ready", "reason": {"label": name}}
    event = Event(name, "flex", EventType.STATE, subject, START, START, data)
    return RoutedEvent(event, tuple(owed(name, subject, to=each) for each in destinations))


async def written(path, batch, outcomes, *, apart):
    """Return what a store holds after a batch; *apart*: written one by one, since of somebody else
    something is held.
    """
    clock = Clock()
    store = open_store(path, now=clock)
    if apart:
        for name in ("calabrio", "verint"):
            held = owed(f"held-{name}", "eve", to=name, held="unmapped")
            await owe(store, held, subject="flex:eve")
    for number in range(len(batch)):
        await store.append(receipt(b"%d" % number), keys(None))
    claimed = await store.untranslated(9)
    finished = [
        Finished(each, tuple(routed(*one) for one in told), agents={s: b"{}" for _, s, _ in told})
        for each, told in zip(claimed, batch, strict=True)
    ]
    deliveries = await store.finish(finished)
    recorded = [
        Recorded(each, outcomes[n % len(outcomes)], LATER, "m 1", Lane({"n": n}))
        for n, each in enumerate(deliveries)
    ]
    groups = [[each] for each in recorded] if apart else [recorded]
    for group in groups:
        again = [each for each in group[:1] if isinstance(each.outcome, Delivered)]
        await store.record([*group, *(replace(each, lane_state=None) for each in again)])
    assert await store.check() == []
    await store.close()
    return [(each.event_id, each.destination, each.lane) for each in deliveries], rows(path)


def rows(path):
    with apsw.Connection(str(path)) as looking:
        return {name: sorted(map(repr, looking.execute(sql))) for name, sql in WRITTEN.items()}


def without_the_held(tables):
    """Leave out what only the store that writes one by one has."""
    kept = {name: [row for row in found if "eve" not in row] for name, found in tables.items()}
    del kept["counts"]
    return kept


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batch=batches, outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=5))
async def test_together_or_one_by_one(tmp_path_factory, batch, outcomes):
    folder = tmp_path_factory.mktemp("together")
    together = await written(folder / "a.db", batch, outcomes, apart=False)
    apart = await written(folder / "b.db", batch, outcomes, apart=True)
    assert together[0] == apart[0]
    assert without_the_held(together[1]) == without_the_held(apart[1])
