"""The log of requests."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import httpx
import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.http.middleware import RequestMiddleware
from api.logs import AccessLog
from service_client import application
from trains_service import train, trains_model


def logged(path: str, body: Any, headers: dict[str, str], **settings: Any) -> dict[str, Any]:
    """The line of one request, behind a proxy that is trusted."""
    stream = io.BytesIO()
    inner, service = application(trains_model(), **settings)
    log = AccessLog(stream)
    app = RequestMiddleware(inner.app, service.metrics, log, 10**6, 30)
    proxied: Any = ProxyHeadersMiddleware(app, trusted_hosts="127.0.0.1")  # type: ignore[arg-type]

    async def ask() -> None:
        transport = httpx.ASGITransport(proxied, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            await client.post(path, json=body, headers=headers)
        log.flush()

    asyncio.run(ask())
    line: dict[str, Any] = json.loads(stream.getvalue())
    return line


@pytest.mark.parametrize(
    ("path", "body", "rows"),
    [
        ("/predict", train(), 1),
        ("/v1/explain", train(), 1),
        ("/predict/batch", {"rows": [train(), {}]}, 2),
        ("/predict", [], 1),
    ],
)
def test_line(path: str, body: Any, rows: int) -> None:
    """A line says who asked, with which key, of which version and how many rows; no value."""
    headers = {"X-Forwarded-For": "192.0.2.7", "X-API-Key": "secret-two"}

    line = logged(path, body, headers, keys="first-secret,reports:secret-two")

    assert (line["client"], line["key"], line["rows"]) == ("192.0.2.7", "reports", rows)
    assert line["path"] == path
    assert line["model_version"] == ("7" if line["status"] == 200 else None)
    assert "secret" not in str(line)


@pytest.mark.parametrize(
    ("sent", "name"), [("first-secret", "key 1"), ("", None), ("reports:secret-two", None)]
)
def test_key(sent: str, name: str | None) -> None:
    """A key without a name is called after its place; a wrong one has none."""
    line = logged("/predict", train(), {"X-API-Key": sent}, keys="first-secret,reports:secret-two")

    assert line["key"] == name
    assert line["status"] == (200 if name else 401)
