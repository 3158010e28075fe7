"""Headers that are large or slow, against the real server on a socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

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


@pytest.mark.parametrize(
    ("before", "sent"),
    [
        (0, b""),
        (0, b"G"),
        (0, b"GET / HTTP/1.1\r\nHost: x\r\nX-Sl"),
        (1, b"GET / HTTP/1.1\r\nHost: x\r\nX-Sl"),
    ],
)
def test_slow(before: int, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection whose headers do not come in time is closed, its first ones or later ones."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        for _ in range(before):
            writer.write(request(b"x"))
            await reader.readuntil(b"ok")
        writer.write(sent)
        return await reader.read()

    assert said(talk) == b""


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("beside", [b"2\r\n{}\r\n0\r\nX-Trailer: ", b"2;extension="])
def test_large_beside_a_body(beside: bytes) -> None:
    """A connection that sends very much in trailers or in chunks' extensions is closed."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(CHUNKED + beside)
        with contextlib.suppress(ConnectionError):
            for _ in range(20):
                writer.write(b"x" * 100_000)
                await writer.drain()
                await asyncio.sleep(0)
            return await reader.read()
        return b"closed"

    assert b" 400 " not in said(talk)


def test_small_chunks() -> None:
    """A body in many small chunks, with a trailer, is no such connection."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(CHUNKED + b"1;a=b\r\nx\r\n" * 100_000 + b"0\r\nX-Trailer: x\r\n\r\n")
        heard = await reader.readuntil(b"ok")
        writer.write(request(b"x"))
        return heard + await reader.readuntil(b"ok")

    assert said(talk).count(b"200 OK") == 2


def test_slow_behind_another() -> None:
    """Headers that begin in the same packet as the end of a request before are answered, too."""
    first, second = request(b"first"), request(b"second")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(first + second[:20])
        heard = await reader.readuntil(b"ok")
        writer.write(second[20:])
        return heard + await reader.readuntil(b"ok")

    assert said(talk).count(b"200 OK") == 2


def test_one_packet() -> None:
    """The head of an answer and its body are written in one go, and before the connection ends."""
    written: list[bytes] = []

    class Recorded(asyncio.Transport):
        """A transport that only notes what is written."""

        def write(self, data: Any) -> None:
            written.append(data)

        def is_closing(self) -> bool:
            return False

        def close(self) -> None:
            written.append(b"closed")

    async def write() -> None:
        joined = protocol.JoinedWrites(Recorded(), asyncio.get_running_loop())
        joined.write(b"head ")
        joined.write(b"body")
        await asyncio.sleep(0)
        joined.write(b"last")
        joined.close()
        await asyncio.sleep(0)

    asyncio.run(write())

    assert written == [b"head body", b"last", b"closed"]
