import itertools
from datetime import timedelta

from gateway.model.delivery import Answer, Dead, DeadReason, Delivered
from gateway.model.rate import RateLimit
from gateway.model.secret import Secret
from gateway.settings import CircuitSettings, DestinationAuth, RetrySettings
from tests.standins.delivery import DOWN, NOON, OK, delivering

REFUSED = Answer(401)


async def test_a_failed_delivery_is_tried_again_when_its_time_has_come(tmp_path):
    async with delivering(tmp_path, draw=lambda: 1.0) as bench:
        bench.wire.script(DOWN, DOWN, OK)
        event_id = await bench.contact("anna")
        await bench.ledger.until(1)
        await bench.advance(milliseconds=499)
        assert len(bench.wire.sent) == 1
        await bench.advance(milliseconds=1)
        await bench.ledger.until(2)
        await bench.advance(milliseconds=999)
        assert len(bench.wire.sent) == 2
        await bench.advance(milliseconds=1)
        await bench.ledger.until(3)
        assert bench.ledger.outcomes(event_id) == ["retry_at", "retry_at", "delivered"]
        keys = {dict(request.headers)["Idempotency-Key"] for request in bench.wire.sent}
        assert keys == {f"{event_id}:wfm"}


async def test_a_restart_waits_for_what_was_put_off(tmp_path):
    async with delivering(tmp_path, draw=lambda: 1.0) as bench:
        bench.wire.answer = lambda _request: DOWN
        await bench.contact("anna")
        await bench.ledger.until(1)
    async with delivering(tmp_path) as bench:
        await bench.advance(milliseconds=400)
        assert bench.wire.sent == []
        await bench.advance(milliseconds=100)
        await bench.ledger.until(1)
        assert bench.ledger.outcomes() == ["delivered"]


