"""What engines do each in their own way."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from weekwise.features import engines
from weekwise.features.engines import mapped


def doubled(rows: pd.DataFrame) -> pd.DataFrame:
    """Each row's number, twice itself, and how many rows came with it."""
    return pd.DataFrame({"n": rows["n"], "twice": 2 * rows["n"], "together": len(rows)})


@pytest.mark.parametrize("count", [0, 1, 6_000])
def test_a_function_of_rows_is_computed_in_batches(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Its values come in the order of the rows, and never more rows than a batch are in memory."""
    monkeypatch.setattr(engines, "BATCH_ROWS", 2_048)
    numbers = pd.DataFrame({"n": pd.Series(range(count), dtype="int64")[::-1]})
    connection = ibis.duckdb.connect()
    table = connection.create_table("numbers", numbers).order_by("n")

    made = mapped(table, doubled)

    assert made["n"].tolist() == list(range(count))
    assert made["twice"].tolist() == [2 * n for n in range(count)]
    assert made.index.tolist() == list(range(count))
    assert not (made["together"] > 2_048).any()
    assert made.dtypes["twice"] == "int64"
