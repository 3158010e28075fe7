"""The body of a batch, parsed in pieces of whole rows.

One parse of many megabytes would hold Python's lock, and with it every other request, until its
end. So a body is cut between two rows, and each piece is parsed as a list of its own. That is safe
even where text in a row looks like the space between two rows: pieces that are valid lists make one
valid list when they are joined, and a cut inside a text leaves no valid list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from api.http.exceptions import Malformed, TooLarge
from api.rows.row_reader import parse_json

PIECE_BYTES = 512 * 1024
_SPACE = rb"[ \n\t\r]*"
_START = re.compile(_SPACE + rb"\{" + _SPACE + rb'"rows"' + _SPACE + rb":" + _SPACE + rb"\[")
_BETWEEN = re.compile(rb"\}" + _SPACE + rb"," + _SPACE + rb"(?=\{)")
_CUTS = 8
"""How many places are tried for one cut, since text in rows may look like one."""

_SHAPE = 'Send an object with the rows in a list, and nothing else: {"rows": [{…}, …]}.'


class Piece(NamedTuple):
    """Some rows of a batch.

    Attributes:
        text: Their JSON; none if they never were JSON of ours.
        rows: The rows, parsed.
        is_strict: Whether it is JSON strictly, without NaN and infinity.
        keys: How many keys the text has besides those of the rows.
    """

    text: bytes | None
    rows: list[Any]
    is_strict: bool
    keys: int = 0


def pieces(body: bytes, *, max_row_bytes: int) -> Iterator[Piece]:
    """The rows of a body, some at a time.

    Args:
        body: The JSON of a batch.
        max_row_bytes: About the largest row that is read.

    Raises:
        Malformed: If it is not JSON, or not an object with `rows` and nothing else.
        TooLarge: If a row is too large.
    """
    if len(body) <= PIECE_BYTES:
        yield _whole(body)
        return
    start, end = _START.match(body), _end(body)
    if start is None or end is None:
        raise Malformed(_SHAPE)
    place = start.end()
    while place < end:
        piece, place = _next(body, place, end, max_row_bytes)
        yield piece


def _whole(body: bytes) -> Piece:
    parsed, is_strict = parse_json(body)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("rows"), list):
        raise Malformed('Send an object with the rows in a list: {"rows": [{…}, …]}.')
    if len(parsed) > 1:
        raise Malformed("Send an object with `rows` and nothing else.")
    return Piece(body, parsed["rows"], is_strict, keys=1)


def _end(body: bytes) -> int | None:
    """Where the list of rows ends; none if it does not."""
    rest = len(body)
    for closing in (b"}", b"]"):
        while rest and body[rest - 1 : rest] in (b" ", b"\n", b"\t", b"\r"):
            rest -= 1
        if body[rest - 1 : rest] != closing:
            return None
        rest -= 1
    return rest


def _next(body: bytes, place: int, end: int, max_row_bytes: int) -> tuple[Piece, int]:
    """The next piece, and where the one after it begins."""
    problem: Malformed | None = None
    cut = place + PIECE_BYTES
    for _ in range(_CUTS):
        close, after = _cut(body, cut, end, max_row_bytes)
        text = b"[" + body[place:close] + b"]"
        try:
            parsed, is_strict = parse_json(text)
        except Malformed as error:
            if after >= end:
                raise
            problem, cut = problem or error, after
            continue
        return Piece(text, parsed, is_strict), after
    raise problem or Malformed(_SHAPE)


def _cut(body: bytes, wanted: int, end: int, max_row_bytes: int) -> tuple[int, int]:
    """Where a row ends and the next begins, at a place or soon after it."""
    if wanted >= end:
        return end, end
    between = _BETWEEN.search(body, wanted, min(wanted + max_row_bytes, end))
    if between is not None:
        return between.start() + 1, between.end()
    if end - wanted > max_row_bytes:
        raise TooLarge(
            f"One row of the batch has more than {max_row_bytes:,} bytes; send smaller rows, each "
            "an object."
        )
    return end, end
