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

    httptools has no limit on headers, and uvicorn's time limit begins after the first answer.
    """

    _timer: asyncio.TimerHandle | None = None
    _is_in_head = True
    _arrived = 0
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first headers."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what arrives before the end of the headers."""
        if self._is_in_head:
            self._arrived += len(data)
        super().data_received(data)
        if self._is_in_head and self._arrived > MAX_HEAD_BYTES and not self.transport.is_closing():
            head = "".join(f"{name}: {value}\r\n" for name, value in _HEADERS.items())
            start = "HTTP/1.1 431 Request Header Fields Too Large\r\n"
            self.transport.write(f"{start}{head}\r\n".encode() + _TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin to wait for the headers of a further request."""
        super().on_message_begin()
        self._head_bytes = 0
        if self._timer is None:
            self._start_timer()

    def on_url(self, url: bytes) -> None:
        """Count the first line."""
        self._head_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._head_bytes += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Answer, or refuse headers that are too large."""
        self._stop_timer()
        self._is_in_head = False
        self._arrived = 0
        app = self.app
        if self._head_bytes > MAX_HEAD_BYTES:
            self.app = _headers_too_large
        try:
            super().on_headers_complete()
        finally:
            self.app = app

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


async def _headers_too_large(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    await send({"type": "http.response.start", "status": 431, "headers": headers})
    await send({"type": "http.response.body", "body": _TOO_LARGE})
