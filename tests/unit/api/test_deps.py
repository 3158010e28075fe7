"""API keys."""

from __future__ import annotations

import httpx
import pytest

from service_client import problem_kind
from trains_service import POSTS, ROUTES, train, trains_client


@pytest.mark.parametrize("path", ROUTES)
def test_needed(path: str) -> None:
    """With keys, every route of data asks for one, and says how to send it."""
    asked = trains_client(keys="one,two")
    body = {"json": train()} if path in POSTS else {}
    method = "POST" if path in POSTS else "GET"

    for headers in ({}, {"X-API-Key": "three"}, {"Authorization": "Bearer on"}):
        answer = asked.request(method, path, headers=headers, **body)
        assert (answer.status_code, problem_kind(answer)) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "two"},
        {"Authorization": "Bearer one"},
        {"X-API-Key": "kéy"},
        {"X-API-Key": "two", "Authorization": "Bearer of-a-proxy"},
        {"X-API-Key": "of-a-proxy", "Authorization": "Bearer one"},
    ],
)
def test_either_header(headers: dict[str, str]) -> None:
    """Any key does, in either header."""
    asked = trains_client(keys="one,two,kéy")
    sent = {name: value.encode() for name, value in headers.items()}

    assert asked.post("/predict", json=train(), headers=sent).status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/openapi.json", "/docs", "/"])
def test_open(path: str) -> None:
    """Health, the documents and the app need no key."""
    assert trains_client(keys="one").get(path).status_code == 200


def test_rate() -> None:
    """Each key has a rate of its own, says where it stands, and is refused when it is over."""
    client = trains_client(keys="a:one,b:two", rate_limit="2/minute")

    def ask(key: str) -> httpx.Response:
        return client.get("/schema", headers={"X-API-Key": key})

    first, second, third = ask("one"), ask("one"), ask("one")
    assert [answer.headers["ratelimit-remaining"] for answer in (first, second, third)] == [
        *("1", "0", "0")
    ]
    assert (third.status_code, problem_kind(third)) == (429, "too-many-requests")
    assert 1 <= int(third.headers["retry-after"]) <= 60
    assert third.headers["ratelimit-limit"] == "2"
    assert ask("two").status_code == 200
    assert client.get("/health/ready").status_code == 200


def test_no_rate_unless_set() -> None:
    """Without a rate nothing is counted."""
    assert "ratelimit-limit" not in trains_client().get("/schema").headers
