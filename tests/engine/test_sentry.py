"""Alarms on the real store, with a clock that the test turns: each change is told once."""

import json
from datetime import timedelta

import pytest
import structlog

from gateway.model.errors import StoreUnavailableError
from tests.acceptance.flex import START, envelope, record, written
from tests.standins.delivery import HandClock
from tests.standins.watched import source_of, watched

MINUTES_5 = timedelta(minutes=5)


@pytest.fixture
def clock():
    return HandClock(START)


@pytest.fixture
def logged():
    """Return the names of the log's events so far."""
    with structlog.testing.capture_logs() as lines:
        yield lambda: [each["event"] for each in lines if each["event"].startswith("alarm")]


async def test_a_silent_source_is_told_once_and_cleared_once(tmp_path, clock, logged):
    async with watched(tmp_path, clock, source_of(expect_every=MINUTES_5)) as gateway:
        await gateway.hear(envelope(record(1, 0)))
        assert await gateway.after(minutes=5) == []
        assert await gateway.after(seconds=1) == ["source_silent flex"]
        assert gateway.gauge("source_silent", "flex") == 1
        assert await gateway.after(hours=1) == ["source_silent flex"]
        assert await gateway.alerts() == ["raised source_silent"]
        await gateway.hear(envelope(record(1, 1)))
        assert await gateway.after(seconds=1) == []
        assert gateway.gauge("source_silent", "flex") == 0
        assert await gateway.alerts() == ["raised source_silent", "cleared source_silent"]
        assert logged() == ["alarm.raised", "alarm.cleared"]
        assert [each.destination for each in gateway.offered] == ["wfm", "wfm"]


async def test_nobody_is_told_twice_after_a_restart(tmp_path, clock, logged):
    source = source_of(expect_every=MINUTES_5)
    async with watched(tmp_path, clock, source) as gateway:
        await gateway.hear(envelope(record(1, 0)))
        await gateway.after(minutes=6)
        since = gateway.sentry.standing[0].since
    for _ in range(2):
        clock.advance(timedelta(minutes=1))
        async with watched(tmp_path, clock, source) as gateway:
            assert await gateway.after(seconds=2) == ["source_silent flex"]
            assert await gateway.after(minutes=6) == ["source_silent flex"]
            assert gateway.sentry.standing[0].since == since
            assert gateway.gauge("source_silent", "flex") == 1
    async with watched(tmp_path, clock, source) as gateway:
        await gateway.hear(envelope(record(1, 1)))
        assert await gateway.after(seconds=2) == []
        assert await gateway.alerts() == ["raised source_silent", "cleared source_silent"]
    assert [each for each in logged() if each != "alarms.standing"] == [
        "alarm.raised",
        "alarm.cleared",
    ]


async def test_a_source_not_heard_since_the_start_counts_from_it(tmp_path, clock):
    async with watched(tmp_path, clock, source_of()) as gateway:
        await gateway.hear(envelope(record(1, 0)))
    clock.advance(timedelta(hours=2))
    async with watched(tmp_path, clock, source_of(expect_every=MINUTES_5)) as gateway:
        assert await gateway.after(minutes=4) == []
        assert await gateway.after(minutes=2) == ["source_silent flex"]


async def test_silence_with_nobody_logged_in_is_no_alarm(tmp_path, clock):
    async with watched(tmp_path, clock, source_of(expect_every=MINUTES_5)) as gateway:
        await gateway.hear(envelope(record(1, 0), record(2, 0)))
        await gateway.hear(envelope(record(1, 1, name="Offline"), record(2, 1, name="Offline")))
        assert await gateway.after(hours=9) == []


async def test_an_alarm_of_a_source_that_is_gone_ends(tmp_path, clock):
    async with watched(tmp_path, clock, source_of(expect_every=MINUTES_5)) as gateway:
        await gateway.hear(envelope(record(1, 0)))
        assert await gateway.after(minutes=6) == ["source_silent flex"]
        gateway.settings.sources.clear()
        assert await gateway.after(seconds=2) == []


async def test_a_refusing_source_says_which_check_failed(tmp_path, clock):
    async with watched(tmp_path, clock, source_of()) as gateway:
        refusals = gateway.health["flex"].refusals
        refusals["basic"] = 3
        await gateway.hear(envelope(record(1, 0)))
        await gateway.after(seconds=2)
        refusals["basic"] = 7
        await gateway.after(seconds=2)
        assert await gateway.after(seconds=58) == []
        refusals["basic"] = 8
        assert await gateway.after(seconds=2) == ["source_refusing flex"]
        assert "basic (5 times)" in gateway.sentry.standing[0].alarm.detail
        assert await gateway.after(hours=1) == ["source_refusing flex"]
        await gateway.hear(envelope(record(1, 1)))
        assert await gateway.after(seconds=2) == []
        refusals["basic"] = 9
        assert await gateway.after(seconds=90) == []


