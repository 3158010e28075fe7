"""Bodies of requests: their media type, their size, their coding."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator

from anyio import to_thread
from starlette.requests import Request

from api.http.exceptions import Malformed, TooLarge, TooManyRows, WrongCoding, WrongMediaType
from api.http.headers import declared_size, header, listed
from api.http.zstd import ZSTD, unpacked

JSON = "application/json"
GZIP = "gzip"
_GZIP_NAMES = (GZIP, "x-gzip")
"""Both are one coding (https://www.rfc-editor.org/rfc/rfc9110#name-gzip-coding)."""

_PIECE = 256 * 1024
"""How much is unpacked between two looks at other requests: a small body may become a large one."""


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
    coding = _coding(request)
    if coding not in (None, *_GZIP_NAMES, ZSTD):
        raise WrongCoding(
            f"The body has Content-Encoding {coding[:40]!r}; send it as it is, or with gzip or "
            "zstd.",
            headers={"Accept-Encoding": "gzip, zstd"},
        )
    if declared_size(request.scope) > max_bytes:
        raise too_large(max_bytes)
    body = _Collected(max_bytes)
    unpack = _Gzip() if coding in _GZIP_NAMES else None
    async for received in request.stream():
        for chunk in (received,) if unpack is None else unpack.pieces(received):
            body.add(chunk)
            if unpack is not None:
                await asyncio.sleep(0)
    if unpack is not None:
        unpack.close()
    if coding != ZSTD:
        return body.joined()
    unpacked_body = await to_thread.run_sync(unpacked, body.joined(), max_bytes)
    if len(unpacked_body) > max_bytes:
        raise too_large(max_bytes)
    return unpacked_body


def too_large(max_bytes: int) -> TooLarge:
    """The problem of a body that is too large.

    Args:
        max_bytes: The most bytes it may have.
    """
    return TooLarge(f"The body may have up to {max_bytes:,} bytes; send less at once.")


def too_many_rows(max_rows: int) -> TooManyRows:
    """The problem of a batch that has too many rows.

    Args:
        max_rows: The most rows it may have.
    """
    return TooManyRows(f"The batch has more than {max_rows:,} rows; send smaller batches.")


def _coding(request: Request) -> str | None:
    """How a body is coded; none if it is as it is."""
    codings = [name.lower() for name in listed(request.headers, "content-encoding")]
    return ", ".join(name for name in codings if name not in ("", "identity")) or None


class _Collected:
    """A body as it arrives, up to a limit."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size = 0
        self._parts: list[bytes] = []

    def add(self, part: bytes) -> None:
        """Add what has arrived."""
        self._size += len(part)
        if self._size > self._max_bytes:
            raise too_large(self._max_bytes)
        self._parts.append(part)

    def joined(self) -> bytes:
        """All of it."""
        return b"".join(self._parts)


class _Gzip:
    """Decodes gzip, of which a body may have several one after another, a piece at a time."""

    def __init__(self) -> None:
        self._member = _gzip_member()
        self._has_begun = False

    def pieces(self, coded: bytes) -> Iterator[bytes]:
        """What some bytes of the body become, in pieces of bounded size."""
        while coded:
            if self._member.eof:
                self._member = _gzip_member()
            self._has_begun = True
            try:
                piece = self._member.decompress(coded, _PIECE)
            except zlib.error as error:
                raise Malformed(f"The body is not gzip: {error}.") from None
            coded = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            yield piece
        # What did not fit into the last piece comes without further input.
        while not self._member.eof and self._has_begun:
            piece = self._member.decompress(b"", _PIECE)
            if not piece:
                return
            yield piece

    def close(self) -> None:
        """Check that the last one is whole."""
        if not self._member.eof:
            raise Malformed("The body is not whole gzip.")


def _gzip_member() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)
