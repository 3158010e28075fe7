"""What every request passes: an id, limits of size and time, headers, the access log, metrics.

Plain ASGI: one of Starlette's `BaseHTTPMiddleware` would cost as much as the rest of a prediction.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.bodies import too_large
from api.http.exceptions import (
    REQUEST_ID,
    ProblemError,
    Timeout,
    UnknownHost,
    internal_error_response,
    problem_response,
)
from api.http.headers import declared_size
from api.http.notes import NOTES, RequestNotes
from api.http.responses import VERSION_HEADER
from api.logs import AccessLine, AccessLog
from api.metrics import PrometheusMetrics

PREFIXES = ("/api", "/v1", "/api/v1")
"""Under each of them all routes are there once more: the web app's, and those of this version."""

ID_HEADER = "X-Request-ID"
UNMATCHED = "unmatched"
CLIENT_CLOSED_REQUEST = 499
"""The status where the client left before its response, as web servers log it."""

log = logging.getLogger(__name__)
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_PORT = re.compile(r":[0-9]*\Z")
_ID_NAME = ID_HEADER.lower().encode()
_VERSION_NAME = VERSION_HEADER.lower().encode()
_POLICY = b"content-security-policy"
_CACHE = b"cache-control"
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
"""Headers of every response."""

_API_HEADERS = [
    (_POLICY, b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
]
_NO_STORE = [(_CACHE, b"no-store")]


class _Exchange:
    """One request and its response, on their way through.

    Attributes:
        request_id: The request's id.
        started: When it came, by `time.perf_counter`.
        method: Its method.
        notes: What is learnt of it.
        version: The model's version in its response.
        status: The status of its response; 0 before there is one.
    """

    __slots__ = (
        *("_max_body_bytes", "_receive", "_received_bytes", "_send"),
        *("method", "notes", "request_id", "started", "status", "version"),
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, max_body_bytes: int) -> None:
        self.request_id = _request_id(scope)
        self.started = time.perf_counter()
        self.method: str = scope["method"]
        self.notes = RequestNotes()
        self.version: str | None = None
        self.status = 0
        self._receive, self._send = receive, send
        self._received_bytes, self._max_body_bytes = 0, max_body_bytes

    async def receive(self) -> Message:
        """A part of the request. One sent in chunks has no Content-Length: count what arrives."""
        message = await self._receive()
        self._received_bytes += len(message.get("body", b""))
        if self._received_bytes > self._max_body_bytes:
            raise too_large(self._max_body_bytes)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the response, the first one with the headers that all have."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": self._headers(message.get("headers", ()))}
        elif self.method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    def _headers(self, own: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        values = dict(own)
        version = values.get(_VERSION_NAME)
        self.version = None if version is None else version.decode("latin-1")
        return [
            *own,
            *self.notes.headers,
            *SECURITY_HEADERS,
            *(() if _POLICY in values else _API_HEADERS),
            *(() if _CACHE in values else _NO_STORE),
            (_ID_NAME, self.request_id.encode()),
        ]


@dataclass(frozen=True)
class RequestMiddleware:
    """The outermost layer of the application.

    Attributes:
        app: The application inside.
        metrics: Where requests are counted.
        access_log: Where requests are logged; none logs nothing.
        max_body_bytes: The largest body.
        timeout_seconds: How long a request may take.
        hosts: The names that clients may call the service by; none for any.
    """

    app: ASGIApp
    metrics: PrometheusMetrics
    access_log: AccessLog | None
    max_body_bytes: int
    timeout_seconds: float
    hosts: frozenset[str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self.max_body_bytes)
        if exchange.method == "HEAD":
            # Every path that can be read has a head, which is that of its GET.
            scope = {**scope, "method": "GET"}
        scope[NOTES], scope[REQUEST_ID] = exchange.notes, exchange.request_id
        try:
            await self._respond(scope, exchange)
        finally:
            self._count(scope, exchange)

    async def _respond(self, scope: Scope, exchange: _Exchange) -> None:
        try:
            self._refuse_host(scope)
            self._refuse_large(scope)
            async with asyncio.timeout(self.timeout_seconds):
                await self.app(scope, exchange.receive, exchange.send)
        except ProblemError as problem:
            await self._send_problem(problem, scope, exchange)
        except TimeoutError:
            detail = (
                f"The request took longer than {self.timeout_seconds:g} s. "
                "Send less at once, or try again later."
            )
            await self._send_problem(Timeout(detail), scope, exchange)
        except ClientDisconnect:
            exchange.status = exchange.status or CLIENT_CLOSED_REQUEST
        except Exception:
            log.exception("request %s failed", exchange.request_id)
            await self._send_problem(None, scope, exchange)

    async def _send_problem(
        self, problem: ProblemError | None, scope: Scope, exchange: _Exchange
    ) -> None:
        """Respond with a problem, or an internal error, unless a response has begun."""
        if exchange.status:
            return
        if problem is None:
            response = internal_error_response(scope)
        else:
            response = problem_response(problem, scope)
        await response(scope, exchange.receive, exchange.send)

    def _refuse_host(self, scope: Scope) -> None:
        """Refuse a request under a name that is not the service's."""
        if self.hosts is None:
            return
        sent = [value for name, value in scope["headers"] if name == b"host"] or [b""]
        # A port may be left out, and its colon then be there all the same; IPv6 has brackets.
        hosts = {_PORT.sub("", host.decode("latin-1").lower()) for host in sent}
        if not hosts <= self.hosts:
            raise UnknownHost(
                "Without API keys the service answers under this machine's own names alone; set "
                "WEEKWISE_API_ALLOWED_HOSTS to the names that it is to answer under."
            )

    def _refuse_large(self, scope: Scope) -> None:
        """Refuse a body that is too large by its own Content-Length."""
        if declared_size(scope) > self.max_body_bytes:
            raise too_large(self.max_body_bytes)

    def _count(self, scope: Scope, exchange: _Exchange) -> None:
        seconds = time.perf_counter() - exchange.started
        status = exchange.status or CLIENT_CLOSED_REQUEST
        self.metrics.request(exchange.method, route_of(scope), status, seconds)
        if self.access_log is not None:
            client = scope.get("client")
            self.access_log.write(
                AccessLine(
                    request_id=exchange.request_id,
                    client=client[0] if client else None,
                    key=exchange.notes.key,
                    method=exchange.method,
                    path=scope["path"],
                    status=status,
                    seconds=seconds,
                    model_version=exchange.version,
                    rows=exchange.notes.rows,
                )
            )


def route_of(scope: Scope) -> str:
    """The template of a request's route, the same under each prefix.

    Args:
        scope: The request's ASGI scope, after routing.
    """
    route: Any = scope.get("route")
    path = getattr(route, "path", None)
    return UNMATCHED if path is None else str(path).removeprefix("/api").removeprefix("/v1")


def _request_id(scope: Scope) -> str:
    """The client's own id if it is plain text, or a new one."""
    for name, value in scope["headers"]:
        if name == _ID_NAME and _ID.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(8)
