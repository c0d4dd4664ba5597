import json
from datetime import timedelta

from gateway.model.delivery import Answer, DeadReason, Unsupported
from gateway.model.event import stable_id
from gateway.settings import BatchSettings
from tests.standins.delivery import DOWN, OK, delivering, event, ids_in, judged

BATCH = BatchSettings(max_events=4, max_wait=timedelta(milliseconds=250))


async def test_what_is_ready_leaves_together_when_it_has_waited_for_company(tmp_path):
    async with delivering(tmp_path, batch=BATCH) as bench:
        owed = [await bench.state("anna"), await bench.state("berta")]
        await bench.advance(milliseconds=249)
        assert bench.wire.sent == []
        await bench.advance(milliseconds=1)
        await bench.ledger.until(2)
        assert [ids_in(each) for each in bench.wire.sent] == [owed]


async def test_a_full_batch_does_not_wait(tmp_path):
    async with delivering(tmp_path, batch=BATCH) as bench:
        owed = [await bench.state(f"agent{number}") for number in range(4)]
        await bench.ledger.until(4)
        assert [ids_in(each) for each in bench.wire.sent] == [owed]


async def test_the_idempotency_key_of_a_batch_is_the_hash_of_its_members_in_order(tmp_path):
    async with delivering(tmp_path, batch=BATCH) as bench:
        await bench.owe(event("x", "anna"), event("y", "berta"))
        await bench.advance(seconds=1)
        await bench.ledger.until(2)
        key = dict(bench.wire.sent[0].headers)["Idempotency-Key"]
        assert key == stable_id("x:wfm", "y:wfm")


async def test_what_does_not_collapse_rides_with_its_own_lane_in_order(tmp_path):
    async with delivering(tmp_path, batch=BATCH) as bench:
        contacts = [await bench.contact("anna") for _ in range(3)]
        state = await bench.state("anna")
        await bench.advance(milliseconds=250)
        await bench.ledger.until(3)
        await bench.advance(milliseconds=250)
        await bench.ledger.until(4)
        assert [ids_in(each) for each in bench.wire.sent] == [contacts, [state]]


async def test_a_batch_refused_as_a_whole_shows_the_guilty_one_by_one(tmp_path):
    def answer(request):
        return Answer(400) if "guilty" in request.body.decode() else OK

    async with delivering(tmp_path, batch=BATCH) as bench:
        bench.wire.answer = answer
        innocent = [await bench.state("anna"), await bench.state("berta")]
        guilty = await bench.state("carla", "guilty")
        await bench.advance(milliseconds=250)
        await bench.ledger.until(3)
        assert bench.ledger.last(guilty).reason is DeadReason.PERMANENT
        assert [bench.ledger.outcomes(each) for each in innocent] == [["delivered"]] * 2
        assert [len(ids_in(each)) for each in bench.wire.sent] == [3, 1, 1, 1]


async def test_judgements_event_by_event_settle_each_on_its_own(tmp_path):
    async with delivering(tmp_path, batch=BATCH) as bench:
        bench.wire.script(judged("delivered", "permanent", "retry", "hold"), OK)
        owed = [await bench.state(f"agent{number}") for number in range(4)]
        await bench.ledger.until(4)
        outcomes = [bench.ledger.outcomes(each)[0] for each in owed]
        assert outcomes == ["delivered", "dead", "retry_at", "held"]
        await bench.advance(seconds=1)
        await bench.ledger.until(5)
        assert ids_in(bench.wire.sent[1]) == [owed[2]]


async def test_a_failed_batch_counts_once_for_the_circuit(tmp_path):
    async with delivering(tmp_path, batch=BATCH) as bench:
        bench.wire.script(DOWN, OK)
        for number in range(4):
            await bench.state(f"agent{number}")
        await bench.ledger.until(4)
        await bench.advance(seconds=1)
        await bench.ledger.until(8)
        assert bench.ledger.outcomes().count("delivered") == 4


async def test_what_cannot_be_rendered_leaves_the_batch(tmp_path):
    async with delivering(tmp_path, batch=BATCH) as bench:
        sound = [await bench.state("anna")]
        broken = await bench.state("berta", broken=True)
        mute = await bench.state("carla", mute=True)
        sound.append(await bench.state("dora"))
        await bench.ledger.until(4)
        assert bench.ledger.last(broken).reason is DeadReason.RENDER
        assert isinstance(bench.ledger.last(mute), Unsupported)
        assert [ids_in(each) for each in bench.wire.sent] == [sound]


async def test_what_cannot_be_told_together_is_told_apart(tmp_path):
    async with delivering(tmp_path, batch=BATCH, options={"never_together": True}) as bench:
        owed = [await bench.state(f"agent{number}") for number in range(4)]
        await bench.ledger.until(4)
        assert [ids_in(each) for each in bench.wire.sent] == [[each] for each in owed]


async def test_what_is_unchanged_leaves_the_batch(tmp_path):
    async with delivering(tmp_path, batch=BATCH, options={"parts": True}) as bench:
        for number in range(4):
            await bench.state(f"agent{number}")
        await bench.ledger.until(4)
        await bench.state("agent0")
        news = await bench.state("agent1", "busy")
        await bench.advance(seconds=1)
        await bench.ledger.until(6)
        assert ids_in(bench.wire.sent[1]) == [news]
        assert bench.ledger.outcomes().count("unchanged") == 1


async def test_what_failed_amid_success_travels_alone(tmp_path):
    def answer(request):
        return Answer(500) if "poison" in request.body.decode() else OK

    async with delivering(tmp_path, batch=BATCH) as bench:
        bench.wire.answer = answer
        await bench.contact("anna", status="poison")
        await bench.contact("berta")
        for number in range(8):
            await bench.contact(f"agent{number}")
            await bench.quiet()
            await bench.advance(seconds=90)
        assert [len(json.loads(each.body)) for each in bench.wire.sent if b"poison" in each.body][
            -2:
        ] == [1, 1]
