"""How text files are encoded, and copies in UTF-8 of those that DuckDB does not read."""

from __future__ import annotations

import codecs
import gzip
import re
import shutil
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path

from weekwise.errors import FeedError

WINDOWS = "windows-1252"
"""What Western European Excel writes; DuckDB reads it only with an extension of its own."""

_PROBED = 4 << 20
"""Bytes that are looked at for the encoding."""
_PIECE = 1 << 20
"""Characters that are held at once."""


def encoding_of(path: Path) -> str:
    """The encoding of a text file, by its first 4 MB.

    Args:
        path: The file, plain or `.gz`; one in `.zst` counts as UTF-8.

    Returns:
        `utf-8`, `utf-16` or `latin-1`, as DuckDB calls them, or `windows-1252`.

    Raises:
        FeedError: If the file is empty, or in an encoding that cannot be told.
    """
    if path.suffix == ".zst":
        return "utf-8"
    with _opened(path) as file:
        head = file.read(_PROBED)
    if not head.strip():
        raise FeedError(f"{path} is empty; give a file with a header and rows")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        # Latin-1 has control characters there, and Windows-1252 its euro sign and quotes.
        if not re.search(rb"[\x80-\x9f]", head):
            return "latin-1"
        _refuse_other(head, path)
        return WINDOWS
    return "utf-8"


def utf8_copies(paths: Iterable[Path], folder: Path) -> list[str]:
    """Copies of text files in UTF-8, as `utf8_copy` makes them, each in a folder of its own.

    Args:
        paths: The files.
        folder: Where the copies go.
    """
    copies: list[str] = []
    for place, path in enumerate(paths):
        apart = folder / str(place)
        apart.mkdir(exist_ok=True)
        copies.append(str(utf8_copy(path, apart)))
    return copies


def utf8_copy(path: Path, folder: Path) -> Path:
    """A copy of a text file in UTF-8, written piece by piece, so that a large file fits.

    Args:
        path: The file, plain or `.gz`, in Windows-1252 or in UTF-8 already.
        folder: Where the copy goes.

    Returns:
        The copy, under the file's name without `.gz`.

    Raises:
        FeedError: If it is in another encoding.
    """
    name = path.name.removesuffix(".gz")
    encoding = encoding_of(path)
    if encoding not in (WINDOWS, "utf-8"):
        raise FeedError(f"{path} is in {encoding}, and files beside it in {WINDOWS}; convert one")
    copy, part = folder / name, folder / f"{name}.part"
    with _opened(path) as packed, part.open("w", encoding="utf-8", newline="") as written:
        try:
            shutil.copyfileobj(codecs.getreader(encoding)(packed), written, _PIECE)
        except UnicodeDecodeError as error:
            raise _another(path, error.object[error.start]) from None
    # Whoever reads an earlier copy goes on with it.
    return part.replace(copy)


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _refuse_other(head: bytes, path: Path) -> None:
    try:
        head.decode(WINDOWS)
    except UnicodeDecodeError as error:
        raise _another(path, error.object[error.start]) from None


def _another(path: Path, byte: int) -> FeedError:
    return FeedError(
        f"{path} is neither in UTF-8 nor in {WINDOWS}, which has no letter for the byte {byte:#x}; "
        f"convert it with: iconv -f ITS-ENCODING -t UTF-8 {path.name} > utf8-{path.name}"
    )
