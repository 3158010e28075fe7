"""Responses whose bodies are bytes already."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from api.http.headers import listed

VERSION_HEADER = "X-Model-Version"
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups"
)
"""The content security policy of a report: one file, no script, nothing from other hosts."""


def json_response(body: bytes, *, version: str | None = None) -> Response:
    """JSON, with the model's version in a header if a model answered.

    Args:
        body: The JSON.
        version: The model's version.
    """
    headers = None if version is None else {VERSION_HEADER: version}
    return Response(body, headers=headers, media_type="application/json")


def tagged_response(request: Request, body: bytes, *, version: str | None = None) -> Response:
    """JSON with an ETag, or 304 if the client has it already.

    Args:
        request: The request.
        body: The JSON.
        version: The model's version, if a model answered.
    """
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, X-API-Key",
    }
    if version is not None:
        headers[VERSION_HEADER] = version
    known = {*listed(request.headers, "if-none-match")}
    if known & {tag, tag.removeprefix("W/"), "*"}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def report_page_response(body: bytes) -> Response:
    """A weekly report's page, which the web app may show in a frame.

    Args:
        body: The page's HTML.
    """
    headers = {"Content-Security-Policy": REPORT_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(body, headers=headers, media_type="text/html; charset=utf-8")
