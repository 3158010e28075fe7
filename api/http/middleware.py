"""What every request passes: an id, limits of size and time, headers, the access log, metrics.

Plain ASGI: one of Starlette's `BaseHTTPMiddleware` would cost as much as the rest of a prediction.
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

from api.http.bodies import too_large
from api.http.exceptions import (
    REQUEST_ID,
    ProblemError,
    Timeout,
    UnknownHost,
    internal_error_response,
    problem_response,
)
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
_MAX_DIGITS = 18
_NO_STORE = (_CACHE, b"no-store")


@dataclass
class _RequestRecord:
    """What is known of one request while it is answered."""

    request_id: str
    started: float
    method: str
    notes: RequestNotes
    version: str | None = None
    status: int = 0
    received_bytes: int = 0


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
        notes = scope[NOTES] = RequestNotes()
        started = time.perf_counter()
        record = _RequestRecord(_request_id(scope), started, scope["method"], notes)
        if record.method == "HEAD":
            # Every path that can be read has a head, which is that of its GET.
            scope = {**scope, "method": "GET"}
        scope[REQUEST_ID] = record.request_id
        limited_receive = self._limited(receive, record)
        send_with_headers = self._with_headers(send, record)
        try:
            await self._respond(scope, limited_receive, send_with_headers, record)
        finally:
            self._count(scope, record)

    async def _respond(
        self, scope: Scope, receive: Receive, send: Send, record: _RequestRecord
    ) -> None:
        try:
            self._refuse_host(scope)
            self._refuse_large(scope)
            async with asyncio.timeout(self.timeout_seconds):
                await self.app(scope, receive, send)
        except ProblemError as problem:
            await self._send_problem(problem, scope, receive, send, record)
        except TimeoutError:
            detail = (
                f"The request took longer than {self.timeout_seconds:g} s. "
                "Send less at once, or try again later."
            )
            await self._send_problem(Timeout(detail), scope, receive, send, record)
        except ClientDisconnect:
            record.status = record.status or CLIENT_CLOSED_REQUEST
        except Exception:
            log.exception("request %s failed", record.request_id)
            await self._send_problem(None, scope, receive, send, record)

    async def _send_problem(
        self,
        problem: ProblemError | None,
        scope: Scope,
        receive: Receive,
        send: Send,
        record: _RequestRecord,
    ) -> None:
        """Respond with a problem, or an internal error, unless a response has begun."""
        if record.status:
            return
        if problem is None:
            response = internal_error_response(scope)
        else:
            response = problem_response(problem, scope)
        await response(scope, receive, send)

    def _refuse_host(self, scope: Scope) -> None:
        """Refuse a request under a name that is not the service's."""
        if self.hosts is None:
            return
        host = _header(scope, b"host").decode("latin-1").lower()
        name, colon, port = host.rpartition(":")
        if (name if colon and port.isdigit() else host) not in self.hosts:
            raise UnknownHost(
                "Without API keys the service answers under this machine's own names alone; set "
                "WEEKWISE_API_ALLOWED_HOSTS to the names that it is to answer under."
            )

    def _refuse_large(self, scope: Scope) -> None:
        """Refuse a body that is too large by its own Content-Length."""
        if _declared_size(scope) > self.max_body_bytes:
            raise too_large(self.max_body_bytes)

    def _limited(self, receive: Receive, record: _RequestRecord) -> Receive:
        # A body sent in chunks has no Content-Length: count what arrives.
        async def limited_receive() -> Message:
            message = await receive()
            record.received_bytes += len(message.get("body", b""))
            if record.received_bytes > self.max_body_bytes:
                raise too_large(self.max_body_bytes)
            return message

        return limited_receive

    @staticmethod
    def _with_headers(send: Send, record: _RequestRecord) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                headers = list(message.get("headers", ()))
                values = dict(headers)
                version = values.get(_VERSION_NAME)
                record.version = None if version is None else version.decode("latin-1")
                headers += record.notes.headers
                headers += SECURITY_HEADERS
                if _POLICY not in values:
                    headers += _API_HEADERS
                if _CACHE not in values:
                    headers.append(_NO_STORE)
                headers.append((_ID_NAME, record.request_id.encode()))
                message = {**message, "headers": headers}
            elif record.method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        return send_with_headers

    def _count(self, scope: Scope, record: _RequestRecord) -> None:
        seconds = time.perf_counter() - record.started
        status = record.status or CLIENT_CLOSED_REQUEST
        self.metrics.request(record.method, route_of(scope), status, seconds)
        if self.access_log is not None:
            client = scope.get("client")
            self.access_log.write(
                AccessLine(
                    request_id=record.request_id,
                    client=client[0] if client else None,
                    key=record.notes.key,
                    method=record.method,
                    path=scope["path"],
                    status=status,
                    seconds=seconds,
                    model_version=record.version,
                    rows=record.notes.rows,
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


def _declared_size(scope: Scope) -> int:
    value = _header(scope, b"content-length")
    # No body is that long, and Python refuses to read a number of thousands of digits.
    return int(value[:_MAX_DIGITS]) if value.isdigit() else 0


def _header(scope: Scope, wanted: bytes) -> bytes:
    """A header's value; empty if it is not there."""
    for name, value in scope["headers"]:
        if name == wanted:
            return bytes(value)
    return b""
