"""Bodies of requests: their media type, their size, their coding."""

from __future__ import annotations

import zlib

from anyio import to_thread
from starlette.requests import Request

from api.http.exceptions import Malformed, TooLarge, WrongCoding, WrongMediaType
from api.http.headers import declared_size, header
from api.http.zstd import ZSTD, unpacked

JSON = "application/json"
_GZIP = zlib.MAX_WBITS | 16


def media_type(request: Request, *, required: bool = False) -> str:
    """The media type that a body calls itself, in lower case; JSON where it says nothing.

    Args:
        request: The request.
        required: Whether it must say one. A page of another origin can send a body that says none
            without asking first.

    Raises:
        WrongMediaType: If it says none and must.
    """
    sent = header(request.scope, b"content-type")
    if sent is None:
        if required:
            raise WrongMediaType("Say what the body is, with Content-Type: application/json.")
        return JSON
    return sent.decode("latin-1").partition(";")[0].strip().lower()


def is_json(kind: str) -> bool:
    """Whether a media type is one of JSON."""
    return kind == JSON or kind.endswith("+json")


async def json_body(request: Request, max_bytes: int, *, required_type: bool = False) -> bytes:
    """The body of a request that must be JSON, decoded.

    Args:
        request: The request.
        max_bytes: The most bytes it may have, before and after decoding.
        required_type: Whether it must say its media type.

    Raises:
        WrongMediaType: If it is not JSON.
        WrongCoding: If it is coded in a way that is not known.
        TooLarge: If it is too large.
        Malformed: If it cannot be decoded.
    """
    if not is_json(media_type(request, required=required_type)):
        raise WrongMediaType("Send JSON, with Content-Type: application/json.")
    return await body_bytes(request, max_bytes)


async def body_bytes(request: Request, max_bytes: int) -> bytes:
    """The body of a request, decoded.

    Args:
        request: The request.
        max_bytes: The most bytes it may have, before and after decoding.

    Raises:
        WrongCoding: If it is coded in a way that is not known.
        TooLarge: If it is too large.
        Malformed: If it cannot be decoded.
    """
    coding = (header(request.scope, b"content-encoding") or b"identity").decode("latin-1")
    coding = coding.strip().lower()
    if coding not in ("identity", "gzip", ZSTD):
        raise WrongCoding(
            f"The body has Content-Encoding {coding[:40]!r}; send it as it is, or with gzip or "
            "zstd.",
            headers={"Accept-Encoding": "gzip, zstd"},
        )
    if declared_size(request.scope) > max_bytes:
        raise too_large(max_bytes)
    chunks, size = [], 0
    unpack = zlib.decompressobj(_GZIP) if coding == "gzip" else None
    async for received in request.stream():
        chunk = received if unpack is None else _unpacked(unpack, received, max_bytes - size)
        size += len(chunk)
        if size > max_bytes:
            raise too_large(max_bytes)
        chunks.append(chunk)
    if unpack is not None and not unpack.eof:
        raise Malformed("The body is not whole gzip.")
    body = b"".join(chunks)
    if coding == ZSTD:
        body = await to_thread.run_sync(unpacked, body, max_bytes)
        if len(body) > max_bytes:
            raise too_large(max_bytes)
    return body


def too_large(max_bytes: int) -> TooLarge:
    """The problem of a body that is too large.

    Args:
        max_bytes: The most bytes it may have.
    """
    return TooLarge(f"The body may have up to {max_bytes:,} bytes; send less at once.")


def _unpacked(unpack: zlib._Decompress, chunk: bytes, left: int) -> bytes:
    """One chunk decoded, no more than one byte over what is left."""
    try:
        return unpack.decompress(chunk, left + 1)
    except zlib.error as error:
        raise Malformed(f"The body is not gzip: {error}.") from None
