"""Routes that are answered past FastAPI: nobody can tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.http.middleware import RequestMiddleware
from api.main import fastapi_app
from service_client import Client, application
from trains_service import train, trains_model

JSON = {"content-type": "application/json"}
KEY = {"x-api-key": "one"}
BODY = json.dumps(train()).encode()


def through_fastapi(**settings: Any) -> Client:
    """A client of the same service, all of whose routes are FastAPI's."""
    _, service = application(trains_model(), **settings)
    return Client(RequestMiddleware(fastapi_app(service), service.metrics, None, 10**6, 30))


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (BODY, JSON | KEY),
        (BODY, JSON | {"authorization": "Bearer one"}),
        (BODY, JSON | {"authorization": "bearer one"}),
        (BODY, JSON | {"authorization": "Basic one"}),
        (BODY, JSON | {"authorization": "Bearer"}),
        (BODY, JSON | {"authorization": "Bearer two", "x-api-key": "one"}),
        (BODY, JSON),
        (BODY, {"content-type": "text/plain"} | KEY),
        (BODY, KEY),
        (b"{", JSON | KEY),
        (b"{}", JSON | KEY),
        (b'{"line": 1, "line": 2}', JSON | KEY),
        (b"x" * 200_000, JSON | KEY),
        (BODY, JSON | KEY | {"content-encoding": "br"}),
        (BODY, JSON | KEY | {"accept-encoding": "gzip, zstd"}),
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/v1/predict"])
def test_the_same_answer(path: str, content: bytes, headers: dict[str, str]) -> None:
    """Keys, limits, problems and headers are the same as through FastAPI."""
    settings = {"keys": "one", "rate_limit": "9/minute", "max_row_bytes": 100_000}
    sent = {"content": content, "headers": headers | {"x-request-id": "the-same"}}
    app, _ = application(trains_model(), **settings)

    direct = Client(app).post(path, **sent)
    framed = through_fastapi(**settings).post(path, **sent)

    assert (direct.status_code, direct.content) == (framed.status_code, framed.content)
    for answer in (direct, framed):
        answer.headers.pop("ratelimit-reset", None)  # a clock
    assert sorted(direct.headers.items()) == sorted(framed.headers.items())


@pytest.mark.parametrize("path", ["/predict/", "//predict", "/predict/batch", "/v2/predict"])
def test_other_paths(path: str) -> None:
    """Whatever is no such path to the letter, FastAPI answers."""
    app, _ = application(trains_model())

    direct = Client(app).post(path, json=train())
    framed = through_fastapi().post(path, json=train())

    assert direct.status_code == framed.status_code != 200


def test_counted_by_its_route() -> None:
    """Metrics count such requests under the route's template, the same under each prefix."""
    app, service = application(trains_model())
    for path in ("/predict", "/api/v1/predict"):
        Client(app).post(path, json=train())

    counted = 'method="POST",route="/predict",status="200"} 2.0'
    assert counted in bytes(service.metrics.response().body).decode()


def test_refused_for_another_origin() -> None:
    """A page of an origin that is allowed can read why a row was refused."""
    app, _ = application(trains_model(), cors_origins="https://example.org")

    answer = Client(app).post("/predict", json={}, headers={"Origin": "https://example.org"})

    assert answer.status_code == 422
    assert answer.headers["access-control-allow-origin"] == "https://example.org"
