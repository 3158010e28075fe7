"""Headers that are large or slow, against the real server on a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from api.http import protocol

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


def said(conversation: Conversation) -> bytes:
    """What the server says in a conversation."""

    async def talk() -> bytes:
        config = uvicorn.Config(
            PlainTextResponse("ok"),
            port=0,
            http=protocol.LimitedProtocol,
            lifespan="off",
            log_level="critical",
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return await asyncio.wait_for(conversation(reader, writer), 5)
        finally:
            writer.close()
            server.should_exit = True
            await serving

    return asyncio.run(talk())


def request(header: bytes) -> bytes:
    """A request with a header."""
    return b"GET / HTTP/1.1\r\nHost: x\r\nX-Header: " + header + b"\r\n\r\n"


@pytest.mark.parametrize("size", [70_000, 200_000, 2_000_000])
def test_large(size: int) -> None:
    """Headers over the limit are 431, whether they arrive whole or in parts."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(request(b"x" * size))
        return await reader.readline()

    assert b" 431 " in said(talk)


def test_in_order() -> None:
    """Headers below the limit are answered, one request after another and bodies between them."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        heard = b""
        for _ in range(3):
            body = b"y" * 100_000
            head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            heard += await reader.readuntil(b"ok")
            writer.write(request(b"x" * 60_000))
            heard += await reader.readuntil(b"ok")
        return heard

    assert said(talk).count(b"200 OK") == 6


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Sl"])
def test_slow(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection whose headers do not come in time is closed."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(sent)
        return await reader.read()

    assert said(talk) == b""
