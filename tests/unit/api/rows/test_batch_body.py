"""Bodies of batches, parsed in pieces."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.exceptions import Malformed, TooLarge
from api.rows import batch_body
from api.rows.batch_body import pieces

LIMIT = 200
_TEXT = st.sampled_from(["a", "},{", "}, {", '"},{"', "]}", "{", "é"])
_ROWS = st.lists(st.dictionaries(_TEXT, _TEXT, max_size=3), min_size=1, max_size=30)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of a few rows."""
    monkeypatch.setattr(batch_body, "PIECE_BYTES", 64)


def parsed(body: bytes) -> list[Any]:
    """The rows of a body."""
    return [row for piece in pieces(body, max_row_bytes=LIMIT) for row in piece.rows]


@settings(max_examples=150)
@given(rows=_ROWS, indent=st.sampled_from([None, 1]), spaced=st.booleans())
def test_like_one_parse(rows: list[dict[str, str]], indent: int | None, spaced: bool) -> None:
    """Pieces have the rows of the whole, whatever text in them looks like."""
    separators = (" ,\n", " : ") if spaced else (",", ":")
    body = json.dumps({"rows": rows}, indent=indent, separators=separators).encode()
    try:
        found = parsed(body)
    except (Malformed, TooLarge):
        # Text that looks like cuts many times over, more than is tried.
        assert body.count(b"},") > 8 or body.count(b"}, ") > 8
    else:
        assert found == rows


@pytest.mark.parametrize(
    "rows",
    [
        '[{"a":1},{"a":1},]',
        '[{"a":1},{"a":}]',
        '[{"a":1}{"a":1}]',
        '[{"a":1},{"a":1}],"rows":[{"a":1}]',
        '[{"a":1},{"a":1}],"more":[{"a":1}]',
    ],
)
@pytest.mark.parametrize("before", [0, 3, 40])
def test_malformed(rows: str, before: int) -> None:
    """What is no list of rows is refused, wherever it stands."""
    body = '{"rows":' + rows.replace("[", "[" + '{"a":1},' * before, 1) + "}"

    with pytest.raises(Malformed):
        parsed(body.encode().ljust(65))


@pytest.mark.parametrize("body", ['{"rows":{"a":"%s"}}', '["%s"]', '{"rows":["%s"]', '"%s"'])
def test_another_shape(body: str) -> None:
    """A large body of another shape is refused without being parsed."""
    with pytest.raises(Malformed, match="rows"):
        parsed((body % ("x" * 400)).encode())


def test_large_row() -> None:
    """A row far over the limit is refused before it is parsed."""
    row = json.dumps({f"key{number}": number for number in range(100)})

    with pytest.raises(TooLarge, match="more than 200 bytes"):
        parsed(f'{{"rows":[{row},{row}]}}'.encode())
