"""The platforms' senders: a closed loop for each agent, each request until it is acknowledged."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from tests.acceptance.rig.centre import Said
    from tests.acceptance.rig.ledger import Ledger

Answered = tuple[int, dict[str, Any]]

RESEND_SECONDS = 0.05
ANSWER_SECONDS = 5.0
REPEATED_SHARE = 0.05
"""Requests that are sent once more although they were acknowledged."""


@dataclass
class Sender:
    """Sends for all agents. *address* says where the gateway listens now."""

    address: Callable[[], str]
    ledger: Ledger
    dice: Random
    pause: float = 0.0
    is_over: bool = False

    async def send_all(self, careers: Iterable[Iterable[Said]], each: int | None = None) -> None:
        """Send the next *each* requests of every career (`None`: until it is over)."""
        async with asyncio.TaskGroup() as group:
            for career in careers:
                group.create_task(self.send(islice(career, each)))

    async def send(self, career: Iterable[Said]) -> None:
        """Send one agent's requests, the next only after the acknowledgement of the last."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for said in career:
                if self.is_over:
                    return
                self.ledger.acknowledge(said, *await self._until_taken(session, said))
                if self.dice.random() < REPEATED_SHARE:
                    again = await self._until_taken(session, said)
                    self.ledger.acknowledge_again(said, *again)
                if self.pause:
                    await asyncio.sleep(self.dice.expovariate(1 / self.pause))

    async def _until_taken(self, session: aiohttp.ClientSession, said: Said) -> Answered:
        while True:
            answer = await self._post(session, said)
            if answer is not None:
                return answer
            await asyncio.sleep(RESEND_SECONDS)

    async def _post(self, session: aiohttp.ClientSession, said: Said) -> Answered | None:
        self.ledger.posting(said)
        try:
            async with session.post(
                f"{self.address()}/v1/ingest/{said.source}",
                data=said.body,
                headers={"Content-Type": "application/json"},
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        if answer.status == 200 or (said.broken and answer.status == 400):
            return answer.status, json.loads(body)
        self.ledger.refused[answer.status] += 1
        return None
