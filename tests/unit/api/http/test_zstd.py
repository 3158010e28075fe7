"""Zstandard on bodies and on answers."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from api.http.exceptions import Malformed
from api.http.zstd import ZstdStream, unpacked
from service_client import problem_kind
from trains_service import train, trains_client

TEXT = b"".join(b"%d, " % number for number in range(50_000))


def packed(body: bytes) -> bytes:
    """A body coded by another coder than ours."""
    return bytes(pa.Codec("zstd").compress(body, asbytes=True))


def test_what_is_coded_in_pieces_is_decoded_in_pieces() -> None:
    """Each piece can be decoded as soon as it is there; all together are one body."""
    stream = ZstdStream()
    pieces = [TEXT[start : start + 40_000] for start in range(0, len(TEXT), 40_000)]
    coded = [stream.coded(piece, piece is pieces[-1]) for piece in pieces]

    assert len(b"".join(coded)) < len(TEXT) / 2
    assert unpacked(b"".join(coded), len(TEXT)) == TEXT
    with pa.CompressedInputStream(pa.BufferReader(coded[0]), "zstd") as first:
        assert first.read(len(pieces[0])) == pieces[0]


def test_no_more_than_asked_for() -> None:
    """A small body that becomes a large one is decoded up to the limit and one byte."""
    assert len(unpacked(packed(b" " * 10**8), 1000)) == 1001


@pytest.mark.parametrize("body", [packed(TEXT)[:-9], b"no zstd", packed(TEXT) + b"more"])
def test_what_is_not_whole(body: bytes) -> None:
    """A body that is cut off, or is something else, is refused."""
    with pytest.raises(Malformed, match="not whole zstd"):
        unpacked(body, 10**9)


@pytest.mark.parametrize("path", ["/predict", "/explain", "/predict/batch"])
def test_bodies(path: str) -> None:
    """A body may come with zstd, and its limit counts what it becomes."""
    client = trains_client(max_body_bytes=100_000)
    row = train() if path != "/predict/batch" else {"rows": [train()]}
    coded = {"content-type": "application/json", "content-encoding": "zstd"}

    content = json.dumps(row).encode()
    assert client.post(path, content=packed(content), headers=coded).is_success
    bomb = client.post(path, content=packed(b" " * 10**7), headers=coded)
    assert (bomb.status_code, problem_kind(bomb)) == (413, "too-large")
    cut = client.post(path, content=packed(content)[:-5], headers=coded)
    assert (cut.status_code, problem_kind(cut)) == (422, "malformed")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("ZSTD;q=0.5, gzip", "zstd"),
        ("zstd; q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("zstd;q=0.0, gzip; q=0", None),
        ("br, gzip;q=0.001", "gzip"),
        ("zstandard", None),
        ("", None),
    ],
)
def test_answers(accepted: str, coding: str | None) -> None:
    """Long answers come with zstd where the client takes it, and are the same without."""
    client = trains_client()
    plain = client.get("/openapi.json", headers={"accept-encoding": "identity"}).content

    answer = client.get("/openapi.json", headers={"accept-encoding": accepted})

    assert answer.headers.get("content-encoding") == coding
    assert "accept-encoding" in answer.headers.get("vary", "").lower()
    content = answer.content
    if coding == "zstd":
        # The client leaves a coding that it does not know as it is.
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            content = stream.read()
    assert content == plain
