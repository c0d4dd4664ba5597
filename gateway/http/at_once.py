"""Requests that leave at once: whoever makes one writes it, head and body in one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
from aiohttp.http import StreamWriter

if TYPE_CHECKING:
    from aiohttp.connector import Connection

KNOWN = "3.14."
"""The aiohttp whose way of sending was read; with another one requests are sent in its own."""

LONGEST = 32 * 1024
"""Of a body: with its head it fits into a connection's buffer, of which asyncio fills 64 KiB before
a writer has to wait.
"""


class AtOnce(aiohttp.ClientRequest):
    """A request whose body, if it has one, is bytes.

    aiohttp has a task write each body, for a body may take long. Before Python 3.12 that task waits
    a turn of the loop until it begins, in a busy loop a millisecond. Few bytes need no task: what
    the connection does not take at once waits in its buffer, as it would behind the task. Of a
    longer body the answer may come before its end, and may be the last that is read of it.
    """

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Send it; what is unusual goes aiohttp's own way."""
        protocol, body = conn.protocol, self._body
        waits = self._continue is not None
        if waits or body is None or (body.size or 0) > LONGEST:
            return await super().send(conn)
        if protocol is None or protocol.writing_paused:
            return await super().send(conn)
        writer = StreamWriter(protocol, self.loop)
        await writer.write_headers(f"{self.method} {self.url.raw_path_qs} HTTP/1.1", self.headers)
        try:
            await writer.write_eof(await body.as_bytes())
        except OSError as problem:
            raise aiohttp.ClientOSError(problem.errno, "the body cannot be written") from problem
        protocol.start_timeout()
        response = self.response_class(
            self.method,
            self.original_url,
            writer=None,
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=self._traces,
            loop=self.loop,
            session=self._session,
            stream_writer=writer,
        )
        self.response = response  # type: ignore[assignment] # aiohttp's own has no annotation
        return response


REQUEST = AtOnce if aiohttp.__version__.startswith(KNOWN) else aiohttp.ClientRequest
"""What a session of bodies that are bytes makes its requests of."""
