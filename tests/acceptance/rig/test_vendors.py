"""Vendors that misbehave in every way that they know: nothing is lost, nothing is buried."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme

from tests.acceptance.rig.rig import Rig, sending
from tests.acceptance.rig.vendor import Mood

SOON = 15
TRANSIENT = [
    Mood.FAILING,
    Mood.SLOW,
    Mood.HANGING,
    Mood.RESETTING,
    Mood.HALF,
    Mood.LATE,
]
ODD = {
    "negative": "-30",
    "past": "Wed, 21 Oct 2015 07:28:00 GMT",
    "garbage": "in a minute or two",
    "empty": "",
}


async def endure(rig, mood, **more):
    """Let both vendors be so for some requests, then well again."""
    rig.be(mood, **more)
    await rig.events.wait_for(len(rig.events.heard) + 2)
    rig.be(Mood.FINE)
    await rig.events.wait_for(len(rig.events.heard) + 5)


async def test_whatever_fails_for_a_while_is_delivered_in_the_end(tmp_path):
    async with Rig(tmp_path, pause=0.05) as rig, sending(rig):
        for mood in TRANSIENT:
            await endure(rig, mood)
        for vendor in (rig.events, rig.codes):
            await vendor.close()
        await rig.gateway.until(lambda: rig.gateway.told_of("events", "circuit"), wanted="open")
        for vendor in (rig.events, rig.codes):
            await vendor.open()
        await rig.events.wait_for(len(rig.events.heard) + 5)
    assert rig.verdict.balance["events"].keys() == {"delivered"}


async def test_whatever_fails_for_a_while_is_delivered_after_a_restart(tmp_path):
    async with Rig(tmp_path, pause=0.05) as rig:
        rig.be(Mood.FAILING)
        await rig.send(4)
        await rig.events.wait_for(8)
        assert await rig.gateway.stop() == 0
        rig.be(Mood.FINE)
        await rig.gateway.start()
        await rig.calm(SOON)
        verdict = await rig.balance()
    assert verdict.violations == []
    assert verdict.balance["events"].keys() == {"delivered"}


async def test_only_states_give_way_to_newer_ones(tmp_path):
    async with Rig(tmp_path, pause=0.02, skips=True) as rig, sending(rig):
        rig.be(Mood.FAILING)
        await rig.gateway.until(lambda: rig.gateway.told_of("events", "circuit"), wanted="open")
        await rig.events.wait_for(len(rig.events.heard) + 5)
        rig.be(Mood.FINE)
    assert rig.verdict.balance["events"].keys() == {"delivered", "superseded"}


@pytest.mark.parametrize("odd", ODD)
async def test_an_odd_retry_after_stops_nothing(tmp_path, odd):
    async with Rig(tmp_path, pause=0.05) as rig, sending(rig):
        await endure(rig, Mood.LIMITING, retry_after=ODD[odd])
    assert rig.verdict.balance["events"].keys() == {"delivered"}


async def test_a_day_of_retry_after_is_an_hour_at_most_and_an_operator_may_end_it(tmp_path):
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    async with Rig(tmp_path, pause=0.05) as rig, sending(rig):
        rig.be(Mood.LIMITING, retry_after=tomorrow)
        await rig.gateway.until(lambda: _is_held_up(rig), wanted=True)
        until = datetime.fromisoformat(await rig.gateway.told_of("events", "not_before"))
        assert until <= datetime.now(UTC) + timedelta(hours=1)
        rig.be(Mood.FINE)
        for name in ("events", "codes"):
            code, _, problem = await rig.gateway.run("destinations", "resume", name)
            assert code == 0, problem
    assert rig.verdict.balance["events"].keys() == {"delivered"}


async def test_a_vendor_that_refuses_us_buries_nothing(tmp_path):
    async with Rig(tmp_path, pause=0.05) as rig, sending(rig):
        rig.be(Mood.DENYING)
        await rig.gateway.until(lambda: rig.gateway.told_of("events", "parked"), wanted=True)
        await rig.gateway.until(lambda: rig.gateway.told_of("codes", "parked"), wanted=True)
        rig.be(Mood.FINE)
        rig.gateway.hang_up()
    assert rig.verdict.balance["events"].keys() == {"delivered"}


@pytest.mark.parametrize("mood", [Mood.REDIRECTING, Mood.REFUSING])
async def test_what_a_vendor_refuses_for_good_is_a_dead_letter_and_stops_nobody(tmp_path, mood):
    async with Rig(tmp_path, pause=0.05) as rig, sending(rig):
        await endure(rig, mood)
    balance = rig.verdict.balance["events"]
    assert balance.keys() == {"delivered", "dead"}
    assert balance["dead"] >= 2


async def test_an_expired_certificate_delays_and_loses_nothing(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    good, expired = (_context(authority, days) for days in (1, -1))
    async with Rig(tmp_path, pause=0.05, tls=good) as rig, sending(rig):
        await rig.events.wait_for(5)
        await rig.events.close()
        await rig.events.open(expired)
        await rig.gateway.until(lambda: _error(rig), wanted="bad certificate")
        told = len(rig.events.heard)
        await asyncio.sleep(0.3)  # nothing is told in the meantime
        assert len(rig.events.heard) == told
        await rig.events.close()
        await rig.events.open(good)
    assert rig.verdict.balance["events"].keys() == {"delivered"}


def _context(authority, days):
    begin, end = datetime.now(UTC) - timedelta(days=2), datetime.now(UTC) + timedelta(days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_before=begin, not_after=end).configure_cert(context)
    return context


async def _is_held_up(rig):
    return await rig.gateway.told_of("events", "not_before") is not None


async def _error(rig):
    answer = await rig.gateway.told_of("events", "last_answer")
    return answer.get("error", "").partition(":")[0]
