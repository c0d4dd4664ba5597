"""How a stand-in misbehaves, seen from the wire."""

import asyncio

import aiohttp
import pytest

from tests.standins.asked import Refusal
from tests.standins.door import STATUSES, Door, Mood

PATIENCE = aiohttp.ClientTimeout(total=0.3)


class Taker(Door):
    """Takes every request but those to /no."""

    def take(self, asked, now):
        if asked.target == "/no":
            raise Refusal(418, "not here")
        return super().take(asked, now)


@pytest.fixture
async def vendor():
    async with Taker(timeout=0.3) as standing:
        yield standing


async def ask(vendor, path="/"):
    async with (
        aiohttp.ClientSession(timeout=PATIENCE) as session,
        session.post(vendor.root + path, data=b"x", allow_redirects=False) as answer,
    ):
        return answer.status, dict(answer.headers), await answer.text()


@pytest.mark.parametrize("mood", list(STATUSES))
async def test_a_mood_with_a_status_takes_nothing(vendor, mood):
    vendor.be(mood, retry_after="7")
    status, headers, _ = await ask(vendor)
    assert status == STATUSES[mood]
    assert ("Location" in headers) == (mood is Mood.REDIRECTING)
    assert headers.get("Retry-After") == ("7" if mood is Mood.LIMITING else None)
    assert vendor.answered == []


@pytest.mark.parametrize(
    ("mood", "problem"),
    [
        (Mood.HANGING, TimeoutError),
        (Mood.LATE, TimeoutError),
        (Mood.RESETTING, aiohttp.ClientConnectionError),
        (Mood.HALF, aiohttp.ClientPayloadError),
    ],
)
async def test_a_mood_without_an_answer(vendor, mood, problem):
    vendor.be(mood)
    with pytest.raises(problem):
        await ask(vendor)
    assert len(vendor.answered) == (mood is Mood.LATE), "who is late has it"


async def test_what_is_refused_says_why_and_is_written_down(vendor):
    assert (await ask(vendor, "/no"))[::2] == (418, "not here")
    vendor.be(Mood.SLOW)
    assert (await ask(vendor))[0] == 200
    assert [asked.target for asked, _ in vendor.refused] == ["/no"]
    assert len(vendor.answered) == 2


async def test_it_closes_and_opens_at_the_same_place(vendor):
    port = vendor.port
    await vendor.close()
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask(vendor)
    await vendor.open()
    assert vendor.port == port
    async with asyncio.TaskGroup() as group:
        group.create_task(vendor.wait_until(lambda: vendor.answered != []))
        group.create_task(ask(vendor))
