"""What is done to any file: is it whole, how is it named in errors, and where damaged ones go."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

_END_BYTES = 64
_ENDS = {".parquet": (b"PAR1", b"PAR1"), ".html": (b"", b"</html>"), ".md": (b"#", b"")}
"""How files of a kind begin and end."""


def is_whole(file: Path) -> bool:
    """Whether a file is there and has its end: one that was emptied or cut off has not.

    Args:
        file: A JSON object, or a file of Parquet or HTML; of Markdown, only its beginning is known.
    """
    try:
        with file.open("rb") as content:
            first = content.read(4)
            content.seek(-min(_END_BYTES, file.stat().st_size), os.SEEK_END)
            end = content.read().rstrip()
    except OSError:
        return False
    if file.suffix in _ENDS:
        begins, ends = _ENDS[file.suffix]
        return bool(first) and first.startswith(begins) and end.endswith(ends)
    # Written with indents, only the outermost bracket stands at the beginning of a line.
    last_line = (end if b"\n" in end else file.read_bytes().rstrip()).rpartition(b"\n")[2]
    return first.startswith(b"{") and last_line.endswith(b"}") and last_line[:1] in (b"{", b"}")


@contextmanager
def naming(path: Path, hidden: Path) -> Iterator[None]:
    """Let an error of the operating system name the file that was being written.

    On a full disk it is writing that fails, and a write knows no name; where there is one, it is
    that of a hidden file.

    Args:
        path: The file.
        hidden: Where it is written first.
    """
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, OSError) and cause.filename in (None, str(hidden)):
                cause.filename, cause.filename2 = str(path), None
            cause = cause.__cause__
        raise


def clear_leftovers(path: Path) -> None:
    """Remove what processes of this machine that were killed left of a file they were writing.

    Args:
        path: The file; beside it lie hidden ones, with the number of a process before or after its
            name.
    """
    name = re.escape(path.name)
    hidden = re.compile(rf"\.(?:{name}\.(\d+)|(\d+)\.{name})")
    with suppress(OSError):
        for file in list(path.parent.iterdir()):
            match = hidden.fullmatch(file.name)
            if match and not _is_alive(int(match[1] or match[2])):
                file.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        # Another user's, or no number of a process.
        return True
    return True


def moved_aside(path: Path, *beside: Path) -> Path:
    """Give a damaged file or folder another name, so that a new one can take its place.

    Args:
        path: The file or folder.
        *beside: What belongs to it; what is not there is left out.

    Returns:
        Where `path` is now: beside its former place, with the time in its name.
    """
    moment = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    numbers = (f"{moment}" if not number else f"{moment}-{number}" for number in count())
    suffix = next(
        f".damaged-{stamp}"
        for stamp in numbers
        if not path.with_name(f"{path.name}.damaged-{stamp}").exists()
    )
    for companion in beside:
        if companion.exists():
            companion.rename(companion.with_name(companion.name + suffix))
    return path.rename(path.with_name(path.name + suffix))