async def test_a_refusal_by_the_store_is_not_laid_at_the_senders_door(tmp_path, clock):
    async with watched(tmp_path, clock, source_of()) as gateway:
        for count in range(5):
            gateway.health["flex"].refusals["store"] = count
            assert await gateway.after(minutes=1) == []


async def test_an_agent_who_is_silent_for_too_long_is_told_and_stays_logged_in(tmp_path, clock):
    source = source_of(ghost_after=timedelta(hours=12))
    async with watched(tmp_path, clock, source) as gateway:
        await gateway.hear(envelope(record(1, 0), record(2, 0)))
        clock.advance(timedelta(hours=6))
        await gateway.hear(envelope(record(2, 6 * 3600)))
        assert await gateway.after(hours=6, seconds=1) == [f"agent_silent flex:WK{1:032x}"]
        assert gateway.gauge("agent_silent", "flex") == 1
        assert gateway.floor.live("flex") == 2
        assert (await gateway.store.sizes())["events"] == 6
        await gateway.hear(envelope(record(1, 12 * 3600)))
        assert await gateway.after(seconds=1) == []


async def test_an_agents_silence_goes_on_over_a_restart(tmp_path, clock):
    source = source_of(ghost_after=timedelta(hours=12))
    async with watched(tmp_path, clock, source) as gateway:
        await gateway.hear(envelope(record(1, 0), record(2, 0)))
        await gateway.hear(envelope(record(2, 1, name="Offline")))
    clock.advance(timedelta(hours=12))
    async with watched(tmp_path, clock, source) as gateway:
        assert await gateway.after(minutes=1) == []
        assert gateway.floor.live("flex") == 1
        assert await gateway.after(minutes=15) == [f"agent_silent flex:WK{1:032x}"]


async def test_who_is_heard_before_the_floor_is_read_is_not_read_again(tmp_path, clock):
    source = source_of(ghost_after=timedelta(hours=12))
    async with watched(tmp_path, clock, source) as gateway:
        await gateway.hear(envelope(record(1, 0), record(2, 0), record(3, 0)))
    clock.advance(timedelta(hours=1))
    async with watched(tmp_path, clock, source) as gateway:
        await gateway.hear(envelope(record(1, 3600, name="Offline"), record(2, 3601)))
        await gateway.after(seconds=1)
        unheard = gateway.floor.longest_unheard("flex", 9)
    assert [key[-1] for key, _ in unheard] == ["3", "2"]
    assert [at for _, at in unheard] == [START, START + timedelta(hours=1)]


WRAPPING = {
    "channels": [
        {
            "worker_channel_sid": "WC1",
            "task_channel_name": "voice",
            "reservations": [
                {
                    "sid": "WR1",
                    "status": "wrapping",
                    "task_sid": "WT1",
                    "date_created": written(START),
                    "date_updated": written(START),
                    "date_reservation_status_updated": written(START),
                }
            ],
        }
    ]
}


async def test_after_call_work_that_does_not_end_is_told(tmp_path, clock):
    source = source_of(wrap_up_limit=timedelta(minutes=30))
    async with watched(tmp_path, clock, source) as gateway:
        await gateway.hear(envelope(record(1, 0, name="Available") | WRAPPING))
        assert await gateway.after(minutes=30) == []
        assert await gateway.after(seconds=1) == [f"wrap_up_long flex:WK{1:032x}"]
    async with watched(tmp_path, clock, source) as gateway:
        assert await gateway.after(minutes=1) == [f"wrap_up_long flex:WK{1:032x}"]
        await gateway.hear(envelope(record(1, 3600, name="Available")))
        assert await gateway.after(seconds=1) == []


async def test_a_storm_of_silent_agents_is_bounded(tmp_path, clock):
    source = source_of(ghost_after=timedelta(hours=12))
    async with watched(tmp_path, clock, source) as gateway:
        await gateway.hear(envelope(*(record(each, 0) for each in range(1, 151))))
        assert len(await gateway.after(hours=13)) == 100
        assert gateway.gauge("agent_silent", "flex") == 100


def engage(at, agent="7"):
    fields = {"agent_id": agent, "agent_login_id": "1", "event_type": "AVAILABLE"}
    return json.dumps(fields | {"date_time": f"{at:%Y-%m-%d %H:%M:%S}"}).encode()


