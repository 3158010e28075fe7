"""Bodies of requests: how they may be coded."""

from __future__ import annotations

import asyncio
import gzip
import json

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from api.http.bodies import body_bytes
from service_client import problem_kind
from trains_service import train, trains_client

BODY = json.dumps(train()).encode()
HALVES = gzip.compress(BODY[:20]) + gzip.compress(b"") + gzip.compress(BODY[20:])


def posted(content: bytes, *codings: str) -> httpx.Response:
    """The answer to a row with headers that say how it is coded."""
    headers = [("content-type", "application/json")]
    headers += [("content-encoding", coding) for coding in codings]
    return trains_client().post("/predict", content=content, headers=headers)


@pytest.mark.parametrize(
    ("content", "codings"),
    [
        (BODY, [""]),
        (BODY, ["identity"]),
        (BODY, ["identity", "Identity"]),
        (gzip.compress(BODY), ["GZIP"]),
        (gzip.compress(BODY), ["x-gzip"]),
        (gzip.compress(BODY), ["identity, gzip"]),
        (HALVES, ["gzip"]),
    ],
)
def test_codings(content: bytes, codings: list[str]) -> None:
    """Gzip has two names and may be several one after another; identity is no coding."""
    assert posted(content, *codings).status_code == 200


@pytest.mark.parametrize(
    "codings", [["br"], ["deflate"], ["gzip, gzip"], ["gzip", "br"], ["identity", "br"], ["zip"]]
)
def test_unknown_codings(codings: list[str]) -> None:
    """Any other coding is refused, wherever it stands."""
    answer = posted(gzip.compress(BODY), *codings)

    assert (answer.status_code, problem_kind(answer)) == (415, "unsupported-encoding")


@pytest.mark.parametrize("content", [b"", gzip.compress(BODY) + b"more", HALVES[:-9], BODY])
def test_not_gzip(content: bytes) -> None:
    """What is not gzip to its end is refused: nothing of it is left out in silence."""
    answer = posted(content, "gzip")

    assert (answer.status_code, problem_kind(answer)) == (422, "malformed")


def test_others_go_on() -> None:
    """A small body that becomes a large one is unpacked in pieces, between which others go on."""
    size = 8 * 1024 * 1024
    parts = [gzip.compress(b" " * size)]

    async def receive() -> Message:
        return {"type": "http.request", "body": parts.pop(), "more_body": False}

    headers = [(b"content-encoding", b"gzip")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)

    async def unpacked() -> int:
        body = asyncio.create_task(body_bytes(request, 2 * size))
        turns = 0
        while not body.done():
            await asyncio.sleep(0)
            turns += 1
        assert len(body.result()) == size
        return turns

    assert asyncio.run(unpacked()) > 20
