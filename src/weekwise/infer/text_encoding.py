"""How text files are encoded, and copies in UTF-8 of those in another encoding.

DuckDB has decoders of its own, but for few encodings, and its UTF-16 knows no character outside
the first 65,536: no emoji.
"""

from __future__ import annotations

import codecs
import gzip
import io
import shutil
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from weekwise.errors import FeedError

UTF_8 = "utf-8"
WINDOWS = "windows-1252"
"""What Western European Excel writes; text in Latin-1 reads the same."""

_PROBED = 4 << 20
"""Bytes that are looked at for the encoding."""
_PIECE = 1 << 20
"""Characters that are held at once."""
_MARKS = {
    # The first two bytes are also those of UTF-16.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def encoding_of(path: Path) -> str:
    """The encoding of a text file, by its first 4 MB.

    Args:
        path: The file, plain or `.gz`; one in `.zst` counts as UTF-8.

    Returns:
        `utf-8`, `windows-1252`, or one of UTF-16 and UTF-32, as Python calls it.

    Raises:
        FeedError: If the file is empty or damaged, or in an encoding that cannot be told.
    """
    if path.suffix == ".zst":
        return UTF_8
    with _opened(path) as file:
        head = file.read(_PROBED)
    if not head.strip():
        raise FeedError(f"{path} is empty; give a file with a header and rows")
    wide = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    if wide := wide or _unmarked_utf_16(head):
        return wide
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(head)
    except UnicodeDecodeError:
        _refuse_other(head, path)
        return WINDOWS
    return UTF_8


def _unmarked_utf_16(head: bytes) -> str | None:
    """Every other byte of a text in Latin letters is zero."""
    sample = head[:4096]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if sample[first::2].count(0) > len(sample) / 4:
            return name
    return None


def utf8_copies(paths: Sequence[Path], folder: Path) -> list[str]:
    """Copies of text files in UTF-8, as `utf8_copy` makes them, each in a folder of its own.

    Args:
        paths: The files.
        folder: Where the copies go.
    """
    copies: list[str] = []
    # A day without rows may come as a file with nothing in it.
    filled = [path for path in paths if path.stat().st_size] or paths
    for place, path in enumerate(filled):
        apart = folder / str(place)
        apart.mkdir(exist_ok=True)
        copies.append(str(utf8_copy(path, apart)))
    return copies


def utf8_copy(path: Path, folder: Path) -> Path:
    """A copy of a text file in UTF-8, written piece by piece, so that a large file fits.

    Args:
        path: The file, plain or `.gz`, in any encoding that can be told.
        folder: Where the copy goes.

    Returns:
        The copy, under the file's name without `.gz`.

    Raises:
        FeedError: If the encoding cannot be told, or the file is damaged.
    """
    name = path.name.removesuffix(".gz")
    encoding = encoding_of(path)
    copy, part = folder / name, folder / f"{name}.part"
    with _opened(path) as packed, part.open("w", encoding=UTF_8, newline="") as written:
        try:
            text = io.TextIOWrapper(packed, encoding=encoding, newline="")
            shutil.copyfileobj(text, written, _PIECE)
        except UnicodeDecodeError as error:
            raise _another(path, encoding, error.object[error.start]) from None
    # Whoever reads an earlier copy goes on with it.
    return part.replace(copy)


@contextmanager
def _opened(path: Path) -> Iterator[gzip.GzipFile | io.BufferedReader]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FeedError(f"{path} is cut off or damaged ({error}); make it again") from None


def _refuse_other(head: bytes, path: Path) -> None:
    try:
        head.decode(WINDOWS)
    except UnicodeDecodeError as error:
        raise _another(path, WINDOWS, error.object[error.start]) from None


def _another(path: Path, encoding: str, byte: int) -> FeedError:
    if encoding != WINDOWS:
        return FeedError(
            f"{path} is cut off or damaged: the byte {byte:#x} is no {encoding}; make it again"
        )
    return FeedError(
        f"{path} is neither in UTF-8 nor in {WINDOWS}, which has no letter for the byte {byte:#x}; "
        f"convert it with: iconv -f ITS-ENCODING -t UTF-8 {path.name} > utf8-{path.name}"
    )