@pytest.mark.parametrize(
    ("hours", "way"),
    [(-5, []), (-8, ["time_zone flex"]), (0, ["time_zone flex"]), (-5.2, ["clock_skew flex"])],
)
async def test_a_wrong_zone_or_clock_is_told(tmp_path, clock, hours, way):
    # Eastern standard time is five hours behind UTC; another zone's times lie beside it.
    async with watched(tmp_path, clock, source_of("ringcentral")) as gateway:
        for number in range(5):
            clock.advance(timedelta(seconds=1))
            wall = clock.now() + timedelta(hours=hours)
            await gateway.hear(engage(wall, agent=str(number)))
        assert await gateway.after(seconds=1) == way


async def test_a_store_that_cannot_write_is_told_at_once_and_kept_later(
    tmp_path, clock, logged, monkeypatch
):
    async with watched(tmp_path, clock, source_of()) as gateway:
        assert await gateway.after(seconds=1) == []

        async def refuse(*_):
            raise StoreUnavailableError("the disk is full")

        with monkeypatch.context() as full:
            full.setattr(gateway.store, "check_writable", refuse)
            full.setattr(gateway.store, "keep_alarms", refuse)
            gateway.health["flex"].refusals["store"] = 1
            assert await gateway.after(seconds=1) == ["store_unavailable"]
            assert await gateway.after(seconds=1) == ["store_unavailable"]
            assert logged() == ["alarm.raised"]
            assert await gateway.alerts() == []
        assert await gateway.after(seconds=1) == []
        assert await gateway.alerts() == ["raised store_unavailable", "cleared store_unavailable"]
        assert logged() == ["alarm.raised", "alarm.cleared"]
        assert await gateway.store.alarms() == []


async def test_a_translator_that_is_far_behind_is_an_unavailable_store(tmp_path, clock):
    async with watched(tmp_path, clock, source_of()) as gateway:
        waiting = gateway.settings.store.max_untranslated
        gateway.store.untranslated_count = lambda: waiting
        assert await gateway.after(minutes=1) == ["store_unavailable"]


async def test_new_entries_in_quarantine_are_told_wave_by_wave(tmp_path, clock):
    source = source_of()
    async with watched(tmp_path, clock, source) as gateway:
        await gateway.after(seconds=1)
        await gateway.hear(envelope(record(1, 0), {"worker": {}}))
        assert await gateway.after(seconds=1) == ["quarantine_growing flex"]
    async with watched(tmp_path, clock, source) as gateway:
        assert await gateway.after(minutes=14) == ["quarantine_growing flex"]
        assert await gateway.after(minutes=2) == []
        await gateway.hear(envelope(record(1, 1), {"worker": {}}))
        assert await gateway.after(seconds=1) == ["quarantine_growing flex"]


HEALTHY = {
    "parked": False,
    "circuit": "closed",
    "backlog": 0,
    "seconds_behind": 0.0,
    "last_answer": {"status": 200},
}


async def test_a_destination_that_is_down_is_told_after_a_minute(tmp_path, clock):
    async with watched(tmp_path, clock, source_of()) as gateway:
        gateway.destination = HEALTHY | {
            "circuit": "open",
            "backlog": 9,
            "last_answer": {"status": 0, "error": "connection refused"},
        }
        assert await gateway.after(seconds=1) == []
        assert await gateway.after(seconds=59) == []
        assert await gateway.after(seconds=1) == ["destination_down wfm"]
        assert "connection refused" in gateway.sentry.standing[0].alarm.detail
    async with watched(tmp_path, clock, source_of()) as gateway:
        assert await gateway.after(seconds=1) == ["destination_down wfm"]
        gateway.destination = HEALTHY | {"backlog": 9, "last_answer": None}
        assert await gateway.after(seconds=1) == ["destination_down wfm"]
        gateway.destination = HEALTHY
        assert await gateway.after(seconds=1) == []
        assert gateway.gauge("destination_down", "wfm") == 0
        gateway.destination = HEALTHY | {"parked": True}
        assert await gateway.after(seconds=1) == ["destination_parked wfm"]


async def test_the_sentry_looks_every_few_seconds(tmp_path, clock):
    async with watched(tmp_path, clock, source_of(expect_every=timedelta(seconds=5))) as gateway:
        await gateway.hear(envelope(record(1, 0)))
        async with gateway.on_watch():
            await gateway.turn(seconds=4)
            assert gateway.raised == []
            await gateway.turn(seconds=2)
            assert gateway.raised == ["source_silent flex"]


async def test_a_clock_that_jumps_makes_nobody_silent(tmp_path, clock):
    async with watched(tmp_path, clock, source_of(expect_every=timedelta(seconds=5))) as gateway:
        await gateway.hear(envelope(record(1, 0)))
        async with gateway.on_watch():
            await gateway.turn(hours=1)
            await gateway.turn(seconds=4)
            assert gateway.raised == []
            await gateway.turn(seconds=4)
            assert gateway.raised == ["source_silent flex"]
