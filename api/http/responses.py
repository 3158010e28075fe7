"""Answers that are bytes already."""

from __future__ import annotations

from starlette.responses import Response

VERSION_HEADER = "X-Model-Version"
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups"
)
"""The content security policy of a report: one file, no script, nothing from elsewhere."""


def json_answer(body: bytes, *, version: str | None = None) -> Response:
    """JSON, with the model's version if a model was asked."""
    headers = None if version is None else {VERSION_HEADER: version}
    return Response(body, headers=headers, media_type="application/json")


def page_answer(body: bytes) -> Response:
    """A weekly report's page."""
    headers = {"Content-Security-Policy": PAGE_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(body, headers=headers, media_type="text/html; charset=utf-8")
