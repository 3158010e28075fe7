"""Answers with zstd or gzip, for clients that take them."""

from __future__ import annotations

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware, IdentityResponder
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.bodies import GZIP
from api.http.headers import listed
from api.http.zstd import ZSTD, ZstdStream

_LEVEL = 4
_SMALLEST = 1024
_ALWAYS_SMALL = "/predict"


class CompressedAnswers:
    """zstd or Starlette's gzip on every answer but those of single rows.

    These are always small, and would pay for a compressor that they never use.

    Args:
        app: The application inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._gzip = GZipMiddleware(app, minimum_size=_SMALLEST, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        app = self._app
        if scope["type"] == "http" and not scope["path"].endswith(_ALWAYS_SMALL):
            app = self._coded(Headers(scope=scope))
        await app(scope, receive, send)

    def _coded(self, headers: Headers) -> ASGIApp:
        """The application with a coding that a client takes."""
        if _takes(headers, ZstdResponder.content_encoding):
            return ZstdResponder(self._app, _SMALLEST)
        # Starlette looks for gzip's name alone, which may stand there to be refused.
        return self._gzip if _takes(headers, GZIP) else IdentityResponder(self._app, _SMALLEST)


class ZstdResponder(IdentityResponder):
    """One answer with zstd, as Starlette has one with gzip."""

    content_encoding = ZSTD

    def __init__(self, app: ASGIApp, minimum_size: int) -> None:
        super().__init__(app, minimum_size)
        self._stream = ZstdStream()

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        """A part of the body, coded."""
        if more_body and not body:
            return await super().apply_compression(body, more_body=more_body)
        # The first of all answers waits for pyarrow to be imported.
        return await to_thread.run_sync(self._stream.coded, body, not more_body)


def _takes(headers: Headers, coding: str) -> bool:
    """Whether a client takes answers in some coding."""
    for part in listed(headers, "accept-encoding"):
        name, _, weight = part.lower().partition(";")
        if name.strip() == coding:
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
