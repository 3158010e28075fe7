"""Errors and their responses, as problems of RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:weekwise:problem:"
REQUEST_ID = "request_id"
"""The key of a request's id in its ASGI scope."""


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with one field.

    Attributes:
        field: The column; empty where the row itself is wrong.
        message: One sentence.
        expected: What the contract expects.
        received: What arrived, as JSON, shortened.
    """

    field: str
    message: str
    expected: str
    received: str


@dataclass(frozen=True)
class LikelySlip(FieldFault):
    """A value that is not listed, and comes near to some that are.

    Attributes:
        suggestions: Those, as text.
    """

    suggestions: Sequence[str]


class ProblemError(Exception):
    """A request that does not succeed.

    Attributes:
        kind: The last part of the problem's type, such as `no-model`.
        status: The HTTP status.
        title: The kind of problem in a few words.
        detail: What happened, and what to do.
        errors: What is wrong, by field.
        headers: Further headers of the response.
    """

    kind = "internal"
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    title = "Internal error"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldFault] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.headers = headers


class InvalidRow(ProblemError):  # noqa: N818 - a kind of response
    """A row that the contract refuses."""

    kind, status, title = "validation", HTTPStatus.UNPROCESSABLE_ENTITY, "The row is invalid"


class Malformed(ProblemError):  # noqa: N818
    """A body that the route cannot read."""

    kind, status, title = "malformed", HTTPStatus.UNPROCESSABLE_ENTITY, "The body cannot be read"


class WrongMediaType(ProblemError):  # noqa: N818
    """A body whose media type is not JSON."""

    kind, status = "unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    title = "The body is not JSON"


class WrongCoding(ProblemError):  # noqa: N818
    """A body that is coded in a way that is not known."""

    kind, status = "unsupported-encoding", HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    title = "The body's coding is not known"


class TooLarge(ProblemError):  # noqa: N818
    """A body over the limit."""

    kind, status = "too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "The body is too large"


class TooManyRows(ProblemError):  # noqa: N818
    """A batch over the limit."""

    kind, status = "too-many-rows", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "The batch has too many rows"


class NoModel(ProblemError):  # noqa: N818
    """No model to predict with yet."""

    kind, status, title = "no-model", HTTPStatus.SERVICE_UNAVAILABLE, "No model is in service yet"


class Unauthorized(ProblemError):  # noqa: N818
    """A request without one of the API keys."""

    kind, status, title = "unauthorized", HTTPStatus.UNAUTHORIZED, "An API key is required"


class TooManyRequests(ProblemError):  # noqa: N818
    """A client that asks more often than it may."""

    kind, status = "too-many-requests", HTTPStatus.TOO_MANY_REQUESTS
    title = "Too many requests"


class UnknownHost(ProblemError):  # noqa: N818
    """A request under a name that is not the service's."""

    kind, status = "unknown-host", HTTPStatus.MISDIRECTED_REQUEST
    title = "The service does not go by this name"


class NotFound(ProblemError):  # noqa: N818
    """Something that does not exist."""

    kind, status, title = "not-found", HTTPStatus.NOT_FOUND, "Not found"


class RegistryUnreachable(ProblemError):  # noqa: N818
    """MLflow does not answer."""

    kind, status = "registry-unreachable", HTTPStatus.SERVICE_UNAVAILABLE
    title = "MLflow cannot be reached"


class Timeout(ProblemError):  # noqa: N818
    """A request that took too long."""

    kind, status, title = "timeout", HTTPStatus.GATEWAY_TIMEOUT, "The request took too long"


_KIND_OF_STATUS: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
}
_DETAIL_OF_STATUS: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: "There is nothing at this path; /docs lists all paths.",
    HTTPStatus.METHOD_NOT_ALLOWED: ("This path does not allow this method; see the header Allow."),
}


def problem_response(problem: ProblemError, scope: Scope) -> Response:
    """A problem as the response to a request.

    Args:
        problem: The problem.
        scope: The request's ASGI scope.
    """
    kind = f"{TYPE_PREFIX}{problem.kind}"
    errors = None if problem.errors is None else list(problem.errors)
    return _response(
        kind, problem.title, problem.status, problem.detail, scope, errors, problem.headers
    )


def internal_error_response(scope: Scope) -> Response:
    """The response to a request that met a bug: it shows nothing of the inside.

    Args:
        scope: The request's ASGI scope.
    """
    detail = "This is a bug in the service; its log says more under the request's id."
    return problem_response(ProblemError(detail), scope)


async def on_problem(request: Request, error: Exception) -> Response:
    """FastAPI's handler of `ProblemError`.

    Args:
        request: The request.
        error: The problem.
    """
    assert isinstance(error, ProblemError)  # noqa: S101 - for the type checker
    return problem_response(error, request.scope)


async def on_http_error(request: Request, error: Exception) -> Response:
    """FastAPI's handler of what its router refuses: an unknown path, a wrong method.

    Args:
        request: The request.
        error: Starlette's exception.
    """
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    status = error.status_code
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(headers.get("Allow", ""))
        if request.method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    kind = f"{TYPE_PREFIX}{_KIND_OF_STATUS.get(status, 'http')}"
    phrase = HTTPStatus(status).phrase
    detail = _DETAIL_OF_STATUS.get(status, str(error.detail))
    return _response(kind, phrase, status, detail, request.scope, None, headers)


def _allowed(methods: str) -> str:
    """The methods of a path, with those that every path has."""
    allowed = {method.strip() for method in methods.split(",")} - {""} | {"OPTIONS"}
    if "GET" in allowed:
        allowed.add("HEAD")
    return ", ".join(sorted(allowed))


def _response(
    kind: str,
    title: str,
    status: int,
    detail: str,
    scope: Scope,
    errors: list[FieldFault] | None,
    headers: Mapping[str, str] | None,
) -> Response:
    body: dict[str, Any] = {
        "type": kind,
        "title": title,
        "status": int(status),
        "detail": detail,
        "request_id": scope.get(REQUEST_ID, ""),
    }
    if errors is not None:
        body["errors"] = errors
    if scope["path"].startswith("/v2"):
        # Where clients of the Open Inference Protocol look.
        body["error"] = detail
    return Response(orjson.dumps(body), status, headers=dict(headers or {}), media_type=MEDIA_TYPE)
