"""A request written out by hand, sent byte by byte."""

from __future__ import annotations

import asyncio
from http.client import parse_headers
from io import BytesIO

from tests.standins.door import Door


async def say(vendor: Door, request: str | bytes) -> tuple[int, dict[str, str], bytes]:
    """Send a head and a body with an empty line between; return status, headers (names in lower
    case) and body of the answer. Host, length and end of connection are added.
    """
    written = request.encode() if isinstance(request, str) else request
    head, _, body = written.partition(b"\n\n")
    lines = [line.strip() for line in head.strip().splitlines()]
    lines += [b"Host: wfm.example.com", b"Content-Length: %d" % len(body), b"Connection: close"]
    reader, writer = await asyncio.open_connection("127.0.0.1", vendor.port)
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    answer = BytesIO(await reader.read())
    writer.close()
    await writer.wait_closed()
    status = int(answer.readline().split()[1])
    headers = {name.lower(): value for name, value in parse_headers(answer).items()}
    return status, headers, answer.read()
