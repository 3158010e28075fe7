"""What every request passes: an id, limits of size and time, headers, the access log, metrics.

Plain ASGI: a middleware of FastAPI's own kind would cost as much as the rest of a prediction.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.exceptions import (
    REQUEST_ID,
    ProblemError,
    Timeout,
    TooLarge,
    internal_problem,
    problem_answer,
)
from api.logs import AccessLog
from api.metrics import PrometheusMetrics

API_PREFIX = "/api"
ID_HEADER = "X-Request-ID"
UNMATCHED = "unmatched"
GONE = 499
"""The status of a client that left before its answer, as web servers log it."""

log = logging.getLogger(__name__)
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ID_NAME = ID_HEADER.lower().encode()
_POLICY = b"content-security-policy"
_CACHE = b"cache-control"
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_FOR_DATA = [
    (_POLICY, b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
]
_MOST_DIGITS = 18
_NO_STORE = (_CACHE, b"no-store")


@dataclass
class _Passage:
    """One request on its way through."""

    request_id: str
    started: float
    status: int = 0
    received: int = 0


@dataclass(frozen=True)
class Gate:
    """The outermost layer of the application.

    Attributes:
        app: What is behind it.
        metrics: What is told of every request.
        access_log: Where every request becomes a line; none writes no lines.
        max_body_bytes: The largest body.
        timeout_seconds: How long a request may take.
    """

    app: ASGIApp
    metrics: PrometheusMetrics
    access_log: AccessLog | None
    max_body_bytes: int
    timeout_seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        passage = _Passage(_request_id(scope), time.perf_counter())
        scope[REQUEST_ID] = passage.request_id
        sender = self._sender(passage, send)
        try:
            await self._pass(scope, self._receiver(passage, receive), sender, passage)
        finally:
            self._note(scope, passage)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, passage: _Passage) -> None:
        try:
            self._refuse_large(scope)
            async with asyncio.timeout(self.timeout_seconds):
                await self.app(scope, receive, send)
        except ProblemError as problem:
            await self._instead(problem, scope, receive, send, passage)
        except TimeoutError:
            text = f"It was given {self.timeout_seconds:g} s. Send less at once, or try later."
            await self._instead(Timeout(text), scope, receive, send, passage)
        except ClientDisconnect:
            passage.status = passage.status or GONE
        except Exception:
            log.exception("request %s failed", passage.request_id)
            await self._instead(None, scope, receive, send, passage)

    async def _instead(
        self,
        problem: ProblemError | None,
        scope: Scope,
        receive: Receive,
        send: Send,
        passage: _Passage,
    ) -> None:
        """Answer with a problem, unless an answer has begun."""
        if passage.status:
            return
        answer = internal_problem(scope) if problem is None else problem_answer(problem, scope)
        await answer(scope, receive, send)

    def _refuse_large(self, scope: Scope) -> None:
        """Refuse a body that says itself that it is too large."""
        if _declared_size(scope) > self.max_body_bytes:
            raise self._too_large()

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The body may have {self.max_body_bytes:,} bytes; send less at once.")

    def _receiver(self, passage: _Passage, receive: Receive) -> Receive:
        async def limited() -> Message:
            message = await receive()
            passage.received += len(message.get("body", b""))
            if passage.received > self.max_body_bytes:
                raise self._too_large()
            return message

        return limited

    @staticmethod
    def _sender(passage: _Passage, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                passage.status = message["status"]
                headers = list(message.get("headers", ()))
                names = {name for name, _ in headers}
                headers += _ALWAYS
                if _POLICY not in names:
                    headers += _FOR_DATA
                if _CACHE not in names:
                    headers.append(_NO_STORE)
                headers.append((_ID_NAME, passage.request_id.encode()))
                message = {**message, "headers": headers}
            await send(message)

        return with_headers

    def _note(self, scope: Scope, passage: _Passage) -> None:
        seconds = time.perf_counter() - passage.started
        status = passage.status or GONE
        self.metrics.request(scope["method"], route_of(scope), status, seconds)
        if self.access_log is not None:
            self.access_log.write(
                passage.request_id, scope["method"], scope["path"], status, seconds
            )


def route_of(scope: Scope) -> str:
    """The template of a request's route, the same with and without `/api`."""
    route: Any = scope.get("route")
    path = getattr(route, "path", None)
    return UNMATCHED if path is None else str(path).removeprefix(API_PREFIX)


def _request_id(scope: Scope) -> str:
    """The client's own id if it is a plain one, or a new one."""
    for name, value in scope["headers"]:
        if name == _ID_NAME and _ID.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(8)


def _declared_size(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            # No body has a length of so many digits, and reading them all would take its time.
            return int(value[:_MOST_DIGITS]) if value.isdigit() else 0
    return 0
