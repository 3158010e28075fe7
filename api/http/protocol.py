"""uvicorn's HTTP protocol with limits of its own on what comes before a body."""

from __future__ import annotations

import asyncio

import orjson
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.exceptions import MEDIA_TYPE, TYPE_PREFIX

MAX_HEAD_BYTES = 64 * 1024
"""The most bytes of a request's first line and headers."""

HEAD_SECONDS = 10.0
"""How long they may take to arrive, a new connection's first ones included."""

_TOO_LARGE = orjson.dumps(
    {
        "type": f"{TYPE_PREFIX}headers-too-large",
        "title": "The headers are too large",
        "status": 431,
        "detail": f"Headers may have up to {MAX_HEAD_BYTES:,} bytes in all; send fewer or smaller.",
        "request_id": "",
    }
)
_HEADERS = {
    "content-type": MEDIA_TYPE,
    "content-length": str(len(_TOO_LARGE)),
    "connection": "close",
}


class LimitedProtocol(HttpToolsProtocol):
    """Refuses large headers, and closes connections whose headers do not come in time.

    What chunks have beside the body, as trailers, is headers too; a connection with more is closed.
    httptools has no limit on headers, and uvicorn's time limit begins after the first answer.
    """

    _timer: asyncio.TimerHandle | None = None
    _is_in_head = True
    _has_begun = False
    _arrived = 0
    _beside_body = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first headers."""
        super().connection_made(JoinedWrites(transport, self.loop))  # type: ignore[arg-type]
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what arrives before the end of the headers, and wait for what is left of them."""
        if self._is_in_head:
            self._arrived += len(data)
        else:
            self._beside_body += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._is_in_head:
            if self._beside_body > MAX_HEAD_BYTES:
                self.transport.close()
            return
        if self._arrived > MAX_HEAD_BYTES:
            head = "".join(f"{name}: {value}\r\n" for name, value in _HEADERS.items())
            start = "HTTP/1.1 431 Request Header Fields Too Large\r\n"
            self.transport.write(f"{start}{head}\r\n".encode() + _TOO_LARGE)
            self.transport.close()
        elif self._has_begun and self._timer is None:
            # Most headers arrive whole, and need no timer.
            self._start_timer()

    def on_message_begin(self) -> None:
        """Note that the headers of a request have begun."""
        super().on_message_begin()
        self._has_begun = True

    def on_headers_complete(self) -> None:
        """Answer, or refuse headers that are too large."""
        self._stop_timer()
        self._is_in_head = self._has_begun = False
        self._arrived = self._beside_body = 0
        size = len(self.url) + sum([len(name) + len(value) for name, value in self.headers])
        if size <= MAX_HEAD_BYTES:
            super().on_headers_complete()
            return
        app, self.app = self.app, _headers_too_large
        try:
            super().on_headers_complete()
        finally:
            self.app = app

    def on_body(self, body: bytes) -> None:
        """Begin to count what is none of the body anew: extensions of chunks, trailers."""
        self._beside_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Look for further headers from now on."""
        self._is_in_head = True
        super().on_message_complete()

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._close_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close_late(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()


class JoinedWrites:
    """A transport that sends in one go what is written in one turn of the event loop.

    uvicorn writes the head of a response and its body apart, and each would be a call of the
    system and a packet.

    Args:
        transport: The transport itself.
        loop: Its event loop.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        """Send before the loop's next turn."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        """Send what waits, and close."""
        self._flush()
        self._transport.close()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand the connection over to another protocol."""
        self._flush()
        self._transport.set_protocol(protocol)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting and not self._transport.is_closing():
            self._transport.write(b"".join(waiting))


async def _headers_too_large(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    await send({"type": "http.response.start", "status": 431, "headers": headers})
    await send({"type": "http.response.body", "body": _TOO_LARGE})
