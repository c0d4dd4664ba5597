"""What may happen to a gateway at any time: each fault begins and ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

from tests.acceptance.rig.rig import Rig
from tests.acceptance.rig.vendor import Mood

POINTS = (
    "append",
    "append_finished",
    "finish",
    "offer",
    "send",
    "record",
    "commit",
    "commit_append",
    "checkpoint",
    "restart_log",
)
MOMENTS = ("before", "late", "after")
BOMB_SECONDS = 4.0
LONGEST = 3.0
HOUR = 3600.0


async def kill_at_any_moment(rig: Rig, _dice: Random) -> None:
    await rig.gateway.kill()
    rig.ledger.unclean_ends += 1
    await rig.gateway.start()


async def kill_at_a_named_point(rig: Rig, dice: Random) -> None:
    """Kill it, and again at a point; where the point does not come, at any moment."""
    point = f"{dice.choice(POINTS)}:{dice.choice(MOMENTS)}:{dice.randint(1, 12)}"
    await rig.gateway.kill()
    await rig.gateway.start_with(point)
    with contextlib.suppress(TimeoutError):
        await rig.gateway.ended(BOMB_SECONDS)
    if rig.gateway.process.returncode is None:
        await rig.gateway.kill()
    rig.ledger.unclean_ends += 2
    await rig.gateway.start()


async def kill_amid_the_opening(rig: Rig, dice: Random) -> None:
    await rig.gateway.kill()
    await rig.gateway.start_with(f"{dice.choice(('migrate', 'recover'))}:{dice.choice(MOMENTS)}:1")
    await rig.gateway.ended()
    rig.ledger.unclean_ends += 2
    await rig.gateway.start()


async def restart(rig: Rig, _dice: Random) -> None:
    """Ask it to end, as often as operators do."""
    if await rig.gateway.stop() != 0:
        rig.ledger.violations.append("SIGTERM did not end it with exit code 0")
    await rig.gateway.start()


async def outage(rig: Rig, dice: Random) -> None:
    """A vendor refuses connections."""
    vendor = dice.choice((rig.events, rig.codes))
    await vendor.close()
    await asyncio.sleep(dice.uniform(0, LONGEST))
    await vendor.open()


async def bad_mood(rig: Rig, dice: Random) -> None:
    """A vendor answers everybody in one bad way."""
    vendor = dice.choice((rig.events, rig.codes))
    usual = vendor.mood_of
    mood = dice.choice((Mood.FAILING, Mood.HANGING, Mood.RESETTING, Mood.HALF, Mood.LATE))
    vendor.be(mood)
    await asyncio.sleep(dice.uniform(0, LONGEST))
    vendor.mood_of = usual


async def refused_credentials(rig: Rig, dice: Random) -> None:
    """A vendor does not know us any more, until somebody tells it."""
    vendor = dice.choice((rig.events, rig.codes))
    usual = vendor.mood_of
    vendor.be(Mood.DENYING)
    await asyncio.sleep(dice.uniform(0, LONGEST))
    vendor.mood_of = usual
    rig.gateway.hang_up()


async def day_of_retry_after(rig: Rig, dice: Random) -> None:
    """A vendor wants to be left alone until tomorrow; an operator knows better."""
    vendor, name = dice.choice(((rig.events, "events"), (rig.codes, "codes")))
    usual = vendor.mood_of
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    vendor.be(Mood.LIMITING, retry_after=format_datetime(tomorrow, usegmt=True))
    await asyncio.sleep(1)
    vendor.mood_of = usual
    code, _, problem = await rig.gateway.run("destinations", "resume", name)
    if code != 0:
        rig.ledger.violations.append(f"resume: {problem}")


async def step_of_the_clock(rig: Rig, dice: Random) -> None:
    """The machine's clock is put to another hour."""
    rig.wrong_by(dice.choice((-HOUR, 0.0, HOUR)))


async def files_that_may_not_grow(rig: Rig, dice: Random) -> None:
    """The disk takes nothing for a while."""
    pid = rig.gateway.process.pid
    free = resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    await asyncio.sleep(dice.uniform(0, LONGEST))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, free)


async def changed_roster(rig: Rig, dice: Random) -> None:
    """Somebody names the agents who were not in the roster, or writes it as it was."""
    rig.unmapped_every = dice.choice((0, rig.unmapped_every))
    rig.write_roster()
    rig.gateway.hang_up()


FAULTS = (
    kill_at_any_moment,
    kill_at_any_moment,
    kill_at_any_moment,
    kill_at_a_named_point,
    kill_at_a_named_point,
    kill_at_a_named_point,
    kill_amid_the_opening,
    restart,
    outage,
    bad_mood,
    refused_credentials,
    day_of_retry_after,
    step_of_the_clock,
    files_that_may_not_grow,
    changed_roster,
)
