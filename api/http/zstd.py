"""Zstandard, by pyarrow, which the service has for tables. Everything here belongs in a thread."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from api.http.exceptions import Malformed

if TYPE_CHECKING:
    import pyarrow as pa

ZSTD = "zstd"
"""Its name as a content coding (https://www.rfc-editor.org/rfc/rfc8878)."""

_PIECE = 1024 * 1024


def unpacked(body: bytes, max_bytes: int) -> bytes:
    """A body decoded, no more than one byte over a limit.

    Args:
        body: The coded body.
        max_bytes: The most bytes it may have.

    Raises:
        Malformed: If it is not Zstandard, or not whole.
    """
    import pyarrow as pa

    parts, left = [], max_bytes + 1
    try:
        with pa.CompressedInputStream(pa.BufferReader(body), ZSTD) as stream:
            while left and (part := stream.read(min(_PIECE, left))):
                parts.append(part)
                left -= len(part)
    except OSError:
        raise Malformed("The body is not whole zstd.") from None
    return b"".join(parts)


class _Sink(io.BytesIO):
    """A buffer that stays open when its coder is closed: what that held last is read then."""

    def close(self) -> None:
        """Stay open."""


class ZstdStream:
    """Codes an answer, piece by piece; each piece can be decoded when it has arrived."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._stream: pa.CompressedOutputStream | None = None

    def coded(self, body: bytes, is_last: bool) -> bytes:
        """The next piece, coded.

        Args:
            body: The piece.
            is_last: Whether it is the last.
        """
        stream = self._opened()
        stream.write(body)
        if is_last:
            stream.close()
        else:
            stream.flush()
        coded = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return coded

    def _opened(self) -> Any:
        import pyarrow as pa

        if self._stream is None:
            self._stream = pa.CompressedOutputStream(pa.PythonFile(self._sink, "w"), ZSTD)
        return self._stream
