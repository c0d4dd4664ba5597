import asyncio
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.engine.memory_lane import Limits
from gateway.mapping import EventType
from gateway.model.delivery import Answer, RetryAt
from gateway.settings import BatchSettings
from tests.standins.delivery import (
    OK,
    Bench,
    destination_settings,
    event,
    ids_in,
    in_order,
    timedelta,
)

ANSWERS = st.sampled_from(
    [
        OK,
        OK,
        Answer(503),
        Answer(0, error="connection lost"),
        Answer(429, retry_after="2"),
        Answer(400),
        Answer(401),
    ]
)
AGENTS = st.sampled_from(["anna", "berta", "carla"])
KINDS = st.sampled_from([EventType.STATE, EventType.STATE, EventType.LOGIN])
BATCH = BatchSettings(max_events=3, max_wait=timedelta(milliseconds=100))


@settings(max_examples=40)
@given(
    owed=st.lists(st.tuples(AGENTS, KINDS, st.integers(0, 3)), min_size=1, max_size=25),
    answers=st.lists(ANSWERS, max_size=25),
    skip=st.booleans(),
    batch=st.booleans(),
    depth=st.integers(1, 4),
)
def test_each_lane_is_told_in_order_and_every_delivery_ends_once(owed, answers, skip, batch, depth):
    with TemporaryDirectory() as folder:
        asyncio.run(_check(Path(folder), owed, answers, skip=skip, batch=batch, depth=depth))


async def _check(folder, owed, answers, *, skip, batch, depth):
    changes = destination_settings(
        superseded="skip" if skip else "send", batch=BATCH if batch else None, concurrency=2
    )
    bench = Bench(folder / "s.db", settings=changes, limits=Limits(deliveries=8, depth=depth))
    left = list(answers)
    bench.wire.answer = lambda _request: left.pop(0) if left else OK
    events = []
    async with bench.running():
        for number, (agent, kind, pause) in enumerate(owed):
            events.append(event(f"e{number:02}", agent, kind, bench.clock.now()))
            await bench.owe(events[-1])
            if pause:
                await bench.advance(seconds=pause)
        for _ in range(200):
            if (await bench.ledger.backlog("wfm")).pending == 0:
                break
            await bench.advance(seconds=60)
            await bench.advance(milliseconds=100)
    _judge(bench, events)
    await bench.ledger.close()


def _judge(bench, events):
    ends = Counter(
        each.delivery.event_id
        for each in bench.ledger.recorded
        if not isinstance(each.outcome, RetryAt)
    )
    assert ends == {each.id: 1 for each in events}
    told = [event_id for request in bench.wire.sent for event_id in ids_in(request)]
    for agent in {each.subject for each in events}:
        mine = [each.id for each in events if each.subject == agent]
        told_of_mine = [each for each in told if each in mine]
        assert in_order(told_of_mine, mine, in_batches=bench.settings.batch is not None)
        states = [e.id for e in events if e.subject == agent and e.type is EventType.STATE]
        if states:
            assert bench.ledger.outcomes(states[-1])[-1] in {"delivered", "dead"}
            assert states[-1] in told
