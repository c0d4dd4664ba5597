from dataclasses import replace

import orjson

from gateway.engine.attempt import MOST_STEPS, attempt
from gateway.engine.rendering import Item, Renderer
from gateway.mapping import Judgement, Request, Settlement, Verdict
from gateway.model.delivery import Answer, Delivery
from gateway.ports import Lane
from tests.standins.delivery import DOWN, MAPPING, NOON, OK, Wire, destination_settings, event

LEAVE = Request(body=b'[{"id": "leave"}]', content_type="application/json", parts=(None,))
ENTER = replace(LEAVE, body=b'[{"id": "enter"}]')


def item(event_id="e1", lane="7", state=None, raw=None):
    delivery = Delivery(
        seq=int(event_id[1:]),
        event_id=event_id,
        destination="wfm",
        lane=lane,
        subject="flex:7",
        event_type="agent.state",
        event=raw or orjson.dumps(event(event_id, lane).envelope()),
        recorded_at=NOON,
        identity=lane,
    )
    return Item(delivery, state or Lane())


async def tried(step, items, *answers, judges=True):
    wire = Wire()
    wire.script(*(answers or (OK,)))
    settings = destination_settings(mapping=replace(MAPPING, step=step, judges=judges))

    async def remember(lane, state):
        wire.kept.append((len(wire.sent), lane, state.memory))

    return await attempt(items, Renderer(settings), wire, remember), wire


async def test_a_mapping_may_take_several_steps_and_remember_something():
    def step(_events, memory, answer, _options):
        if answer is None:
            return replace(LEAVE, memory={**memory, "left": True})
        if memory.get("left"):
            return replace(ENTER, memory={"since": memory["since"]})
        return Settlement(None, {**memory, "open": "sheet-9"})

    made, wire = await tried(step, [item(state=Lane({"since": 1}))], Answer(204), OK)
    assert wire.told == ["leave", "enter"]
    keys = [dict(each.headers)["Idempotency-Key"] for each in wire.sent]
    assert keys == ["e1:wfm", "e1:wfm:1"]
    (judged,) = made.judged
    assert judged.judgement.verdict is Verdict.DELIVERED
    assert judged.memory == {"since": 1, "open": "sheet-9"}
    assert wire.kept == []


async def test_how_far_it_has_come_is_durable_before_the_next_request():
    def step(_events, memory, answer, _options):
        if answer is None and "left" not in memory:
            return LEAVE
        return Settlement(None) if "left" in memory else replace(ENTER, memory={"left": True})

    _, wire = await tried(step, [item(state=Lane({"since": 1}))], OK, OK)
    assert wire.told == ["leave", "enter"]
    assert wire.kept == [(1, "7", {"left": True})]


async def test_a_question_changes_nothing_that_would_have_to_be_durable():
    def step(_events, memory, answer, _options):
        asked = memory.get("asked", 0)
        if answer is not None and asked == 2:
            return Settlement(None)
        return Request(b"", "", (None,), method="GET", memory={"asked": asked + 1})

    _, wire = await tried(step, [item()], OK, OK)
    assert (len(wire.sent), wire.kept) == (2, [])


async def test_a_step_without_a_memory_of_its_own_goes_on_with_the_one_before():
    seen = []

    def step(_events, memory, answer, _options):
        seen.append(dict(memory))
        if answer is None:
            return replace(LEAVE, memory={"at": 1})
        return ENTER if len(memory) == 1 and answer.status == 204 else Settlement(None)

    made, _wire = await tried(step, [item(state=Lane({"since": 1}))], Answer(204), OK)
    assert seen == [{"since": 1}, {"at": 1}, {"at": 1}]
    assert made.judged[0].memory == {}


async def test_a_question_that_the_mapping_makes_nothing_of_has_delivered_nothing():
    def step(_events, _memory, answer, _options):
        if answer is None:
            return replace(LEAVE, method="GET", body=b"")
        return Settlement(None)

    made, _wire = await tried(step, [item()], OK)
    assert made.judged[0].judgement.verdict is Verdict.PERMANENT
    made, _wire = await tried(step, [item()], DOWN)
    assert made.judged[0].judgement.verdict is Verdict.RETRY


async def test_a_mapping_that_does_not_end_is_ended():
    made, wire = await tried(lambda *_: LEAVE, [item()])
    assert len(wire.sent) == made.requests == MOST_STEPS
    assert made.judged[0].judgement.verdict is Verdict.DELIVERED


async def test_where_a_mapping_fails_to_judge_the_status_counts():
    def step(_events, _memory, answer, _options):
        return LEAVE if answer is None else 1 / 0

    made, _wire = await tried(step, [item()], DOWN)
    assert made.judged[0].judgement == Judgement(Verdict.RETRY, "answered 503")


async def test_a_mapping_that_does_not_judge_is_asked_once_and_the_status_counts():
    def step(_events, _memory, answer, _options):
        assert answer is None
        return ENTER

    made, _ = await tried(step, [item(state=Lane({"since": 1}))], DOWN, judges=False)
    (judged,) = made.judged
    assert (judged.judgement.verdict, judged.memory) == (Verdict.RETRY, None)


async def test_judgements_that_do_not_fit_the_events_are_not_believed():
    def step(_events, memory, answer, _options):
        delivered = Judgement(Verdict.DELIVERED)
        return LEAVE if answer is None else Settlement((delivered, delivered), memory)

    made, _wire = await tried(step, [item()], Answer(404))
    assert made.judged[0].judgement.verdict is Verdict.PERMANENT


async def test_several_lanes_have_no_memory_to_go_by():
    memories = []

    def step(events, memory, answer, _options):
        memories.append(dict(memory))
        parts = (None,) * len(events)
        return replace(LEAVE, parts=parts) if answer is None else Settlement(None, {"x": 1})

    items = [item("e1", "7", Lane({"a": 1})), item("e2", "8", Lane({"b": 2}))]
    made, _wire = await tried(step, items)
    assert memories == [{}, {}]
    assert [each.memory for each in made.judged] == [None, None]


async def test_requests_and_settlements_that_leave_events_out_are_flaws():
    wrong = (
        replace(LEAVE, parts=()),
        Settlement(None),
        Settlement(()),
        Settlement((Judgement(Verdict.RETRY),)),
    )
    for each in wrong:
        made, wire = await tried(lambda *_, each=each: each, [item()])
        assert made.judged[0].is_flawed
        assert wire.sent == []


async def test_an_event_that_is_no_json_is_a_flaw_of_its_own():
    made, wire = await tried(
        lambda _e, memory, answer, _o: LEAVE if answer is None else Settlement(None, memory),
        [item("e1", raw=b"{"), item("e2")],
    )
    assert [each.is_flawed for each in made.judged] == [True, False]
    assert len(wire.sent) == 1
