"""Answers with gzip, for clients that take it."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_LEVEL = 4
_SMALLEST = 1024
_ALWAYS_SMALL = "/predict"


class CompressedAnswers:
    """Starlette's gzip on every answer but those of single rows.

    These are always small, and would pay for a compressor that they never use.

    Args:
        app: The application inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._gzip = GZipMiddleware(app, minimum_size=_SMALLEST, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_small = scope["type"] != "http" or scope["path"].endswith(_ALWAYS_SMALL)
        await (self._app if is_small else self._gzip)(scope, receive, send)
