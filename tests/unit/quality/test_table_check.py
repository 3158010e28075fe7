from __future__ import annotations

import ibis
import pandas as pd
import pyarrow as pa
import pytest

import parcels
from weekwise.quality import large_table, table_check
from weekwise.quality.table_check import check_table

PIECE = 5


def table() -> ibis.Table:
    """Ten rows, of which one is to be quarantined, as a table of DuckDB."""
    frame = parcels.changed("weight", {1: -1.0})
    connection = ibis.duckdb.connect()
    return connection.create_table("parcels", pa.Table.from_pandas(frame, preserve_index=False))


def test_a_table_is_judged_alike_whole_and_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same verdict, and the same rows that stay."""
    whole = check_table(table(), parcels.contract())
    monkeypatch.setattr(table_check, "PIECE_ROWS", PIECE)
    pieces = check_table(table(), parcels.contract())

    assert whole.checked is None
    assert pieces.checked is not None
    assert pieces.result.status == whole.result.status
    assert pieces.result.quarantined_rows == whole.result.quarantined_rows == 1
    assert pieces.row_filter is not None
    assert whole.row_filter is not None
    stay = [check.row_filter.clean(table()).to_pandas() for check in (whole, pieces)]
    pd.testing.assert_frame_equal(*(rows.sort_values("number", ignore_index=True) for rows in stay))
    assert len(stay[0]) == 9


def test_a_large_table_is_never_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read at once has as many rows as a piece."""
    monkeypatch.setattr(table_check, "PIECE_ROWS", PIECE)
    monkeypatch.setattr(table_check, "in_key_order", lambda *_: pytest.fail("read whole"))
    looked_at: list[int] = []
    frames_of = large_table.frames_of

    def counted(rows: ibis.Table, size: int) -> object:
        for frame in frames_of(rows, min(size, PIECE)):
            looked_at.append(len(frame))
            yield frame

    monkeypatch.setattr(large_table, "frames_of", counted)

    assert check_table(table(), parcels.contract()).result.rows == 10

    assert sum(looked_at) == 10
    assert max(looked_at) <= PIECE


def test_a_good_table_has_no_rows_to_take_out() -> None:
    """There is nothing to filter."""
    assert check_table(parcels.frame(), parcels.contract()).row_filter is None
