"""A process with a store that is killed, or whose disk is full: `victim.py WHAT ENGINE PLACE`.

It prints what it was told, line by line, so that the test knows what must have survived.
"""

import asyncio
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from gateway.model.errors import StoreUnavailableError
from tests.store.engines import ENGINES, keys, receipt

SMALL_FILE = 400_000


def now():
    return datetime.now(UTC)


def tell(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def append(store):
    """Append with twenty senders until killed."""

    async def sender(name):
        number = 0
        while True:
            number += 1
            body = f"{name}/{number}".encode()
            await store.append(receipt(body, at=now()), keys(f"{name}/{number}"))
            tell(body.decode())

    async with asyncio.TaskGroup() as group:
        for name in range(20):
            group.create_task(sender(name))


async def claim(store):
    """Claim what there is, and hang over the first of them."""
    claimed = await store.untranslated(100)
    store.under_way(claimed[0])
    tell(" ".join(each.id for each in claimed))
    await asyncio.Event().wait()


async def fill(store):
    """Append until no file may grow any more; go on when they may."""
    kept = []
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILE, hard))
    try:
        while True:
            kept.append((await store.append(receipt(b"x" * 20_000), keys(None))).receipt_id)
    except StoreUnavailableError as problem:
        tell(f"unavailable: {problem}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    kept.append((await store.append(receipt(b"y"), keys(None))).receipt_id)
    claimed = await store.untranslated(256)
    tell(f"mended: {[each.id for each in claimed] == kept}")
    await store.close()


async def crowd(store):
    """Append one by one while the log may not grow; tell how often that was possible."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILE, hard))
    kept = 0
    for number in range(100):
        try:
            await store.append(receipt(b"small"), keys(str(number)))
        except StoreUnavailableError:
            continue
        kept += 1
    tell(f"kept: {kept}")


async def main(what, engine, place):
    store = ENGINES[engine](Path(place), now)
    await {"append": append, "claim": claim, "crowd": crowd, "fill": fill}[what](store)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