async def test_retry_after_keeps_the_whole_destination_back(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.script(Answer(429, retry_after="20"), OK)
        await bench.contact("anna")
        await bench.ledger.until(1)
        await bench.contact("berta")
        await bench.advance(seconds=19)
        assert len(bench.wire.sent) == 1
        assert bench.destination.health()["state"] == "waiting"
        await bench.advance(seconds=1)
        await bench.ledger.until(3)
        assert len(bench.wire.sent) == 3


async def test_retry_after_is_capped_at_an_hour(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.script(Answer(503, retry_after="86400"), OK)
        event_id = await bench.contact("anna")
        await bench.ledger.until(1)
        await bench.advance(hours=1)
        await bench.ledger.until(2)
        assert bench.ledger.outcomes(event_id)[-1] == "delivered"


async def test_a_long_retry_after_is_seen_and_lifted_by_resuming(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.script(Answer(429, retry_after="86400"), OK)
        await bench.contact("anna")
        await bench.ledger.until(1)
        await bench.contact("berta")
        health = bench.destination.health()
        assert (health["state"], health["not_before"]) == ("waiting", "2026-03-02T13:00:00.000Z")
        assert len(bench.wire.sent) == 1
        await bench.destination.resume()
        await bench.ledger.until(3)
        assert sorted(bench.ledger.outcomes()) == ["delivered", "delivered", "retry_at"]
        assert bench.destination.health()["state"] == "up"
        assert bench.destination.health()["not_before"] is None


async def test_what_fails_for_too_long_is_given_up(tmp_path):
    retry = RetrySettings(give_up_after=timedelta(minutes=10))
    async with delivering(tmp_path, retry=retry) as bench:
        bench.wire.answer = lambda _request: DOWN
        event_id = await bench.contact("anna")
        for _ in range(40):
            await bench.advance(seconds=30)
        dead = bench.ledger.last(event_id)
        assert (dead.reason, dead.status) == (DeadReason.GAVE_UP, 503)
        following = await bench.contact("anna")
        bench.wire.answer = lambda _request: OK
        await bench.advance(minutes=1)
        assert bench.ledger.last(following) == Delivered()


async def test_what_is_refused_for_good_is_a_dead_letter_without_our_secrets(tmp_path):
    auth = DestinationAuth("bearer", (("Authorization", Secret("Bearer s3cret")),))
    async with delivering(tmp_path, auth=auth, options={"key": Secret('k"ey')}) as bench:
        body = rb"no such thing: k\"ey, s3cret" + b"x" * 5000
        bench.wire.answer = lambda _request: Answer(404, body)
        event_id = await bench.contact("anna")
        await bench.ledger.until(1)
        dead = bench.ledger.last(event_id)
        assert dead.reason is DeadReason.PERMANENT
        assert dead.answer.startswith(b"no such thing: ***, ***x")
        assert len(dead.answer) <= 2048
        assert dict(bench.wire.sent[0].headers)["Authorization"] == "Bearer s3cret"


async def test_a_redirect_is_not_followed_but_refused_for_good(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.answer = lambda _request: Answer(302)
        event_id = await bench.contact("anna")
        await bench.ledger.until(1)
        assert isinstance(bench.ledger.last(event_id), Dead)


async def test_refused_credentials_park_the_destination_and_cost_no_delivery(tmp_path):
    retry = RetrySettings(give_up_after=timedelta(minutes=1))
    async with delivering(tmp_path, retry=retry) as bench:
        bench.wire.answer = lambda _request: REFUSED
        first = await bench.contact("anna")
        await bench.wire.until(1)
        second = await bench.contact("berta")
        await bench.advance(seconds=299)
        assert len(bench.wire.sent) == 1
        await bench.advance(seconds=1)
        assert len(bench.wire.sent) == 2
        assert bench.ledger.recorded == []
        assert (await bench.ledger.marks())["wfm"].parked_since == NOON
        bench.wire.answer = lambda _request: OK
        await bench.advance(minutes=5)
        await bench.ledger.until(2)
        assert {first, second} == set(bench.wire.told[2:])
        assert (await bench.ledger.marks())["wfm"].parked_since is None


async def test_a_reload_probes_a_parked_destination_at_once(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.script(REFUSED, OK)
        await bench.contact("anna")
        await bench.wire.until(1)
        await bench.advance(seconds=1)
        assert bench.destination.health()["state"] == "parked"
        bench.destination.reload_probe()
        await bench.ledger.until(1)
        assert bench.ledger.outcomes() == ["delivered"]
        assert bench.destination.health()["state"] == "up"


async def test_while_parked_give_up_after_stands_still(tmp_path):
    retry = RetrySettings(give_up_after=timedelta(minutes=8))
    async with delivering(tmp_path, retry=retry) as bench:
        bench.wire.script(DOWN, REFUSED, REFUSED, OK, DOWN, OK)
        event_id = await bench.contact("anna")
        await bench.ledger.until(1)
        await bench.advance(seconds=1)  # refused at its second attempt: parked
        assert bench.destination.health()["parked"]
        await bench.contact("berta")  # the item of a probe, ready before
        for _ in range(17):
            await bench.advance(minutes=1)
        assert bench.ledger.outcomes(event_id) == ["retry_at", "retry_at", "delivered"]


async def test_distinct_agents_failing_in_a_row_open_the_circuit(tmp_path):
    circuit = CircuitSettings(failures=3, probe_after=timedelta(seconds=5))
    async with delivering(tmp_path, circuit=circuit, concurrency=1) as bench:
        bench.wire.answer = lambda _request: DOWN
        for agent in ("anna", "berta", "carla", "dora", "emma"):
            await bench.contact(agent)
        await bench.ledger.until(3)
        await bench.advance(milliseconds=4900)
        assert len(bench.wire.sent) == 3
        assert bench.destination.health()["circuit"] == "open"
        await bench.advance(milliseconds=100)
        assert len(bench.wire.sent) == 4  # one probe, with a real item
        await bench.advance(milliseconds=4900)
        assert len(bench.wire.sent) == 4
        bench.wire.answer = lambda _request: OK
        await bench.advance(milliseconds=100)
        await bench.advance(seconds=1)
        assert bench.ledger.outcomes().count("delivered") == 5
        assert bench.destination.health()["circuit"] == "closed"


async def test_after_an_hour_of_outage_all_is_right_within_seconds(tmp_path):
    async with delivering(tmp_path, draw=lambda: 1.0) as bench:
        bench.wire.answer = lambda _request: DOWN
        agents = [f"agent{number}" for number in range(12)]
        for agent in agents:
            await bench.state(agent, "ready")
        for _ in range(60):
            await bench.advance(minutes=1)
        latest = [await bench.state(agent, "busy") for agent in agents]
        bench.wire.answer = lambda _request: OK
        for _ in range(8):
            await bench.advance(seconds=1)
        assert {bench.ledger.outcomes(each)[-1] for each in latest} == {"delivered"}


async def test_one_poisoned_item_does_not_shut_the_destination_and_ends_as_suspect(tmp_path):
    retry = RetrySettings(suspect_after=4)
    circuit = CircuitSettings(failures=2)
    async with delivering(tmp_path, retry=retry, circuit=circuit) as bench:
        bench.wire.answer = lambda request: Answer(500) if b"poison" in request.body else OK
        poison = await bench.contact("anna", status="poison")
        await bench.ledger.until(1)
        for number in range(6):
            await bench.contact(f"other{number}")
            await bench.quiet()
            await bench.advance(minutes=1)
        assert bench.ledger.last(poison).reason is DeadReason.SUSPECT
        assert bench.ledger.outcomes(poison) == ["retry_at"] * 3 + ["dead"]
        assert bench.ledger.outcomes().count("delivered") == 6


async def test_failing_with_everybody_else_is_not_suspect(tmp_path):
    retry = RetrySettings(suspect_after=2)
    async with delivering(tmp_path, retry=retry) as bench:
        bench.wire.answer = lambda _request: DOWN
        event_id = await bench.contact("anna")
        for _ in range(10):
            await bench.advance(minutes=1)
        assert set(bench.ledger.outcomes(event_id)) == {"retry_at"}


async def test_failing_at_an_ill_destination_is_not_suspect(tmp_path):
    retry = RetrySettings(suspect_after=3)
    circuit = CircuitSettings(failures=100)
    async with delivering(tmp_path, retry=retry, circuit=circuit) as bench:
        bench.wire.answer = lambda request: DOWN if b"unlucky" in request.body else OK
        unlucky = [await bench.contact(f"agent{n}", status="unlucky") for n in range(3)]
        for number in range(12):
            await bench.contact(f"other{number}")
            await bench.quiet()
            await bench.advance(minutes=1)
        assert {bench.ledger.outcomes(each)[-1] for each in unlucky} == {"retry_at"}


async def test_the_rate_is_kept_without_bursts_and_without_holding_slots(tmp_path):
    limit = RateLimit(10, timedelta(seconds=1))
    async with delivering(tmp_path, rate_limit=limit, concurrency=2) as bench:
        for number in range(12):
            await bench.contact(f"agent{number}")
        counts = []
        for _ in itertools.repeat(None, 5):
            counts.append(len(bench.wire.sent))
            await bench.advance(milliseconds=100)
        assert counts == [1, 2, 3, 4, 5]
        assert bench.destination.health()["in_flight"] == 0


async def test_metrics_tell_outcomes_attempts_and_what_is_owed(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.script(DOWN, OK)
        await bench.contact("anna")
        await bench.ledger.until(1)
        await bench.advance(seconds=5)
        await bench.advance(seconds=5)
        sample = bench.metrics.registry.get_sample_value
        labels = {"destination": "wfm"}
        assert sample("gateway_attempts_total", labels | {"status": "503"}) == 1
        assert sample("gateway_attempts_total", labels | {"status": "200"}) == 1
        assert bench.counted("delivered") == bench.counted("retry_at") == 1
        assert sample("gateway_delivery_seconds_count", labels) == 1
        assert sample("gateway_backlog", labels) == 0
        assert sample("gateway_circuit_open", labels) == 0


async def test_a_probe_takes_who_is_due_next_where_nobody_is_ready(tmp_path):
    changes = {
        "circuit": CircuitSettings(failures=2, probe_after=timedelta(seconds=5)),
        "retry": RetrySettings(first=timedelta(seconds=40)),
    }
    async with delivering(tmp_path, draw=lambda: 1.0, **changes) as bench:
        bench.wire.script(DOWN, DOWN, OK)
        await bench.contact("anna")
        await bench.contact("berta")
        await bench.ledger.until(2)
        await bench.advance(milliseconds=4900)
        assert len(bench.wire.sent) == 2
        await bench.advance(milliseconds=100)
        await bench.ledger.until(3)
        assert bench.ledger.outcomes()[-1] == "delivered"


async def test_a_probe_that_needs_no_request_is_followed_by_one_that_does(tmp_path):
    circuit = CircuitSettings(failures=1, probe_after=timedelta(seconds=5))
    async with delivering(tmp_path, circuit=circuit, concurrency=1) as bench:
        bench.wire.script(DOWN, OK)
        await bench.contact("anna")
        await bench.ledger.until(1)
        broken = await bench.contact("berta", broken=True)
        sound = await bench.contact("carla")
        await bench.advance(seconds=5)
        await bench.advance(seconds=1)
        assert bench.ledger.outcomes(broken) == ["dead"]
        assert bench.ledger.outcomes(sound) == ["delivered"]
        assert bench.destination.health()["circuit"] == "closed"
